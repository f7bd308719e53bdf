"""Daily reports: the day in numbers, the reports that were made of it, their files, and having one made."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any

from livemon.api.base import ApiHandler, BadRequest, NotThere
from livemon.api.media import CONTENT_TYPES, MediaHandler
from livemon.api.values import record, records
from livemon.clock import local_day
from livemon.datatypes import Language
from livemon.report_runs import ReportRun
from livemon.reports.day import Day

MOST = 1000
TYPES = {**CONTENT_TYPES, ".html": "text/html; charset=utf-8", ".pdf": "application/pdf"}
TYPES[".ipynb"] = "application/x-ipynb+json"

DAY_VALUES = (
    *("camera_id", "camera_name", "date", "start_utc", "end_utc", "now", "is_over", "length_s"),
    *("recorded_s", "analysed_s", "nothing_recorded", "average_safety_score", "lowest_safety_score"),
    *("incident_count", "event_count", "looks_ok", "looks_failed", "cost_usd", "calls_of_unknown_cost"),
)
DAY_TABLES = ("windows", "hours", "gaps", "incidents", "development", "activities", "costs")

REPORT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; media-src 'self'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-downloads"
)
"""A report shows what a model wrote: whatever that is, it runs nothing and loads nothing from elsewhere."""


class _Reports(ApiHandler):
    def link(self, camera_id: str, path: str) -> str | None:
        """Return the address of a report's file, as a row names it; None when there is none."""
        name = path.partition("/reports/")[2]
        return self.absolute_url(f"daily-reports/{camera_id}/files/{name}") if name else None

    def told(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a report's row with addresses in the place of paths. Blocks briefly."""
        camera_id, day = row["camera_id"], row["report_date"].isoformat()
        folder = self.monitor.settings.camera_dir(camera_id) / "reports" / day
        clips = sorted(path.name for path in folder.glob("*.mp4"))
        paths = {f"{kind}_url": row.pop(column) for kind, column in COLUMNS.items()}
        return {
            **record(row),
            **{name: self.link(camera_id, path) for name, path in paths.items()},
            "clip_urls": [self.link(camera_id, f"/reports/{day}/{name}") for name in clips],
        }

    def day(self) -> date:
        """Return the query's `date`, which must be there."""
        day = self.date_argument()
        if day is None:
            raise BadRequest("'date' is missing.", "Add date=2026-11-23.")
        return day

    def kind(self) -> tuple[str, str]:
        """Return the query's zone and language; ConfigError when there is no such zone."""
        zone = self.get_query_argument("timezone", "")
        self.monitor.settings.zone_named(zone)
        return zone, self.choice_argument("language", Language) or ""


COLUMNS = {"html": "report_path", "pdf": "pdf_path", "notebook": "notebook_path"}


class DailyReport(_Reports):
    """GET and POST /daily-report/{camera_id}?date=&language=&timezone=."""

    async def get(self, camera_id: str) -> None:
        """Answer with the report of a day; whether one is being made, how far it is, and why the last try failed."""
        self.monitor.camera(camera_id)
        day, (zone, language) = self.day(), self.kind()

        def read() -> dict[str, Any] | None:
            row = self.monitor.report(camera_id, day, zone or None, language or None)
            return None if row is None else self.told(row)

        found = await self.blocking(read)
        run = self.monitor.report_runs.of(camera_id, day, zone, language)
        if found is None and (run is None or run.is_done):
            failed = f" The last try failed: {run.error}" if run is not None and run.error else ""
            raise NotThere(
                f"There is no report of {camera_id} for {day}.{failed}",
                "POST to the same address has it made; one is made of each day by itself after midnight.",
            )
        self.write_json({**(found or {}), **_progress(run)})

    async def post(self, camera_id: str) -> None:
        """Have the report made, or made again; the answer does not wait for it. Harmless while it is being made."""
        self.monitor.camera(camera_id)
        day, (zone, language) = self.day(), self.kind()
        today = local_day(self.monitor.clock.now(), self.monitor.settings.zone_named(zone))[0]
        if day > today:
            raise BadRequest(f"{day} is still to come.", "A report can be made of a day that has begun.")
        run = self.monitor.report_runs.start(camera_id, day, timezone=zone, language=language)
        self.set_status(HTTPStatus.ACCEPTED)
        self.write_json({"camera_id": camera_id, "report_date": day.isoformat(), **_progress(run)})


class DailyReports(_Reports):
    """GET /daily-reports/{camera_id}/list?limit=."""

    async def get(self, camera_id: str) -> None:
        """Answer with the camera's reports, the newest day first."""
        limit = self.int_argument("limit", 1, MOST) or 100

        def read() -> list[dict[str, Any]]:
            return [self.told(dict(row)) for row in self.monitor.reports(camera_id, limit).to_dict("records")]  # type: ignore[arg-type]

        self.write_json({"reports": await self.blocking(read)})


class ReportFiles(MediaHandler):
    """GET /daily-reports/{camera_id}/files/{path}?download=: a report's HTML, PDF, notebook and clips."""

    def folder(self, camera_id: str) -> Path:
        """Return the camera's reports."""
        self.monitor.camera(camera_id)  # the id becomes a part of a path: only those of the settings may
        return self.monitor.settings.camera_dir(camera_id) / "reports"

    def get_content_type(self) -> str:
        """Return the type of a report's file."""
        return TYPES.get(Path(self.absolute_path or "").suffix, "application/octet-stream")

    def set_extra_headers(self, path: str) -> None:
        """Have it asked for again, because it may be made again; what is in it does nothing."""
        self.set_header("Cache-Control", "private, no-cache")
        if path.endswith(".html"):
            self.set_header("Content-Security-Policy", REPORT_POLICY)
        if self.get_query_argument("download", ""):
            name = f"livemon-{self.path_args[0]}-{Path(path).name}"
            self.set_header("Content-Disposition", f'attachment; filename="{name}"')


class DayHandler(ApiHandler):
    """GET /day/{camera_id}?date=&timezone=."""

    async def get(self, camera_id: str) -> None:
        """Answer with what the day's page shows, of today by default: windows and states, hours, gaps, incidents."""
        zone = self.get_query_argument("timezone", "")
        day = await self.blocking(self.monitor.day, camera_id, self.date_argument(), zone)
        self.write_json(await self.blocking(_day, day))


def _progress(run: ReportRun | None) -> dict[str, Any]:
    if run is None:
        return {"being_made": False, "progress": None, "doing": "", "error": ""}
    doing = "" if run.is_done else run.words
    return {"being_made": not run.is_done, "progress": run.fraction, "doing": doing, "error": run.error}


def _day(day: Day) -> dict[str, Any]:
    return {
        **record({name: getattr(day, name) for name in DAY_VALUES}),
        "timezone": day.zone.key,
        "windows_by_state": {state.value: count for state, count in day.window_counts.items()},
        **{name: records(getattr(day, name)) for name in DAY_TABLES},
    }
