// Rules of zones (livemon/web/pages/parts/zone_editor.py): a row of fields each, and the line of a rule that has one, drawn on the picture.
// A rule is as in livemon.toml: name, when, zone, line ([y, x, y, x] of 1000), for_s, people, severity, hours, enabled.

import { element } from "./zone_parts.js";

export const RULE_STYLE = `
.lmz-rule{display:grid;grid-template-columns:auto repeat(auto-fill,minmax(118px,1fr));gap:6px;align-items:end;padding:8px 0;
  border-top:1px solid color-mix(in srgb,currentColor 20%,transparent)}
.lmz-rule label{display:grid;gap:2px;font-size:12px;min-width:0}
.lmz-rule label.lmz-on{justify-items:center}
.lmz-rule label.lmz-on input{min-height:34px;width:20px}
.lmz-rule p{grid-column:1/-1;margin:0;font-size:13px}
.lmz-line{position:absolute;inset:0;width:100%;height:100%;pointer-events:none}
.lmz-line line{stroke:#f79009;stroke-width:3;vector-effect:non-scaling-stroke}
.lmz-end{position:absolute;width:22px;height:22px;margin:-11px 0 0 -11px;border-radius:50%;background:#f79009;border:2px solid #fff;
  box-sizing:border-box;cursor:grab;touch-action:none}
.lmz-end:focus-visible{outline:3px solid #fff;outline-offset:1px}
`;

const CROSSED = "crossed";
const MORE_THAN = "more_than";
const NEEDS_ZONE = ["outside", "left"];
const STEP = 10;
const MOST_RULES = 12;
const FIRST_LINE = [200, 500, 900, 500];
const SVG = "http://www.w3.org/2000/svg";

