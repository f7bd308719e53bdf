"""Pages of memory are given back."""

import asyncio
import platform

import pytest

from livemon.web.server import memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_arenas_are_shared_where_glibc_is() -> None:
    assert memory.keep_small()


def test_what_is_there_is_left_out_of_searches_once_what_is_garbage_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr("gc.collect", lambda: done.append("collected"))
    monkeypatch.setattr("gc.freeze", lambda: done.append("frozen"))
    memory.keep_what_is_there()
    assert done == ["collected", "frozen"]


async def test_pages_are_given_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    trimmed: list[int] = []

    class Libc:
        malloc_trim = staticmethod(trimmed.append)

    monkeypatch.setattr(memory, "_libc", Libc)
    monkeypatch.setattr(memory, "TRIM_EVERY_S", 0.001)
    task = asyncio.create_task(memory.give_back())
    while len(trimmed) < 3:
        await asyncio.sleep(0.001)
    task.cancel()


async def test_without_such_a_library_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_libc", lambda: object())
    assert not memory.keep_small()
    await memory.give_back()
