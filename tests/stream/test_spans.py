from datetime import datetime, timedelta
from pathlib import Path

import pytest

from livemon.base.datatypes import Archive, Gap, Segment
from livemon.stream.files.spans import missing_s, nearest_edge, spans_of
from tests.conftest import MORNING


def at(second: float) -> datetime:
    return MORNING + timedelta(seconds=second)


def segment(start_s: float, end_s: float) -> Segment:
    return Segment(at(start_s), end_s - start_s, Path("unused.ts"), end_s - start_s)


# A window whose camera came at 10 s, was away from 100 to 200 s, and left at 500 s.
ARCHIVE = Archive(
    "camera-1",
    MORNING,
    at(10),
    at(500),
    Path("unused.mp4"),
    0,
    0,
    "",
    390.0,
    (Gap(at(0), at(10)), Gap(at(100), at(200)), Gap(at(500), at(600))),
)


def test_an_archives_spans_lie_between_its_gaps() -> None:
    spans = spans_of([segment(600, 610)], [ARCHIVE])
    assert [(s.start_utc, s.end_utc, s.archived) for s in spans] == [
        (at(600), at(610), False),
        (at(10), at(100), True),
        (at(200), at(500), True),
    ]
    assert {s.source.start_utc for s in spans if s.archived} == {at(10)}, "the file's timeline is one"


def test_what_live_segments_lack_of_an_archive_is_counted_without_its_gaps() -> None:
    assert missing_s(ARCHIVE, [segment(10, 100), segment(200, 500)], at(0), at(600)) == pytest.approx(0)
    assert missing_s(ARCHIVE, [segment(300, 500)], at(0), at(600)) == pytest.approx(190)
    assert missing_s(ARCHIVE, [segment(300, 500)], at(320), at(600)) == pytest.approx(0)
    assert missing_s(ARCHIVE, [], at(120), at(180)) == 0


def test_the_nearest_edge_is_told() -> None:
    spans = spans_of([], [ARCHIVE])
    assert nearest_edge(spans, at(120)) == ("ends", at(100))
    assert nearest_edge(spans, at(170)) == ("begins", at(200))
    assert nearest_edge(spans, at(0)) == ("begins", at(10))
    assert nearest_edge([], at(0)) is None
