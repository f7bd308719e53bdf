// The bar under a live picture: drag back through the last two hours, see the events there, pause, sound, snapshot, full
// screen, and the keys for all of it. Loading and recovering is player_core.js's; the bar asks it to seek. What lies behind
// the slider is player_scale.js's.
import { SCALE_STYLE, WINDOW_S, mountScale } from "./player_scale.js";

const STEP_S = 10;
const BEFORE_EVENT_S = 3;
// Nearer to now than this there may be no whole segment yet.
const LIVE_S = 20;

export const BAR_STYLE = `
.lm-bar{display:grid;grid-template-columns:auto minmax(0,1fr);gap:2px 8px;align-items:center;padding:6px 2px 0;
  font:500 13px/1.3 system-ui,"Noto Sans",sans-serif}
.lm-bar button{font:inherit;color:inherit;background:none;border:0;border-radius:8px;min-width:36px;min-height:36px;
  padding:0 6px;cursor:pointer;display:inline-grid;place-content:center}
.lm-bar button:hover,.lm-bar button:focus-visible{background:color-mix(in srgb,currentColor 10%,transparent)}
.lm-bar button:focus-visible,.lm-bar input:focus-visible,.lm-live:focus-visible{outline:2px solid #6f86ff;outline-offset:1px}
.lm-bar button:disabled{opacity:.4;cursor:default;background:none}
.lm-bar svg{width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.lm-bar .lm-back{border:1px solid currentColor;padding:0 12px;white-space:nowrap;margin-right:auto}
.lm-ends{grid-column:2;display:flex;justify-content:space-between;align-items:center;font-size:12px;
  font-variant-numeric:tabular-nums}
.lm-ends span{opacity:.76}
.lm-tools{display:flex;flex-wrap:wrap;grid-column:1/-1;justify-content:flex-end;order:1;gap:2px}
.lm-tools button{min-width:40px;min-height:40px}
@media (max-width:480px){.lm-bar .lm-back:disabled{display:none}}
.lm-live:fullscreen{background:#0b0e14;color:#fff;display:flex;flex-direction:column;padding:0 12px 8px;box-sizing:border-box}
.lm-live:fullscreen .lm-player{flex:1;min-height:0;aspect-ratio:auto!important;border-radius:0}
.lm-live[data-bright] video{filter:brightness(2.2) contrast(.9)}
.lm-bar button[aria-pressed=true]{background:color-mix(in srgb,currentColor 16%,transparent)}
${SCALE_STYLE}`;

const ICONS = {
  play: '<path d="M7 5l12 7-12 7z" fill="currentColor"/>',
  pause: '<path d="M8 5v14M16 5v14"/>',
  muted: '<path d="M4 9v6h4l5 4V5L8 9zM17 9l5 6M22 9l-5 6"/>',
  sound: '<path d="M4 9v6h4l5 4V5L8 9zM17 8a5 5 0 010 8M19.500 5a9 9 0 010 14"/>',
  camera: '<path d="M4 8h3l2-3h6l2 3h3v11H4z"/><circle cx="12" cy="13" r="3.500"/>',
  closer: '<circle cx="10" cy="10" r="6"/><path d="M15 15l5 5M10 7.500v5M7.500 10h5"/>',
  wider: '<circle cx="10" cy="10" r="6"/><path d="M15 15l5 5M7.500 10h5"/>',
  bright: '<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600l1.400 1.400M17 17l1.400 1.400M5.600 18.400L7 17M17 7l1.400-1.400"/>',
  full: '<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>',
};

const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;

const FIELDS = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };

/**
 * Return what writes moments as livemon's other pages do: `clock` the time of day, `date` the day.
 *
 * @param {string} zone IANA name; the browser's own zone when it is empty or unknown there.
 */
