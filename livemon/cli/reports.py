"""The command line of analyses and reports: `livemon analyze`, `livemon report`.

Arguments in, sentences out; the work is done in jobs/backfill.py and jobs/report_jobs.py. Exit codes: 0 done, 1 not all
was done, which is said in sentences, 2 wrong arguments.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Coroutine
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from livemon.base.clock import SystemClock, local_day, require_utc
from livemon.base.errors import ConfigError, LivemonError, UnknownCamera
from livemon.base.messages.message import Told, message
from livemon.base.settings.settings import Settings, load_settings
from livemon.cli.common import ConfigOption, opened, sentences
from livemon.cli.language import fail, say, told, warn

if TYPE_CHECKING:
    from livemon.jobs.backfill import Plan, Progress
    from livemon.monitor.monitor import Monitor

T = TypeVar("T")

STEPS = 1000
"""Of the progress bar of a report."""

CameraOption = Annotated[str | None, typer.Option("--camera", help=told("cli.help_only_camera_all"))]


def analyze(
    camera: CameraOption = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help=told("cli.help_from_when_2026")),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help=told("cli.help_until_when_now"))] = None,
    prompt: Annotated[str, typer.Option("--prompt", help=told("cli.help_study_prompt_windows"))] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help=told("cli.help_do_not_ask"))] = False,
    config: ConfigOption = None,
) -> None:
    """Study recorded windows that were not studied, or could not be: says first what it will cost.

    Stopped and begun again it goes on where it was.
    """
    from livemon.monitor.monitor import Monitor

    with sentences():
        settings = load_settings(config)
        cameras = _cameras(settings, camera)
        now = SystemClock().now()
        begin = _moment(since, "--since", settings) if since else now - timedelta(days=1)
        end = _moment(until, "--until", settings) if until else now
        with Monitor(settings) as monitor:
            plans = [monitor.backfill.plan(camera_id, begin, end, prompt) for camera_id in cameras]
            for plan in plans:
                typer.echo(plan)
            plans = [plan for plan in plans if plan.windows]
            if not plans:
                return
            if not yes and any(plan.cost_usd != 0 for plan in plans) and not typer.confirm(told("cli.go_on")):
                raise typer.Exit(1)
            studied = [_study(monitor, plan) for plan in plans]
            if not all(studied):
                raise typer.Exit(1)


def report(
    camera: CameraOption = None,
    day: Annotated[str | None, typer.Option("--date", help=told("cli.help_which_local_day"))] = None,
    language: Annotated[str, typer.Option("--language", help=told("cli.help_en_ko_instead"))] = "",
    timezone: Annotated[str, typer.Option("--timezone", help=told("cli.help_iana_zone_day"))] = "",
    config: ConfigOption = None,
) -> None:
    """Make the report of a day, or make it again; fit for cron and systemd (docs/reports.md)."""
    from livemon.jobs.report_jobs import ReportJobs
    from livemon.reports.making.reporter import DailyReporter
    from livemon.store import writes

    failed = False
    with opened(config) as (settings, database):
        clock = SystemClock()
        cameras = _cameras(settings, camera)
        writes.add_missing_cameras(database, {one: settings.cameras[one].name or one for one in cameras}, clock.now())
        today, _, _ = local_day(clock.now(), settings.zone_named(timezone))
        wanted_day = _day(day) if day else today - timedelta(days=1)
        report_jobs = ReportJobs(settings, database, clock, DailyReporter(settings, database, clock))
        for camera_id in cameras:
            wanted = report_jobs.wanted(camera_id, wanted_day, timezone, language)
            with typer.progressbar(length=STEPS, label=f"{camera_id}: {wanted_day}") as bar:

                def show(done: float, _what: Told) -> None:
                    bar.update(max(0, round(done * STEPS) - bar.pos))

                try:
                    made = asyncio.run(_stopped_by_sigterm(report_jobs.make(wanted, show)))
                except asyncio.CancelledError:
                    typer.echo()
                    fail(message("cli.report_stopped"))
                    raise typer.Exit(1) from None
                except LivemonError as exc:
                    # The other cameras' reports are made all the same.
                    failed = True
                    made = None
                    reason = exc.said
            if made is None:
                fail(message("cli.report_failed", camera=camera_id, reason=reason))
                continue
            typer.echo(made.report_path)
            if made.pdf_path is not None:
                typer.echo(made.pdf_path)
            if made.no_pdf:
                warn(message("cli.no_pdf", camera=camera_id, reason=made.no_pdf))
    if failed:
        raise typer.Exit(1)


async def _stopped_by_sigterm(making: Coroutine[Any, Any, T]) -> T:
    """Stop cleanly when systemd says so, as on Ctrl-C: nothing is left running, and the next try need not wait."""
    task = asyncio.ensure_future(making)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _study(monitor: Monitor, plan: Plan) -> bool:
    """Study a plan's windows with a progress bar; whether all were studied."""
    with typer.progressbar(length=len(plan.windows), label=plan.camera_id) as bar:

        def show(progress: Progress) -> None:
            bar.update(progress.taken_up - bar.pos)

        try:
            progress = monitor.backfill.run(plan, show)
        except KeyboardInterrupt:
            typer.echo()
            say("cli.studies_stopped")
            raise typer.Exit(1) from None
    say("cli.windows_studied", completed=progress.completed)
    for reason, count in Counter(progress.reasons.values()).most_common():
        warn(message("cli.windows_not_studied", count=count, reason=reason))
    if progress.stopped:
        left = progress.total - progress.taken_up
        fail(message("cli.studies_given_up", left=left))
    return progress.completed == progress.total


def _cameras(settings: Settings, camera: str | None) -> list[str]:
    if camera is not None and camera not in settings.cameras:
        raise UnknownCamera(camera, sorted(settings.cameras))
    return [camera] if camera else list(settings.cameras)


def _moment(text: str, option: str, settings: Settings) -> datetime:
    """Return a time that a person wrote; without an offset it is in the settings' zone."""
    try:
        at = datetime.fromisoformat(text)
        return require_utc(at.replace(tzinfo=settings.zone_named()) if at.tzinfo is None else at)
    except (ValueError, OverflowError) as exc:
        raise ConfigError("cli.wrong_time", option=option, text=text) from exc


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise ConfigError("cli.wrong_day", text=text) from exc
