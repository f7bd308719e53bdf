"""Which transport an address belongs to, by its scheme. Another transport is added here."""

from __future__ import annotations

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError
from livemon.notify.transports.transport import MessageTransport
from livemon.notify.transports.webhook import Webhook


def open_transport(address: str, clock: Clock) -> MessageTransport:
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
        return Webhook(address, clock)
    from livemon.notify.transports.apprise_address import AppriseAddress

    return AppriseAddress(address)
