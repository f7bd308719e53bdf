import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from livemon.stream import process
from livemon.stream.process import LiveProcess, kill, spawn
from tests.waiting import PATIENCE_S


@pytest.mark.parametrize(
    "said",
    [
        "[mpegts @ 0x55d] Non-monotonous DTS in output stream 0:0; previous: 900000, current: 630000; changing to ...",
        "[vost#0:0/copy @ 0x55d] Non-monotonic DTS; previous: 900000, current: 630000; changing to 900001. This ...",
    ],
    ids=["ffmpeg-5", "ffmpeg-7"],
)
async def test_timestamps_that_go_back_are_noticed_in_each_ffmpegs_words(said: str) -> None:
    running = await LiveProcess.spawn(["sh", "-c", f"echo '{said}' >&2"])
    await running.stdout.read()
    await running.end()
    assert running.backward_jump_s == 3.0


async def test_a_cancellation_is_not_lost_when_the_command_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def refuse(*_: object, **__: object) -> None:
        begun.set()
        await may_end.wait()
        raise OSError("too many open files")

    monkeypatch.setattr(process.asyncio, "create_subprocess_exec", refuse)
    task = asyncio.create_task(spawn(["true"]))
    await begun.wait()
    task.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_process_that_has_said_more_than_anybody_read_is_killed_without_waiting_for_ever() -> None:
    running = await spawn(["yes"])
    await asyncio.sleep(0.2)
    async with asyncio.timeout(PATIENCE_S):
        await kill(running)
    assert running.returncode == -signal.SIGKILL


def test_a_finite_ffmpeg_dies_with_the_process_that_waits_for_it(tmp_path: Path) -> None:
    waiting = "from livemon.stream.ffmpeg import run; run(['sleep', '60'], 60)"
    with subprocess.Popen([sys.executable, "-c", waiting]) as parent:
        mine = psutil.Process(parent.pid)
        while not (children := [c for c in mine.children() if c.name() == "sleep"]) and parent.poll() is None:
            pass
        parent.kill()
    gone, _ = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert len(gone) == 1
