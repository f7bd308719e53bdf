// The player as a Panel JSComponent (livemon/web/pages/parts/player.py: PlayerPane).
import { mountPlayer } from "./player_core.js";

// Relative to the page, so that a server behind a path prefix works.
const absolute = (src) => (src ? new URL(src, document.baseURI).href : "");

export function render({ model }) {
  const host = document.createElement("div");
  host.style.width = "100%";
  const { notice, offline, camera, words, zone } = model;
  const options = { src: absolute(model.src), past: absolute(model.past), notice, offline, camera, words, zone };
  const player = mountPlayer(host, options, (status) => {
    model.status = { ...status, src: model.src };
  });
  player.setMarkers(model.markers);
  model.on("src", () => {
    model.status = { ...model.status, src: model.src }; // the page tells it again when it hears nothing
    player.setSrc(absolute(model.src));
  });
  model.on("past", () => player.setCamera(model.camera, absolute(model.past), absolute(model.src)));
  model.on("markers", () => player.setMarkers(model.markers));
  model.on(["notice", "offline"], () => player.setNotice(model.notice, model.offline));
  model.on("remove", () => player.destroy());
  return host;
}
