from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.base.periods import due_days, due_hours
from tests.conftest import MORNING

FIVE_PAST = time(0, 5)
HOUR = timedelta(hours=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def test_an_hour_is_due_a_minute_after_it_ended_and_the_newest_comes_first() -> None:
    since = MORNING - 3 * HOUR
    minute = timedelta(minutes=1)
    assert len(due_hours(MORNING + timedelta(seconds=59), minute, since)) == 2
    found = due_hours(MORNING + minute, minute, since)
    assert [one.start_utc for one in found] == [MORNING - n * HOUR for n in (1, 2, 3)]
    assert all(one.end_utc - one.start_utc == HOUR for one in found)
    assert due_hours(MORNING + minute, minute, MORNING + minute) == []


def test_yesterday_is_due_at_five_past_midnight() -> None:
    zone = ZoneInfo("Asia/Seoul")
    midnight = datetime(2026, 11, 22, 15, tzinfo=UTC)
    before = due_days(midnight + timedelta(minutes=4), zone, FIVE_PAST, LONG_AGO, 2)
    after = due_days(midnight + timedelta(minutes=5), zone, FIVE_PAST, LONG_AGO, 2)
    assert [day for day, _ in before] == [date(2026, 11, 21), date(2026, 11, 20)]
    assert [day for day, _ in after] == [date(2026, 11, 22), date(2026, 11, 21)]
    assert after[0][1].end_utc == midnight


def test_days_before_the_camera_was_there_are_not_due() -> None:
    since = datetime(2026, 11, 22, 12, tzinfo=UTC)
    found = due_days(MORNING, ZoneInfo("UTC"), FIVE_PAST, since, 7)
    assert [day for day, _ in found] == [date(2026, 11, 22)]


def test_days_of_a_clock_change_have_23_and_25_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spring = due_days(datetime(2026, 3, 30, 12, tzinfo=UTC), berlin, FIVE_PAST, LONG_AGO, 1)
    autumn = due_days(datetime(2026, 10, 26, 12, tzinfo=UTC), berlin, FIVE_PAST, LONG_AGO, 1)
    ((spring_day, spring_period),), ((autumn_day, autumn_period),) = spring, autumn
    assert (spring_day, spring_period.end_utc - spring_period.start_utc) == (date(2026, 3, 29), 23 * HOUR)
    assert (autumn_day, autumn_period.end_utc - autumn_period.start_utc) == (date(2026, 10, 25), 25 * HOUR)


@settings(max_examples=30)
@given(
    zone=st.sampled_from(sorted(available_timezones() - {"localtime"})),
    year=st.integers(2015, 2027),
    at=st.sampled_from([FIVE_PAST, time(2, 30), time(23, 59)]),
)
def test_every_local_date_of_a_year_becomes_due_once_in_every_zone(zone: str, year: int, at: time) -> None:
    now = datetime(year, 1, 3, tzinfo=UTC)
    bounds: dict[date, tuple[datetime, datetime]] = {}
    while now < datetime(year + 1, 1, 3, tzinfo=UTC):
        for day, period in due_days(now, ZoneInfo(zone), at, now - timedelta(days=3), 1):
            late = now - period.end_utc
            # At 23:59 of a day of up to 26 hours (Antarctica/Troll turns its clocks by two), found within an hour.
            assert day in bounds or not bounds or late < timedelta(hours=27), "due on the day after"
            assert bounds.setdefault(day, (period.start_utc, period.end_utc)) == (period.start_utc, period.end_utc)
        now += timedelta(hours=1)
    days = sorted(bounds)
    assert len(days) >= 364
    assert all(bounds[a][1] == bounds[b][0] for a, b in pairwise(days)), "no moment is left out"
