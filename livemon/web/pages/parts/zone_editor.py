"""ZoneEditor: parts of a camera's picture, drawn and named. What a zone means is model_settings.ZoneSettings's."""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from livemon.web.pages.parts.player import STATIC

WORDS: dict[str, Any] = {
    "hint": "Drag on the picture to draw a zone. The model is told its name, how grave it is to be there, the note.",
    "keys": "Arrow keys move it, with shift they size it, delete removes it.",
    "none": "No picture now. Try the source to see one; zones can be drawn all the same.",
    "add": "Add a zone",
    "remove": "Remove",
    "zone": "Zone",
    "name": "Name of zone",
    "severity": "Severity of zone",
    "note": "Note",
    "severities": ["Nothing said", "Info", "Warning", "Danger"],
}


class ZoneEditor(JSComponent):
    """The picture with its zones; see zone_editor.js."""

    zones = param.List(default=[], doc="Dicts of name, box (ymin, xmin, ymax, xmax of 1000), severity and note.")
    picture = param.String(default="", doc="Address of the picture; empty when there is none.")
    words = param.Dict(default=WORDS)

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "zone_editor.bundle.js"
