"""Calling: one question put to one model: whether it answers, hangs or raises, there is an Answer.

Shared by the live cameras (gateway.py) and the lab. Money and rows do not belong here.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from livemon.base.clock import Clock
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Answer, AnswerStatus
from livemon.vlm.provider import PreparedCall, VisionModel

log = logging.getLogger(__name__)

STOPPED = Message("answer.stopped")
"""Status of a call that was stopped before its answer came."""
LONGEST_CALL_S = 3700.0
"""A model of one's own may hang; the shipped ones have time limits of their own, far shorter."""


async def call(model: VisionModel, prepared: PreparedCall, clock: Clock) -> Answer:
    """Return the model's answer with its latency. Never raises for what the model does; a cancellation passes."""
    started_s = clock.monotonic_s()
    try:
        # Not wait_for: in Python 3.11 it swallows a cancellation that comes just as the answer does.
        async with asyncio.timeout(LONGEST_CALL_S):
            answer = await model.ask(prepared)
    except TimeoutError:
        error = message("answer.not_within", limit_s=LONGEST_CALL_S)
        answer = Answer(prepared.model, AnswerStatus.UNAVAILABLE, error=error, cost_usd=None)
    except Exception as exc:  # a plug-in model may raise anything; the failure is stored as what it is
        log.exception("%s: model %s raised", prepared.question.camera_id, prepared.model)
        error = message("answer.raised", kind=type(exc).__name__, said=exc)
        cost_usd = 0.0 if prepared.bound_usd == 0.0 else None
        answer = Answer(prepared.model, AnswerStatus.FAILED, error=error, cost_usd=cost_usd)
    return replace(answer, latency_ms=(clock.monotonic_s() - started_s) * 1000)
