from livemon.stream.outage import GRACE_S, OutageChange, OutageWatch
from livemon.streaming import StreamState, StreamStatus
from tests.conftest import MORNING


def status(state: StreamState, reason: str = "") -> StreamStatus:
    return StreamStatus("camera-1", state, reason, MORNING)


def changes(*steps: tuple[float, StreamState]) -> list[OutageChange]:
    watch = OutageWatch()
    found = [watch.update(status(state, "cable"), at_s) for at_s, state in steps]
    return [change for change in found if change is not None]


LIVE, AWAY, FAILED = StreamState.LIVE, StreamState.RECONNECTING, StreamState.FAILED


def test_offline_and_back_are_each_said_once() -> None:
    gone, back = changes((0, LIVE), (1, AWAY), (5, AWAY), (1 + GRACE_S, AWAY), (100, AWAY), (251, LIVE), (252, LIVE))
    assert gone == OutageChange(online=False, reason="cable")
    assert back == OutageChange(online=True, away_s=250)
    assert back.sentence.startswith("back after 4 min 10 s")


def test_a_short_break_is_no_outage() -> None:
    assert changes((0, LIVE), (1, AWAY), (4, LIVE), (5, AWAY), (8, LIVE)) == []


def test_what_needs_a_person_is_said_at_once() -> None:
    assert [change.online for change in changes((0, StreamState.STARTING), (1, FAILED), (2, FAILED))] == [False]


def test_a_camera_that_is_stopped_is_not_offline() -> None:
    assert changes((0, LIVE), (1, StreamState.STOPPED), (99, StreamState.STOPPED)) == []


def test_a_camera_that_flaps_between_stalled_and_reconnecting_is_one_outage() -> None:
    steps = [(float(s), StreamState.STALLED if s % 7 else AWAY) for s in range(1, 120)]
    assert len(changes((0, LIVE), *steps)) == 1
