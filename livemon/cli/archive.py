"""The command line of archives: `livemon archive verify | rebuild | pin | unpin`.

Arguments in, sentences out; the work is done in archive/camera_archive.py. All of it may be run beside `livemon serve`.
Exit codes: 0 all well or done, 1 something is wrong or could not be done, 2 wrong arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from livemon.base.clock import SystemClock, Window, iso, require_utc
from livemon.base.errors import LivemonError, UnknownCamera
from livemon.base.settings.settings import Settings
from livemon.cli.common import ConfigOption, opened
from livemon.cli.language import say, say_error, told

if TYPE_CHECKING:
    from livemon.archive.camera_archive import CameraArchive
    from livemon.store.session import Database

T = TypeVar("T")

app = typer.Typer(help=told("cli.help_check_rebuild_pin"), no_args_is_help=True)

CameraOption = Annotated[str | None, typer.Option("--camera", help=told("cli.help_only_camera_all"))]
OneCameraOption = Annotated[str, typer.Option("--camera", help=told("cli.help_whose_footage"))]
FromOption = Annotated[str, typer.Option("--from", help=told("cli.help_begin_its_zone"))]
ToOption = Annotated[str, typer.Option("--to", help=told("cli.help_end_its_zone"))]


@app.command(help=told("cli.command_archive_verify"))
def verify(
    config: ConfigOption = None,
    camera: CameraOption = None,
    deep: Annotated[bool, typer.Option("--deep", help=told("cli.help_also_read_decode"))] = False,
) -> None:
    """Compare archives with the database; says what `rebuild` would do."""
    with opened(config) as (settings, database):
        keepers = _keepers(settings, database, camera)
        found = [finding for keeper in keepers for finding in keeper.examine(deep=deep)]
        for finding in found:
            typer.echo(f"{finding}.")
        count = sum(keeper.count() for keeper in keepers)
        say("cli.archives_found" if found else "cli.archives_well", count=count, findings=len(found))
    if found:
        raise typer.Exit(1)


@app.command(help=told("cli.command_archive_rebuild"))
def rebuild(
    config: ConfigOption = None,
    camera: CameraOption = None,
    window: Annotated[str | None, typer.Option(help=told("cli.help_only_ten_minute"))] = None,
    deep: Annotated[bool, typer.Option("--deep", help=told("cli.help_also_mend_what"))] = False,
) -> None:
    """Make again what can be made from segments, give lost files their rows, drop rows whose footage is gone."""
    wanted = _window(window) if window else None
    all_done = True
    with opened(config) as (settings, database):
        for keeper in _keepers(settings, database, camera):
            if wanted is not None:
                all_done &= _say(keeper.remake, wanted)
                continue
            for finding in keeper.examine(deep=deep):
                all_done &= _say(keeper.mend, finding)
            for closed in keeper.waiting(SystemClock().now()):
                all_done &= _say(keeper.remake, closed)
    if not all_done:
        raise typer.Exit(1)
    say("cli.done")


@app.command(help=told("cli.command_archive_pin"))
def pin(camera: OneCameraOption, start: FromOption, end: ToOption, config: ConfigOption = None) -> None:
    """Keep archives from being deleted, however old they get and however full the disk."""
    _set_pinned(config, camera, start, end, pinned=True)


@app.command(help=told("cli.command_archive_unpin"))
def unpin(camera: OneCameraOption, start: FromOption, end: ToOption, config: ConfigOption = None) -> None:
    """Let archives be deleted when their time has come."""
    _set_pinned(config, camera, start, end, pinned=False)


def _say(do: Callable[[T], str], what: T) -> bool:
    """Do one thing and say what came of it; returns whether it could be done."""
    try:
        typer.echo(do(what))
    except LivemonError as exc:
        say_error(exc)
        return False
    return True


def _set_pinned(config: Path | None, camera: str, start: str, end: str, *, pinned: bool) -> None:
    from livemon.store import archives

    start_utc, end_utc = _moment(start), _moment(end)
    if start_utc >= end_utc:
        raise typer.BadParameter(told("cli.from_after_to"))
    with opened(config) as (settings, database):
        _keepers(settings, database, camera)
        count = archives.set_pinned(database, camera, start_utc, end_utc, pinned)
        held = 0 if pinned else archives.held_by_datasets(database, camera, start_utc, end_utc)
    code = "cli.pinned" if pinned else "cli.unpinned"
    say(code, camera=camera, count=count, start=iso(start_utc), end=iso(end_utc))
    if held:
        say("cli.held_by_datasets", held=held)
    if not count:
        raise typer.Exit(1)


def _keepers(settings: Settings, database: Database, camera_id: str | None) -> list[CameraArchive]:
    """Return the keepers of the cameras asked for; a new database learns of them, so that they can have rows."""
    from livemon.archive.camera_archive import CameraArchive
    from livemon.store import writes

    if camera_id is not None and camera_id not in settings.cameras:
        raise UnknownCamera(camera_id, sorted(settings.cameras))
    chosen = [camera_id] if camera_id is not None else list(settings.cameras)
    writes.add_missing_cameras(database, {c: settings.cameras[c].name or c for c in chosen}, SystemClock().now())
    return [CameraArchive(each, settings, database) for each in chosen]


def _moment(text: str) -> datetime:
    try:
        return require_utc(datetime.fromisoformat(text))
    except ValueError as exc:
        raise typer.BadParameter(told("cli.no_time_with_zone", text=text)) from exc


def _window(text: str) -> Window:
    try:
        return Window(_moment(text))
    except ValueError as exc:
        raise typer.BadParameter(told("cli.no_window", text=text)) from exc
