"""Calls in the past, for whoever counts them."""

from __future__ import annotations

from datetime import datetime

from livemon.base.datatypes import LookReason
from livemon.base.model_types import Answer, AnswerStatus, Look, Purpose, Question, Study, Usage
from livemon.store import writes
from livemon.store.session import Database
from tests.vlm.drawn import frames, room


def spend(
    database: Database,
    utc: datetime,
    cost_usd: float | None,
    *,
    camera_id: str = "camera-1",
    bound_usd: float | None = 0.01,
    model: str = "gemini-3.5-flash-lite",
    purpose: Purpose = Purpose.LOOK,
    status: AnswerStatus = AnswerStatus.OK,
    reason: LookReason = LookReason.INTERVAL,
) -> int:
    """Record a call of 1000 tokens in and 100 out; returns its id."""
    shown = tuple(frames([room()], camera_id=camera_id))
    question: Question = Look(camera_id, reason, shown)
    if purpose is Purpose.STUDY:
        question = Study(camera_id, utc, 600.0, shown)
    answer = Answer(model, status, raw_text="{}", usage=Usage(1000, 100), cost_usd=cost_usd)
    return writes.add_call(database, question, answer, utc, bound_usd=bound_usd)
