// The player as an anywidget in JupyterLab (livemon/web/widgets/player.py: PlayerWidget).
import { served } from "./jupyter_model.js";
import { mountPlayer } from "./player_core.js";

function render({ model, el }) {
  const host = document.createElement("div");
  host.style.maxWidth = "720px";
  el.append(host);
  const url = () => served(model.get("port"), model.get("path"));
  const options = {
    src: url(),
    past: served(model.get("port"), model.get("past")),
    notice: model.get("notice"),
    camera: model.get("camera"),
    words: model.get("words"),
    zone: model.get("zone"),
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
