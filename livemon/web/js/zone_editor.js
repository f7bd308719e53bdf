// Zones drawn on a picture (livemon/web/pages/parts/zone_editor.py): drag on the picture for a new one, drag one to move it, its corner to
// size it; the arrow keys do the same. Boxes are [ymin, xmin, ymax, xmax], each 0 to 1000, as everywhere. Rules: zone_rules.js.

import { element } from "./zone_parts.js";
import { RULE_STYLE, ruleEditor } from "./zone_rules.js";

const STYLE = `
.lmz-zones{font-size:14px;padding:4px 5px}
.lmz-frame{position:relative;border-radius:10px;overflow:hidden;background:#0b0e14;aspect-ratio:4/3;touch-action:none;cursor:crosshair;
  user-select:none}
.lmz-frame img{width:100%;height:100%;object-fit:fill;display:block;pointer-events:none}
.lmz-nothing{position:absolute;inset:0;display:grid;place-content:center;text-align:center;color:#dfe5ee;padding:20px;pointer-events:none}
.lmz-frame [hidden]{display:none}
.lmz-zone{position:absolute;box-sizing:border-box;border:2px solid var(--zone);background:color-mix(in srgb,var(--zone) 22%,transparent);
  cursor:move;border-radius:3px}
.lmz-zone:focus-visible{outline:3px solid #fff;outline-offset:1px}
.lmz-zone span{position:absolute;left:0;top:0;background:var(--zone);color:#fff;font-size:12px;font-weight:600;padding:1px 6px;
  white-space:nowrap;border-radius:0 0 4px 0}
.lmz-zone i{position:absolute;right:-2px;bottom:-2px;width:18px;height:18px;cursor:nwse-resize;background:var(--zone);border-radius:4px 0 0 0}
.lmz-list{display:grid;gap:6px;margin-top:8px}
.lmz-row{display:grid;grid-template-columns:minmax(0,1fr) 110px minmax(0,1.4fr) auto;gap:6px;align-items:center}
.lmz-zones input,.lmz-zones select{font:inherit;color:inherit;background:transparent;min-width:0;min-height:34px;padding:2px 8px;
  border:1px solid color-mix(in srgb,currentColor 34%,transparent);border-radius:6px;box-sizing:border-box}
.lmz-zones option{color:#1d2433;background:#fff}
.lmz-zones button{font:600 13px/1.2 inherit;font-family:inherit;color:inherit;background:none;cursor:pointer;min-height:34px;
  border:1px solid color-mix(in srgb,currentColor 30%,transparent);border-radius:8px;padding:4px 11px}
.lmz-hint{opacity:.76;font-size:12px;margin:6px 0}
@media (max-width:560px){.lmz-row{grid-template-columns:minmax(0,1fr) 110px}}
`;
const COLOURS = { "": "#475467", info: "#175cd3", warning: "#b54708", danger: "#d92d20" };
const LEAST = 30;
const MOST_ZONES = 12;
const STEP = 10;

const clamp = (value, low, high) => Math.min(high, Math.max(low, Math.round(value)));

