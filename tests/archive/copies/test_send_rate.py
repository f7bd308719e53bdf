"""The rate of sending: one limit for both lanes, in a time that tests move."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from livemon.archive.copies.choice import URGENT
from livemon.archive.copies.send_rate import SendRate
from livemon.archive.copies.worker import ALL_RANKS
from livemon.base.clock import FakeClock
from tests.archive.copies.houses import House

MEGABYTE = 1_000_000


def sent_in(rate: SendRate, until_s: float, urgent_size: int, archive_size: int) -> tuple[int, int]:
    """Let both lanes send as fast as they may; returns the bytes of each. A size of 0 is a lane without files."""
    clock = FakeClock()
    sent = {True: 0, False: 0}
    sizes = {True: urgent_size, False: archive_size}
    lanes = [urgent for urgent, size in sizes.items() if size]
    while clock.monotonic_s() < until_s:
        for urgent in lanes:
            if not rate.wait_s(clock.monotonic_s(), urgent=urgent):
                sent[urgent] += sizes[urgent]
                rate.sent(sizes[urgent], clock.monotonic_s(), urgent=urgent)
        clock.advance(min(rate.wait_s(clock.monotonic_s(), urgent=urgent) for urgent in lanes))
    return sent[True], sent[False]


def test_both_lanes_together_stay_below_the_rate() -> None:
    events, archives = sent_in(SendRate(8), 1000, MEGABYTE, 50 * MEGABYTE)
    assert events + archives <= 1000 * MEGABYTE + 50 * MEGABYTE, "a second's megabyte, and one file ahead"


def test_one_lane_has_the_whole_rate() -> None:
    assert sent_in(SendRate(8), 1000, MEGABYTE, 0)[0] == pytest.approx(1000 * MEGABYTE, rel=0.01)
    assert sent_in(SendRate(8), 1000, 0, 50 * MEGABYTE)[1] == pytest.approx(1000 * MEGABYTE, rel=0.06)


def test_an_event_never_waits_behind_an_archive_and_the_archive_pays() -> None:
    rate = SendRate(8)
    rate.sent(100 * MEGABYTE, 0, urgent=False)
    assert rate.wait_s(0, urgent=True) == 0 and rate.wait_s(0, urgent=False) == 100
    rate.sent(5 * MEGABYTE, 10, urgent=True)
    assert rate.wait_s(10, urgent=True) == 5 and rate.wait_s(10, urgent=False) == 95
    assert rate.wait_s(200, urgent=False) == 0, "what was not sent is not saved up"


def test_without_a_limit_nothing_waits() -> None:
    rate = SendRate(0)
    rate.sent(100 * MEGABYTE, 0, urgent=True)
    assert rate.wait_s(0, urgent=True) == rate.wait_s(0, urgent=False) == 0


def test_the_lanes_of_a_worker_share_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path / "home", str(tmp_path / "bucket"), max_mbit_s=8)
    sent: list[tuple[str, float]] = []

    def send(ranks: tuple[int, ...]) -> int:
        sent.append(("events" if ranks == URGENT else "archives", house.clock.monotonic_s()))
        return 5 * MEGABYTE

    monkeypatch.setattr(house.worker, "send", send)

    async def lanes() -> None:
        for ranks in (ALL_RANKS, URGENT, ALL_RANKS, ALL_RANKS):
            await house.worker._send_and_wait(ranks)

    asyncio.run(lanes())
    assert sent == [("archives", 0), ("events", 0), ("archives", 10)]
    house.close()
