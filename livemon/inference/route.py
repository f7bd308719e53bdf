"""Route of a question to its model, and the outcome: Route, RecordedAnswer, Unasked.

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
    """The answering model and its terms; `model` is None without one. `why` says what is not as set.

    `resting` is the catalog name of the model whose circuit breaker is open, when `model` stands in for it.
    """

    model: VisionModel | None
    terms: PromptTerms
    step: DegradationStep
    why: Told = ""
    resting: str = ""

    @property
    def appetite(self) -> InputSpec | None:
        """The model's input format; None without a model."""
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
    """No model could be asked, and the reason."""

    why: Told
