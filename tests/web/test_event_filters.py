"""What the Events page lists for what is chosen: of what is to review, what needs a verdict."""

from __future__ import annotations

import pytest

from livemon.web.pages.parts.event_filters import ALERTS, GRAVE, EventFilters
from tests.conftest import MORNING


@pytest.mark.parametrize(
    ("chosen", "severities"),
    [
        ({}, GRAVE),
        ({"state": "any"}, ()),
        ({"state": "reviewed"}, ()),
        ({"severity": "info"}, ("info",)),
        ({"state": "any", "severity": ALERTS}, GRAVE),
        ({"q": "cat"}, ()),
    ],
)
def test_info_is_to_review_only_when_it_is_asked_for(chosen: dict[str, str], severities: tuple[str, ...]) -> None:
    filters = EventFilters({"Hall": "hall"})
    filters.take(chosen)
    assert filters.search(["hall"], MORNING, None).severities == severities
