"""Versions of changeable objects: an ETag of each answer, and If-Match before a change (RFC 9110, 13.1.1).

A change based on an earlier read goes through only when nothing else changed it in between. Each handler decides
whether it takes part.
"""

from __future__ import annotations

import re
from hashlib import sha256

from livemon.base.errors import LivemonError

ETAG = re.compile(r'(?:W/)?"([^"]*)"')


class Changed(LivemonError):
    """The object has changed since the caller read it."""

    title = "error.changed"


def version_of(text: str) -> str:
    """Return the ETag of an answer's JSON."""
    return f'"{sha256(text.encode()).hexdigest()[:32]}"'


def check_version(wanted: str, current: str) -> None:
    """Refuse a change of another version than the caller means; an empty `wanted` means any.

    Raises
    ------
    Changed
        When `wanted`, the header If-Match, does not name the current ETag.
    """
    # A proxy that compresses makes ETags weak; the answer's words are the same all the same.
    named = {f'"{found[1]}"' for found in ETAG.finditer(wanted)}
    if wanted and wanted.strip() != "*" and current not in named:
        raise Changed("api.changed_meanwhile")
