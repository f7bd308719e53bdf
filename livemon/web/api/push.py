"""Push of events as they are committed, over a WebSocket or as Server-Sent Events; the same messages on both.

Changes are read and filtered in livemon/monitor/change_feed.py. Meaning of the messages: docs/push.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from abc import abstractmethod
from enum import Enum
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from livemon.base.clock import iso
from livemon.base.datatypes import Severity
from livemon.base.errors import LivemonError, StoreError
from livemon.base.roles import Proof, Role
from livemon.monitor.change_feed import Subscriber, Subscription
from livemon.store.changes import ChangeKind
from livemon.web.api.base import ApiHandler, BadRequest
from livemon.web.api.operation import MOST_ID, RequestModel, Scope, operation
from livemon.web.api.refusal import HttpRefusal

TICK_S = 5.0
HEARTBEAT_S = 15.0
CHECK_S = 10.0
"""Interval of checks that a connected client still has access."""
WRITE_S = 10.0
"""A client that has not taken a message by then is disconnected; it may come back with its cursor."""
RETRY_MS = 3000
MOST_MESSAGE_BYTES = 4096


class Filter(RequestModel):
    """Filter of a subscription; omitted fields limit nothing."""

    camera_id: list[str] = Field(default_factory=list, description="Of these cameras only; may be repeated.")
    kind: list[ChangeKind] = Field(default_factory=list, description="These kinds only; may be repeated.")
    severity: Severity | None = Field(None, description="Of events: this one and graver ones.")


class PushQuery(Filter):
    """Filter of a subscription, and its first cursor."""

    cursor: int | None = Field(None, ge=0, le=MOST_ID, description="The newest message that was taken in.")


class Subscribe(RequestModel):
    """Message of a client over a socket."""

    subscribe: Filter


class Ending(Enum):
    """Why livemon ends a connection: a code as of WebSockets, and words."""

    STOPPING = (1001, "livemon is stopping; connect again.")
    REVOKED = (1008, "You may no longer see this.")
    SLOW = (1013, "Messages were not taken in; connect again with the last cursor.")
    DATABASE = (1013, "The database does not answer; connect again with the last cursor.")


class _Pushing(ApiHandler):
    """Tells one client what happens."""

    gone = False
    subscriber: Subscriber

    @abstractmethod
    async def send(self, cursor: int, text: str) -> None:
        """Send a message; returns when it has left. Raises Tornado's exception when the client is gone."""

    def wanted(self, asked: Filter) -> Subscription:
        """Return the subscription; UnknownCamera or NotAllowed when a camera is unknown, or not theirs."""
        for camera_id in asked.camera_id:
            self.require(Role.VIEWER, camera_id)
            self.monitor.camera(camera_id)
        return Subscription(frozenset(asked.camera_id), frozenset(asked.kind), asked.severity)

    async def subscribe(self) -> None:
        """Become a subscriber, as the query says."""
        asked = self.query(PushQuery)
        wanted = self.wanted(asked)
        if self.monitor.change_feed.full:
            raise HttpRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "http.too_many_connected")
        identity = self.identity
        assert identity is not None, "the guard lets nobody else in"
        cursor = self.last_cursor() if asked.cursor is None else asked.cursor
        self.subscriber = await self.monitor.change_feed.subscribe(wanted, identity.sees, cursor, self.who)

    def last_cursor(self) -> int | None:
        """Return the cursor that a client has besides the query's."""
        return None

    async def follow(self) -> None:
        """Send messages until the client or livemon ends it."""
        push = self.monitor.change_feed
        ending: Ending | None = None
        try:
            ending = await self._tell_all()
        except asyncio.CancelledError:
            ending = None if self.gone else Ending.STOPPING
            raise
        except TimeoutError:
            ending = Ending.SLOW
        except StoreError:
            ending = Ending.STOPPING if push.closed else Ending.DATABASE
        except (WebSocketClosedError, StreamClosedError):
            pass
        finally:
            if ending is not None:
                push.ended[ending.name.lower()] += 1
                self.end(ending)

    def end(self, ending: Ending) -> None:
        """Say goodbye without waiting."""
        with contextlib.suppress(WebSocketClosedError, StreamClosedError):
            self.say_last(self._control("goodbye", reason=ending.value[1]))

    @abstractmethod
    def say_last(self, text: str) -> None:
        """Send a message and do not wait for it."""

    async def _tell_all(self) -> Ending | None:
        clock, push, subscriber = self.monitor.clock, self.monitor.change_feed, self.subscriber
        await self._say("hello", heartbeat_s=HEARTBEAT_S)
        if subscriber.missed:
            await self._say("missed", reason="Not everything after this cursor is kept. Read what you need anew.")
        checked_s = said_s = clock.monotonic_s()
        while not self.gone:
            messages = await subscriber.take(min(TICK_S, HEARTBEAT_S, CHECK_S))
            if push.closed:
                return Ending.STOPPING
            if clock.monotonic_s() - checked_s >= CHECK_S:
                if not await self.still_allowed():
                    return Ending.REVOKED
                checked_s = clock.monotonic_s()
            for message in messages:
                await self._send(message.cursor, message.text)
                push.sent += 1
            if clock.monotonic_s() - said_s >= HEARTBEAT_S:
                await self._say("heartbeat")
                said_s = clock.monotonic_s()
        return None

    async def _say(self, kind: str, /, **data: Any) -> None:
        await self._send(self.subscriber.position, self._control(kind, **data))

    async def _send(self, cursor: int, text: str) -> None:
        async with asyncio.timeout(WRITE_S):
            await self.send(cursor, text)

    def _control(self, kind: str, /, **data: Any) -> str:
        at_utc = iso(self.monitor.clock.now())
        return json.dumps({"cursor": self.subscriber.position, "at_utc": at_utc, "kind": kind, "data": data})


