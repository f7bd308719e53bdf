"""Transmission of a stand-in's replies: whole, late, drop by drop, or not at all.

Their content was decided before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import tornado.iostream
import tornado.web

from livemon.sim.servers.faults import Fault, Queued
from livemon.sim.servers.records import Exchange, SentReply


def on_the_wire(reply: SentReply, fault: Queued) -> SentReply:
    """Replace a reply by what a fault makes of it."""
    html = "text/html; charset=UTF-8"
    match fault.fault:
        case Fault.NOT_JSON:
            return SentReply(b"canned: this is no JSON", content_type=html)
        case Fault.EMPTY_OBJECT:
            return SentReply({})
        case Fault.ERROR_AS_REPLY:
            return SentReply({"error": {"message": "canned: the model is not found", "type": "invalid_request_error"}})
        case Fault.HTML_ERROR:
            status = int(fault.amount)
            return SentReply(f"<html><title>Error {status}</title>canned</html>".encode(), status, content_type=html)
    return reply


class Handler(tornado.web.RequestHandler):
    """Gives every request to its server and writes the reply, as badly as a fault wants it."""

    SUPPORTED_METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD")

    def initialize(self, respond: Callable[[Exchange], SentReply], busy: set[asyncio.Task[None]]) -> None:
        """Take what the server gives each handler: what answers, and who is at work."""
        self._respond = respond
        self._busy = busy

    def compute_etag(self) -> str | None:
        """Send no ETag: the APIs send none."""
        return None

    async def _serve(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            await self._answer()
        except tornado.iostream.StreamClosedError:
            pass  # the client went away, as clients do whose patience ended
        except asyncio.CancelledError:
            self.detach().close()  # the server stops
        finally:
            self._busy.discard(task)

    async def _answer(self) -> None:
        request = self.request
        exchange = Exchange(
            method=request.method or "",
            path=request.path,
            query={name: values[-1].decode() for name, values in request.query_arguments.items()},
            headers={name.lower(): value for name, value in request.headers.get_all()},
            raw=request.body,
        )
        reply = self._respond(exchange)
        fault = exchange.fault.fault if exchange.fault else None
        if fault is Fault.DELAY and exchange.fault:
            await asyncio.sleep(exchange.fault.amount)
        if fault in (Fault.CLOSE, Fault.UPLOAD_BREAKS):
            self.detach().close()
            return
        payload = reply.payload()
        self.set_status(reply.status)
        self.set_header("Server", "livemon stand-in, answers are canned")
        self.set_header("Content-Type", reply.content_type)
        self.set_header("Content-Length", str(len(payload)))
        for name, value in reply.headers.items():
            self.set_header(name, value)
            # Tornado would send X-Goog-Upload-Url, and google-genai over aiohttp knows X-Goog-Upload-URL only.
            self._headers._as_list[name] = self._headers._as_list.pop(_tornado_case(name))
        if fault is Fault.DRIP and exchange.fault:
            for index in range(len(payload)):
                self.write(payload[index : index + 1])
                await self.flush()
                await asyncio.sleep(exchange.fault.amount / len(payload))
        else:
            self.write(payload)
        await self.finish()

    get = post = patch = delete = put = head = _serve


def _tornado_case(name: str) -> str:
    return "-".join(word.capitalize() for word in name.split("-"))
