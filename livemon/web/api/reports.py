"""Daily reports: the day in numbers, the reports that were made of it, their files, and having one made."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from livemon.base.clock import local_day
from livemon.base.datatypes import Language
from livemon.base.errors import NotAllowed
from livemon.base.messages.catalog import told
from livemon.base.roles import Proof, Role
from livemon.jobs.report_requests import ReportRun
from livemon.reports.facts.day import Day
from livemon.reports.making.files import files_of
from livemon.web.api import derived_answers as answers
from livemon.web.api.base import ApiHandler, BadRequest, NotThere
from livemon.web.api.json import before, next_page, record, records
from livemon.web.api.media import CONTENT_TYPES, MediaHandler
from livemon.web.api.operation import Cursor, Limit, RequestModel, operation
from livemon.web.api.operation import Day as LocalDay

TYPES = {**CONTENT_TYPES, ".html": "text/html; charset=utf-8", ".pdf": "application/pdf"}
NOTEBOOK = ".ipynb"
TYPES[NOTEBOOK] = "application/x-ipynb+json"

DAY_VALUES = (
    *("camera_id", "camera_name", "date", "start_utc", "end_utc", "now", "is_over", "length_s"),
    *("recorded_s", "analysed_s", "nothing_recorded", "average_safety_score", "lowest_safety_score"),
    *("incident_count", "event_count", "looks_ok", "looks_failed", "cost_usd", "calls_of_unknown_cost"),
)
DAY_TABLES = ("windows", "hours", "gaps", "incidents", "development", "activities", "costs")

REPORT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; media-src 'self'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-downloads"
)
"""A report shows what a model wrote: whatever that is, it runs nothing and loads nothing from elsewhere. It keeps our
origin, so that browsers send the login along when it plays its clips; without scripts that gives it nothing."""


class OfDayQuery(RequestModel):
    """Day of a report, by a clock's time zone."""

    date: LocalDay | None = None
    timezone: str = Field("", max_length=64, description="IANA zone; the setting's when not given.")


class ReportQuery(RequestModel):
    """Choice of a report."""

    date: LocalDay
    timezone: str = Field("", max_length=64, description="IANA zone; the setting's when not given.")
    language: Language | None = None


class ReportsQuery(RequestModel):
    """Filter of reports."""

    limit: Limit = 100
    cursor: Cursor = None


class FileQuery(RequestModel):
    """Form of the answer with a file."""

    download: str = Field("", max_length=10, description="Anything: to be kept instead of shown.")
    made: str = Field("", max_length=40, description="When it was made: a browser asks anew for another.")


class _ReportHandler(ApiHandler):
    def may_read_notebooks(self, camera_id: str) -> bool:
        """Whether the caller may have notebooks, which name folders of the server: an operator, and no link."""
        who = self.identity
        return who is not None and who.proof is not Proof.LINK and who.may(Role.OPERATOR, camera_id)


