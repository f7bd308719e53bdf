"""Days made of rows: archives, analyses, events and calls, written in bulk, with as much as a test wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from livemon.base.clock import WINDOW, floor_to, iso
from livemon.reports.facts.day import Day, read_day
from livemon.store import writes
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.recordings import ArchiveRow, RealtimeEvent, VlmCallRow

CAM = "camera-1"
SEOUL = ZoneInfo("Asia/Seoul")
SUNDAY = date(2026, 11, 22)
MIDNIGHT = datetime(2026, 11, 21, 15, tzinfo=UTC)
"""Of SUNDAY in Seoul."""

LATER = datetime(2026, 11, 23, 1, tzinfo=UTC)
"""When that day is long over."""


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of SUNDAY in Seoul."""
    return MIDNIGHT + timedelta(hours=hour, minutes=minute, seconds=second)


def marks(start: datetime, end: datetime) -> list[datetime]:
    """The ten-minute marks in [start, end)."""
    first = floor_to(start + WINDOW - timedelta(microseconds=1), WINDOW)
    return [first + n * WINDOW for n in range(max(0, -(-(end - first) // WINDOW)))]


class Made:
    """A database with one camera, and ways to fill it."""

    def __init__(self, folder: Path, name: str = "Playroom") -> None:
        self.database = Database(f"sqlite:///{folder / 'livemon.db'}")
        writes.upsert_camera(self.database, CAM, name, "videos", MIDNIGHT)

    def day(self, now: datetime = LATER, day: date = SUNDAY, zone: ZoneInfo = SEOUL) -> Day:
        """Read a day."""
        return read_day(self.database, CAM, day, zone, now)

    def archives(
        self, windows: Iterable[datetime], gap: tuple[datetime, datetime] | None = None, coverage_s: float | None = None
    ) -> None:
        """Archive windows; with a gap in each, if given."""
        missing_s = (gap[1] - gap[0]).total_seconds() if gap else 0.0
        gaps = [{"start_utc": iso(gap[0]), "end_utc": iso(gap[1])}] if gap else []
        self._insert(
            ArchiveRow,
            [
                {
                    "camera_id": CAM,
                    "window_start_utc": start,
                    "part": 0,
                    "start_utc": start,
                    "end_utc": start + WINDOW,
                    "path": f"cameras/{CAM}/archive/segment_{start:%Y%m%d_%H%M%S}.mp4",
                    "frames": 3000,
                    "bytes": 1000,
                    "sha256": "0" * 64,
                    "coverage_s": 600.0 - missing_s if coverage_s is None else coverage_s,
                    "gaps": gaps,
                    "pinned": False,
                }
                for start in windows
            ],
        )

    def analyses(self, windows: Iterable[datetime], status: str = "completed", **values: Any) -> None:
        """Analyse windows, all with the same result."""
        done = status == "completed"
        result = {"incidents": [], "development": [], "activities": [], **values.pop("result", {})}
        row = {
            "safety_score": 100.0 if done else None,
            "incident_count": len(result["incidents"]) if done else None,
            "summary": "",
            "analysis_result": result if done else None,
            "coverage_s": 600.0 if done else None,
            "model": "gemini-3.5-flash-lite" if done else "",
            "prompt_version": "1f3a5c7e9b" if done else "",
            "error": "",
            "attempts": 1,
            **values,
        }
        self._insert(
            SegmentAnalysis, [{"camera_id": CAM, "window_start_utc": at, "status": status, **row} for at in windows]
        )

    def events(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write events; each says at least `start_utc`."""
        self._insert(RealtimeEvent, [event(**row) for row in rows])

    def calls(self, times: Sequence[datetime], **values: Any) -> None:
        """Record looks."""
        row = {
            "camera_id": CAM,
            "purpose": "look",
            "reason": "motion",
            "model": "gemini-3.5-flash-lite",
            "prompt_version": "1f3a5c7e9b",
            "frames": [],
            "request_sha256": "",
            "parameters": {},
            "status": "ok",
            "finish_reason": "STOP",
            "attempts": 1,
            "raw_text": "",
            "error": "",
            "input_tokens": 1800,
            "output_tokens": 60,
            "thought_tokens": 0,
            "cached_tokens": 0,
            "input_by_modality": {},
            "latency_ms": 900.0,
            "cost_usd": 0.0008,
            "bound_usd": 0.002,
            **values,
        }
        self._insert(VlmCallRow, [{**row, "called_utc": at} for at in times])

    def _insert(self, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            with self.database.writing() as session:
                session.execute(sa.insert(table), [dict(row) for row in rows])


def event(start_utc: datetime, **values: Any) -> dict[str, Any]:
    """An event's row."""
    row = {
        "camera_id": CAM,
        "start_utc": start_utc,
        "last_seen_utc": start_utc + timedelta(seconds=4),
        "created_utc": start_utc,
        "kind": "play",
        "event_type": "activity",
        "severity": "info",
        "title": "Plays with blocks",
        "description": "Sits on the mat and stacks blocks.",
        "location": "",
        "confidence": 0.8,
        "box": None,
        "evidence_utcs": [],
        "thumbnail": "",
        "model": "gemini-3.5-flash-lite",
        "prompt_version": "1f3a5c7e9b",
        "suppressed": 0,
    }
    return {**row, **values}


def incident(
    start: datetime, severity: str = "warning", title: str = "Climbed the sofa", **values: Any
) -> dict[str, Any]:
    """An incident as a study's result has it."""
    return {
        "start_utc": iso(start),
        "end_utc": iso(start + timedelta(seconds=6)),
        "kind": "climbing",
        "severity": severity,
        "title": title,
        "evidence": "Stands on the back of the sofa and reaches for the shelf.",
        "confidence": 0.8,
        "box": None,
        **values,
    }


def observation(
    start: datetime, area: str = "gross_motor", level: str = "practising", title: str = "Walks alone"
) -> dict[str, Any]:
    """An observation of development as a study's result has it."""
    return {
        "at_utc": iso(start),
        "area": area,
        "level": level,
        "title": title,
        "evidence": "Takes six steps from the sofa to the mat without holding on.",
    }


def doing(start: datetime, end: datetime, what: str) -> dict[str, Any]:
    """An activity as a study's result has it."""
    return {"start_utc": iso(start), "end_utc": iso(end), "what": what}
