// A window's video with its incidents as a Panel JSComponent (livemon/ui/window_card.py: WindowVideo).

const STYLE = `
.lm-win{font:500 14px/1.4 system-ui,"Noto Sans",sans-serif;color:var(--mui-palette-text-primary,#1d2433)}
.lm-win .lm-pic{position:relative;background:#0b0e14;border-radius:12px;overflow:hidden;aspect-ratio:4/3;max-height:62vh;width:100%}
.lm-win video{width:100%;height:100%;object-fit:contain;display:block;background:#0b0e14}
.lm-win .lm-none{position:absolute;inset:0;display:grid;place-content:center;text-align:center;padding:20px;color:#dfe5ee;background:#0b0e14}
.lm-win [hidden]{display:none}
.lm-win ol{list-style:none;margin:8px 0 0;padding:0;display:grid;gap:6px}
.lm-win button{all:unset;box-sizing:border-box;width:100%;display:flex;gap:9px;align-items:baseline;padding:8px 10px;border-radius:9px;
  cursor:pointer;border:1px solid color-mix(in srgb,currentColor 16%,transparent)}
.lm-win button:disabled{cursor:default}
.lm-win button:not(:disabled):hover{background:color-mix(in srgb,currentColor 7%,transparent)}
.lm-win button:focus-visible{outline:2px solid var(--mui-palette-primary-main,#3448c5);outline-offset:2px}
.lm-win .lm-chip{color:#fff;border-radius:999px;padding:1px 9px;font-size:12px;font-weight:600;flex:none}
.lm-win .lm-at{font-variant-numeric:tabular-nums;opacity:.78;flex:none}
.lm-win .lm-what{overflow-wrap:anywhere;min-width:0}
.lm-win .lm-what span{display:block;font-weight:400;font-size:13px;opacity:.85}
`;

function element(tag, className, parent, text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  parent.append(node);
  return node;
}

const absolute = (src) => (src ? new URL(src, document.baseURI).href : "");

export function render({ model }) {
  const root = document.createElement("div");
  root.className = "lm-win";
  element("style", "", root).textContent = STYLE;
  const picture = element("div", "lm-pic", root);
  const video = element("video", "", picture);
  video.controls = video.playsInline = true;
  video.preload = "metadata";
  const none = element("div", "lm-none", picture);
  const list = element("ol", "", root);
  list.setAttribute("aria-label", "Incidents in these ten minutes");
  let shown = [];
  let part = 0;

  function show(number, atS = 0, play = false) {
    part = number;
    const src = absolute(shown[number]);
    if (video.src !== src) video.src = src;
    const go = () => {
      if (atS > 0) video.currentTime = atS;
      if (play) video.play().catch(() => {});
    };
    if (video.readyState >= 1) go();
    else video.addEventListener("loadedmetadata", go, { once: true });
  }

  function draw() {
    const { videos = [], poster = "", label = "", empty = "", incidents = [] } = model.window;
    picture.hidden = !videos.length && !empty;
    none.hidden = videos.length > 0;
    none.textContent = empty;
    video.hidden = !videos.length;
    video.setAttribute("aria-label", label);
    if (JSON.stringify(videos) !== JSON.stringify(shown)) {
      shown = videos;
      video.pause();
      if (poster) video.poster = absolute(poster);
      else video.removeAttribute("poster");
      if (videos.length) show(0);
      else {
        video.removeAttribute("src");
        video.load();
      }
    }
    list.hidden = !incidents.length;
    list.replaceChildren();
    for (const one of incidents) {
      const button = element("button", "", element("li", "", list));
      button.type = "button";
      button.disabled = one.part === null;
      button.title = one.part === null ? "" : "Show it in the video";
      const chip = element("span", "lm-chip", button, one.severity);
      chip.style.background = one.colour;
      element("span", "lm-at", button, one.time);
      const what = element("span", "lm-what", button, one.title);
      if (one.text) element("span", "", what, one.text);
      button.addEventListener("click", () => show(one.part, one.at_s, true));
    }
  }

  video.addEventListener("ended", () => {
    if (part + 1 < shown.length) show(part + 1, 0, true);
  });
  video.addEventListener("error", () => {
    if (!video.getAttribute("src")) return;
    none.hidden = false;
    none.textContent = "The video cannot be played. It may be deleted by now.";
  });
  video.addEventListener("loadedmetadata", () => {
    none.hidden = true;
  });
  model.on("window", draw);
  model.on("remove", () => {
    video.pause();
    video.removeAttribute("src");
    video.load();
  });
  draw();
  return root;
}
