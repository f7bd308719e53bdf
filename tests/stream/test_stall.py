"""A stall is seen where bytes or segments stop coming, and not while a slow camera begins."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from livemon.base.datatypes import Segment
from livemon.stream.live.stall import STALL_TARGET_DURATIONS, START_PATIENCE_S, StallWatch
from tests.conftest import MORNING

TARGET_S, SEGMENT_S = 4.0, 2.0
LIMIT_S = STALL_TARGET_DURATIONS * TARGET_S


def segment(number: int) -> Segment:
    return Segment(MORNING + timedelta(seconds=SEGMENT_S * number), SEGMENT_S, Path(f"{number}.ts"), SEGMENT_S)


def code_of(watch: StallWatch, now_s: float, written: int, last: Segment | None = None) -> str:
    reason = watch.take(now_s, written, last, TARGET_S)
    return "" if reason is None else reason.code


def test_a_source_that_gives_nothing_is_waited_for_longer_than_one_that_stops() -> None:
    watch = StallWatch(0.0, SEGMENT_S, None)
    assert code_of(watch, START_PATIENCE_S, 0) == ""
    assert code_of(watch, START_PATIENCE_S + 1, 0) == "stream.nothing_came"
    begun = StallWatch(0.0, SEGMENT_S, None)
    assert code_of(begun, 1.0, 100) == ""
    assert code_of(begun, 1.0 + LIMIT_S, 100) == ""
    assert code_of(begun, 2.0 + LIMIT_S, 100) == "stream.nothing_came"


def test_bytes_without_a_segment_are_a_stall_counted_from_the_first_bytes() -> None:
    watch = StallWatch(0.0, SEGMENT_S, None)
    assert code_of(watch, 14.0, 0) == ""
    for second in range(15, 15 + int(LIMIT_S + SEGMENT_S) + 1):
        assert code_of(watch, second, second) == "", second
    assert code_of(watch, 16 + LIMIT_S + SEGMENT_S, 1) == "stream.no_segment"


def test_finished_segments_are_progress_also_where_the_bytes_are_the_same() -> None:
    before = segment(0)
    watch = StallWatch(0.0, SEGMENT_S, before)
    assert code_of(watch, START_PATIENCE_S + 1, 0, before) == "stream.nothing_came", "of the run before"
    watch = StallWatch(0.0, SEGMENT_S, before)
    for number in range(1, 9):
        assert code_of(watch, 10.0 * number, 0, segment(number)) == ""
