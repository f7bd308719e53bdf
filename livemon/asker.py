"""Asker: puts one camera's questions to a model: which prompt, which model, is there money, what became of it.

Live prompt → budget step → reservation → call → row → stand-in when nobody answers. Everything that looks or studies
asks here. Choosing frames does not belong here (looker.py), nor making events of answers (recorder.py).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from livemon.accounts import Accounts, Balance
from livemon.calls import Answer, AnswerStatus, Purpose, Question, purpose_of
from livemon.clock import Clock
from livemon.config import Settings
from livemon.errors import ConfigError, LivemonError, ModelError
from livemon.model_pool import ModelPool
from livemon.prompt_book import PromptBook, require_purpose
from livemon.recorder import EventRecorder
from livemon.scene_notes import SceneNotes
from livemon.store import queries, writes
from livemon.store.ledger import Refusal
from livemon.store.session import Database
from livemon.vlm.budget import STRETCH, Step, terms_at
from livemon.vlm.prompted import read, unanswered
from livemon.vlm.provider import Appetite, Prepared, Terms, VisionModel

log = logging.getLogger(__name__)

NOBODY_ANSWERED = frozenset({AnswerStatus.UNAVAILABLE, AnswerStatus.REFUSED})
LONGEST_CALL_S = 3700.0
"""A model of one's own may hang; the shipped ones have time limits of their own, far shorter."""

