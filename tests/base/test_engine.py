"""The loop that cameras and schedules run on."""

import asyncio
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from livemon.base.engine import Engine
from tests.waiting import PATIENCE_S


def test_closing_ends_what_is_under_way_and_waits_until_it_has_cleared_up() -> None:
    engine = Engine()
    begun, cleared_up = threading.Event(), threading.Event()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.to_thread(cleared_up.set)

    with ThreadPoolExecutor(1) as pool:
        caller = pool.submit(engine.call, endless(), None)
        assert begun.wait(PATIENCE_S)
        engine.close()
        assert cleared_up.is_set()
        with pytest.raises(CancelledError):
            caller.result(PATIENCE_S)
