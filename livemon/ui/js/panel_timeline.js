// The timeline of a day as a Panel JSComponent (livemon/ui/day_timeline.py: Timeline): a strip of ten-minute windows.
// What a window is and says is decided there; here it is drawn, and one is chosen by pointer or keyboard.

const NARROW_PX = 640;
const HOURS_A_NARROW_ROW = 6;
const DAY_HOURS_A_LABEL_PX = 34;

const STYLE = `
.lm-day{font:500 13px/1.35 system-ui,"Noto Sans",sans-serif;color:var(--mui-palette-text-primary,#1d2433);
  --quiet:color-mix(in srgb,currentColor 11%,transparent);--line:color-mix(in srgb,currentColor 26%,transparent)}
.lm-day[aria-busy=true]{opacity:.5}
.lm-strip{border-radius:6px;outline:none;cursor:pointer;touch-action:manipulation;user-select:none}
.lm-strip:focus-visible{box-shadow:0 0 0 2px var(--mui-palette-background-paper,#fff),0 0 0 4px var(--mui-palette-primary-main,#3448c5)}
.lm-row{display:grid;column-gap:1px;margin-bottom:6px}
.lm-cell{grid-row:1;display:grid;grid-template-rows:16px 38px;justify-items:center;min-width:0;position:relative}
.lm-mark{align-self:end;margin-bottom:3px;width:9px;height:9px;flex:none;background:currentColor}
.lm-mark.danger{color:#d92d20;width:11px;height:11px;clip-path:polygon(50% 0,100% 100%,0 100%)}
.lm-mark.warning{color:#c4600c;clip-path:polygon(50% 0,100% 50%,50% 100%,0 50%);width:11px;height:11px}
.lm-mark.info{color:#2e78e4;border-radius:50%;width:8px;height:8px}
.lm-mark.safe{color:#12946a;background:none;border:2px solid;border-radius:50%;width:4px;height:4px}
.lm-mark.system{color:#7c879a;width:7px;height:7px}
.lm-bar{grid-row:2;width:100%;height:100%;box-sizing:border-box;border-radius:2px}
.lm-bar.good,.lm-sw.good{background:#23a18c}
.lm-bar.fair,.lm-sw.fair{background:#a9c34f}
.lm-bar.poor,.lm-sw.poor{background:#ee9b26}
.lm-bar.bad,.lm-sw.bad{background:#cf3527}
.lm-bar.unknown,.lm-sw.unknown{background:color-mix(in srgb,currentColor 38%,transparent)}
.lm-bar.waiting,.lm-sw.waiting{background:radial-gradient(circle at 50% 50%,var(--line) 1.3px,transparent 1.6px) 0 0/6px 6px,var(--quiet)}
.lm-bar.failed,.lm-sw.failed{background:repeating-linear-gradient(135deg,#c4600c 0 2px,transparent 2px 6px),var(--quiet)}
.lm-bar.not_kept,.lm-sw.not_kept{border:1px dashed var(--line)}
.lm-bar.not_recorded,.lm-sw.not_recorded{border-bottom:1px solid var(--line);border-radius:0}
.lm-bar.recording,.lm-sw.recording{border:2px solid var(--mui-palette-primary-main,#3448c5);animation:lm-rec 2s infinite}
.lm-bar.to_come,.lm-sw.to_come{border-bottom:1px dotted var(--line);border-radius:0}
.lm-cell:hover .lm-bar{box-shadow:0 0 0 1px currentColor}
.lm-cell[aria-selected=true] .lm-bar{box-shadow:0 0 0 2px var(--mui-palette-background-paper,#fff),0 0 0 4px currentColor;z-index:1}
.lm-tick{grid-row:2;font-size:11px;font-variant-numeric:tabular-nums;opacity:.78;border-left:1px solid var(--line);
  padding-left:3px;margin-top:3px;white-space:nowrap;overflow:visible;min-width:0}
.lm-tick.bare{height:5px}
.lm-said{min-height:38px;margin-top:4px;overflow-wrap:anywhere}
.lm-said b{font-weight:650;font-variant-numeric:tabular-nums}
.lm-said span{display:block;opacity:.8;font-weight:400;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.lm-legend{display:flex;flex-wrap:wrap;gap:4px 14px;font-size:12px;font-weight:400;opacity:.88;margin:6px 0 0;padding:0;list-style:none}
.lm-legend li{display:flex;align-items:center;gap:6px}
.lm-sw{width:14px;height:12px;border-radius:2px;box-sizing:border-box;flex:none}
.lm-legend .lm-mark{align-self:center;margin:0}
@keyframes lm-rec{50%{opacity:.4}}
@media (prefers-reduced-motion:reduce){.lm-bar.recording,.lm-sw.recording{animation:none}}
@media (forced-colors:active){.lm-bar,.lm-sw,.lm-mark{forced-color-adjust:none}}
`;

function element(tag, className, parent, text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  parent.append(node);
  return node;
}

