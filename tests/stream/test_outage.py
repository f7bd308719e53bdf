from datetime import datetime, timedelta
from pathlib import Path

from livemon.base.datatypes import Segment
from livemon.base.messages.message import Message
from livemon.base.stream_types import StreamState, StreamStatus
from livemon.stream.live.outage import GRACE_S, HOLE_S, KILLED, OutageChange, OutageKind, OutageWatch
from tests.conftest import MORNING

LIVE, AWAY, FAILED = StreamState.LIVE, StreamState.RECONNECTING, StreamState.FAILED
STARTING, STALLED, STOPPED = StreamState.STARTING, StreamState.STALLED, StreamState.STOPPED


def utc(seconds: float) -> datetime:
    return MORNING + timedelta(seconds=seconds)


def footage(start_s: float, end_s: float) -> Segment:
    return Segment(utc(start_s), end_s - start_s, Path("a.ts"), end_s - start_s)


def changes(*steps: tuple[float, StreamState] | Segment, watch: OutageWatch | None = None) -> list[OutageChange]:
    watch = watch or OutageWatch()
    found = []
    for step in steps:
        if isinstance(step, Segment):
            found.append(watch.footage(step))
        else:
            at_s, state = step
            found.append(watch.update(StreamStatus("camera-1", state, Message("cable"), MORNING), utc(at_s), at_s))
    return [change for change in found if change is not None]


def test_an_outage_lies_between_footage_and_footage_and_each_end_is_said_once() -> None:
    away = [(11.0, AWAY), (11 + GRACE_S, AWAY), (100.0, AWAY), (245.0, STARTING)]
    gone, back = changes(footage(0, 10), *away, footage(243, 253), (254, LIVE), footage(253, 263))
    assert (gone.kind, gone.start_utc, str(gone.sentence)) == (OutageKind.OFFLINE, utc(10), "cable")
    assert (back.kind, back.start_utc, back.end_utc) == (OutageKind.ONLINE, utc(10), utc(243))
    assert str(back.sentence) == "back; nothing was recorded for 3 min 53 s."


def test_a_short_break_of_a_camera_with_long_segments_is_no_outage() -> None:
    # Its next segment is finished twelve seconds after the break, which lasted two.
    steps = [(11.0, AWAY), (12.0, STARTING), (24.0, STARTING)]
    assert changes(footage(0, 10), *steps, footage(12, 22), (24, LIVE)) == []


def test_a_hole_that_was_no_outage_is_told_once_with_its_own_length() -> None:
    steps = [(11.0, AWAY), (13.0, STARTING)]
    (missing,) = changes(footage(0, 10), *steps, footage(10 + HOLE_S, 25), (26, LIVE), footage(25, 35))
    assert (missing.kind, missing.start_utc, missing.end_utc) == (OutageKind.MISSING, utc(10), utc(15))
    assert str(missing.sentence) == "nothing was recorded for 5 s. cable"


def test_back_without_a_hole_says_so() -> None:
    _, back = changes(footage(0, 10), (11, AWAY), (11 + GRACE_S, AWAY), footage(10, 20))
    assert str(back.sentence) == "back; no footage is missing."


def test_what_needs_a_person_is_said_at_once() -> None:
    (gone,) = changes((0, STARTING), (1, FAILED), (2, FAILED))
    assert (gone.kind, gone.start_utc) == (OutageKind.OFFLINE, utc(1))


def test_a_camera_that_is_stopped_is_not_offline_and_misses_nothing() -> None:
    watch = OutageWatch()
    assert changes(footage(0, 10), (11, STOPPED), (99, STOPPED), watch=watch) == []
    watch.stopped()
    watch.begun(utc(10), killed=False)
    assert changes(footage(3600, 3610), watch=watch) == []


def test_a_process_that_was_killed_left_a_hole() -> None:
    watch = OutageWatch()
    watch.begun(utc(10), killed=True)
    adopted, (missing,) = changes(footage(10, 14), watch=watch), changes(footage(30, 40), watch=watch)
    assert adopted == []
    assert (missing.start_utc, missing.end_utc) == (utc(14), utc(30))
    again = OutageWatch()
    again.begun(utc(10), killed=True)
    (missing,) = changes(footage(30, 40), watch=again)
    assert missing.reason == KILLED


def test_a_camera_that_flaps_is_one_outage() -> None:
    steps = [(float(s), (STALLED, AWAY, STARTING)[s % 3]) for s in range(1, 120)]
    assert [change.kind for change in changes((0, LIVE), *steps)] == [OutageKind.OFFLINE]
