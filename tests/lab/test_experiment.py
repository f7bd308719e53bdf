"""Experiments: asked once, cached, capped, stopped, gone on with."""

import fcntl
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import fastparquet
import pandas as pd
import pytest

from livemon.base.datatypes import Severity
from livemon.base.errors import ConfigError, LabError, UnknownPrompt
from livemon.base.model_types import Answer, AnswerStatus, Look
from livemon.lab.data.dataset import Dataset
from livemon.lab.experiment import Experiment
from livemon.monitor.monitor import Monitor
from livemon.vlm.local import LocalModel
from livemon.vlm.prompt import Prompt
from livemon.vlm.provider import PromptTerms
from tests.lab.bench import PRICE_USD, PromptedModel, answer, fell


@pytest.fixture
def experiment(monitor: Monitor, dataset: Dataset, quiet: Prompt, falls: Prompt) -> Experiment:
    return monitor.lab.experiment(dataset, {"quiet": quiet, "falls": falls})


def run(experiment: Experiment, cap_usd: float = 1.0) -> Experiment:
    return experiment.run(cap_usd, progress=False)


def failing(status: AnswerStatus, times: int) -> Callable[[Look, PromptTerms], Answer]:
    left = [times]

    def reply(look: Look, terms: PromptTerms) -> Answer:
        if left[0]:
            left[0] -= 1
            return Answer("paid-1", status, error=f"it was {status.value}", cost_usd=0.0, prompt_version="x")
        return answer(look, terms)

    return reply


def test_every_prompt_is_asked_about_every_look(experiment: Experiment, paid: PromptedModel) -> None:
    run(experiment)
    answers = experiment.answers()
    assert experiment.status == "done"
    assert set(answers["arm"].str.split(" ").str[0]) == {"quiet", "falls"}
    looks = answers.groupby(["arm", "item"]).size()
    assert len(looks) == 6
    assert len(set(looks)) == 1
    assert len(paid.asked) == len(answers)
    assert (answers["cost_usd"].sum(), answers["status"].unique().tolist()) == (
        pytest.approx(PRICE_USD * len(answers)),
        ["ok"],
    )


def test_scores_tell_the_prompts_apart(experiment: Experiment) -> None:
    scores = run(experiment).scores()
    assert scores["arm"].str.split(" ").str[0].tolist() == ["quiet", "falls"]
    assert scores["found"].tolist() == [0.0, 3.0]
    assert scores["danger_recall"].tolist() == [0.0, 1.0]
    families = experiment.slices("family")
    assert families["arm"].str.split(" ").str[0].tolist() == ["quiet", "falls"]
    comparison = experiment.compare("quiet", "falls")
    assert (comparison.found_b, comparison.only_b, comparison.danger_loss) == (3, 3, -1)


def test_what_was_asked_before_is_not_asked_again(
    monitor: Monitor, experiment: Experiment, dataset: Dataset, falls: Prompt, quiet: Prompt, paid: PromptedModel
) -> None:
    first = run(experiment)
    asked = len(paid.asked)
    again = run(monitor.lab.experiment(dataset, {"other name": falls}), cap_usd=0.0)
    assert len(paid.asked) == asked
    assert again.answers()["cached"].all()
    one = first.answers().query("arm.str.startswith('falls')", engine="python")
    columns = ["item", "start_utc", "created_utc", "kind"]
    pd.testing.assert_frame_equal(again.said()[columns], first.said()[columns])
    assert len(again.answers()) == len(one)
    paid_usd = monitor.lab.experiments().set_index("id")["paid_usd"]
    assert (paid_usd[again.id], paid_usd[first.id]) == (0.0, pytest.approx(PRICE_USD * asked))


