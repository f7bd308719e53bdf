"""Calls of fsspec's file systems: each has a time limit, can be stopped, and fails as BucketError.

Reasons are shown to people, so the values of credentials are taken out of them. The calls live in s3.py and remote.py.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import errno
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from livemon.base.errors import BucketError

LIMIT_S = 90.0
"""Longest for a call that moves little; bytes add to it."""
SLOWEST_BYTES_S = 20_000
"""A line that carries less than this is taken for dead."""
POLL_S = 0.1
MOST_REASON_CHARS = 200

REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden", "ForbiddenOperation"} | {
    "PermissionError",
    "PermissionDenied",
    "SFTPPermissionDenied",
    "401",
    "403",
}
SKEWED = {"RequestTimeTooSkewed", "RequestExpired"}
FULL = {"QuotaExceeded", "StorageFull", "InsufficientStorage", "507", "EntityTooLarge", "SFTPNoSpaceOnFilesystem"}
GONE = {"NoSuchBucket"}
LOCKED = {"ObjectLocked"}
UNSUPPORTED = {"NotImplemented", "MethodNotAllowed", "501", "405"}
FULL_PHRASES = ("No space left",)
GONE_PHRASES = ("bucket does not exist",)
LOCKED_PHRASES = ("object is locked", "object lock", "WORM protected")
"""Errors given in words only: MinIO sends InvalidRequest for a locked object, SFTP a failure for a full disk.
"""


class BucketCalls:
    """Runs the calls of one bucket.

    Parameters
    ----------
    label
        The bucket's address, for errors.
    secrets
        Secrets that error messages must not contain.
    """

    def __init__(self, label: str, secrets: Sequence[str]) -> None:
        self.label = label
        self._secrets = [one for one in secrets if one]
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Stop calls that are under way, and all to come."""
        self._stopped.set()

    def run(self, loop: asyncio.AbstractEventLoop, call: Callable[[], Awaitable[Any]], size: int = 0) -> Any:
        """Run a coroutine on fsspec's loop and wait for it.

        Parameters
        ----------
        size
            Bytes that are moved; they add to the time limit.
        """

        async def made() -> Any:
            return await call()

        self.check()
        return self._waited(asyncio.run_coroutine_threadsafe(made(), loop), size)

    def run_blocking(self, call: Callable[[], Any], size: int = 0) -> Any:
        """Run what blocks, in a thread of its own: one that never returns is left, and does not keep livemon alive."""
        self.check()
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def made() -> None:
            future.set_running_or_notify_cancel()  # its end is set, though nothing waits for it any more
            try:
                future.set_result(call())
            except BaseException as exc:
                future.set_exception(exc)

        threading.Thread(target=made, name="livemon-bucket", daemon=True).start()
        return self._waited(future, size)

    def _waited(self, future: concurrent.futures.Future[Any], size: int) -> Any:
        """Return the result of a call, or end it when its time is over or it is stopped."""
        give_up_s = time.monotonic() + LIMIT_S + size / SLOWEST_BYTES_S
        while True:
            try:
                return future.result(POLL_S)
            except concurrent.futures.TimeoutError as exc:
                if future.done():
                    raise self.error(exc) from exc
                if self._stopped.is_set() or time.monotonic() > give_up_s:
                    future.cancel()
                    self.check()
                    raise BucketError("copies.unreachable", bucket=self.label, reason="timeout") from exc
            except Exception as exc:
                raise self.error(exc) from exc

    def check(self) -> None:
        """Raise BucketError once stopped."""
        if self._stopped.is_set():
            raise BucketError("copies.stopped", bucket=self.label)

    def error(self, exc: BaseException, name: str = "") -> BucketError:
        """Return an exception of any library as ours, without credentials."""
        if isinstance(exc, BucketError):
            return exc
        code = _code(exc, name)
        values: dict[str, object] = {"bucket": self.label}
        if code == "copies.no_object":
            values["name"] = name
        elif code in ("copies.refused", "copies.unreachable"):
            values["reason"] = self._shown(exc)
        return BucketError(code, **values)

    def _shown(self, exc: BaseException) -> str:
        text = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())[:MOST_REASON_CHARS].rstrip(". ")


def signs(exc: BaseException) -> frozenset[str]:
    """Return how an exception and its causes name themselves: classes, error codes and HTTP statuses.

    Only these are compared as a whole. Text of a server beside them may hold anything, a "403" in a signature too.
    """
    found: set[str] = set()
    for one in _chain(exc):
        found |= {kind.__name__ for kind in type(one).__mro__}
        response = getattr(one, "response", None)
        found.add(str(getattr(one, "status_code", getattr(response, "status_code", ""))))
        if isinstance(response, Mapping):  # botocore's
            found.add(str(response.get("Error", {}).get("Code", "")))
            found.add(str(response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")))
    return frozenset(found)


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__


def _code(exc: BaseException, name: str) -> str:
    """Return the code of the sentence for an exception."""
    found = signs(exc)
    words = " ".join(str(one) for one in _chain(exc))

    def says(any_of: Collection[str], phrases: Sequence[str] = ()) -> bool:
        return not found.isdisjoint(any_of) or any(phrase in words for phrase in phrases)

    if says(SKEWED):
        return "copies.clocks_differ"
    if says(GONE, GONE_PHRASES):
        return "copies.no_bucket"
    if getattr(exc, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or says(FULL, FULL_PHRASES):
        return "copies.full"
    if says(LOCKED, LOCKED_PHRASES):
        return "copies.locked"
    if isinstance(exc, FileNotFoundError):
        return "copies.no_object" if name else "copies.no_bucket"
    if says(REFUSED):
        return "copies.refused"
    return "copies.unreachable"
