from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.base.clock import WINDOW, FakeClock, Window, floor_to, iso, require_utc

moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))


@given(moments)
def test_every_moment_lies_in_exactly_its_window(moment: datetime) -> None:
    window = Window.containing(moment)
    assert window.start_utc <= moment < window.end_utc
    assert window.end_utc - window.start_utc == WINDOW
    assert window.start_utc.minute % 10 == 0
    assert Window.containing(window.end_utc) != window


def test_a_window_must_start_on_a_mark() -> None:
    with pytest.raises(ValueError, match="ten-minute mark"):
        Window(datetime(2026, 11, 23, 8, 5, tzinfo=UTC))


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone"):
        require_utc(datetime(2026, 11, 23, 8, 0))


def test_a_local_time_keeps_its_moment() -> None:
    seoul = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=9)))
    assert require_utc(seoul) == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert iso(seoul) == "2026-11-23T00:00:00.000Z"


def test_floor_falls_on_whole_multiples_of_the_epoch() -> None:
    moment = datetime(2026, 11, 23, 8, 0, 7, 350_000, tzinfo=UTC)
    assert floor_to(moment, timedelta(seconds=10)).second == 0
    assert floor_to(moment, timedelta(seconds=0.2)).microsecond == 200_000


async def test_the_fake_clock_moves_instead_of_waiting() -> None:
    clock = FakeClock(datetime(2026, 11, 23, tzinfo=UTC))
    await clock.sleep(3600)
    assert clock.now() == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert clock.monotonic_s() == 3600
