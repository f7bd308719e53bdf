"""SegmentAnalyzer: studies one camera's ten-minute windows: footage → model → row, once, or why not.

Delays, retries and giving up are decided here. The due windows and their times live in jobs/scheduler.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from livemon.base.clock import Clock, Window
from livemon.base.datatypes import MotionSample
from livemon.base.errors import ArchiveError, LivemonError, NoFootage, SourceError
from livemon.base.messages.message import Message, Told, message
from livemon.base.model_types import Answer, AnswerStatus, Purpose, Study
from livemon.base.tasks import run_to_completion
from livemon.cameras.questions import QuestionBuilder
from livemon.cameras.rule_windows import WindowRules
from livemon.inference.gateway import NOBODY_ANSWERED, ModelGateway
from livemon.inference.route import RecordedAnswer, Route, Unasked
from livemon.inference.study_parts import ask_in_parts
from livemon.store import work
from livemon.store.analyses import RecordedWindow, analysis_id
from livemon.store.held_lease import held
from livemon.store.session import Database
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.work_status import WorkStatus
from livemon.vlm.budget_ladder import DegradationStep
from livemon.vlm.provider import PromptTerms

log = logging.getLogger(__name__)

WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1))
"""Before the second, third ... try.

A window whose answer has no result is asked again so often and once more. An unreachable provider is waited for longer,
and at the last of these tries another model may stand in.
"""

LEFT_ALONE = timedelta(minutes=5)
"""When no model could be asked: the budget is spent, or its circuit breaker is open."""

MOST_FRAMES_PER_S = 10.0
"""Footage with more pictures is judged by its keyframes: decoding the rest costs more than it tells."""


class Outcome(StrEnum):
    """Outcome of taking up a window."""

    COMPLETED = "completed"
    WAITS = "waits"
    FAILED = "failed"
    TAKEN = "taken"
    """Another process has it, or had it meanwhile."""


@dataclass(frozen=True, slots=True)
class Done:
    """Result of a window, and the reason if there is no answer."""

    outcome: Outcome
    reason: Told = ""


class SegmentAnalyzer:
    """Studies windows of one camera. Its coroutines run on the monitor's engine loop.

    Parameters
    ----------
    on_landed
        Told of each window whose analysis was written, in a worker thread.
    rules
        Say of which windows no model is asked.
    reading
        Number of windows of all cameras that are decoded at once.
    """

    def __init__(
        self,
        camera_id: str,
        database: Database,
        clock: Clock,
        gateway: ModelGateway,
        questions: QuestionBuilder,
        on_landed: Callable[[str, Window], None],
        rules: WindowRules,
        reading: asyncio.Semaphore,
    ) -> None:
        self.camera_id = camera_id
        self._database = database
        self._clock = clock
        self._gateway = gateway
        self._questions = questions
        self._on_landed = on_landed
        self._rules = rules
        self._reading = reading
        self._owner = work.owner_name()

    def terms(self, prompt: str) -> PromptTerms:
        """Return the terms of a study prompt by name or version, of the live one when empty; blocks briefly."""
        return self._gateway.terms(Purpose.STUDY, prompt)

    async def analyse(self, recorded: RecordedWindow, *, late: bool = False) -> Done:
        """Study a window under the live prompt, unless another process does.

        Parameters
        ----------
        late
            It is caught up on: it waits as long as money is short, which the live looks need more.
        """
        route = await asyncio.to_thread(self._gateway.route, Purpose.STUDY)
        paid = route.appetite is not None and not route.appetite.free
        hold = f"waits for money: {route.why}" if late and paid and route.step is not DegradationStep.NORMAL else ""
        return await self._take(recorded, route, again=False, hold=hold)

    async def analyse_again(self, recorded: RecordedWindow, terms: PromptTerms | None = None) -> Done:
        """Study a window at a person's request; the old analysis stays until the new one is there.

        Parameters
        ----------
        terms
            Under which, and then by the model that is set and no other; None is as for any window.
        """
        route, hold = await asyncio.to_thread(self._gateway.route, Purpose.STUDY), ""
        if terms is not None:
            hold = f"waits for money: {route.why}" if route.step is DegradationStep.LOCAL_ONLY else ""
            route = replace(route, terms=replace(terms, tier=route.terms.tier))
        by_rule = terms is None
        return await self._take(replace(recorded, attempts=0), route, again=True, hold=hold, by_rule=by_rule)

    async def _take(
        self, recorded: RecordedWindow, route: Route, *, again: bool, hold: str = "", by_rule: bool = True
    ) -> Done:
        """Claim, study, write; the lease is renewed meanwhile.

        `hold`: why it must wait, for the record. `by_rule`: whether no model is asked when a rule holds.
        """
        now = self._clock.now()
        row_id = await asyncio.to_thread(analysis_id, self._database, self.camera_id, recorded.window)
        claimed = await asyncio.to_thread(
            work.claim, self._database, SegmentAnalysis, row_id, self._owner, now, again=again
        )
        if not claimed:
            return Done(Outcome.TAKEN, "another process has it, or it is done")
        if hold:
            return await self._put_off(row_id, LEFT_ALONE, hold, tried=False)
        try:
            async with held(self._database, SegmentAnalysis, row_id, self._owner, self._clock):
                done = await self._study(recorded, row_id, route, by_rule=by_rule)
        except asyncio.CancelledError:
            await run_to_completion(self._put_off(row_id, timedelta(0), Message("work.stopped"), tried=False))
            raise
        except LivemonError as exc:
            done = await self._failed(recorded, row_id, exc.said, final=isinstance(exc, NoFootage))
        if done.outcome is Outcome.COMPLETED:
            await asyncio.to_thread(self._on_landed, self.camera_id, recorded.window)
        return done

    async def _study(self, recorded: RecordedWindow, row_id: int, route: Route, *, by_rule: bool) -> Done:
        if recorded.status == WorkStatus.PROCESSING.value and recorded.attempts > len(WAITS):
            return await self._failed(recorded, row_id, Message("work.never_ended"))
        samples = await self._measured(recorded, route) if by_rule else None
        if samples is not None and (rule := await asyncio.to_thread(self._rules.holding, recorded, samples)):
            return await self._written(row_id, self._rules.row(recorded, rule))
        if route.model is None:
            return await self._put_off(row_id, LEFT_ALONE, route.why or Message("analysis.unasked"), tried=False)

        async def ask(start: datetime, end: datetime) -> RecordedAnswer | Unasked:
            window = recorded.window
            known = samples if (start, end) == (window.start_utc, window.end_utc) else None
            async with self._reading:
                study = await asyncio.to_thread(self._question, recorded, route, start, end, known)
            return await self._gateway.ask(study, route, stand_in=recorded.attempts >= len(WAITS))

        try:
            asked = await ask_in_parts(recorded.window.start_utc, recorded.window.end_utc, ask)
        except (ArchiveError, SourceError) as exc:
            raise NoFootage("footage.not_readable", cause=exc.said) from exc
        if isinstance(asked, Unasked):
            return await self._put_off(row_id, LEFT_ALONE, asked.why, tried=False)
        answer = asked.answer
        if answer.status is AnswerStatus.OK and answer.result is not None:
            return await self._completed(recorded, row_id, asked, answer)
        why = answer.error or Message("answer.without_result")
        reason = message(
            "analysis.failed", model=answer.model, status=Message(f"answer_status.{answer.status}"), why=why
        )
        if answer.status in NOBODY_ANSWERED:
            # However long a provider is away: until it is too late for the window (jobs/scheduler.py).
            wait = max(WAITS[min(recorded.attempts, len(WAITS) - 1)], timedelta(seconds=answer.retry_after_s or 0))
            return await self._put_off(row_id, min(wait, work.LONGEST_WAIT), reason, tried=True)
        return await self._failed(recorded, row_id, reason)

    async def _measured(self, recorded: RecordedWindow, route: Route) -> list[MotionSample] | None:
        """Return the gate's measurements of a window that the rules may be for; None for others and free studies."""
        appetite = route.appetite
        if appetite is None or appetite.free or not await asyncio.to_thread(self._rules.may_hold, recorded):
            return None
        window = recorded.window
        try:
            async with self._reading:
                return await asyncio.to_thread(
                    self._questions.measure,
                    window.start_utc,
                    window.end_utc,
                    appetite,
                    keyframes_only=_is_dense(recorded),
                )
        except (ArchiveError, SourceError):
            return None  # the study reports the error

    def _question(
        self,
        recorded: RecordedWindow,
        route: Route,
        start: datetime,
        end: datetime,
        samples: list[MotionSample] | None,
    ) -> Study:
        """Read a window's footage, or a part of it; blocks: it decodes."""
        assert route.appetite is not None, "there is a model"
        return self._questions.study(
            start, end, route.appetite, route.terms, keyframes_only=_is_dense(recorded), samples=samples
        )

    async def _completed(self, recorded: RecordedWindow, row_id: int, asked: RecordedAnswer, answer: Answer) -> Done:
        result = dict(answer.result or {})
        values = {
            "safety_score": result.get("safety_score"),
            "incident_count": result.get("incident_count"),
            "summary": str(result.get("summary", "")),
            "analysis_result": result,
            "coverage_s": recorded.coverage_s,
            "model": answer.model,
            "prompt_version": answer.prompt_version,
            "vlm_call_id": asked.call_id,
            "cost_usd": answer.cost_usd,
        }
        return await self._written(row_id, values)

    async def _written(self, row_id: int, values: Mapping[str, Any]) -> Done:
        now = self._clock.now()
        written = await asyncio.to_thread(
            work.complete, self._database, SegmentAnalysis, row_id, self._owner, now, **values
        )
        return Done(Outcome.COMPLETED) if written else Done(Outcome.TAKEN, "another process took it over")

    async def _failed(self, recorded: RecordedWindow, row_id: int, reason: Told, *, final: bool = False) -> Done:
        """Put it off, or give it up when it was tried often enough or never can be done."""
        if not final and recorded.attempts < len(WAITS):
            return await self._put_off(row_id, WAITS[recorded.attempts], reason, tried=True)
        log.warning("camera %s: %s is not analysed: %s", self.camera_id, recorded.window.start_utc, reason)
        await asyncio.to_thread(
            work.give_up, self._database, SegmentAnalysis, row_id, self._owner, self._clock.now(), reason
        )
        return Done(Outcome.FAILED, reason)

    async def _put_off(self, row_id: int, wait: timedelta, reason: Told, *, tried: bool) -> Done:
        until = self._clock.now() + wait
        await asyncio.to_thread(
            work.put_off, self._database, SegmentAnalysis, row_id, self._owner, until, reason, tried=tried
        )
        return Done(Outcome.WAITS, reason)


def _is_dense(recorded: RecordedWindow) -> bool:
    return recorded.frames_per_s > MOST_FRAMES_PER_S