CLOCK_SKEW_S = 300.0
"""Beyond this the times that a model is told, and the day of the budget, are wrong."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers now and under which terms; `model` is None when nobody does. `why` says what is not as set."""

    model: VisionModel | None
    terms: Terms
    step: Step
    why: str = ""

    @property
    def appetite(self) -> Appetite | None:
        """What the model wants to be shown; None when nobody looks."""
        return None if self.model is None else self.model.appetite(self.terms)

    @property
    def stretch(self) -> float:
        """By how much looks are further apart than set."""
        return STRETCH if self.step >= Step.STRETCHED else 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer and the row of its call."""

    answer: Answer
    call_id: int


class Asker:
    """Asks for one camera. Its coroutines run on the monitor's engine loop."""

    def __init__(
        self,
        camera_id: str,
        settings: Settings,
        database: Database,
        pool: ModelPool,
        book: PromptBook,
        clock: Clock,
        recorder: EventRecorder,
    ) -> None:
        self._camera_id = camera_id
        self._database = database
        self._pool = pool
        self._book = book
        self._clock = clock
        self._recorder = recorder
        self._accounts = Accounts(camera_id, settings, database, clock)
        self.scene = SceneNotes(camera_id, settings, clock)
        self._away = ""
        self._skew_told = False
        self.over_budget = 0
        self.unanswered = 0

    def route(self, purpose: Purpose) -> Route:
        """Return who answers now; blocks briefly. A step of the budget is taken, and told, here."""
        live = self._book.live(self._camera_id, purpose)
        terms = Terms.of(live.prompt)
        main = self._pool.main
        if main.appetite(terms).free:
            return Route(main, terms, Step.NORMAL)
        self._book.keep(live.prompt, live.name)
        balance = self._accounts.balance()
        self._tell_step(balance)
        if balance.step is Step.LOCAL_ONLY:
            return Route(self._pool.free, terms, balance.step, balance.reason)
        terms = terms_at(balance.step, terms, self._pool.cheaper_model)
        return Route(main, terms, balance.step, balance.reason)

    async def ask(self, question: Question, route: Route) -> Asked | None:
        """Ask along the route, and the stand-in when nobody answers; None when nobody could be asked at all.

        Every call is a row when this returns. Never raises for what a model or a provider does.
        """
        if route.model is None:
            self.over_budget += 1
            return None
        asked = await self._ask(route.model, question, route.terms)
        if isinstance(asked, Refusal):
            if self._pool.free is None or self._pool.free is route.model:
                self.over_budget += 1
                return None
            asked = await self._ask(self._pool.free, question, route.terms)
            return asked if isinstance(asked, Asked) else None
        if asked is not None and asked.answer.status not in NOBODY_ANSWERED:
            await self._tell_back(asked.answer, route)
            return asked
        stand_in = self._pool.fallback
        if stand_in is None or stand_in is route.model:
            self.unanswered += asked is None
            return asked
        call_id = asked.call_id if asked is not None else None
        instead = await self._ask(stand_in, question, Terms.of(route.terms.prompt), fallback_for=call_id)
        return instead if isinstance(instead, Asked) else asked

    def terms(self, purpose: Purpose, prompt: str) -> Terms:
        """Return the terms of a prompt by name or version, of the live one when empty; blocks briefly.

        Raises
        ------
        UnknownPrompt, ConfigError
            When there is none, or it is for another purpose.
        """
        found = self._book.get(prompt) if prompt else self._book.live(self._camera_id, purpose).prompt
        require_purpose(found, purpose, prompt)
        self._book.keep(found, prompt)
        return Terms.of(found)

    def appetite(self, terms: Terms) -> Appetite:
        """Return what the model that is set wants to be shown."""
        return self._pool.main.appetite(terms)

    async def again(self, question: Question, terms: Terms) -> Answer:
        """Ask about the past. What was asked before, to the last pixel, is answered by the reply that is kept.

        No other model stands in.

        Raises
        ------
        ModelError
            When nobody could be asked: there is no money, or the model is left alone.
        """
        prepared = await asyncio.to_thread(self._pool.main.prepare, question, terms)
        known = await asyncio.to_thread(queries.answered, self._database, prepared.sha256)
        if known is not None:
            answer = replace(unanswered(prepared), status=AnswerStatus.OK, raw_text=known, attempts=0)
            return replace(answer, **read(known, question, terms))
        asked = await self._ask(self._pool.main, question, terms)
        if isinstance(asked, Refusal):
            raise ModelError(asked.reason, "Raise the budget in the settings, or wait until midnight.")
        if asked is None:
            why = self._pool.breaker(prepared.model).resting
            raise ModelError(f"{prepared.model} is left alone for now: {why.rstrip('.')}.", "Try again later.")
        return asked.answer

    async def _ask(
        self, model: VisionModel, question: Question, terms: Terms, fallback_for: int | None = None
    ) -> Asked | Refusal | None:
        """Ask one model; None when it is left alone for now."""
        try:
            prepared = await asyncio.to_thread(model.prepare, question, terms)
        except ConfigError as exc:
            answer = Answer(terms.options.model or model.name, AnswerStatus.REFUSED, error=str(exc), attempts=0)
            answer = replace(answer, prompt_version=terms.prompt.version)
            return await self._keep(question, answer, None, None, fallback_for)
        resting = self._pool.breaker(prepared.model).resting
        if resting:
            await self._tell_away(prepared.model, resting)
            return None
        reservation: int | Refusal | None = None
        if prepared.bound_usd != 0.0:
            reservation = await asyncio.to_thread(self._accounts.reserve, prepared)
            if isinstance(reservation, Refusal):
                await self._warn("budget_spent", "No money for a call", reservation.reason)
                return reservation
        try:
            answer = await self._answer(model, prepared)
        except asyncio.CancelledError:
            said = Answer(prepared.model, AnswerStatus.FAILED, error="stopped before the answer came", cost_usd=None)
            if prepared.bound_usd == 0.0:
                said = replace(said, cost_usd=0.0)
            await asyncio.shield(self._keep(question, said, prepared, reservation, fallback_for))
            raise
        asked = await self._keep(question, answer, prepared, reservation, fallback_for)
        self._pool.record(answer)
        if answer.status in NOBODY_ANSWERED:
            await self._tell_away(prepared.model, answer.error, asked.call_id)
        elif answer.status is not AnswerStatus.OK:
            said_what = f"{answer.model}: {answer.error.rstrip('.')}. What happened meanwhile is unknown."
            await self._warn(
                f"{purpose_of(question).value}_failed",
                f"A {purpose_of(question).value} failed: {answer.status.value}",
                said_what,
                asked.call_id,
            )
        await self._tell_skew(answer)
        return asked

    async def _answer(self, model: VisionModel, prepared: Prepared) -> Answer:
        started_s = self._clock.monotonic_s()
        try:
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes just as the answer does.
            async with asyncio.timeout(LONGEST_CALL_S):
                answer = await model.ask(prepared)
        except TimeoutError:
            error = f"no answer within {LONGEST_CALL_S:.0f} s"
            answer = Answer(prepared.model, AnswerStatus.UNAVAILABLE, error=error, cost_usd=None)
        except Exception as exc:  # a plug-in model may raise anything; the failure is stored as what it is
            log.exception("camera %s: model %s raised", self._camera_id, prepared.model)
            error = f"{type(exc).__name__}: {exc}"
            cost_usd = 0.0 if prepared.bound_usd == 0.0 else None
            answer = Answer(prepared.model, AnswerStatus.FAILED, error=error, cost_usd=cost_usd)
        return replace(answer, latency_ms=(self._clock.monotonic_s() - started_s) * 1000)

    async def _keep(
        self,
        question: Question,
        answer: Answer,
        prepared: Prepared | None,
        reservation: int | Refusal | None,
        fallback_for: int | None,
    ) -> Asked:
        call_id = await asyncio.to_thread(
            writes.add_call,
            self._database,
            question,
            answer,
            self._clock.now(),
            request_sha256=prepared.sha256 if prepared else "",
            bound_usd=prepared.bound_usd if prepared else 0.0,
            reservation_id=reservation if isinstance(reservation, int) else None,
            fallback_for=fallback_for,
        )
        if answer.status is AnswerStatus.OK and purpose_of(question) is Purpose.LOOK:
            self.scene.remember(answer.scene, question.frames[-1].utc)
        return Asked(answer, call_id)

    def _tell_step(self, balance: Balance) -> None:
        """Record a step of the budget as an event, once."""
        if balance.step is balance.before:
            return
        self._accounts.keep(balance)
        if balance.step > balance.before:
            said = f"{balance.reason}. The camera {balance.step.words} until there is money again."
            self._recorder.warn("budget_step", f"Budget: step {balance.step.value} of 4", said, about=balance.step.name)
        else:
            self._recorder.inform("budget_step", "Budget: enough again", f"The camera {balance.step.words}.")

    async def _tell_away(self, model: str, reason: str, call_id: int | None = None) -> None:
        """Record that a model does not answer, once until it does."""
        if self._away == reason:
            return
        self._away = reason
        stand_in = self._pool.fallback
        who = f"{stand_in.name} looks instead" if stand_in is not None else "nobody looks"
        said = f"{model} does not answer: {reason.rstrip('.')}. Meanwhile {who}."
        await self._warn("model_away", "The model does not answer", said, call_id)

    async def _tell_back(self, answer: Answer, route: Route) -> None:
        if self._away and route.model is self._pool.main:
            self._away = ""
            await asyncio.to_thread(
                self._recorder.inform, "model_back", "The model answers again", f"{answer.model} looks again."
            )

    async def _tell_skew(self, answer: Answer) -> None:
        if answer.server_utc is None or self._skew_told:
            return
        skew_s = (self._clock.now() - answer.server_utc).total_seconds()
        if abs(skew_s) > CLOCK_SKEW_S:
            self._skew_told = True
            way = "ahead" if skew_s > 0 else "behind"
            said = f"This computer's clock is {abs(skew_s) / 60:.0f} minutes {way} of the model's server: set it right."
            await self._warn("clock_skew", "The clock may be wrong", said)

    async def _warn(self, kind: str, title: str, reason: str, call_id: int | None = None) -> None:
        try:
            await asyncio.to_thread(self._recorder.warn, kind, title, reason, call_id=call_id)
        except LivemonError:
            log.exception("camera %s: could not record: %s", self._camera_id, title)
