"""Google's errors, and those of its SDK and HTTP client, told apart: what it is, whether to try again, what is billed.

The table of docs/models.md, in code. Nothing is sent from here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from livemon.calls import AnswerStatus
from livemon.vlm.wire import CallFailed

BUSY = frozenset({408, 500, 502, 503})
DAY_S = 24 * 3600.0
LONGEST_REASON = 300


def translated(exc: Exception) -> CallFailed:
    """Return what an exception means for the call. Unknown ones are failures, and may have been billed."""
    import httpx2
    from google.genai import errors

    if isinstance(exc, errors.APIError):
        return _from_status(exc)
    if isinstance(exc, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return CallFailed(AnswerStatus.UNAVAILABLE, f"Gemini cannot be reached: {_plain(exc)}", again=True)
    if isinstance(exc, httpx2.TimeoutException):
        return CallFailed(AnswerStatus.UNAVAILABLE, "Gemini did not answer in time", free=False)
    if isinstance(exc, httpx2.TooManyRedirects | httpx2.UnsupportedProtocol | httpx2.InvalidURL):
        return CallFailed(AnswerStatus.REFUSED, f"The address of Gemini is wrong: {_plain(exc)}")
    if isinstance(exc, httpx2.HTTPError):
        return CallFailed(AnswerStatus.UNAVAILABLE, f"The connection to Gemini broke: {_plain(exc)}", free=False)
    if isinstance(exc, json.JSONDecodeError):
        return CallFailed(AnswerStatus.FAILED, "What answered is not Gemini: its reply is no JSON", free=False)
    if isinstance(exc, OSError):
        return CallFailed(AnswerStatus.FAILED, f"The footage cannot be read: {exc.strerror or exc}")
    return CallFailed(AnswerStatus.FAILED, f"{type(exc).__name__}: {_plain(exc)}", free=False)


def _from_status(exc: Any) -> CallFailed:
    code, said = exc.code, _plain(exc.message or exc.status or "")
    details = list(_details(exc.details))
    if code == 429:
        return _too_many(said, details)
    if code in BUSY:
        return CallFailed(
            AnswerStatus.UNAVAILABLE,
            f"Gemini is not well ({code}): {said}",
            again=True,
            retry_after_s=_delay_s(details),
        )
    if code == 504:
        return CallFailed(AnswerStatus.UNAVAILABLE, f"Gemini took too long ({code}): {said}", free=False)
    if code in (401, 403) or _says(details, "API_KEY_INVALID") or "api key" in said.lower():
        return CallFailed(AnswerStatus.REFUSED, f"Gemini refuses the key ({code}): {said}")
    if code == 404:
        return CallFailed(AnswerStatus.REFUSED, f"Gemini does not offer this to you ({code}): {said}")
    if exc.status == "FAILED_PRECONDITION":
        return CallFailed(AnswerStatus.REFUSED, f"Gemini refuses ({code}): {said}")
    if 300 <= code < 400:
        return CallFailed(AnswerStatus.REFUSED, f"The address of Gemini leads elsewhere ({code}); it is not followed")
    return CallFailed(AnswerStatus.FAILED, f"Gemini refuses the request ({code}): {said}")


def _too_many(said: str, details: list[Mapping[str, Any]]) -> CallFailed:
    """Tell a limit a minute, which passes by waiting, from one a day, which does not."""
    quotas = [
        str(violation.get("quotaId", "")) for detail in details for violation in detail.get("violations", []) or []
    ]
    delay_s = _delay_s(details)
    if any("freetier" in quota.lower() for quota in quotas):
        reason = "the key has no billing (Google counts it in its free tier)"
        said = f"{reason}; {said}"
    if any("perday" in quota.lower() for quota in quotas):
        wait_s = max(delay_s or 0.0, 3600.0)
        return CallFailed(
            AnswerStatus.UNAVAILABLE, f"Gemini's limit for today is reached: {said}", retry_after_s=min(wait_s, DAY_S)
        )
    return CallFailed(
        AnswerStatus.UNAVAILABLE, f"Gemini's limit a minute is reached: {said}", again=True, retry_after_s=delay_s
    )


def _details(body: Any) -> Iterator[Mapping[str, Any]]:
    error = body.get("error", body) if isinstance(body, dict) else {}
    found = error.get("details", []) if isinstance(error, dict) else []
    yield from (one for one in found if isinstance(one, dict))


def _delay_s(details: list[Mapping[str, Any]]) -> float | None:
    """Return RetryInfo's delay, "17s" or "0.5s"; the SDK never reads it."""
    for detail in details:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay", "")))
        if match:
            return float(match.group(1))
    return None


def _says(details: list[Mapping[str, Any]], reason: str) -> bool:
    return any(detail.get("reason") == reason for detail in details)


def _plain(text: object) -> str:
    """Return an error in one line: no markup, not endless."""
    flat = " ".join(re.sub(r"<[^>]*>", " ", str(text)).split())
    return flat[:LONGEST_REASON]
