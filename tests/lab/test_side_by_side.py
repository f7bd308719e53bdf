"""Cases, and what people see of an experiment: all words escaped, nothing fetched, disagreements first."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from livemon.base.datatypes import Severity
from livemon.base.errors import LabError
from livemon.base.model_types import Answer, Look
from livemon.lab.data.dataset import Dataset, Truth
from livemon.lab.results.cases import cases
from livemon.lab.results.side_by_side import diff_html
from livemon.monitor.monitor import Monitor
from livemon.vlm.prompt import Prompt
from livemon.vlm.provider import PromptTerms
from tests.lab.bench import PromptedModel, answer, fell

EVIL = "<script>alert(1)</script>"


def test_disagreements_come_first_and_then_the_gravest(
    monitor: Monitor, dataset: Dataset, quiet: Prompt, falls: Prompt
) -> None:
    mild = Truth(dataset.items[0].start_utc, dataset.items[0].start_utc, "water", Severity.WARNING)
    data = dataset.only([replace(dataset.items[0], truths=(mild, *dataset.items[0].truths)), *dataset.items[1:]])
    made = monitor.lab.experiment(data, {"quiet": quiet, "falls": falls}).run(1, progress=False)
    found = cases(made.matched())
    assert [(one.disagrees, one.label and one.label["kind"]) for one in found] == [
        *[(True, "person_falls")] * 3,
        (False, "water"),
    ]
    assert [bool(one.verdict) for one in found[0].said] == [name.startswith("falls") for name in made.matched().arms]


def test_one_false_alert_of_several_arms_is_one_case(monitor: Monitor, dataset: Dataset, falls: Prompt) -> None:
    data = dataset.only([replace(dataset.items[0], truths=())])
    other = falls.changed(instructions="Report falls, please.")
    made = monitor.lab.experiment(data, {"one": falls, "two": other}).run(1, progress=False)
    (case,) = cases(made.matched())
    assert case.label is None
    assert not case.disagrees
    assert [one.verdict for one in case.said] == ["false", "false"]


def test_repeats_count_by_majority_and_are_shown(
    monitor: Monitor, dataset: Dataset, falls: Prompt, paid: PromptedModel
) -> None:
    def reply(look: Look, terms: PromptTerms) -> Answer:
        blind = look.camera_id.endswith("-2")  # the third repeat
        return replace(answer(look, terms), observations=() if blind else (fell(look),))

    paid.reply = reply
    made = monitor.lab.experiment(dataset, {"falls": falls}, repeats=3).run(1, progress=False)
    said = cases(made.matched())[0].said[0]
    assert (said.verdict, said.of_repeats) == ("true", "2 of 3")


def test_the_page_escapes_all_words_and_fetches_nothing(
    monitor: Monitor, clips: Path, falls: Prompt, paid: PromptedModel, tmp_path: Path
) -> None:
    from tests.lab.bench import write_label

    event = {"start_s": 2, "end_s": 4, "type": "fall", "severity": "danger", "description": EVIL}
    write_label(clips, "one.mp4", events=[event])
    data = monitor.lab.from_folder(clips, EVIL)
    paid.reply = lambda look, terms: replace(answer(look, terms), observations=(replace(fell(look), title=EVIL),))
    evil = falls.changed(instructions=f"Report falls. {EVIL}")
    made = monitor.lab.experiment(data, {EVIL: evil, "falls": falls}, name=EVIL).run(1, progress=False)
    page = made.report(tmp_path / "out" / "page.html").read_text()
    assert EVIL not in page
    assert page.count("&lt;script&gt;") >= 5
    assert not re.search(r"(?:src|href)=['\"](?!data:)", page)
    assert "<script" not in page
    assert page.count("data:image/jpeg;base64,") >= 9
    minutes = made.scores()["watched_hours"].iloc[0] * 60
    assert minutes < 1
    assert f" in {minutes:.0f} min<" in page, "no rate a day is made of seconds"
    for words in (
        "Scores",
        "Compared",
        "The prompts&#x27; difference",
        "Cases, disagreements first",
        made.rule.sentence,
    ):
        assert words in page or words.replace("&#x27;", "'") in page


def test_a_cell_shows_the_same_cases_of_the_arms_that_are_asked_for(
    monitor: Monitor, dataset: Dataset, quiet: Prompt, falls: Prompt
) -> None:
    made = monitor.lab.experiment(dataset, {"quiet": quiet, "falls": falls}).run(1, progress=False)
    both, one = str(made.side_by_side()), str(made.side_by_side("falls", most=1))
    assert both.count("class='case differs'") == 3
    assert "said nothing" in both
    assert "said nothing" not in one
    assert "2 more cases are not shown" in one
    with pytest.raises(LabError, match="no arm"):
        made.side_by_side("other")


def test_footage_that_is_gone_leaves_the_words(monitor: Monitor, dataset: Dataset, falls: Prompt) -> None:
    made = monitor.lab.experiment(dataset, {"falls": falls}).run(1, progress=False)
    for item in dataset.items:
        for path in (monitor.lab.clips.folder(item.camera_id) / "hls").iterdir():
            path.unlink()
    shown = str(made.side_by_side())
    assert "data:image" not in shown
    assert "no footage" in shown
    assert "person_falls" in shown


def test_a_diff_marks_words_and_keeps_the_rest(falls: Prompt) -> None:
    other = falls.changed(instructions="Report all falls.", frames=8)
    html = diff_html(falls, other, ("before", "after"))
    assert "Report <ins>all </ins>falls" in html
    assert "<ins>frames = 8" in html
    assert "<del>" not in html.split("</p>", 1)[1]


def test_a_page_that_cannot_be_written_is_said(
    monitor: Monitor, dataset: Dataset, falls: Prompt, tmp_path: Path
) -> None:
    made = monitor.lab.experiment(dataset, {"falls": falls}).run(1, progress=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="cannot be written"):
        made.report(tmp_path / "file" / "page.html")
