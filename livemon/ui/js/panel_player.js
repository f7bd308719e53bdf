// The player as a Panel JSComponent (livemon/ui/player.py: PlayerPane).
import { mountPlayer } from "./player_core.js";

// Relative to the page, so that a server behind a path prefix works.
const absolute = (src) => (src ? new URL(src, document.baseURI).href : "");

export function render({ model }) {
  const host = document.createElement("div");
  host.style.width = "100%";
  const { notice, offline } = model;
  const player = mountPlayer(host, { src: absolute(model.src), notice, offline }, (status) => {
    model.status = status;
  });
  model.on("src", () => player.setSrc(absolute(model.src)));
  model.on(["notice", "offline"], () => player.setNotice(model.notice, model.offline));
  model.on("remove", () => player.destroy());
  return host;
}
