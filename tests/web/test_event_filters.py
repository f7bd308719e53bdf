"""What the Events page lists for what its address asks: of what is to review, what needs a verdict."""

from __future__ import annotations

import pytest

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
    filters = EventFilters({"Hall": "hall"})
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
    ],
)
def test_an_address_asks_for_what_was_chosen(asked: dict[str, str]) -> None:
    filters = EventFilters({})
    filters.take(asked)
    assert filters.address() == asked
