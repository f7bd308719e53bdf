"""SnapshotSource: an HTTP address that may answer with one JPEG only; then it is asked again and again.

Whether it does, and everything that streams by itself, is UrlSource's. Retrying does not belong here
(stream/live/hls.py).
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import ffmpeg

from livemon.base.errors import StreamError
from livemon.base.messages.message import Message
from livemon.base.stream_types import StreamMode
from livemon.stream.redact import name_host
from livemon.stream.sources.network import ARRIVAL_TIMES, SNAPSHOT, UrlSource, denied
from livemon.stream.sources.source import Inspection, Recipe

EVERY_S = 1.0
"""Cameras make a picture for each request, and few make more than some a second."""
TIMEOUT_S = 10.0
MOST_BYTES = 20_000_000
TRIES = 3
REASON = Message("mode.snapshot")


class SnapshotSource:
    """A URL whose answer is a stream, or one picture.

    Parameters
    ----------
    url
        With credentials where the camera wants them; basic and digest are understood.
    stream
        Reads the same URL as a stream.
    vet
        Asked before every request; raises when the URL may not be opened (any more). Blocks.
    """

    def __init__(self, url: str, stream: UrlSource, vet: Callable[[], None] | None = None) -> None:
        self._url = url
        self._stream = stream
        self._vet = vet
        self._host = name_host(url)
        self._polls = False
        self.redact = stream.redact

    @property
    def label(self) -> str:
        """The URL as operators may read it."""
        return self._stream.label

    def files(self) -> list[Path]:
        """Return an empty list: network data has no files."""
        return []

    def check(self) -> None:
        """Raise when no such URL can be read."""
        self._stream.check()

    async def inspect(self, *, may_copy: bool = True) -> Inspection:
        """Ask the camera for its format, and raise, as a UrlSource does."""
        return self._decided(await self._stream.inspect(may_copy=may_copy))

    async def prepare(self, *, may_copy: bool) -> Recipe:
        """Return how to read the camera, asked only when that is not known; raises as `inspect` does."""
        found = self._decided(await self._stream.recall_or_inspect(may_copy=may_copy))
        if not self._polls:
            return self._stream.recipe(found)
        # Each picture with its length before it, so that ffmpeg need not wait for the next one to know its end.
        pictures = ffmpeg.input("pipe:0", format="mpjpeg", thread_type="slice", **ARRIVAL_TIMES)
        return Recipe(
            pictures, found.mode, found.reason, media=found.media, known=self._stream.known, assumed=found.assumed
        )

    async def answers_again(self) -> None:
        """Return when the address takes connections after it refused them, as a UrlSource does."""
        await self._stream.answers_again()

    def interrupt(self) -> None:
        """Do nothing: a request ends by its own time limit."""

    async def feed(self, stdin: asyncio.StreamWriter, first_frame_utc: datetime) -> None:
        """Ask for pictures and hand them on; StreamError when none came several times in a row."""
        if not self._polls:
            await self._stream.feed(stdin, first_frame_utc)
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            next_s = loop.time() + EVERY_S
            try:
                picture = await asyncio.to_thread(self._fetch)
                failures = 0
                head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                stdin.write(head.encode() + picture + b"\r\n")
                await stdin.drain()
            except StreamError:
                failures += 1
                if failures == TRIES:
                    raise
            await asyncio.sleep(max(0.0, next_s - loop.time()))

    def _decided(self, found: Inspection) -> Inspection:
        """Take note whether it is asked for pictures, or streams."""
        self._polls = found.media is not None and found.media.container == SNAPSHOT
        return replace(found, mode=StreamMode.TRANSCODE, reason=REASON) if self._polls else found

    def _fetch(self) -> bytes:
        """Return one picture; blocks.

        Raises
        ------
        AccessDenied
            When the camera wants another password.
        StreamError
            When it does not answer, or not with a JPEG.
        """
        if self._vet is not None:
            self._vet()
        url, opener = _opener(self._url)
        try:
            with opener.open(url, timeout=TIMEOUT_S) as answer:
                picture: bytes = answer.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as exc:
            if exc.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                raise denied(self._host) from None
            if exc.code == HTTPStatus.NOT_FOUND:
                raise StreamError("source.no_stream", host=self._host) from None
            raise StreamError("source.server_error", host=self._host) from None
        except (OSError, ValueError):
            raise StreamError("source.no_snapshot_answer", host=self._host) from None
        if not picture.startswith(b"\xff\xd8") or len(picture) > MOST_BYTES:
            raise StreamError("source.not_a_video", host=self._host)
        return picture


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A camera's answer names no other address that we would open."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _opener(url: str) -> tuple[str, urllib.request.OpenerDirector]:
    """Return a URL without its credentials, and what opens it with them: directly, to nowhere else."""
    parts = urlsplit(url)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if parts.username is not None:
        passwords.add_password(None, plain, unquote(parts.username), unquote(parts.password or ""))
    # As ffmpeg does: cameras have certificates that nothing vouches for.
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    return plain, urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=unchecked),
        urllib.request.HTTPBasicAuthHandler(passwords),
        urllib.request.HTTPDigestAuthHandler(passwords),
        _NoRedirects(),
    )
