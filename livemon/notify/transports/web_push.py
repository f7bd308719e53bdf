"""Web Push: a notification on a device on which the pages are open or installed, encrypted for that device.

RFC 8030 (the request), RFC 8291 (encryption) and RFC 8292 (VAPID: who sends). The display on the device lives in
web/icons/worker.js. An address is ``webpush://`` and the base64 of a browser's subscription as JSON.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from livemon.base.clock import iso
from livemon.base.errors import ConfigError
from livemon.base.secret_key import Secrets
from livemon.notify.transports.http_handover import hand_over
from livemon.notify.transports.transport import NotificationText, TransportContext

SCHEME = "webpush"

PUSH_HOSTS = (
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)
"""Push services of the browsers, with what lies below these names. A browser names its own; nothing else is asked."""

TTL_S = {"danger": 24 * 3600, "warning": 6 * 3600}
TTL_S_ELSE = 3600
"""So long a push service keeps a message for a device that is away, by severity."""

MOST_BYTES = 3000
"""Of a message before it is encrypted: push services take 4096 bytes, and some less."""

SIGNED_FOR_S = 12 * 3600
"""A signature may be good for a day (RFC 8292, 2); half of it leaves room for clocks that differ."""

GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class WebPush:
    """Sends to one device.

    Raises
    ------
    ConfigError
        When it is not a subscription, or not of an allowed push service.
    """

    updates = True
    together = True

    def __init__(self, address: str, context: TransportContext) -> None:
        self._context = context
        given = _subscription(address)
        self._endpoint = given["endpoint"]
        self._device_key, self._auth = _unpacked(given["p256dh"]), _unpacked(given["auth"])
        check_endpoint(self._endpoint, context.settings.notify.push_hosts)
        self.name = f"Web Push ({given['device']})"

    async def send(self, message: NotificationText) -> str:
        """Encrypt it for the device and hand it to its push service."""
        import http_ece

        body = http_ece.encrypt(
            payload(message),
            salt=os.urandom(16),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=self._device_key,
            auth_secret=self._auth,
            version="aes128gcm",
        )
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TTL_S.get(message.severity, TTL_S_ELSE)),
            "Urgency": "high" if message.severity == "danger" and not message.is_update else "normal",
            "Topic": _topic(message.id),
            **self._signed(),
        }
        await hand_over(self.name, self._endpoint, body, headers, self._context.clock, gone=GONE)
        return ""

    def _signed(self) -> dict[str, str]:
        from py_vapid import Vapid02

        parts = urlsplit(self._endpoint)
        public = self._context.settings.public_url
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(self._context.clock.now().timestamp()) + SIGNED_FOR_S,
            "sub": public if public.startswith("https://") else "mailto:nobody@livemon.invalid",
        }
        # Not strict: it takes no address with a path for `sub`, where RFC 8292 takes any https or mailto.
        signed: dict[str, str] = Vapid02(_private_key(self._context.secrets), {"no-strict": True}).sign(claims)
        return signed


def push_address(subscription: Mapping[str, Any], device: str) -> str:
    """Return the address of a device from what its browser's ``PushSubscription.toJSON()`` gave.

    Raises
    ------
    ConfigError
        When it is not a subscription.
    """
    keys = subscription.get("keys")
    if not isinstance(keys, dict):
        raise ConfigError("notify.wrong_subscription")
    kept = {"endpoint": subscription.get("endpoint"), "p256dh": keys.get("p256dh"), "auth": keys.get("auth")}
    text = json.dumps(kept | {"device": " ".join(device.split())[:60] or "browser"})
    return f"{SCHEME}://{base64.urlsafe_b64encode(text.encode()).decode()}"


def endpoint_of(address: str) -> str:
    """Return where a device's messages are sent; empty for an address of another kind."""
    return _subscription(address)["endpoint"] if address.startswith(f"{SCHEME}://") else ""


def public_key(secrets: Secrets) -> str:
    """Return this installation's key for ``PushManager.subscribe``: base64url, without padding."""
    point = _private_key(secrets).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def check_endpoint(endpoint: str, own_hosts: tuple[str, ...]) -> None:
    """Refuse an address that is not a push service's: a browser gives it, and livemon's machine sends requests to it.

    Raises
    ------
    ConfigError
        When it is not HTTPS, or of a host that is neither a browser's push service nor among `own_hosts`.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError as exc:
        raise ConfigError("notify.wrong_subscription") from exc
    own = host in own_hosts
    known = any(host == name or host.endswith(f".{name}") for name in PUSH_HOSTS)
    # Plain HTTP for a push service on this machine only, as in tests.
    secure = parts.scheme == "https" or (parts.scheme == "http" and own and host == "127.0.0.1")
    if not secure or parts.username or parts.password or not (own or (known and port in (None, 443))):
        raise ConfigError("notify.unknown_push_service", host=host)


def payload(message: NotificationText) -> bytes:
    """Return what the device is told, short enough; worker.js shows it."""
    told: dict[str, Any] = {
        "id": message.id,
        "title": message.title,
        "text": message.text,
        "severity": message.severity,
        "link": message.link,
        "picture": message.picture_link,
        "answers": [[answer.said, answer.label, answer.url] for answer in message.answers],
        "update": message.is_update,
        "at": iso(message.at_utc),
    }
    for most in (2000, 1000, 500, 200, 60):
        packed = json.dumps(told, ensure_ascii=False).encode()
        if len(packed) <= MOST_BYTES:
            break
        told |= {"title": message.title[:most], "text": message.text[:most]}
    return packed


def _subscription(address: str) -> dict[str, str]:
    try:
        given = json.loads(base64.urlsafe_b64decode(address.partition("://")[2]))
        found = {name: given[name] for name in ("endpoint", "p256dh", "auth", "device")}
        if not all(isinstance(value, str) for value in found.values()):
            raise ValueError("not text")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _unpacked(found["p256dh"]))
        if len(_unpacked(found["auth"])) != 16:
            raise ValueError("no secret of 16 bytes")
    except (ValueError, TypeError, KeyError, binascii.Error) as exc:
        raise ConfigError("notify.wrong_subscription") from exc
    return found


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _private_key(secrets: Secrets) -> ec.EllipticCurvePrivateKey:
    """Return the key that is always the same for one secret: a device subscribes to it."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SEC 2, 2.4.2)
    return ec.derive_private_key(int.from_bytes(secrets.push_secret()) % (order - 1) + 1, ec.SECP256R1())


def _topic(message_id: str) -> str:
    """Return the message's name at the push service: of two that wait the later stays (RFC 8030, 5.4)."""
    return message_id[:32]
