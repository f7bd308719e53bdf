"""One HTTP request that hands a message over, and the meaning of its answer.

Senders and purposes live in the transports.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from livemon.base.clock import Clock
from livemon.notify.transports.transport import SEND_WITHIN_S, NotDelivered
from livemon.vlm.hosted.http_facts import retry_after_s

TRIED_AGAIN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
"""Answers below 500 that are worth another try (RFC 9110, RFC 6585)."""

LONGEST_REASON = 200


async def hand_over(
    name: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    clock: Clock,
    *,
    method: str = "POST",
    gone: Collection[int] = (),
) -> bytes:
    """Send a body and return the answer's; every answer from 200 to 299 is a yes. Redirections are not followed.

    Parameters
    ----------
    name
        Name of the address's service, without a secret: it begins each reason.
    gone
        Answers that mean that the address does not exist any more.

    Raises
    ------
    NotDelivered
        When it was not taken.
    """
    request = HTTPRequest(
        url,
        method,
        dict(headers),
        body,
        connect_timeout=SEND_WITHIN_S,
        request_timeout=SEND_WITHIN_S,
        follow_redirects=False,
    )
    try:
        return (await AsyncHTTPClient().fetch(request)).body
    except HTTPClientError as exc:
        if exc.code in gone:
            raise NotDelivered(f"{name} has unsubscribed and is told no more.", for_good=True, gone=True) from exc
        raise NotDelivered(
            f"{name} answered {exc.code}{_reason(exc)}.",
            for_good=exc.code < HTTPStatus.INTERNAL_SERVER_ERROR and exc.code not in TRIED_AGAIN,
            retry_after_s=retry_after_s(exc.response.headers if exc.response else None, clock.now()) or _wait_s(exc),
        ) from exc
    except (OSError, ValueError) as exc:
        raise NotDelivered(f"{name} cannot be reached: {exc}.") from exc


def _reason(exc: HTTPClientError) -> str:
    """Return the server's own words, where it gives them as JSON: ntfy's ``error``, Telegram's ``description``."""
    body = _body(exc)
    said = body.get("error") or body.get("description")
    return f": {' '.join(said.split())[:LONGEST_REASON]}" if isinstance(said, str) and said else ""


def _wait_s(exc: HTTPClientError) -> float | None:
    """Return the wait that Telegram asks for in the body; None without one."""
    wanted = _body(exc).get("parameters")
    wait_s = wanted.get("retry_after") if isinstance(wanted, dict) else None
    return float(wait_s) if isinstance(wait_s, int) else None


def _body(exc: HTTPClientError) -> dict[str, Any]:
    """Return the answer where it is a JSON object; empty otherwise."""
    try:
        body = json.loads(exc.response.body) if exc.response and exc.response.body else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
