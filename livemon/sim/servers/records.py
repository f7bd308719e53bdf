"""Records of a stand-in server's requests: `Exchange` while it is being answered, `ReceivedRequest` afterwards.

Values only. HTTP lives in http.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from livemon.sim.servers.faults import Endpoint, Fault, Queued
from livemon.sim.servers.media import ReceivedMedia


class Refused(Exception):
    """A request is refused; raised by rules, and by scripted answers that want to refuse.

    Parameters
    ----------
    status
        HTTP status.
    message
        The error, in the words of the imitated API.
    code
        The API's own name for it; the status's usual name when not given.
    details
        Gemini: entries of `error.details`.
    headers
        Further headers of the reply.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        details: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.details = details or []
        self.headers = headers or {}
        self.scripted = False


def retry_after(queued: Queued, now: datetime) -> dict[str, str]:
    """Return the header with which a fault says when to come again; empty for those that do not."""
    match queued.fault:
        case Fault.CDN_ERROR:
            return {"Retry-After": format_datetime(now + timedelta(seconds=queued.amount), usegmt=True)}
        case Fault.SITE_OVERLOADED:
            return {"Retry-After": f"{queued.amount:g}"}
    return {}


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request that came, and what became of it.

    Attributes
    ----------
    headers
        With lower-case names.
    body
        The parsed JSON; Gemini's with all names in camelCase. Empty when there was none.
    text
        All text that a model would have read, systemInstruction first.
    media
        Pictures and films, in their order.
    usage
        Token counts as they were answered.
    reason
        Why it was refused; empty when it was not.
    fault
        The scripted fault that struck it.
    """

    method: str
    path: str
    endpoint: Endpoint
    headers: dict[str, str]
    body: dict[str, Any]
    status: int
    model: str = ""
    text: str = ""
    media: tuple[ReceivedMedia, ...] = ()
    usage: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    fault: Fault | None = None


@dataclass(slots=True)
class SentReply:
    """Reply to send: a JSON value or bytes. Header names are sent exactly as they are written."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=UTF-8"

    def payload(self) -> bytes:
        """Return the bytes to send."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


@dataclass(slots=True)
class Exchange:
    """A request that is being answered; rules fill in what they learn."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    endpoint: Endpoint = Endpoint.ANY
    body: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    text: str = ""
    media: tuple[ReceivedMedia, ...] = ()
    usage: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    fault: Queued | None = None

    def parse_json(self) -> dict[str, Any]:
        """Return the body as a JSON object; an empty body is an empty object.

        Raises
        ------
        Refused
            When it is not a JSON object.
        """
        if not self.raw:
            return {}
        try:
            value = json.loads(self.raw, parse_constant=_no_number)
        except ValueError as exc:
            raise Refused(400, f"Invalid JSON payload received. {exc}") from exc
        if not isinstance(value, dict):
            raise Refused(400, "Invalid JSON payload received. The root is no object.")
        return value

    def record(self, status: int) -> ReceivedRequest:
        """Freeze what is known."""
        return ReceivedRequest(
            method=self.method,
            path=self.path,
            endpoint=self.endpoint,
            headers=self.headers,
            body=self.body,
            status=status,
            model=self.model,
            text=self.text,
            media=self.media,
            usage=self.usage,
            reason=self.reason,
            fault=self.fault.fault if self.fault else None,
        )
