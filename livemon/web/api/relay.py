"""Relay: the answer of another host that has a camera's footage, passed on as it comes.

The guard lets the request through first; the other host believes its signature and asks for no role. Which host has a
camera is known to cameras/lease_keeper.py.
"""

from __future__ import annotations

import logging
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from livemon.base.settings.settings import Settings
from livemon.web.auth.host_signature import sign

if TYPE_CHECKING:
    import httpx2

    from livemon.base.clock import Clock

log = logging.getLogger(__name__)

CONNECT_S, READ_S = 3.0, 40.0
"""A player may be kept waiting for 20 s for its playlist, and a clip is cut out meanwhile."""
MOST_CONNECTIONS = 200
ASKED = ("Accept", "Accept-Encoding", "Accept-Language", "If-Modified-Since", "If-None-Match", "If-Range", "Range")
ANSWERED = (
    "Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length",
    "Content-Range", "Content-Type", "Etag", "Last-Modified", "Retry-After", "Vary", "X-Frame-Utc",
)  # fmt: skip
"""Headers that are passed on. A cookie or a password is not."""
NOT_THEIRS = (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED)
"""The other host does not have it, or does not know this one: then it is looked for elsewhere."""


class Relay:
    """Asks other hosts on behalf of this one's visitors. Used on the server's loop; connections are kept open."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._secret = settings.host_secret.get_secret_value()
        self._clock = clock
        self._client: httpx2.AsyncClient | None = None

    async def pass_on(self, handler: RequestHandler, url: str, below: str) -> bool:
        """Answer a request with what another host answers; returns False, and nothing is sent, when it has nothing.

        Parameters
        ----------
        url
            The other host.
        below
            Path below the API's root, and the query.
        """
        if not self._secret:
            return False
        import httpx2

        from livemon.web.api.guard import API_ROOT

        asked = {name: handler.request.headers[name] for name in ASKED if name in handler.request.headers}
        asked.setdefault("Accept-Encoding", "identity")
        asked["Authorization"] = sign(self._secret, below, self._clock.now())
        client = self._client = self._client or _client()
        request = client.build_request(str(handler.request.method), f"{url.rstrip('/')}{API_ROOT}/{below}")
        for name in list(request.headers):
            if name.lower() != "host":
                del request.headers[name]
        request.headers.update(asked)
        try:
            answer = await client.send(request, stream=True)
        except httpx2.HTTPError as exc:
            log.warning("another host cannot be reached: %s", type(exc).__name__)
            return False
        try:
            if answer.status_code in NOT_THEIRS or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return False
            await _copy(answer, handler)
        except httpx2.HTTPError as exc:
            # A part was sent: the connection is cut, so that no player takes it for the whole.
            log.warning("another host ended its answer: %s", type(exc).__name__)
            handler.request.connection.stream.close()  # type: ignore[union-attr]
        except StreamClosedError:
            pass  # the visitor left
        finally:
            await answer.aclose()
        return True


async def _copy(answer: httpx2.Response, handler: RequestHandler) -> None:
    handler.set_status(answer.status_code)
    for name in ANSWERED:
        handler.clear_header(name)
        if name in answer.headers:
            handler.set_header(name, answer.headers[name])
    async for chunk in answer.aiter_raw():
        handler.write(chunk)
        await handler.flush()
    await handler.finish()


def _client() -> httpx2.AsyncClient:
    import httpx2

    limits: Any = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=20, keepalive_expiry=30)
    timeout = httpx2.Timeout(READ_S, connect=CONNECT_S)
    # No proxies and netrc of the environment; certificates as OpenSSL finds them (SSL_CERT_FILE for one's own).
    return httpx2.AsyncClient(
        limits=limits, timeout=timeout, trust_env=False, verify=ssl.create_default_context(), follow_redirects=False
    )
