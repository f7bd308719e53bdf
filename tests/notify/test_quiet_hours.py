"""Quiet hours across midnight, weekends and changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from livemon.notify.quiet_hours import QuietHours, quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7))


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (local(2026, 11, 23, 21, 59), None),
        (local(2026, 11, 23, 22, 0), local(2026, 11, 24, 7)),
        (local(2026, 11, 24, 6, 59), local(2026, 11, 24, 7)),
        (local(2026, 11, 24, 7, 0), None),
        # The night in which clocks are set forward has 8 hours, the one in which they are set back 10.
        (local(2026, 3, 28, 23), datetime(2026, 3, 29, 5, tzinfo=UTC)),
        (local(2026, 10, 24, 23), datetime(2026, 10, 25, 6, tzinfo=UTC)),
    ],
)
def test_a_night_goes_across_midnight(moment: datetime, until: datetime | None) -> None:
    assert quiet_until([NIGHT], BERLIN, moment) == until


def test_a_weekday_is_the_one_on_which_quiet_begins() -> None:
    friday = QuietHours(time(22), time(7), frozenset({4}))
    assert quiet_until([friday], BERLIN, local(2026, 11, 28, 3)) == local(2026, 11, 28, 7)
    assert quiet_until([friday], BERLIN, local(2026, 11, 29, 3)) is None


def test_stretches_that_touch_are_one() -> None:
    noon = QuietHours(time(7), time(9))
    assert quiet_until([noon, NIGHT], BERLIN, local(2026, 11, 23, 23)) == local(2026, 11, 24, 9)


def test_a_time_that_clocks_skip_begins_later() -> None:
    skipped = QuietHours(time(2, 30), time(5))
    assert quiet_until([skipped], BERLIN, local(2026, 3, 29, 3, 45)) == local(2026, 3, 29, 5)


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert quiet_until([], BERLIN, local(2026, 11, 23, 23)) is None
