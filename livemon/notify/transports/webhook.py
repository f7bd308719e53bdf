"""Webhook: a notification as JSON, posted to an address and signed as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (headers webhook-id,
webhook-timestamp and webhook-signature). The secret stands in the address: ``webhook+https://:SECRET@host/path``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import unquote, urlsplit, urlunsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from livemon.base.clock import Clock, iso
from livemon.notify.transports.transport import SEND_WITHIN_S, NotDelivered, NotificationText
from livemon.vlm.hosted.http_facts import retry_after_s

TOO_MANY = (408, 425, 429)
"""Answers below 500 that are worth another try (RFC 9110, RFC 6585)."""


class Webhook:
    """Posts to one address."""

    def __init__(self, address: str, clock: Clock) -> None:
        parts = urlsplit(address)
        host = parts.hostname or ""
        where = f"[{host}]" if ":" in host else host
        netloc = where if parts.port is None else f"{where}:{parts.port}"
        self._url = urlunsplit((parts.scheme.removeprefix("webhook+"), netloc, parts.path or "/", parts.query, ""))
        self._secret = unquote(parts.password or "").encode()
        self._clock = clock
        self.name = f"webhook {netloc}"

    async def send(self, message: NotificationText) -> None:
        """Post it; every answer from 200 to 299 is a yes."""
        body = json.dumps(document(message), ensure_ascii=False).encode()
        stamp = str(int(self._clock.now().timestamp()))
        headers = {"Content-Type": "application/json", "webhook-id": message.id, "webhook-timestamp": stamp}
        if self._secret:
            headers["webhook-signature"] = signature(self._secret, message.id, stamp, body)
        request = HTTPRequest(
            self._url,
            "POST",
            headers,
            body,
            connect_timeout=SEND_WITHIN_S,
            request_timeout=SEND_WITHIN_S,
            follow_redirects=False,
        )
        try:
            await AsyncHTTPClient().fetch(request)
        except HTTPClientError as exc:
            for_good = exc.code < 500 and exc.code not in TOO_MANY
            raise NotDelivered(
                f"{self.name} answered {exc.code}.",
                for_good=for_good,
                retry_after_s=retry_after_s(exc.response.headers if exc.response else None, self._clock.now()),
            ) from exc
        except (OSError, ValueError) as exc:
            raise NotDelivered(f"{self.name} cannot be reached: {exc}.") from exc


def document(message: NotificationText) -> dict[str, object]:
    """Return the body, as docs/notifications.md describes it."""
    picture = base64.b64encode(message.picture).decode() if message.picture else None
    return {
        "type": "livemon.notification",
        "timestamp": iso(message.at_utc),
        "data": {
            "title": message.title,
            "text": message.text,
            "severity": message.severity,
            "camera_id": message.camera_id,
            "event_id": message.event_id,
            "link": message.link,
            "picture_jpeg": picture,
        },
    }


def signature(secret: bytes, message_id: str, stamp: str, body: bytes) -> str:
    """Return the value of the header webhook-signature."""
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
