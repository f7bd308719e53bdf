"""Study prompts in the lab: an item is studied as a window is, and its incidents are what was said."""

from datetime import timedelta

import pytest

from livemon.base.clock import iso
from livemon.base.errors import LabError
from livemon.base.model_types import Answer, AnswerStatus, Study
from livemon.lab.data.dataset import Dataset
from livemon.monitor.monitor import Monitor
from livemon.vlm.prompt import Prompt, shipped_prompts
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms
from tests.lab.bench import PRICE_USD, PromptedModel

STUDY = shipped_prompts()["study_en"]


@pytest.fixture
def studying(paid: PromptedModel, monkeypatch: pytest.MonkeyPatch) -> list[Study]:
    """`paid` studies: it finds an incident at the third second when it is asked for falls."""
    shown: list[Study] = []

    async def ask(self: PromptedModel, prepared: PreparedCall) -> Answer:
        study, terms = prepared.question, prepared.terms
        assert isinstance(study, Study)
        shown.append(study)
        at = iso(study.start_utc + timedelta(seconds=3))
        fall = {
            "start_utc": at,
            "end_utc": at,
            "kind": "fall",
            "severity": "danger",
            "title": "Fell",
            "evidence": "On the floor.",
            "confidence": 0.9,
            "box": None,
        }
        result = {"incidents": [fall] if "falls" in terms.prompt.instructions else [], "summary": "A room."}
        return Answer("paid-1", AnswerStatus.OK, result=result, scene="A room.", cost_usd=PRICE_USD)

    def appetite(self: PromptedModel, terms: PromptTerms) -> InputSpec:
        return InputSpec("paid-1", 6, 64, free=False)

    monkeypatch.setattr(PromptedModel, "ask", ask)
    monkeypatch.setattr(PromptedModel, "appetite", appetite)
    return shown


def prompt(words: str) -> Prompt:
    return STUDY.changed(instructions=words)


def test_each_item_is_studied_once_and_its_incidents_are_scored(
    monitor: Monitor, dataset: Dataset, studying: list[Study]
) -> None:
    made = monitor.lab.experiment(dataset, {"quiet": prompt("Study."), "falls": prompt("Report falls.")})
    assert made.forecast(progress=False)["questions"].tolist() == [3, 3, 6]
    made.run(1, progress=False)
    assert made.scores()["found"].tolist() == [0.0, 3.0]
    assert {(one.start_utc, one.duration_s) for one in studying} == {
        (item.start_utc, item.duration_s) for item in dataset.items
    }
    assert all(1 <= len(one.frames) <= 6 for one in studying)
    said = made.said()
    # It is told when the window is over.
    assert (said["created_utc"] >= dataset.items[0].end_utc).all()


def test_studies_asked_before_are_not_asked_again(monitor: Monitor, dataset: Dataset, studying: list[Study]) -> None:
    for _ in range(2):
        monitor.lab.experiment(dataset, {"falls": prompt("Report falls.")}).run(1, progress=False)
    assert len(studying) == 3


def test_videos_are_not_studied_in_the_lab(monitor: Monitor, dataset: Dataset, studying: list[Study]) -> None:
    made = monitor.lab.experiment(dataset, {"film": STUDY.changed(study_input="video")})
    with pytest.raises(LabError, match="not videos"):
        made.forecast(progress=False)


def test_the_local_model_studies_too(monitor: Monitor, dataset: Dataset) -> None:
    made = monitor.lab.experiment(dataset, "study_en", "local").run(progress=False)
    assert made.answers()["reason"].unique().tolist() == ["study"]
    assert set(made.answers()["status"]) == {"ok"}