export function inZone(zone) {
  let format;
  try {
    format = new Intl.DateTimeFormat("en-GB", { ...FIELDS, hourCycle: "h23", timeZone: zone || undefined });
  } catch {
    format = new Intl.DateTimeFormat("en-GB", { ...FIELDS, hourCycle: "h23" });
  }
  const parts = (ms) => Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  return {
    clock: (ms) => (({ hour, minute, second }) => `${hour}:${minute}:${second}`)(parts(ms)),
    date: (ms) => (({ year, month, day }) => `${year}-${month}-${day}`)(parts(ms)),
  };
}

/** Put values into the places of a sentence. */
export const say = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_place, name) => values[name]);

export function ago(ms, words) {
  const s = Math.max(0, Math.round((Date.now() - ms) / 1000));
  if (s < 90) return say(words.s_ago, { s });
  const min = Math.round(s / 60);
  return min < 90 ? say(words.min_ago, { min }) : say(words.h_ago, { h: Math.floor(min / 60), min: min % 60 });
}

/**
 * Mount the bar into `root`, under the picture.
 *
 * @param {HTMLElement} root takes the keys; it is also what fills the screen.
 * @param {{video: HTMLVideoElement, words: object, camera: () => string, positionMs: () => number|null, isPast: () => boolean,
 *   seek: (ms: number) => void, live: () => void, frame: (ms: number) => string,
 *   times: {clock: (ms: number) => string, date: (ms: number) => string}}} player
 */
