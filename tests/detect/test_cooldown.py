from livemon.base.datatypes import Severity
from livemon.detect.cooldown import Cooldown
from tests.conftest import seen


def started(event_id: int = 1, **kwargs: object) -> Cooldown:
    cooldown = Cooldown(10)
    cooldown.remember(event_id, seen(0, 5, **kwargs))  # type: ignore[arg-type]
    return cooldown


def test_the_same_thing_within_the_cooldown_is_a_repetition() -> None:
    repetition = started().consider(seen(14, 20))
    assert repetition is not None
    assert repetition.event_id == 1
    assert repetition.last_seen_utc == seen(14, 20).end_utc


def test_the_same_thing_after_the_cooldown_is_new() -> None:
    assert started().consider(seen(15.1)) is None


def test_the_cooldown_runs_from_when_it_was_last_seen() -> None:
    cooldown = started()
    for start_s in (10, 20, 30, 40):
        assert cooldown.consider(seen(start_s, start_s + 9)) is not None
    assert cooldown.consider(seen(60)) is None


def test_an_escalation_always_passes() -> None:
    cooldown = started(kind="possible_fall", severity=Severity.WARNING)
    assert cooldown.consider(seen(6, kind="possible_fall", severity=Severity.DANGER)) is None


def test_less_severe_is_a_repetition_and_does_not_lower_the_bar() -> None:
    cooldown = started(severity=Severity.WARNING)
    assert cooldown.consider(seen(6, severity=Severity.INFO)) is not None
    assert cooldown.consider(seen(7, severity=Severity.WARNING)) is not None
    assert cooldown.consider(seen(8, severity=Severity.DANGER)) is None


def test_another_kind_or_place_is_another_event() -> None:
    cooldown = started()
    assert cooldown.consider(seen(6, kind="person_came")) is None
    assert cooldown.consider(seen(6, location="left")) is None


def test_an_observation_that_lies_inside_does_not_shorten_the_event() -> None:
    repetition = started().consider(seen(1, 2))
    assert repetition is not None
    assert repetition.last_seen_utc == seen(0, 5).end_utc
