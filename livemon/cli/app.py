"""The command line: `livemon serve`, `livemon demo`, `livemon doctor`; other commands live beside this module.

Arguments in, sentences out; what the commands do stands where it belongs. Exit codes: 0 done, 1 an error that is
said in a sentence, 2 wrong arguments.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livemon.base.errors import ConfigError
from livemon.base.log_limit import LOG_FORMAT, limit_log
from livemon.base.messages.catalog import hint, text, whole_text
from livemon.base.messages.message import system_reason
from livemon.base.settings.settings import Settings, load_settings
from livemon.cli.access import audit, token_app, user_app
from livemon.cli.archive import app as archive_app
from livemon.cli.common import ConfigOption, sentences
from livemon.cli.copies import app as copies_app
from livemon.cli.copies import backup, restore_backup
from livemon.cli.language import language, say, told, warn
from livemon.cli.models import cost, prompt_app
from livemon.cli.notify import app as notify_app
from livemon.cli.pause import pause, resume
from livemon.cli.reports import analyze, report
from livemon.cli.search import search
from livemon.cli.testing import app as testing_app

if TYPE_CHECKING:
    from livemon.monitor.monitor import Monitor

app = typer.Typer(help=told("cli.help_watch_live_video"), no_args_is_help=True, pretty_exceptions_enable=False)

app.add_typer(archive_app, name="archive")
app.add_typer(copies_app, name="copies")
app.add_typer(notify_app, name="notify")
app.add_typer(prompt_app, name="prompt")
app.add_typer(testing_app, name="testing")
app.add_typer(user_app, name="user")
app.add_typer(token_app, name="token")
app.command(help=told("cli.command_audit"))(audit)
app.command(help=told("cli.command_backup"))(backup)
app.command("restore", help=told("cli.command_restore"))(restore_backup)
app.command(help=told("cli.command_cost"))(cost)
app.command(help=told("cli.command_analyze"))(analyze)
app.command(help=told("cli.command_pause"))(pause)
app.command(help=told("cli.command_report"))(report)
app.command(help=told("cli.command_resume"))(resume)
app.command(help=told("cli.command_search"))(search)

PortOption = Annotated[int | None, typer.Option("--port", help=told("cli.help_port_listen_instead"), min=1, max=65535)]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help=told("cli.help_log_what_happens"))]


@app.command(help=told("cli.command_serve"))
def serve(config: ConfigOption = None, port: PortOption = None, verbose: VerboseOption = False) -> None:
    """Stream, look, and serve dashboard and API, in one process, until Ctrl-C."""
    _log_to_stderr(verbose)
    with sentences():
        _serve(_settings(config, port))


@app.command(help=told("cli.command_demo"))
def demo(
    config: ConfigOption = None,
    port: PortOption = None,
    verbose: VerboseOption = False,
    remove: Annotated[bool, typer.Option("--remove", help=told("cli.help_remove_demo"))] = False,
) -> None:
    """Watch a rendered playroom with a week behind it, then serve."""
    _log_to_stderr(verbose)
    with sentences():
        settings = _settings(config, port)
        if remove:
            _remove_demo(settings)
            return
        _leave_out_default(settings)
        _serve(settings, _make_demo)


@app.command(help=told("cli.command_doctor"))
def doctor(
    config: ConfigOption = None,
    mend: Annotated[bool, typer.Option("--fix", help=told("cli.help_close_data_folder"))] = False,
) -> None:
    """Check ffmpeg, disk, database, model, port and cameras, and say what to do."""
    from livemon.cli.doctor import CheckResult, examine, fix

    marks = {
        CheckResult.OK: (told("doctor.ok"), "green"),
        CheckResult.WARNING: (told("doctor.warning"), "yellow"),
        CheckResult.FAILED: (told("doctor.failed"), "red"),
    }
    failed = False
    with sentences():
        settings = load_settings(config)
        for finding in chain([fix(settings)] if mend else [], examine(settings)):
            mark, colour = marks[finding.verdict]
            typer.secho(f"{mark:7}", fg=colour, nl=False)
            typer.echo(f"  {_about(finding.subject)}: {text(finding.said, language())}")
            advice = hint(finding.said, language())
            if advice:
                typer.echo(f"           {advice}")
            failed = failed or finding.verdict is CheckResult.FAILED
    if failed:
        raise typer.Exit(1)


@app.command(help=told("cli.command_check"))
def check(
    source: Annotated[str, typer.Argument(help=told("cli.help_url_folder_file"))],
    picture: Annotated[Path | None, typer.Option("--picture", help=told("cli.help_save_what_shows"))] = None,
) -> None:
    """Say what a source is before it is put into livemon.toml: codec, size, sound, and whether it can be copied."""
    import asyncio
    import tempfile

    from livemon.base.stream_types import StreamProfile
    from livemon.cameras.sideways import sideways_message
    from livemon.stream.sources.check import check_source
    from livemon.stream.sources.registry import open_source

    with sentences(), tempfile.TemporaryDirectory() as unused:
        report = asyncio.run(
            check_source(open_source(source, Path(unused), StreamProfile(), lambda _name, _reason: None))
        )
        typer.echo(report)
        if found := sideways_message(report.picture):
            typer.secho(whole_text(found, language()), fg="yellow")
        if picture is not None:
            try:
                picture.write_bytes(report.picture)
            except OSError as exc:
                raise ConfigError("cli.picture_not_written", picture=picture, reason=system_reason(exc)) from exc
            say("cli.picture_saved", picture=picture)


def _about(subject: str) -> str:
    """Return what a check was about, in words."""
    camera = subject.removeprefix("camera ")
    return told("doctor.about_camera", camera=camera) if camera != subject else told(f"doctor.about_{subject}")


def _settings(config: Path | None, port: int | None) -> Settings:
    overrides: dict[str, Any] = {} if port is None else {"port": port}
    return load_settings(config, **overrides)


def _serve(settings: Settings, prepare: Callable[[Monitor], None] = lambda _monitor: None) -> None:
    """Run everything in this process until a signal; `prepare` is called before anything is served."""
    from livemon.monitor.monitor import Monitor
    from livemon.web.server.serve import serve_forever

    with Monitor(settings) as monitor:
        prepare(monitor)

        def on_ready(url: str) -> None:
            monitor.start_all()
            if monitor.pool.notice:
                warn(monitor.pool.notice)
            say("cli.watching", n=len(monitor.cameras), url=url)

        serve_forever(monitor, on_ready)
        say("cli.stopping")


def _leave_out_default(settings: Settings) -> None:
    """Leave out the camera that stands there when none is set, unless its folder holds videos: the demo has its own."""
    default = Settings.model_fields["cameras"].get_default(call_default_factory=True)
    if settings.cameras == default and not any(_videos(Path(one.source)) for one in default.values()):
        settings.replace_cameras({})


def _videos(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _make_demo(monitor: Monitor) -> None:
    """Make what is missing of the demo, and show how far it is."""
    from livemon.monitor.demo import make_demo

    with typer.progressbar(length=1000, label=told("demo.making")) as bar:
        make_demo(monitor, language=language(), on_progress=lambda share: bar.update(round(share * 1000) - bar.pos))


def _remove_demo(settings: Settings) -> None:
    """Remove all that is kept of the demo."""
    from livemon.monitor.demo import is_there, remove_demo
    from livemon.monitor.monitor import Monitor

    with Monitor(settings) as monitor:
        there = is_there(monitor)
        remove_demo(monitor)
    say("demo.removed" if there else "demo.nothing_to_remove")


def _log_to_stderr(verbose: bool) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format=LOG_FORMAT,
    )
    limit_log()
    if verbose:
        logging.getLogger("livemon").setLevel(logging.INFO)