export function mountBar(root, player) {
  const { video, words } = player;
  const { clock, date } = player.times;
  const bar = document.createElement("div");
  bar.className = "lm-bar";
  bar.innerHTML = `<button type="button" class="lm-play"></button>
    <div class="lm-track"><input type="range" min="${-WINDOW_S}" max="0" step="1" value="0" aria-label="${words.shift}"></div>
    <div class="lm-tools"><button type="button" class="lm-back">${words.back}</button>
    <button type="button" class="lm-wider" aria-label="${words.wider}" title="${words.wider} (-)">${icon("wider")}</button>
    <button type="button" class="lm-closer" aria-label="${words.closer}" title="${words.closer} (+)">${icon("closer")}</button>
    <button type="button" class="lm-bright" aria-pressed="false" aria-label="${words.bright}" title="${words.bright} (b)">${icon("bright")}</button>
    <button type="button" class="lm-mute"></button>
    <button type="button" class="lm-snap" aria-label="${words.snapshot}" title="${words.snapshot} (s)">${icon("camera")}</button>
    <button type="button" class="lm-full" aria-label="${words.full}" title="${words.full} (f)">${icon("full")}</button></div>
    <div class="lm-ends"><span class="lm-first"></span><span class="lm-at"></span><span class="lm-last"></span></div>`;
  root.append(bar);
  root.tabIndex = 0;
  const part = (name) => bar.querySelector(name);
  const [range, track, at, back] = [part("input"), part(".lm-track"), part(".lm-at"), part(".lm-back")];
  const position = () => player.positionMs() ?? Date.now();
  const scale = mountScale(track, range, { words, clock, frame: player.frame, go, position });
  let markers = [];
  let dragging = false;

  /** Go to a moment; what lies too near to now, or ahead, is live. */
  function go(ms) {
    const oldest = Date.now() - WINDOW_S * 1000;
    if (ms > Date.now() - LIVE_S * 1000) player.live();
    else player.seek(Math.max(ms, oldest));
    tick();
  }

  function step(seconds) {
    go((player.positionMs() ?? Date.now()) + seconds * 1000);
  }

  function stepEvent(direction) {
    const here = player.positionMs() ?? Date.now();
    const times = markers.map(([s]) => (s - BEFORE_EVENT_S) * 1000).sort((a, b) => a - b);
    // A second more than nothing: playing on from an event must not make it the one ahead of itself.
    const next = direction < 0 ? times.filter((ms) => ms < here - 4000).pop() : times.find((ms) => ms > here + 1000);
    if (next !== undefined) go(next);
    else if (direction > 0) player.live();
  }

  function togglePlay() {
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  }

  function toggleMute() {
    video.muted = !video.muted;
  }

  function toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
    else video.webkitEnterFullscreen?.(); // iPhones show only videos on the full screen
  }

  function snapshot() {
    if (video.readyState < 2) return;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    const ms = player.positionMs() ?? Date.now();
    canvas.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${player.camera() || "camera"} ${date(ms)} ${clock(ms).replaceAll(":", ".")}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }, "image/png");
  }

  const KEYS = {
    " ": togglePlay,
    k: togglePlay,
    m: toggleMute,
    f: toggleFull,
    b: toggleBright,
    "+": () => zoomBy(1),
    "-": () => zoomBy(-1),
    s: snapshot,
    l: () => player.live(),
    ArrowLeft: () => step(-STEP_S),
    ArrowRight: () => step(STEP_S),
    PageDown: () => step(-60),
    PageUp: () => step(60),
    ",": () => stepEvent(-1),
    ".": () => stepEvent(1),
  };

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A button is pressed by the space bar, and the slider has arrows of its own.
    if (event.key === " " && event.target.tagName === "BUTTON") return;
    if (event.target === range && (event.key.startsWith("Arrow") || event.key.startsWith("Page"))) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
    tick();
  }

  function zoomBy(steps) {
    scale.zoomBy(steps);
    tick();
  }

  function toggleBright() {
    const bright = root.toggleAttribute("data-bright");
    part(".lm-bright").setAttribute("aria-pressed", String(bright));
  }

  /** Bring the bar up to date; player_core calls it once a second. */
  function tick() {
    const past = player.isPast();
    const ms = dragging ? Date.now() + Number(range.value) * 1000 : player.positionMs();
    if (!dragging) scale.follow(past && ms !== null ? ms : Date.now());
    if (!dragging) range.value = past && ms !== null ? Math.round((ms - Date.now()) / 1000) : 0;
    at.textContent = (dragging || past) && ms !== null ? `${clock(ms)} \u00b7 ${ago(ms, words)}` : "";
    range.setAttribute("aria-valuetext", at.textContent || words.is_live);
    back.disabled = !past;
    const play = part(".lm-play");
    label(play, video.paused ? "play" : "pause", `${video.paused ? words.play : words.pause} (k)`);
    label(part(".lm-mute"), video.muted ? "muted" : "sound", `${video.muted ? words.sound : words.mute} (m)`);
    part(".lm-snap").disabled = video.readyState < 2;
    const ends = scale.ends();
    part(".lm-first").textContent = ends.first;
    part(".lm-last").textContent = ends.last;
    part(".lm-wider").disabled = !scale.zoomed();
    part(".lm-closer").disabled = scale.deepest();
  }

  function label(button, name, text) {
    if (button.title === text) return;
    button.innerHTML = icon(name);
    button.title = text;
    button.setAttribute("aria-label", text.slice(0, -4));
  }

  range.addEventListener("input", () => {
    dragging = true;
    tick();
  });
  range.addEventListener("change", () => {
    dragging = false;
    go(Date.now() + Number(range.value) * 1000);
  });
  part(".lm-play").addEventListener("click", togglePlay);
  part(".lm-mute").addEventListener("click", toggleMute);
  part(".lm-snap").addEventListener("click", snapshot);
  part(".lm-full").addEventListener("click", toggleFull);
  part(".lm-bright").addEventListener("click", toggleBright);
  part(".lm-closer").addEventListener("click", () => zoomBy(1));
  part(".lm-wider").addEventListener("click", () => zoomBy(-1));
  back.addEventListener("click", () => player.live());
  root.addEventListener("keydown", onKey);
  for (const name of ["play", "pause", "volumechange"]) video.addEventListener(name, tick);
  tick();

  return {
    tick,
    setTrack: scale.setTrack,
    setMarkers(next) {
      markers = next;
      scale.setMarkers(next);
    },
  };
}
