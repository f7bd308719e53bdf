"""The state of a stream is text for other hosts; damaged text gives None."""

from __future__ import annotations

import pytest

from livemon.base.messages.message import message
from livemon.base.stream_types import StreamMode, StreamState, StreamStatus
from livemon.cameras.status_text import from_text, to_text
from tests.conftest import MORNING


def test_a_state_comes_over_with_the_host_that_says_it() -> None:
    live = StreamStatus(
        "hall",
        StreamState.LIVE,
        message("stream.streaming"),
        MORNING,
        mode=StreamMode.COPY,
        last_segment_end_utc=MORNING,
    )
    seen = from_text(to_text(live), "hall", "nas")
    assert seen is not None
    assert (seen.state, seen.said.code, seen.mode) == (StreamState.LIVE, "camera.recorded_by", StreamMode.COPY)
    assert (seen.since_utc, seen.last_segment_end_utc) == (MORNING, MORNING)
    silent = StreamStatus("hall", StreamState.STALLED, message("stream.nothing_came", silent_s=31.0), MORNING)
    seen = from_text(to_text(silent), "hall", "nas")
    assert seen is not None and str(seen.said).startswith("nas: ") and "31 s" in str(seen.said)


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "{}", '{"state": "new", "said": {}}'])
def test_what_was_not_said_or_is_damaged_is_no_state(text: str) -> None:
    assert from_text(text, "hall", "nas") is None
