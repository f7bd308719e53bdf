"""A study that is too large for one request, in parts: cut in time, each part asked, the answers put together.

The limit, and the smaller forms before a cut, are defined by the model (vlm/smaller.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from livemon.base.datatypes import Severity
from livemon.base.errors import NoFootage
from livemon.base.model_types import Answer, AnswerStatus, Usage
from livemon.base.safety_score import safety_score
from livemon.inference.route import RecordedAnswer, Unasked

SHORTEST_PART = timedelta(minutes=1)
"""A question that is too large for so short a time is not too long."""

Ask = Callable[[datetime, datetime], Awaitable[RecordedAnswer | Unasked]]
LISTS = ("incidents", "development", "activities")


async def ask_in_parts(start: datetime, end: datetime, ask: Ask) -> RecordedAnswer | Unasked:
    """Ask about [start, end), in halves of halves where that is too large for one request.

    Returns
    -------
    Asked | Unasked
        The answers of all parts as one; the first part that was not answered, instead, when there is one. Parts
        without footage are left out: they were not recorded.

    Raises
    ------
    NoFootage
        When nothing was recorded in any of it.
    """
    whole = await ask(start, end)
    if not isinstance(whole, RecordedAnswer) or not whole.answer.too_large or end - start < 2 * SHORTEST_PART:
        return whole
    middle = start + (end - start) / 2
    answered: list[RecordedAnswer] = []
    for since, until in ((start, middle), (middle, end)):
        try:
            part = await ask_in_parts(since, until, ask)
        except NoFootage:
            if until == end and not answered:
                raise
            continue
        if isinstance(part, Unasked) or part.answer.status is not AnswerStatus.OK:
            return part
        answered.append(part)
    return (
        answered[0]
        if len(answered) == 1
        else RecordedAnswer(_together([one.answer for one in answered]), answered[0].call_id)
    )


def _together(answers: Sequence[Answer]) -> Answer:
    """Return the answers of parts, in time order, as one."""
    costs = [answer.cost_usd for answer in answers]
    results = [dict(answer.result or {}) for answer in answers]
    return replace(
        answers[0],
        result=_results_together(results),
        scene=answers[-1].scene,
        raw_text="\n".join(answer.raw_text for answer in answers),
        parameters={**answers[0].parameters, "parts": sum(_parts(answer) for answer in answers)},
        attempts=sum(answer.attempts for answer in answers),
        latency_ms=sum(answer.latency_ms for answer in answers),
        usage=_usage([answer.usage for answer in answers]),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        odd=tuple(said for answer in answers for said in answer.odd),
    )


def _parts(answer: Answer) -> int:
    return int(answer.parameters.get("parts", 1))


def _results_together(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one result; it has a score when every part has one, or an incident was found in one of them."""
    lists: dict[str, list[Any]] = {name: [one for result in results for one in result.get(name, ())] for name in LISTS}
    incidents = lists["incidents"]
    scored = bool(incidents) or all(result.get("safety_score") is not None for result in results)
    views = [str(result.get("view", "")) for result in results]
    return {
        "view": next((view for view in views if view != "clear"), views[0]),
        "summary": " ".join(text for result in results if (text := str(result.get("summary", "")).strip())),
        "safety_score": safety_score(Severity(one["severity"]) for one in incidents) if scored else None,
        "incident_count": len(incidents) if scored else None,
        **lists,
    }


def _usage(usages: Sequence[Usage]) -> Usage:
    modalities = {name for usage in usages for name in usage.input_by_modality}
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        thought_tokens=sum(usage.thought_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        input_by_modality={name: sum(usage.input_by_modality.get(name, 0) for usage in usages) for name in modalities},
    )
