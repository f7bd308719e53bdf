"""What both stand-ins share: threads, ports, stopping, and the command line."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import httpx2
import pytest
from google import genai
from google.genai import errors
from typer.testing import CliRunner

from livemon.base.errors import PortInUse
from livemon.cli.app import app
from livemon.sim.servers import Fault, GeminiServer, OpenAIServer, ReceivedRequest
from tests.sim.servers.conftest import MODEL, connect
from tests.waiting import PATIENCE_S, wait_until


async def test_it_runs_beside_an_event_loop() -> None:
    with GeminiServer() as server:
        client = connect(server)
        asked = [client.aio.models.generate_content(model=MODEL, contents="x") for _ in range(5)]
        assert all("canned" in str(response.text) for response in await asyncio.gather(*asked))
        await client.aio.aclose()


def test_two_run_side_by_side_and_a_taken_port_is_said() -> None:
    with GeminiServer() as one, OpenAIServer() as other:
        assert one.port != other.port
        with pytest.raises(PortInUse, match="in use"):
            GeminiServer(port=one.port).start()


def test_stopping_is_quick_and_clean_while_a_reply_is_late() -> None:
    server = GeminiServer().start()
    server.fail(Fault.DELAY, 600)
    errors: list[Exception] = []

    def ask() -> None:
        try:
            httpx2.get(f"{server.url}/v1beta/models", headers={"x-goog-api-key": "x"}, timeout=600)
        except httpx2.HTTPError as exc:
            errors.append(exc)

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: server.requests)
    server.stop()
    server.stop()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert len(errors) == 1


def test_a_late_reply_does_not_hold_up_others(gemini: GeminiServer, client: genai.Client) -> None:
    gemini.fail(Fault.DELAY, 600)

    def ask() -> None:
        with suppress(httpx2.HTTPError, errors.APIError):
            client.models.list()

    slow = threading.Thread(target=ask)
    slow.start()
    wait_until(lambda: gemini.requests)
    assert client.models.generate_content(model=MODEL, contents="x").text
    assert slow.is_alive()
    gemini.stop()
    slow.join(PATIENCE_S)


def test_only_so_many_requests_are_kept() -> None:
    heard: list[ReceivedRequest] = []
    with GeminiServer(keep=2, on_request=heard.append) as server:
        for _ in range(3):
            httpx2.get(f"{server.url}/v1beta/models", headers={"x-goog-api-key": "x"})
        assert (len(server.requests), len(heard)) == (2, 3)


@pytest.mark.parametrize(
    ("command", "path", "setting"),
    [
        ("gemini-server", "/v1beta/models", "LIVEMON_GEMINI__BASE_URL=http"),
        ("openai-server", "/v1/models", "LIVEMON_OPENAI_COMPAT__BASE_URL=http"),
    ],
)
def test_the_command_serves_until_it_is_interrupted(command: str, path: str, setting: str) -> None:
    line = [sys.executable, "-m", "livemon", "testing", command, "--port", "0", "--log", "--fault", "forbidden"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            said += process.stdout.readline()
        assert "No model looks" in said and setting in said
        url = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert url
        assert httpx2.get(url[0] + path, headers={"x-goog-api-key": "x"}).status_code == 403
        assert process.stdout.readline() == f"GET {path}  403  fault forbidden\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0


def test_the_command_refuses_faults_that_there_are_not() -> None:
    result = CliRunner().invoke(app, ["testing", "openai-server", "--fault", "recitation"])
    assert result.exit_code == 2
    assert "refusal" in result.output
