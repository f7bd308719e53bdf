import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.calls import AnswerStatus
from livemon.vlm.answers import BadReply, LookAnswer, StudyAnswer, parse
from livemon.vlm.schema import gemini_schema, json_schema
from tests.vlm.test_provider_contract import LOOK, SEEN, STUDY


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
        json.dumps(LOOK) * 2,
        f"Here you are: {json.dumps(LOOK)}",
        json.dumps(LOOK)[:-5],
        json.dumps({**LOOK, "events": None}),
        json.dumps({**LOOK, "events": [{**SEEN, "severity": "fine"}]}),
        json.dumps({**LOOK, "events": [{**SEEN, "confidence": 3}]}),
        json.dumps({**LOOK, "events": [{**SEEN, "confidence": "0.5"}]}),
        json.dumps({**LOOK, "events": [{**SEEN, "frames": ["1"]}]}),
        json.dumps({**LOOK, "events": [{**SEEN, "box_2d": [0, 0, 2000, 5]}]}),
        json.dumps({**LOOK, "events": [{**SEEN}] * 100}),
        json.dumps({key: value for key, value in LOOK.items() if key != "view"}),
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


@pytest.mark.parametrize("at", ["1:75", "later", "00:00:10", "-1:00"])
def test_times_of_a_study_are_minutes_and_seconds(at: str) -> None:
    wrong = {**STUDY, "activities": [{"start": at, "end": "00:10", "what": "x"}]}
    with pytest.raises(BadReply, match=r"activities\.0\.start"):
        parse(json.dumps(wrong), StudyAnswer)


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
