"""How soon a person is told of an event, what a flood does, what waiting costs, and how often it rings in a year.

    python benchmarks/notify.py [events]

The year is the policy alone, on synthetic homes; the other figures are of the real database and sender, with a
webhook on loopback.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from common import record
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from livemon.base.clock import SystemClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.settings.settings import Settings
from livemon.notify.policy import Happening, Limits, NotifyAction, Recipient, Ring, Rule, decide
from livemon.notify.quiet_hours import QuietHours
from livemon.notify.recipients import RecipientRegistry
from livemon.notify.sender import Notifier
from livemon.store import notifications, writes
from livemon.store.session import Database

CAMERA = "camera-1"
BAR_S = 1.0
FLOOD = 2000
IDLE_S = 20.0
YEAR = timedelta(days=365)
START = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = ("climbing", "knife", "door", "crying", "stove")


@dataclass(frozen=True)
class Home:
    """Events a day in the mean, by severity; they come in clusters, as children do."""

    name: str
    dangers: float
    warnings: float
    infos: float
    cluster: int


HOMES = (Home("quiet", 0.05, 2, 30, 2), Home("usual", 0.3, 12, 120, 4), Home("wild", 4, 150, 600, 20))


def year_of(home: Home, chance: random.Random) -> list[Happening]:
    """A year of events by day (07:00 to 22:00 mostly), with two outages of six hours after which all come at once."""
    found = []
    for severity, a_day in (("danger", home.dangers), ("warning", home.warnings), ("info", home.infos)):
        for _ in range(round(a_day * 365 / home.cluster)):
            hour = chance.triangular(0, 24, 17)
            begin = START + timedelta(days=chance.randrange(365), hours=hour)
            kind = "fall" if severity == "danger" and chance.random() < 0.5 else chance.choice(KINDS)
            for _ in range(home.cluster):
                at = begin + timedelta(minutes=chance.expovariate(1 / 10))
                found.append(Happening(len(found), CAMERA, kind, "safety", Severity(severity), at))
    return sorted(found, key=lambda one: one.created_utc)


def rings_a_day(home: Home) -> dict[str, float]:
    """What the default rules make of a year: rings, digests and what was held, a day."""
    rules = (Rule(1, frozenset({Severity.DANGER})), Rule(2, frozenset({Severity.WARNING})))
    night = (QuietHours(time_of_day(22), time_of_day(7)),)
    person = Recipient(1, ZoneInfo("Europe/Berlin"), rules, night)
    limits, rings, digests = Limits(), [], {}
    counts = {"danger rings": 0, "warning rings": 0, "digests": 0, "held": 0}
    for event in year_of(home, random.Random(7)):
        now = event.created_utc
        rings = [ring for ring in rings if ring.at_utc > now - timedelta(hours=1)]
        decision = decide(event, person, rings, now, limits)
        if decision is None:
            continue
        if decision.action is NotifyAction.RING:
            rings.append(Ring(event.topic, event.weight, decision.due_utc))
            counts[f"{event.weight.value} rings"] += 1
        elif decision.action is NotifyAction.DIGEST:
            if digests.get(event.weight, START) <= now:
                counts["digests"] += 1
                digests[event.weight] = decision.due_utc
        else:
            counts["held"] += 1
    return {name: round(count / 365, 2) for name, count in counts.items()}


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
    values["a_day"] = {home.name: rings_a_day(home) for home in HOMES}
    record("notify", values)


if __name__ == "__main__":
    main(*(int(given) for given in (sys.argv[1:] + ["100"][len(sys.argv) - 1 :])))
