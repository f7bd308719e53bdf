"""Mapping of an address to its transport, by the scheme. Another transport is added here."""

from __future__ import annotations

from livemon.base.errors import ConfigError
from livemon.notify.transports.transport import MessageTransport, TransportContext
from livemon.notify.transports.web_push import SCHEME, WebPush
from livemon.notify.transports.webhook import Webhook


def open_transport(address: str, context: TransportContext) -> MessageTransport:
    """Return the transport of an address, such as ``mailto://``, ``ntfy://`` or ``webhook+https://``.

    Raises
    ------
    ConfigError
        When no transport knows it.
    """
    scheme, found, _ = address.partition("://")
    if not found or not scheme:
        raise ConfigError("notify.no_scheme")
    if scheme in ("webhook+http", "webhook+https"):
        return Webhook(address, context.clock)
    if scheme == SCHEME:
        return WebPush(address, context)
    if scheme in ("ntfy", "ntfys"):
        from livemon.notify.transports.ntfy import NtfyTopic

        return NtfyTopic(address, context.clock)
    if scheme == "tgram":
        from livemon.notify.transports.telegram import TelegramChats

        return TelegramChats(address, context.clock)
    from livemon.notify.transports.apprise_address import AppriseAddress

    return AppriseAddress(address)
