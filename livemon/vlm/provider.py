"""VisionModel: the plug point for everything that can look at frames.

A new model is one module with one class, and one line in registry.py; tests/vlm/test_provider_contract.py runs it.
No model code belongs here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from livemon.base.model_types import Answer, Question
from livemon.base.settings.models import ServiceTier
from livemon.vlm.options import ModelOptions
from livemon.vlm.prompt import Prompt

if TYPE_CHECKING:
    from livemon.vlm.request import Request


@dataclass(frozen=True, slots=True)
class PromptTerms:
    """Under which prompt a question is asked, and with which options: the prompt's, or what the budget left of them.

    `tier` is a wish: models without such a tier answer as always.
    """

    prompt: Prompt
    options: ModelOptions
    tier: ServiceTier = ServiceTier.STANDARD

    @classmethod
    def of(cls, prompt: Prompt) -> PromptTerms:
        """Return the prompt with its own options."""
        return cls(prompt, prompt.options)


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Input format of a model.

    Attributes
    ----------
    model
        Catalog name of the model that will answer.
    frames, frame_width
        Maximum number of frames, and their width in pixels.
    free
        Whether looking costs nothing.
    crops
        Whether it takes crops of people beside the frames.
    """

    model: str
    frames: int
    frame_width: int
    free: bool
    crops: bool = False


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A question ready to be asked, and what it may cost.

    Attributes
    ----------
    model
        Catalog name of the model that will answer.
    bound_usd
        The most it can cost; 0 for a model that is free, None when the price is not known.
    sha256
        Content hash of all that decides the answer.
    request
        Request to send; None for a model without one.
    """

    question: Question
    terms: PromptTerms
    model: str
    bound_usd: float | None
    sha256: str
    request: Request | None = None


@runtime_checkable
class VisionModel(Protocol):
    """Something that looks at frames and says what it saw. `name` is the provider, for example ``local``."""

    name: str

    def appetite(self, terms: PromptTerms) -> InputSpec:
        """Return what it wants to be shown under these terms."""
        ...

    def prepare(self, question: Question, terms: PromptTerms) -> PreparedCall:
        """Make everything ready that can be made ready before a cent is spent; may block for milliseconds.

        Raises
        ------
        ConfigError
            When the terms are not for this model.
        """
        ...

    async def ask(self, prepared: PreparedCall) -> Answer:
        """Answer the question. Never raises for a bad reply: that is an Answer with its status."""
        ...

    async def close(self) -> None:
        """Give back connections and memory. The model is not used afterwards."""
        ...
