// The player as an anywidget in JupyterLab (livemon/ui/player.py: PlayerWidget).
import { mountPlayer } from "./player_core.js";

// The kernel serves the stream on a port of its own machine. Inside Jupyter it is reached through
// jupyter-server-proxy: same origin, behind Jupyter's login, and no CORS that would open the stream to any page.
function playlistUrl(port, path) {
  if (!path) return "";
  const config = document.getElementById("jupyter-config-data");
  if (!config) return `http://127.0.0.1:${port}/${path}`;
  const { baseUrl } = JSON.parse(config.textContent);
  return new URL(`${baseUrl}proxy/${port}/${path}`, location.origin).href;
}

function render({ model, el }) {
  const host = document.createElement("div");
  host.style.maxWidth = "720px";
  el.append(host);
  const url = () => playlistUrl(model.get("port"), model.get("path"));
  const options = {
    src: url(),
    past: playlistUrl(model.get("port"), model.get("past")),
    notice: model.get("notice"),
    camera: model.get("camera"),
  };
  const player = mountPlayer(host, options, (status) => {
    model.set("status", status);
    model.save_changes();
  });
  const onSource = () => player.setSrc(url());
  const onNotice = () => player.setNotice(model.get("notice"));
  model.on("change:path", onSource);
  model.on("change:port", onSource);
  model.on("change:notice", onNotice);
  return () => {
    model.off("change:path", onSource);
    model.off("change:port", onSource);
    model.off("change:notice", onNotice);
    player.destroy();
  };
}

export default { render };
