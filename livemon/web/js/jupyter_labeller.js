// The labelling widget in a notebook (livemon/web/widgets/labeller.py: LabelWidget).
import { served } from "./jupyter_model.js";
import { mountLabeller } from "./labeller.js";

function render({ model, el }) {
  return mountLabeller(el, model, (path) => served(model.get("port"), path));
}

export default { render };
