// The review queue as a Panel JSComponent (livemon/web/pages/parts/event_queue.py): a list that is worked through by keyboard or thumb.
// What a row says is made in Python; what happens to an event is decided there too.

const STYLE = `
.lmq-queue{font-size:14px;line-height:1.4}
.lmq-tools{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;padding:2px 2px 8px;min-height:34px}
.lmq-tools[hidden]{display:none}
.lmq-tools label{display:flex;gap:6px;align-items:center;margin-right:auto;min-height:30px}
.lmq-queue button{font:600 13px/1.2 inherit;font-family:inherit;color:inherit;background:none;cursor:pointer;min-height:32px;
  border:1px solid color-mix(in srgb,currentColor 30%,transparent);border-radius:8px;padding:4px 11px}
.lmq-queue button:hover:not(:disabled){background:color-mix(in srgb,currentColor 9%,transparent)}
.lmq-queue button:disabled{opacity:.45;cursor:default}
.lmq-list{list-style:none;margin:0;padding:0;overflow-y:auto;max-height:max(420px,calc(100vh - 250px));outline-offset:-2px}
.lmq-list:focus-visible{outline:2px solid var(--mui-palette-primary-main,#3448c5)}
.lmq-list li{display:grid;grid-template-columns:24px 96px minmax(0,1fr);gap:0 10px;padding:9px 6px;cursor:pointer;
  border-top:1px solid color-mix(in srgb,currentColor 12%,transparent);border-left:4px solid transparent}
.lmq-list li[aria-selected=true]{background:color-mix(in srgb,var(--mui-palette-primary-main,#3448c5) 14%,transparent);
  border-left-color:var(--mui-palette-primary-main,#3448c5)}
.lmq-list li[data-reviewed=yes] .lmq-say{opacity:.74}
.lmq-tick{width:18px;height:18px;margin:2px 0 0;box-sizing:border-box;border:2px solid;border-radius:4px;display:grid;
  place-content:center;font:700 13px/1 sans-serif;opacity:.76}
.lmq-list li[aria-checked=true] .lmq-tick{opacity:1}
.lmq-list li[aria-checked=true] .lmq-tick::before{content:"\\2713"}
.lmq-pic{width:96px;aspect-ratio:4/3;border-radius:8px;object-fit:cover;display:grid;place-content:center;font-size:22px;
  background:color-mix(in srgb,currentColor 8%,transparent)}
.lmq-head{display:flex;flex-wrap:wrap;gap:2px 8px;align-items:center}
.lmq-chip{color:#fff;border-radius:999px;padding:1px 9px;font-size:12px;font-weight:600}
.lmq-about{border:1px solid color-mix(in srgb,currentColor 40%,transparent);border-radius:999px;padding:0 8px;font-size:12px}
.lmq-title{font-weight:600;overflow-wrap:anywhere}
.lmq-lang{font-size:10px;text-transform:uppercase;opacity:.75}
.lmq-when{opacity:.76;font-size:13px;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.lmq-text{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;overflow-wrap:anywhere}
.lmq-verdict{font-weight:600}
.lmq-day{grid-column:1/-1;font-weight:700;font-size:13px;padding:2px 0 8px;opacity:.85}
.lmq-shot{position:relative;width:96px;align-self:start;border-radius:8px;overflow:hidden}
.lmq-shot .lmq-pic{width:100%;aspect-ratio:auto 4/3;border-radius:0;display:block}
.lmq-box{position:absolute;box-sizing:border-box;border:2px solid #ffd400;border-radius:3px;box-shadow:0 0 0 1px rgba(0,0,0,.6)}
.lmq-list li[data-swipe=right]{background:color-mix(in srgb,#067647 26%,transparent)}
.lmq-list li[data-swipe=wrong]{background:color-mix(in srgb,#d92d20 26%,transparent)}
.lmq-new{animation:lmq-in .5s ease-out}
@keyframes lmq-in{from{opacity:0;transform:translateY(-10px)}}
.lmq-none{padding:36px 16px;text-align:center}
.lmq-none b{display:block;font-size:16px;margin-bottom:6px}
.lmq-more{opacity:.76;padding:10px;text-align:center}
.lmq-keys{opacity:.76;font-size:12px;padding:6px 2px 0}
@media (max-width:900px){.lmq-list{max-height:none}.lmq-keys{display:none}.lmq-queue{padding-bottom:110px}
  .lmq-list li{touch-action:pan-y}
  .lmq-tools:not([hidden]){position:fixed;z-index:5;left:0;right:0;bottom:0;padding:6px 10px;box-shadow:0 -2px 12px rgba(0,0,0,.22);
    background:var(--mui-palette-background-paper,#fff)}
  .lmq-tools label{width:100%;min-height:24px}.lmq-tools button{flex:1 1 auto;min-height:40px;padding:4px 6px}
  .lmq-list li{grid-template-columns:24px 76px minmax(0,1fr)}.lmq-pic,.lmq-shot{width:76px}}
/* The tabs of the pages stand below (shell/nav.py). */
@media (max-width:700px){.lmq-tools:not([hidden]){bottom:calc(56px + env(safe-area-inset-bottom))}}
@media (prefers-reduced-motion:reduce){.lmq-new{animation:none}}
`;

