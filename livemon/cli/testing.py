"""The command line of the stand-in servers: `livemon testing gemini-server | openai-server`.

Arguments in, sentences out; the servers live in livemon/sim. Runs until Ctrl-C.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from livemon.base.errors import PortInUse
from livemon.cli.language import say, say_error, told

if TYPE_CHECKING:
    from livemon.sim.servers import ReceivedRequest
    from livemon.sim.servers.http import StandInServer

app = typer.Typer(
    help=told("cli.help_stand_servers_apis"),
    no_args_is_help=True,
)

PortOption = Annotated[int, typer.Option(help=told("cli.help_port_127_0"), min=0, max=65535)]
KeyOption = Annotated[str | None, typer.Option(help=told("cli.help_only_right_key"))]
MinuteOption = Annotated[int | None, typer.Option(help=told("cli.help_answer_429_beyond"), min=0)]
DayOption = Annotated[int | None, typer.Option(help=told("cli.help_answer_429_beyond_so"), min=0)]
FaultOption = Annotated[
    list[str] | None,
    typer.Option(help=told("cli.help_what_goes_wrong")),
]
AnswerOption = Annotated[str | None, typer.Option(help=told("cli.help_answer_text_instead"))]
LogOption = Annotated[bool, typer.Option("--log", help=told("cli.help_print_line_each"))]

# A server that runs for days must not keep every picture that it was sent.
KEEP = 20


@app.command(help=told("cli.command_testing_gemini_server"))
def gemini_server(
    port: PortOption = 8090,
    api_key: KeyOption = None,
    requests_per_minute: MinuteOption = None,
    requests_per_day: DayOption = None,
    free_tier: Annotated[bool, typer.Option("--free-tier", help=told("cli.help_name_free_tier"))] = False,
    fault: FaultOption = None,
    answer: AnswerOption = None,
    log: LogOption = False,
) -> None:
    """Stand in for the Gemini API."""
    from livemon.sim.servers import GeminiServer

    server = GeminiServer(
        port=port,
        api_key=api_key,
        requests_per_minute=requests_per_minute,
        requests_per_day=requests_per_day,
        free_tier=free_tier,
        keep=KEEP,
        on_request=_say if log else None,
    )
    key = f"GEMINI_API_KEY={api_key or 'anything'}"
    livemon = [key, "LIVEMON_MODEL=gemini", "LIVEMON_GEMINI__BASE_URL={url}"]
    _run(server, fault or [], answer, "the Gemini API", [key, "GOOGLE_GEMINI_BASE_URL={url}"], livemon)


@app.command(help=told("cli.command_testing_openai_server"))
def openai_server(
    port: PortOption = 8091,
    api_key: KeyOption = None,
    requests_per_minute: MinuteOption = None,
    requests_per_day: DayOption = None,
    model: Annotated[list[str] | None, typer.Option(help=told("cli.help_model_name_known"))] = None,
    fault: FaultOption = None,
    answer: AnswerOption = None,
    log: LogOption = False,
) -> None:
    """Stand in for an OpenAI-compatible server."""
    from livemon.sim.servers import OpenAIServer
    from livemon.sim.servers.openai.server import DEFAULT_MODELS

    server = OpenAIServer(
        models=model or DEFAULT_MODELS,
        port=port,
        api_key=api_key,
        requests_per_minute=requests_per_minute,
        requests_per_day=requests_per_day,
        keep=KEEP,
        on_request=_say if log else None,
    )
    say("cli.models", models=server.models)
    key = f"OPENAI_API_KEY={api_key or 'anything'}"
    livemon = [key, "LIVEMON_MODEL=openai_compat", "LIVEMON_OPENAI_COMPAT__BASE_URL={url}/v1"]
    livemon.append(f"LIVEMON_OPENAI_COMPAT__MODEL={server.models[0]}")
    _run(server, fault or [], answer, "an OpenAI-compatible server", [key, "OPENAI_BASE_URL={url}/v1"], livemon)


def _run(
    server: StandInServer, faults: list[str], answer: str | None, name: str, sdk: list[str], livemon: list[str]
) -> None:
    """Queue the faults, listen, say how clients find it, and wait for a signal."""
    for written in faults:
        _queue(server, written)
    if answer is not None:
        server.answer(answer)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    try:
        with server:
            say("cli.standing_in", name=name, url=server.url)
            say("cli.canned")
            for user, settings in (("the SDK", sdk), ("livemon", livemon)):
                say("cli.settings_for", user=user, settings=" ".join(settings).format(url=server.url))
            say("cli.ctrl_c")
            stop.wait()
    except PortInUse as exc:
        say_error(exc)
        raise typer.Exit(1) from exc


def _queue(server: StandInServer, written: str) -> None:
    """Queue a fault of the command line."""
    from livemon.sim.servers import Fault

    name, _equals, amount = written.partition("=")
    try:
        server.fail(Fault(name), float(amount) if amount else None)
    except ValueError as exc:
        known = ", ".join(fault for fault in Fault if fault in server.faults_known)
        raise typer.BadParameter(told("cli.unknown_fault", written=written, known=known)) from exc


def _say(request: ReceivedRequest) -> None:
    """Print a request in a line."""
    tokens = ", ".join(f"{name} {count}" for name, count in request.usage.items() if isinstance(count, int))
    parts = [f"{request.method} {request.path}", str(request.status), tokens]
    parts += [f"fault {request.fault}" if request.fault else "", f"refused: {request.reason}" if request.reason else ""]
    typer.echo("  ".join(part for part in parts if part))
