"""ModelGateway: puts one camera's questions to a model: prompt, model, budget, outcome.

Live prompt → budget step → reservation → call → row → stand-in without an answer. Everything that looks or studies asks
here. Choosing frames does not belong here (cameras/looks.py), nor making events of answers (cameras/event_recorder.py).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from livemon.base.clock import Clock
from livemon.base.datatypes import LookReason
from livemon.base.errors import ConfigError, ModelError, TooLarge, UnknownPrompt
from livemon.base.messages.message import Told
from livemon.base.model_types import Answer, AnswerStatus, Look, Purpose, Question, Study, purpose_of
from livemon.base.notices import Notices
from livemon.base.settings.models import ServiceTier
from livemon.base.settings.settings import Settings
from livemon.base.tasks import run_to_completion
from livemon.inference.budget import CameraBudget
from livemon.inference.call import STOPPED, call
from livemon.inference.notices import ModelNotices, NoNotices
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import Live, PromptRegistry, require_purpose
from livemon.inference.route import RecordedAnswer, Route, Unasked
from livemon.inference.scene import SceneContext
from livemon.store import queries, writes
from livemon.store.ledger import Refusal
from livemon.store.session import Database
from livemon.vlm.budget_ladder import DegradationStep, terms_at
from livemon.vlm.hosted.hosted_model import read, unanswered
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms, VisionModel

NOBODY_ANSWERED = frozenset({AnswerStatus.UNAVAILABLE, AnswerStatus.REFUSED})


class ModelGateway:
    """Asks for one camera. Its coroutines run on the monitor's engine loop."""

    def __init__(
        self,
        camera_id: str,
        settings: Settings,
        database: Database,
        pool: ModelPool,
        book: PromptRegistry,
        clock: Clock,
        notices: Notices,
    ) -> None:
        self._camera_id = camera_id
        self._database = database
        self._pool = pool
        self._book = book
        self._clock = clock
        self._news = ModelNotices(clock, notices)
        self._unheard = NoNotices(clock, notices)
        self._accounts = CameraBudget(camera_id, settings, database, clock)
        self._study_tier = settings.study_tier
        self.scene = SceneContext(camera_id, settings, clock)
        self._last_live: dict[Purpose, Live] = {}
        self.over_budget = 0
        self.unanswered = 0
        self.odd_answers = 0

    def route(self, purpose: Purpose) -> Route:
        """Return who answers now; blocks briefly. A step of the budget is taken, and told, here."""
        live = self._live(purpose)
        route = self._route(live)
        if purpose is Purpose.STUDY:
            return replace(route, terms=replace(route.terms, tier=self._study_tier))
        if route.appetite is None or self._pool.fallback is None:
            return route
        # Known before the frames are chosen: the stand-in is shown what it wants, and when it wants it.
        model = route.appetite.model
        why = self._pool.breaker(model).resting
        if not why:
            return route
        return Route(self._pool.fallback, PromptTerms.of(live.prompt), route.step, why, resting=model)

    def _route(self, live: Live) -> Route:
        """Return who answers as far as money goes."""
        terms = PromptTerms.of(live.prompt)
        main = self._pool.main
        if main.appetite(terms).free:
            return Route(main, terms, DegradationStep.NORMAL)
        self._book.keep(live.prompt, live.name)
        balance = self._accounts.balance()
        if balance.step is not balance.before:
            self._accounts.keep(balance)
            self._news.step(balance)
        if balance.step is DegradationStep.LOCAL_ONLY:
            return Route(self._pool.free, terms, balance.step, balance.reason)
        terms = terms_at(balance.step, terms, self._pool.cheaper_model)
        return Route(main, terms, balance.step, balance.reason)

    async def ask(self, question: Question, route: Route, *, stand_in: bool = True) -> RecordedAnswer | Unasked:
        """Ask along the route, and the stand-in if there is no answer.

        Every call is a row when this returns. Never raises for what a model or a provider does.

        Parameters
        ----------
        stand_in
            Whether another model answers when this one does not, or there is no money for it.
        """
        if route.model is None:
            return self._no_money(question, route.why)
        if route.resting:
            await self._news.away(route.resting, route.why, self._pool.fallback)
        asked = await self._ask_in_tier(route.model, question, route.terms)
        if isinstance(asked, Refusal):
            free = self._pool.free if stand_in and self._pool.free is not route.model else None
            instead = await self._ask(free, question, route.terms) if free is not None else None
            return instead if isinstance(instead, RecordedAnswer) else self._no_money(question, asked.reason)
        if isinstance(asked, RecordedAnswer) and asked.answer.too_large and isinstance(question, Study):
            return asked  # a part of it may not be
        if isinstance(asked, RecordedAnswer) and asked.answer.status not in NOBODY_ANSWERED:
            if route.model is self._pool.main:
                await self._news.back(asked.answer.model)
            return asked
        other = self._pool.fallback if stand_in and self._pool.fallback is not route.model else None
        if other is not None:
            call_id = asked.call_id if isinstance(asked, RecordedAnswer) else None
            instead = await self._ask(other, question, PromptTerms.of(route.terms.prompt), fallback_for=call_id)
            if isinstance(instead, RecordedAnswer):
                return instead
        if isinstance(asked, Unasked) and isinstance(question, Look):
            self.unanswered += 1
        return asked

    def terms(self, purpose: Purpose, prompt: str) -> PromptTerms:
        """Return the terms of a prompt by name or version, of the live one when empty; blocks briefly.

        Raises
        ------
        UnknownPrompt, ConfigError
            When there is none, or it is for another purpose.
        """
        if not prompt:
            live = self._book.live(self._camera_id, purpose)
            found, name = live.prompt, live.name
        else:
            found, name = self._book.get(prompt), prompt
        require_purpose(found, purpose, name)
        self._book.keep(found, name)
        return PromptTerms.of(found)

    def appetite(self, terms: PromptTerms) -> InputSpec:
        """Return the input format of the main model."""
        return self._pool.main.appetite(terms)

    async def again(self, question: Question, terms: PromptTerms) -> Answer:
        """Ask about the past.

        A question asked before, equal to the last pixel, is answered by the stored reply.

        Another model never stands in.

        Raises
        ------
        ModelError
            When no model could be asked: the budget is spent, or the circuit breaker is open.
        """
        try:
            prepared = await asyncio.to_thread(self._pool.main.prepare, question, terms)
        except TooLarge as exc:
            return _too_large(self._pool.main, terms, exc)
        known = await asyncio.to_thread(queries.answered, self._database, prepared.sha256)
        if known is not None:
            answer = replace(unanswered(prepared), status=AnswerStatus.OK, raw_text=known, attempts=0)
            return replace(answer, **read(known, question, terms))
        asked = await self._ask(self._pool.main, question, terms)
        if isinstance(asked, Refusal):
            raise ModelError("model.no_budget", cause=asked.said)
        if isinstance(asked, Unasked):
            raise ModelError("model.left_alone", model=prepared.model, why=asked.why)
        return asked.answer

    async def along(self, question: Look, terms: PromptTerms) -> None:
        """Let another prompt look at a live look's frames; makes a row of the call and notifies no one.

        A model that takes no prompt, rests, or has no money left for it is not asked.
        """
        if not self.appetite(terms).free:
            await self._ask(self._pool.main, replace(question, reason=LookReason.SHADOW), terms, news=self._unheard)

    def _no_money(self, question: Question, why: Told) -> Unasked:
        if isinstance(question, Look):
            self.over_budget += 1
        return Unasked(why)

    async def _ask_in_tier(
        self, model: VisionModel, question: Question, terms: PromptTerms
    ) -> RecordedAnswer | Refusal | Unasked:
        """Ask at flex when that is wished and it is not known to be late; at standard when it does not answer.

        Both calls are rows, and each has money set aside: what is late may be billed all the same.
        """
        standard = replace(terms, tier=ServiceTier.STANDARD)
        if terms.tier is ServiceTier.STANDARD or self._pool.flex_rests:
            return await self._ask(model, question, standard)
        asked = await self._ask(model, question, terms)
        if not isinstance(asked, RecordedAnswer) or asked.answer.parameters.get("tier") != ServiceTier.FLEX.value:
            return asked
        if asked.answer.status not in NOBODY_ANSWERED or asked.answer.too_large:
            self._news.flex_back()
            return asked
        self._pool.rest_flex()
        await self._news.flex_away(asked.answer.model, asked.answer.error)
        return await self._ask(model, question, standard, fallback_for=asked.call_id)

    async def _ask(
        self,
        model: VisionModel,
        question: Question,
        terms: PromptTerms,
        fallback_for: int | None = None,
        news: ModelNotices | None = None,
    ) -> RecordedAnswer | Refusal | Unasked:
        """Ask one model, unless its circuit breaker is open; faults are reported by `news`."""
        news = news or self._news
        try:
            prepared = await asyncio.to_thread(model.prepare, question, terms)
        except TooLarge as exc:
            return await self._keep(question, _too_large(model, terms, exc), None, None, fallback_for)
        except ConfigError as exc:
            answer = Answer(terms.options.model or model.name, AnswerStatus.REFUSED, error=exc.said, attempts=0)
            answer = replace(answer, prompt_version=terms.prompt.version)
            asked = await self._keep(question, answer, None, None, fallback_for)
            await news.away(answer.model, answer.error, self._pool.fallback, asked.call_id)
            return asked
        resting = self._pool.breaker(prepared.model).resting
        if resting:
            await news.away(prepared.model, resting, self._pool.fallback)
            return Unasked(resting)
        reservation: int | Refusal | None = None
        if prepared.bound_usd != 0.0:
            reservation = await asyncio.to_thread(self._accounts.reserve, prepared)
            if isinstance(reservation, Refusal):
                await news.no_money(reservation)
                return reservation
        try:
            answer = await call(model, prepared, self._clock)
        except asyncio.CancelledError:
            said = Answer(prepared.model, AnswerStatus.FAILED, error=STOPPED, cost_usd=None)
            if prepared.bound_usd == 0.0:
                said = replace(said, cost_usd=0.0)
            await run_to_completion(self._keep(question, said, prepared, reservation, fallback_for))
            raise
        asked = await run_to_completion(self._keep(question, answer, prepared, reservation, fallback_for))
        at_flex = prepared.request is not None and prepared.request.tier is ServiceTier.FLEX
        if reservation is not None:
            news.money_again()
        if at_flex and answer.status in NOBODY_ANSWERED:
            return asked  # of the model it says nothing: standard is asked next
        self._pool.record(answer)
        if answer.too_large and isinstance(question, Study):
            return asked
        if answer.status in NOBODY_ANSWERED:
            await news.away(prepared.model, answer.error, self._pool.fallback, asked.call_id)
        elif answer.status is not AnswerStatus.OK:
            await news.bad_answer(purpose_of(question), answer, asked.call_id)
        await news.skew(answer)
        return asked

    async def _keep(
        self,
        question: Question,
        answer: Answer,
        prepared: PreparedCall | None,
        reservation: int | Refusal | None,
        fallback_for: int | None,
    ) -> RecordedAnswer:
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
        self.odd_answers += bool(answer.odd)
        live = isinstance(question, Look) and question.reason.is_live
        if answer.status is AnswerStatus.OK and live:
            self.scene.remember(answer.scene, question.frames[-1].utc)
        return RecordedAnswer(answer, call_id)

    def _live(self, purpose: Purpose) -> Live:
        """Return the live prompt; one that cannot be read costs no look: the last one goes on, else the shipped one."""
        try:
            live = self._book.live(self._camera_id, purpose)
        except (ConfigError, UnknownPrompt) as exc:
            live = self._last_live.get(purpose) or self._book.shipped(self._camera_id, purpose)
            self._news.wrong_prompt(purpose, exc.said, live.name, live.prompt.version[:8])
            return live
        self._news.right_prompt(purpose)
        self._last_live[purpose] = live
        return live


def _too_large(model: VisionModel, terms: PromptTerms, why: TooLarge) -> Answer:
    """Return the record of a question that is known to be too large before it is asked."""
    name = terms.options.model or model.appetite(terms).model
    answer = Answer(name, AnswerStatus.REFUSED, error=why.said, attempts=0, retry_after_s=0.0, too_large=True)
    return replace(answer, prompt_version=terms.prompt.version)
