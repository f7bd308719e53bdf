// The day as a strip in a notebook (livemon/web/widgets/views.py: TimelineWidget).
import { render } from "./day_timeline.js";
import { widgetOf } from "./jupyter_model.js";

export default widgetOf(render);
