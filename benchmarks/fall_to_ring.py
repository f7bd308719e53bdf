"""From a fall in a rendered picture to the transport that is called, with ten-second segments and with low latency.

    python benchmarks/fall_to_ring.py [falls]

A camera is started over the demo's fall, again for each. The moment is the clip's exact ground truth, and the transport
a webhook on loopback. Bars: 15 s with segments of 10 s, 5 s with low latency.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from common import demo_clips, record
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from livemon import Monitor

BARS_S = {"normal": 15.0, "low": 5.0}
NEAR_S = 8.0
"""A ring within this after a fall, of an event that began near it, is that fall's."""
LONGEST_S = 180.0


class Hook:
    """A webhook: when it was called, and when what it was told of began."""

    def __init__(self) -> None:
        self.told: list[tuple[datetime, datetime]] = []
        told = self.told

        class Handler(RequestHandler):
            def post(self) -> None:
                body = json.loads(self.request.body)
                if body["type"] == "livemon.notification" and body["data"]["severity"] == "danger":
                    told.append((datetime.now(UTC), datetime.fromisoformat(body["timestamp"])))

        self._loop = asyncio.new_event_loop()
        sockets = bind_sockets(0, "127.0.0.1")
        self.port = sockets[0].getsockname()[1]

        async def serve() -> None:
            HTTPServer(Application([(".*", Handler)])).add_sockets(sockets)

        self._loop.run_until_complete(serve())
        threading.Thread(target=self._loop.run_forever, daemon=True).start()


def fall_clip(folder: Path) -> tuple[Path, float]:
    """Return a folder with the demo's clip of a fall alone, and the second of the fall."""
    clips = demo_clips()
    for label in sorted((clips / "labels").glob("*.json")):
        for happening in json.loads(label.read_text())["events"]:
            if happening["type"] == "person_falls":
                folder.mkdir()
                shutil.copy(clips / label.stem, folder)
                return folder, float(happening["start_s"])
    raise SystemExit("the demo has no fall")


def one_fall(latency: str, hook: Hook, folder: Path) -> float | None:
    """Return the delay of the first fall before a camera that was just started; None when none rang in time."""
    hook.told.clear()
    source, fall_s = fall_clip(folder / "clip")
    cameras = {"demo": {"source": str(source), "latency": latency}}
    with Monitor(data_dir=folder / "data", cameras=cameras) as monitor:
        monitor.notify.put("Mother", [f"webhook+http://127.0.0.1:{hook.port}/"])
        monitor.start("demo")
        begun_s = time.monotonic()
        while not hook.told:
            if time.monotonic() - begun_s > LONGEST_S:
                return None
            time.sleep(0.05)
        at, began = hook.told[0]
        moments = [start + timedelta(seconds=fall_s) for start, _ in monitor.camera("demo").source.clip_starts]
        near = [moment for moment in moments if moment < at and abs((began - moment).total_seconds()) < NEAR_S]
    return (at - near[-1]).total_seconds() if near else None


def measure(latency: str, falls: int, hook: Hook) -> dict[str, Any]:
    """Return the delays of some falls, each before a camera that was just started, and how many of them rang."""
    found = []
    for _ in range(falls):
        with tempfile.TemporaryDirectory() as temporary:
            found.append(one_fall(latency, hook, Path(temporary)))
    delays = sorted(one for one in found if one is not None)
    shown: dict[str, Any] = {"falls": falls, "rang": len(delays), "bar_s": BARS_S[latency]}
    if delays:
        p95 = delays[min(len(delays) - 1, int(0.95 * len(delays)))]
        shown |= {"median_s": round(delays[len(delays) // 2], 2), "p95_s": round(p95, 2)}
    return shown


def main(falls: int) -> None:
    hook = Hook()
    record("fall_to_ring", {latency: measure(latency, falls, hook) for latency in BARS_S})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
