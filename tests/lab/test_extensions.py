"""Parts of one's own: a model, a metric, a scorer; and the columns of what they are given."""

import math

import numpy as np
import pandas as pd
import pytest

import livemon as lm
from livemon.base.errors import LabError, NotPromoted
from livemon.base.model_types import Answer, AnswerStatus
from livemon.lab.data.dataset import Dataset
from livemon.lab.results.results import LABEL_COLUMNS, SAID_COLUMNS
from livemon.lab.scoring.matching import Matched, match
from livemon.monitor.monitor import Monitor
from livemon.store.event_columns import EVENT_COLUMNS
from livemon.store.lab import RESULT_COLUMNS
from livemon.store.queries import CALL_COLUMNS
from livemon.vlm.prompt import Prompt
from tests.lab.bench import PromptedModel
from tests.reports.synthetic import CAM


def own(name: str = "mine") -> PromptedModel:
    return PromptedModel(name=name)


def test_a_prompt_is_public() -> None:
    assert lm.Prompt is Prompt


def test_a_model_of_ones_own_is_asked_and_compared(monitor: Monitor, dataset: Dataset, falls: Prompt) -> None:
    silent = own()
    silent.reply = lambda look, terms: Answer("paid-1", AnswerStatus.OK, raw_text='{"events": []}', cost_usd=0.0)
    made = monitor.lab.experiment(dataset, {"falls": falls}, models=[silent])
    made.run(1, progress=False)
    assert len(silent.asked) > 0
    assert made.answers()["status"].eq("ok").all()
    alone = monitor.lab.experiment(dataset, {"falls": falls}, models=own("other")).run(1, progress=False)
    assert alone.scores()["truths"].tolist() == [3]


def test_after_a_restart_the_model_is_given_again(monitor: Monitor, dataset: Dataset, falls: Prompt) -> None:
    number = monitor.lab.experiment(dataset, {"falls": falls}, models=[own()]).id
    monitor.lab._arms._own.clear()
    with pytest.raises(LabError, match="a model of your own, 'mine'") as refused:
        monitor.lab.open(number)
    assert "lab.open(id, models=[it])" in refused.value.hint
    again = own()
    monitor.lab.open(number, models=[again]).run(1, progress=False)
    assert again.asked


@pytest.mark.parametrize("wrong", [object(), 3, None, PromptedModel])
def test_what_is_no_model_is_refused_with_what_one_has(monitor: Monitor, dataset: Dataset, wrong: object) -> None:
    with pytest.raises(LabError, match="is not a model") as refused:
        monitor.lab.experiment(dataset, models=[wrong])  # type: ignore[list-item]
    assert "name, appetite, prepare, ask and close" in refused.value.hint


@pytest.mark.parametrize("name", ["gemini", "local", "a:b", " "])
def test_a_model_of_ones_own_has_a_name_of_its_own(monitor: Monitor, dataset: Dataset, name: str) -> None:
    with pytest.raises(LabError, match="cannot be called"):
        monitor.lab.experiment(dataset, models=[own(name)])


def test_a_metric_gets_a_column(monitor: Monitor, dataset: Dataset, falls: Prompt, quiet: Prompt) -> None:
    made = monitor.lab.experiment(dataset, {"quiet": quiet, "falls": falls}).run(1, progress=False)

    def share(matched: Matched, arm: str) -> float:
        return float(matched.per_truth("found", arm).mean())

    scores = made.scores(metrics={"share": share, "unknown": lambda _matched, _arm: math.nan})
    assert scores["share"].tolist() == scores["recall"].tolist() == [0.0, 1.0]
    assert scores["unknown"].isna().all()
    with pytest.raises(LabError, match="already have a column 'recall'"):
        made.scores(metrics={"recall": share})
    with pytest.raises(LabError, match="'words' returned no number"):
        made.scores(metrics={"words": lambda _matched, _arm: None})  # type: ignore[arg-type, return-value]


def test_a_scorer_decides_what_everything_is_made_of(
    monitor: Monitor, dataset: Dataset, falls: Prompt, quiet: Prompt
) -> None:
    made = monitor.lab.experiment(dataset, {"quiet": quiet, "falls": falls}).run(1, progress=False)

    def deaf(items, truths, said, ignored, calls, rule):  # type: ignore[no-untyped-def]
        return match(items, truths, said[np.zeros(len(said), bool)], ignored, calls, rule)

    judged = made.with_scorer(deaf)
    assert judged.scores()["found"].tolist() == [0.0, 0.0]
    assert judged.compare("quiet", "falls").found_b == 0
    assert made.scores()["found"].tolist() == [0.0, 3.0], "the experiment itself is as it was"
    monitor.lab.promote(quiet, CAM, force=True)
    with pytest.raises(NotPromoted, match="a scorer of your own"):
        monitor.lab.promote(falls, CAM, judged)


def test_columns_are_named_as_those_of_cameras(monitor: Monitor, dataset: Dataset, falls: Prompt) -> None:
    made = monitor.lab.experiment(dataset, {"falls": falls}).run(1, progress=False)
    said, labels = made.said(), made.labels()
    assert list(said) == list(SAID_COLUMNS)
    assert list(labels) == list(LABEL_COLUMNS)
    of_the_lab = {"arm", "repeat", "item", "number"}
    assert set(SAID_COLUMNS) - of_the_lab <= set(EVENT_COLUMNS)
    assert {
        name: SAID_COLUMNS[name] for name in set(SAID_COLUMNS) & set(EVENT_COLUMNS)
    }.items() <= EVENT_COLUMNS.items()
    own_names = of_the_lab | {"questions", "camera_id", "cached", "told_utc", "frames", "scene", "said"}
    assert set(RESULT_COLUMNS) - own_names <= set(CALL_COLUMNS)
    assert made.answers()["called_utc"].notna().all()
    assert set(said["camera_id"]) <= {item.camera_id for item in dataset.items}
    assert (said["created_utc"] >= said["start_utc"]).all()
    assert labels["start_utc"].tolist() == [
        pd.Timestamp(one.start_utc) for item in dataset.items for one in item.truths
    ]


def test_the_docs_name_every_shared_column() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "lab.md").read_text().split("## Columns")[1]
    shared = set(SAID_COLUMNS) | (set(RESULT_COLUMNS) & set(CALL_COLUMNS)) - {"id"}
    assert [name for name in sorted(shared) if f"`{name}`" not in text] == []
