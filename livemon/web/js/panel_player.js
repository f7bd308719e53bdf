// The player as a Panel JSComponent (livemon/web/pages/parts/player.py: PlayerPane).
import { mountPlayer } from "./player_core.js";

// An event is shown from a little before it on.
const BEFORE_EVENT_MS = 3_000;

// Relative to the page, so that a server behind a path prefix works.
const absolute = (src) => (src ? new URL(src, document.baseURI).href : "");

export function render({ model }) {
  const host = document.createElement("div");
  host.style.width = "100%";
  const { notice, offline, camera, words, zone } = model;
  const addresses = () => ({ src: absolute(model.src), past: absolute(model.past), frames: absolute(model.frames), latest: absolute(model.latest) });
  const onMoment = (ms) => (model.moment = ms === null ? "" : new Date(ms).toISOString());
  const player = mountPlayer(host, { ...addresses(), notice, offline, camera, words, zone, onMoment }, (status) => {
    model.status = { ...status, src: model.src };
  });
  player.setMarkers(model.markers);
  player.setTrack(model.track);
  if (model.moment && model.past) player.seek(Date.parse(model.moment));
  model.on("src", () => {
    model.status = { ...model.status, src: model.src }; // the page tells it again when it hears nothing
    player.setSrc(absolute(model.src));
  });
  model.on("past", () => player.setCamera(model.camera, absolute(model.past), absolute(model.src)));
  model.on(["frames", "latest"], () => player.setPictures(absolute(model.frames), absolute(model.latest)));
  model.on("markers", () => player.setMarkers(model.markers));
  model.on("track", () => player.setTrack(model.track));
  model.on(["notice", "offline"], () => player.setNotice(model.notice, model.offline));
  // A card of an event beside the player has its moment; without this script it is a link that loads the page again.
  const onClick = (event) => {
    const card = event.composedPath().find((node) => node.dataset?.moment);
    if (!card || !model.past || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    player.seek(Date.parse(card.dataset.moment) - BEFORE_EVENT_MS);
    const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    host.scrollIntoView({ block: "nearest", behavior: smooth ? "smooth" : "auto" });
  };
  document.addEventListener("click", onClick, true);
  model.on("remove", () => {
    document.removeEventListener("click", onClick, true);
    player.destroy();
  });
  return host;
}
