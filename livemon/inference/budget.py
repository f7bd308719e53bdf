"""CameraBudget: whether a call may be made, and how far a camera steps down. Wires settings, clock and ledger.

The sums and the lock live in store/ledger.py, the ladder in vlm/budget_ladder.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from livemon.base.clock import Clock, local_day
from livemon.base.messages.message import Message
from livemon.base.settings.settings import Settings
from livemon.store import ledger
from livemon.store.ledger import Caps, Refusal, Spending
from livemon.store.session import Database
from livemon.vlm.budget_ladder import DegradationStep, Line, next_step, projected_usd
from livemon.vlm.provider import PreparedCall

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Balance:
    """State of a camera's budget: the step now and before, the reason, and each cap with its spending."""

    step: DegradationStep
    before: DegradationStep
    said: Message | None
    lines: tuple[Line, ...]
    spent: Spending

    @property
    def reason(self) -> str:
        """Why, in English; empty when all is as set."""
        return "" if self.said is None else str(self.said)


class CameraBudget:
    """One camera's budget. Its methods block briefly, and may be called from any thread."""

    def __init__(self, camera_id: str, settings: Settings, database: Database, clock: Clock) -> None:
        self._camera_id = camera_id
        self._database = database
        self._clock = clock
        self._zone = settings.zone
        budget = settings.budget
        camera_day_usd = settings.camera_cap_usd(camera_id)
        self.caps = Caps(camera_day_usd, budget.usd_per_day, budget.usd_total, budget.max_calls_per_hour)

    def reserve(self, prepared: PreparedCall) -> int | Refusal:
        """Set aside the maximum cost of a call; returns the reservation, or the reason for a refusal."""
        now = self._clock.now()
        _, day_start, _ = local_day(now, self._zone)
        return ledger.reserve(
            self._database, self._camera_id, prepared.model, prepared.bound_usd, self.caps, now, day_start
        )

    def balance(self) -> Balance:
        """Return how the budget stands now, the step taken into account that stood before."""
        now = self._clock.now()
        _, day_start, day_end = local_day(now, self._zone)
        total = self.caps.total_usd is not None
        spent = ledger.spending(self._database, self._camera_id, now, day_start, total=total)
        hours_left = (day_end - now).total_seconds() / HOUR_S
        kept = ledger.budget_state(self._database, self._camera_id)
        before = DegradationStep.NORMAL if kept is None else DegradationStep(kept.step)
        lines = self._lines(spent, hours_left)
        step, said = next_step(before, lines)
        return Balance(step, before, said, lines, spent)

    def keep(self, balance: Balance) -> None:
        """Remember the step, for other processes and after a restart."""
        ledger.keep_budget_state(self._database, self._camera_id, balance.step, balance.reason, self._clock.now())

    def _lines(self, spent: Spending, hours_left: float) -> tuple[Line, ...]:
        caps = self.caps
        lines = []
        if caps.camera_day_usd is not None:
            projected = projected_usd(spent.camera_day_usd, spent.camera_last_hour_usd, hours_left)
            lines.append(Line("budget.camera_day", caps.camera_day_usd, spent.camera_day_usd, projected))
        if caps.day_usd is not None:
            projected = projected_usd(spent.day_usd, spent.last_hour_usd, hours_left)
            lines.append(Line("budget.all_day", caps.day_usd, spent.day_usd, projected, is_shared=True))
        if caps.total_usd is not None and spent.total_usd is not None:
            # No midnight gives it back; money is short when it would be gone a day from now.
            projected = projected_usd(spent.total_usd, spent.last_hour_usd, 24)
            lines.append(Line("budget.ever", caps.total_usd, spent.total_usd, projected, is_shared=True))
        return tuple(lines)
