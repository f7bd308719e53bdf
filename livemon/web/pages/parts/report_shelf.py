"""The shelf of daily reports: the chosen day's as it is, having one made, and the list of all.

The content of a report lives in reports/; its automatic making in jobs/scheduler.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from livemon.jobs.report_requests import ReportRun
from livemon.web.api.guard import API_ROOT
from livemon.web.i18n.language import short_day, tr, tr_said
from livemon.web.pages.shell import icons

API = API_ROOT.lstrip("/")
LISTED = 31

SANDBOX = "allow-same-origin allow-popups allow-downloads"
"""A report in a frame runs no script; without its own origin browsers would not play its clips."""

STYLES = """
.quiet { opacity: .76; font-size: 13px; }
.empty { padding: 22px 12px; text-align: center; }
.empty b { display: block; font-size: 16px; margin-bottom: 4px; }
.error { border-left: 3px solid #b42318; padding: 2px 0 2px 10px; margin: 6px 0; overflow-wrap: anywhere; }
progress { width: 100%; height: 8px; }
iframe { width: 100%; height: min(72vh, 900px); border: 1px solid color-mix(in srgb, currentColor 18%, transparent);
  border-radius: 10px; background: #fff; display: block; }
a { color: var(--mui-palette-primary-main, #3448c5); }
.links { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 6px 0 8px; font-size: 14px; }
details { margin-top: 10px; font-size: 14px; }
summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
table { width: 100%; border-collapse: collapse; }
td { padding: 7px 6px; vertical-align: top; }
tr + tr td { border-top: 1px solid color-mix(in srgb, currentColor 13%, transparent); }
tr[aria-current] { background: color-mix(in srgb, currentColor 7%, transparent); }
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.files { white-space: nowrap; text-align: right; }
.text { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
@media (max-width: 700px) { .text { display: none; } }
"""


@dataclass(frozen=True, slots=True)
class ShelfReading:
    """The camera's reports, the newest day first, and the progress of the chosen day's while it is made."""

    camera_id: str
    day: date
    is_over: bool
    is_to_come: bool
    reports: pd.DataFrame
    run: ReportRun | None
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class DrawnShelf:
    """View of the shelf: the button's word, its lock and visibility, and HTML."""

    make: str
    is_making: bool
    may_make: bool
    progress: str
    preview: str
    list: str


class ReportShelf(pn.viewable.Viewer):
    """Report of the chosen day and list of all; `show` brings it up to date.

    Parameters
    ----------
    on_make
        Called when a person wants the chosen day's report made.
    """

    def __init__(self, on_make: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._wanted = on_make
        self._make = pmui.Button(label=tr("day.make_report"), icon=icons.REPORT, size="small", margin=(6, 5))
        self._make.on_click(self._on_make)
        self._progress = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")
        self._preview = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")
        self._list = pn.pane.HTML("", stylesheets=[STYLES], sizing_mode="stretch_width")

    def __panel__(self) -> pn.viewable.Viewable:
        parts = (self._make, self._progress, self._preview, self._list)
        return pn.Column(*parts, sizing_mode="stretch_width", margin=0)

    def show(self, drawn: DrawnShelf) -> None:
        """Show the drawing; unchanged parts are not sent, so that a preview stays where it was scrolled to."""
        if (self._make.label, self._make.disabled) != (drawn.make, drawn.is_making):
            self._make.param.update(label=drawn.make, disabled=drawn.is_making)
        if self._make.visible != drawn.may_make:
            self._make.visible = drawn.may_make
        _show(self._progress, drawn.progress)
        _show(self._preview, drawn.preview)
        _show(self._list, drawn.list)

    async def _on_make(self, _event: Any) -> None:
        self._make.disabled = True
        await self._wanted()


def draw_shelf(reading: ShelfReading, *, may_make: bool) -> DrawnShelf:
    """Return the drawing of the shelf; takes some milliseconds."""
    mine = reading.reports[reading.reports["report_date"] == reading.day]
    newest = mine.sort_values("created_utc").to_dict("records")[-1] if len(mine) else None
    running = reading.run is not None and not reading.run.is_done
    return DrawnShelf(
        make=tr("day.make_again") if newest else tr("day.make_report"),
        is_making=running or reading.is_to_come,
        may_make=may_make,
        progress=progress_html(reading.run),
        preview=preview_html(reading, newest),
        list=list_html(reading),
    )


def progress_html(run: ReportRun | None) -> str:
    """Return the progress of a report, or the reason why it failed."""
    if run is None or (run.is_done and not run.error):
        return ""
    if run.is_done:
        return (
            f"<div class='error' role='alert'><b>{tr('day.report_was_not_made')}</b> {escape(tr_said(run.error))}</div>"
        )
    return (
        f"<div role='status'><progress max='1' value='{run.fraction:.3f}' aria-label='{tr('day.progress_report')}'>"
        f"</progress><div class='quiet'>{tr('day.making_report')}: {escape(tr_said(run.words))}</div></div>"
    )


def preview_html(reading: ShelfReading, report: dict[Any, Any] | None) -> str:
    """Return the report of the day to look at, with its files; in a frame that may do nothing."""
    if report is None:
        if reading.is_to_come:
            why = tr("day.day_still_to_come")
        elif reading.is_over:
            why = tr("day.one_made_each_day")
        else:
            why = tr("day.made_by_itself_after")
        return f"<div class='empty'><b>{tr('day.no_report_day')}</b>{why}</div>"
    made: datetime = report["created_utc"].to_pydatetime()
    # A report that was made again has the same name.
    source = f"{_file(reading.camera_id, report['report_path'])}?{urlencode({'made': made.isoformat()})}"
    waiting = int(report["windows_waiting"])
    note = " " + tr("day.was_made_while_windows", n=waiting) if waiting else ""
    return (
        f"<div class='quiet'>{tr('day.made', time=_moment(made.astimezone(reading.zone)))}{note}</div>"
        f"<div class='links'>{_links(reading.camera_id, report)}</div>"
        f"<iframe title='{tr('day.daily_report')} {reading.day}' sandbox='{SANDBOX}' loading='lazy'"
        f" src='{escape(source, quote=True)}'></iframe>"
    )


def _moment(local: datetime) -> str:
    return f"{short_day(local)} {local.year} {local:%H:%M}"


def list_html(reading: ShelfReading) -> str:
    """Return the camera's reports as a list; each day leads to its page."""
    if not len(reading.reports):
        return ""
    rows = "".join(_row(reading, report) for report in reading.reports.to_dict("records"))
    summary = f"{tr('day.all_reports')} ({len(reading.reports)})"
    return f"<details open><summary>{summary}</summary><table>{rows}</table></details>"


def _row(reading: ShelfReading, report: dict[Any, Any]) -> str:
    day: date = report["report_date"]
    address = f"?{urlencode({'camera': reading.camera_id, 'date': day.isoformat()})}"
    here = " aria-current='date'" if day == reading.day else ""
    score = report["average_safety_score"]
    scored = tr("page.score_not_known") if pd.isna(score) else tr("day.score", score=f"{score:.0f}")
    return (
        f"<tr{here}><td><a href='{escape(address, quote=True)}'>{short_day(day)} {day.year}</a>"
        f"<div class='quiet'>{scored}, {escape(report['language'])}</div></td>"
        f"<td><div class='text'>{escape(report['summary'])}</div></td>"
        f"<td class='files'>{_links(reading.camera_id, report, short=True)}</td></tr>"
    )


def _links(camera_id: str, report: dict[Any, Any], *, short: bool = False) -> str:
    """Return the links to a report's files, opened or taken home."""
    html = escape(_file(camera_id, report["report_path"]), quote=True)
    links = [] if short else [f"<a href='{html}' target='_blank' rel='noopener'>{tr('day.open')}</a>"]
    links.append(f"<a href='{html}?download=1'>{'HTML' if short else tr('day.download_html')}</a>")
    if report["pdf_path"]:
        pdf = escape(_file(camera_id, report["pdf_path"]), quote=True)
        links.append(f"<a href='{pdf}?download=1'>{'PDF' if short else tr('day.download_pdf')}</a>")
    return " ".join(links)


def _file(camera_id: str, path: str) -> str:
    """Return the address of a report's file, relative to the page, so that a path prefix works."""
    return f"{API}/daily-reports/{camera_id}/files/{path.partition('/reports/')[2]}"


def _show(pane: pn.pane.HTML, html: str) -> None:
    if pane.object != html:
        pane.object = html
