"""ZoneEditor: parts of a camera's picture, drawn and named, and rules of them.

The meaning of a zone and a rule lives in base/settings/models.py; trying a rule belongs to the caller.
"""

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
    "rule": "cameras.rule",
    "rulesHint": "cameras.rules_hint",
    "addRule": "cameras.add_rule",
    "enabled": "cameras.rule_on",
    "ruleName": "cameras.rule_name",
    "when": "cameras.rule_when",
    "whens": {
        "inside": "cameras.rule_inside",
        "outside": "cameras.rule_outside",
        "left": "cameras.rule_left",
        "crossed": "cameras.rule_crossed",
        "absent": "cameras.rule_absent",
        "more_than": "cameras.rule_more_than",
        "pet": "cameras.rule_pet",
    },
    "ruleZone": "cameras.rule_zone",
    "whole": "cameras.rule_whole_picture",
    "seconds": "cameras.rule_seconds",
    "people": "cameras.rule_people",
    "ruleSeverity": "cameras.rule_severity",
    "ruleSeverities": {"info": "page.info", "warning": "page.warning", "danger": "page.danger"},
    "hours": "cameras.rule_hours",
    "try": "cameras.rule_try",
    "end": "cameras.rule_end_of_line",
}


class ZoneEditor(JSComponent):
    """The picture with its zones and their rules; see zone_editor.js and zone_rules.js."""

    zones = param.List(default=[], doc="Dicts of name, box (ymin, xmin, ymax, xmax of 1000), severity and note.")
    rules = param.List(default=[], doc="Dicts as `[[cameras.<id>.zone_rules]]` has them.")
    asked = param.Dict(default={}, doc="Which rule is to be tried: its number, and when that was asked.")
    tried = param.Dict(default={}, doc="What came of trying, a sentence by number.")
    picture = param.String(default="", doc="Address of the picture; empty when there is none.")
    words = param.Dict(default=WORDS)

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "zone_editor.bundle.js"
