"""A loop outlives its steps, and a step the cancellation of its task."""

from __future__ import annotations

import asyncio
import errno

import pytest

from livemon.base import tasks as module
from livemon.base.tasks import run_to_completion, survive


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_told", {})


async def test_a_step_that_fails_is_logged_and_does_not_end_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    async def step() -> None:
        raise RuntimeError("out of order")

    await survive(step(), "sweeping")
    assert "sweeping failed" in caplog.text and "out of order" in caplog.text


async def test_what_is_known_to_fail_is_one_line_however_often(caplog: pytest.LogCaptureFixture) -> None:
    async def step() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def works() -> None:
        pass

    for _ in range(100):
        await survive(step(), "sweeping a full disk")
    (record,) = caplog.records
    assert record.getMessage() == "sweeping a full disk failed: [Errno 28] No space left on device"
    assert record.exc_info is None
    for _ in range(2):
        await survive(works(), "sweeping a full disk")
    await survive(step(), "sweeping a full disk")
    said = [record.getMessage() for record in caplog.records[1:]]
    assert said == ["sweeping a full disk works again", record.getMessage()], "and it is told anew"


async def test_another_reason_and_another_step_are_told(caplog: pytest.LogCaptureFixture) -> None:
    async def step(number: int) -> None:
        raise OSError(number, "trouble")

    for number, what in ((1, "one"), (2, "one"), (2, "two"), (2, "two")):
        await survive(step(number), what)
    assert len(caplog.records) == 3


async def test_a_cancelled_step_ends_the_loop_too() -> None:
    async def step() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await survive(step(), "sweeping")


async def test_a_step_completes_before_any_number_of_cancellations_goes_on() -> None:
    done = []
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await may_end.wait()
        done.append(True)

    task = asyncio.create_task(run_to_completion(work()))
    await begun.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [True]


async def test_a_completed_step_gives_its_result_or_its_error() -> None:
    async def fails() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    assert await run_to_completion(asyncio.sleep(0, "kept")) == "kept"
    with pytest.raises(OSError, match="No space"):
        await run_to_completion(fails())
