"""What waits when the server stops is told so, and when to come again."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from livemon.base.stream_types import StreamState
from livemon.monitor.monitor import Monitor
from livemon.web.api import media
from tests.waiting import PATIENCE_S, wait_until

PLAYERS = 30


def ask(url: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return answer.status, "", ""
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers["Retry-After"] or "", json.loads(refused.read())["detail"]


@pytest.mark.parametrize("while_reading", [False, True])
def test_players_that_wait_for_a_segment_are_told_when_to_come_again(
    while_reading: bool, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: set[int | None] = set()
    answered = threading.Event()
    read_text = media._read_text

    def read_slowly(path: Path) -> str | None:
        if while_reading and len(waiting) == PLAYERS:
            answered.wait(PATIENCE_S)
        return read_text(path)

    reading: list[str] = []
    blocking = media.LivePlaylistHandler.blocking

    async def noted(self: media.LivePlaylistHandler, *arguments: Any) -> Any:
        reading.append("")
        try:
            return await blocking(self, *arguments)
        finally:
            reading.pop()

    def never(_text: str, sequence: int | None) -> bool:
        waiting.add(sequence)
        return False

    monkeypatch.setattr(media, "_has", never)
    monkeypatch.setattr(media, "_read_text", read_slowly)
    monkeypatch.setattr(media.LivePlaylistHandler, "blocking", noted)
    monkeypatch.setattr(media, "FIRST_SEGMENT_WAIT_S", 3600.0)
    server = monitor.serve(0)
    monitor.start("camera-1")
    wait_until(lambda: monitor.status("camera-1").state is StreamState.LIVE)
    playlist = f"http://127.0.0.1:{server.port}/api/live-monitoring/hls/camera-1/index.m3u8"
    with ThreadPoolExecutor(PLAYERS + 1) as players:
        asked = [players.submit(ask, f"{playlist}?_HLS_msn={number}") for number in range(PLAYERS)]
        wait_until(lambda: len(waiting) == PLAYERS and (len(reading) == PLAYERS or not while_reading))
        stopping = players.submit(server.stop)
        try:
            answers = {one.result() for one in asked}
        finally:
            answered.set()
        stopping.result()
    assert answers == {(503, "5", "The server is stopping.")}