def test_no_copied_answer_is_lost_however_many_items_are_under_way(
    monitor: Monitor, dataset: Dataset, falls: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    from livemon.lab.experiments import ask_item

    monkeypatch.setattr(ask_item, "COPIES_AT_ONCE", 1)
    first = monitor.lab.experiment(dataset, {"falls": falls}, repeats=8).run(1, progress=False)
    again = monitor.lab.experiment(dataset, {"falls": falls}, repeats=8).run(0, progress=False, at_once=8)
    assert len(again.answers()) == len(first.answers())
    assert again.answers()["cached"].all()


def test_only_what_changed_is_paid(
    monitor: Monitor, experiment: Experiment, dataset: Dataset, falls: Prompt, quiet: Prompt, paid: PromptedModel
) -> None:
    run(experiment)
    asked = len(paid.asked)
    changed = falls.changed(instructions="Report falls, and be sure.")
    run(monitor.lab.experiment(dataset, {"falls": falls, "quiet": quiet, "sure": changed}))
    assert {terms.prompt.version for _, terms in paid.asked[asked:]} == {changed.version}
    assert len(paid.asked) == asked + asked // 2


def test_it_stops_at_the_cap_and_goes_on_with_a_higher_one(experiment: Experiment, paid: PromptedModel) -> None:
    run(experiment, cap_usd=PRICE_USD * 4.5)
    assert len(paid.asked) == 4
    assert experiment.status.startswith("stopped: the next question may cost $0.0010")
    run(experiment)
    answers = experiment.answers()
    assert experiment.status == "done"
    assert len(paid.asked) == len(answers)
    assert not answers["cached"].any()


def test_a_paid_arm_needs_a_cap(experiment: Experiment, paid: PromptedModel) -> None:
    with pytest.raises(LabError, match="costs money"):
        experiment.run(progress=False)
    for cap_usd in (-1.0, float("nan"), float("inf"), "0.5"):
        with pytest.raises(LabError, match="`cap_usd` must be a number"):
            experiment.run(cap_usd, progress=False)  # type: ignore[arg-type]
    with pytest.raises(LabError, match="`at_once` must be a whole number"):
        experiment.run(1, progress=False, at_once=0)
    assert paid.asked == []


def test_a_price_that_is_not_known_keeps_no_cap(experiment: Experiment, paid: PromptedModel) -> None:
    paid.bound_usd = None
    run(experiment)
    assert "price of the model is not known" in experiment.status
    assert paid.asked == []


def test_what_is_not_known_to_cost_counts_at_its_most(experiment: Experiment, paid: PromptedModel) -> None:
    paid.reply = lambda look, terms: Answer("paid-1", AnswerStatus.UNPARSABLE, cost_usd=None)
    run(experiment, cap_usd=PRICE_USD * 3.5)
    assert len(paid.asked) == 3


def test_an_interrupted_run_goes_on_where_it_was(monitor: Monitor, experiment: Experiment, paid: PromptedModel) -> None:
    def interrupt(_done: int, _total: int, _what: str) -> None:
        # As the kernel's Stop button does, while the engine goes on.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def reply(look: Look, terms: PromptTerms) -> Answer:
        time.sleep(0.05)
        return answer(look, terms)

    paid.reply = reply
    with pytest.raises(KeyboardInterrupt):
        experiment.run(1.0, progress=False, at_once=1, on_progress=interrupt)
    kept = len(experiment.answers())
    assert experiment.status.startswith("stopped: interrupted")
    assert 0 < kept < 30
    again = monitor.lab.open(experiment.id)
    asked = len(paid.asked)
    run(again)
    assert again.status == "done"
    assert len(paid.asked) - asked == len(again.answers()) - kept
    # A call that was under way may have been paid, and stays on record when it is asked again.
    row = monitor.lab.experiments().iloc[0]
    assert row["answers"] + row["unknown_cost"] == len(paid.asked)


def test_that_nobody_answers_is_tried_again_and_a_bad_answer_is_kept(
    experiment: Experiment, paid: PromptedModel
) -> None:
    paid.reply = failing(AnswerStatus.UNAVAILABLE, 1)
    run(experiment)
    first = experiment.answers()
    assert first["status"].value_counts()["unavailable"] == 1
    run(experiment)
    assert experiment.answers()["status"].unique().tolist() == ["ok"]
    # It, and the look behind it, which is now told what it saw.
    assert len(paid.asked) == len(first) + 2


def test_a_bad_answer_is_what_the_model_answers(
    monitor: Monitor, dataset: Dataset, falls: Prompt, paid: PromptedModel
) -> None:
    paid.reply = failing(AnswerStatus.UNPARSABLE, 1)
    run(monitor.lab.experiment(dataset, {"falls": falls}))
    asked = len(paid.asked)
    again = run(monitor.lab.experiment(dataset, {"falls": falls}))
    assert len(paid.asked) == asked
    assert again.scores()["parse_failures"].tolist() == [1]


def test_it_stops_when_nobody_answers(experiment: Experiment, paid: PromptedModel) -> None:
    paid.reply = failing(AnswerStatus.REFUSED, 1000)
    run(experiment)
    assert experiment.status == "stopped: nobody answers: it was refused"
    assert 3 <= len(paid.asked) <= 5
    with pytest.raises(LabError, match="No item"):
        experiment.scores()


def test_a_stopped_run_scores_only_what_all_arms_were_asked(experiment: Experiment) -> None:
    run(experiment, cap_usd=PRICE_USD * 25.5)
    matched = experiment.matched()
    assert len(matched.items) == 2
    assert experiment.honesty.startswith(f"Only {len(matched.items)} of 3 items")


def test_repeats_are_asked_apart_and_their_flips_are_counted(
    monitor: Monitor, dataset: Dataset, falls: Prompt, paid: PromptedModel
) -> None:
    paid.reply = lambda look, terms: (
        answer(look, terms) if len(paid.asked) % 2 else Answer("paid-1", AnswerStatus.OK, cost_usd=0.0)
    )
    once = run(monitor.lab.experiment(dataset, {"falls": falls}))
    several = run(monitor.lab.experiment(dataset, {"falls": falls}, repeats=3))
    answers = several.answers()
    assert answers["repeat"].unique().tolist() == [0, 1, 2]
    assert answers.loc[answers["repeat"] == 0, "cached"].all()
    assert not answers.loc[answers["repeat"] > 0, "cached"].any()
    assert pd.isna(once.scores()["flip_rate"].iloc[0])
    assert 0 <= several.scores()["flip_rate"].iloc[0] <= 1


def test_each_repeat_asks_with_a_seed_of_its_own(
    monitor: Monitor, dataset: Dataset, falls: Prompt, paid: PromptedModel
) -> None:
    one = dataset.only(dataset.items[:1])
    seeded = falls.changed(seed=2**31 - 2)
    made = run(monitor.lab.experiment(one, {"seeded": seeded}, repeats=3))
    looks = len(made.answers()) // 3
    seeds = Counter(terms.options.seed for _, terms in paid.asked)
    assert seeds == dict.fromkeys((2**31 - 2, 2**31 - 1, 0), looks)
    run(monitor.lab.experiment(one, {"seeded": seeded}, repeats=3), cap_usd=0.0)
    assert len(paid.asked) == 3 * looks, "every repeat is known by its seed"
    run(monitor.lab.experiment(one, {"falls": falls}, repeats=2))
    assert {terms.options.seed for _, terms in paid.asked[3 * looks :]} == {None}, "the provider draws them"


def test_the_scene_of_a_look_is_told_at_the_next(
    monitor: Monitor, dataset: Dataset, falls: Prompt, paid: PromptedModel
) -> None:
    run(monitor.lab.experiment(dataset.only(dataset.items[:1]), {"falls": falls}))
    first, second = (look for look, _ in paid.asked[:2])
    assert first.scene.last_seen == ""
    assert second.scene.last_seen == f"A room with {len(first.frames)} pictures."
    assert second.scene.last_seen_utc == first.frames[-1].utc


def test_a_forecast_counts_what_is_known_and_asks_nothing(experiment: Experiment, paid: PromptedModel) -> None:
    before = experiment.forecast(progress=False).set_index("arm")
    assert paid.asked == []
    run(experiment)
    after = experiment.forecast(progress=False).set_index("arm")
    assert before.loc["all", "to_ask"] == len(paid.asked)
    assert before.loc["all", "at_most_usd"] == pytest.approx(PRICE_USD * len(paid.asked))
    assert (after.loc["all", "to_ask"], after.loc["all", "usd"]) == (0, 0.0)


def test_a_model_without_prompts_is_one_arm_and_costs_nothing(
    monitor: Monitor, dataset: Dataset, quiet: Prompt, falls: Prompt
) -> None:
    made = monitor.lab.experiment(dataset, {"quiet": quiet, "falls": falls}, ["local", "paid"])
    assert [arm.name.split(" ")[0] for arm in made.arms] == ["local", "quiet", "falls"]
    local = monitor.lab.experiment(dataset, models="local").run(progress=False)
    assert local.answers()["model"].unique().tolist() == ["local"]
    assert local.answers()["cost_usd"].sum() == 0.0


def test_a_model_that_remembers_is_asked_all_of_an_item_or_nothing(
    monitor: Monitor, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = monitor.lab
    lab.experiment(dataset, models="local").run(progress=False)
    shown: list[str] = []
    asked = LocalModel._ask
    monkeypatch.setattr(LocalModel, "_ask", lambda self, look: (shown.append(look.camera_id), asked(self, look))[1])
    assert lab.experiment(dataset, models="local").run(progress=False).answers()["cached"].all()
    assert shown == []
    forgotten = lab.experiments()["id"].max()
    import sqlalchemy as sa

    from livemon.store.tables.lab import ExperimentResult

    with monitor.database.writing() as session:
        item = dataset.items[0].id
        session.execute(sa.delete(ExperimentResult).where(ExperimentResult.item == item, ExperimentResult.number == 0))
    again = lab.experiment(dataset, models="local").run(progress=False).answers()
    assert forgotten
    assert not again.loc[again["item"] == item, "cached"].any()
    assert again.loc[again["item"] != item, "cached"].all()
    assert len(set(shown)) == 1  # a memory of its own
    assert shown[0].startswith("lab-")


def test_one_provider_may_be_asked_for_several_of_its_models(monitor: Monitor, dataset: Dataset, falls: Prompt) -> None:
    made = run(monitor.lab.experiment(dataset, {"falls": falls}, ["paid:small", "paid:large"]))
    assert set(made.answers()["model"]) == {"small", "large"}


def test_what_cannot_be_asked_is_refused_before(monitor: Monitor, dataset: Dataset, falls: Prompt) -> None:
    lab = monitor.lab
    with pytest.raises(UnknownPrompt):
        lab.experiment(dataset, "no such prompt")
    with pytest.raises(ConfigError, match="no model 'nobody'"):
        lab.experiment(dataset, {"falls": falls}, "nobody")
    with pytest.raises(LabError, match="looks or studies"):
        lab.experiment(dataset, ["look_en", "study_en"])
    with pytest.raises(LabError, match="nothing to ask"):
        lab.experiment(dataset.only([]), {"falls": falls})
    with pytest.raises(LabError, match="nothing to ask"):
        lab.experiment(dataset, {"falls": falls}, repeats=1.5)  # type: ignore[arg-type]
    with pytest.raises(LabError, match="No model is named"):
        lab.experiment(dataset, {"falls": falls}, [])
    with pytest.raises(LabError, match="has no name"):
        lab.experiment(dataset, {"": falls})
    with pytest.raises(LabError, match="no dataset"):
        lab.dataset("")
    with pytest.raises(LabError, match="no experiment 99"):
        lab.open(99)
    assert len(lab.experiments()) == 0


def test_footage_that_is_gone_is_said_and_the_rest_is_asked(
    monitor: Monitor, experiment: Experiment, dataset: Dataset
) -> None:
    gone = dataset.items[1]
    for path in (monitor.lab.clips.folder(gone.camera_id) / "hls").iterdir():
        path.unlink()
    with pytest.raises(LabError, match=f"1 items could not be shown. {gone.title}"):
        run(experiment)
    assert set(experiment.answers()["item"]) == {one.id for one in dataset.items} - {gone.id}


def test_livemons_own_news_is_not_what_was_said(
    monitor: Monitor, dataset: Dataset, falls: Prompt, paid: PromptedModel
) -> None:
    from dataclasses import replace

    from livemon.base.datatypes import EventType

    def blind(look: Look, terms: PromptTerms) -> Answer:
        news = replace(fell(look, "view_covered", Severity.WARNING), event_type=EventType.SYSTEM)
        return replace(answer(look, terms), observations=(news,))

    paid.reply = blind
    made = run(monitor.lab.experiment(dataset, {"falls": falls}))
    assert len(made.said()) == 0
    assert made.scores()["false_alerts"].tolist() == [0.0]


def test_tables_go_out_as_parquet_and_csv(experiment: Experiment, tmp_path: Path) -> None:
    run(experiment)
    files = experiment.export(tmp_path / "out")
    assert {path.name for path in files} >= {"answers.parquet", "answers.csv", "scores.parquet", "labels.csv"}
    answers = fastparquet.ParquetFile(str(tmp_path / "out" / "answers.parquet")).to_pandas()
    assert len(answers) == len(experiment.answers())
    assert answers["told_utc"].dt.tz_localize("UTC").tolist() == experiment.answers()["told_utc"].tolist()
    assert answers["cost_usd"].sum() == pytest.approx(experiment.answers()["cost_usd"].sum())
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="Nothing can be written"):
        experiment.export(tmp_path / "file" / "out")


def test_it_stops_when_the_database_refuses(
    monitor: Monitor, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from livemon.base.errors import StoreError
    from livemon.store import lab as store

    def refuse(*_args: object) -> None:
        raise StoreError("The database refused: it is full.")

    monkeypatch.setattr(store, "add_results", refuse)
    run(experiment)
    assert experiment.status == "stopped: The database refused: it is full."


def test_an_arm_without_answers_is_not_left_out_in_silence(
    monitor: Monitor, dataset: Dataset, quiet: Prompt, falls: Prompt, paid: PromptedModel
) -> None:
    def reply(look: Look, terms: PromptTerms) -> Answer:
        if terms.prompt.version == falls.version:
            return Answer("paid-1", AnswerStatus.UNAVAILABLE, error="away", cost_usd=0.0)
        return answer(look, terms)

    paid.reply = reply
    made = run(monitor.lab.experiment(dataset, {"quiet": quiet, "falls": falls}))
    assert made.status.startswith("stopped")
    # Both arms are asked at once, so an item may have failed answers of the one by the time that the run stops.
    try:
        table = made.scores()
    except LabError as exc:
        assert "No item is answered by all arms" in str(exc)
    else:
        assert len(table) == 2
        assert set(table["failures"] > 0) == {True, False}


def test_one_experiment_is_run_by_one_process_at_a_time(
    monitor: Monitor, experiment: Experiment, paid: PromptedModel
) -> None:
    lock = monitor.settings.data_dir / "lab" / f"experiment-{experiment.id}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(LabError, match="is already running"):
            run(experiment)
    assert paid.asked == []
    assert run(experiment).status == "done"


def test_a_model_that_cannot_be_asked_is_said_once(
    monitor: Monitor, experiment: Experiment, paid: PromptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise ConfigError("Its price is not known. Say it.")

    monkeypatch.setattr(paid, "prepare", refuse, raising=False)
    forecast = experiment.forecast(progress=False)
    assert forecast["usd"].isna().all()
    run(experiment)
    assert "cannot be asked: Its price is not known." in experiment.status


def test_rates_are_of_the_time_that_was_judged(dataset: Dataset) -> None:
    from dataclasses import replace
    from datetime import timedelta

    from livemon.lab.data.dataset import Stretch

    item = dataset.items[0]
    half = item.start_utc + (item.end_utc - item.start_utc) / 2
    late = half + timedelta(seconds=1)
    unsure = (Stretch(half, item.end_utc), Stretch(late, item.end_utc + timedelta(hours=1)))
    assert replace(item, unsure=unsure).judged_hours == pytest.approx(item.hours / 2)
    assert item.judged_hours == item.hours
