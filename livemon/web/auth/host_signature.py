"""Signatures between hosts that share cameras: good for one address each time, and for a minute.

The secret itself is never sent. Sending and answering live in web/api/relay.py and web/api/guard.py.
"""

from __future__ import annotations

from datetime import datetime

from itsdangerous import Signer

SCHEME = "Livemon-Host"
"""Of the Authorization header."""
LASTS_S = 60
"""Clocks of hosts may differ by less than this; System says when it is more than 2 s."""


def sign(secret: str, uri: str, now: datetime) -> str:
    """Return the header that lets a host read an address of another host.

    Parameters
    ----------
    uri
        Path below the API's root, and the query.
    """
    at_s = int(now.timestamp())
    return f"{SCHEME} {at_s}.{_signer(secret).get_signature(_signed(at_s, uri)).decode()}"


def is_signed(secret: str, uri: str, given: str, now: datetime) -> bool:
    """Whether another host with the same secret signed this address within `LASTS_S`; never without a secret.

    Parameters
    ----------
    given
        The header's value after its scheme.
    """
    at_text, _, signature = given.partition(".")
    if not secret or not (at_text.isascii() and at_text.isdigit() and len(at_text) < 12):
        return False
    if abs(now.timestamp() - int(at_text)) > LASTS_S:
        return False
    return _signer(secret).verify_signature(_signed(int(at_text), uri), signature)


def _signer(secret: str) -> Signer:
    return Signer(secret, salt="livemon hosts", key_derivation="hmac", digest_method="sha256")


def _signed(at_s: int, uri: str) -> str:
    return f"{at_s} {uri}"
