"""A prompt edited from its failures, judged on footage that no edit saw."""

from typing import Any

import pytest

from livemon.base.errors import LabError
from livemon.lab.data.dataset import Dataset
from livemon.monitor.monitor import Monitor
from livemon.vlm.prompt import Prompt
from tests.lab.bench import PRICE_USD, PromptedModel


def shown(paid: PromptedModel) -> set[str]:
    """Titles of the clips that were asked about."""
    return {look.scene.camera for look, _ in paid.asked}


def test_the_best_edit_is_judged_on_what_no_edit_saw(
    monitor: Monitor, dataset: Dataset, quiet: Prompt, paid: PromptedModel
) -> None:
    work, rest = dataset.split()
    told: list[str] = []
    seen: list[set[str]] = []

    def reflect(text: str) -> str:
        told.append(text)
        seen.append(shown(paid))
        return "```\nReport falls.\n```"

    made = monitor.lab.optimise(dataset, quiet, reflect, cap_usd=10, budget=30)
    assert made.prompt.instructions == "Report falls."
    assert made.comparison is not None
    assert (made.comparison.found_a, made.comparison.found_b) == (0, len(rest.items))
    assert set().union(*seen) == {item.title for item in work.items}
    assert "Missed: danger person_falls at 2 s. falls" in told[0]
    assert made.tried == 1
    assert "on footage that it never saw" in made.sentence
    assert made.evidence.dataset.version == rest.version
    assert "<ins>" in made._repr_html_()
    # What it found may be promoted on the evidence that it leaves.
    assert monitor.lab.open(made.evidence.id).status == "done"


def test_an_edit_that_is_no_better_is_not_taken(monitor: Monitor, dataset: Dataset, falls: Prompt) -> None:
    made = monitor.lab.optimise(dataset, falls, lambda text: "```\nNothing.\n```", cap_usd=10, budget=20)
    assert made.prompt.version == falls.version
    assert made.sentence.startswith("No edit was tried")  # it found all there was
    assert made.comparison is None
    assert made.evidence.status == "planned"


def test_an_edit_that_cannot_be_a_prompt_scores_nothing_and_ends_nothing(
    monitor: Monitor, dataset: Dataset, quiet: Prompt
) -> None:
    answers = iter(["```\n\n```", *["```\nReport falls.\n```"] * 20])
    made = monitor.lab.optimise(dataset, quiet, lambda text: next(answers), cap_usd=10, budget=40)
    assert made.prompt.instructions == "Report falls."


def test_it_ends_when_the_money_does_and_keeps_a_third_for_the_last_word(
    monitor: Monitor, dataset: Dataset, quiet: Prompt, paid: PromptedModel
) -> None:
    cap_usd = PRICE_USD * 30
    made = monitor.lab.optimise(dataset, quiet, lambda _: "```\nReport falls.\n```", cap_usd=cap_usd, budget=99)
    assert made.stopped
    assert made.spent_usd <= PRICE_USD * 20 + 1e-9
    assert len(paid.asked) <= 30
    assert made.comparison is None
    assert "is not judged on the footage held out: stopped" in made.sentence
    assert made.evidence.run(1, progress=False).compare("before", "after").found_b == 1


def test_what_cannot_be_edited_is_refused(monitor: Monitor, dataset: Dataset, quiet: Prompt) -> None:
    with pytest.raises(LabError, match="takes no prompt"):
        monitor.lab.optimise(dataset, quiet, str, model="local")
    with pytest.raises(LabError, match="one camera-day"):
        monitor.lab.optimise(dataset.only(dataset.items[:1]), quiet, str, cap_usd=1)


@pytest.mark.parametrize(("reflect", "said"), [(lambda _: 1 / 0, "division by zero"), (lambda _: 5, "returned int")])
def test_that_nobody_proposes_edits_ends_it_and_is_said(
    monitor: Monitor, dataset: Dataset, quiet: Prompt, reflect: Any, said: str
) -> None:
    made = monitor.lab.optimise(dataset, quiet, reflect, cap_usd=10, budget=60)
    assert said in made.sentence
    assert made.prompt.version == quiet.version


def test_money_is_needed(monitor: Monitor, dataset: Dataset, quiet: Prompt, paid: PromptedModel) -> None:
    for cap_usd in (None, float("nan")):
        with pytest.raises(LabError):
            monitor.lab.optimise(dataset, quiet, str, cap_usd=cap_usd)
    assert paid.asked == []
