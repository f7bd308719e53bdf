// The live player: a <video> with hls.js, a badge that tells the truth, and recovery without a person.
// Both wrappers (panel_player.js, jupyter_player.js) mount it; nothing of Panel or Jupyter belongs here.
import Hls from "hls.js/light";

const TICK_MS = 1000;
const RETRY_MAX_MS = 10_000;
const MEDIA_RECOVERY_GAP_MS = 3_000;
// A playing video that stands still this long is dead, whatever it says; longer than two ten-second segments.
const STUCK_MS = 25_000;

// In target durations. A segment appears when it has ended, and the server answers the moment it does (blocking
// playlist reload); a player nearer than this would run dry between two.
const HLS_CONFIG = {
  liveSyncDurationCount: 1.3,
  liveMaxLatencyDurationCount: 6,
  // Who joins is up to a segment late; this makes up for it within a minute.
  maxLiveSyncPlaybackRate: 1.2,
  backBufferLength: 60,
};

const STYLE = `
.lm-player{position:relative;background:#0b0e14;border-radius:12px;overflow:hidden;aspect-ratio:4/3;width:100%;
  font:500 13px/1.3 system-ui,"Noto Sans",sans-serif;color:#fff}
.lm-player video{width:100%;height:100%;object-fit:contain;display:block;background:#0b0e14}
.lm-badge{position:absolute;z-index:2;top:10px;left:10px;display:flex;gap:7px;align-items:center;padding:5px 11px;
  border-radius:999px;background:rgba(8,10,16,.72);font-variant-numeric:tabular-nums;max-width:calc(100% - 44px)}
.lm-badge i{width:9px;height:9px;border-radius:50%;background:#9aa4b2;flex:none}
.lm-player[data-state=live] .lm-badge i{background:#ff3b46;animation:lm-pulse 2s infinite}
.lm-player[data-state=waiting] .lm-badge i{background:#ffb020}
.lm-player[data-state=error] .lm-badge i{background:#ffb020}
.lm-note{position:absolute;inset:0;display:none;place-content:center;justify-items:center;gap:10px;text-align:center;
  padding:24px;background:#0b0e14;color:#dfe5ee;font-size:15px}
.lm-player[data-cover] .lm-note{display:grid}
.lm-note b{font-size:17px;color:#fff}
.lm-spin{width:26px;height:26px;border-radius:50%;border:3px solid rgba(255,255,255,.25);border-top-color:#fff;
  animation:lm-turn 1s linear infinite;display:none}
.lm-player[data-state=waiting] .lm-spin,.lm-player[data-state=error] .lm-spin{display:block}
@keyframes lm-turn{to{transform:rotate(360deg)}}
@keyframes lm-pulse{50%{opacity:.35}}
@media (prefers-reduced-motion:reduce){.lm-badge i,.lm-spin{animation:none!important}}
`;

function element(tag, className, parent) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  parent.append(node);
  return node;
}

/**
 * Mount a player into `host`.
 *
 * @param {HTMLElement} host
 * @param {{src: string, notice: string, offline: boolean}} options src: playlist URL, empty when nothing streams;
 *   notice: the sentence to show when there is no picture; offline: no new picture is being made, and notice says why.
 * @param {(status: {state: string, detail: string, latency_s: number|null}) => void} onStatus
 */
