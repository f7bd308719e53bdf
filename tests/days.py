"""A day in the database, made in a moment: archives, analyses, events and reports, with as much as a test wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from livemon.base.clock import WINDOW, Window, iso
from livemon.base.datatypes import Archive
from livemon.monitor.monitor import Monitor
from livemon.store import archives, reports
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.stream.files.archive import archive_name

CAM = "camera-1"
DAY = date(2026, 11, 22)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of the day."""
    return MIDNIGHT + timedelta(hours=hour, minutes=minute, seconds=second)


def incident(start: datetime, severity: str = "warning", title: str = "Climbed the sofa") -> dict[str, Any]:
    """An incident as a study's result has it."""
    return {
        "start_utc": iso(start),
        "end_utc": iso(start + timedelta(seconds=5)),
        "kind": "climbing",
        "severity": severity,
        "title": title,
        "evidence": "Stood on the back of the sofa.",
        "confidence": 0.8,
        "box": None,
    }


def archive(monitor: Monitor, start: datetime, path: Path | None = None, coverage_s: float = 600.0) -> Path:
    """Write the row of a window's archive; the file, too, when one is given."""
    folder = monitor.settings.camera_dir(CAM) / "archive"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / archive_name(Window(start))
    if path is not None:
        file.write_bytes(path.read_bytes())
    made = Archive(CAM, start, start, start + timedelta(seconds=coverage_s), file, 3000, 1000, "0" * 64, coverage_s, ())
    archives.add_archive(monitor.database, made, monitor.settings.data_dir)
    return file


def analysis(
    monitor: Monitor,
    start: datetime,
    status: str = "completed",
    *,
    score: float | None = 100.0,
    incidents: Sequence[Mapping[str, Any]] = (),
    **values: Any,
) -> None:
    """Write the row of a window's analysis."""
    row: dict[str, Any] = {"camera_id": CAM, "window_start_utc": start, "status": status, "attempts": 1, "error": ""}
    if status == "completed":
        row |= {
            "safety_score": score,
            "incident_count": len(incidents) if score is not None else None,
            "summary": "Played on the mat.",
            "analysis_result": {
                "incidents": list(incidents),
                "development": [
                    {
                        "at_utc": iso(start + timedelta(seconds=30)),
                        "area": "gross_motor",
                        "level": "emerging",
                        "title": "Pulls up to stand",
                        "evidence": "Held the sofa and stood.",
                    }
                ],
                "activities": [
                    {"start_utc": iso(start), "end_utc": iso(start + WINDOW), "what": "Playing with blocks"}
                ],
            },
            "coverage_s": 600.0,
            "model": "paid-1",
            "prompt_version": "abcdef0123456789",
            "cost_usd": 0.002,
        }
    with monitor.database.writing() as session:
        session.add(SegmentAnalysis(**(row | values)))


def report(monitor: Monitor, day: date = DAY, language: str = "en", text: str = "<h1>A quiet day</h1>") -> Path:
    """Write a report's files and its row; returns the HTML."""
    folder = monitor.settings.camera_dir(CAM) / "reports"
    (folder / day.isoformat()).mkdir(parents=True, exist_ok=True)
    (folder / day.isoformat() / "140210.mp4").write_bytes(b"0123456789")
    page = folder / f"{day}.{language}.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><title>Report</title>{text}", encoding="utf-8")
    for suffix in ("pdf", "ipynb"):
        page.with_suffix(f".{suffix}").write_bytes(b"%PDF-1.7" if suffix == "pdf" else b"{}")
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    paths = {f"{kind}_path": f"cameras/{CAM}/reports/{day}.{language}.{suffix}" for kind, suffix in FILES.items()}
    values: dict[str, Any] = {
        "camera_id": CAM,
        "report_date": day,
        "timezone": "UTC",
        "language": language,
        "start_utc": start,
        "end_utc": start + timedelta(days=1),
        "summary": "A quiet day.",
        "average_safety_score": 96.0,
        "lowest_safety_score": 88.0,
        "incident_count": 1,
        "event_count": 3,
        "hourly_summary": [],
        "timeline": [],
        "coverage": {},
        "coverage_s": 3600.0,
        "analysed_s": 3000.0,
        "windows_waiting": 0,
        "cost_usd": 0.03,
        "calls_of_unknown_cost": 0,
        "created_utc": start + timedelta(days=1, minutes=5),
    }
    reports.upsert_report(monitor.database, values | paths)
    return page


FILES = {"report": "html", "pdf": "pdf", "notebook": "ipynb"}