class _Reports(_ReportHandler):
    def link(self, camera_id: str, path: str) -> str | None:
        """Return the address of a report's file, as a row names it; None when there is none."""
        name = path.partition("/reports/")[2]
        return self.absolute_url(f"daily-reports/{camera_id}/files/{name}") if name else None

    def told(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a report's row with addresses in the place of paths. Blocks briefly."""
        camera_id = row["camera_id"]
        files = files_of(self.monitor.settings.data_dir / row["report_path"], row["language"])
        clips = sorted(path.name for path in (files.folder / files.clips).glob("*.mp4"))
        paths = {name: row.pop(column) for column, name in answers.REPORT_FILES.items()}
        if not self.may_read_notebooks(camera_id):
            paths = {name: "" if str(path).endswith(NOTEBOOK) else path for name, path in paths.items()}
        return {
            **record(row),
            **{name: self.link(camera_id, path) for name, path in paths.items()},
            "clip_urls": [self.link(camera_id, f"/reports/{files.clips}/{name}") for name in clips],
        }

    def asked(self) -> tuple[date, str, str]:
        """Return the query's day, zone and language; ConfigError when there is no such zone."""
        query = self.query(ReportQuery)
        self.monitor.settings.zone_named(query.timezone)
        return query.date, query.timezone, query.language or ""


class DailyReportHandler(_Reports):
    """/daily-report/{camera_id}."""

    @operation("The report of a day", Role.VIEWER, query=ReportQuery, answer=answers.WholeReport)
    async def get(self, camera_id: str) -> None:
        """Answer with the report of a day; whether one is being made, how far it is, and why the last try failed."""
        self.monitor.camera(camera_id)
        day, zone, language = self.asked()

        def read() -> dict[str, Any] | None:
            row = self.monitor.report(camera_id, day, zone or None, language or None)
            return None if row is None else self.told(row)

        found = await self.blocking(read)
        run = self.monitor.report_requests.of(camera_id, day, zone, language)
        if found is None and (run is None or run.is_done):
            if run is not None and run.error:
                raise NotThere("api.report_failed", camera=camera_id, day=day, reason=run.error)
            raise NotThere("api.no_report", camera=camera_id, day=day)
        self.tell(answers.WholeReport, {**(found or {}), **_progress(run, self.language)})

    @operation(
        "Make the report of a day",
        Role.OPERATOR,
        query=ReportQuery,
        answer=answers.ReportAsked,
        status=HTTPStatus.ACCEPTED,
    )
    async def post(self, camera_id: str) -> None:
        """Have the report made, or made again; the answer does not wait for it. Harmless while it is being made."""
        self.monitor.camera(camera_id)
        day, zone, language = self.asked()
        today = local_day(self.monitor.clock.now(), self.monitor.settings.zone_named(zone))[0]
        if day > today:
            raise BadRequest("api.day_to_come", day=day)
        run = self.monitor.report_requests.start(camera_id, day, timezone=zone, language=language)
        self.set_status(HTTPStatus.ACCEPTED)
        self.tell(
            answers.ReportAsked,
            {"camera_id": camera_id, "report_date": day.isoformat(), **_progress(run, self.language)},
        )


class DailyReportsHandler(_Reports):
    """/daily-reports/{camera_id}/list."""

    @operation("Reports, the newest day first", Role.VIEWER, query=ReportsQuery, answer=answers.Reports)
    async def get(self, camera_id: str) -> None:
        """Answer with the camera's reports."""
        asked = self.query(ReportsQuery)

        def read() -> dict[str, Any]:
            found = self.monitor.reports(camera_id, asked.limit + 1, before=before_date(asked.cursor))
            # The pages are cut between days: those of one day are in several languages, of several zones.
            days = pd.to_datetime(found["report_date"], utc=True)
            page, cursor = next_page(found.assign(day=days), asked.limit, "day")
            rows = [self.told(dict(row)) for row in page.drop(columns="day").to_dict("records")]  # type: ignore[arg-type]
            return {"reports": rows, "next_cursor": cursor}

        self.tell(answers.Reports, await self.blocking(read))


class ReportFilesHandler(_ReportHandler, MediaHandler):
    """/daily-reports/{camera_id}/files/{path}: a report's HTML, PDF, notebook and clips."""

    media = "*/*"

    @operation("A report's file, with range requests", Role.VIEWER, query=FileQuery, media="application/octet-stream")
    async def get(self, camera_id: str, name: str, include_body: bool = True) -> None:  # type: ignore[override]
        """Answer with the file; a notebook only to operators of the camera."""
        if name.endswith(NOTEBOOK) and not self.may_read_notebooks(camera_id):
            raise NotAllowed("api.notebook_not_allowed")
        await self.send_file(camera_id, name, include_body)

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
    """/day/{camera_id}."""

    @operation("A local day", Role.VIEWER, query=OfDayQuery, answer=answers.DayTold)
    async def get(self, camera_id: str) -> None:
        """Answer with what the day's page shows, of today by default: windows and states, hours, gaps, incidents."""
        asked = self.query(OfDayQuery)
        day = await self.blocking(self.monitor.day, camera_id, asked.date, asked.timezone)
        self.tell(answers.DayTold, await self.blocking(_day, day))


def before_date(cursor: int | None) -> date | None:
    """Return the day that the reports of a page lie before."""
    at = before(cursor, None)
    return None if at is None else at.date()


def _progress(run: ReportRun | None, language: str) -> dict[str, Any]:
    if run is None:
        return {"being_made": False, "progress": None, "doing": "", "error": ""}
    doing = "" if run.is_done else told(run.words, language)
    return {"being_made": not run.is_done, "progress": run.fraction, "doing": doing, "error": told(run.error, language)}


def _day(day: Day) -> dict[str, Any]:
    return {
        **record({name: getattr(day, name) for name in DAY_VALUES}),
        "timezone": day.zone.key,
        "windows_by_state": {state.value: count for state, count in day.window_counts.items()},
        **{name: records(getattr(day, name)) for name in DAY_TABLES},
    }
