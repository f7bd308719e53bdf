"""ZoneEditor: parts of a camera's picture, drawn and named. What a zone means is model_settings.ZoneSettings's."""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from livemon.web.pages.parts.player import STATIC

WORDS: dict[str, Any] = {
    "hint": "cameras.drag_on_picture_to",
    "keys": "cameras.arrow_keys_move_shift",
    "none": "cameras.no_picture_now_try",
    "add": "cameras.add_zone",
    "remove": "cameras.remove",
    "zone": "cameras.zone",
    "name": "cameras.name_zone",
    "severity": "cameras.severity_zone",
    "note": "review.note",
    "severities": ["cameras.nothing_said", "page.info", "page.warning", "page.danger"],
}


class ZoneEditor(JSComponent):
    """The picture with its zones; see zone_editor.js."""

    zones = param.List(default=[], doc="Dicts of name, box (ymin, xmin, ymax, xmax of 1000), severity and note.")
    picture = param.String(default="", doc="Address of the picture; empty when there is none.")
    words = param.Dict(default=WORDS)

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "zone_editor.bundle.js"