// [first, end) of the windows in each row; a narrow screen gets rows of six hours.
function rows(day, narrow) {
  if (!narrow) return [[0, day.windows.length]];
  const cuts = [0];
  day.hours.forEach((hour, number) => {
    if (number % HOURS_A_NARROW_ROW === 0 && hour.first > 0) cuts.push(hour.first);
  });
  cuts.push(day.windows.length);
  return cuts.slice(0, -1).map((first, number) => [first, cuts[number + 1]]);
}

export function render({ model }) {
  const root = document.createElement("div");
  root.className = "lm-day";
  element("style", "", root).textContent = STYLE;
  const strip = element("div", "lm-strip", root);
  strip.tabIndex = 0;
  strip.setAttribute("role", "listbox");
  strip.setAttribute("aria-orientation", "horizontal");
  const said = element("div", "lm-said", root);
  const legend = element("ul", "lm-legend", root);
  let cells = [];
  let narrow = null;

  function say(number) {
    said.replaceChildren();
    const one = model.day.windows?.[number];
    if (!one) {
      said.textContent = model.day.windows?.length ? "Choose ten minutes: with the pointer, or with the arrow keys." : "";
      return;
    }
    const line = element("div", "", said);
    element("b", "", line, one.time);
    line.append(` \u00b7 ${one.words}`);
    if (one.text) element("span", "", said, one.text);
  }

  function mark() {
    cells.forEach((cell, number) => cell.setAttribute("aria-selected", String(number === model.selected)));
    const chosen = cells[model.selected];
    if (chosen) strip.setAttribute("aria-activedescendant", chosen.id);
    else strip.removeAttribute("aria-activedescendant");
    say(model.selected);
  }

  function draw() {
    const { windows = [], hours = [], legend: kinds = [], title = "" } = model.day;
    strip.replaceChildren();
    strip.setAttribute("aria-label", `${title}, in ten-minute windows`);
    cells = new Array(windows.length);
    const parts = rows(model.day, narrow);
    const longest = Math.max(1, ...parts.map(([first, end]) => end - first));
    // Every hour has a tick, and as many a label as fit.
    const hourPx = (root.clientWidth || 1200) / (longest / 6);
    const every = hourPx >= DAY_HOURS_A_LABEL_PX ? 1 : hourPx * 2 >= DAY_HOURS_A_LABEL_PX ? 2 : 3;
    for (const [first, end] of parts) {
      const row = element("div", "lm-row", strip);
      row.setAttribute("role", "group");
      row.style.gridTemplateColumns = `repeat(${longest},minmax(0,1fr))`;
      for (let number = first; number < end; number += 1) {
        const one = windows[number];
        const cell = element("div", "lm-cell", row);
        cell.style.gridColumn = number - first + 1;
        cell.id = `w${number}`;
        cell.setAttribute("role", "option");
        cell.setAttribute("aria-label", `${one.time}: ${one.words}`);
        if (one.mark) element("i", `lm-mark ${one.mark}`, cell);
        element("i", `lm-bar ${one.look}`, cell);
        cells[number] = cell;
      }
      hours.forEach((hour, place) => {
        if (hour.first < first || hour.first >= end) return;
        const shown = place % every === 0;
        const tick = element("div", shown ? "lm-tick" : "lm-tick bare", row, shown ? hour.label : "");
        tick.setAttribute("aria-hidden", "true");
        tick.style.gridColumn = `${hour.first - first + 1} / span ${Math.max(1, Math.min(hour.windows, end - hour.first))}`;
      });
    }
    legend.replaceChildren();
    for (const kind of kinds) {
      const entry = element("li", "", legend);
      element("i", kind.mark ? `lm-mark ${kind.mark}` : `lm-sw ${kind.look}`, entry);
      entry.append(kind.words);
    }
    mark();
  }

  const numberOf = (event) => cells.indexOf(event.target.closest?.(".lm-cell"));
  strip.addEventListener("pointerover", (event) => {
    const number = numberOf(event);
    if (number >= 0) say(number);
  });
  strip.addEventListener("pointerleave", () => say(model.selected));
  strip.addEventListener("click", (event) => {
    const number = numberOf(event);
    if (number >= 0) model.selected = number;
  });
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -6, ArrowDown: 6 };
  strip.addEventListener("keydown", (event) => {
    const last = cells.length - 1;
    let number = null;
    if (event.key in steps) number = model.selected < 0 ? 0 : model.selected + steps[event.key];
    if (event.key === "Home") number = 0;
    if (event.key === "End") number = last;
    if (number === null || last < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    model.selected = Math.max(0, Math.min(last, number));
  });

  const size = new ResizeObserver(([entry]) => {
    const now = entry.contentRect.width < NARROW_PX;
    if (now === narrow) return;
    narrow = now;
    draw();
    model.ready = true;
  });
  size.observe(root);
  const busy = () => root.setAttribute("aria-busy", String(model.busy));
  model.on("day", draw);
  model.on("selected", mark);
  model.on("busy", busy);
  model.on("remove", () => size.disconnect());
  busy();
  return root;
}
