"""What the Events page lists for what its address asks: of what is to review, what needs a verdict."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from livemon.store.word_index import SeenFilter
from livemon.web.pages.parts.event_filters import ALERTS, EventFilters
from tests.conftest import MORNING

GRAVE = ("danger", "warning")


@pytest.mark.parametrize(
    ("asked", "severities"),
    [
        ({}, GRAVE),
        ({"severity": "any"}, ()),
        ({"state": "any"}, ()),
        ({"state": "reviewed"}, ()),
        ({"severity": "info"}, ("info",)),
        ({"state": "any", "severity": ALERTS}, GRAVE),
        ({"state": "nonsense"}, GRAVE),
        ({"state": "any", "severity": "nonsense"}, ()),
        ({"state": "", "severity": "", "q": ""}, GRAVE),
    ],
)
def test_info_is_to_review_only_when_it_is_asked_for(asked: dict[str, str], severities: tuple[str, ...]) -> None:
    filters = EventFilters({"Hall": "hall"}, {})
    filters.take(asked)
    assert filters.search(["hall"], MORNING, None).severities == severities


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"severity": "any"},
        {"state": "any"},
        {"severity": "info"},
        {"state": "right", "severity": ALERTS},
        {"q": "cat"},
        {"seen": "people"},
        {"state": "any", "seen": "unknown"},
        {"days": "dates", "from": "2026-11-20", "to": "2026-11-22"},
    ],
)
def test_an_address_asks_for_what_was_chosen(asked: dict[str, str]) -> None:
    filters = EventFilters({}, {})
    filters.take(asked)
    assert filters.address() == asked


def between(**asked: str) -> tuple[datetime | None, datetime | None]:
    filters = EventFilters({}, {})
    filters.take(asked)
    wanted = filters.search([], MORNING, ZoneInfo("Asia/Seoul"))
    return wanted.since, wanted.until


def test_dates_are_whole_days_of_the_zone_and_either_may_be_left_out() -> None:
    first, after = datetime(2026, 11, 19, 15, tzinfo=UTC), datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert between(**{"from": "2026-11-20", "to": "2026-11-22"}) == (first, after)
    assert between(**{"from": "2026-11-22", "to": "2026-11-20"}) == (first, after), "in any order"
    assert between(**{"from": "2026-11-20"}) == (first, None)
    assert between(to="2026-11-22") == (None, after)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-40", "9999-12-31", "0001-01-01", "2026-11-20T00:00"])
def test_a_date_that_means_none_is_left_out(text: str) -> None:
    assert between(**{"from": text, "to": text}) == (None, None)


def test_dates_count_only_while_they_are_shown() -> None:
    filters = EventFilters({}, {})
    filters.take({"from": "2026-11-20"})
    assert filters.widgets["from"].visible
    filters.widgets["days"].value = "7"
    assert not filters.widgets["from"].visible
    assert filters.address() == {"days": "7"}


def test_zones_are_those_of_the_chosen_camera_or_of_all_and_go_with_it() -> None:
    cameras, zones = {"Hall": "hall", "Nursery": "nursery"}, {"hall": ["stairs", "door"], "nursery": ["cot"]}
    filters = EventFilters(cameras, zones)
    zone = filters.widgets["zone"]
    assert list(zone.options.values()) == ["", "cot", "door", "stairs"]
    filters.take({"camera": "nursery", "zone": "cot", "seen": "nobody"})
    wanted = filters.search(zones, MORNING, None)
    assert (wanted.cameras, wanted.zone, wanted.seen) == (("nursery",), "cot", SeenFilter.NOBODY)
    assert filters.address() == {"camera": "nursery", "zone": "cot", "seen": "nobody"}
    filters.widgets["camera"].value = "hall"
    assert (zone.value, list(zone.options.values())) == ("", ["", "door", "stairs"])
    filters.take({"zone": "cot"})
    assert filters.search(zones, MORNING, None).zone == "", "the zone of a hidden camera is dropped"
    filters.offer(cameras, {"hall": [], "nursery": []})
    assert not zone.visible, "a household without zones is not asked for one"
