// The scale of the bar under a live picture: which stretch of the last two hours it shows, what was recorded there, where
// something moved, the events, and the picture of the moment under the pointer. Seeking is player_bar.js's.

export const WINDOW_S = 2 * 3600;
export const SPANS_S = [WINDOW_S, 1800, 600, 120];
const BEFORE_EVENT_S = 3;
// The slider's handle is that wide; the scale begins and ends at its middle, so that both mean the same moment.
const HANDLE_PX = 16;
// The arrow keys go through a stretch in so many steps, none longer than this.
const STEPS = 120;
const LONGEST_STEP_S = 10;
// A pointer that passes by asks for no picture.
const REST_MS = 120;
const PICTURES = 200; // different ones in a span, so that a browser that saw one keeps it
const GRAVEST = 3; // the rank of a danger

export const SCALE_STYLE = `
.lm-track{position:relative;height:46px;--lm-blue:#3448c5}
.lm-track input{position:absolute;inset:0;width:100%;height:46px;margin:0;background:none;cursor:pointer;appearance:none;
  -webkit-appearance:none}
.lm-track input::-webkit-slider-runnable-track{background:none;height:46px}
.lm-track input::-moz-range-track{background:none;height:46px}
.lm-track input::-webkit-slider-thumb{appearance:none;-webkit-appearance:none;width:${HANDLE_PX}px;height:${HANDLE_PX}px;margin-top:15px;
  border-radius:50%;background:var(--lm-blue);border:2px solid #fff;box-sizing:border-box;box-shadow:0 0 3px rgba(0,0,0,.5)}
.lm-track input::-moz-range-thumb{width:${HANDLE_PX}px;height:${HANDLE_PX}px;border-radius:50%;background:var(--lm-blue);
  border:2px solid #fff;box-sizing:border-box;box-shadow:0 0 3px rgba(0,0,0,.5)}
.lm-scale{position:absolute;inset:0 ${HANDLE_PX / 2}px;pointer-events:none}
.lm-scale::before{content:"";position:absolute;inset:22px 0 auto;border-top:2px dotted;opacity:.35}
.lm-lanes{position:absolute;inset:0;overflow:hidden}
.lm-rec{position:absolute;top:20px;height:6px;min-width:1px;background:color-mix(in srgb,var(--lm-blue) 55%,#8ea0ff)}
.lm-moved{position:absolute;top:34px;height:9px;width:2px;margin-left:-1px;background:currentColor;opacity:.5}
.lm-mark{position:absolute;top:3px;width:10px;height:10px;margin-left:-5px;border-radius:50%;min-width:0!important;
  min-height:0!important;padding:0!important;pointer-events:auto}
.lm-mark[data-rank="${GRAVEST}"]{top:0;width:14px;height:14px;margin-left:-7px;border-radius:0!important;
  clip-path:polygon(50% 0,100% 100%,0 100%)}
.lm-mark[data-rank="2"]{border-radius:2px!important;transform:rotate(45deg)}
.lm-mark::after{content:"";position:absolute;inset:-4px -4px -6px}
.lm-peek{position:absolute;bottom:48px;z-index:6;width:168px;margin-left:-84px;border-radius:8px;overflow:hidden;background:#10131a;
  color:#fff;text-align:center;pointer-events:none;box-shadow:0 4px 16px rgba(0,0,0,.4);font-variant-numeric:tabular-nums}
.lm-peek[hidden]{display:none}
.lm-peek img{display:block;width:100%;aspect-ratio:4/3;object-fit:contain;background:#0b0e14}
.lm-peek img[hidden]{display:none}
.lm-peek span{display:block;padding:3px 6px}
`;

function element(tag, className, parent) {
  const node = document.createElement(tag);
  node.className = className;
  parent.append(node);
  return node;
}

/**
 * Draw a scale behind a slider, whose value is in seconds from now, 0 or less.
 *
 * @param {HTMLElement} track holds the slider.
 * @param {HTMLInputElement} range
 * @param {{words: object, clock: (ms: number) => string, frame: (ms: number) => string, go: (ms: number) => void,
 *   position: () => number}} player frame: address of a small picture of a moment, empty without one; position: what is played.
 */
