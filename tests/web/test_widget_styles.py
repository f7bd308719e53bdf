"""Style sheets of the widgets: all of them may stand in one notebook, where every style sheet holds for all."""

import re
from pathlib import Path

import pytest

JS = Path(__file__).parents[2] / "livemon" / "web" / "js"
STYLE = re.compile(r"STYLE = `(.*?)`;", re.DOTALL)
CLASS = re.compile(r"\.([a-zA-Z_][\w-]*)")
KEYFRAMES = re.compile(r"@keyframes ([\w-]+)[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")

PREFIXES = {
    "player_core.js": "lm-",
    "player_bar.js": "lm-",
    "player_scale.js": "lm-",
    "labeller_parts.js": "lml",
    "event_queue.js": "lmq-",
    "day_timeline.js": "lmd-",
    "window_video.js": "lmw-",
    "zone_editor.js": "lmz-",
    "zone_rules.js": "lmz-",
    "upload_area.js": "lmu-",
    "push_device.js": "lmp-",
    "kiosk.js": "lmk-",
    "share_box.js": "lms-",
}
"""By file with a style sheet; the player's three are one widget, and the zone editor's."""


def style_of(name: str) -> str:
    [style] = STYLE.findall((JS / name).read_text())
    return str(style)


def selectors(style: str) -> list[str]:
    """Return every selector of a style sheet; at-rules are opened, comments and what scripts put in are left out."""
    own = re.sub(r"/\*.*?\*/|\$\{[^}]*\}", "", style, flags=re.DOTALL)
    plain = re.sub(r"@(media|container)[^{]*\{", "", KEYFRAMES.sub("", own))
    return [one.strip() for group, _ in re.findall(r"([^{}]+)\{([^{}]*)\}", plain) for one in group.split(",")]


def test_every_style_sheet_has_a_prefix() -> None:
    assert {path.name for path in JS.glob("*.js") if STYLE.search(path.read_text())} == set(PREFIXES)


@pytest.mark.parametrize("name", sorted(PREFIXES))
def test_each_rule_holds_for_its_own_widget_only(name: str) -> None:
    found = selectors(style_of(name))
    assert len(found) >= 4
    for selector in found:
        classes = CLASS.findall(selector)
        assert classes, f"{selector} holds for all of a notebook"
        assert classes[0].startswith(PREFIXES[name]), f"{selector} may be another widget's"


@pytest.mark.parametrize("name", sorted(PREFIXES))
def test_keyframes_are_the_widgets_own(name: str) -> None:
    assert all(frames.startswith(PREFIXES[name]) for frames in KEYFRAMES.findall(style_of(name)))
