"""StandInServer: it listens on 127.0.0.1 in a thread of its own, is scripted, and remembers what came.

Bytes are written in handler.py; the rules of requests, and the answers, live in gemini/ and openai/.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import ClassVar, Self, TypedDict, Unpack

import tornado.httpserver
import tornado.netutil
import tornado.web

from livemon.base.clock import Clock, SystemClock
from livemon.base.errors import PortInUse
from livemon.sim.servers.answers import Answers, BadScript, Script
from livemon.sim.servers.faults import FAULTS, Endpoint, Fault, FaultQueue, FaultStage, Queued
from livemon.sim.servers.handler import Handler, on_the_wire
from livemon.sim.servers.limits import QuotaLimits
from livemon.sim.servers.records import Exchange, ReceivedRequest, Refused, SentReply

HOST = "127.0.0.1"
MAX_BODY_BYTES = 120 * 1024 * 1024


class Options(TypedDict, total=False):
    """Options of every stand-in server.

    Attributes
    ----------
    port
        Port on 127.0.0.1; 0, as usual, takes a free one.
    api_key
        The only right key; any key is right when not given.
    requests_per_minute, requests_per_day
        Limits of each model; no limit when not given.
    clock
        Tells the time of limits, of expiry and of the Date header.
    keep
        Number of requests that `requests` remembers; 1000 when not given.
    on_request
        Called with each finished request, in the server's thread.
    """

    port: int
    api_key: str | None
    requests_per_minute: int | None
    requests_per_day: int | None
    clock: Clock
    keep: int
    on_request: Callable[[ReceivedRequest], None] | None


class StandInServer(ABC):
    """A server that keeps the rules of a model's API and answers without a model.

    Use it as a context manager, or call `start` and `stop`. Every method may be called from any thread.
    """

    faults_known: ClassVar[frozenset[Fault]]

    def __init__(self, **options: Unpack[Options]) -> None:
        self.port = options.get("port", 0)
        self.api_key = options.get("api_key")
        self.clock: Clock = options.get("clock") or SystemClock()
        self.limits = QuotaLimits(options.get("requests_per_minute"), options.get("requests_per_day"), self.clock)
        self.answers = Answers()
        self.faults = FaultQueue()
        self._requests: deque[ReceivedRequest] = deque(maxlen=options.get("keep", 1000))
        self._on_request = options.get("on_request")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._busy: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://{HOST}:{self.port}"

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests so far, oldest first."""
        return list(self._requests)

    @property
    def rejected(self) -> list[ReceivedRequest]:
        """Those that broke a rule or a limit; `reason` says which. Scripted faults are not among them."""
        return [request for request in self.requests if request.reason]

    def answer(self, *scripts: Script) -> None:
        """Set the answers that follow, in order; the last one stays. Without one, answers are canned again.

        Parameters
        ----------
        scripts
            Each is a text (sent as it is), a JSON value (must obey the request's schema) or a callable. A callable is
            given the parsed request and returns one of them, or raises `Refused`.
        """
        self.answers.script(scripts)

    def fail(self, fault: Fault, amount: float | None = None, *, times: int = 1, on: Endpoint | None = None) -> None:
        """Let a fault strike the next requests that break no rule. Faults strike in the order of the calls.

        Parameters
        ----------
        fault
            The fault.
        amount
            Number of the fault: seconds, hours, a chunk; see `FAULTS`.
        times
            Number of times.
        on
            Only this kind of request; each fault has a usual one.

        Raises
        ------
        ValueError
            When this server's API has no such fault.
        """
        if fault not in self.faults_known:
            raise ValueError(f"{type(self).__name__} has no fault '{fault}'")
        kind = FAULTS[fault]
        self.faults.put(Queued(fault, kind.amount if amount is None else amount, on or kind.on), times)

    def start(self) -> Self:
        """Listen.

        Raises
        ------
        PortInUse
            When another program listens there.
        """
        try:
            sockets = tornado.netutil.bind_sockets(self.port, HOST)
        except OSError as exc:
            raise PortInUse("demo.port_in_use", port=self.port) from exc
        self.port = int(sockets[0].getsockname()[1])
        ready = threading.Event()

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            routes = [(r".*", Handler, {"respond": self.respond, "busy": self._busy})]
            application = tornado.web.Application(routes, log_function=lambda _handler: None)
            server = tornado.httpserver.HTTPServer(application, max_body_size=MAX_BODY_BYTES)
            server.add_sockets(sockets)
            self._stopping = asyncio.Event()
            ready.set()
            await self._stopping.wait()
            server.stop()
            for task in list(self._busy):
                task.cancel()
            await server.close_all_connections()

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()), name="livemon-stand-in", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def stop(self) -> None:
        """Close all connections and end the thread. May be called twice."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._loop = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    @abstractmethod
    def handle(self, exchange: Exchange) -> SentReply:
        """Check a request and make its reply; raises Refused."""

    @abstractmethod
    def refusal(self, refused: Refused) -> SentReply:
        """Say no as this API does."""

    @abstractmethod
    def fault_refusal(self, queued: Queued, exchange: Exchange) -> Refused:
        """Say no for a fault of the stage REFUSE."""

    def meet_faults(self, exchange: Exchange, *stages: FaultStage) -> None:
        """Let a fault strike, between a request's rules and its effects.

        Parameters
        ----------
        stages
            Further stages that this kind of request has; error replies and broken connections belong to all.

        Raises
        ------
        Refused
            When the fault is an error reply. Other faults wait in `exchange.fault`.
        """
        exchange.fault = self.faults.take(exchange.endpoint, FaultStage.REFUSE, FaultStage.TRANSPORT, *stages)
        if exchange.fault is not None and exchange.fault.stage is FaultStage.REFUSE:
            raise self.fault_refusal(exchange.fault, exchange)

    def respond(self, exchange: Exchange) -> SentReply:
        """Handle a request; whatever happens is a reply, and is remembered."""
        try:
            reply = self.handle(exchange)
        except Refused as refused:
            if exchange.fault is None and not refused.scripted:
                exchange.reason = refused.message
            reply = self.refusal(refused)
        except BadScript as exc:
            exchange.reason = str(exc)
            reply = self.refusal(Refused(500, exchange.reason))
        fault = exchange.fault
        if fault is not None and fault.stage is FaultStage.TRANSPORT:
            reply = on_the_wire(reply, fault)
        date = self.clock.now()
        if fault is not None and fault.fault is Fault.CLOCK_SKEW:
            date += timedelta(hours=fault.amount)
        odd_date = fault is not None and fault.fault is Fault.ODD_DATE
        reply.headers["Date"] = f"{date:%a %b %d %H:%M:%S %Y} -0000" if odd_date else format_datetime(date, usegmt=True)
        request = exchange.record(reply.status)
        self._requests.append(request)
        if self._on_request is not None:
            self._on_request(request)
        return reply
