"""An endless loop outlives its steps."""

from __future__ import annotations

import asyncio
import errno

import pytest

from livemon.survive import survive


async def test_a_step_that_fails_is_logged_and_does_not_end_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    async def step() -> None:
        raise RuntimeError("out of order")

    await survive(step(), "sweeping")
    assert "sweeping failed" in caplog.text and "out of order" in caplog.text


async def test_what_is_known_to_fail_is_one_line_however_often(caplog: pytest.LogCaptureFixture) -> None:
    async def step() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    await survive(step(), "sweeping")
    (record,) = caplog.records
    assert record.getMessage() == "sweeping failed: [Errno 28] No space left on device"
    assert record.exc_info is None


async def test_a_cancelled_step_ends_the_loop_too() -> None:
    async def step() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await survive(step(), "sweeping")
