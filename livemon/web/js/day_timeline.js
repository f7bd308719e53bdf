// A day as a strip of its windows (livemon/web/pages/parts/day_timeline.py: DayTimeline): draws, and says which one is chosen.
// What a window means, and every word on it, comes from there.

const STYLE = `
.lmd-strip { font-size: 12px; width: 100%; --ink: var(--mui-palette-text-primary, #1d2433);
  --line: color-mix(in srgb, var(--ink) 22%, transparent); }
.lmd-day { position: relative; outline: none; }
.lmd-row { margin-bottom: 6px; }
.lmd-cells { display: grid; align-items: stretch; }
.lmd-cell { display: flex; flex-direction: column; cursor: pointer; padding: 0 .5px; min-width: 0; }
.lmd-cell[aria-disabled=true] { cursor: default; }
.lmd-marks { height: 39px; display: flex; flex-direction: column; justify-content: flex-end; align-items: center; gap: 2px;
  padding-bottom: 3px; }
.lmd-mark { width: 10px; height: 10px; flex: none; max-width: 100%; }
.lmd-danger { background: #d92d20; clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.lmd-warning { background: #d97706; clip-path: polygon(50% 0, 100% 50%, 50% 100%, 0 50%); }
.lmd-info { background: #2e6fdb; border-radius: 50%; width: 8px; height: 8px; }
.lmd-safe { background: #1f9d63; width: 8px; height: 8px; }
.lmd-system { width: 8px; height: 8px; box-sizing: border-box; border: 2px solid #7a8294; border-radius: 50%; }
.lmd-bar { height: 38px; border-radius: 3px; box-sizing: border-box; position: relative; display: grid; place-content: center;
  color: #fff; font-weight: 800; font-size: 11px; line-height: 1; border-bottom: 2px solid var(--line); overflow: hidden; }
.lmd-high { background: #2f9e6b; border-bottom-color: #1f7a50; }
.lmd-mid { background: #e2a417; border-bottom-color: #a97407; color: #3d2a00; }
.lmd-low { background: #d92d20; border-bottom-color: #8f1810; }
.lmd-unknown { background: #98a1b3; border-bottom-color: #6b7487; }
.lmd-by_rule, .lmd-no_people { background: color-mix(in srgb, var(--ink) 12%, transparent); border-bottom-color: #6b7487; }
.lmd-waiting { border: 1.5px dashed color-mix(in srgb, var(--ink) 50%, transparent); }
.lmd-failed { background: repeating-linear-gradient(135deg, #a8443a 0 3px, color-mix(in srgb, #a8443a 22%, transparent) 3px 6px);
  border: 1px solid #a8443a; }
.lmd-not_kept { background: repeating-linear-gradient(90deg, color-mix(in srgb, var(--ink) 26%, transparent) 0 2px, transparent 2px 4px); }
.lmd-recording { border: 1.5px solid #2e6fdb; background: color-mix(in srgb, #2e6fdb 18%, transparent); }
.lmd-to_come { border-bottom-style: dotted; opacity: .6; }
.lmd-moved { height: 9px; display: flex; align-items: flex-start; margin-top: 1px; }
.lmd-moved i { display: block; width: 100%; background: color-mix(in srgb, var(--ink) 42%, transparent); border-radius: 0 0 2px 2px; }
.lmd-motion { width: 13px; height: 6px; background: color-mix(in srgb, var(--ink) 42%, transparent); border-radius: 0 0 2px 2px; }
.lmd-cell:hover .lmd-bar { filter: brightness(1.12); }
.lmd-cell:hover .lmd-not_recorded { background: color-mix(in srgb, var(--ink) 7%, transparent); }
.lmd-cell[aria-selected=true] .lmd-bar { outline: 2.5px solid var(--ink); outline-offset: 1px; overflow: visible; z-index: 1; }
.lmd-day:focus-visible { box-shadow: 0 0 0 3px var(--mui-palette-primary-main, #3448c5); border-radius: 8px; }
.lmd-ticks { position: relative; height: 18px; font-variant-numeric: tabular-nums; opacity: .78; }
.lmd-tick { position: absolute; top: 3px; padding-left: 3px; white-space: nowrap; }
.lmd-tick::before { content: ""; position: absolute; left: 0; top: -2px; height: 7px; border-left: 1px solid var(--ink); }
.lmd-legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 4px; cursor: default; }
.lmd-legend span { display: inline-flex; gap: 6px; align-items: center; }
.lmd-legend .lmd-bar { width: 13px; height: 13px; font-size: 10px; }
.lmd-tip { position: absolute; z-index: 5; pointer-events: none; max-width: min(320px, 92%); padding: 8px 10px; border-radius: 8px;
  background: #1d2433; color: #fff; box-shadow: 0 4px 16px rgba(0, 0, 0, .35); line-height: 1.4; font-size: 13px; }
.lmd-tip b { display: block; font-variant-numeric: tabular-nums; }
.lmd-tip span { display: block; overflow-wrap: anywhere; }
.lmd-tip span.more { opacity: .85; display: -webkit-box; -webkit-line-clamp: 4; -webkit-box-orient: vertical; overflow: hidden; }
.lmd-tip[hidden], .lmd-picture[hidden] { display: none; }
.lmd-picture { display: block; width: 240px; max-width: 100%; border-radius: 5px; margin-top: 6px; }
`;

