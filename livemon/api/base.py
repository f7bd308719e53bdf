"""What every handler shares: the monitor, errors as RFC 9457 problem+json, and who may change things.

No route belongs here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from tornado.web import HTTPError, RequestHandler

from livemon.clock import iso, require_utc
from livemon.errors import (
    CameraBusy,
    ConfigError,
    LivemonError,
    NoFootage,
    ReportError,
    SourceError,
    StoreError,
    ToolMissing,
    UnknownCamera,
)
from livemon.monitor import Monitor

LOOPBACK = ("127.0.0.1", "localhost", "::1")
API_ROOT = "/api/live-monitoring"

P = ParamSpec("P")
T = TypeVar("T")

STATUS_OF: tuple[tuple[type[LivemonError], HTTPStatus], ...] = (
    (UnknownCamera, HTTPStatus.NOT_FOUND),
    (NoFootage, HTTPStatus.NOT_FOUND),
    (ReportError, HTTPStatus.CONFLICT),
    (CameraBusy, HTTPStatus.CONFLICT),
    (SourceError, HTTPStatus.CONFLICT),
    (ConfigError, HTTPStatus.BAD_REQUEST),
    (ToolMissing, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
)


class BadRequest(LivemonError):
    """An argument of a request is wrong."""

    title = "Bad request"


class NotThere(LivemonError):
    """What the address names does not exist (yet, or any more)."""

    title = "Not found"


class ApiHandler(RequestHandler):
    """A handler that has the monitor and speaks JSON."""

    def initialize(self, monitor: Monitor) -> None:
        """Tornado's constructor hook."""
        self.monitor = monitor

    def set_default_headers(self) -> None:
        """Never let a browser guess a type; answers are about now."""
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    def check_xsrf_cookie(self) -> None:
        """No cookie says who may change things; `prepare` asks where the request comes from."""

    async def prepare(self) -> None:
        """Refuse what another site's page does through the user's browser.

        A page may give its own name the address 127.0.0.1 (DNS rebinding) and then read everything: so the name
        that was asked for must be one of ours. Changes must come from a page of ours.
        """
        settings = self.monitor.settings
        everywhere = settings.address in ("0.0.0.0", "::")  # noqa: S104 - compared, not listened on
        if not everywhere and self.request.host_name not in (*LOOPBACK, settings.address, *settings.allowed_hosts):
            raise HTTPError(
                HTTPStatus.FORBIDDEN, "livemon does not answer to %s; add it to allowed_hosts.", self.request.host_name
            )
        origin = self.request.headers.get("Origin")
        if self.request.method in ("GET", "HEAD", "OPTIONS") or origin is None:
            return
        if urlsplit(origin).netloc != self.request.host:
            raise HTTPError(HTTPStatus.FORBIDDEN, "Requests from %s may not change anything here.", origin)

    async def blocking(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that waits (disk, SQL, ffmpeg) beside the loop."""
        try:
            return await asyncio.to_thread(function, *args, **kwargs)
        except RuntimeError as exc:
            if "shutdown" not in str(exc):
                raise
            # A player that waits for a segment while the server ends is no error of ours.
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, "The server is stopping.") from exc

    def write_json(self, value: Any) -> None:
        """Answer with JSON; times become RFC 3339, NaN is refused."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.write(json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False))

    def absolute_url(self, path: str) -> str:
        """Return the address of another route of this API, under whatever prefix this request came in."""
        prefix = self.request.path.partition(API_ROOT)[0]
        return f"{self.request.protocol}://{self.request.host}{prefix}{API_ROOT}/{path}"

    def time_argument(self, name: str) -> datetime | None:
        """Return a query argument as a UTC time.

        Raises
        ------
        BadRequest
            When it is no ISO 8601 time with an offset.
        """
        text = self.get_query_argument(name, None)
        if text is None:
            return None
        try:
            return require_utc(datetime.fromisoformat(text))
        except (ValueError, OverflowError) as exc:
            raise BadRequest(
                f"'{name}' is no time with a timezone: {text}.", "Write it like 2026-11-23T08:00:00Z."
            ) from exc

    def date_argument(self, name: str = "date") -> date | None:
        """Return a query argument as a date; BadRequest when it is none."""
        text = self.get_query_argument(name, None)
        if text is None:
            return None
        try:
            day = date.fromisoformat(text)
            # A day has a yesterday and a tomorrow, which those at the ends of the calendar have not.
            return day if date.min < day < date.max else date.fromisoformat("")
        except ValueError as exc:
            raise BadRequest(f"'{name}' is no date: {text}.", "Write it like 2026-11-23.") from exc

    def int_argument(self, name: str, low: int, high: int) -> int | None:
        """Return a query argument as a whole number from `low` to `high`; BadRequest when it is not."""
        text = self.get_query_argument(name, None)
        if text is None:
            return None
        if not text.isdecimal() or len(text) > len(str(high)) or not low <= int(text) <= high:
            raise BadRequest(f"'{name}' must be a whole number from {low} to {high}, not '{text}'.")
        return int(text)

    def choice_argument(self, name: str, choices: type[Any]) -> str | None:
        """Return a query argument that must be a value of an enum; BadRequest when it is not."""
        text = self.get_query_argument(name, None)
        allowed = [str(choice) for choice in choices]
        if text is not None and text not in allowed:
            raise BadRequest(f"'{name}' must be one of {', '.join(allowed)}, not '{text}'.")
        return text

    def log_exception(self, *exc_info: Any) -> None:
        """Log what was not expected; expected errors are answers, not stack traces."""
        if not isinstance(exc_info[1], LivemonError):
            super().log_exception(*exc_info)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Give expected errors their own status before Tornado answers 500."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, LivemonError):
            status_code = status_of(error)
        super().send_error(status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a problem: what was wrong, in a sentence, and what to do."""
        error = kwargs.get("exc_info", (None, None))[1]
        problem = {"type": "about:blank", "title": HTTPStatus(status_code).phrase, "status": status_code}
        if isinstance(error, LivemonError):
            problem |= {"title": error.title, "detail": error.message}
            if error.hint:
                problem["hint"] = error.hint
        elif isinstance(error, HTTPError) and error.log_message:
            problem["detail"] = error.log_message % error.args if error.args else error.log_message
        self.set_header("Content-Type", "application/problem+json")
        self.finish(json.dumps(problem, ensure_ascii=False))


def status_of(error: LivemonError) -> int:
    """Return the HTTP status for an expected error."""
    if isinstance(error, BadRequest):
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, NotThere):
        return HTTPStatus.NOT_FOUND
    return next((s for kind, s in STATUS_OF if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def _plain(value: Any) -> Any:
    """Turn a time into RFC 3339 text for JSON."""
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
