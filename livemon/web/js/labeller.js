// The labelling widget: footage of one stop, what was said of it, and keys to say what is true. What a label is, and what
// comes next, is decided in Python (livemon/web/widgets/labeller.py); the parts are drawn by labeller_parts.js.
import { say } from "./player_bar.js";
import { mountPlayer } from "./player_core.js";
import { STYLE, button, drawLine, element, labelRow, saidRow } from "./labeller_parts.js";

// Who hurries past stops loads no video of them.
const LOAD_AFTER_MS = 250;
const BUSY_AFTER_MS = 3000;
const JUMP_S = 5;
const MAY_REPEAT = ["j", "k", ",", ".", "<", ">", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

const two = (number) => String(number).padStart(2, "0");

/**
 * Mount a labeller into `el`; returns what takes it away.
 *
 * @param {HTMLElement} el
 * @param {object} model an anywidget's
 * @param {(path: string) => string} served returns the address of a path of the kernel's server
 */
export function mountLabeller(el, model, served) {
  const words = model.get("words");
  const grave = model.get("grave");
  const root = element("div", "lml", el);
  element("style", "", root, STYLE);
  if (!model.get("progress").count) {
    const none = element("div", "lml-none", root);
    element("b", "", none, words.empty);
    element("span", "", none, words.empty_hint);
    return () => root.remove();
  }
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", words.labeller);
  // JupyterLab listens before any cell's output does; this is how an output asks for its keys.
  root.dataset.lmSuppressShortcuts = "true";

  const top = element("div", "lml-top", root);
  const title = element("span", "lml-title", top);
  const done = element("span", "lml-done", top, words.done);
  const counted = element("span", "lml-count", top);
  const bar = element("progress", "", counted);
  bar.setAttribute("aria-hidden", "true");
  const countedText = element("span", "", counted);
  const columns = element("div", "lml-cols", root);
  const left = element("div", "", columns);
  const screen = element("div", "lml-player", left);
  const line = element("div", "lml-line", left);
  line.setAttribute("role", "img");
  line.setAttribute("aria-label", words.line);
  const head = element("div", "head", line);
  const scene = element("p", "lml-scene", left);
  const strip = element("div", "lml-strip", left);
  const side = element("div", "lml-side", columns);
  const saidList = section(words.said);
  const form = element("div", "lml-form", element("section", "", side));
  element("h4", "", form, words.marked);
  const marked = element("div", "lml-quiet", form);
  const kind = element("input", "", form);
  const kinds = element("datalist", "", form);
  const graves = element("div", "lml-grave", form);
  const yours = section(words.yours);
  const acts = element("div", "lml-acts", root);
  const told = element("div", "lml-told", acts);
  told.setAttribute("role", "status");
  const keys = element("div", "lml-keys", root);

  let stop = model.get("stop");
  let awaited = -1; // number of the stop that is shown before the kernel has come there
  let keeping = -1; // number of the stop at which what is marked is being kept
  let shown = -1; // number of the stop that is drawn
  let strips = -1; // number of the stop whose pictures are drawn
  let chosen = "";
  let mark = { start: null, end: null };
  let severity = "";
  let share = () => 0;
  let playing = false;
  let pictures = [];
  let frameS = 0.2;
  let loadTimer = 0;
  let busyTimer = 0;

  function section(name) {
    const made = element("section", "", side);
    element("h4", "", made, name);
    return element("div", "lml-rows", made);
  }

  /** What a clock says there; in a clip how far into it a moment is. */
  function clock(ms) {
    const tenths = Math.round((ms + stop.shift_ms) / 100);
    if (stop.clip) return `${Math.floor(tenths / 600)}:${two(Math.floor(tenths / 10) % 60)}.${((tenths % 10) + 10) % 10}`;
    const at = new Date(ms + stop.shift_ms);
    return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  }

  const options = { src: "", notice: words.gone_hint, past: "", camera: "", words: model.get("player_words"), recording: clock };
  const player = mountPlayer(screen, options, () => {});
  player.video.setAttribute("aria-label", words.labeller);
  player.video.tabIndex = -1; // its keys are the widget's

  const here = () => player.positionMs() ?? stop.start_ms;

  function ask(action, more = {}) {
    clearTimeout(busyTimer);
    tell(words.saving, false);
    busyTimer = setTimeout(() => tell(words.waiting, false), BUSY_AFTER_MS);
    model.send({ action, stop: stop.number, ...more });
  }

  function tell(text, bad) {
    told.textContent = text;
    told.classList.toggle("bad", bad);
  }

  function go(to) {
    if (to < 0 || to >= model.get("progress").count) return;
    const from = stop.number;
    hurry(to);
    model.send({ action: "go", stop: from, to });
  }

  /** Show a stop that the kernel has sent ahead, at once; it comes there a little later. */
  function hurry(to) {
    const ahead = model.get("ahead");
    if (ahead.number !== to) return;
    awaited = to;
    drawStop(ahead.stop);
  }

  function watched() {
    const ahead = model.get("ahead");
    const given = model.get("strip");
    const number = stop.number;
    ask("watched");
    // Where the kernel will go on to, when nothing is wrong; it says so when something is.
    if (ahead.number === number + 1 && !ahead.stop.done && (given.number !== number || given.pictures.length)) hurry(number + 1);
  }

  function clear() {
    mark = { start: null, end: null };
    severity = kind.value = "";
  }

  function judge(action) {
    const about = action === "missed" ? "" : chosen;
    const more = { about, kind: kind.value.trim().slice(0, 64), severity: severity || null, start_ms: mark.start, end_ms: mark.end };
    // Only what is marked can be missed, and only of what is chosen can be said that it was wrong.
    if (action === "unsure" && mark.start === null && mark.end === null) [more.kind, more.severity] = ["", null];
    if (action === "missed" && (mark.start ?? mark.end) !== null && !more.kind) kind.focus();
    keeping = stop.number;
    ask(action, more);
  }

  function setMark(name) {
    mark[name] = here();
    if (name === "start" && mark.end !== null && mark.end < mark.start) mark.end = null;
    drawForm();
    redrawLine();
  }

  function choose(about) {
    chosen = about;
    const one = stop.said.find((each) => each.about === about);
    if (one) player.showMoment(Math.max(stop.start_ms, one.start_ms));
    drawLists();
    saidList.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
  }

  function chooseNext(step) {
    const at = stop.said.findIndex((one) => one.about === chosen);
    const next = stop.said[at < 0 ? (step > 0 ? 0 : stop.said.length - 1) : at + step];
    if (next) choose(next.about);
  }

  function setPlaying(wanted) {
    playing = wanted;
    player.setPlaying(wanted);
  }

  function step(seconds) {
    setPlaying(false);
    player.video.currentTime = Math.max(0, player.video.currentTime + seconds);
  }

  const ACTS = {
    Enter: watched,
    r: () => judge("right"),
    w: () => judge("wrong"),
    u: () => judge("unsure"),
    m: () => judge("missed"),
    z: () => ask("undo"),
    j: () => go(stop.number + 1),
    k: () => go(stop.number - 1),
    ArrowRight: () => go(stop.number + 1),
    ArrowLeft: () => go(stop.number - 1),
    ArrowDown: () => chooseNext(1),
    ArrowUp: () => chooseNext(-1),
    " ": () => setPlaying(player.video.paused),
    ",": () => step(-frameS),
    ".": () => step(frameS),
    "<": () => step(-JUMP_S),
    ">": () => step(JUMP_S),
    s: () => setMark("start"),
    e: () => setMark("end"),
    t: () => kind.focus(),
    Escape: () => {
      clear();
      choose("");
      drawForm();
      redrawLine();
    },
  };
  grave.forEach((one, n) => {
    ACTS[String(n + 1)] = () => setGrave(one.value);
  });

  function setGrave(value) {
    severity = severity === value ? "" : value;
    drawForm();
  }

  /** The key as on an English keyboard, whatever alphabet is switched on. */
  function keyOf(event) {
    if (event.key.length > 1) return event.key;
    if (event.key > "~") return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
    return event.key.toLowerCase();
  }

  // Before the parts have it: the video has keys of its own.
  function onKey(event) {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const key = keyOf(event);
    const writing = event.target === kind;
    if (writing && (key === "Enter" || key === "Escape")) {
      event.preventDefault();
      root.focus({ preventScroll: true });
    }
    if (writing || (event.target.tagName === "BUTTON" && (key === "Enter" || key === " "))) return;
    const act = ACTS[key];
    if (!act) return;
    event.preventDefault();
    if (event.repeat && !MAY_REPEAT.includes(key)) return;
    act();
  }

  function redrawLine() {
    share = drawLine(line, stop, mark, chosen, grave);
    moveHead();
  }

  function moveHead() {
    head.style.left = `${share(here())}%`;
  }

  function drawForm() {
    const parts = [];
    if (mark.start !== null) parts.push(say(words.from, { from: clock(mark.start) }));
    if (mark.end !== null) parts.push(say(words.until, { until: clock(mark.end) }));
    marked.textContent = parts.join(" ") || words.no_mark;
    for (const one of graves.children) one.setAttribute("aria-pressed", String(one.dataset.value === severity));
  }

  function drawLists() {
    const verdicts = new Map(stop.labels.map((one) => [one.about, words[`verdict_${one.verdict}`]]));
    saidList.replaceChildren(
      ...stop.said.map((one) => saidRow(one, verdicts.get(one.about), one.about === chosen, grave, () => choose(one.about))),
    );
    if (!stop.said.length) element("div", "lml-quiet", saidList, words.nothing_said);
    yours.replaceChildren(
      ...stop.labels.map((one) => labelRow(one, words, grave, () => ask("withdraw", { label: one.id }))),
    );
    if (!stop.labels.length) element("div", "lml-quiet", yours, words.nothing_yours);
    redrawLine();
  }

  function onStop() {
    const now = model.get("stop");
    // What the kernel says of the stop before, while the next is on the screen, would pull that one away.
    if (awaited >= 0 && now.number !== awaited) return;
    awaited = -1;
    drawStop(now);
  }

  function drawStop(now) {
    stop = now;
    const verdicts = new Set(stop.labels.map((one) => one.about));
    const open = stop.said.find((one) => !verdicts.has(one.about));
    if (stop.number !== shown) {
      shown = stop.number;
      root.dataset.stop = stop.number;
      chosen = open?.about ?? "";
      clear();
      scene.textContent = stop.scene;
      clearTimeout(loadTimer);
      player.setSrc("");
      loadTimer = setTimeout(() => {
        player.setSrc(served(stop.source));
        player.setPlaying(playing);
      }, LOAD_AFTER_MS);
      drawStrip();
    } else if (verdicts.has(chosen)) {
      chosen = open?.about ?? "";
      clear();
    }
    title.textContent = stop.title;
    done.hidden = !stop.done;
    drawCount();
    drawForm();
    drawLists();
  }

  function drawCount() {
    const { count, done: finished } = model.get("progress");
    [bar.max, bar.value] = [count, finished];
    const rest = count - finished;
    countedText.textContent = [
      say(words.counted, { here: stop.number + 1, count }),
      rest ? say(words.left, { left: rest }) : words.none_left,
    ].join(", ");
  }

  function drawStrip() {
    const given = [model.get("strip"), model.get("ahead").strip].find((one) => one?.number === stop.number);
    const mine = given !== undefined;
    if (mine && strips === stop.number) return;
    strips = mine ? stop.number : -1;
    pictures.forEach((url) => URL.revokeObjectURL(url));
    pictures = [];
    player.video.removeAttribute("poster");
    if (!mine) return strip.replaceChildren(element("div", "lml-note", null, words.pictures_loading));
    frameS = given.frame_s;
    const nodes = given.pictures.map((one) => {
      const url = URL.createObjectURL(new Blob([one.jpeg], { type: "image/jpeg" }));
      pictures.push(url);
      const node = element("button", "");
      node.type = "button";
      node.title = say(words.picture, { when: one.time });
      node.setAttribute("aria-label", node.title);
      const image = element("img", "", node);
      image.alt = "";
      image.src = url;
      element("span", "", node, one.time);
      node.addEventListener("click", () => player.showMoment(one.at_ms));
      return node;
    });
    strip.replaceChildren(...nodes);
    if (pictures.length) player.video.poster = pictures[0];
    if (!nodes.length) {
      const note = element("div", "lml-note", strip);
      element("b", "", note, words.gone);
      element("span", "", note, `${given.problem} ${words.gone_hint}`);
    }
  }

  function onTold() {
    const { text, bad } = model.get("told");
    clearTimeout(busyTimer);
    tell(text, bad);
    if (bad && awaited >= 0) {
      awaited = -1;
      drawStop(model.get("stop"));
    }
    // What was marked stays until it is kept.
    if (!bad && keeping === stop.number) {
      clear();
      drawForm();
      redrawLine();
    }
    keeping = -1;
  }

  kind.setAttribute("list", (kinds.id = `lml-kinds-${Math.random().toString(36).slice(2)}`));
  kind.placeholder = `${words.kind} (t)`;
  kind.setAttribute("aria-label", words.kind);
  kind.maxLength = 64;
  for (const name of model.get("kinds")) element("option", "", kinds).value = name;
  graves.setAttribute("role", "group");
  graves.setAttribute("aria-label", words.severity);
  grave.forEach((one, n) => {
    const made = button(graves, one.label, String(n + 1), () => setGrave(one.value));
    made.dataset.value = one.value;
    made.style.setProperty("--grave", one.colour);
  });
  for (const [key, name, shownKey] of [
    ["Enter", "watched", "\u21b5"],
    ["r", "right", "r"],
    ["w", "wrong", "w"],
    ["u", "unsure", "u"],
    ["s", "begin", "s"],
    ["e", "end", "e"],
    ["m", "missed", "m"],
    ["z", "undo", "z"],
    ["k", "previous", "k"],
    ["j", "next", "j"],
  ]) {
    const made = button(acts, words[name], shownKey, ACTS[key], name === "watched" ? "main" : "");
    made.dataset.action = name;
    made.title = words[`hint_${name}`] ?? "";
  }
  for (const [shownKeys, name] of [
    ["\u2191 \u2193", "choose"],
    ["space", "play"],
    [", .", "step"],
    ["< >", "jump"],
    ["t", "what"],
    ["1 2 3 4", "severity"],
    ["esc", "clear"],
  ]) {
    const one = element("span", "", keys);
    element("kbd", "", one, shownKeys);
    one.append(name === "severity" ? words.severity.toLowerCase() : words[name]);
  }

  const toMoment = (event) => {
    const box = line.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    player.showMoment(stop.start_ms + part * (stop.end_ms - stop.start_ms));
  };
  line.addEventListener("pointerdown", (event) => {
    line.setPointerCapture(event.pointerId);
    toMoment(event);
  });
  line.addEventListener("pointermove", (event) => event.buttons && toMoment(event));
  // A button that was clicked would take the next Enter for itself.
  root.addEventListener("click", (event) => {
    if (event.detail > 0 && event.target !== kind) root.focus({ preventScroll: true });
  });
  root.addEventListener("keydown", onKey, true);
  for (const name of ["timeupdate", "seeked", "loadedmetadata"]) player.video.addEventListener(name, moveHead);
  const listens = { stop: onStop, strip: drawStrip, progress: drawCount, told: onTold };
  for (const [name, heard] of Object.entries(listens)) model.on(`change:${name}`, heard);
  drawStop(stop);

  return () => {
    for (const [name, heard] of Object.entries(listens)) model.off(`change:${name}`, heard);
    clearTimeout(loadTimer);
    clearTimeout(busyTimer);
    pictures.forEach((url) => URL.revokeObjectURL(url));
    player.destroy();
    root.remove();
  };
}
