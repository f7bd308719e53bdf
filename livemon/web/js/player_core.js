// The live player: a <video> with hls.js, a badge that tells the truth, recovery without a person, and rest while nobody
// sees it. Both wrappers (panel_player.js, jupyter_player.js) mount it; nothing of Panel or Jupyter belongs here. The bar
// under the picture is player_bar.js's.
import Hls from "hls.js/light";
import { keepLiveDistance } from "./live_distance.js";
import { BAR_STYLE, ago, inZone, mountBar, say } from "./player_bar.js";

const TICK_MS = 1000;
const RETRY_MAX_MS = 10_000;
const MEDIA_RECOVERY_GAP_MS = 3_000;
// A playing video that stands still this long is dead, whatever it says; longer than two ten-second segments.
const STUCK_MS = 25_000;

// In target durations: where a player begins, until it knows how long a segment takes to come (live_distance.js).
const HLS_CONFIG = {
  liveSyncDurationCount: 1.3,
  liveMaxLatencyDurationCount: 6,
  // Who joins is up to a segment late; this makes up for it within a minute.
  maxLiveSyncPlaybackRate: 1.2,
  backBufferLength: 60,
};

// Footage of the past is not chased to its end.
const PAST_CONFIG = { backBufferLength: 60 };
// Scrolling by must not stop and start a picture.
const REST_AFTER_MS = 3_000;
// Footage that begins later than this after the moment asked for is not that moment's.
const SKIPPED_MS = 15_000;
const TOLD_MS = 8_000;

