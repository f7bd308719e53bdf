"""Calls of fsspec's file systems: each has a time limit, can be stopped, and fails as BucketError.

Reasons are shown to people, so the values of credentials are taken out of them. Which calls are made does not belong
here (s3.py, remote.py).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import errno
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from livemon.base.errors import BucketError

LIMIT_S = 90.0
"""Longest for a call that moves little; bytes add to it."""
SLOWEST_BYTES_S = 20_000
"""A line that carries less than this is taken for dead."""
POLL_S = 0.1
MOST_REASON_CHARS = 200

REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden", "403", "401", "Permission")
SKEWED = ("RequestTimeTooSkewed", "RequestExpired")
FULL = ("QuotaExceeded", "StorageFull", "InsufficientStorage", "507", "No space left", "EntityTooLarge")
LOCKED = ("ObjectLocked", "object is locked", "WORM", "retention")
GONE = ("NoSuchBucket", "bucket does not exist")


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
        future = asyncio.run_coroutine_threadsafe(made(), loop)
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
        words = " ".join(f"{type(one).__name__} {one}" for one in (exc, exc.__cause__) if one is not None)
        code = _code(exc, words, name)
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


def _code(exc: BaseException, words: str, name: str) -> str:
    """Return the code of the sentence for an exception."""

    def says(any_of: Sequence[str]) -> bool:
        return any(word in words for word in any_of)

    if says(SKEWED):
        return "copies.clocks_differ"
    if says(GONE):
        return "copies.no_bucket"
    if getattr(exc, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or says(FULL):
        return "copies.full"
    if says(LOCKED):
        return "copies.locked"
    if isinstance(exc, FileNotFoundError):
        return "copies.no_object" if name else "copies.no_bucket"
    if isinstance(exc, PermissionError) or says(REFUSED):
        return "copies.refused"
    return "copies.unreachable"
