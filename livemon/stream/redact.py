"""Credentials out of texts: what goes to a log, a status, a row or a screen passes through here first.

By the known values of a source's own secrets, not only by the look of a URL: ffmpeg prints them in many ways.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit, urlunsplit

HIDDEN = "***"
SECRET_PARAMETERS = ("pass", "pwd", "token", "secret", "key", "auth", "sig")
RTMP = ("rtmp", "rtmps")
SHORTEST_SECRET = 3
"""Replacing shorter ones would eat ordinary text; the URL itself is redacted by its parts."""


def redact_url(url: str) -> str:
    """Return a URL without its password, its RTMP stream key and query values that look secret; other text as it is.

    Examples
    --------
    >>> redact_url("rtsp://admin:s3cret@10.0.0.7/stream?token=abc&channel=1")
    'rtsp://admin:***@10.0.0.7/stream?token=***&channel=1'
    >>> redact_url("rtmp://10.0.0.7/live/x7f3-key")
    'rtmp://10.0.0.7/live/***'
    """
    if "://" not in url:
        # A mistyped URL, without its scheme or with one slash, has its password all the same.
        head, colon, rest = url.partition(":")
        return f"{head}:{HIDDEN}@{rest.rpartition('@')[2]}" if colon and "/" not in head and "@" in rest else url
    if not well_formed(url):
        scheme, _, rest = url.partition("://")
        return f"{scheme}://{HIDDEN}@{rest.rpartition('@')[2]}"
    parts = urlsplit(url)
    host = parts.netloc
    if "@" in host:
        user_info, _, host = host.rpartition("@")
        user, colon, _ = user_info.partition(":")
        host = f"{user}:{HIDDEN}@{host}" if colon else f"{user}@{host}"
    query = "&".join(_redact_pair(pair) for pair in parts.query.split("&")) if parts.query else ""
    key = _stream_key(url)
    path = parts.path.removesuffix(key) + HIDDEN if key else parts.path
    return urlunsplit((parts.scheme, host, path, query, parts.fragment))


def holds_credentials(text: str) -> bool:
    """Whether a text that is meant to be a source has something to hide."""
    return redact_url(text) != text


def well_formed(url: str) -> bool:
    """Whether host and port can be told apart from the credentials: a / # ? or [ in a password must be escaped.

    What looks like a port may be the beginning of a password: ``admin:12/34@camera``. Then an @ follows.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    rest = url.partition("://")[2][len(parts.netloc) :]
    return "@" in parts.netloc or ":" not in parts.netloc or "@" not in rest or _is_address(parts.hostname or "")


class Redactor:
    """Takes one source's secrets out of any text.

    Parameters
    ----------
    url
        The source with its credentials.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        spellings = {spelling for secret in _secrets(url) for spelling in _spellings(secret)}
        # The longest first: one spelling may be a part of another.
        self._secrets = sorted((s for s in spellings if len(s) >= SHORTEST_SECRET), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return `text` with the URL redacted and every known secret hidden."""
        text = text.replace(self._url, redact_url(self._url))
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def _is_address(host: str) -> bool:
    """Whether a host is written as numbers, which no user name is."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _redact_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={HIDDEN}" if equals and _is_secret(name) else pair


def _is_secret(name: str) -> bool:
    return any(part in name.lower() for part in SECRET_PARAMETERS)


def _stream_key(url: str) -> str:
    """Return what follows the application in the path of an RTMP URL: who knows it may send there, or watch."""
    parts = urlsplit(url)
    # "/live/key": the first part is the application's name.
    return parts.path.lstrip("/").partition("/")[2] if parts.scheme in RTMP else ""


def _secrets(url: str) -> list[str]:
    """Return the secrets of a URL as they stand in it."""
    if "://" not in url:
        return []
    whole = well_formed(url)
    authority = urlsplit(url).netloc if whole else url.partition("://")[2]
    user_info = authority.rpartition("@")[0]
    found = [user_info.partition(":")[2], user_info if ":" in user_info else ""]
    if whole:
        pairs = [pair.partition("=") for pair in urlsplit(url).query.split("&")]
        found += [value for name, _, value in pairs if _is_secret(name)] + [_stream_key(url)]
    return [secret for secret in found if secret]


def _spellings(secret: str) -> set[str]:
    plain = unquote(secret)
    return {secret, plain, quote(plain, safe=""), quote(plain)}