export function mountScale(track, range, player) {
  const { words, clock } = player;
  const scale = element("div", "lm-scale", track);
  const lanes = element("div", "lm-lanes", scale);
  const peek = element("div", "lm-peek", track);
  const picture = element("img", "", peek);
  picture.alt = "";
  const when = element("span", "", peek);
  peek.hidden = true;
  let zoom = 0;
  let endMs = null; // of the stretch that is shown; null is now
  let recorded = [];
  let moved = [];
  let markers = [];
  let drawn = "";
  let restTimer = 0;

  const spanS = () => SPANS_S[zoom];
  const lastMs = () => endMs ?? Date.now();
  const firstMs = () => lastMs() - spanS() * 1000;
  const share = (ms) => (ms - firstMs()) / (spanS() * 1000);
  const inside = (ms) => share(ms) >= 0 && share(ms) <= 1;

  /** Show a stretch of this zoom around a moment, within the last two hours. */
  function show(nextZoom, aroundMs) {
    zoom = Math.min(SPANS_S.length - 1, Math.max(0, nextZoom));
    const now = Date.now();
    const half = (spanS() * 1000) / 2;
    const oldestEnd = now - WINDOW_S * 1000 + 2 * half;
    const end = Math.max(aroundMs + half, oldestEnd);
    endMs = zoom === 0 || end >= now ? null : end;
    draw();
  }

  function draw() {
    const now = Date.now();
    range.min = Math.round((firstMs() - now) / 1000);
    range.max = Math.round((lastMs() - now) / 1000);
    range.step = Math.min(LONGEST_STEP_S, Math.max(1, spanS() / STEPS));
    const key = JSON.stringify([zoom, endMs, recorded, moved, markers]) + Math.round(now / (spanS() * 2));
    if (key === drawn) return;
    drawn = key;
    lanes.replaceChildren();
    for (const [first, last] of recorded) {
      const [from, to] = [Math.max(0, share(first * 1000)), Math.min(1, share(last * 1000))];
      if (to <= 0 || from >= 1) continue;
      const lane = element("i", "lm-rec", lanes);
      lane.style.left = `${from * 100}%`;
      lane.style.width = `${(to - from) * 100}%`;
    }
    for (const second of moved) {
      if (inside(second * 1000)) element("i", "lm-moved", lanes).style.left = `${share(second * 1000) * 100}%`;
    }
    scale.querySelectorAll(".lm-mark").forEach((mark) => mark.remove());
    // The gravest last: it lies on top of the others.
    for (const [second, colour, title, rank] of [...markers].sort((a, b) => a[3] - b[3])) {
      if (inside(second * 1000)) drawMark(second, colour, title, rank);
    }
  }

  function drawMark(second, colour, title, rank) {
    const mark = element("button", "lm-mark", scale);
    mark.type = "button";
    mark.tabIndex = -1; // the keys , and . go from one to the next
    mark.dataset.rank = rank;
    mark.style.background = colour;
    mark.style.left = `${share(second * 1000) * 100}%`;
    mark.title = `${clock(second * 1000)} ${title}`;
    mark.setAttribute("aria-label", mark.title);
    mark.addEventListener("click", () => player.go((second - BEFORE_EVENT_S) * 1000));
  }

  /** Show the picture of a moment over it, once the pointer rests there. */
  function showPeek(ms) {
    const bounds = scale.getBoundingClientRect();
    const x = share(ms) * bounds.width + HANDLE_PX / 2;
    peek.hidden = false;
    peek.style.left = `${Math.min(Math.max(x, 84), track.clientWidth - 84)}px`;
    const known = recorded.length === 0 || recorded.some(([first, last]) => ms >= first * 1000 && ms <= last * 1000);
    when.textContent = known ? clock(ms) : `${clock(ms)} \u00b7 ${words.not_recorded}`;
    clearTimeout(restTimer);
    const step = Math.max(1000, (spanS() * 1000) / PICTURES);
    const address = known ? player.frame(Math.floor(ms / step) * step) : "";
    picture.hidden = !address || picture.dataset.address !== address || !(picture.complete && picture.naturalWidth);
    if (address && picture.dataset.address !== address) restTimer = setTimeout(() => load(address), REST_MS);
  }

  /** Load another picture: the one before it is of another moment, and stays hidden. */
  function load(address) {
    picture.dataset.address = address;
    picture.src = address;
  }

  function hidePeek() {
    clearTimeout(restTimer);
    peek.hidden = true;
  }

  picture.hidden = true;
  picture.addEventListener("load", () => (picture.hidden = false));
  picture.addEventListener("error", () => (picture.hidden = true));
  track.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    const { left, width } = scale.getBoundingClientRect();
    const at = Math.min(1, Math.max(0, (event.clientX - left) / width));
    showPeek(firstMs() + at * spanS() * 1000);
  });
  track.addEventListener("pointerleave", hidePeek);
  range.addEventListener("input", () => showPeek(Date.now() + Number(range.value) * 1000));
  range.addEventListener("change", hidePeek);
  range.addEventListener("blur", hidePeek);

  return {
    draw,
    zoomBy: (steps) => show(zoom + steps, player.position()),
    zoomed: () => zoom > 0,
    deepest: () => zoom === SPANS_S.length - 1,
    /** Bring a moment that is played into the stretch that is shown. */
    follow(ms) {
      if (!inside(ms)) show(zoom, ms);
      draw();
    },
    ends: () => ({ first: zoom === 0 ? words.two_hours : clock(firstMs()), last: endMs === null ? words.now : clock(endMs) }),
    setTrack(next) {
      ({ recorded = [], moved = [] } = next);
      draw();
    },
    setMarkers(next) {
      markers = next;
      draw();
    },
  };
}
