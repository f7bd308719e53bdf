"""The rule for windows without motion: their conditions, and the content of their row instead of a study.

The gate's definition of still lives in detect/still.py, taking up windows in segment_analyzer.py. A row by rule judges
nothing: it has no safety score and no count of incidents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from livemon.base.clock import WINDOW
from livemon.base.datatypes import MotionSample
from livemon.base.messages.catalog import text
from livemon.base.messages.message import Message
from livemon.base.settings.settings import Settings
from livemon.detect.still import still_throughout
from livemon.store.analyses import RecordedWindow
from livemon.store.said_events import anything_seen
from livemon.store.session import Database
from livemon.store.tables.jobs import BY_RULE

NOT_JUDGED = "study.not_judged"

LEAST_COVERAGE_S = WINDOW.total_seconds() - 2.0
"""Some tenths of a second are lost at the seams of segments; more is a gap."""


class StillRule:
    """One camera's rule. Its methods block briefly."""

    def __init__(self, camera_id: str, settings: Settings, database: Database) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._database = database

    def may_hold(self, recorded: RecordedWindow) -> bool:
        """Whether a window is one for the rule, if the gate finds it still.

        Excluded are windows with gaps, and those in which a look saw something or which follow a grave event. A row by
        rule is excluded, too: a person asks for its study.
        """
        if not self._settings.analysis.still_by_rule or recorded.model == BY_RULE:
            return False
        if recorded.coverage_s < LEAST_COVERAGE_S:
            return False
        window = recorded.window
        return not anything_seen(
            self._database, self._camera_id, window.start_utc, window.end_utc, grave_since=window.start_utc - WINDOW
        )

    def holds(self, recorded: RecordedWindow, samples: Sequence[MotionSample]) -> bool:
        """Whether the gate's readings of a window say that nothing moved in all of it."""
        return still_throughout(samples, recorded.window.start_utc, recorded.window.end_utc)

    def row(self, recorded: RecordedWindow) -> Mapping[str, Any]:
        """Return the row of such a window; unknown is not safe."""
        return {
            "safety_score": None,
            "incident_count": None,
            "summary": text(Message(NOT_JUDGED), self._settings.cameras[self._camera_id].language),
            "analysis_result": None,
            "coverage_s": recorded.coverage_s,
            "model": BY_RULE,
            "prompt_version": "",
            "vlm_call_id": None,
            "cost_usd": 0.0,
        }
