"""livemon: a Jupyter-first workbench for watching live video with a vision-language model.

The public names and nothing else; each is imported when it is first used, so that `import livemon` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livemon.base.clock import FakeClock, SystemClock, Window
    from livemon.base.datatypes import Severity
    from livemon.base.errors import LivemonError
    from livemon.base.model_types import Purpose
    from livemon.base.settings.settings import Settings, load_settings
    from livemon.lab.scoring.match_rule import MatchRule
    from livemon.monitor.monitor import Monitor
    from livemon.monitor.practice import Practice, record_videos
    from livemon.reports.day_report import DayReport, day_report
    from livemon.sim.scenes import render_demo_clips
    from livemon.vlm.prompt import Prompt

__version__ = "0.2.0"

_HOMES = {
    "DayReport": "livemon.reports.day_report",
    "FakeClock": "livemon.base.clock",
    "LivemonError": "livemon.base.errors",
    "MatchRule": "livemon.lab.scoring.match_rule",
    "Monitor": "livemon.monitor.monitor",
    "Practice": "livemon.monitor.practice",
    "Prompt": "livemon.vlm.prompt",
    "Purpose": "livemon.base.model_types",
    "Settings": "livemon.base.settings.settings",
    "Severity": "livemon.base.datatypes",
    "SystemClock": "livemon.base.clock",
    "Window": "livemon.base.clock",
    "day_report": "livemon.reports.day_report",
    "load_settings": "livemon.base.settings.settings",
    "record_videos": "livemon.monitor.practice",
    "render_demo_clips": "livemon.sim.scenes",
}

__all__ = [
    "DayReport",
    "FakeClock",
    "LivemonError",
    "MatchRule",
    "Monitor",
    "Practice",
    "Prompt",
    "Purpose",
    "Settings",
    "Severity",
    "SystemClock",
    "Window",
    "day_report",
    "load_settings",
    "record_videos",
    "render_demo_clips",
]


def __getattr__(name: str) -> Any:
    try:
        return getattr(import_module(_HOMES[name]), name)
    except KeyError:
        raise AttributeError(f"module 'livemon' has no attribute '{name}'") from None


def __dir__() -> list[str]:
    return __all__