export function mountPlayer(host, options, onStatus) {
  const style = element("style", "", host);
  style.textContent = STYLE;
  const root = element("div", "lm-player", host);
  const video = element("video", "", root);
  video.muted = video.autoplay = video.playsInline = true;
  video.setAttribute("aria-label", "Live video");
  const badge = element("div", "lm-badge", root);
  badge.setAttribute("role", "status");
  element("i", "", badge);
  const badgeText = element("span", "", badge);
  const note = element("div", "lm-note", root);
  element("div", "lm-spin", note);
  const noteTitle = element("b", "", note);
  const noteText = element("span", "", note);

  let { src, notice, offline = false } = options;
  let hls = null;
  let retryTimer = 0;
  let retries = 0;
  let lastRecoveryMs = -Infinity;
  let problem = "";
  let lastTime = -1;
  let movedMs = performance.now();
  let everPlayed = false;
  let lastReport = "";

  function latencyS() {
    const shown = hls?.playingDate ?? nativeDate();
    return shown ? (Date.now() - shown.getTime()) / 1000 : null;
  }

  function nativeDate() {
    const start = video.getStartDate?.();
    return start && !Number.isNaN(start.getTime()) ? new Date(start.getTime() + video.currentTime * 1000) : null;
  }

  function show(state, badgeLabel, title = "", text = "") {
    root.dataset.state = state;
    root.toggleAttribute("data-cover", title !== "");
    video.controls = title === "";
    badgeText.textContent = badgeLabel;
    noteTitle.textContent = title;
    noteText.textContent = text;
    const latency_s = state === "live" ? Math.round(latencyS() ?? 0) : null;
    const report = JSON.stringify([state, text || title, latency_s]);
    if (report !== lastReport) {
      lastReport = report;
      onStatus({ state, detail: text || title, latency_s });
    }
  }

  function tick() {
    if (!src) return show("off", "Stopped", "Not streaming", notice || "Press Start to watch.");
    const moving = video.currentTime !== lastTime;
    lastTime = video.currentTime;
    if (moving) {
      movedMs = performance.now();
      if (!video.paused && video.readyState >= 2) everPlayed = true;
    }
    if (offline && !everPlayed) return show("waiting", "Offline", "No picture", notice);
    if (problem) {
      return everPlayed
        ? show("error", problem)
        : show("waiting", "Connecting", "Connecting to the camera", notice || "The first picture comes with the first segment.");
    }
    if (video.paused && everPlayed) return show("paused", "Paused");
    if (!everPlayed) {
      return show("waiting", "Starting", "Waiting for the first picture", notice || "A segment takes up to ten seconds.");
    }
    const stillMs = performance.now() - movedMs;
    if (stillMs > STUCK_MS) {
      movedMs = performance.now();
      return restart("The picture stood still");
    }
    if (stillMs > 1500) return show("waiting", notice || "Waiting for the next segment");
    const behind = latencyS();
    root.dataset.behindS = behind === null ? "" : behind.toFixed(2);
    return show("live", behind === null ? "LIVE" : `LIVE \u00b7 ${Math.max(0, Math.round(behind))} s behind`);
  }

  function unload() {
    clearTimeout(retryTimer);
    hls?.destroy();
    hls = null;
    video.removeAttribute("src");
  }

  function restart(reason) {
    problem = `${reason}, connecting again`;
    unload();
    retries += 1;
    retryTimer = setTimeout(load, Math.min(RETRY_MAX_MS, 500 * 2 ** Math.min(retries, 5)));
    tick();
  }

  function loaded() {
    retries = 0;
    problem = "";
  }

  function load() {
    unload();
    movedMs = performance.now();
    if (!src) return tick();
    if (!Hls.isSupported()) {
      video.src = src; // Safari on iPhone plays HLS itself
      video.play().catch(() => {});
      return tick();
    }
    hls = new Hls(HLS_CONFIG);
    hls.on(Hls.Events.MANIFEST_PARSED, () => video.play().catch(() => {}));
    hls.on(Hls.Events.FRAG_BUFFERED, loaded);
    hls.on(Hls.Events.ERROR, (_event, error) => {
      if (!error.fatal) return;
      const nowMs = performance.now();
      if (error.type === Hls.ErrorTypes.MEDIA_ERROR && nowMs - lastRecoveryMs > MEDIA_RECOVERY_GAP_MS) {
        lastRecoveryMs = nowMs;
        hls.recoverMediaError();
      } else {
        restart(error.type === Hls.ErrorTypes.NETWORK_ERROR ? "Connection lost" : "The picture could not be decoded");
      }
    });
    hls.loadSource(src);
    hls.attachMedia(video);
    return tick();
  }

  function onNativeError() {
    if (!hls && src) restart("Connection lost");
  }

  video.addEventListener("error", onNativeError);
  video.addEventListener("playing", loaded);
  const timer = setInterval(tick, TICK_MS);
  load();

  return {
    setSrc(next) {
      if (next === src) return;
      src = next;
      everPlayed = false;
      problem = "";
      retries = 0;
      load();
    },
    setNotice(next, nextOffline = false) {
      notice = next;
      offline = nextOffline;
      tick();
    },
    destroy() {
      clearInterval(timer);
      unload();
      host.replaceChildren();
    },
  };
}
