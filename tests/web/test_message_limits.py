"""What a page's browser sends is checked piece by piece, before Bokeh keeps or does any of it."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from livemon.base.log_limit import LOG_FORMAT, MOST_CHARACTERS, ShortFormatter
from livemon.monitor.monitor import Monitor
from livemon.web.server.message_limits import MOST_MESSAGE_BYTES, MOST_PULLS, MessageLimits
from tests.web.raw_client import page_token


def header(kind: str, **more: Any) -> str:
    return json.dumps({"msgid": "1", "msgtype": kind, **more})


def patch(*kinds: object) -> list[str]:
    return [header("PATCH-DOC"), "{}", json.dumps({"events": [{"kind": kind} for kind in kinds]})]


def send(fragments: list[str]) -> None:
    limits = MessageLimits()
    for fragment in fragments:
        limits.check(fragment)


@pytest.mark.parametrize(
    "fragments",
    [
        patch("ModelChanged", "MessageSent"),
        patch(),
        [header("PULL-DOC-REQ"), "{}", "{}"],
        [
            header("PATCH-DOC", num_buffers=1),
            "{}",
            '{"events": []}',
            '{"id": "b"}',
            "x" * 100,
            header("OK"),
            "{}",
            "{}",
        ],
    ],
)
def test_what_browsers_send_passes(fragments: list[str]) -> None:
    send(fragments)


@pytest.mark.parametrize(
    ("fragments", "said"),
    [
        (patch("RootAdded"), "browsers do not make"),
        (patch("ModelChanged", "RootRemoved"), "browsers do not make"),
        (patch(["ModelChanged"]), "browsers do not make"),
        ([header("PATCH-DOC"), "{}", '{"events": 5}'], "as Bokeh writes"),
        ([header("PUSH-DOC")], "browsers do not send"),
        ([header("PATCH-DOC", num_buffers=10**9)], "buffers"),
        ([header("PATCH-DOC", num_buffers=-1)], "buffers"),
        ([header("PATCH-DOC", num_buffers="many")], "buffers"),
        ([header("PATCH-DOC", num_buffers=2), "{}", '{"events": []}', "{}", "x" * MOST_MESSAGE_BYTES], "bytes"),
        (["x"], "as Bokeh writes"),
        (["[" * 100_000], "as Bokeh writes"),
        ([header("PULL-DOC-REQ"), "{}", "{}"] * (MOST_PULLS + 1), "pulled more than"),
    ],
)
def test_anything_else_is_refused(fragments: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        send(fragments)


async def connect(url: str) -> WebSocketClientConnection:
    request = HTTPRequest(re.sub("^http", "ws", url) + "/ws")
    socket = await websocket_connect(request, subprotocols=["bokeh", page_token(url)])
    for _ in range(3):
        await socket.read_message()  # the acknowledgement
    return socket


async def test_a_connection_that_breaks_a_limit_is_closed(monitor: Monitor) -> None:
    socket = await connect(monitor.serve().url)
    for fragment in patch("RootAdded"):
        await socket.write_message(fragment)
    assert await socket.read_message() is None
    assert socket.close_code == 1008


async def test_an_error_says_nothing_of_the_servers_files(monitor: Monitor) -> None:
    socket = await connect(monitor.serve().url)
    wrong = {"kind": "ModelChanged", "model": {"id": "none"}, "attr": "x", "new": 1}
    for fragment in (header("PATCH-DOC"), "{}", json.dumps({"events": [wrong]})):
        await socket.write_message(fragment)
    answer = [str(await socket.read_message()) for _ in range(3)]
    socket.close()
    assert json.loads(answer[0])["msgtype"] == "ERROR"
    assert json.loads(answer[2])["traceback"] is None
    assert ".py" not in "".join(answer)


def test_a_long_line_is_cut_in_the_log() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "value %s refused", ("A" * 10_000_000,), None)
    line = ShortFormatter(LOG_FORMAT).format(record)
    assert len(line) < MOST_CHARACTERS + 100
    assert "characters left out" in line and line.endswith("refused")
