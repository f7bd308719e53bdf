// "Share and save" (livemon/web/pages/parts/share_box.py): a file of an event, a moment or any range, and a link to it that expires.
// Who may, and what can be linked to, is the API's to say (livemon/web/api/links.py).
import { inZone, say } from "./player_bar.js";

const STYLE = `
.lms-box{font:500 14px/1.4 system-ui,"Noto Sans",sans-serif;margin:4px 5px}
.lms-box summary{cursor:pointer;font-weight:600;padding:9px 0;min-height:22px}
.lms-row{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:end;margin:6px 0}
.lms-row[hidden]{display:none}
.lms-row label{display:grid;gap:2px;font-size:12px;min-width:0}
.lms-row select,.lms-row input,.lms-row button,.lms-save{font:500 14px/1.2 inherit;font-family:inherit;color:inherit;min-height:40px;
  max-width:100%;background:transparent;border:1px solid color-mix(in srgb,currentColor 45%,transparent);border-radius:8px;padding:4px 10px;
  box-sizing:border-box;color-scheme:inherit}
.lms-row option{background:Canvas;color:CanvasText}
.lms-row button,.lms-save{cursor:pointer;display:inline-grid;place-content:center;text-decoration:none}
.lms-row input[readonly]{flex:1 1 220px}
.lms-said{margin:6px 0;overflow-wrap:anywhere}
`;

const AROUND_MS = 60_000;
// The newest segment is not finished.
const UNFINISHED_MS = 15_000;

function part(name, className, parent, text = "") {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text) node.textContent = text;
  parent.append(node);
  return node;
}

/** Return the moment of a local date and time of a zone, "2026-11-23T14:02:10"; NaN for none. */
function moment(local, times) {
  const asUtc = Date.parse(`${local.length === 16 ? `${local}:00` : local}Z`);
  let ms = asUtc;
  // Twice, as the offset may be another one there.
  for (let turn = 0; turn < 2; turn += 1) ms -= Date.parse(`${times.date(ms)}T${times.clock(ms)}Z`) - asUtc;
  return ms;
}

export function render({ model }) {
  const { words } = model;
  const times = inZone(model.zone);
  const local = (ms) => `${times.date(ms)}T${times.clock(ms)}`;
  const box = document.createElement("details");
  box.className = "lms-box";
  part("style", "", box).textContent = STYLE;
  part("summary", "", box, words.title);
  const row = part("div", "lms-row", box);
  const field = (name, text, parent = row) => {
    const label = part("label", "", parent, text);
    return part(name, "", label);
  };
  const what = field("select", words.what);
  const from = field("input", words.from);
  const to = field("input", words.to);
  for (const input of [from, to]) [input.type, input.step] = ["datetime-local", "1"];
  const save = part("a", "lms-save", row, words.save);
  save.download = "";
  const linking = part("div", "lms-row", box);
  const days = field("select", words.works_for, linking);
  model.days.forEach((n) => (part("option", "", days, say(words.n_days, { n })).value = n));
  const make = part("button", "", linking, words.make);
  make.type = "button";
  const made = part("div", "lms-row", box);
  const address = part("input", "", made);
  address.readOnly = true;
  address.setAttribute("aria-label", words.link);
  const copy = part("button", "", made, words.copy);
  copy.type = "button";
  const said = part("div", "lms-said", box);
  said.setAttribute("role", "status");

  const root = () => new URL(`${model.api}/`, document.baseURI);

  /** Return the address below the API of what is chosen; empty when the times mean nothing. */
  function path() {
    const camera = encodeURIComponent(model.camera);
    if (what.value === "event") return `events/${camera}/${model.event}/clip.mp4`;
    const [start, end] = [from, to].map((input) => moment(input.value, times));
    if (Number.isNaN(start)) return "";
    if (what.value === "moment") return `frames/${camera}.jpg?${new URLSearchParams({ at: new Date(start).toISOString() })}`;
    if (!(end > start)) return "";
    return `clips/${camera}.mp4?${new URLSearchParams({ start: new Date(start).toISOString(), end: new Date(end).toISOString() })}`;
  }

  function show() {
    from.parentNode.hidden = what.value === "event";
    to.parentNode.hidden = what.value !== "range";
    for (const one of [from, to]) one.parentNode.style.display = one.parentNode.hidden ? "none" : "";
    linking.hidden = !model.can_share;
    made.hidden = true;
    const chosen = path();
    if (chosen) save.href = new URL(chosen, root()).href;
    else save.removeAttribute("href");
    make.disabled = !chosen;
    said.textContent = chosen ? (model.can_share ? "" : words.needs_operator) : words.wrong_times;
  }

  function fill() {
    const kept = what.value;
    what.replaceChildren();
    for (const name of [...(model.event ? ["event"] : []), "range", "moment"]) part("option", "", what, words[name]).value = name;
    what.value = [...what.options].some((option) => option.value === kept) && !model.event ? kept : what.options[0].value;
    const now = Date.now() - UNFINISHED_MS;
    const start = model.start ? Date.parse(model.start) : now - AROUND_MS;
    from.value = local(start);
    to.value = local(model.end ? Date.parse(model.end) : start + AROUND_MS);
    show();
  }

  make.addEventListener("click", async () => {
    make.disabled = true;
    try {
      const body = JSON.stringify({ path: path(), hours: 24 * Number(days.value) });
      const reply = await fetch(new URL("links", root()), { method: "POST", headers: { "Content-Type": "application/json" }, body });
      const told = await reply.json();
      if (!reply.ok) throw new Error([told.detail, told.hint].filter(Boolean).join(" "));
      made.hidden = false;
      address.value = told.url;
      const until = Date.parse(told.until_utc);
      said.textContent = say(words.until, { when: `${times.date(until)} ${times.clock(until)}` });
    } catch (error) {
      said.textContent = say(words.failed, { why: error.message });
    } finally {
      make.disabled = false;
    }
  });
  copy.addEventListener("click", async () => {
    address.select();
    try {
      await navigator.clipboard.writeText(address.value);
    } catch {
      document.execCommand("copy"); // without HTTPS there is no clipboard
    }
    said.textContent = words.copied;
  });
  for (const input of [what, from, to]) input.addEventListener("change", show);
  box.addEventListener("toggle", () => box.open && !model.start && fill());
  model.on(["camera", "event", "start", "end"], fill);
  model.on("can_share", show);
  fill();
  return box;
}