const STYLE = `
.lm-player{position:relative;background:#0b0e14;border-radius:12px;overflow:hidden;aspect-ratio:4/3;width:100%;
  font:500 13px/1.3 system-ui,"Noto Sans",sans-serif;color:#fff}
.lm-player video{width:100%;height:100%;object-fit:contain;display:block;background:#0b0e14}
.lm-badge{position:absolute;z-index:2;top:10px;left:10px;display:flex;gap:7px;align-items:center;padding:5px 11px;
  border-radius:999px;background:rgba(8,10,16,.72);font-variant-numeric:tabular-nums;max-width:calc(100% - 44px)}
.lm-badge i{width:9px;height:9px;border-radius:50%;background:#9aa4b2;flex:none}
.lm-player[data-state=live] .lm-badge i{background:#ff3b46;animation:lm-pulse 2s infinite}
.lm-player[data-state=past] .lm-badge i{background:#6f9bff}
.lm-player[data-state=waiting] .lm-badge i{background:#ffb020}
.lm-player[data-state=error] .lm-badge i{background:#ffb020}
.lm-note{position:absolute;inset:0;display:none;place-content:center;justify-items:center;gap:10px;text-align:center;
  padding:24px;background:#0b0e14;color:#dfe5ee;font-size:15px}
.lm-player[data-cover] .lm-note{display:grid}
.lm-poster{position:absolute;inset:0;width:100%;height:100%;object-fit:contain}
.lm-player:not([data-state=waiting]) .lm-poster,.lm-poster[hidden]{display:none}
.lm-player[data-state=waiting]:has(.lm-poster:not([hidden])) .lm-note{background:rgba(8,10,16,.62)}
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
 * @param {{src: string, notice: string, offline: boolean, past: string, camera: string, words: object, zone: string,
 *   recording: ((ms: number) => string)|undefined}} options src: playlist URL,
 *   empty when nothing streams; notice: the sentence to show when there is no picture; offline: no new picture is being
 *   made, and notice says why; past: URL of a playlist that takes `?start=`, empty for a player without a bar; camera:
 *   what a snapshot's file is called; frames: URL of a picture that takes `?at=`, for the moment under the pointer; latest: URL
 *   of the newest picture; onMoment: told which moment is played, null is now; zone: in which times are written; words: livemon/web/pages/parts/player_text.py; recording: given when src is footage of the past,
 *   all of it: says what time a moment is. Such a player begins paused, chases nothing, and keeps its place unseen.
 * @param {(status: {state: string, detail: string, latency_s: number|null}) => void} onStatus
 */
export function mountPlayer(host, options, onStatus) {
  const { words, recording } = options;
  const times = inZone(options.zone);
  const { clock } = times;
  const style = element("style", "", host);
  style.textContent = STYLE + BAR_STYLE;
  const whole = element("div", "lm-live", host);
  const root = element("div", "lm-player", whole);
  const video = element("video", "", root);
  video.muted = video.playsInline = true;
  video.autoplay = !recording;
  video.setAttribute("aria-label", words.video);
  const badge = element("div", "lm-badge", root);
  badge.setAttribute("role", "status");
  element("i", "", badge);
  const badgeText = element("span", "", badge);
  const poster = element("img", "lm-poster", root);
  poster.alt = "";
  poster.hidden = true;
  const note = element("div", "lm-note", root);
  element("div", "lm-spin", note);
  const noteTitle = element("b", "", note);
  const noteText = element("span", "", note);

  let { src, notice, offline = false, past = "", camera = "", frames = "", latest = "" } = options;
  const { onMoment } = options;
  let hls = null;
  let bar = null;
  let shiftMs = null; // the moment that is played instead of now
  let missing = false; // nothing was recorded from that moment on
  let skippedMs = null; // the moment asked for, when only later ones were recorded
  let toldUntilMs = 0;
  let seen = true;
  let resting = false;
  let restTimer = 0;
  let retryTimer = 0;
  let retries = 0;
  let lastRecoveryMs = -Infinity;
  let problem = "";
  let lastTime = -1;
  let movedMs = performance.now();
  let everPlayed = false;
  let lastReport = "";
  let playing = !recording;
  let fragments = []; // of a recording
  let wantedMs = null; // where to go in it as soon as they are known

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
    video.controls = title === "" && !bar;
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

  /** The moment at a second of the recording; what is missing has no length there. */
  function momentAt(second) {
    const found = fragments.findLast((one) => one.start <= second + 0.001) ?? fragments[0];
    return found ? found.programDateTime + (second - found.start) * 1000 : (nativeDate()?.getTime() ?? null);
  }

  /** Show a moment of the recording: where nothing is, the picture before it. */
  function showMoment(ms) {
    const found = fragments.findLast((one) => one.programDateTime <= ms + 1) ?? fragments[0];
    const date = video.getStartDate?.().getTime();
    if (found) video.currentTime = found.start + Math.min(Math.max(0, (ms - found.programDateTime) / 1000), found.duration - 0.01);
    else if (date) video.currentTime = (ms - date) / 1000;
    else wantedMs = ms;
  }

  function setPlaying(wanted) {
    playing = wanted;
    if (wanted) video.play().catch(() => {});
    else video.pause();
    tick();
  }

  function positionMs() {
    if (recording) return momentAt(video.currentTime);
    const shown = hls?.playingDate ?? nativeDate();
    return shown ? shown.getTime() : shiftMs;
  }

  /** The address of a small picture of a moment. */
  function frame(ms) {
    return frames && `${frames}?${new URLSearchParams({ at: new Date(ms).toISOString(), width: 168 })}`;
  }

  /** What is played: now, or a moment of the past and what follows. */
  function address() {
    if (shiftMs === null) return src;
    return `${past}?${new URLSearchParams({ start: new Date(shiftMs).toISOString() })}`;
  }

  /** Let the newest picture stand there while the player connects. */
  function showPoster() {
    poster.hidden = true;
    if (shiftMs === null && src && latest) poster.src = latest;
  }

  function begin(nextShiftMs) {
    shiftMs = nextShiftMs;
    onMoment?.(shiftMs);
    showPoster();
    everPlayed = missing = false;
    fragments = [];
    wantedMs = skippedMs = null;
    problem = "";
    retries = 0;
    load();
  }

  function seek(ms) {
    const here = hls?.playingDate?.getTime();
    const wantedS = here === undefined ? -1 : video.currentTime + (ms - here) / 1000;
    const ends = video.seekable.length ? video.seekable.end(video.seekable.length - 1) : 0;
    // Only ahead is sure: a playlist of the past begins where it was asked to.
    if (shiftMs !== null && ms >= shiftMs && wantedS >= 0 && wantedS < ends) {
      video.currentTime = wantedS;
      onMoment?.(ms);
    } else begin(ms);
  }

  function live() {
    if (shiftMs !== null) begin(null);
    else if (video.paused) video.play().catch(() => {});
  }

  function tickPast() {
    if (missing) {
      return show("past", clock(shiftMs), words.nothing, words.nothing_hint);
    }
    if (problem) return show("error", problem);
    if (!everPlayed) return show("past", words.loading, words.loading_past, clock(shiftMs));
    const at = positionMs();
    const shown = `${clock(at)} \u00b7 ${ago(at, words)}`;
    const told = skippedMs !== null && performance.now() < toldUntilMs;
    const when = told ? say(words.skipped, { asked: clock(skippedMs), shown }) : shown;
    return show("past", video.paused ? say(words.paused_at, { when }) : when);
  }

  function tickRecording() {
    if (!src || missing) return show("past", "", words.nothing, notice);
    if (problem) return show("error", problem);
    const at = video.readyState >= 1 ? positionMs() : null;
    return show("past", at === null ? words.loading : recording(at));
  }

  function tick() {
    bar?.tick();
    if (recording) return tickRecording();
    if (resting) return show("resting", words.resting);
    if (shiftMs === null && !src) return show("off", words.stopped, words.not_streaming, notice || words.press_start);
    const moving = video.currentTime !== lastTime;
    lastTime = video.currentTime;
    if (moving) {
      movedMs = performance.now();
      if (!video.paused && video.readyState >= 2) everPlayed = true;
    }
    if (shiftMs !== null) return tickPast();
    if (offline && !everPlayed) return show("waiting", words.offline, words.no_picture, notice);
    if (problem) {
      return everPlayed
        ? show("error", problem)
        : show("waiting", words.connecting, words.connecting_camera, notice || words.first_picture);
    }
    if (video.paused && everPlayed) return show("paused", words.paused);
    if (!everPlayed) {
      return show("waiting", words.starting, words.waiting_first, notice || words.segment_takes);
    }
    const stillMs = performance.now() - movedMs;
    if (stillMs > STUCK_MS) {
      movedMs = performance.now();
      return restart(words.stood_still);
    }
    if (stillMs > 1500) return show("waiting", notice || words.waiting_next);
    const behind = latencyS();
    root.dataset.behindS = behind === null ? "" : behind.toFixed(2);
    return show("live", behind === null ? words.live : say(words.behind, { s: Math.max(0, Math.round(behind)) }));
  }

  function unload() {
    clearTimeout(retryTimer);
    hls?.destroy();
    hls = null;
    video.removeAttribute("src");
  }

  function restart(reason) {
    problem = reason;
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
    if (resting || !address()) {
      if (recording) video.load(); // or the last picture of what was shown before would stay
      return tick();
    }
    if (!Hls.isSupported()) {
      video.src = address(); // Safari on iPhone plays HLS itself
      if (playing) video.play().catch(() => {});
      return tick();
    }
    const live = shiftMs === null && !recording;
    hls = new Hls(live ? HLS_CONFIG : PAST_CONFIG);
    const keepDistance = live ? keepLiveDistance(hls) : null;
    hls.on(Hls.Events.MANIFEST_PARSED, () => playing && video.play().catch(() => {}));
    hls.on(Hls.Events.FRAG_BUFFERED, (_event, { stats }) => {
      loaded();
      keepDistance?.((stats.loading.end - stats.loading.start) / 1000);
    });
    hls.on(Hls.Events.LEVEL_LOADED, (_event, { details }) => {
      if (recording) {
        fragments = details.fragments;
        return;
      }
      const firstMs = details.fragments[0]?.programDateTime;
      if (shiftMs === null || skippedMs !== null || !firstMs || firstMs - shiftMs < SKIPPED_MS) return;
      skippedMs = shiftMs;
      toldUntilMs = performance.now() + TOLD_MS;
    });
    hls.on(Hls.Events.ERROR, (_event, error) => {
      if (!error.fatal) return;
      if ((shiftMs !== null || recording) && error.response?.code === 404) {
        missing = true;
        unload();
        return tick();
      }
      const nowMs = performance.now();
      if (error.type === Hls.ErrorTypes.MEDIA_ERROR && nowMs - lastRecoveryMs > MEDIA_RECOVERY_GAP_MS) {
        lastRecoveryMs = nowMs;
        hls.recoverMediaError();
      } else {
        restart(error.type === Hls.ErrorTypes.NETWORK_ERROR ? words.lost : words.broken);
      }
    });
    hls.loadSource(address());
    hls.attachMedia(video);
    return tick();
  }

  function onNativeError() {
    if (!hls && !resting && address()) restart(words.lost);
  }

  /** Load nothing while nobody sees or hears it; the picture comes back where it belongs: now. */
  function onSeen() {
    if (recording) return; // it loads what is played, and its place must not be lost
    clearTimeout(restTimer);
    const wanted = (seen && !document.hidden) || !video.muted || document.pictureInPictureElement === video;
    if (wanted === !resting) return;
    restTimer = setTimeout(() => {
      resting = !wanted;
      everPlayed = false;
      load();
    }, wanted ? 0 : REST_AFTER_MS);
  }

  video.addEventListener("error", onNativeError);
  video.addEventListener("playing", loaded);
  if (recording) {
    video.addEventListener("loadedmetadata", () => {
      if (wantedMs !== null) showMoment(wantedMs);
      wantedMs = null;
    });
    for (const name of ["loadeddata", "timeupdate", "seeked", "play", "pause"]) video.addEventListener(name, tick);
  }
  document.addEventListener("visibilitychange", onSeen);
  const observer = new IntersectionObserver((entries) => {
    seen = entries[entries.length - 1].isIntersecting;
    onSeen();
  });
  observer.observe(root);
  if (past) bar = mountBar(whole, { video, words, times, camera: () => camera, positionMs, isPast: () => shiftMs !== null, seek, live, frame });
  poster.addEventListener("load", () => (poster.hidden = false));
  const timer = setInterval(tick, TICK_MS);
  showPoster();
  load();

  return {
    video,
    positionMs,
    showMoment,
    setPlaying,
    setSrc(next) {
      if (next === src) return;
      src = next;
      if (shiftMs === null) begin(null);
    },
    /** Play another camera, from now on. */
    setCamera(nextCamera, nextPast, nextSrc) {
      const changed = nextSrc !== src || shiftMs !== null;
      [camera, past, src] = [nextCamera, nextPast, nextSrc];
      if (changed) begin(null);
    },
    /** Say where the camera's single pictures are. */
    setPictures(nextFrames, nextLatest) {
      [frames, latest] = [nextFrames, nextLatest];
      if (!everPlayed) showPoster();
    },
    setMarkers(markers) {
      bar?.setMarkers(markers);
    },
    setTrack(track) {
      bar?.setTrack(track);
    },
    /** Play a moment of the past and what follows. */
    seek,
    setNotice(next, nextOffline = false) {
      notice = next;
      offline = nextOffline;
      tick();
    },
    destroy() {
      clearInterval(timer);
      clearTimeout(restTimer);
      observer.disconnect();
      document.removeEventListener("visibilitychange", onSeen);
      unload();
      host.replaceChildren();
    },
  };
}
