"""ntfy: a topic of https://ntfy.sh or of a server of your own, with buttons, and updates in the place of a message.

Apprise reads the address and the login. It can send, but neither buttons for each message nor updates, so that the
request is made here (https://docs.ntfy.sh/publish/). Updates need a server of 2.16 or later.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError
from livemon.notify.transports.http_handover import hand_over
from livemon.notify.transports.transport import NotificationText

PRIORITIES = {"danger": "5"}
PRIORITY, QUIET_PRIORITY = "3", "2"
"""2 shows a message without a sound."""
MOST_BUTTONS = 3
MOST_TEXT = 400
"""Characters of a text beside a picture: they are part of the address, of which proxies take 8 kB."""


class NtfyTopic:
    """Publishes to the topics of one address.

    Raises
    ------
    ConfigError
        When it is not an address of ntfy.
    """

    updates = True
    together = False

    def __init__(self, address: str, clock: Clock) -> None:
        from apprise import Apprise  # takes 0.3 s

        self._clock = clock
        plugin: Any = Apprise.instantiate(address)
        scheme = address.partition("://")[0]
        if plugin is None or not plugin.topics:
            raise ConfigError("notify.not_an_apprise_address", scheme=scheme)
        own = plugin.mode == "private"
        port = f":{plugin.port}" if own and plugin.port else ""
        base = f"{'https' if plugin.secure else 'http'}://{plugin.host}{port}" if own else plugin.cloud_notify_url
        self._base, self._topics = base, list(plugin.topics)
        self._login: dict[str, str] = {}
        if plugin.token:
            self._login = {"Authorization": f"Bearer {plugin.token}"}
        elif plugin.user:
            pair = base64.b64encode(f"{plugin.user}:{plugin.password or ''}".encode()).decode()
            self._login = {"Authorization": f"Basic {pair}"}
        self.name = f"ntfy ({scheme})"

    async def send(self, message: NotificationText) -> str:
        """Publish it to each topic; an update takes the place of the message."""
        for topic in self._topics:
            await self._publish(topic, message)
        return ""

    async def _publish(self, topic: str, message: NotificationText) -> None:
        picture = None if message.is_update else message.picture
        priority = QUIET_PRIORITY if message.is_update else PRIORITIES.get(message.severity, PRIORITY)
        text = message.text[:MOST_TEXT] if picture else message.text
        said: dict[str, Any] = {"title": message.title, "message": text, "priority": priority}
        said |= {"click": message.link} if message.link else {}
        buttons = _buttons(message)
        if picture:  # the body is the picture, and everything else is in the address
            said |= {"filename": "event.jpg", "sequence-id": message.id}
            said |= {"actions": json.dumps(buttons, ensure_ascii=False)} if buttons else {}
            url, body = f"{self._base}/{topic}?{urlencode(said)}", picture
        else:
            said |= {"topic": topic, "sequence_id": message.id, "priority": int(priority)}
            said |= {"actions": buttons} if buttons else {}
            url, body = self._base, json.dumps(said, ensure_ascii=False).encode()
        await hand_over(self.name, url, body, self._login, self._clock, method="PUT")


def _buttons(message: NotificationText) -> list[dict[str, Any]]:
    """Return the answers as buttons that post."""
    return [
        {"action": "http", "label": answer.label, "url": answer.url, "method": "POST", "clear": True}
        for answer in message.answers[:MOST_BUTTONS]
    ]
