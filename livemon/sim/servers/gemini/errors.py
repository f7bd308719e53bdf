"""Errors of the Gemini API: its JSON, its status names, the details of a 429."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from livemon.sim.servers.faults import Fault, Queued
from livemon.sim.servers.records import Refused, SentReply, retry_after

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_CODES = {"INVALID_ARGUMENT": 3, "FAILED_PRECONDITION": 9, "NOT_FOUND": 5, "PERMISSION_DENIED": 7, "INTERNAL": 13}
_TYPE = "type.googleapis.com/google.rpc."

FAULT_TEXTS = {
    Fault.FORBIDDEN: (403, "Your project has been denied access. Please contact support."),
    Fault.NOT_FOUND: (404, "Requested entity was not found."),
    Fault.TOO_LARGE: (413, "Request Entity Too Large."),
    Fault.PAYMENT_REQUIRED: (402, "Your prepayment credits are depleted."),
    Fault.BAD_PARAMETER: (400, "Request contains an invalid argument."),
    Fault.TOO_MANY_TOKENS: (
        400,
        "The input token count (2097152) exceeds the maximum number of tokens allowed (1048576).",
    ),
    Fault.TOO_MANY_IMAGES: (400, "Please use fewer than 3600 images in your request to models/canned."),
    Fault.CDN_ERROR: (520, "The web server returned an unknown error."),
    Fault.SITE_OVERLOADED: (529, "Overloaded."),
    Fault.SERVER_ERROR: (500, "An internal error has occurred. Please retry."),
    Fault.BAD_GATEWAY: (502, "Bad gateway."),
    Fault.OVERLOADED: (503, "The model is overloaded. Please try again later."),
    Fault.DEADLINE: (504, "The request timed out. Please try again."),
}


def reply(refused: Refused) -> SentReply:
    """Return an error in Google's shape."""
    return SentReply({"error": error(refused)}, refused.status, dict(refused.headers))


def error(refused: Refused) -> dict[str, Any]:
    """Return what stands under `error`."""
    status = refused.code or STATUS_NAMES.get(refused.status, "UNKNOWN")
    made: dict[str, Any] = {"code": refused.status, "message": refused.message, "status": status}
    if refused.details:
        made["details"] = refused.details
    return made


def item_error(refused: Refused) -> dict[str, Any]:
    """Return the error of one request of a batch: a google.rpc.Status, whose code is not an HTTP status."""
    status = refused.code or STATUS_NAMES.get(refused.status, "UNKNOWN")
    return {"code": _CODES.get(status, 2), "message": refused.message}


def invalid_field(field: str, message: str) -> Refused:
    """Refuse a field of the JSON payload."""
    violation = {"field": field, "description": message} if field else {"description": message}
    return Refused(400, message, details=[{"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]}])


def invalid_key() -> Refused:
    """Refuse a wrong key."""
    return Refused(
        400,
        "API key not valid. Please pass a valid API key.",
        details=[
            {
                "@type": f"{_TYPE}ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": "generativelanguage.googleapis.com"},
            }
        ],
    )


def no_key() -> Refused:
    """Refuse a request without a key."""
    return Refused(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
        "form of API consumer identity to call this API.",
    )


def exhausted(per: str, limit: int, wait_s: float, model: str, *, free_tier: bool) -> Refused:
    """Refuse for a quota: per `Minute` or `Day`, with the details that tell them apart."""
    tier = "free_tier" if free_tier else "paid_tier"
    metric = f"generativelanguage.googleapis.com/generate_content_{tier}_requests"
    quota_id = f"GenerateRequestsPer{per}PerProjectPerModel" + ("-FreeTier" if free_tier else "")
    wait = math.ceil(wait_s)
    return Refused(
        429,
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.\n"
        f"* Quota exceeded for metric: {metric}, limit: {limit}, model: {model}\nPlease retry in {wait}s.",
        details=[
            {
                "@type": f"{_TYPE}QuotaFailure",
                "violations": [
                    {
                        "quotaMetric": metric,
                        "quotaId": quota_id,
                        "quotaDimensions": {"location": "global", "model": model},
                        "quotaValue": str(limit),
                    }
                ],
            },
            {"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{wait}s"},
        ],
    )


def from_fault(queued: Queued, model: str, now: datetime, *, free_tier: bool) -> Refused:
    """Return the refusal that a fault asks for."""
    match queued.fault:
        case Fault.RATE_LIMITED:
            return exhausted("Minute", 15, queued.amount, model, free_tier=free_tier)
        case Fault.QUOTA_SPENT:
            return exhausted("Day", 500, queued.amount, model, free_tier=free_tier)
        case Fault.BAD_KEY:
            return invalid_key()
    status, text = FAULT_TEXTS[queued.fault]
    return Refused(status, text, headers=retry_after(queued, now))