class PushEventsHandler(_Pushing):
    """/push/events."""

    @operation(
        "What happens, as Server-Sent Events",
        Role.VIEWER,
        scope=Scope.OWN,
        query=PushQuery,
        media="text/event-stream",
    )
    async def get(self) -> None:
        """Answer with messages as they come; `Last-Event-ID`, which browsers send by themselves, is the cursor."""
        await self.subscribe()
        try:
            self._say_what_comes()
            self.write(f"retry: {RETRY_MS}\n\n")
            await self.follow()
        finally:
            self.monitor.change_feed.leave(self.who)

    async def head(self, *_path: str) -> None:
        """Answer with the headers; what is told has no end."""
        self.wanted(self.query(PushQuery))
        self._say_what_comes()

    def _say_what_comes(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")  # nginx would keep messages back

    def last_cursor(self) -> int | None:
        """Return the last cursor that the browser received."""
        said = self.request.headers.get("Last-Event-ID", "")
        return int(said) if said.isdecimal() and int(said) <= MOST_ID else None

    async def send(self, cursor: int, text: str) -> None:
        """Write a message."""
        self.write(f"id: {cursor}\ndata: {text}\n\n")
        await self.flush()

    def say_last(self, text: str) -> None:
        """Write a message without an id: who comes back goes on after what came before it."""
        self.write(f"data: {text}\n\n")
        self.flush().add_done_callback(lambda sent: sent.cancelled() or sent.exception())

    def end(self, ending: Ending) -> None:
        """Say goodbye, and hang up on who does not take in even that."""
        super().end(ending)
        if ending is Ending.SLOW:
            connection: Any = self.request.connection
            connection.stream.close()

    def on_connection_close(self) -> None:
        """Stop telling at the next chance."""
        self.gone = True


class PushSocketHandler(_Pushing, WebSocketHandler):
    """/push."""

    max_message_size = MOST_MESSAGE_BYTES
    ping_interval = 20.0
    ping_timeout = 20.0
    _telling: asyncio.Task[None] | None = None

    @operation(
        "What happens, over a WebSocket",
        Role.VIEWER,
        scope=Scope.OWN,
        query=PushQuery,
        status=HTTPStatus.SWITCHING_PROTOCOLS,
    )
    async def get(self) -> None:
        """Become a WebSocket, and send messages as they come."""
        self._check_source()
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            raise BadRequest("api.websocket_only")
        await self.subscribe()
        try:
            await WebSocketHandler.get(self)
        finally:
            self.gone = True
            self.monitor.change_feed.leave(self.who)

    async def head(self, *_path: str) -> None:
        """Refuse, as every request that opens no socket."""
        raise BadRequest("api.websocket_only")

    def _check_source(self) -> None:
        """Refuse pages of other sites, which a browser would let read; and programs that have only a cookie."""
        origin = self.request.headers.get("Origin")
        if origin is None and self.identity is not None and self.identity.proof in (Proof.TOKEN, Proof.LOCAL):
            return
        if origin is None or urlsplit(origin).netloc != self.request.host:
            raise HttpRefusal(HTTPStatus.FORBIDDEN, "http.foreign_listener", origin=origin or "-")

    def open(self, *_args: str, **_kwargs: str) -> None:
        """Begin to send."""
        self._telling = asyncio.create_task(self.follow(), name="push socket")

    async def on_message(self, message: str | bytes) -> None:
        """Change the subscription: ``{"subscribe": {"camera_id": [...], "kind": [...], "severity": "warning"}}``."""
        try:
            asked = Subscribe.model_validate_json(message)
            self.subscriber.wanted = self.wanted(asked.subscribe)
            text = self._control("subscribed", **asked.subscribe.model_dump(mode="json"))
        except ValidationError:
            text = self._control("problem", detail="This is no subscription.", hint="See docs/push.md.")
        except LivemonError as exc:
            text = self._control("problem", detail=exc.message, hint=exc.hint)
        with contextlib.suppress(WebSocketClosedError, TimeoutError):
            # Awaited: a client that sends without end and reads nothing is not listened to meanwhile.
            async with asyncio.timeout(WRITE_S):
                await self.write_message(text)

    def on_close(self) -> None:
        """Stop telling."""
        self.gone = True
        if self._telling is not None:
            self._telling.cancel()

    async def send(self, cursor: int, text: str) -> None:
        """Send a message."""
        await self.write_message(text)

    def say_last(self, text: str) -> None:
        """Send a message that may not arrive."""
        self.write_message(text).add_done_callback(lambda sent: sent.cancelled() or sent.exception())

    def end(self, ending: Ending) -> None:
        """Say goodbye and close."""
        super().end(ending)
        self.close(ending.value[0], ending.name.lower())
