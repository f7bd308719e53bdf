"""The budget ladder: steps of a camera as its budget runs low, and their effect on a question's terms.

Decisions only, from numbers; spending lives in store/ledger.py, the wiring in inference/budget.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from livemon.base.messages.message import Message, message
from livemon.vlm.options import Layout, MediaResolution, ModelOptions
from livemon.vlm.provider import PromptTerms


class DegradationStep(IntEnum):
    """Step of a camera's budget ladder. Each step contains those before it."""

    NORMAL = 0
    STRETCHED = 1
    """Looks at twice the interval."""
    LOW_RESOLUTION = 2
    """Pictures at the fewest tokens."""
    CHEAPER_MODEL = 3
    LOCAL_ONLY = 4
    """Nothing is spent any more."""

    @property
    def said(self) -> Message:
        """Measures of this step."""
        return message(f"budget.step_{self.name.lower()}")


STRETCH = 2.0
THRESHOLDS = {
    DegradationStep.STRETCHED: 0.5,
    DegradationStep.LOW_RESOLUTION: 0.7,
    DegradationStep.CHEAPER_MODEL: 0.85,
    DegradationStep.LOCAL_ONLY: 0.98,
}
"""Share of a cap that is spent when a step is taken, if going on like this would spend it all before midnight."""


@dataclass(frozen=True, slots=True)
class Line:
    """One cap and how it stands, US dollars.

    Attributes
    ----------
    code
        Of the message that names it.
    projected_usd
        Projected spending if the last hour's rate goes on.
    is_shared
        Whether it is a cap of all cameras: its figures are not for who may see some of them only.
    """

    code: str
    cap_usd: float
    spent_usd: float
    projected_usd: float
    is_shared: bool = False

    @property
    def name(self) -> str:
        """Its English name."""
        return str(Message(self.code))

    @property
    def share(self) -> float:
        """Share of the cap that is spent; 1 for a cap of zero."""
        return self.spent_usd / self.cap_usd if self.cap_usd > 0 else 1.0


def dollars(usd: float) -> str:
    """Return an amount as a person reads it; parts of a cent are shown when there is no more."""
    return f"${usd:.2f}" if usd >= 0.1 or usd == 0 else f"${usd:.4f}"


def projected_usd(spent_usd: float, last_hour_usd: float, hours_left: float) -> float:
    """Return where the day ends if the hours left cost what the last hour did."""
    return spent_usd + last_hour_usd * max(0.0, hours_left)


def next_step(current: DegradationStep, lines: Sequence[Line]) -> tuple[DegradationStep, Message | None]:
    """Return the step to take now and its reason, which every viewer of the camera may read.

    A cap of which half is spent by noon does not cause a step; a projected overrun does. A step that was taken is kept
    for as long as its share is spent: until midnight, or until the cap is raised. The last step depends on spending
    only, not on the projection.
    """
    step, reason = DegradationStep.NORMAL, None
    for line in lines:
        for wanted, threshold in THRESHOLDS.items():
            short = line.projected_usd > line.cap_usd or wanted is DegradationStep.LOCAL_ONLY or wanted <= current
            if line.share >= threshold and short and wanted > step:
                step = wanted
                reason = _reason(line)
    return step, reason


def _reason(line: Line) -> Message:
    if line.is_shared:
        return message("budget.runs_out", whose=Message(line.code))
    spent, cap = dollars(line.spent_usd), dollars(line.cap_usd)
    return message("budget.partly_spent", spent=spent, cap=cap, whose=Message(line.code))


def terms_at(step: DegradationStep, terms: PromptTerms, cheaper_model: str) -> PromptTerms:
    """Return what a step leaves of the terms; the prompt stays what it is."""
    options: ModelOptions = terms.options
    if step >= DegradationStep.LOW_RESOLUTION:
        # One sheet, so that the fewest tokens are those of one picture.
        options = options.model_copy(update={"media_resolution": MediaResolution.LOW, "layout": Layout.SHEET})
    if step >= DegradationStep.CHEAPER_MODEL and cheaper_model:
        options = options.model_copy(update={"model": cheaper_model})
    return replace(terms, options=options)