export function render({ model }) {
  const words = model.words;
  const host = element("div", "lmz-zones");
  element("style", "", host).textContent = STYLE + RULE_STYLE;
  const frame = element("div", "lmz-frame", host);
  const picture = element("img", "", frame);
  picture.alt = "";
  const nothing = element("div", "lmz-nothing", frame);
  element("div", "lmz-hint", host).textContent = words.hint;
  const list = element("div", "lmz-list", host);
  const add = element("button", "", host);
  add.type = "button";
  add.textContent = words.add;
  add.style.marginTop = "8px";
  const rulesHint = element("div", "lmz-hint", host);
  rulesHint.textContent = words.rulesHint;
  const ruleList = element("div", "lmz-rules", host);
  const addRule = element("button", "", host);
  addRule.type = "button";
  addRule.textContent = words.addRule;
  addRule.style.marginTop = "8px";
  const state = { zones: [], rules: [], tried: {} };
  const sent = { zones: "", rules: "" };

  function send() {
    for (const name of ["zones", "rules"]) {
      const now = JSON.stringify(state[name]);
      if (now === sent[name]) continue;
      sent[name] = now;
      model[name] = JSON.parse(now);
    }
  }

  const rules = ruleEditor({
    words,
    frame,
    list: ruleList,
    add: addRule,
    state,
    follow,
    send,
    ask: (number) => (model.asked = { number, at: Date.now() }),
  });

  function showPicture() {
    nothing.textContent = words.none;
    picture.hidden = !model.picture;
    if (!model.picture) picture.removeAttribute("src");
    nothing.hidden = Boolean(model.picture);
    if (model.picture) picture.src = model.picture.startsWith("data:") ? model.picture : new URL(model.picture, document.baseURI).href;
  }

  picture.addEventListener("error", () => {
    picture.hidden = true;
    nothing.hidden = false;
  });
  picture.addEventListener("load", () => {
    frame.style.aspectRatio = `${picture.naturalWidth} / ${picture.naturalHeight}`;
  });

  function place(box, node) {
    const [top, left, bottom, right] = box.map((mark) => mark / 10);
    Object.assign(node.style, { top: `${top}%`, left: `${left}%`, height: `${bottom - top}%`, width: `${right - left}%` });
  }

  const marks = (event) => {
    const whole = frame.getBoundingClientRect();
    return [((event.clientY - whole.top) / whole.height) * 1000, ((event.clientX - whole.left) / whole.width) * 1000];
  };

  function move(box, dy, dx) {
    const y = clamp(dy, -box[0], 1000 - box[2]);
    const x = clamp(dx, -box[1], 1000 - box[3]);
    return [box[0] + y, box[1] + x, box[2] + y, box[3] + x];
  }

  const size = (box, y, x) => [box[0], box[1], clamp(y, box[0] + LEAST, 1000), clamp(x, box[1] + LEAST, 1000)];

  /** Follow a pointer until it is let go. */
  function follow(event, change, done) {
    event.preventDefault();
    frame.setPointerCapture(event.pointerId);
    const moved = (next) => change(...marks(next));
    const ended = () => {
      frame.removeEventListener("pointermove", moved);
      frame.removeEventListener("pointerup", ended);
      frame.removeEventListener("pointercancel", ended);
      done();
    };
    frame.addEventListener("pointermove", moved);
    frame.addEventListener("pointerup", ended);
    frame.addEventListener("pointercancel", ended);
  }

  function drawZone(zone, number) {
    const node = element("div", "lmz-zone", frame);
    node.tabIndex = 0;
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", `${zone.name}. ${words.keys}`);
    node.style.setProperty("--zone", COLOURS[zone.severity] ?? COLOURS[""]);
    element("span", "", node).textContent = zone.name;
    const corner = element("i", "", node);
    place(zone.box, node);
    const set = (box) => {
      zone.box = box;
      place(box, node);
    };
    node.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      const before = zone.box;
      const [y0, x0] = marks(event);
      const change = event.target === corner ? (y, x) => set(size(before, y, x)) : (y, x) => set(move(before, y - y0, x - x0));
      node.focus();
      follow(event, change, send);
    });
    node.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-STEP, 0], ArrowDown: [STEP, 0], ArrowLeft: [0, -STEP], ArrowRight: [0, STEP] }[event.key];
      if (event.key === "Delete") remove(number);
      else if (step) set(event.shiftKey ? size(zone.box, zone.box[2] + step[0], zone.box[3] + step[1]) : move(zone.box, ...step));
      else return;
      event.preventDefault();
      send();
    });
  }

  function drawRow(zone, number) {
    const row = element("div", "lmz-row", list);
    const field = (tag, label, key) => {
      const made = element(tag, "", row);
      made.setAttribute("aria-label", `${label} ${number + 1}`);
      made.addEventListener("change", () => {
        const before = zone.name;
        zone[key] = made.value.trim() || (key === "name" ? zone.name : "");
        if (zone.name !== before && !state.zones.some((one) => one.name === before)) rules.renamed(before, zone.name);
        send();
        draw();
      });
      return made;
    };
    const name = field("input", words.name, "name");
    name.maxLength = 40;
    name.value = zone.name;
    const severity = field("select", words.severity, "severity");
    Object.keys(COLOURS).forEach((value, place) => {
      const option = element("option", "", severity);
      [option.value, option.textContent] = [value, words.severities[place]];
    });
    severity.value = zone.severity;
    const note = field("input", words.note, "note");
    note.maxLength = 100;
    note.placeholder = words.note;
    note.value = zone.note;
    const gone = element("button", "", row);
    gone.type = "button";
    gone.textContent = words.remove;
    gone.setAttribute("aria-label", `${words.remove} ${zone.name}`);
    gone.addEventListener("click", () => {
      remove(number);
      send();
    });
  }

  function remove(number) {
    const [gone] = state.zones.splice(number, 1);
    if (!state.zones.some((one) => one.name === gone.name)) rules.renamed(gone.name, "");
    draw();
  }

  function draw() {
    frame.querySelectorAll(".lmz-zone").forEach((node) => node.remove());
    list.replaceChildren();
    state.zones.forEach(drawZone);
    state.zones.forEach(drawRow);
    add.disabled = state.zones.length >= MOST_ZONES;
    rules.draw();
  }

  function grow(box) {
    state.zones.push({ name: `${words.zone} ${state.zones.length + 1}`, box, severity: "", note: "" });
    draw();
  }

  frame.addEventListener("pointerdown", (event) => {
    if (state.zones.length >= MOST_ZONES) return;
    const [y0, x0] = marks(event);
    const drawn = element("div", "lmz-zone", frame);
    drawn.style.setProperty("--zone", COLOURS[""]);
    let box = null;
    follow(
      event,
      (y, x) => {
        box = [Math.min(y, y0), Math.min(x, x0), Math.max(y, y0), Math.max(x, x0)].map((mark) => clamp(mark, 0, 1000));
        place(box, drawn);
      },
      () => {
        drawn.remove();
        if (!box || box[2] - box[0] < LEAST || box[3] - box[1] < LEAST) return; // a click
        grow(box);
        send();
      },
    );
  });
  add.addEventListener("click", () => {
    grow([300, 300, 700, 700]);
    send();
  });

  function take() {
    if (JSON.stringify(model.zones) === sent.zones && JSON.stringify(model.rules) === sent.rules) return;
    for (const name of ["zones", "rules"]) {
      sent[name] = JSON.stringify(model[name]);
      state[name] = JSON.parse(sent[name]);
    }
    draw();
  }

  model.on("zones", take);
  model.on("rules", take);
  model.on("tried", () => {
    state.tried = model.tried;
    rules.draw();
  });
  model.on("picture", showPicture);
  take();
  draw();
  showPicture();
  return host;
}
