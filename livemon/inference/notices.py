"""ModelNotices: `system` events on the outcome of one camera's questions: steps, outages, bad answers.

Each is reported once, until it changes. The reaction lives in gateway.py.
"""

from __future__ import annotations

import asyncio
import logging
import re

from livemon.base.clock import Clock
from livemon.base.errors import LivemonError
from livemon.base.messages.message import Message, Told, message
from livemon.base.model_types import Answer, Purpose
from livemon.base.notices import Notices
from livemon.inference.budget import Balance
from livemon.store.ledger import Refusal
from livemon.vlm.provider import VisionModel

log = logging.getLogger(__name__)

CLOCK_SKEW_S = 300.0
"""Beyond this the times given to a model, and the day of the budget, are wrong."""


class ModelNotices:
    """Records the events. `step` blocks briefly and is called from a worker thread; the others are coroutines."""

    def __init__(self, clock: Clock, notices: Notices) -> None:
        self._clock = clock
        self._notices = notices
        self._away: dict[str, str] = {}
        self._caps_told: set[str] = set()
        self._skew_told = False
        self._flex_told = False
        self._wrong_prompts: dict[Purpose, Message] = {}

    def step(self, balance: Balance) -> None:
        """Tell a step of the budget."""
        if balance.step > balance.before:
            title = message("event.budget_step", step=balance.step.value)
            said = message("event.budget_step_text", reason=balance.said or "", step=balance.step.said)
            self._notices.warn("budget_step", title, said, about=balance.step.name)
        else:
            said = message("event.budget_enough_text", step=balance.step.said)
            self._notices.inform("budget_step", message("event.budget_enough"), said)

    def wrong_prompt(self, purpose: Purpose, problem: Message, instead: str, version: str) -> None:
        """Report that the live prompt cannot be read, and its replacement; blocks briefly."""
        if self._wrong_prompts.get(purpose) != problem:
            self._wrong_prompts[purpose] = problem
            said = message("event.prompt_wrong_text", problem=problem, instead=instead, version=version)
            self._notices.warn(
                "prompt_wrong", message(f"event.{purpose.value}_prompt_wrong"), said, about=purpose.value
            )

    def right_prompt(self, purpose: Purpose) -> None:
        """Take in that the live prompt can be read, so that the next failure is reported again."""
        self._wrong_prompts.pop(purpose, None)

    async def no_money(self, refusal: Refusal) -> None:
        """Tell that a call was not made; of each cap once, until a call that costs something is made again."""
        if refusal.cap not in self._caps_told:
            self._caps_told.add(refusal.cap)
            await self._warn("budget_spent", message("event.budget_spent"), refusal.said)

    def money_again(self) -> None:
        """Take in that a call was paid for, so that the next refusal is reported again."""
        self._caps_told.clear()

    async def away(self, model: str, reason: Told, stand_in: VisionModel | None, call_id: int | None = None) -> None:
        """Tell that a model does not answer, and who looks instead."""
        # Numbers and ids of requests are others each time; the reason is the same.
        told = re.sub(r"\S*\d\S*", "#", str(reason))
        if self._away.get(model) == told:
            return
        self._away[model] = told
        if stand_in is None:
            said = message("event.model_away_nobody", model=model, reason=reason)
        else:
            said = message("event.model_away_instead", model=model, reason=reason, instead=stand_in.name)
        await self._warn("model_away", message("event.model_away"), said, call_id)

    async def back(self, model: str) -> None:
        """Tell that the model answers, if it did not before."""
        if self._away:
            self._away.clear()
            said = message("event.model_back_text", model=model)
            await asyncio.to_thread(self._notices.inform, "model_back", message("event.model_back"), said)

    async def flex_away(self, model: str, reason: Told) -> None:
        """Tell that flex is late or refuses; once, until it answers again."""
        if not self._flex_told:
            self._flex_told = True
            said = message("event.flex_away_text", model=model, reason=reason)
            await asyncio.to_thread(self._notices.inform, "flex_away", message("event.flex_away"), said)

    def flex_back(self) -> None:
        """Take in that flex answers, so that the next failure is reported again."""
        self._flex_told = False

    async def bad_answer(self, purpose: Purpose, answer: Answer, call_id: int | None) -> None:
        """Tell that an answer says nothing about the scene."""
        title = message(f"event.{purpose.value}_failed", status=message(f"answer.{answer.status.value}"))
        said = message("event.answer_failed_text", model=answer.model, reason=answer.error)
        await self._warn(f"{purpose.value}_failed", title, said, call_id)

    async def skew(self, answer: Answer) -> None:
        """Tell that this computer's clock, or the server's, is wrong; once."""
        if answer.server_utc is None or self._skew_told:
            return
        if answer.server_utc.tzinfo is None:
            return  # of a model of one's own; which zone it means is unknown
        skew_s = (self._clock.now() - answer.server_utc).total_seconds()
        if abs(skew_s) > CLOCK_SKEW_S:
            self._skew_told = True
            said = message("event.clock_ahead" if skew_s > 0 else "event.clock_behind", n=round(abs(skew_s) / 60))
            await self._warn("clock_skew", message("event.clock_skew"), said)

    async def _warn(self, kind: str, title: Message, reason: Message, call_id: int | None = None) -> None:
        """Record a warning; that it could not be recorded must not end the looking."""
        try:
            await asyncio.to_thread(self._notices.warn, kind, title, reason, call_id=call_id)
        except LivemonError:
            log.exception("could not record: %s", title)


class NoNotices(ModelNotices):
    """Discards notices: for trial questions, whose rows hold their outcome."""

    async def _warn(self, kind: str, title: Message, reason: Message, call_id: int | None = None) -> None:
        del reason, call_id
        log.info("not told: %s, %s", kind, title)
