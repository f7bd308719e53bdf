from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.base.model_types import AnswerStatus
from livemon.vlm.answers import BadReply, LookAnswer, SeenEvent, StudyAnswer, parse
from livemon.vlm.hosted.hosted_model import read
from livemon.vlm.schema import gemini_schema, json_schema
from tests.vlm.drawn import TERMS
from tests.vlm.test_interpret import SHOWN, STUDIED
from tests.vlm.test_provider_contract import LOOK, SEEN, STUDY, STUDY_TERMS


def status(text: str) -> AnswerStatus:
    with pytest.raises(BadReply) as caught:
        parse(text, LookAnswer)
    return caught.value.status


def test_a_valid_answer_is_read() -> None:
    answer = parse(json.dumps(LOOK), LookAnswer)
    assert isinstance(answer, LookAnswer)
    assert answer.events[0].kind == "person_came"


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```\n", "  ```json\n{}\n  ```"])
def test_one_fence_around_all_of_it_is_taken_off(fence: str) -> None:
    assert parse(fence.replace("{}", json.dumps(LOOK)), LookAnswer)


@pytest.mark.parametrize(
    "text",
    [
        "All is well, nothing to see!",
        "{}",
        "[]",
        "null",
        json.dumps(LOOK)[:-5],
        json.dumps(LOOK) + json.dumps({**LOOK, "events": []}),
        json.dumps({**LOOK, "events": None}),
        json.dumps({**LOOK, "events": [None]}),
        json.dumps({**LOOK, "events": [{}, 3]}),
        json.dumps({"view": "clear", "scene": "A room."}),
        json.dumps({**LOOK, "events": [], "view": "splendid"}),
        json.dumps({"events": []}),
        json.dumps(SEEN),
        "[" * 100_000,
        '{"events":' * 20_000,
        "<think>" + json.dumps(LOOK) + "</think>",
    ],
)
def test_what_does_not_fit_is_unparsable_and_never_quiet(text: str) -> None:
    assert status(text) is AnswerStatus.UNPARSABLE


@pytest.mark.parametrize("text", ["", "  \n "])
def test_no_text_is_empty(text: str) -> None:
    assert status(text) is AnswerStatus.EMPTY


@given(st.text())
def test_no_text_at_all_raises_anything_else(text: str) -> None:
    try:
        parse(text, LookAnswer)
    except BadReply:
        return
    raise AssertionError("random text is no answer")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["0.9", "00:75"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([name for name in SEEN if name not in ("kind", "severity")]), ANYTHING))
def test_no_side_information_of_any_type_costs_a_look_its_verdict(changes: dict[str, Any]) -> None:
    danger = {**SEEN, "kind": "fall", "severity": "danger", **changes}
    found = read(json.dumps({**LOOK, "scene": changes.get("title"), "events": [danger]}), SHOWN, TERMS)
    (seen,) = found["observations"]
    assert (seen.kind, seen.severity) == ("fall", "danger")
    assert SHOWN.frames[0].utc <= seen.start_utc <= seen.end_utc <= SHOWN.frames[-1].utc
    assert 0 <= seen.confidence <= 1
    assert seen.title.strip() and seen.description.strip()
    (seen.title + seen.description + found["scene"]).encode()


@given(st.fixed_dictionaries({}, optional={name: ANYTHING for name in STUDY if name != "incidents"}), ANYTHING)
def test_no_side_information_of_any_type_costs_a_study_its_verdict(changes: dict[str, Any], odd: Any) -> None:
    danger = {**dict.fromkeys(STUDY["incidents"][0], odd), "kind": "fall", "severity": "danger"}
    found = read(json.dumps({**STUDY, **changes, "incidents": [danger]}), STUDIED, STUDY_TERMS)
    (incident,) = found["result"]["incidents"]
    assert (incident["kind"], incident["severity"], found["result"]["incident_count"]) == ("fall", "danger", 1)
    json.dumps(found["result"], ensure_ascii=False, allow_nan=False).encode()


@given(ANYTHING, st.dictionaries(st.sampled_from(list(SEEN)), ANYTHING))
def test_no_reply_of_any_type_raises_anything_but_that_it_is_none(anything: Any, event: dict[str, Any]) -> None:
    for raw in (anything, {"view": anything, "events": anything}, {"events": [event, anything], "incidents": [event]}):
        for shown, terms in ((SHOWN, TERMS), (STUDIED, STUDY_TERMS)):
            with contextlib.suppress(BadReply):
                read(json.dumps(raw), shown, terms)


AROUND = [
    "{}\n{}",
    "Here you are: {}",
    "Sure!\n```json\n{}\n```\nI hope this helps {{not JSON}}.",
    "\ufeff{}",
    '<think>The set {{a, b}}; or {{"events": []}}?</think>\n{}',
    'a draft {{"events": []}} without a beginning</think>{}',
    "<think>{}",
    '{{"answer": {}}}',
    "[{}]",
]


@pytest.mark.parametrize("around", AROUND)
def test_what_stands_around_the_answer_does_not_cost_it(around: str) -> None:
    said = json.dumps(LOOK)
    odd: list[str] = []
    answer = parse(around.format(*[said] * 2), LookAnswer, odd)
    assert isinstance(answer, LookAnswer) and answer == parse(said, LookAnswer)
    assert bool(odd) is (around == AROUND[0])


def event(**changes: Any) -> tuple[SeenEvent, list[str]]:
    odd: list[str] = []
    given = {name: value for name, value in {**SEEN, **changes}.items() if value is not MISSING}
    answer = parse(json.dumps({**LOOK, "events": [given]}), LookAnswer, odd)
    assert isinstance(answer, LookAnswer)
    return answer.events[0], odd


MISSING = object()
ODD_EVENTS: list[tuple[str, Any, Any]] = [
    ("severity", "DANGER", "danger"),
    ("severity", " Warning ", "warning"),
    ("severity", "critical", "warning"),
    ("severity", None, "warning"),
    ("severity", MISSING, "warning"),
    ("kind", "Face covered", "face_covered"),
    ("kind", "earthquake", "other_activity"),
    ("confidence", "0.9", 0.9),
    ("confidence", "85%", 0.85),
    ("confidence", 3, 1.0),
    ("confidence", -0.5, 0.0),
    ("confidence", float("nan"), 0.5),
    ("confidence", None, 0.5),
    ("confidence", "high", 0.5),
    ("confidence", True, 0.5),
    ("box_2d", [1003, -2, 500.4, 600], [1000, 0, 500, 600]),
    ("box_2d", ["10", "20", "30", "40"], [10, 20, 30, 40]),
    ("box_2d", [[10, 20, 30, 40]], [10, 20, 30, 40]),
    ("box_2d", [0.1, 0.2, 0.5, 1], [100, 200, 500, 1000]),
    ("box_2d", [10, 20, None, 40], []),
    ("box_2d", [10, 20, 30], []),
    ("box_2d", None, []),
    ("box_2d", {"ymin": 1}, []),
    ("frames", ["1", 2.0, None], [1, 2]),
    ("frames", 3, [3]),
    ("frames", None, []),
    ("frames", [10**30], []),
    ("location", None, ""),
    ("title", ["a", "fall"], "a fall"),
    ("title", "a \ud800 fall\x00", "a ? fall"),
    ("evidence", 7, "7"),
    ("evidence", {"text": "x"}, ""),
]


@pytest.mark.parametrize(("field", "given", "read"), ODD_EVENTS)
def test_side_information_that_is_odd_is_read_clamped_or_unknown_and_counted(field: str, given: Any, read: Any) -> None:
    seen, odd = event(**{field: given})
    assert getattr(seen, field) == read
    right = parse(json.dumps(LOOK), LookAnswer)
    assert isinstance(right, LookAnswer)
    assert seen == right.events[0].model_copy(update={field: read}), "nothing else changes"
    assert odd or field == "title", "what is replaced without a trace is only what no database takes"
    assert all(one.startswith("events.0.") for one in odd)


def test_a_danger_without_anything_else_is_a_danger() -> None:
    answer = parse('{"events": [{"severity": "danger"}]}', LookAnswer)
    assert isinstance(answer, LookAnswer)
    assert (answer.events[0].severity, answer.events[0].kind, answer.view) == ("danger", "other_risk", "partly_hidden")
    told = parse('{"events": ["A child fell."]}', LookAnswer)
    assert isinstance(told, LookAnswer)
    assert (told.events[0].severity, told.events[0].title) == ("warning", "A child fell.")


def test_of_too_many_events_the_gravest_are_kept() -> None:
    odd: list[str] = []
    many = [SEEN] * 99 + [{**SEEN, "severity": "danger"}]
    answer = parse(json.dumps({**LOOK, "events": many}), LookAnswer, odd)
    assert isinstance(answer, LookAnswer)
    assert len(answer.events) == 25 and answer.events[-1].severity == "danger"
    assert odd == ["events: 100 listed, the 25 gravest kept"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("0:07", "00:07"),
        ("1:75", "02:15"),
        ("01:00:10", "60:10"),
        ("00:12.5", "00:12"),
        (75, "01:15"),
        ("75 s", "01:15"),
        (10**8, "999:59"),
    ],
)
def test_times_of_a_study_are_minutes_and_seconds(given: Any, read: str) -> None:
    incident = {**STUDY["incidents"][0], "start": given, "end": given}
    answer = parse(json.dumps({**STUDY, "incidents": [incident]}), StudyAnswer)
    assert isinstance(answer, StudyAnswer)
    assert (answer.incidents[0].start, answer.incidents[0].end) in ((read, read), (given, given))


@pytest.mark.parametrize("at", ["later", "-1:00", None, -5, [1]])
def test_an_incident_at_an_unknown_time_is_one_of_the_whole_window(at: Any) -> None:
    wrong = {**STUDY, "incidents": [{**STUDY["incidents"][0], "start": at}]}
    wrong["activities"] = [{"start": at, "end": "00:10", "what": "x"}, {"start": "00:10", "end": at, "what": "y"}]
    odd: list[str] = []
    answer = parse(json.dumps(wrong), StudyAnswer, odd)
    assert isinstance(answer, StudyAnswer)
    assert (answer.incidents[0].start, answer.incidents[0].end, answer.incidents[0].severity) == (
        "00:00",
        "999:59",
        "danger",
    )
    assert [(one.what, one.end) for one in answer.activities] == [("y", "00:10")]
    assert "activities.0: dropped" in odd


@pytest.mark.parametrize("name", ["activities", "development", "summary"])
@pytest.mark.parametrize("given", [None, MISSING, 3, {"a": 1}])
def test_a_study_keeps_its_incidents_whatever_is_beside_them(name: str, given: Any) -> None:
    wrong = {key: value for key, value in {**STUDY, name: given}.items() if value is not MISSING}
    odd: list[str] = []
    answer = parse(json.dumps(wrong), StudyAnswer, odd)
    assert isinstance(answer, StudyAnswer)
    assert answer.incidents[0].severity == "danger"
    assert [one for one in odd if one.startswith(name)]


@pytest.mark.parametrize("model", [LookAnswer, StudyAnswer])
def test_evidence_comes_before_the_verdict_and_every_field_is_required(model: type) -> None:
    schema = json_schema(model)
    assert schema["required"] == list(schema["properties"])
    for name in ("events", "incidents"):
        if name in schema["properties"]:
            item = schema["properties"][name]["items"]
            order = list(item["properties"])
            assert item["required"] == order
            assert order.index("evidence") < order.index("kind") < order.index("severity") == len(order) - 1
            assert item["additionalProperties"] is False
    assert "$ref" not in json.dumps(schema) and "additionalProperties" not in json.dumps(gemini_schema(model))
