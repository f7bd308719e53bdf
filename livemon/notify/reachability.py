"""Obstacles to links in messages, and to Web Push, by the settings of livemon's address. Pure.

Whether an address answers is not tried: the machine that asks is seldom where a telephone is.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from livemon.base.messages.message import Message, message
from livemon.base.settings.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def unreachable_because(settings: Settings) -> list[Message]:
    """Return why telephones cannot answer or get pushes, a sentence each with what to do; empty when they can."""
    public = settings.public_url
    parts = urlsplit(public)
    host = (parts.hostname or "").lower()
    if not host:
        return [message("reach.no_public_url")]
    found = []
    if host not in (*LOOPBACK, settings.address.lower(), *(one.strip("[]").lower() for one in settings.allowed_hosts)):
        found.append(message("reach.host_refused", address=public, host=host))
    if host in LOOPBACK or host.endswith(".localhost"):
        found.append(message("reach.loopback", address=public))
    elif parts.scheme != "https":
        found.append(message("reach.no_https", address=public))
    if parts.scheme == "https" and not settings.access.https:
        found.append(message("reach.cookies_not_secure", address=public))
    prefix, own = parts.path.rstrip("/"), settings.access.root_path
    if prefix != own and not settings.access.proxy:
        found.append(message("reach.other_path", address=public, path=own or "/"))
    return found
