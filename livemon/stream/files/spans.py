"""Spans: where footage is, and in which file. Pure; nothing here opens a file.

Decoding lives in frames.py, the search for segments and archives in archive/footage.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from livemon.base.datatypes import Archive, Segment


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of footage without a gap, and the file that holds it."""

    start_utc: datetime
    end_utc: datetime
    source: Segment
    archived: bool


def spans_of(segments: Iterable[Segment], archives: Iterable[Archive]) -> list[Span]:
    """Return the spans of live segments, then those of archives."""
    live = [Span(segment.start_utc, segment.end_utc, segment, False) for segment in segments]
    return live + [span for archive in archives for span in _between_gaps(archive)]


def whole(archive: Archive) -> Segment:
    """Return an archive as one long segment: its timestamps are the wall clock."""
    whole_s = (archive.end_utc - archive.start_utc).total_seconds()
    return Segment(archive.start_utc, whole_s, archive.path, whole_s)


def missing_s(archive: Archive, live: Iterable[Segment], start: datetime, end: datetime) -> float:
    """Return how many seconds of an archive's footage of [start, end) live segments do not hold."""
    spans = [(max(span.start_utc, start), min(span.end_utc, end)) for span in _between_gaps(archive)]
    missing = sum(max(0.0, (last - first).total_seconds()) for first, last in spans)
    for segment in live:
        for first, last in spans:
            missing -= max(0.0, (min(last, segment.end_utc) - max(first, segment.start_utc)).total_seconds())
    return missing


def uncovered_s(spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> float:
    """Return how many seconds of [start, end) lie in none of these stretches."""
    missing, at = 0.0, start
    for first, last in sorted(spans):
        if first >= end:
            break
        missing += max(0.0, (first - at).total_seconds())
        at = max(at, last)
    return missing + max(0.0, (end - at).total_seconds())


def nearest_edge(spans: Iterable[Span], at: datetime) -> tuple[str, datetime] | None:
    """Return the end or the beginning of footage that is nearest to a moment without any: ``("ends", ...)``."""
    known = list(spans)
    edges = [("ends", span.end_utc) for span in known if span.end_utc <= at]
    edges += [("begins", span.start_utc) for span in known if span.start_utc > at]
    return min(edges, key=lambda edge: abs(edge[1] - at), default=None)


def _between_gaps(archive: Archive) -> list[Span]:
    """Return the stretches of an archive between its gaps; in the file they lie on one timeline, the wall clock."""
    source = whole(archive)
    spans, at = [], archive.start_utc
    for gap in archive.gaps:
        if gap.start_utc > at:
            spans.append(Span(at, min(gap.start_utc, archive.end_utc), source, True))
        at = max(at, gap.end_utc)
    if at < archive.end_utc:
        spans.append(Span(at, archive.end_utc, source, True))
    return spans
