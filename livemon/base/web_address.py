"""Hosts and prefixes in web addresses: IPv6 in brackets, and the path under which a reverse proxy shows livemon.

Authorization lives in web/api/guard.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from livemon.base.settings.access import ROOT_PATH, AccessSettings


def in_url(host: str) -> str:
    """Return a host for use before a port; IPv6 is put into brackets (RFC 3986 section 3.2.2)."""
    return f"[{host.replace('%', '%25')}]" if ":" in host and not host.startswith("[") else host


def bare(host: str) -> str:
    """Return a host without the brackets of IPv6, in lower case."""
    return host.lower().removeprefix("[").removesuffix("]")


def reachable(address: str) -> str:
    """Return the host by which this machine reaches the listener of an address, spelt for a URL."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on
    return in_url(everywhere.get(address, address))


def public_prefix(access: AccessSettings, headers: Mapping[str, str]) -> str:
    """Return the path under which browsers see livemon, such as ``/cameras-at-home``; empty at the top.

    The setting, or the header of a trusted proxy; a header that is not a plain path is ignored.
    """
    if access.root_path or not access.proxy:
        return access.root_path
    said = headers.get("X-Forwarded-Prefix", "").rstrip("/")
    return said if re.fullmatch(ROOT_PATH, said) else ""