// A second click within this is one of a double click, and not meant for the event that came up meanwhile.
const DOUBLE_MS = 300;
const KEPT_SAID = 50;

const KEYS = { r: "right", w: "wrong", e: "reviewed", u: "open" };
const UNDO = "undo";
const UNDO_KEY = "z";

// A finger that goes so far sideways says right or wrong.
const SWIPE_PX = 90;

// The chosen event stands above the list there, and not beside it.
const narrow = () => matchMedia("(max-width: 900px)").matches;

function element(tag, className, parent) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  parent?.append(node);
  return node;
}

export function render({ model }) {
  const host = element("div", "lmq-queue");
  element("style", "", host).textContent = STYLE;
  const tools = element("div", "lmq-tools", host);
  const all = element("label", "", tools);
  const box = element("input", "", all);
  box.type = "checkbox";
  const counted = element("span", "", all);
  const list = element("ul", "lmq-list", host);
  list.tabIndex = 0;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-multiselectable", "true");
  const none = element("div", "lmq-none", host);
  const more = element("div", "lmq-more", host);
  const keys = element("div", "lmq-keys", host);
  const checked = new Set();
  const buttons = new Map();
  let seen = null; // ids that were drawn once; a row that is not among them slides in
  let told = 0;
  let clicked_ms = -DOUBLE_MS;
  const log = [];

  const rows = () => model.rows;
  const words = () => model.words;
  const at = (id) => rows().findIndex((row) => row.id === id);

  for (const action of Object.values(KEYS)) {
    const button = element("button", "", tools);
    button.type = "button";
    button.addEventListener("click", (event) => {
      if (event.timeStamp - clicked_ms >= DOUBLE_MS) say(action);
      clicked_ms = event.timeStamp;
    });
    buttons.set(action, button);
  }
  const undo = element("button", "", tools);
  undo.type = "button";
  undo.addEventListener("click", takeBack);

  function tell(action, ids) {
    told += 1;
    log.push({ number: told, action, ids });
    model.said = log.slice(-KEPT_SAID);
  }

  function takeBack() {
    if (model.can_undo) tell(UNDO, []);
  }

  function meant() {
    const shown = rows().map((row) => row.id);
    const ticked = shown.filter((id) => checked.has(id));
    return ticked.length ? ticked : shown.filter((id) => id === model.selected);
  }

  function say(action) {
    const ids = meant();
    if (!model.can_review || !ids.length) return;
    tell(action, ids);
    const last = Math.max(...ids.map(at));
    const first = Math.min(...ids.map(at));
    const next = rows()[last + 1] ?? rows()[first - 1];
    checked.clear();
    if (!next) return draw();
    choose(next.id, { scroll: !narrow() });
    if (narrow()) model.taps += 1; // the next one's video comes into view, its buttons under it
  }

  function choose(id, { scroll = true } = {}) {
    model.selected = id;
    mark();
    if (scroll) list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  function mark() {
    for (const item of list.children) {
      item.setAttribute("aria-selected", String(Number(item.dataset.id) === model.selected));
      item.setAttribute("aria-checked", String(checked.has(Number(item.dataset.id))));
    }
    const here = list.querySelector("[aria-selected=true]");
    if (here) list.setAttribute("aria-activedescendant", here.id);
    else list.removeAttribute("aria-activedescendant");
    const ids = meant();
    const ticked = rows().filter((row) => checked.has(row.id)).length;
    counted.textContent = ticked ? words().chosen.replace("{}", ticked) : words().counted;
    box.checked = ticked > 0 && ticked === rows().length;
    box.indeterminate = ticked > 0 && ticked < rows().length;
    undo.textContent = words().undo;
    undo.hidden = !model.can_review || model.can_undo === undefined; // a notebook has none
    undo.disabled = !model.can_undo;
    for (const [action, button] of buttons) {
      button.textContent = words()[action];
      button.disabled = !model.can_review || !ids.length;
      button.title = model.can_review ? "" : words().viewer;
    }
  }

  function drawRow(row) {
    const item = element("li", seen && !seen.has(row.id) ? "lmq-new" : "");
    item.id = `lmq-event-${row.id}`;
    item.dataset.id = row.id;
    item.dataset.reviewed = row.reviewed ? "yes" : "no";
    item.setAttribute("role", "option");
    if (row.day) element("div", "lmq-day", item).textContent = row.day;
    // An option may hold no control of its own: whether it is ticked is the option's own aria-checked.
    element("span", "lmq-tick", item).setAttribute("aria-hidden", "true");
    const shot = element("div", row.picture ? "lmq-shot" : "", item);
    const picture = element(row.picture ? "img" : "div", "lmq-pic", shot);
    if (row.picture) Object.assign(picture, { src: row.picture, alt: "", loading: "lazy" });
    if (row.picture && row.box?.length === 4) {
      const [top, left, bottom, right] = row.box.map((edge) => Math.min(1000, Math.max(0, edge)) / 10);
      const size = { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` };
      Object.assign(element("i", "lmq-box", shot).style, size);
    }
    if (!row.picture) Object.assign(picture, { textContent: row.glyph, ariaHidden: "true" });
    const said = element("div", "lmq-say", item);
    const head = element("div", "lmq-head", said);
    const chip = element("span", "lmq-chip", head);
    chip.textContent = row.severity;
    chip.style.background = row.colour;
    if (row.about) element("span", "lmq-about", head).textContent = row.about;
    const title = element("span", "lmq-title", head);
    Object.assign(title, { textContent: row.title, lang: row.lang });
    if (row.lang) element("sup", "lmq-lang", head).textContent = row.lang;
    const when = element("div", "lmq-when", said);
    when.textContent = row.when;
    if (row.verdict) element("span", "lmq-verdict", when).textContent = ` \u00b7 ${row.verdict}`;
    Object.assign(element("div", "lmq-text", said), { textContent: row.text, lang: row.lang });
    item.dataset.drawn = JSON.stringify(row);
    return item;
  }

  // Rows that did not change stay the same elements, so that neither scroll position nor focus nor pictures jump.
  function draw() {
    const present = new Map([...list.children].map((item) => [Number(item.dataset.id), item]));
    const items = rows().map((row) => {
      const old = present.get(row.id);
      return old && old.dataset.drawn === JSON.stringify(row) ? old : drawRow(row);
    });
    const before = list.scrollTop > 0 ? list.querySelector("[aria-selected=true]") : null;
    const offset = before?.offsetTop;
    if (items.length !== list.children.length || items.some((item, n) => item !== list.children[n])) list.replaceChildren(...items);
    if (before?.isConnected) list.scrollTop += before.offsetTop - offset;
    seen = new Set([...(seen ?? []), ...rows().map((row) => row.id)]);
    for (const id of checked) if (at(id) < 0) checked.delete(id);
    none.hidden = rows().length > 0;
    list.hidden = !none.hidden;
    tools.hidden = list.hidden && !model.can_undo;
    keys.hidden = list.hidden || !model.can_review;
    none.replaceChildren();
    element("b", "", none).textContent = model.empty[0] ?? "";
    element("span", "", none).textContent = model.empty[1] ?? "";
    more.hidden = !model.more;
    more.textContent = model.more;
    list.setAttribute("aria-label", words().list);
    box.setAttribute("aria-label", words().all);
    keys.textContent = words().keys;
    mark();
  }

  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    const id = Number(item.dataset.id);
    if (event.target.classList.contains("lmq-tick")) {
      if (!checked.delete(id)) checked.add(id);
      mark();
    } else {
      if (narrow() && !model.selected) history.pushState({ lmq: id }, "", location.href);
      choose(id, { scroll: false });
      model.taps += 1;
    }
  });

  // On a phone the way back leads from an event to the list, and not off the page.
  const onBack = () => narrow() && model.selected && choose(0, { scroll: false });
  addEventListener("popstate", onBack);
  model.on("remove", () => removeEventListener("popstate", onBack));

  let swipe = null;
  const swiped = () => (swipe && Math.abs(swipe.dx) > SWIPE_PX ? (swipe.dx > 0 ? "right" : "wrong") : "");
  list.addEventListener("touchstart", (event) => {
    const item = event.target.closest("li");
    const [touch] = event.touches;
    swipe = item && model.can_review && event.touches.length === 1 ? { item, x: touch.clientX, dx: 0 } : null;
  }, { passive: true });
  list.addEventListener("touchmove", (event) => {
    if (!swipe) return;
    swipe.dx = event.touches[0].clientX - swipe.x;
    swipe.item.style.transform = Math.abs(swipe.dx) > 12 ? `translateX(${swipe.dx}px)` : "";
    swipe.item.dataset.swipe = swiped();
  }, { passive: true });
  const endSwipe = (event) => {
    if (!swipe) return;
    const { item } = swipe;
    const action = event.type === "touchend" ? swiped() : "";
    item.style.transform = "";
    delete item.dataset.swipe;
    swipe = null;
    if (!action) return;
    checked.clear();
    choose(Number(item.dataset.id), { scroll: false });
    say(action);
  };
  list.addEventListener("touchend", endSwipe);
  list.addEventListener("touchcancel", endSwipe);
  box.addEventListener("change", () => {
    if (box.checked) for (const row of rows()) checked.add(row.id);
    else checked.clear();
    draw();
  });
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = at(model.selected);
    const to = { ArrowDown: here + 1, j: here + 1, ArrowUp: here - 1, k: here - 1, Home: 0, End: rows().length - 1 }[event.key];
    if (to !== undefined) {
      const row = rows()[Math.min(rows().length - 1, Math.max(0, to))];
      if (row) choose(row.id);
    } else if (event.key === " ") {
      if (checked.has(model.selected)) checked.delete(model.selected);
      else if (here >= 0) checked.add(model.selected);
      draw();
    } else if (event.key === UNDO_KEY && !event.repeat) takeBack();
    else if (KEYS[event.key] && !event.repeat) say(KEYS[event.key]);
    else return;
    event.preventDefault();
  });

  model.on(["rows", "empty", "more", "words", "can_review", "can_undo"], draw);
  model.on("selected", mark);
  draw();
  return host;
}
