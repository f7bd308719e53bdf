"""Connections are limited in all, by address and in time, and a server without descriptors goes on by itself."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import resource
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from livemon.web.server import http_server
from livemon.web.server.http_server import LimitedHTTPServer
from tests.ports import free_port
from tests.waiting import PATIENCE_S, wait_until

BEGUN = b"GET / HTTP/1.1\r\nHost: x\r\n"


class Answer(RequestHandler):
    def get(self) -> None:
        self.write("here")


@asynccontextmanager
async def serving(sockets: list[socket.socket] | None = None) -> AsyncIterator[int]:
    listening = sockets or bind_sockets(0, "127.0.0.1")
    server = LimitedHTTPServer(Application([("/", Answer)]))
    server.add_sockets(listening)
    try:
        yield int(listening[0].getsockname()[1])
    finally:
        server.stop()
        await server.close_all_connections()


async def connect(port: int, said: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    await writer.drain()
    return reader, writer


async def is_open(reader: asyncio.StreamReader) -> bool:
    """Whether the server left a connection open; it says so by closing those before it first."""
    try:
        return await asyncio.wait_for(reader.read(1), 0.2) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False


async def answer_of(port: int) -> bytes:
    answer = await AsyncHTTPClient(force_instance=True).fetch(f"http://127.0.0.1:{port}/", request_timeout=PATIENCE_S)
    return answer.body


async def test_idle_connections_make_room_for_those_that_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "most_connections", lambda: 4)
    async with serving() as port:
        held = [await connect(port, BEGUN) for _ in range(20)]
        for _ in range(5):
            assert await answer_of(port) == b"here"
        assert sum([await is_open(reader) for reader, _ in held]) <= 4
        for _, writer in held:
            writer.close()


async def test_of_a_trusted_proxy_s_headers_only_its_own_are_believed() -> None:
    class Who(RequestHandler):
        def get(self) -> None:
            self.write(f"{self.request.remote_ip} {self.request.protocol}")

    (listening,) = bind_sockets(0, "127.0.0.1")
    server = LimitedHTTPServer(Application([("/", Who)]), xheaders=True)
    server.add_sockets([listening])
    forged = {"X-Real-Ip": "9.9.9.9", "X-Scheme": "https", "X-Forwarded-For": "7.7.7.7, 8.8.8.8"}
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    answer = await AsyncHTTPClient(force_instance=True).fetch(url, headers=forged, request_timeout=PATIENCE_S)
    assert answer.body == b"8.8.8.8 http"
    server.stop()


async def test_one_address_holds_a_limited_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "is_loopback", lambda _address: False)
    monkeypatch.setattr(http_server, "PER_ADDRESS", 3)
    async with serving() as port:
        held = [await connect(port, BEGUN) for _ in range(10)]
        assert await answer_of(port) == b"here"
        assert sum([await is_open(reader) for reader, _ in held]) <= 3
        for _, writer in held:
            writer.close()


async def test_a_connection_is_refused_while_all_are_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer, asked = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(self: Answer) -> None:
        asked.release()
        await may_answer.wait()

    monkeypatch.setattr(Answer, "get", slow)
    monkeypatch.setattr(http_server, "most_connections", lambda: 2)
    async with serving() as port:
        busy = [await connect(port, BEGUN + b"\r\n") for _ in range(2)]
        for _ in busy:
            await asked.acquire()
        reader, writer = await connect(port, BEGUN + b"\r\n")
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
        may_answer.set()
        for answer, _ in busy:
            assert (await asyncio.wait_for(answer.readline(), PATIENCE_S)).startswith(b"HTTP/1.1 200")
        for one in (writer, *(writer for _, writer in busy)):
            one.close()


@pytest.mark.parametrize("said", [b"", b"GET", BEGUN])
async def test_a_request_that_does_not_begin_in_time_is_closed(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "REQUEST_TIMEOUT_S", 0.1)
    async with serving() as port:
        reader, writer = await connect(port, said)
        assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
        writer.close()


async def test_a_connection_that_asked_stays_open_between_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "REQUEST_TIMEOUT_S", 0.05)
    async with serving() as port:
        reader, writer = await connect(port)
        for _ in range(3):
            writer.write(BEGUN + b"\r\n")
            assert (await asyncio.wait_for(reader.readuntil(b"here"), PATIENCE_S)).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.06)  # longer than the limit of the first request
        writer.close()


class Exhausted(socket.socket):
    """A socket of a process that has no descriptors left, a number of times."""

    failures = 0

    def accept(self) -> Any:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


async def test_without_descriptors_it_waits_and_then_accepts_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(http_server, "ACCEPT_PAUSE_S", 0.05)
    (bound,) = bind_sockets(0, "127.0.0.1")
    listener = Exhausted(fileno=bound.detach())
    listener.setblocking(False)
    listener.failures = 3
    with caplog.at_level(logging.WARNING):
        async with serving([listener]) as port:
            assert await answer_of(port) == b"here"
    assert [record.levelname for record in caplog.records if "accepted" in record.message] == ["WARNING"] * 3


def test_half_of_the_descriptors_are_left_to_cameras_and_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, most in ((256, 128), (20, 16), (1_000_000, http_server.MOST_CONNECTIONS)):
        monkeypatch.setattr(http_server.resource, "getrlimit", lambda _what, soft=soft: (soft, soft))
        assert http_server.most_connections() == most


def serve_with(folder: Path, descriptors: int) -> tuple[subprocess.Popen[str], int]:
    """Start `livemon serve` in a process that may have a number of descriptors; returns it and its port."""
    port = free_port()
    (folder / "livemon.toml").write_text(
        f'data_dir = "data"\nport = {port}\n[cameras.camera-1]\nsource = "{folder / "videos"}"\n'
    )
    limits = (descriptors, descriptors)
    server = subprocess.Popen(
        [sys.executable, "-m", "livemon", "serve"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("w"),
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits),
    )
    return server, port


def status(port: int) -> Any:
    with urlopen(f"http://127.0.0.1:{port}/api/live-monitoring/stream-status/camera-1", timeout=PATIENCE_S) as answer:
        return json.load(answer)


def answered(port: int, condition: Callable[[Any], bool]) -> bool:
    """Whether the server says its camera to be so; False while it does not answer."""
    try:
        return condition(status(port))
    except OSError:
        return False


def test_unfinished_requests_end_neither_the_api_nor_a_camera(tmp_path: Path, video_folder: Path) -> None:
    server, port = serve_with(tmp_path, 256)
    held: list[socket.socket] = []
    try:
        wait_until(lambda: answered(port, lambda camera: camera["state"] == "live"))
        restarts = status(port)["restarts"]
        for _ in range(300):
            held.append(socket.create_connection(("127.0.0.1", port), PATIENCE_S))
            held[-1].sendall(BEGUN)
        ended_utc = status(port)["last_segment_end_utc"]
        wait_until(lambda: answered(port, lambda camera: camera["last_segment_end_utc"] != ended_utc))
        assert (status(port)["state"], status(port)["restarts"]) == ("live", restarts)
    finally:
        for one in held:
            one.close()
        server.terminate()
        server.wait(PATIENCE_S)
    assert len((tmp_path / "log").read_text().splitlines()) < 50
