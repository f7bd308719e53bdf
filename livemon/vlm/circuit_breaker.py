"""Circuit breaker: stops calls to a model that cannot or will not answer, for longer and longer, with the reason.

One per model, shared by all cameras: what is wrong for one is wrong for all. The choice of a stand-in lives in
inference/gateway.py.
"""

from __future__ import annotations

from livemon.base.clock import Clock
from livemon.base.messages.message import Told
from livemon.base.model_types import Answer, AnswerStatus

REFUSED_REST_S = 600.0
"""A wrong key is not right a minute later; its owner may have corrected it ten minutes later."""

FIRST_REST_S = 15.0
LONGEST_REST_S = 600.0
FAILURES_BEFORE_REST = 2


class Breaker:
    """Counts one model's failures and tells how long it rests."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._until_s = 0.0
        self._why: Told = ""

    @property
    def resting(self) -> Told:
        """Why the model is left alone now; empty when it may be asked."""
        return self._why if self._clock.monotonic_s() < self._until_s else ""

    def record(self, answer: Answer) -> None:
        """Take in what became of a call. Only no answer at all counts; a bad answer is an answer."""
        rest_s = self._rest_s(answer)
        if rest_s <= 0:
            return
        self._until_s = self._clock.monotonic_s() + rest_s
        self._why = answer.error

    def _rest_s(self, answer: Answer) -> float:
        if answer.status is AnswerStatus.REFUSED:
            self._failures += 1
            return REFUSED_REST_S if answer.retry_after_s is None else answer.retry_after_s
        if answer.status is not AnswerStatus.UNAVAILABLE:
            self._failures, self._until_s, self._why = 0, 0.0, ""
            return 0.0
        self._failures += 1
        asked_s = answer.retry_after_s or 0.0
        if self._failures < FAILURES_BEFORE_REST:
            return asked_s
        return max(asked_s, min(LONGEST_REST_S, FIRST_REST_S * 2.0 ** (self._failures - FAILURES_BEFORE_REST)))
