"""Errors of an OpenAI-compatible API: its JSON and its words."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from livemon.sim.servers.faults import Fault, Queued
from livemon.sim.servers.records import Refused, SentReply, retry_after

INVALID_REQUEST = "invalid_request_error"

_TYPES = {401: INVALID_REQUEST, 429: "requests", 500: "server_error", 502: "server_error", 503: "server_error"}
_FAULT_TEXTS = {
    Fault.FORBIDDEN: (403, "Your project does not have access to this model.", "access_denied"),
    Fault.NOT_FOUND: (404, "The model does not exist or you do not have access to it.", "model_not_found"),
    Fault.TOO_LARGE: (413, "The request is too large.", "request_too_large"),
    Fault.PAYMENT_REQUIRED: (402, "Insufficient credits. Add more to go on.", "insufficient_credits"),
    Fault.BAD_PARAMETER: (400, "Unsupported value: 'messages[0].role' does not support 'system'.", "unsupported_value"),
    Fault.MAX_TOKENS_REFUSED: (
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "unsupported_parameter",
    ),
    Fault.FORMAT_REFUSED: (400, "This response_format type is unavailable now.", "invalid_request_error"),
    Fault.TOO_MANY_TOKENS: (
        400,
        "This model's maximum context length is 4096 tokens. Please reduce the length of the messages.",
        "context_length_exceeded",
    ),
    Fault.TOO_MANY_IMAGES: (400, "At most 1 image(s) may be provided in one prompt.", None),
    Fault.CDN_ERROR: (520, "The web server returned an unknown error.", None),
    Fault.SITE_OVERLOADED: (529, "Overloaded.", "overloaded_error"),
    Fault.SERVER_ERROR: (500, "The server had an error while processing your request.", None),
    Fault.BAD_GATEWAY: (502, "Bad gateway.", None),
    Fault.OVERLOADED: (503, "The engine is currently overloaded, please try again later.", None),
    Fault.DEADLINE: (504, "Gateway timeout.", None),
}


def reply(refused: Refused) -> SentReply:
    """Return an error in OpenAI's shape."""
    made: dict[str, Any] = {
        "message": refused.message,
        "type": _TYPES.get(refused.status, "server_error" if refused.status >= 500 else INVALID_REQUEST),
        "param": None,
        "code": refused.code,
    }
    for detail in refused.details:
        made |= detail
    return SentReply({"error": made}, refused.status, dict(refused.headers))


def invalid(message: str, param: str, code: str | None = None) -> Refused:
    """Refuse a parameter."""
    return Refused(400, message, code=code, details=[{"param": param}])


def invalid_key(key: str) -> Refused:
    """Refuse a missing or wrong key."""
    text = f"Incorrect API key provided: {key[:4]}***." if key else "You didn't provide an API key."
    return Refused(401, text, code="invalid_api_key")


def unknown_model(name: str) -> Refused:
    """Refuse a model that is not there."""
    text = f"The model `{name}` does not exist or you do not have access to it."
    return Refused(404, text, code="model_not_found", details=[{"param": "model"}])


def exhausted(per: str, limit: int, wait_s: float, model: str) -> Refused:
    """Refuse for a limit per `Minute` or `Day`; the header says when to come again."""
    wait = math.ceil(wait_s)
    unit = "requests per min (RPM)" if per == "Minute" else "requests per day (RPD)"
    return Refused(
        429,
        f"Rate limit reached for {model} on {unit}: Limit {limit}. Please try again in {wait}s.",
        code="rate_limit_exceeded",
        headers={"Retry-After": str(wait)},
    )


def from_fault(queued: Queued, model: str, key: str, now: datetime) -> Refused:
    """Return the refusal that a fault asks for."""
    match queued.fault:
        case Fault.RATE_LIMITED:
            return exhausted("Minute", 3, queued.amount, model)
        case Fault.QUOTA_SPENT:
            text = "You exceeded your current quota, please check your plan and billing details."
            return Refused(429, text, code="insufficient_quota", details=[{"type": "insufficient_quota"}])
        case Fault.BAD_KEY:
            return invalid_key(key or "none")
    status, text, code = _FAULT_TEXTS[queued.fault]
    return Refused(status, text, code=code, headers=retry_after(queued, now))
