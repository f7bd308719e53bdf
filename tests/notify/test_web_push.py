"""Web Push over a real push service on loopback, which decrypts as RFC 8291 says and checks who sends (RFC 8292)."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from livemon.base.clock import FakeClock
from livemon.base.errors import ConfigError
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings
from livemon.notify.transports.registry import open_transport
from livemon.notify.transports.transport import AnswerButton, NotDelivered, TransportContext
from livemon.notify.transports.web_push import MOST_BYTES, check_endpoint, payload, public_key, push_address
from tests.conftest import MORNING
from tests.notify.test_transports import MESSAGE


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def derived(salt: bytes, key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)


class Device:
    """A browser: its keys, and how it opens what it gets."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.auth = os.urandom(16)

    def subscription(self, endpoint: str) -> dict[str, Any]:
        keys = {"p256dh": packed(self.point), "auth": packed(self.auth)}
        return {"endpoint": endpoint, "expirationTime": None, "keys": keys}

    def opened(self, body: bytes) -> dict[str, Any]:
        """Decrypt one record (RFC 8188, 2; RFC 8291, 3.4)."""
        salt, length = body[:16], body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        key = derived(self.auth, shared, b"WebPush: info\0" + self.point + sender, 32)
        content_key = derived(salt, key, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derived(salt, key, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(content_key).decrypt(nonce, sealed, None)
        text, _, padding = plain.rpartition(b"\2")
        assert not padding.strip(b"\0")
        return dict(json.loads(text))


class Service:
    """A push service: what it was asked, and what it answers next."""

    def __init__(self) -> None:
        self.asked: list[RequestHandler] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.endpoint = ""


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()

    class Handler(RequestHandler):
        def post(self) -> None:
            made.asked.append(self)
            status, headers = made.answers.pop(0) if made.answers else (201, {})
            self.set_status(status)
            for name, value in headers.items():
                self.set_header(name, value)

    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([(".*", Handler)]))
    server.add_sockets(sockets)
    made.endpoint = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/push/abc"
    yield made
    server.stop()
    await server.close_all_connections()


@pytest.fixture
def context(tmp_path: Path) -> TransportContext:
    settings = Settings(
        data_dir=tmp_path, notify={"push_hosts": ["127.0.0.1"]}, public_url="https://cameras.example/livemon"
    )
    return TransportContext(FakeClock(MORNING), settings, Secrets(tmp_path))


async def test_a_device_can_read_what_its_push_service_cannot(service: Service, context: TransportContext) -> None:
    device = Device()
    answer = AnswerButton("seen", "I have seen it", "https://cameras.example/x?said=seen")
    message = replace(MESSAGE, answers=(answer,), picture_link="https://cameras.example/x/picture.jpg")
    transport = open_transport(push_address(device.subscription(service.endpoint), "Chrome, Android"), context)
    assert (transport.name, transport.updates, transport.together) == ("Web Push (Chrome, Android)", True, True)
    await transport.send(message)
    (request,) = (one.request for one in service.asked)
    assert "child" not in request.body.decode("latin-1")
    assert request.headers["Content-Encoding"] == "aes128gcm"
    assert (request.headers["TTL"], request.headers["Urgency"]) == ("86400", "high")
    assert request.headers["Topic"] == "livemon-7"
    told = device.opened(request.body)
    assert (told["id"], told["title"], told["severity"]) == ("livemon-7", "Danger: 넘어짐", "danger")
    assert told["answers"] == [["seen", "I have seen it", "https://cameras.example/x?said=seen"]]
    assert told["picture"] == "https://cameras.example/x/picture.jpg"
    assert not told["update"]


async def test_who_sends_is_signed_for_this_push_service_only(service: Service, context: TransportContext) -> None:
    address = push_address(Device().subscription(service.endpoint), "x")
    await open_transport(address, context).send(MESSAGE)
    header = service.asked[0].request.headers["Authorization"]
    assert Vapid02.verify(header)
    token, key = (part.partition("=")[2] for part in header.removeprefix("vapid ").split(","))
    assert key == public_key(context.secrets) == public_key(Secrets(context.settings.data_dir))
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["aud"] == service.endpoint.removesuffix("/push/abc")
    assert claims["sub"] == "https://cameras.example/livemon"
    assert 0 < claims["exp"] - MORNING.timestamp() <= 24 * 3600


async def test_an_update_is_no_second_ring(service: Service, context: TransportContext) -> None:
    device = Device()
    transport = open_transport(push_address(device.subscription(service.endpoint), "x"), context)
    await transport.send(replace(MESSAGE, is_update=True))
    (request,) = (one.request for one in service.asked)
    assert request.headers["Urgency"] == "normal"
    told = device.opened(request.body)
    assert (told["id"], told["update"]) == ("livemon-7", True)


@pytest.mark.parametrize(
    ("status", "for_good", "gone"),
    [
        (404, True, True),
        (410, True, True),
        (400, True, False),
        (413, True, False),
        (429, False, False),
        (500, False, False),
    ],
)
async def test_a_push_service_that_refuses_is_told_apart(
    service: Service, context: TransportContext, status: int, for_good: bool, gone: bool
) -> None:
    service.answers.append((status, {"Retry-After": "60"}))
    with pytest.raises(NotDelivered) as refused:
        await open_transport(push_address(Device().subscription(service.endpoint), "Phone"), context).send(MESSAGE)
    assert (refused.value.for_good, refused.value.gone) == (for_good, gone)
    assert ("has unsubscribed" in refused.value.reason) == gone
    assert "Phone" in refused.value.reason and "/push/abc" not in refused.value.reason


async def test_a_redirection_is_not_followed(service: Service, context: TransportContext) -> None:
    service.answers.append((307, {"Location": "/elsewhere"}))
    with pytest.raises(NotDelivered, match="307"):
        await open_transport(push_address(Device().subscription(service.endpoint), "x"), context).send(MESSAGE)
    assert len(service.asked) == 1


def test_a_long_text_is_cut_so_that_the_push_service_takes_it() -> None:
    long = replace(MESSAGE, title="넘" * 4000, text="어" * 4000, link="https://cameras.example/" + "x" * 400)
    assert len(payload(long)) <= MOST_BYTES
    assert json.loads(payload(long))["link"] == long.link


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc",
        "https://fcm.googleapis.com:443/x",
    ],
)
def test_the_push_services_of_browsers_are_known(endpoint: str) -> None:
    check_endpoint(endpoint, ())


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://127.0.0.1/x",
        "http://127.0.0.1:9/x",
        "https://169.254.169.254/latest/meta-data",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com.example/x",
        "https://xpush.apple.com/x",
        "https://fcm.googleapis.com@127.0.0.1/x",
        "https://user:pass@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://[::1]/x",
        "https://[",
        "file:///etc/passwd",
        "",
    ],
)
def test_nothing_else_is_asked_for_a_browser(endpoint: str) -> None:
    with pytest.raises(ConfigError):
        check_endpoint(endpoint, ())


def test_an_own_push_service_needs_a_setting_and_https() -> None:
    check_endpoint("https://push.home.example/x", ("push.home.example",))
    with pytest.raises(ConfigError, match="push.home.example"):
        check_endpoint("http://push.home.example/x", ("push.home.example",))


@pytest.mark.parametrize("damage", ["no keys", "short secret", "no point", "no endpoint", "no text"])
def test_what_is_no_subscription_is_refused(context: TransportContext, damage: str) -> None:
    given = Device().subscription("http://127.0.0.1:9/x")
    if damage == "no keys":
        given["keys"] = None
    elif damage == "short secret":
        given["keys"]["auth"] = packed(b"short")
    elif damage == "no point":
        given["keys"]["p256dh"] = packed(b"\4" + b"\1" * 64)
    elif damage == "no endpoint":
        del given["endpoint"]
    else:
        given["endpoint"] = ["x"]
    with pytest.raises(ConfigError, match="not a push subscription"):
        open_transport(push_address(given, "x"), context)
