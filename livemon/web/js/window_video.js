// A window's footage with its moments beside it (livemon/web/window_video.py: WindowVideo): a moment that is clicked is
// shown in the video. What the moments are, and every word on them, comes from there.

const STYLE = `
.lmw-window { display: grid; gap: 14px; grid-template-columns: minmax(0, 7fr) minmax(0, 5fr); align-items: start; font-size: 14px;
  line-height: 1.45; }
@container (max-width: 760px) { .lmw-window { grid-template-columns: minmax(0, 1fr); } }
.lmw-holder { container-type: inline-size; width: 100%; }
.lmw-screen { position: relative; background: #10131a; border-radius: 12px; overflow: hidden; aspect-ratio: 4 / 3; max-height: 60vh;
  width: 100%; }
.lmw-screen.bare { aspect-ratio: auto !important; height: 150px; }
.lmw-screen video { width: 100%; height: 100%; display: block; object-fit: contain; background: #10131a; }
.lmw-screen video[hidden] { display: none; }
.lmw-note { position: absolute; inset: 0; display: grid; place-content: center; text-align: center; padding: 20px; color: #e8ebf4; }
.lmw-note[hidden] { display: none; }
.lmw-parts { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 8px; }
.lmw-moments { min-width: 0; max-height: 60vh; overflow-y: auto; }
@container (max-width: 760px) { .lmw-moments { max-height: none; } }
.lmw-holder h3 { font-size: 13px; margin: 0 0 4px; opacity: .75; font-weight: 600; }
.lmw-holder section + section { margin-top: 12px; }
.lmw-holder button { font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 10px; text-align: left;
  padding: 7px 8px; cursor: pointer; }
.lmw-moment { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 10px; width: 100%; }
.lmw-holder button:hover, .lmw-holder button:focus-visible { background: color-mix(in srgb, currentColor 8%, transparent); }
.lmw-holder button:focus-visible { outline: 2px solid var(--mui-palette-primary-main, #3448c5); }
.lmw-holder button[aria-pressed=true] { border-color: color-mix(in srgb, currentColor 45%, transparent); }
.lmw-holder button:disabled { cursor: default; background: none; }
.lmw-time { font-variant-numeric: tabular-nums; opacity: .8; padding-top: 1px; }
.lmw-what { display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: center; min-width: 0; }
.lmw-title { font-weight: 600; overflow-wrap: anywhere; }
.lmw-lang { font-size: 10px; text-transform: uppercase; opacity: .75; }
.lmw-text { grid-column: 2; overflow-wrap: anywhere; opacity: .9; }
.lmw-chip { color: #fff; border-radius: 999px; padding: 0 8px; font-size: 12px; font-weight: 600; white-space: nowrap; }
.lmw-moment img { width: 76px; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 6px; display: block; }
.lmw-none { opacity: .8; margin: 4px 8px; }
`;

function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

// Relative to the page, so that a server behind a path prefix works.
const absolute = (url) => (url ? new URL(url, document.baseURI).href : "");

export function render({ model }) {
  const holder = element("div", "lmw-holder");
  element("style", "", holder).textContent = STYLE;
  const root = element("div", "lmw-window", holder);
  const left = element("div", "", root);
  const screen = element("div", "lmw-screen", left);
  const video = element("video", "", screen);
  video.controls = video.playsInline = true;
  video.preload = "metadata";
  const note = element("div", "lmw-note", screen);
  note.setAttribute("role", "status");
  const parts = element("div", "lmw-parts", left);
  const moments = element("div", "lmw-moments", root);
  let part = -1;
  let wantedS = null; // where to go as soon as the video knows its length

  /** Say why there is no picture; nothing shows the picture. */
  function say(text) {
    note.textContent = text;
    note.hidden = !text;
    video.hidden = Boolean(text);
    screen.classList.toggle("bare", Boolean(text));
  }

  function load(index) {
    const chosen = model.parts[index];
    part = chosen ? index : -1;
    wantedS = null;
    if (!chosen) {
      video.removeAttribute("src");
      video.removeAttribute("poster");
      video.load();
      return say(model.notice);
    }
    say("");
    video.setAttribute("aria-label", chosen.name);
    video.poster = absolute(chosen.poster);
    video.src = absolute(chosen.src);
    [...parts.children].forEach((button, n) => button.setAttribute("aria-pressed", String(n === index)));
  }

  function drawParts() {
    parts.replaceChildren();
    if (model.parts.length > 1) {
      model.parts.forEach((one, n) => element("button", "", parts, one.label).addEventListener("click", () => load(n)));
    }
    load(0);
  }

  /** Show the moment `at_s` seconds after the window's beginning. */
  function seek(at_s) {
    const index = model.parts.findLastIndex((one) => one.at_s <= at_s + 0.001);
    const inside = Math.max(0, index);
    if (!model.parts[inside]) return;
    if (inside !== part) load(inside);
    wantedS = Math.max(0, at_s - model.parts[inside].at_s);
    if (video.readyState >= 1) go();
    else video.load();
    left.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  function go() {
    if (wantedS === null) return;
    // Not the very end: there is no picture after it.
    video.currentTime = Math.min(wantedS, Math.max(0, (video.duration || 0) - 0.1));
    wantedS = null;
    video.play().catch(() => {});
  }

  function drawMoments() {
    moments.replaceChildren();
    const groups = new Map();
    model.moments.forEach((moment) => groups.set(moment.group, [...(groups.get(moment.group) ?? []), moment]));
    for (const [name, members] of groups) {
      const section = element("section", "", moments);
      element("h3", "", section, name);
      members.forEach((moment) => section.append(drawMoment(moment)));
    }
    if (model.empty) element("p", "lmw-none", moments, model.empty);
  }

  function drawMoment(moment) {
    const button = element("button", "lmw-moment");
    button.disabled = !model.parts.length;
    const first = element("span", "lmw-time", button);
    if (moment.picture) {
      const picture = element("img", "", first);
      picture.alt = "";
      picture.loading = "lazy";
      picture.src = absolute(moment.picture);
    }
    element("span", "", first, moment.time);
    const what = element("span", "lmw-what", button);
    if (moment.label) element("span", "lmw-chip", what, moment.label).style.background = moment.colour;
    element("span", "lmw-title", what, moment.title).lang = moment.lang ?? "";
    if (moment.lang) element("sup", "lmw-lang", what, moment.lang);
    if (moment.text) element("span", "lmw-text", button, moment.text).lang = moment.lang ?? "";
    button.addEventListener("click", () => {
      moments.querySelectorAll("[aria-pressed]").forEach((one) => one.removeAttribute("aria-pressed"));
      button.setAttribute("aria-pressed", "true");
      seek(moment.at_s);
    });
    return button;
  }

  // Where a person stopped is the moment that they mean; nothing is sent while it plays.
  function tellPlace() {
    if (part >= 0 && !video.seeking) model.place_s = model.parts[part].at_s + video.currentTime;
  }

  video.addEventListener("pause", tellPlace);
  video.addEventListener("seeked", tellPlace);
  video.addEventListener("loadedmetadata", () => {
    if (video.videoWidth) screen.style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
    go();
  });
  video.addEventListener("error", () => {
    if (part >= 0) say(model.words.broken);
  });
  model.on("parts", () => {
    drawParts();
    drawMoments(); // whether they can be shown
  });
  model.on("notice", () => part < 0 && say(model.notice));
  model.on(["moments", "empty"], drawMoments);
  model.on("remove", () => {
    video.removeAttribute("src");
    video.load();
  });
  drawParts();
  drawMoments();
  return holder;
}
