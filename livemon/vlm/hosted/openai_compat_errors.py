"""Errors of OpenAI-compatible servers, and of the package, by kind: retry, billing.

The table of docs/models.md, in code. Nothing is sent from here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from livemon.base.messages.message import Message, message
from livemon.base.model_types import AnswerStatus
from livemon.vlm.hosted.http_facts import retry_after_s
from livemon.vlm.hosted.refusals import (
    in_one_line,
    is_about_a_picture,
    is_about_content,
    is_money,
    is_too_large,
    passes,
    status_of,
    took_too_long,
)
from livemon.vlm.hosted.transport import CallFailed

if TYPE_CHECKING:
    import openai

REFUSED_WORDS = re.compile(
    r"unsupported|not support|unknown|unrecogni|not permit|not allow|extra|not implement|unavailable|invalid",
    re.IGNORECASE,
)
"""Phrases in the refusal of a parameter, but not in that of its value, such as a limit that is too high."""


def translated(exc: Exception, now: datetime) -> CallFailed:
    """Return what an exception means for the call. Unknown ones are failures, and may have been billed."""
    import openai

    if isinstance(exc, openai.APIStatusError):
        return _from_status(exc, now)
    if isinstance(exc, openai.APITimeoutError):
        return CallFailed(AnswerStatus.UNAVAILABLE, _told("late"), free=False)
    if isinstance(exc, openai.APIConnectionError):
        # A connection refused was not billed; one that broke may have been.
        refused = "connect" in type(exc.__cause__).__name__.lower()
        said = _told("unreachable", said=in_one_line(exc.__cause__ or exc))
        return CallFailed(AnswerStatus.UNAVAILABLE, said, again=refused, free=refused)
    return CallFailed(
        AnswerStatus.FAILED, message("answer.raised", kind=type(exc).__name__, said=in_one_line(exc)), free=False
    )


def _told(code: str, **values: object) -> Message:
    return message(f"answer.{code}", server=Message("answer.the_server"), **values)


def no_such_server() -> CallFailed:
    """Return what a reply means that no OpenAI-compatible server sends."""
    return CallFailed(AnswerStatus.UNAVAILABLE, Message("answer.not_openai"), free=False)


def from_body(error: Any) -> CallFailed:
    """Return what an error means that came as a reply, with HTTP status 200; whether it is billed is unknown."""
    said = _said(error)
    failed = _refused(status_of(error, said), said, None)
    return CallFailed(failed.status, failed.reason, free=False, too_large=failed.too_large)


def refused_parameter(exc: Exception) -> str:
    """Return the name of the parameter that a server refuses; empty when it is not about one."""
    import openai

    if not isinstance(exc, openai.BadRequestError | openai.UnprocessableEntityError):
        return ""
    said = f"{exc.param or ''} {_said(exc.body) or exc.message}"
    if not REFUSED_WORDS.search(said):
        return ""
    return next((name for name in ("max_tokens", "response_format", "json_schema") if name in said), "")


def _from_status(exc: openai.APIStatusError, now: datetime) -> CallFailed:
    said = _said(exc.body) or in_one_line(exc.message)
    return _refused(exc.status_code, said, retry_after_s(exc.response.headers, now))


def _refused(code: int, said: str, after_s: float | None) -> CallFailed:
    if is_money(code, said):
        return CallFailed(AnswerStatus.REFUSED, _told("no_money", status=code, said=said))
    if code == 429:
        limit = _told("limit_of_minute", said=said)
        return CallFailed(AnswerStatus.UNAVAILABLE, limit, again=True, retry_after_s=after_s)
    if passes(code):
        unwell = _told("unwell", status=code, said=said)
        return CallFailed(AnswerStatus.UNAVAILABLE, unwell, again=True, retry_after_s=after_s)
    if took_too_long(code):
        return CallFailed(AnswerStatus.UNAVAILABLE, _told("took_too_long", status=code, said=said), free=False)
    if code >= 500:
        unwell = _told("unwell", status=code, said=said)
        return CallFailed(AnswerStatus.UNAVAILABLE, unwell, retry_after_s=after_s)
    if is_too_large(code, said):
        return CallFailed(AnswerStatus.REFUSED, _told("too_large", status=code, said=said), too_large=True)
    if is_about_content(said):
        return CallFailed(AnswerStatus.BLOCKED, _told("withholds", status=code, said=said))
    if is_about_a_picture(said):
        return CallFailed(AnswerStatus.FAILED, _told("refuses_request", status=code, said=said))
    if code in (401, 403):
        return CallFailed(AnswerStatus.REFUSED, _told("refuses_key", status=code, said=said))
    if code == 404:
        return CallFailed(AnswerStatus.REFUSED, _told("not_known", status=code, said=said))
    return CallFailed(AnswerStatus.REFUSED, _told("refuses_such", status=code, said=said))


def _said(error: Any) -> str:
    """Return an error's words, with its code and type, which often say more."""
    if not isinstance(error, Mapping):
        return in_one_line(error or "")
    inner = error.get("error")
    if isinstance(inner, Mapping):
        return _said(inner)
    words = [error.get("message") or inner or error.get("detail"), error.get("code"), error.get("type")]
    kept = [str(word) for word in words if isinstance(word, str) and word]
    return in_one_line(f"{kept[0]} ({', '.join(kept[1:])})" if len(kept) > 1 else "".join(kept))
