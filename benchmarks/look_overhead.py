"""CPU cost of a look outside the model: from as many frames at hand as a look takes to the committed row.

    python benchmarks/look_overhead.py [looks]

Route (prompt, budget), contact sheet, JPEG, request by the Gemini SDK over HTTP, reply parsed, row written. The
stand-in server is another process and is not counted; nor is the motion gate, which every segment pays for
(camera_cost.py). Bar: 30 ms.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from datetime import timedelta
from pathlib import Path

from common import demo_clips, record

from livemon.base.clock import SystemClock
from livemon.base.datatypes import Frame, LookReason, Segment
from livemon.base.model_types import AnswerStatus, Look, Purpose
from livemon.base.settings.settings import Settings
from livemon.cameras.event_recorder import EventRecorder
from livemon.detect.cooldown import Cooldown
from livemon.inference.gateway import ModelGateway
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.store import writes
from livemon.store.session import Database
from livemon.stream.files.frames import read_frames

CAMERA = "camera-1"
BAR_MS = 30.0
WARM_UP = 5


def frames_of_a_clip(count: int, width: int = 320) -> tuple[Frame, ...]:
    """Real pictures of the rendered playroom, a second apart."""
    clip = sorted(demo_clips().glob("*.mp4"))[0]
    now = SystemClock().now()
    segment = Segment(now, 60.0, clip, 60.0)
    utcs = [now + timedelta(seconds=n) for n in range(count)]
    frames = [next(iter(read_frames(CAMERA, segment, [utc], width)), None) for utc in utcs]
    return tuple(frame for frame in frames if frame is not None)


async def measure(url: str, looks: int, folder: Path) -> list[float]:
    """Return the CPU milliseconds of each look, all threads of this process."""
    settings = Settings(
        data_dir=folder,
        gemini_api_key="k",
        gemini={"base_url": url},
        budget={"camera_usd_per_day": 50, "usd_per_day": 50, "max_calls_per_hour": 100_000},
        cameras={CAMERA: {"source": "test-pattern"}},
    )
    clock, database = SystemClock(), Database(settings.database)
    writes.upsert_camera(database, CAMERA, CAMERA, "", clock.now())
    pool, book = ModelPool(settings, clock), PromptRegistry(settings, database, clock)
    recorder = EventRecorder(CAMERA, database, clock, Cooldown(10), folder, deque())
    gateway = ModelGateway(CAMERA, settings, database, pool, book, clock, recorder)
    frames = frames_of_a_clip(book.live(CAMERA, Purpose.LOOK).prompt.options.frames)
    spent_ms = []
    for number in range(WARM_UP + looks):
        began_s = time.process_time()
        route = await asyncio.to_thread(gateway.route, Purpose.LOOK)
        asked = await gateway.ask(Look(CAMERA, LookReason.INTERVAL, frames, gateway.scene.now()), route)
        cpu_ms = (time.process_time() - began_s) * 1000
        assert asked is not None and asked.answer.status is AnswerStatus.OK, asked
        if number >= WARM_UP:
            spent_ms.append(cpu_ms)
        await asyncio.sleep(1)  # within the calls a minute that are allowed
    await pool.close()
    database.close()
    return spent_ms


def main(looks: int) -> None:
    command = [sys.executable, "-m", "livemon", "testing", "gemini-server", "--port", "8191"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        time.sleep(5)
        with tempfile.TemporaryDirectory() as folder:
            spent_ms = asyncio.run(measure("http://127.0.0.1:8191", looks, Path(folder)))
    finally:
        server.terminate()
        server.wait()
    record(
        "look_overhead",
        {
            "looks": looks,
            "cpu_ms": {"median": round(statistics.median(spent_ms), 1), "max": round(max(spent_ms), 1)},
            "bar_ms": BAR_MS,
        },
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
