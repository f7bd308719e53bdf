"""The rules for windows about which no model is asked: their conditions, and the content of the row instead of a study.

The conditions of the pictures live in detect/still.py, taking up windows in segment_analyzer.py. A row by rule judges
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
from livemon.detect.still import no_people_throughout, still_throughout
from livemon.store.analyses import RecordedWindow
from livemon.store.detections import detections_between
from livemon.store.said_events import anything_seen
from livemon.store.session import Database
from livemon.store.tables.jobs import NO_PEOPLE, NOTHING_MOVED, RULES

SUMMARIES = {NOTHING_MOVED: "study.not_judged", NO_PEOPLE: "study.no_people"}

LEAST_COVERAGE_S = WINDOW.total_seconds() - 2.0
"""Some tenths of a second are lost at the seams of segments; more is a gap."""


class WindowRules:
    """One camera's rules. Its methods block briefly."""

    def __init__(self, camera_id: str, settings: Settings, database: Database) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._database = database

    def may_hold(self, recorded: RecordedWindow) -> bool:
        """Whether a window is one for the rules, depending on what the gate measured.

        Excluded are windows with gaps, and those in which a look saw something or which follow a grave event. A row by
        rule is excluded, too: a person asks for its study.
        """
        own = self._settings.cameras[self._camera_id]
        if not (self._settings.analysis.still_by_rule or own.studies_need_people) or recorded.model in RULES:
            return False
        if recorded.coverage_s < LEAST_COVERAGE_S:
            return False
        window = recorded.window
        return not anything_seen(
            self._database, self._camera_id, window.start_utc, window.end_utc, grave_since=window.start_utc - WINDOW
        )

    def holding(self, recorded: RecordedWindow, samples: Sequence[MotionSample]) -> str:
        """Return the rule that holds for a window with these measurements of the gate; empty when it is to be studied.

        The detections are those that are kept: what was not watched live is studied.
        """
        start, end = recorded.window.start_utc, recorded.window.end_utc
        if self._settings.analysis.still_by_rule and still_throughout(samples, start, end):
            return NOTHING_MOVED
        if self._settings.cameras[self._camera_id].studies_need_people:
            found = detections_between(self._database, self._camera_id, start, end)
            if no_people_throughout(samples, found, start, end):
                return NO_PEOPLE
        return ""

    def row(self, recorded: RecordedWindow, rule: str) -> Mapping[str, Any]:
        """Return the row of a window for which a rule holds; unknown is not safe."""
        return {
            "safety_score": None,
            "incident_count": None,
            "summary": text(Message(SUMMARIES[rule]), self._settings.cameras[self._camera_id].language),
            "analysis_result": None,
            "coverage_s": recorded.coverage_s,
            "model": rule,
            "prompt_version": "",
            "vlm_call_id": None,
            "cost_usd": 0.0,
        }
