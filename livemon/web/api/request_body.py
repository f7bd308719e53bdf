"""Requests' bodies: counted as they come, refused with an answer when they are too long.

Tornado by itself closes the connection on a body that is too long, or unexpected: the sender would see a broken
connection. The meaning of a body lives in base.py and uploads.py, authorization in guard.py.
"""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError, stream_request_body

from livemon.web.api.guard import Guarded
from livemon.web.api.refusal import HttpRefusal

MAX_JSON_BYTES = 1_000_000
LINGER_S = 5.0
"""After a refusal the rest is read for so long. To close while more comes would take the answer back (TCP resets)."""


@stream_request_body
class Receiving(Guarded):
    """A handler that takes a request's body piece by piece, and keeps up to `MAX_JSON_BYTES` of it."""

    _received_bytes = 0
    _lingers: asyncio.Future[None] | None = None
    _lingers_until: asyncio.TimerHandle | None = None

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Tornado's constructor hook."""
        super().initialize(*args, **kwargs)
        self.received = bytearray()

    async def prepare(self) -> None:
        """Refuse unauthorized requests, and bodies that are too long, before they have come."""
        connection: Any = self.request.connection
        connection.set_max_body_size(sys.maxsize)  # counted here
        await super().prepare()
        longest = self.longest_body
        if longest is not None and self._length is not None and self._length > longest:
            raise self.too_long()

    @property
    def longest_body(self) -> int | None:
        """Bytes that the body may have; None when the handler counts by itself."""
        return MAX_JSON_BYTES

    def too_long(self) -> HTTPError:
        """Return the answer to a body that is too long."""
        return HttpRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "http.body_too_long", limit_bytes=MAX_JSON_BYTES)

    async def data_received(self, chunk: bytes) -> None:
        """Keep the next piece; data after a refusal is read and forgotten."""
        self._received_bytes += len(chunk)
        if self._lingers:
            if self._received_bytes >= self._to_read:
                self._end()
        elif not self._finished:
            await self.take(chunk)

    async def take(self, chunk: bytes) -> None:
        """Keep a piece of the body."""
        if self._received_bytes > MAX_JSON_BYTES:
            self.received.clear()
            self.refuse(self.too_long())
        else:
            self.received += chunk

    def refuse(self, error: Exception) -> None:
        """Answer now, while more is coming; the method is not called any more."""
        setattr(self, str(self.request.method).lower(), self._refused)
        self.send_error(getattr(error, "status_code", 500), exc_info=(type(error), error, None))

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> asyncio.Future[None]:
        """Answer; when more is still coming, read it for a moment and close then."""
        waits_for_us = self.request.headers.get("Expect") and not self._received_bytes
        if self._lingers:
            return self._lingers  # Tornado asks again after an error
        if self._is_whole or waits_for_us:
            return super().finish(chunk)
        self.stopped_taking()
        connection: Any = self.request.connection
        connection.set_max_body_size(sys.maxsize)  # nothing of it is kept
        connection.set_body_timeout(2 * LINGER_S)
        self._lingers_until = asyncio.get_running_loop().call_later(LINGER_S, self._end)
        self.write(chunk or b"")
        self.set_header("Content-Length", str(sum(map(len, self._write_buffer))))
        self.set_header("Connection", "close")
        self._lingers = self.flush()
        return self._lingers

    def stopped_taking(self) -> None:
        """Release the data received so far; called once when it is refused or its sender is gone."""

    def on_connection_close(self) -> None:
        """Delete incomplete data."""
        super().on_connection_close()
        self.stopped_taking()
        if self._lingers:
            self._end()

    def _refused(self, *_path: str) -> None:
        self._end()

    def _end(self) -> None:
        if self._lingers_until is not None:
            self._lingers_until.cancel()
        if not self._finished:
            super().finish()

    @property
    def _length(self) -> int | None:
        """Bytes of the request's body, as its sender says; None of a chunked one."""
        length = self.request.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.request.headers:
            return None
        return int(length) if length.isdecimal() else 0

    @property
    def _to_read(self) -> float:
        return float("inf") if self._length is None else self._length

    @property
    def _is_whole(self) -> bool:
        # A chunked body has no length: Tornado's own future says when it has ended.
        return self._received_bytes >= self._to_read or self.request._body_future.done()