const GLYPHS = { low: "!", mid: "\u2013" };
const HOUR = 6; // windows
const REST_MS = 150; // a pointer that passes by asks for no picture
const SETTLE_MS = 160; // who holds an arrow key passes windows that nobody needs to read

function element(tag, className, parent) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent?.append(made);
  return made;
}

/** How many rows a day takes: cells narrower than some 7 px cannot be hit with a finger. */
const rowsFor = (width) => (width < 560 ? 4 : width < 1000 ? 2 : 1);

export function render({ model }) {
  const host = element("div", "lmd-strip");
  element("style", "", host).textContent = STYLE;
  const root = element("div", "lmd-day", host);
  root.tabIndex = 0;
  root.setAttribute("role", "listbox");
  root.setAttribute("aria-label", model.words.strip);
  root.setAttribute("aria-orientation", "horizontal");
  const body = element("div", "", root);
  const legend = element("div", "lmd-legend", host);
  const tip = element("div", "lmd-tip", root);
  tip.hidden = true;
  let cells = []; // the elements, in order
  let chosen = -1;
  let rows = 0;
  let timer = 0;
  let restTimer = 0;

  const known = () => model.day.cells ?? [];
  const indexOf = (start) => known().findIndex((cell) => cell.start === start);

  function draw() {
    const all = known();
    const width = host.clientWidth || 1000;
    rows = rowsFor(width);
    const across = Math.max(1, Math.ceil(all.length / rows));
    const every = Math.max(1, Math.ceil(44 / ((width / across) * HOUR)));
    body.replaceChildren();
    cells = [];
    for (let first = 0; first < all.length; first += across) {
      const row = element("div", "lmd-row", body);
      const grid = element("div", "lmd-cells", row);
      grid.style.gridTemplateColumns = `repeat(${across}, minmax(0, 1fr))`;
      all.slice(first, first + across).forEach((cell, n) => grid.append(drawCell(cell, first + n)));
      const ticks = element("div", "lmd-ticks", row);
      ticks.setAttribute("aria-hidden", "true");
      const from = all[first].at;
      (model.day.ticks ?? []).forEach((tick, n) => {
        const place = (tick.at - from) / across;
        if (n % every || place < -0.001 || place > 1 - 2 / across) return;
        const shown = element("span", "lmd-tick", ticks);
        shown.style.left = `${Math.max(0, place) * 100}%`;
        shown.textContent = tick.label;
      });
    }
    legend.replaceChildren(...(model.day.legend ?? []).map(drawMeaning));
    choose(indexOf(model.selected));
  }

  function drawMeaning({ look, mark, words }) {
    const made = element("span");
    element("i", mark ? `lmd-mark lmd-${mark}` : `lmd-bar lmd-${look}`, made).textContent = GLYPHS[look] ?? "";
    made.append(words);
    return made;
  }

  function drawCell(cell, index) {
    const made = element("div", "lmd-cell");
    made.id = `lmd-w${index}`;
    made.dataset.start = cell.start;
    made.dataset.state = cell.state;
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", "false");
    made.setAttribute("aria-label", [cell.label, cell.words, cell.happened, cell.summary].filter(Boolean).join(". "));
    if (cell.off) made.setAttribute("aria-disabled", "true");
    const marks = element("div", "lmd-marks", made);
    cell.marks.forEach((kind) => element("i", `lmd-mark lmd-${kind}`, marks));
    element("div", `lmd-bar lmd-${cell.look}`, made).textContent = GLYPHS[cell.look] ?? "";
    element("i", "", element("div", "lmd-moved", made)).style.height = `${Math.round(cell.motion * 9)}px`;
    cells[index] = made;
    return made;
  }

  function choose(index) {
    cells[chosen]?.setAttribute("aria-selected", "false");
    chosen = index;
    cells[chosen]?.setAttribute("aria-selected", "true");
    if (cells[chosen]) root.setAttribute("aria-activedescendant", cells[chosen].id);
    else root.removeAttribute("aria-activedescendant");
  }

  function pick(index, wait = 0) {
    if (!cells[index] || known()[index].off) return;
    choose(index);
    clearTimeout(timer);
    timer = setTimeout(() => (model.selected = known()[index].start), wait);
  }

  /** Show a picture of a window in its tip, once the pointer rests there. */
  function showPicture(cell) {
    clearTimeout(restTimer);
    if (!cell.picture || !model.pictures) return;
    const picture = element("img", "lmd-picture", tip);
    picture.alt = "";
    picture.hidden = true;
    picture.addEventListener("load", () => (picture.hidden = false));
    restTimer = setTimeout(() => (picture.src = model.pictures + encodeURIComponent(cell.picture)), REST_MS);
  }

  function hide() {
    clearTimeout(restTimer);
    tip.hidden = true;
  }

  function explain(index) {
    const cell = known()[index];
    if (!cell) return hide();
    tip.hidden = false;
    tip.replaceChildren();
    element("b", "", tip).textContent = cell.label;
    element("span", "", tip).textContent = cell.words;
    if (cell.happened) element("span", "", tip).textContent = cell.happened;
    if (cell.summary) element("span", "more", tip).textContent = cell.summary;
    showPicture(cell);
    const box = cells[index].getBoundingClientRect();
    const whole = root.getBoundingClientRect();
    const left = Math.min(Math.max(0, box.left - whole.left + box.width / 2 - tip.offsetWidth / 2), whole.width - tip.offsetWidth);
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = `${box.bottom - whole.top + 6}px`;
  }

  const under = (event) => cells.indexOf(event.target.closest?.(".lmd-cell"));

  root.addEventListener("click", (event) => pick(under(event)));
  root.addEventListener("pointerover", (event) => event.pointerType === "mouse" && explain(under(event)));
  root.addEventListener("pointerleave", hide);
  root.addEventListener("blur", hide);
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = known().reduce((found, cell, n) => (cell.off ? found : n), 0);
    const here = chosen < 0 ? last : chosen;
    const to = {
      ArrowLeft: here - 1,
      ArrowRight: here + 1,
      ArrowUp: here - HOUR,
      ArrowDown: here + HOUR,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, to));
    pick(next, SETTLE_MS);
    explain(next);
  });

  const resized = new ResizeObserver(() => host.clientWidth && rowsFor(host.clientWidth) !== rows && draw());
  resized.observe(host);
  model.on("day", draw);
  model.on("selected", () => choose(indexOf(model.selected)));
  model.on("remove", () => {
    clearTimeout(timer);
    clearTimeout(restTimer);
    resized.disconnect();
  });
  draw();
  return host;
}
