"""Addresses as they may be shown: by an allow list, before they reach a log, a status, a row or a screen.

Cameras put passwords into every part of a URL under names of their own, so what is not known to be harmless is hidden.
A source's own values are also taken out of texts of ffmpeg's, which prints them in many ways.
"""

from __future__ import annotations

import re
from base64 import b64encode
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, unquote, unquote_plus, urlsplit

HIDDEN = "…"
SAFE_NAME = re.compile(
    r"audio|camera|ch|channel(id)?|codec|compression|fps|profile|proto|protocol|resolution|stream(id|type)?|subtype"
    r"|transport(mode)?|type|unicast|video(codec)?",
    re.I,
)
"""Query names under which cameras choose a picture; the only ones that are shown."""
SAFE_VALUE = re.compile(
    r"\d{1,3}|\d{2,4}x\d{2,4}|main|sub|on|off|yes|no|true|false|tcp|udp|unicast|multicast|h26[45]|m?jpeg|onvif", re.I
)
"""A value that is shown under a safe name; it is too short or too common to be a secret."""
COMMON_WORD = re.compile(
    r"audio|axis-media|cam|camera|cgi-bin|ch\d|channels?|h26[45]|hevc|https?|live|main|media|m?jpe?g|onvif|play|playlist"
    r"|rtmp|rtp|rtsp|stream\d?|streaming|sub|tcp|udp|video",
    re.I,
)
"""Parts of paths that stay in texts of ffmpeg's: its own words. In the address itself the whole path is hidden."""
SHORTEST_SECRET = 3
"""Replacing shorter values would eat ordinary text; in the address they are hidden all the same."""

SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,9}", re.I)
HOST_NAME = re.compile(r"[\w.-]+")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,15}://?\S*", re.I)
PAIRED = re.compile(r"=([^&;]*?)(?=_[^_=]*=|[&;]|$)")
"""The values of a path such as ``user=admin_password=x_channel=1``: some cameras have no query."""
PUNCTUATION = " .,:;!'\")]>"


def redact_url(text: str) -> str:
    """Return a source as operators may read it: scheme, host, port, and harmless parts of the query.

    Parameters
    ----------
    text
        A URL, or what is meant to be one. A local path stays as it is.

    Examples
    --------
    >>> redact_url("rtsp://admin:s3cret@10.0.0.7:554/user=admin_password=x?token=abc&channel=1")
    'rtsp://10.0.0.7:554/…?channel=1&…'
    """
    if not is_address(text):
        return text
    parts = _split(text)
    if parts is None:
        return name_host(text)
    port = "" if parts.port is None else f":{parts.port}"
    path = f"/{HIDDEN}" if parts.path.strip("/") else parts.path[:1]
    pairs = parts.query.split("&") if parts.query else []
    shown = [pair for pair in pairs if _is_safe(pair)]
    query = "&".join([*shown, *([HIDDEN] if len(shown) < len(pairs) else [])])
    fragment = f"#{HIDDEN}" if parts.fragment else ""
    return f"{name_host(text)}{port}{path}{f'?{query}' if query else ''}{fragment}"


def name_host(text: str) -> str:
    """Return a source as everybody may read it: its scheme and host. A local path stays as it is.

    Examples
    --------
    >>> name_host("rtsp://admin:s3cret@10.0.0.7:554/stream1")
    'rtsp://10.0.0.7'
    """
    if not is_address(text):
        return text
    scheme, colon, _ = text.partition(":/")
    parts = _split(text)
    host = HIDDEN if parts is None else _host(parts)
    if not colon or not SCHEME.fullmatch(scheme):
        return HIDDEN
    return f"{scheme.lower()}://{host}"


def is_address(text: str) -> bool:
    """Whether a source is an address: a URL, or a mistyped one, which has its password all the same."""
    if "://" in text or text.startswith("//"):
        return True
    return not text.startswith(("/", "~", ".")) and any(mark in text for mark in "@=?&:#")


def well_formed(url: str) -> bool:
    """Whether host and port can be told apart from the credentials: a / # ? or [ in a password must be escaped.

    Apparent ports may be the beginning of a password: ``admin:12/34@camera``. Then an @ follows.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return "@" in parts.netloc or ":" not in parts.netloc or not _has_late_at(url, parts) or _is_ip(parts)


class Redactor:
    """Takes one source's secrets, and all of an address but its host, out of any text.

    Parameters
    ----------
    url
        The source with its credentials.
    """

    def __init__(self, url: str) -> None:
        spellings = {spelling for secret in _secrets(url) for spelling in _spellings(secret)}
        # The longest first: one spelling may be a part of another.
        hidden = sorted((s for s in spellings if len(s) >= SHORTEST_SECRET), key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, hidden)), re.I) if hidden else None
        self._url = url

    def __call__(self, text: str) -> str:
        """Return `text` with every address reduced to its host, and every known secret hidden."""
        if is_address(self._url):
            text = text.replace(self._url, name_host(self._url))
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        return ADDRESS.sub(_reduced, text)


def _reduced(found: re.Match[str]) -> str:
    address = found[0].rstrip(PUNCTUATION)
    return name_host(address) + found[0][len(address) :]


def _split(text: str) -> SplitResult | None:
    """Return the parts of a URL; None when it cannot be told which of them is the host."""
    if "://" not in text or not well_formed(text):
        return None
    parts = urlsplit(text)
    certain = "@" in parts.netloc or not _has_late_at(text, parts) or _is_ip(parts)
    return parts if certain else None


def _has_late_at(url: str, parts: SplitResult) -> bool:
    """Whether an @ comes after what is taken for the host; what is before it may be a part of a password."""
    return "@" in url.partition("://")[2][len(parts.netloc) :]


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if _is_ip(parts):
        return f"[{host}]" if ":" in host else host
    return host if not host or HOST_NAME.fullmatch(host) else HIDDEN


def _is_ip(parts: SplitResult) -> bool:
    """Whether a host is written as numbers, which no user name is."""
    try:
        ip_address(parts.hostname or "")
    except ValueError:
        return False
    return True


def _is_safe(pair: str) -> bool:
    name, _, value = pair.partition("=")
    return bool(SAFE_NAME.fullmatch(name) and SAFE_VALUE.fullmatch(value))


def _secrets(url: str) -> list[str]:
    """Return the secret parts of a URL, spelt as in it: all but its scheme, host and port."""
    if not is_address(url):
        return []
    _, _, rest = url.partition("://") if "://" in url else ("", "", url)
    parts = _split(url)
    if parts is None:
        # Any part may be the secret, and any mark a part of it.
        before = rest.rpartition("@")[0]
        return [
            rest,
            before,
            *(one for marks in ("/", "[/?#]", "[/?#&;=]", "[/?#:@]") for one in re.split(marks, rest)),
        ]
    user_info = parts.netloc.rpartition("@")[0]
    user, _, password = user_info.partition(":")
    found = [user_info, user, password, parts.query, parts.fragment]
    for part in (parts.path.strip("/"), *parts.path.split("/")):
        if not COMMON_WORD.fullmatch(part):
            found += [part, *PAIRED.findall(part)]
    for pair in re.split("[&;]", parts.query):
        name, equals, value = pair.partition("=")
        if not _is_safe(pair):
            found.append(value if equals else name)
    return found


def _spellings(secret: str) -> set[str]:
    plain = unquote(secret)
    encoded = b64encode(plain.encode(errors="replace")).decode().rstrip("=")
    return {secret, plain, unquote_plus(secret), quote(plain, safe=""), quote(plain), encoded}