/** Draw the rules of `state.rules` into `list`, and their lines onto `frame`. `send` is called after each change, `ask` to try one. */
export function ruleEditor({ words, frame, list, add, state, follow, send, ask }) {
  function drawLine(rule) {
    const drawing = document.createElementNS(SVG, "svg");
    drawing.setAttribute("class", "lmz-line");
    drawing.setAttribute("viewBox", "0 0 1000 1000");
    drawing.setAttribute("preserveAspectRatio", "none");
    const line = document.createElementNS(SVG, "line");
    drawing.append(line);
    frame.append(drawing);
    const ends = [0, 2].map((at) => {
      const node = element("div", "lmz-end", frame);
      node.tabIndex = 0;
      node.setAttribute("role", "group");
      node.setAttribute("aria-label", `${rule.name}. ${words.end}`);
      const set = (y, x) => {
        rule.line = rule.line.map((mark, place) => (place === at ? limit(y) : place === at + 1 ? limit(x) : mark));
        place();
      };
      node.addEventListener("pointerdown", (event) => {
        event.stopPropagation();
        node.focus();
        follow(event, set, send);
      });
      node.addEventListener("keydown", (event) => {
        const step = { ArrowUp: [-STEP, 0], ArrowDown: [STEP, 0], ArrowLeft: [0, -STEP], ArrowRight: [0, STEP] }[event.key];
        if (!step) return;
        event.preventDefault();
        set(rule.line[at] + step[0], rule.line[at + 1] + step[1]);
        send();
      });
      return node;
    });
    function place() {
      const [y0, x0, y1, x1] = rule.line;
      Object.entries({ y1: y0, x1: x0, y2: y1, x2: x1 }).forEach(([name, mark]) => line.setAttribute(name, mark));
      ends.forEach((node, end) => {
        [node.style.top, node.style.left] = [`${rule.line[2 * end] / 10}%`, `${rule.line[2 * end + 1] / 10}%`];
      });
    }
    place();
  }

  const limit = (mark) => Math.min(1000, Math.max(0, Math.round(mark)));

  /** Give a rule what its condition needs, and take from it what that cannot have. */
  function fit(rule) {
    rule.line = rule.when === CROSSED ? rule.line || FIRST_LINE : null;
    if (rule.when === CROSSED) rule.zone = "";
    if (NEEDS_ZONE.includes(rule.when) && !rule.zone) rule.zone = state.zones[0]?.name ?? "";
  }

  function drawRow(rule, number) {
    const row = element("div", "lmz-rule", list);
    const changed = (change) => {
      change();
      fit(rule);
      send();
      draw();
    };
    const field = (tag, label, className) => {
      const around = element("label", className ?? "", row);
      around.append(label);
      const made = element(tag, "", around);
      made.setAttribute("aria-label", `${label} ${number + 1}`);
      return made;
    };
    const on = field("input", words.enabled, "lmz-on");
    on.type = "checkbox";
    on.checked = rule.enabled;
    on.addEventListener("change", () => changed(() => (rule.enabled = on.checked)));
    const name = field("input", words.ruleName);
    [name.value, name.maxLength] = [rule.name, 60];
    name.addEventListener("change", () => changed(() => (rule.name = name.value.trim() || rule.name)));
    choice(field("select", words.when), Object.entries(words.whens), rule.when, (value) => changed(() => (rule.when = value)));
    if (rule.when !== CROSSED) {
      const zones = [...new Set(state.zones.map((zone) => zone.name))].map((one) => [one, one]);
      const whole = NEEDS_ZONE.includes(rule.when) ? [] : [["", words.whole]];
      choice(field("select", words.ruleZone), [...whole, ...zones], rule.zone, (value) => changed(() => (rule.zone = value)));
      count(field("input", words.seconds), rule.for_s, 86400, (value) => changed(() => (rule.for_s = value)));
    }
    if (rule.when === MORE_THAN) count(field("input", words.people), rule.people, 5, (value) => changed(() => (rule.people = value)), 1);
    const severities = Object.entries(words.ruleSeverities);
    choice(field("select", words.ruleSeverity), severities, rule.severity, (value) => changed(() => (rule.severity = value)));
    const hours = field("input", words.hours);
    [hours.value, hours.placeholder, hours.maxLength] = [rule.hours, "22:00-07:00", 20];
    hours.addEventListener("change", () => changed(() => (rule.hours = hours.value.trim())));
    button(row, words.try, `${words.try} ${rule.name}`, () => ask(number));
    button(row, words.remove, `${words.remove} ${rule.name}`, () => {
      state.rules.splice(number, 1);
      state.tried = {};
      send();
      draw();
    });
    const told = element("p", "", row);
    told.setAttribute("role", "status");
    told.textContent = state.tried[number] ?? "";
  }

  function draw() {
    frame.querySelectorAll(".lmz-line,.lmz-end").forEach((node) => node.remove());
    list.replaceChildren();
    state.rules.filter((rule) => rule.line).forEach(drawLine);
    state.rules.forEach(drawRow);
    add.disabled = state.rules.length >= MOST_RULES;
  }

  /** Keep the rules of a zone with it when it gets another name; without their zone they are of the whole picture. */
  function renamed(before, after) {
    state.rules.filter((rule) => rule.zone && rule.zone === before).forEach((rule) => {
      rule.zone = after;
      if (!after && NEEDS_ZONE.includes(rule.when)) rule.when = "inside";
    });
  }

  add.addEventListener("click", () => {
    const names = state.rules.map((rule) => rule.name);
    let number = names.length + 1;
    while (names.includes(`${words.rule} ${number}`)) number += 1;
    state.rules.push({
      name: `${words.rule} ${number}`,
      when: "inside",
      zone: state.zones[0]?.name ?? "",
      line: null,
      for_s: 5,
      people: 1,
      severity: "warning",
      hours: "",
      enabled: false,
    });
    send();
    draw();
  });
  return { draw, renamed };
}

function choice(made, options, value, changed) {
  for (const [key, text] of options) {
    const option = element("option", "", made);
    [option.value, option.textContent] = [key, text];
  }
  made.value = value;
  made.addEventListener("change", () => changed(made.value));
}

function count(made, value, most, changed, least = 0) {
  Object.assign(made, { type: "number", min: least, max: most, value });
  made.addEventListener("change", () => changed(Math.min(most, Math.max(least, Number(made.value) || least))));
}

function button(row, text, label, clicked) {
  const made = element("button", "", row);
  [made.type, made.textContent] = ["button", text];
  made.setAttribute("aria-label", label);
  made.addEventListener("click", clicked);
}
