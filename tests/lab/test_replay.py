"""What another prompt changes, told from two answers about the same frames."""

from dataclasses import replace
from datetime import timedelta

from livemon.base.datatypes import Observation, Severity
from livemon.lab.experiments.replay_diff import Seen, changes, in_words, scene_in, seen_by
from livemon.vlm.prompt import shipped_prompts
from tests.conftest import MORNING, seen
from tests.lab.bench import reply_text

FRAMES = (MORNING, MORNING + timedelta(seconds=5))
PROMPT = shipped_prompts()["look_en"]


def look(*observations: Observation, known: bool = True) -> Seen:
    return Seen(FRAMES, observations if known else None)


def fall(severity: Severity = Severity.DANGER, kind: str = "fall") -> Observation:
    return seen(0, 5, kind=kind, severity=severity)


def told(live: Seen, other: Seen) -> list[str]:
    return changes([(live, other)])["change"].tolist()


def test_what_only_one_of_them_saw_is_new_or_lost() -> None:
    assert told(look(), look(fall())) == ["new"]
    assert told(look(fall()), look()) == ["lost"]
    assert told(look(fall()), look(fall())) == ["same"]
    assert told(look(), look()) == []


def test_the_same_thing_told_as_graver_is_a_change_of_severity() -> None:
    table = changes([(look(fall(Severity.WARNING)), look(fall(Severity.DANGER)))])
    row = table.iloc[0]
    assert (row["change"], row["severity_live"], row["severity"]) == ("severity", "warning", "danger")
    assert row["at_utc"] == FRAMES[-1]


def test_kinds_of_one_family_are_the_same_thing_and_each_is_paired_once() -> None:
    assert told(look(fall(kind="possible_fall")), look(fall())) == ["same"]
    assert told(look(fall(kind="climbing")), look(fall())) == ["lost", "new"]
    assert sorted(told(look(fall(), fall()), look(fall()))) == ["lost", "same"]


def test_an_answer_that_says_nothing_changes_nothing_that_is_known() -> None:
    assert told(look(fall()), look(known=False)) == ["unknown"]
    assert told(look(known=False), look(fall())) == ["unknown"]


def test_words_name_both_prompts_and_count_dangers_by_themselves() -> None:
    mild, warning = fall(Severity.INFO, "play"), fall(Severity.WARNING)
    seen_looks = [
        (look(), look(fall(), mild)),
        (look(fall()), look()),
        (look(fall()), look(warning)),
        (look(warning), look(warning)),
        (look(known=False), look()),
    ]
    assert in_words(changes(seen_looks), 5, "quiet", "falls") == (
        "falls instead of quiet over 5 looks: of dangers 1 new, 1 lost, 1 of other severity, 0 the same; "
        "of warnings 0 new, 0 lost, 0 of other severity, 1 the same. "
        "Of 1 looks one answer says nothing, so nothing is known of them."
    )


def test_a_kept_reply_is_read_as_it_was_then() -> None:
    frames = [{"utc": utc.isoformat(), "sha256": "x"} for utc in FRAMES]

    class Look:
        frames = FRAMES

    text = reply_text(Look())  # type: ignore[arg-type]
    found = seen_by(PROMPT, "ok", text, frames)
    assert found.frames == FRAMES
    assert found.observations is not None
    (one,) = found.observations
    assert (one.kind, one.start_utc, one.end_utc) == ("fall", *FRAMES)
    assert seen_by(PROMPT, "unparsable", text, frames).observations is None
    assert seen_by(PROMPT, "ok", "{", frames).observations is None
    assert scene_in(PROMPT, text) == "A room with 2 pictures."
    assert scene_in(PROMPT, "{") == ""


def test_the_table_has_its_types_also_when_nothing_changes() -> None:
    assert changes([]).dtypes.to_dict() == changes([(look(), look(replace(fall(), title="x")))]).dtypes.to_dict()
