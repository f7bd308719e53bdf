"""Parsing of Gemini's JSON reply: its text, its finish reason, its cost. Nothing is sent from here.

Read from the JSON itself: the SDK refuses a whole reply for one count of tokens that is not a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from livemon.base.messages.message import Message, message
from livemon.base.model_types import AnswerStatus, Usage
from livemon.base.settings.models import ServiceTier
from livemon.vlm.hosted.gemini_errors import from_body, no_such_server
from livemon.vlm.hosted.http_facts import fields_of, header, list_of, token_count, utc_of
from livemon.vlm.hosted.transport import Reply

BLOCKED = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "LANGUAGE"})
FINISHED = frozenset({"STOP", "", "FINISH_REASON_UNSPECIFIED"})
"""Finish reasons without a fault; an answer that is cut off is not whole JSON."""

TIER_HEADER = "x-gemini-service-tier"

MODALITY = re.compile(r"[A-Za-z_]{1,20}")


def read_response(body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """Return what a reply is. Only its text, its end and its refusals decide; all else may be missing or odd.

    Raises
    ------
    CallFailed
        When it is an error, or nothing that Gemini sends.
    """
    if not isinstance(body, dict):
        raise no_such_server()
    if body.get("error"):
        raise from_body(body)
    usage = _usage(body.get("usageMetadata"))
    common: dict[str, Any] = {
        "usage": usage,
        "server_utc": utc_of(header(headers, "date")),
        "tier": _tier(fields_of(body.get("usageMetadata")).get("serviceTier") or header(headers, TIER_HEADER)),
    }
    block_reason = fields_of(body.get("promptFeedback")).get("blockReason")
    if block_reason:
        said = str(block_reason)
        return Reply("", AnswerStatus.BLOCKED, message("answer.withheld", reason=said), said, **common)
    candidate = fields_of(next(iter(list_of(body.get("candidates"))), None))
    if not candidate:
        return Reply("", AnswerStatus.EMPTY, Message("answer.none"), **common)
    text = _text_of(candidate.get("content"))
    finish = candidate.get("finishReason")
    finish = finish if isinstance(finish, str) else ""
    common["finish_reason"] = finish
    if finish in BLOCKED:
        return Reply(text, AnswerStatus.BLOCKED, message("answer.withheld", reason=finish), **common)
    if finish in ("MAX_TOKENS", "CONTINUATION"):
        return Reply(text, AnswerStatus.TRUNCATED, Message("answer.cut_off"), **common)
    if finish not in FINISHED:
        return Reply(text, AnswerStatus.FAILED, message("answer.not_finished", reason=finish), **common)
    return Reply(text, **common)


def _text_of(content: Any) -> str:
    parts = [fields_of(part) for part in list_of(fields_of(content).get("parts"))]
    texts = [part.get("text") for part in parts if not part.get("thought")]
    return "".join(text for text in texts if isinstance(text, str))


def _tier(told: object) -> ServiceTier | None:
    """Return the tier that Google names; None when it names none that is known here."""
    said = str(told).lower()
    return ServiceTier(said) if said in {tier.value for tier in ServiceTier} else None


def _usage(told: Any) -> Usage | None:
    """Return the counts of tokens; None, which is unknown and not 0, when they cannot be read."""
    told = fields_of(told)
    tokens_in = token_count(told.get("promptTokenCount"))
    # Google leaves out counts of zero; one that is present and not a number is unknown.
    tokens_out, thoughts, cached = (
        token_count(told.get(name, 0) or 0)
        for name in ("candidatesTokenCount", "thoughtsTokenCount", "cachedContentTokenCount")
    )
    if tokens_in is None or tokens_out is None or thoughts is None:
        return None
    details = [fields_of(one) for one in list_of(told.get("promptTokensDetails"))]
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        thought_tokens=thoughts,
        cached_tokens=min(cached or 0, tokens_in),
        input_by_modality={
            str(one["modality"]).lower(): token_count(one.get("tokenCount")) or 0
            for one in details
            if MODALITY.fullmatch(str(one.get("modality", "")))
        },
    )
