"""An endless loop outlives its steps."""

from __future__ import annotations

import asyncio

import pytest

from livemon.survive import survive


async def test_a_step_that_fails_is_logged_and_does_not_end_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    async def step() -> None:
        raise RuntimeError("out of order")

    await survive(step(), "sweeping")
    assert "sweeping failed" in caplog.text and "out of order" in caplog.text


async def test_a_cancelled_step_ends_the_loop_too() -> None:
    async def step() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await survive(step(), "sweeping")
