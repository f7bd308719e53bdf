"""Delay from an event to a person's notification, effect of a flood, and cost of waiting.

    python benchmarks/notify.py [events]

The real database and sender, with a webhook on loopback. A year of rings: rings_a_year.py; from the picture on:
fall_to_ring.py.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import record
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from livemon.base.clock import SystemClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.settings.settings import Settings
from livemon.notify.policy import Limits
from livemon.notify.recipients import RecipientRegistry
from livemon.notify.sender import Notifier
from livemon.store import notifications, writes
from livemon.store.session import Database

CAMERA = "camera-1"
BAR_S = 1.0
FLOOD = 2000
IDLE_S = 20.0


def happen(database: Database, severity: Severity, kind: str) -> None:
    now = SystemClock().now()
    seen = Observation(kind, EventType.SAFETY, severity, f"Seen {kind}", "", 0.9, now, now, ())
    writes.add_event(database, CAMERA, seen, now, model="local")


async def measure(folder: Path, events: int) -> dict[str, Any]:
    """Delays from commit to the webhook, a flood, and the cost of waiting."""
    taken: list[float] = []

    class Hook(RequestHandler):
        def post(self) -> None:
            taken.append(time.perf_counter())

    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([(".*", Hook)]))
    server.add_sockets(sockets)
    settings = Settings(data_dir=folder, timezone="UTC", cameras={CAMERA: {"source": "test-pattern"}})
    database, clock = Database(settings.database), SystemClock()
    writes.upsert_camera(database, CAMERA, "Playroom", "", clock.now())
    registry = RecipientRegistry(settings, database, clock)
    registry.put("Mother", [f"webhook+http://127.0.0.1:{sockets[0].getsockname()[1]}/"])
    notifier = Notifier(settings, database, clock, registry)
    notifier._limits = Limits(rings_an_hour=dict.fromkeys(Severity, 10**9))
    await notifier.start()
    delays = []
    for number in range(events):
        await asyncio.to_thread(happen, database, Severity.DANGER, f"kind-{number}")
        begun_s, before = time.perf_counter(), len(taken)
        while len(taken) == before:  # noqa: ASYNC110 - a benchmark may poll
            await asyncio.sleep(0.005)
        delays.append(taken[-1] - begun_s)
        await asyncio.sleep(random.uniform(0, 0.5))
    cpu_s, begun_s = time.process_time(), time.perf_counter()
    await asyncio.sleep(IDLE_S)
    idle = (time.process_time() - cpu_s) / (time.perf_counter() - begun_s)
    notifier._limits = Limits()
    before, begun_s = len(taken), time.perf_counter()
    for number in range(FLOOD):
        await asyncio.to_thread(happen, database, Severity.WARNING, f"flood-{number}")
    while await asyncio.to_thread(notifications.has_queued, database):  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    flood_s = time.perf_counter() - begun_s
    await notifier.stop()
    rows = await asyncio.to_thread(notifications.notifications, database, 10**6)
    database.close()
    server.stop()
    states: dict[str, int] = {}
    for row in rows:
        if row["about"] == "digest" or (row["title"] or "").startswith("Seen flood"):
            name = f"{row['about']} {row['state']}"
            states[name] = states.get(name, 0) + 1
    return {
        "delay_s": {"median": sorted(delays)[len(delays) // 2], "p95": sorted(delays)[int(0.95 * len(delays))]},
        "bar_s": BAR_S,
        "idle_share_of_a_core": round(idle, 4),
        "flood": {"seconds": round(flood_s, 1), "rang": len(taken) - before, **states},
    }


def main(events: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        values = asyncio.run(measure(Path(temporary), events))
    record("notify", values)


if __name__ == "__main__":
    main(*(int(given) for given in (sys.argv[1:] + ["100"][len(sys.argv) - 1 :])))
