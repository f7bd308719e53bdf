"""Which model is to answer a question, and what came of asking: Route, RecordedAnswer, Unasked.

Asking itself does not belong here (gateway.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from livemon.base.messages.message import Told
from livemon.base.model_types import Answer
from livemon.vlm.budget_ladder import STRETCH, DegradationStep
from livemon.vlm.provider import InputSpec, PromptTerms, VisionModel


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers now and under which terms; `model` is None when nobody does. `why` says what is not as set.

    `resting` is the model that is left alone for now, as it stands in the catalog, when `model` stands in for it.
    """

    model: VisionModel | None
    terms: PromptTerms
    step: DegradationStep
    why: Told = ""
    resting: str = ""

    @property
    def appetite(self) -> InputSpec | None:
        """What the model wants to be shown; None when nobody looks."""
        return None if self.model is None else self.model.appetite(self.terms)

    @property
    def stretch(self) -> float:
        """By how much looks are further apart than set."""
        return STRETCH if self.step >= DegradationStep.STRETCHED else 1.0


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer and the row of its call; None when it has none, as what is answered by a reply that is kept."""

    answer: Answer
    call_id: int | None = None


@dataclass(frozen=True, slots=True)
class Unasked:
    """Nobody could be asked, and why."""

    why: Told
