"""Telegram: chats of a bot, with picture, answer buttons, and updates in the place of a message.

Apprise reads the address. It does not return the number of a sent message, which an update needs, so that the requests
are made here (https://core.telegram.org/bots/api).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError
from livemon.notify.transports.http_handover import hand_over
from livemon.notify.transports.transport import NotDelivered, NotificationText

API = "https://api.telegram.org"
SCHEME = "tgram"
MOST_CAPTION, MOST_TEXT = 1024, 4096
"""Characters below a picture, and without one."""
BUTTONS_A_ROW = 2


class TelegramChats:
    """Writes to the chats of one address, ``tgram://bot-token/chat-id``; without a chat, to who wrote to the bot first.

    Raises
    ------
    ConfigError
        When it is not an address of Telegram.
    """

    updates = True
    together = False

    def __init__(self, address: str, clock: Clock) -> None:
        from apprise import Apprise  # takes 0.3 s

        plugin: Any = Apprise.instantiate(address)
        if plugin is None:
            raise ConfigError("notify.not_an_apprise_address", scheme=SCHEME)
        self._clock = clock
        self._base = f"{API}/bot{plugin.bot_token}"
        self._find_owner: Callable[[], int] = plugin.detect_bot_owner
        self._chats: list[tuple[int | str, int | None]] = list(plugin.targets)
        self.name = f"Telegram ({SCHEME})"

    async def send(self, message: NotificationText) -> str:
        """Write to each chat, or change what was written; returns the numbers of the messages."""
        if message.is_update:
            for written in filter(None, message.handle.split(",")):
                await self._edit(written, message)
            return message.handle
        if not self._chats:
            owner = await asyncio.to_thread(self._find_owner)
            if not owner:
                raise NotDelivered(f"{self.name}: write to the bot first, or put the chat's number into the address.")
            self._chats = [(owner, None)]
        return ",".join([await self._write(chat, topic, message) for chat, topic in self._chats])

    async def _write(self, chat: int | str, topic: int | None, message: NotificationText) -> str:
        to = {"chat_id": chat} | ({"message_thread_id": topic} if topic else {})
        if message.picture:
            method, said = "sendPhoto", {"caption": _text(message, MOST_CAPTION)}
        else:
            method, said = "sendMessage", {"text": _text(message, MOST_TEXT)}
        written = await self._ask_with_buttons(method, {**to, **said}, message, picture=message.picture)
        if message.document:
            await self._ask("sendDocument", to, document=message.document)
        return f"{chat}:{written['message_id']}:{'picture' if message.picture else 'text'}"

    async def _edit(self, written: str, message: NotificationText) -> None:
        chat, number, kind = written.split(":")
        at = {"chat_id": chat, "message_id": int(number)}
        if kind == "picture":
            await self._ask_with_buttons("editMessageCaption", {**at, "caption": _text(message, MOST_CAPTION)}, message)
        else:
            await self._ask_with_buttons("editMessageText", {**at, "text": _text(message, MOST_TEXT)}, message)

    async def _ask_with_buttons(
        self, method: str, values: dict[str, Any], message: NotificationText, *, picture: bytes | None = None
    ) -> dict[str, Any]:
        """Ask with the answers as buttons. Telegram refuses addresses at home as buttons: then without."""
        if buttons := _buttons(message):
            try:
                return await self._ask(method, {**values, "reply_markup": buttons}, picture=picture)
            except NotDelivered as exc:
                if not exc.for_good:
                    raise
        return await self._ask(method, values, picture=picture)

    async def _ask(
        self, method: str, values: dict[str, Any], *, picture: bytes | None = None, document: bytes | None = None
    ) -> dict[str, Any]:
        """Call a method of the bot; return its result."""
        url = f"{self._base}/{method}"
        if picture:
            body, kind = _form(values, "photo", "event.jpg", picture)
        elif document:
            body, kind = _form(values, "document", "report.pdf", document)
        else:
            body, kind = json.dumps(values, ensure_ascii=False).encode(), "application/json"
        answer = await hand_over(self.name, url, body, {"Content-Type": kind}, self._clock)
        try:
            return dict(json.loads(answer)["result"])
        except (ValueError, TypeError, KeyError) as exc:
            raise NotDelivered(f"{self.name} gave an answer that cannot be read.") from exc


def _text(message: NotificationText, most: int) -> str:
    """Return title, text and link; what is too long is cut from the text."""
    link = f"\n\n{message.link}" if message.link else ""
    said = f"{message.title}\n{message.text}"
    room = most - len(link)
    return (said if len(said) <= room else said[: room - 1] + "\N{HORIZONTAL ELLIPSIS}") + link


def _buttons(message: NotificationText) -> dict[str, Any]:
    """Return the answers as buttons that open their pages: opening changes nothing."""
    buttons = [{"text": answer.label, "url": answer.url} for answer in message.answers]
    rows = [buttons[first : first + BUTTONS_A_ROW] for first in range(0, len(buttons), BUTTONS_A_ROW)]
    return {"inline_keyboard": rows} if rows else {}


def _form(values: dict[str, Any], field: str, name: str, content: bytes) -> tuple[bytes, str]:
    """Return values and a file as a form's body, and its content type."""
    from requests import Request  # Apprise has loaded it

    plain = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in values.items()}
    made = Request("POST", API, data=plain, files={field: (name, content)}).prepare()
    assert isinstance(made.body, bytes)
    return made.body, str(made.headers["Content-Type"])
