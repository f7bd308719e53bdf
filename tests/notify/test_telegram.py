"""Telegram over a bot's server on loopback: a picture with buttons, an update in its place, and what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from livemon.base.errors import ConfigError
from livemon.notify.transports import telegram
from livemon.notify.transports.registry import open_transport
from livemon.notify.transports.transport import AnswerButton, NotDelivered
from tests.notify.test_transports import CONTEXT, MESSAGE, PICTURE

TOKEN = "123456789:AAabcdefghijklmnopqrstuvwxyz0123456"
ADDRESS = f"tgram://{TOKEN}/4711"
BUTTONS = tuple(AnswerButton(said, said.title(), f"https://home.example/{said}") for said in ("seen", "wrong", "right"))
Refusal = tuple[int, str, dict[str, Any]]


class Bot:
    """A bot's methods: what was asked, in order, and what is refused (one entry an answer)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refusals: list[Refusal] = []

    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]


@pytest.fixture
async def bot(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    made = Bot()

    class Handler(RequestHandler):
        def post(self, token: str, method: str) -> None:
            assert token == TOKEN
            if self.request.headers["Content-Type"] == "application/json":
                values = json.loads(self.request.body)
            else:
                values = {name: self.get_body_argument(name) for name in self.request.body_arguments}
                values |= {name: files[0]["body"] for name, files in self.request.files.items()}
                if "reply_markup" in values:
                    values["reply_markup"] = json.loads(values["reply_markup"])
            made.asked.append((method, values))
            if made.refusals:
                status, said, more = made.refusals.pop(0)
                self.set_status(status)
                self.finish({"ok": False, "error_code": status, "description": said, "parameters": more})
            else:
                self.finish({"ok": True, "result": {"message_id": 40 + len(made.asked)}})

    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([("/bot([^/]+)/(\\w+)", Handler)]))
    server.add_sockets(sockets)
    monkeypatch.setattr(telegram, "API", f"http://127.0.0.1:{sockets[0].getsockname()[1]}")
    yield made
    server.stop()
    await server.close_all_connections()


async def test_a_picture_has_the_words_below_it_and_a_button_for_each_answer(bot: Bot) -> None:
    await open_transport(ADDRESS, CONTEXT).send(replace(MESSAGE, answers=BUTTONS))
    ((method, values),) = bot.asked
    assert (method, values["chat_id"], values["photo"]) == ("sendPhoto", "4711", PICTURE)
    assert values["caption"] == f"{MESSAGE.title}\n{MESSAGE.text}\n\n{MESSAGE.link}"
    rows = values["reply_markup"]["inline_keyboard"]
    assert [button["url"] for row in rows for button in row] == [one.url for one in BUTTONS]


@pytest.mark.parametrize(("picture", "method"), [(PICTURE, "editMessageCaption"), (None, "editMessageText")])
async def test_an_update_changes_what_was_written_in_every_chat(bot: Bot, picture: bytes | None, method: str) -> None:
    transport = open_transport(f"{ADDRESS}/4712", CONTEXT)
    assert transport.updates
    handle = await transport.send(replace(MESSAGE, picture=picture))
    update = replace(MESSAGE, picture=picture, title="Danger: fell from the sofa", is_update=True, handle=handle)
    again = open_transport(f"{ADDRESS}/4712", CONTEXT)  # as after a restart
    await again.send(update)
    assert bot.methods()[2:] == [method, method]
    assert [(values["chat_id"], values["message_id"]) for _, values in bot.asked[2:]] == [("4711", 41), ("4712", 42)]
    assert "fell from the sofa" in str(bot.asked[2][1])


async def test_a_message_is_not_lost_because_its_buttons_are_refused(bot: Bot) -> None:
    bot.refusals.append((400, "Bad Request: inline keyboard button URL is invalid", {}))
    assert await open_transport(ADDRESS, CONTEXT).send(replace(MESSAGE, answers=BUTTONS))
    assert ["reply_markup" in values for _, values in bot.asked] == [True, False]


async def test_a_report_is_sent_as_a_file(bot: Bot) -> None:
    await open_transport(ADDRESS, CONTEXT).send(replace(MESSAGE, picture=None, document=b"%PDF-1.7"))
    assert bot.methods() == ["sendMessage", "sendDocument"]
    assert bot.asked[1][1]["document"] == b"%PDF-1.7"


async def test_long_words_are_cut_and_the_link_stays(bot: Bot) -> None:
    await open_transport(ADDRESS, CONTEXT).send(replace(MESSAGE, text="a " * 2000))
    caption = bot.asked[0][1]["caption"]
    assert len(caption) == telegram.MOST_CAPTION and caption.endswith(f"…\n\n{MESSAGE.link}")


@pytest.mark.parametrize(
    ("refusal", "for_good", "wait_s"),
    [
        ((429, "Too Many Requests: retry after 7", {"retry_after": 7}), False, 7.0),
        ((403, "Forbidden: bot was blocked by the user", {}), True, None),
        ((502, "Bad Gateway", {}), False, None),
    ],
)
async def test_a_refusal_is_said_in_telegrams_words_without_the_token(
    bot: Bot, refusal: Refusal, for_good: bool, wait_s: float | None
) -> None:
    bot.refusals += [refusal, refusal]
    with pytest.raises(NotDelivered) as refused:
        await open_transport(ADDRESS, CONTEXT).send(MESSAGE)
    assert refusal[1] in refused.value.reason and TOKEN not in refused.value.reason
    assert (refused.value.for_good, refused.value.retry_after_s) == (for_good, wait_s)
    assert len(bot.asked) == 1, "it has no buttons that could be left out"


async def test_without_a_chat_the_owner_of_the_bot_is_written_to(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    transport: Any = open_transport(f"tgram://{TOKEN}/", CONTEXT)
    monkeypatch.setattr(transport, "_find_owner", lambda: 815)
    assert await transport.send(MESSAGE) == "815:41:picture"
    nobody: Any = open_transport(f"tgram://{TOKEN}/", CONTEXT)
    monkeypatch.setattr(nobody, "_find_owner", lambda: 0)
    with pytest.raises(NotDelivered, match="write to the bot first"):
        await nobody.send(MESSAGE)


def test_a_token_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(ConfigError) as refused:
        open_transport("tgram://not-a-token/4711", CONTEXT)
    assert "not-a-token" not in str(refused.value)
