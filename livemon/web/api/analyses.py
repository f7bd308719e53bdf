"""Endpoints of analyses: those of windows and hours, and the files that they are of."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pandas as pd

from livemon.base.clock import WINDOW, Window, floor_to, iso, local_day, require_utc
from livemon.base.roles import Role
from livemon.reports.facts.day import day_bounds
from livemon.store.hours import HOUR
from livemon.store.tables.work_status import WorkStatus
from livemon.web.api import derived_answers as answers
from livemon.web.api.base import ApiHandler, BadRequest, NotThere
from livemon.web.api.json import before, next_page, record, records
from livemon.web.api.operation import Cursor, Day, Limit, Looked, Moment, RequestModel, operation

MOST = 1000
PARTS = ("incidents", "development", "activities")
"""Of an analysis' result."""

NAME = "2026-11-22T14:10:00Z"


class WhenQuery(RequestModel):
    """When: a local day, or from one time to another."""

    date: Day | None = None
    since: Moment | None = None
    until: Moment | None = None


class HoursQuery(WhenQuery):
    """Filter of hours."""

    limit: Limit = 168
    cursor: Cursor = None


class AnalysesQuery(WhenQuery):
    """Filter of analyses."""

    status: WorkStatus | None = None
    text: Looked = None
    limit: Limit = 144
    cursor: Cursor = None


