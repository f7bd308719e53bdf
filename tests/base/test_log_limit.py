"""The same line again and again is logged a limited number of times, and the others are counted."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from livemon.base import log_limit


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(log_limit.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def written(clock: list[float]) -> Iterator[tuple[logging.Logger, list[str]]]:
    handler = Lines()
    handler.addFilter(log_limit.RepeatLimit())
    logger = logging.getLogger("tests.log_limit")
    logger.addHandler(handler)
    yield logger, handler.lines
    logger.removeHandler(handler)


def test_lines_of_one_kind_are_limited_whatever_their_values(written: tuple[logging.Logger, list[str]]) -> None:
    logger, lines = written
    for number in range(10_000):
        logger.error("failed for the %d. time", number)
    assert len(lines) == log_limit.PER_PERIOD
    logger.error("something else")
    assert lines[-1] == "something else"


def test_the_next_period_says_how_many_were_left_out(
    written: tuple[logging.Logger, list[str]], clock: list[float]
) -> None:
    logger, lines = written
    for _ in range(log_limit.PER_PERIOD + 7):
        logger.error("no descriptors")
    clock[0] = log_limit.PERIOD_S
    logger.error("no descriptors")
    logger.error("no descriptors")
    assert lines[-2:] == ["no descriptors (and 7 such lines that were not logged)", "no descriptors"]


def test_it_remembers_a_limited_number_of_kinds(written: tuple[logging.Logger, list[str]], clock: list[float]) -> None:
    logger, lines = written
    for number in range(3 * log_limit.MOST_KINDS):
        clock[0] += 1
        logger.error(f"a kind of its own: {number}")
    assert len(lines) == 3 * log_limit.MOST_KINDS


def test_lines_of_many_kinds_are_limited_together(written: tuple[logging.Logger, list[str]]) -> None:
    logger, lines = written
    for number in range(10_000):
        logger.error(f"a kind of its own: {number}")
    assert len(lines) == log_limit.MOST_LINES


def test_handlers_of_libraries_are_limited_too() -> None:
    handler = Lines()
    library = logging.getLogger("tests.log_limit.library")
    library.addHandler(handler)
    try:
        log_limit.limit_log()
        log_limit.limit_log()
        assert [type(one) for one in handler.filters] == [log_limit.RepeatLimit]
    finally:
        library.removeHandler(handler)
