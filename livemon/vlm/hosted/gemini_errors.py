"""Errors of Google, its SDK and its HTTP client by kind: meaning, retry, billing.

The table of docs/models.md, in code. Nothing is sent from here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from livemon.base.messages.message import Message, Told, message, system_reason
from livemon.base.model_types import AnswerStatus
from livemon.vlm.hosted.http_facts import DAY_S, fields_of, list_of, retry_after_s
from livemon.vlm.hosted.refusals import (
    in_one_line,
    is_about_a_picture,
    is_money,
    is_too_large,
    passes,
    status_of,
    took_too_long,
)
from livemon.vlm.hosted.transport import CallFailed


def translated(exc: Exception, now: datetime) -> CallFailed:
    """Return what an exception means for the call. Unknown ones are failures, and may have been billed."""
    import httpx2
    from google.genai import errors

    if isinstance(exc, errors.APIError):
        headers = getattr(exc.response, "headers", None)
        return _refused(exc.code, exc.details, exc.message or exc.status or "", retry_after_s(headers, now))
    if isinstance(exc, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return CallFailed(AnswerStatus.UNAVAILABLE, _told("unreachable", said=in_one_line(exc)), again=True)
    if isinstance(exc, httpx2.TimeoutException):
        return CallFailed(AnswerStatus.UNAVAILABLE, _told("late"), free=False)
    if isinstance(exc, httpx2.TooManyRedirects | httpx2.UnsupportedProtocol | httpx2.InvalidURL):
        return CallFailed(AnswerStatus.REFUSED, _told("wrong_address", said=in_one_line(exc)))
    if isinstance(exc, httpx2.HTTPError):
        return CallFailed(AnswerStatus.UNAVAILABLE, _told("broke", said=in_one_line(exc)), free=False)
    if isinstance(exc, json.JSONDecodeError):
        return no_such_server()
    if isinstance(exc, OSError):
        return CallFailed(AnswerStatus.FAILED, message("answer.footage_unreadable", reason=system_reason(exc)))
    return CallFailed(
        AnswerStatus.FAILED, message("answer.raised", kind=type(exc).__name__, said=in_one_line(exc)), free=False
    )


def _told(code: str, **values: object) -> Message:
    return message(f"answer.{code}", server="Gemini", **values)


def no_such_server() -> CallFailed:
    """Return what a reply means that Gemini does not send."""
    return CallFailed(AnswerStatus.UNAVAILABLE, Message("answer.not_gemini"), free=False)


def from_body(body: Mapping[str, Any]) -> CallFailed:
    """Return what an error means that came as a reply, with HTTP status 200; whether it is billed is unknown."""
    error = body["error"]
    said = error.get("message") if isinstance(error, dict) else error
    failed = _refused(status_of(error, str(said or "")), body, said or "", None)
    return CallFailed(failed.status, failed.reason, free=False, too_large=failed.too_large)


def _refused(code: int, body: Any, message: object, after_s: float | None) -> CallFailed:
    said, details = in_one_line(message), list(_details(body))
    delay_s = _delay_s(details)
    after_s = after_s if delay_s is None else delay_s
    if is_money(code, said) and code != 429:
        return CallFailed(AnswerStatus.REFUSED, _told("no_money", status=code, said=said))
    if code == 429:
        return _too_many(said, details, after_s)
    if passes(code):
        unwell = _told("unwell", status=code, said=said)
        return CallFailed(AnswerStatus.UNAVAILABLE, unwell, again=True, retry_after_s=after_s)
    if took_too_long(code):
        return CallFailed(AnswerStatus.UNAVAILABLE, _told("took_too_long", status=code, said=said), free=False)
    if code >= 500:
        unwell = _told("unwell", status=code, said=said)
        return CallFailed(AnswerStatus.UNAVAILABLE, unwell, retry_after_s=after_s)
    if code in (401, 403) or _says(details, "API_KEY_INVALID") or "api key" in said.lower():
        return CallFailed(AnswerStatus.REFUSED, _told("refuses_key", status=code, said=said))
    if code == 404:
        return CallFailed(AnswerStatus.REFUSED, _told("not_offered", status=code, said=said))
    if 300 <= code < 400:
        return CallFailed(AnswerStatus.REFUSED, _told("leads_elsewhere", status=code))
    if is_too_large(code, said):
        return CallFailed(AnswerStatus.REFUSED, _told("too_large", status=code, said=said), too_large=True)
    if is_about_a_picture(said):
        return CallFailed(AnswerStatus.FAILED, _told("refuses_request", status=code, said=said))
    return CallFailed(AnswerStatus.REFUSED, _told("refuses_such", status=code, said=said))


def _too_many(said: str, details: list[Mapping[str, Any]], delay_s: float | None) -> CallFailed:
    """Tell a limit a minute, which passes by waiting, from one a day, which does not."""
    quotas = [
        str(fields_of(violation).get("quotaId", ""))
        for detail in details
        for violation in list_of(detail.get("violations"))
    ]
    reason: Told = said
    if any("freetier" in quota.lower() for quota in quotas):
        reason = message("answer.free_tier", said=said)
    if any("perday" in quota.lower() for quota in quotas):
        wait_s = max(delay_s or 0.0, 3600.0)
        return CallFailed(
            AnswerStatus.UNAVAILABLE, _told("limit_of_day", said=reason), retry_after_s=min(wait_s, DAY_S)
        )
    return CallFailed(
        AnswerStatus.UNAVAILABLE, _told("limit_of_minute", said=reason), again=True, retry_after_s=delay_s
    )


def _details(body: Any) -> Iterator[Mapping[str, Any]]:
    error = body.get("error", body) if isinstance(body, dict) else {}
    yield from (one for one in list_of(fields_of(error).get("details")) if isinstance(one, dict))


def _delay_s(details: list[Mapping[str, Any]]) -> float | None:
    """Return RetryInfo's delay, "17s" or "0.5s"; the SDK never reads it."""
    for detail in details:
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]+)?)s", str(detail.get("retryDelay", "")))
        if match:
            return min(float(match.group(1)), DAY_S)
    return None


def _says(details: list[Mapping[str, Any]], reason: str) -> bool:
    return any(detail.get("reason") == reason for detail in details)
