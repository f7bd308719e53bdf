// The review queue in a notebook (livemon/web/widgets/views.py: EventsWidget).
import { render } from "./event_queue.js";
import { served, widgetOf } from "./jupyter_model.js";

const pictures = (rows, port) => rows.map((row) => ({ ...row, picture: served(port, row.picture) }));

export default widgetOf(render, { rows: pictures });
