"""The command line's `livemon pause` and `livemon resume`: a camera records and looks at nothing for a time.

They write rows, which a livemon that runs obeys within seconds; nothing is started or stopped here.
"""

from __future__ import annotations

import getpass
from datetime import timedelta
from typing import Annotated

import typer

from livemon.base.clock import SystemClock
from livemon.base.errors import UnknownCamera
from livemon.cli.common import ConfigOption, opened
from livemon.cli.language import say, told

CameraArgument = Annotated[str, typer.Argument(help=told("cli.help_pause_camera"))]
MOST_MINUTES = 31 * 24 * 60


def pause(
    camera: CameraArgument,
    minutes: Annotated[
        int | None, typer.Option("--minutes", help=told("cli.help_pause_minutes"), min=1, max=MOST_MINUTES)
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Pause a camera."""
    from livemon.cameras.hours import pause_said
    from livemon.store import cameras, pauses

    with opened(config) as (settings, database):
        known = cameras.known_cameras(database)
        if camera not in known:
            raise UnknownCamera(camera, known)
        now = SystemClock().now()
        until_utc = None if minutes is None else now + timedelta(minutes=minutes)
        made = pauses.begin(database, camera, until_utc, getpass.getuser(), now)
        say("cli.camera_paused", camera=camera, said=pause_said(made, settings.zone, now))


def resume(camera: CameraArgument, config: ConfigOption = None) -> None:
    """End the pause of a camera."""
    from livemon.store import pauses

    with opened(config) as (_, database):
        ended = pauses.end(database, camera, SystemClock().now())
        say("cli.camera_resumed" if ended else "cli.camera_not_paused", camera=camera)
