"""The command line of the stand-in servers: `livemon testing gemini-server | openai-server`.

Arguments in, sentences out; the servers stand in testing/. Runs until Ctrl-C.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from livemon.base.errors import PortInUse

if TYPE_CHECKING:
    from livemon.sim.servers import ReceivedRequest
    from livemon.sim.servers.http import StandInServer

app = typer.Typer(
    help="Stand-in servers for the APIs of models, to test against: answers are canned, no model looks.",
    no_args_is_help=True,
)

PortOption = Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)]
KeyOption = Annotated[str | None, typer.Option(help="The only right key; any key is right when not given.")]
MinuteOption = Annotated[int | None, typer.Option(help="Answer 429 beyond so many a minute.", min=0)]
DayOption = Annotated[int | None, typer.Option(help="Answer 429 beyond so many a day.", min=0)]
FaultOption = Annotated[
    list[str] | None,
    typer.Option(
        help="What goes wrong with the next request: NAME or NAME=AMOUNT; several strike one after the other."
    ),
]
AnswerOption = Annotated[str | None, typer.Option(help="Answer this text instead of the canned one.")]
LogOption = Annotated[bool, typer.Option("--log", help="Print a line for each request.")]

# A server that runs for days must not keep every picture that it was sent.
KEEP = 20


@app.command()
def gemini_server(
    port: PortOption = 8090,
    api_key: KeyOption = None,
    requests_per_minute: MinuteOption = None,
    requests_per_day: DayOption = None,
    free_tier: Annotated[bool, typer.Option("--free-tier", help="Name the free tier's quotas in a 429.")] = False,
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


@app.command()
def openai_server(
    port: PortOption = 8091,
    api_key: KeyOption = None,
    requests_per_minute: MinuteOption = None,
    requests_per_day: DayOption = None,
    model: Annotated[list[str] | None, typer.Option(help="A model name that is known; several may be given.")] = None,
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
    typer.echo(f"Models: {', '.join(server.models)}")
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
            typer.echo(f"Standing in for {name}: {server.url}")
            typer.echo("The answers are canned. No model looks at anything.")
            for user, settings in (("the SDK", sdk), ("livemon", livemon)):
                typer.echo(f"For {user}: {' '.join(settings).format(url=server.url)}")
            typer.echo("Ctrl-C stops it.")
            stop.wait()
    except PortInUse as exc:
        typer.secho(f"livemon: {exc}", fg="red", err=True)
        raise typer.Exit(1) from exc


def _queue(server: StandInServer, written: str) -> None:
    """Queue a fault of the command line."""
    from livemon.sim.servers import Fault

    name, _equals, amount = written.partition("=")
    try:
        server.fail(Fault(name), float(amount) if amount else None)
    except ValueError as exc:
        known = ", ".join(fault for fault in Fault if fault in server.faults_known)
        raise typer.BadParameter(f"'{written}' is none of: {known}; a number may follow, as in delay=2.") from exc


def _say(request: ReceivedRequest) -> None:
    """Print a request in a line."""
    tokens = ", ".join(f"{name} {count}" for name, count in request.usage.items() if isinstance(count, int))
    parts = [f"{request.method} {request.path}", str(request.status), tokens]
    parts += [f"fault {request.fault}" if request.fault else "", f"refused: {request.reason}" if request.reason else ""]
    typer.echo("  ".join(part for part in parts if part))
