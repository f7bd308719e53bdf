"""Notifications survive kill -9 at any moment: each event is told at least once, and its row is sent once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from livemon.base.clock import SystemClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.settings.settings import Settings
from livemon.notify.recipients import RecipientRegistry
from livemon.store import notifications, writes
from livemon.store.session import Database
from tests.waiting import wait_until

CAM = "camera-1"
KILLS = 20

WORKER = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from livemon.base.clock import SystemClock
from livemon.base.settings.settings import Settings
from livemon.notify import policy, recipients, sender
from livemon.store import notifications
from livemon.store.session import Database

folder, told = Path(sys.argv[1]), Path(sys.argv[2])
notifications.LEASE = timedelta(seconds=1)
sender.POLL_S = 0.01

class File:
    name = "file"
    def __init__(self, *_):
        pass
    updates = together = False

    async def send(self, message):
        with told.open("a") as file:
            file.write(f"{message.event_id}\\n")
        return ""

sender.open_transport = recipients.open_transport = File

async def main():
    settings = Settings(data_dir=folder, timezone="UTC", cameras={"camera-1": {"source": "x"}})
    database, clock = Database(settings.database), SystemClock()
    notifier = sender.Notifier(settings, database, clock, recipients.RecipientRegistry(settings, database, clock))
    notifier._limits = policy.Limits(rings_an_hour=dict.fromkeys(policy.Severity, 10**9))
    await notifier.start()
    print("ready", flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


def test_each_event_is_told_though_the_process_is_killed_twenty_times(tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.touch()
    settings = Settings(data_dir=tmp_path / "data", timezone="UTC", cameras={CAM: {"source": "x"}})
    database, clock = Database(settings.database), SystemClock()
    writes.upsert_camera(database, CAM, "Playroom", "", clock.now())
    RecipientRegistry(settings, database, clock).put("Mother", ["webhook+http://127.0.0.1:9/"])
    chance = random.Random(26)
    events: list[int] = []

    def happen() -> None:
        now = clock.now()
        kind = f"kind-{len(events)}"
        seen = Observation(kind, EventType.SAFETY, Severity.DANGER, kind, "", 0.9, now, now, ())
        events.append(writes.add_event(database, CAM, seen, now, model="local"))

    for kill in range(KILLS + 1):
        command = [sys.executable, "-c", WORKER, str(settings.data_dir), str(told)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
            for _ in range(3):
                happen()
            if kill == KILLS:
                wait_until(lambda: states(database) == {"sent"} and not notifications.has_queued(database))
            else:
                time.sleep(chance.uniform(0, 0.15))  # the moment of the kill decides nothing
            worker.kill()
    told_events = [int(line) for line in told.read_text().split()]
    assert set(told_events) == set(events), "nothing is lost"
    rows = notifications.notifications(database, 1000)
    assert sorted(row["event_id"] for row in rows) == sorted(events), "one row each"
    assert len(told_events) <= len(events) + KILLS, "a kill repeats what was being sent, and nothing else"
    database.close()


def states(database: Database) -> set[str]:
    return {row["state"] for row in notifications.notifications(database, 1000)}
