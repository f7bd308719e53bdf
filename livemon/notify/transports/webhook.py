"""Webhook: a notification as JSON, posted to an address and signed as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (headers webhook-id,
webhook-timestamp and webhook-signature). The secret is part of the address: ``webhook+https://:SECRET@host/path``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import unquote, urlsplit, urlunsplit

from livemon.base.clock import Clock, iso
from livemon.notify.transports.http_handover import hand_over
from livemon.notify.transports.transport import NotificationText


class Webhook:
    """Posts to one address."""

    updates = True
    together = False

    def __init__(self, address: str, clock: Clock) -> None:
        parts = urlsplit(address)
        host = parts.hostname or ""
        where = f"[{host}]" if ":" in host else host
        netloc = where if parts.port is None else f"{where}:{parts.port}"
        self._url = urlunsplit((parts.scheme.removeprefix("webhook+"), netloc, parts.path or "/", parts.query, ""))
        self._secret = unquote(parts.password or "").encode()
        self._clock = clock
        self.name = f"webhook {netloc}"

    async def send(self, message: NotificationText) -> str:
        """Post it; every answer from 200 to 299 is a yes."""
        body = json.dumps(document(message), ensure_ascii=False).encode()
        stamp = str(int(self._clock.now().timestamp()))
        number = f"{message.id}-{stamp}" if message.is_update else message.id
        headers = {"Content-Type": "application/json", "webhook-id": number, "webhook-timestamp": stamp}
        if self._secret:
            headers["webhook-signature"] = signature(self._secret, number, stamp, body)
        await hand_over(self.name, self._url, body, headers, self._clock)
        return ""


def document(message: NotificationText) -> dict[str, object]:
    """Return the body, as docs/notifications.md describes it."""
    picture = base64.b64encode(message.picture).decode() if message.picture else None
    return {
        "type": "livemon.notification.updated" if message.is_update else "livemon.notification",
        "timestamp": iso(message.at_utc),
        "data": {
            "notification_id": message.id,
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
