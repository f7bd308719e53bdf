"""Load of one server by 500 HLS viewers and 100 WebSocket clients: every request with a token, as from outside.

    python benchmarks/load.py [viewers] [sockets] [seconds]

The server is `livemon serve` with a login and three cameras. Two play the rendered clips (transcode profile), one is
copied from `network_camera.py` (1280x720, 25 fps, 3 Mbit/s). Viewers are asyncio connections of another process, which
shares the two cores. Each asks for the playlist every target duration, at a moment of its own, and reads the newest
segment whole. Events are reviewed over HTTP; each WebSocket client notes when it is told, on the machine's clock.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common import demo_clips, record, tree_cost
from network_camera import NetworkCamera
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

PORT = 8794
API = "/api/live-monitoring"
LIVEMON = [sys.executable, "-m", "livemon"]
TARGET_S = 10.0


class Link:
    """One kept connection that asks for one thing after the other."""

    def __init__(self, token: str) -> None:
        self._head = f"Host: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {token}\r\n\r\n"

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", PORT)

    async def get(self, path: str) -> tuple[int, bytes]:
        self._writer.write(f"GET {API}{path} HTTP/1.1\r\n{self._head}".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = int(re.search(r"content-length: (\d+)", head, re.I)[1])  # type: ignore[index]
        return int(head.split(" ", 2)[1]), await self._reader.readexactly(length)


async def view(camera: str, token: str, until_s: float, fetched_s: list[float], refused: list[int]) -> None:
    link = Link(token)
    await asyncio.sleep(random.random() * TARGET_S)
    await link.open()
    last = ""
    while time.monotonic() < until_s:
        began_s = time.monotonic()
        status, playlist = await link.get(f"/hls/{camera}/index.m3u8?blocking=no")
        segments = re.findall(rb"^(seg_\S+)$", playlist, re.M)
        if status == 200 and segments and segments[-1].decode() != last:
            last = segments[-1].decode()
            asked_s = time.monotonic()
            status, _ = await link.get(f"/hls/{camera}/{last}")
            fetched_s.append(time.monotonic() - asked_s)
        if status != 200:
            refused.append(status)
        await asyncio.sleep(max(0.0, TARGET_S - (time.monotonic() - began_s)))


async def listen(token: str, told_s: dict[int, list[float]]) -> None:
    address = f"ws://127.0.0.1:{PORT}{API}/push?kind=event"
    socket = await websocket_connect(HTTPRequest(address, headers={"Authorization": f"Bearer {token}"}))
    while (text := await socket.read_message()) is not None:
        message = json.loads(text)
        if message["kind"] == "event" and not message["data"]["is_new"]:
            at = datetime.fromisoformat(message["at_utc"])
            told_s.setdefault(message["cursor"], []).append((datetime.now(UTC) - at).total_seconds())


async def review(token: str, until_s: float) -> None:
    http = AsyncHTTPClient()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    async def ask(path: str, **more: Any) -> Any:
        return json.loads((await http.fetch(f"http://127.0.0.1:{PORT}{API}{path}", headers=headers, **more)).body)

    number = 0
    while time.monotonic() < until_s:
        event = (await ask("/events/c0/latest"))["event"]
        if event is not None:
            number += 1
            await ask(f"/events/c0/{event['id']}", method="PATCH", body=json.dumps({"note": f"review {number}"}))
        await asyncio.sleep(1.0)


async def late(token: str) -> int:
    http = AsyncHTTPClient()
    headers = {"Authorization": f"Bearer {token}"}
    cameras = json.loads((await http.fetch(f"http://127.0.0.1:{PORT}{API}/cameras", headers=headers)).body)["cameras"]
    return sum(one["counters"]["late_segments"] + one["restarts"] for one in cameras)


async def drive(token: str, viewers: int, sockets: int, measure_s: float, pid: int) -> dict[str, object]:
    fetched_s: list[float] = []
    refused: list[int] = []
    told_s: dict[int, list[float]] = {}
    before, late_before = tree_cost(pid), await late(token)
    until_s = time.monotonic() + measure_s
    listening = [asyncio.create_task(listen(token, told_s)) for _ in range(sockets)]
    watching = [view(f"c{n % 3}", token, until_s, fetched_s, refused) for n in range(viewers)]
    await asyncio.gather(review(token, until_s), *watching)
    await asyncio.sleep(1)
    for task in listening:
        task.cancel()
    last_s = sorted(max(times) for times in told_s.values() if len(times) == sockets)
    after = tree_cost(pid)
    return {
        "viewers": viewers,
        "sockets": sockets,
        "segments_fetched": len(fetched_s),
        "segment_p50_ms": round(statistics.median(fetched_s) * 1000, 1),
        "segment_p99_ms": round(statistics.quantiles(fetched_s, n=100)[98] * 1000, 1),
        "segment_longest_ms": round(max(fetched_s) * 1000, 1),
        "refused": len(refused),
        "events_told": len(last_s),
        "events_not_told_to_all": len(told_s) - len(last_s),
        "event_to_last_client_p50_ms": round(statistics.median(last_s) * 1000, 1),
        "event_to_last_client_longest_ms": round(last_s[-1] * 1000, 1),
        "late_segments_and_restarts": await late(token) - late_before,
        "server_cpu_percent": round((after.cpu_s - before.cpu_s) / measure_s * 100),
        "server_rss_mb": round(after.rss_mb),
        "server_rss_before_mb": round(before.rss_mb),
    }


def main(viewers: int, sockets: int, measure_s: float) -> None:
    clips = demo_clips()
    camera = NetworkCamera(8795)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        config = Path(temporary) / "livemon.toml"
        config.write_text(
            f'data_dir = "{temporary}/data"\nport = {PORT}\n'
            '[access]\nlogin = "password"\nrequests_per_minute = 100000\n'
            + "".join(f'[cameras.c{n}]\nsource = "{source}"\n' for n, source in enumerate([clips, clips, camera.url]))
        )
        made = subprocess.run(
            [*LIVEMON, "token", "create", "load", "--role", "operator", "--config", str(config)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        server = subprocess.Popen([*LIVEMON, "serve", "--config", str(config)])
        try:
            time.sleep(60)
            record("load", asyncio.run(drive(made.stdout.strip(), viewers, sockets, measure_s, server.pid)))
        finally:
            server.terminate()
            server.wait()
            camera.close()


if __name__ == "__main__":
    numbers = [float(one) for one in sys.argv[1:]]
    main(int(numbers[0]) if numbers else 500, int(numbers[1]) if len(numbers) > 1 else 100, (numbers[2:] or [120.0])[0])