class _Analyses(ApiHandler):
    def between(self, asked: WhenQuery) -> tuple[datetime | None, datetime | None]:
        """Return the query's `date`, or its `since` and `until`, as times; None is without end."""
        if asked.date is None:
            return asked.since, asked.until
        if asked.since or asked.until:
            raise BadRequest("api.date_and_since")
        return day_bounds(asked.date, self.monitor.settings.zone_named())

    def today(self) -> tuple[datetime, datetime]:
        """Return when today begins and ends, in the settings' zone."""
        _, start, end = local_day(self.monitor.clock.now(), self.monitor.settings.zone_named())
        return start, end

    def windows(self, camera_id: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return analyses as the API tells them: the result in parts, and where the footage is. Blocks briefly."""
        starts = [row["window_start_utc"].to_pydatetime() for row in rows]
        files: dict[datetime, list[str]] = {}
        if starts:
            found = self.monitor.archives(camera_id, MOST, since=min(starts), until=max(starts) + WINDOW)
            for file in found.iloc[::-1].to_dict("records"):
                files.setdefault(file["window_start_utc"], []).append(self._video(camera_id, file["path"]))
        return [self._window(row, files.get(row["window_start_utc"], [])) for row in rows]

    def file(self, camera_id: str, row: dict[Any, Any], analyses: dict[datetime, dict[Any, Any]]) -> dict[str, Any]:
        """Return an archive's file with what its window's analysis says."""
        study = analyses.get(row["window_start_utc"], {})
        kept = ("camera_id", "window_start_utc", "start_utc", "end_utc", "bytes", "frames", "coverage_s", "gaps")
        return record(
            {
                "name": Path(row["path"]).name,
                **{name: row[name] for name in kept},
                "url": self._video(camera_id, row["path"]),
                "status": study.get("status"),
                "safety_score": study.get("safety_score"),
                "incident_count": study.get("incident_count"),
            }
        )

    def files(self, camera_id: str, since: datetime | None, until: datetime | None) -> list[dict[str, Any]]:
        """Return the ten-minute files of a time, newest first. Blocks briefly."""
        found = self.monitor.archives(camera_id, MOST, since=since, until=until)
        studies = self.monitor.segment_analyses(camera_id, since=since, until=until, limit=MOST)
        by_window = {row["window_start_utc"]: row for row in studies.to_dict("records")}
        return [self.file(camera_id, row, by_window) for row in found.to_dict("records")]

    def _window(self, row: dict[str, Any], videos: list[str]) -> dict[str, Any]:
        result = row.pop("analysis_result", None)
        parts = result if isinstance(result, dict) else {}
        end = row["window_start_utc"] + WINDOW
        return record({**row, "window_end_utc": end, **{p: parts.get(p, []) for p in PARTS}, "video_urls": videos})

    def _video(self, camera_id: str, path: str) -> str:
        return self.absolute_url(f"archives/{camera_id}/{Path(path).name}")


class SegmentAnalysesHandler(_Analyses):
    """/segment-analyses/{camera_id}."""

    @operation("Analyses of windows, newest first", Role.VIEWER, query=AnalysesQuery, answer=answers.SegmentAnalyses)
    async def get(self, camera_id: str) -> None:
        """Answer with the analyses of the camera's windows."""
        asked = self.query(AnalysesQuery)
        since, until = self.between(asked)
        until = before(asked.cursor, until)

        def read() -> dict[str, Any]:
            found = self.monitor.segment_analyses(
                camera_id,
                since=since,
                until=until,
                status=asked.status,
                text=asked.text,
                limit=asked.limit + 1,
                language=self.language,
            )
            page, cursor = next_page(found, asked.limit, "window_start_utc")
            rows = self.windows(camera_id, [dict(row) for row in page.to_dict("records")])  # type: ignore[arg-type]
            return {"segment_analyses": rows, "next_cursor": cursor}

        self.tell(answers.SegmentAnalyses, await self.blocking(read))


class OneSegmentAnalysisHandler(_Analyses):
    """/segment-analyses/{camera_id}/{window}."""

    @operation("One window's analysis", Role.VIEWER, answer=answers.WholeSegmentAnalysis)
    async def get(self, camera_id: str, name: str) -> None:
        """Answer with everything that is kept of one window's analysis."""
        window = window_named(name)

        def read() -> dict[str, Any] | None:
            found = self.monitor.segment_analysis(camera_id, window.start_utc)
            if found is None:
                return None
            return self.windows(camera_id, [found | {"window_start_utc": pd.Timestamp(window.start_utc)}])[0]

        answer = await self.blocking(read)
        if answer is None:
            raise NotThere("api.no_analysis", camera=camera_id, start_utc=iso(window.start_utc), name=name)
        self.tell(answers.WholeSegmentAnalysis, answer)


class RetryAnalysisHandler(ApiHandler):
    """/segment-analyses/{camera_id}/{window}/retry."""

    @operation("Analyse a window again", Role.OPERATOR, answer=answers.Retried, status=HTTPStatus.ACCEPTED)
    async def post(self, camera_id: str, name: str) -> None:
        """Have a window analysed soon, whatever became of it before; the answer does not wait for it."""
        window = window_named(name)
        await self.blocking(self.monitor.backfill.retry, camera_id, window.start_utc)
        self.set_status(HTTPStatus.ACCEPTED)
        answer = {"camera_id": camera_id, "window_start_utc": iso(window.start_utc), "status": WorkStatus.PENDING}
        self.tell(answers.Retried, answer)


class HourlyAnalysesHandler(_Analyses):
    """/hourly-analyses/{camera_id}."""

    @operation("Hours, newest first", Role.VIEWER, query=HoursQuery, answer=answers.Hours)
    async def get(self, camera_id: str) -> None:
        """Answer with the camera's hours."""
        asked = self.query(HoursQuery)
        since, until = self.between(asked)
        until = before(asked.cursor, until)
        found = await self.blocking(
            self.monitor.hourly_analyses, camera_id, since=since, until=until, limit=asked.limit + 1
        )
        page, cursor = next_page(found, asked.limit, "hour_start_utc")
        self.tell(answers.Hours, {"hourly_analyses": records(page), "next_cursor": cursor})


class SegmentFilesHandler(_Analyses):
    """/list-segment-files/{camera_id}."""

    @operation("Ten-minute files, newest first", Role.VIEWER, query=WhenQuery, answer=answers.Files)
    async def get(self, camera_id: str) -> None:
        """Answer with the ten-minute files of a time, newest first; of today when the query does not say."""
        since, until = self.between(self.query(WhenQuery))
        if since is None and until is None:
            since, until = self.today()
        self.tell(answers.Files, {"files": await self.blocking(self.files, camera_id, since, until)})


class HourlyFilesHandler(_Analyses):
    """/list-hourly-files/{camera_id}."""

    @operation("Ten-minute files by the hour", Role.VIEWER, query=WhenQuery, answer=answers.HourlyFiles)
    async def get(self, camera_id: str) -> None:
        """Answer with the same files by the hour, each with what is known of the hour; null when that is nothing."""
        since, until = self.between(self.query(WhenQuery))
        if since is None and until is None:
            since, until = self.today()

        def read() -> list[dict[str, Any]]:
            hours: dict[datetime, list[dict[str, Any]]] = {}
            for file in self.files(camera_id, since, until):
                at = floor_to(datetime.fromisoformat(file["window_start_utc"]), HOUR)
                hours.setdefault(at, []).append(file)
            first = None if since is None else floor_to(since, HOUR)
            found = self.monitor.hourly_analyses(camera_id, since=first, until=until, limit=MOST)
            known = {row["hour_start_utc"]: record(row) for row in found.to_dict("records")}
            return [
                {
                    "hour_start_utc": iso(at),
                    "hour_end_utc": iso(at + HOUR),
                    "bytes": sum(file["bytes"] for file in files),
                    "coverage_s": sum(file["coverage_s"] for file in files),
                    "analysis": known.get(pd.Timestamp(at)),
                    "files": files,
                }
                for at, files in hours.items()
            ]

        self.tell(answers.HourlyFiles, {"hours": await self.blocking(read)})


def window_named(name: str) -> Window:
    """Return the window that a route names by its beginning.

    Raises
    ------
    BadRequest
        When it is not a time with an offset, or not on a ten-minute mark.
    """
    try:
        return Window(require_utc(datetime.fromisoformat(name)))
    except (ValueError, OverflowError) as exc:
        raise BadRequest("api.no_window", name=name) from exc
