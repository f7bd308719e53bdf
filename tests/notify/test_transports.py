"""Transports over real servers on loopback: a mail server, an ntfy-like server and a webhook."""

from __future__ import annotations

import asyncio
import base64
import email
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from email.message import Message as Mail
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from livemon.base.clock import FakeClock
from livemon.base.errors import ConfigError
from livemon.base.secret_key import Secrets
from livemon.base.settings.settings import Settings
from livemon.notify.transports.registry import open_transport
from livemon.notify.transports.transport import NotDelivered, NotificationText, TransportContext
from tests.conftest import MORNING
from tests.ports import free_port

CLOCK = FakeClock(MORNING)
CONTEXT = TransportContext(CLOCK, Settings(notify={"push_hosts": ["127.0.0.1"]}), Secrets(Path("unused")))
PICTURE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
    "wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)
MESSAGE = NotificationText(
    "livemon-7",
    "Danger: 넘어짐",
    "A child lies on the floor.\nPlayroom, 08:00:00.",
    "Danger",
    "danger",
    "camera-1",
    42,
    MORNING,
    PICTURE,
    "https://cameras.example/x",
)


class Box:
    """A mailbox."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    made = Box()
    controller = Controller(made, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield made, controller.port
    controller.stop()


Answer = Callable[[RequestHandler], None]


@pytest.fixture
async def web() -> AsyncIterator[tuple[list[RequestHandler], list[Answer], int]]:
    """A web server: what it was asked, what it answers (one entry an answer, 200 when none is left), and its port."""
    asked: list[RequestHandler] = []
    answers: list[Answer] = []

    class Handler(RequestHandler):
        def post(self) -> None:
            asked.append(self)
            if answers:
                answers.pop(0)(self)

        put = post

    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([(".*", Handler)]))
    server.add_sockets(sockets)
    yield asked, answers, sockets[0].getsockname()[1]
    server.stop()
    await server.close_all_connections()


async def test_a_mail_has_title_text_link_and_picture(box: tuple[Box, int]) -> None:
    mails, port = box
    address = f"mailto://127.0.0.1:{port}?from=livemon@example.org&to=mother@example.org&mode=insecure"
    await open_transport(address, CONTEXT).send(MESSAGE)
    (mail,) = mails.mails
    parts = {part.get_content_type(): part for part in mail.walk()}
    assert mail["To"] and "mother@example.org" in mail["To"]
    assert str(email.header.make_header(email.header.decode_header(mail["Subject"]))) == "Danger: 넘어짐"
    text = parts["text/html"].get_payload(decode=True)
    assert isinstance(text, bytes)
    assert "A child lies on the floor." in text.decode() and "https://cameras.example/x" in text.decode()
    assert parts["image/jpeg"].get_payload(decode=True) == PICTURE


async def test_a_mail_server_that_is_away_is_said_without_a_secret() -> None:
    address = "mailto://mother:hunter22@127.0.0.1:9?from=livemon@example.org&to=mother@example.org&mode=insecure"
    with pytest.raises(NotDelivered) as refused:
        await open_transport(address, CONTEXT).send(MESSAGE)
    assert "did not take it" in refused.value.reason
    assert "hunter22" not in refused.value.reason and "mother" not in refused.value.reason
    assert not refused.value.for_good


async def test_a_wrong_password_is_said_without_it() -> None:
    def refuse(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False, message="535 5.7.8 Authentication credentials invalid")

    more = {"authenticator": refuse, "auth_require_tls": False, "auth_required": True}
    controller = Controller(Box(), hostname="127.0.0.1", port=free_port(), **more)
    controller.start()
    try:
        address = (
            f"mailto://mother:hunter22@127.0.0.1:{controller.port}?from=a@example.org&to=b@example.org&mode=insecure"
        )
        with pytest.raises(NotDelivered) as refused:
            await open_transport(address, CONTEXT).send(MESSAGE)
        assert "did not take it" in refused.value.reason
        assert "hunter22" not in refused.value.reason
    finally:
        controller.stop()


async def test_reasons_of_messages_sent_at_once_are_not_mixed_up(box: tuple[Box, int]) -> None:
    _, port = box
    good = f"mailto://127.0.0.1:{port}?from=livemon@example.org&to=mother@example.org&mode=insecure"
    bad = ["json://hunter11@127.0.0.1:9/", "json://hunter22@127.0.0.1:9/"]
    sent = [open_transport(address, CONTEXT).send(MESSAGE) for address in (good, *bad)]
    first, *refused = await asyncio.gather(*sent, return_exceptions=True)
    assert first == ""
    for said in refused:
        assert isinstance(said, NotDelivered)
        assert "hunter" not in said.reason


async def test_ntfy_gets_the_picture(web: tuple[list[RequestHandler], list[Answer], int]) -> None:
    asked, _, port = web
    await open_transport(f"ntfy://127.0.0.1:{port}/our-house", CONTEXT).send(MESSAGE)
    (request,) = (one.request for one in asked)
    assert (request.method, request.path, request.body) == ("PUT", "/our-house", PICTURE)


async def test_a_webhook_is_signed_and_says_everything(web: tuple[list[RequestHandler], list[Answer], int]) -> None:
    asked, _, port = web
    transport = open_transport(f"webhook+http://:s%20ecret@127.0.0.1:{port}/hook?house=1", CONTEXT)
    await transport.send(MESSAGE)
    assert "ecret" not in transport.name
    (request,) = (one.request for one in asked)
    assert request.uri == "/hook?house=1"
    assert "Authorization" not in request.headers
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.new(b"s ecret", signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    data = json.loads(request.body)["data"]
    assert data["title"] == "Danger: 넘어짐"
    assert base64.b64decode(data["picture_jpeg"]) == PICTURE
    assert data["event_id"] == 42


@pytest.mark.parametrize(("status", "for_good"), [(404, True), (401, True), (408, False), (429, False), (503, False)])
async def test_a_webhook_that_refuses_is_told_apart(
    web: tuple[list[RequestHandler], list[Answer], int], status: int, for_good: bool
) -> None:
    _, answers, port = web

    def refuse(handler: RequestHandler) -> None:
        handler.set_status(status)
        handler.set_header("Retry-After", "120")

    answers.append(refuse)
    with pytest.raises(NotDelivered, match=str(status)) as refused:
        await open_transport(f"webhook+http://127.0.0.1:{port}/", CONTEXT).send(MESSAGE)
    assert (refused.value.for_good, refused.value.retry_after_s) == (for_good, 120.0)


async def test_a_webhook_follows_no_redirection(web: tuple[list[RequestHandler], list[Answer], int]) -> None:
    asked, answers, port = web
    answers.append(lambda handler: handler.redirect("/elsewhere"))
    with pytest.raises(NotDelivered, match="302"):
        await open_transport(f"webhook+http://127.0.0.1:{port}/", CONTEXT).send(MESSAGE)
    assert len(asked) == 1


async def test_a_webhook_that_is_away_is_said() -> None:
    with pytest.raises(NotDelivered, match="cannot be reached"):
        await open_transport("webhook+http://127.0.0.1:9/", CONTEXT).send(replace(MESSAGE, picture=None))


@pytest.mark.parametrize("address", ["", "mother@example.org", "nonsense://x", "://", "mailto://"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="address"):
        open_transport(address, CONTEXT)
