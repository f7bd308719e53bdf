"""Every service that Apprise knows: e-mail, SMS providers, Pushover, Matrix, Home Assistant and others.

Addresses are Apprise's own: https://github.com/caronc/apprise/wiki.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote, urlsplit

from livemon.base.errors import ConfigError
from livemon.notify.transports.transport import SEND_WITHIN_S, NotDelivered, NotificationText

SHORT_BODY = 500
"""A service whose texts are shorter than this is a text message: it gets the one line."""

LONGEST_REASON = 300
SHORTEST_SECRET = 4
"""Characters: shorter parts of an address are words such as a port, and occur in any sentence."""

_said: ContextVar[list[str] | None] = ContextVar("_said", default=None)
"""Apprise's log while one message is sent: the only source for the reason of a failure."""


class AppriseAddress:
    """One address of one service. Apprise does not say what a message became, so that it cannot be updated.

    Raises
    ------
    ConfigError
        When Apprise does not know it.
    """

    updates = False
    together = False

    def __init__(self, address: str) -> None:
        import apprise  # takes 0.3 s

        _listen()
        self._apprise: Any = apprise
        self._plugin: Any = apprise.Apprise.instantiate(address)
        scheme = address.partition("://")[0]
        if self._plugin is None:
            raise ConfigError("notify.not_an_apprise_address", scheme=scheme)
        self._secrets = _secrets(address)
        self.name = f"{self._plugin.service_name or scheme} ({scheme})"

    async def send(self, message: NotificationText) -> str:
        """Hand it to the service, with the picture where that takes one."""
        said: list[str] = []
        _said.set(said)
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                sent = await asyncio.to_thread(self._send, message)  # in a copy of this context
        except TimeoutError as exc:
            raise NotDelivered(f"{self.name} did not answer within {SEND_WITHIN_S:.0f} s.") from exc
        except Exception as exc:  # plug-ins raise what they like
            raise NotDelivered(f"{self.name} failed: {self._without_secrets(str(exc))}") from exc
        if not sent:
            reason = self._without_secrets(" ".join(said)) or "it gave no reason"
            raise NotDelivered(f"{self.name} did not take it: {reason}")
        return ""

    def _send(self, message: NotificationText) -> bool:
        short = self._plugin.body_maxlen < SHORT_BODY
        body = message.short if short else "\n\n".join(filter(None, (message.text, message.link)))
        attached = None
        files = (
            (message.picture, "event.jpg", "image/jpeg"),
            (message.document, "report.pdf", "application/pdf"),
        )
        if self._plugin.attachment_support and (message.picture or message.document):
            attached = self._apprise.AppriseAttachment()
            for content, name, kind in files:
                if content:
                    attached.add(self._apprise.attachment.memory.AttachMemory(content, name=name, mimetype=kind))
        kind = {"danger": "failure", "warning": "warning"}.get(message.severity, "info")
        return bool(self._plugin.notify(body, "" if short else message.title, notify_type=kind, attach=attached))

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())[:LONGEST_REASON]


class _Listener(logging.Handler):
    """Keeps what Apprise logs for the message that is being sent."""

    def emit(self, record: logging.LogRecord) -> None:
        said = _said.get()
        if said is not None:
            said.append(record.getMessage())


def _listen() -> None:
    log = logging.getLogger("apprise")
    if not any(isinstance(handler, _Listener) for handler in log.handlers):
        log.addHandler(_Listener(logging.WARNING))
        log.propagate = False  # it names addresses with their secrets


def _secrets(address: str) -> list[str]:
    """Return what may be secret in an address, the longest first: user, password, and words of path and query."""
    parts = urlsplit(address)
    raw = [parts.username, parts.password, *parts.path.split("/"), *re.split(r"[=&]", parts.query)]
    words = {word for word in raw if word and len(word) >= SHORTEST_SECRET}
    return sorted(words | {unquote(word) for word in words}, key=len, reverse=True)
