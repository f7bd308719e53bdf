"""UrlSource: a camera or server that ffmpeg reads over the network: rtsp, http, rtmp.

Each protocol with the least that ffmpeg may open for it. Retrying does not belong here (stream/live/hls.py), nor what
is kept of the answers (known_media.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ffmpeg

from livemon.base.errors import AccessDenied, LivemonError, SourceError, StreamError
from livemon.base.messages.message import message
from livemon.base.stream_types import MediaInfo, ModeSetting, StreamMode
from livemon.base.tasks import run_to_completion
from livemon.stream.ffmpeg import probe_command
from livemon.stream.known_media import KnownMedia, SourceMemory
from livemon.stream.media import WITHOUT_TIMES, has_only_sound, has_picture_of_unknown_size, read_container, read_probe
from livemon.stream.process import kill, spawn
from livemon.stream.redact import Redactor, name_host, redact_url, well_formed
from livemon.stream.sandbox import DECODER_THREADS
from livemon.stream.sources.source import Inspection, Recipe, choose_audio, choose_mode

IO_TIMEOUT_US = 5_000_000
"""Without it a source that freezes is waited for for ever (measured); with it ffmpeg ends after about twice as long."""

PROBE_TIMEOUT_S = 20.0
QUICK = {"analyzeduration": 1_000_000, "fpsprobesize": 0}
"""Enough to choose how a source is read.

Footage during the analysis is not recorded, so it is kept short.
"""
UNKNOWN_SOUND = '"sample_rate": "0"'
# The size of a picture comes with a keyframe; docs/sources.md allows one every 40 s. ffmpeg looks for five.
RARE_KEYFRAMES = {"analyzeduration": 45_000_000, "probesize": 100_000_000}
RARE_TIMEOUT_S = 60.0
SNAPSHOT = "jpeg_pipe"
"""ffmpeg's name of one JPEG."""
CHECK_ADDRESS = "Check the address, and that the camera is on."
RTSP_REDIRECT = b": Redirecting to "
KNOCK_EVERY_S = 0.5
KNOCK_TIMEOUT_S = 2.0
PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935, "rtmps": 443}
"""Ports that ffmpeg connects to when an address names none."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """ffmpeg's handling of one kind of URL.

    `protocols` and `formats` are all that ffmpeg may open for it. A camera's answer can name other addresses
    (playlists, redirects, session descriptions), and only these are followed.
    """

    protocols: str
    formats: str
    options: dict[str, Any]
    timed: bool = True
    """Whether packets carry decoding times."""
    out_of_band_headers: bool = False


_IO = {"rw_timeout": IO_TIMEOUT_US}
_HTTP = {**_IO, "max_redirects": 0}
# Pictures without times are dated when they come. ffmpeg holds back the input that it analyses at the start, five
# seconds by default, and gives all of that at once. These formats need no such analysis.
ARRIVAL_TIMES = {"use_wallclock_as_timestamps": 1, "fpsprobesize": 0, "analyzeduration": 500_000}
_STREAMS = "mpegts,mpjpeg,mjpeg,jpeg_pipe,flv,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,h264"
# TCP first: it loses nothing and passes firewalls; a camera that only speaks UDP is asked that way afterwards.
_RTSP = {"rtsp_flags": "prefer_tcp", "timeout": IO_TIMEOUT_US, "allowed_media_types": "video+audio"}

RTSP = Protocol("rtsp,rtp,udp,tcp", "rtsp,sdp,rtp", _RTSP, timed=False, out_of_band_headers=True)
RTSPS = Protocol("rtsps,rtsp,rtp,udp,tcp,tls", "rtsp,sdp,rtp", _RTSP, timed=False, out_of_band_headers=True)
HTTP = Protocol("http,https,tcp,tls", _STREAMS, _HTTP)
# From the newest segment on: older ones would come all at once, and be dated ahead of the clock.
_HLS = f"hls,aac,mp3,ac3,eac3,webvtt,{_STREAMS}"
HLS = Protocol("http,https,tcp,tls,crypto", _HLS, {**_HTTP, "live_start_index": -1})
PROTOCOLS = {
    "rtsp": RTSP,
    "rtsps": RTSPS,
    "http": HTTP,
    "https": HTTP,
    "rtmp": Protocol("rtmp,tcp", "flv", _IO),
    "rtmps": Protocol("rtmps,rtmp,tcp,tls", "flv", _IO),
}

# ffmpeg's words for what went wrong, and the codes of ours. The first that fits.
DENIED = ("401 Unauthorized", "403 Forbidden", "authorization failed", "access denied")
UNREACHABLE = {
    "Connection refused": "source.refused",
    "No route to host": "source.not_reached",
    "Network is unreachable": "source.not_reached",
    "timed out": "source.silent",
    "Immediate exit": "source.silent",
    "Failed to resolve": "source.name_not_resolved",
    "Name or service not known": "source.name_not_resolved",
    "404 Not Found": "source.no_stream",
    "5XX Server Error": "source.server_error",
    "503 Service Unavailable": "source.server_error",
    "Not detecting m3u8/hls": "source.no_playlist",
    "not on whitelist": "source.format_not_allowed",
    "Invalid data found": "source.not_a_video",
    "Input/output error": "source.breaks_off",
}


def denied(host: str) -> AccessDenied:
    """Return the error for a camera that wants another password."""
    return AccessDenied("source.password_refused", host=host)


def _untimed(container: str) -> dict[str, Any]:
    """Return the input options of a format without times; nothing for others."""
    return {"f": container, **ARRIVAL_TIMES} if container in WITHOUT_TIMES else {}


def _needed(known: SourceMemory) -> dict[str, Any]:
    """Return what asking found out that a known source is read with."""
    return _untimed(known.media.container) | (RARE_KEYFRAMES if known.rare_keyframes else {})


def lists_addresses(url: str) -> bool:
    """Whether a URL is read as a playlist: only who asks for one gets one, as ffmpeg opens whatever it lists."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and parts.path.lower().endswith(".m3u8")


class UrlSource:
    """A stream at a URL.

    Parameters
    ----------
    url
        With credentials where the camera wants them.
    mode, keep_audio
        The camera's settings.
    vet
        Asked before every connection; raises when the URL may not be opened (any more). Blocks. With it RTSP's
        redirects are refused, too; HTTP's always are.
    known_path
        File that keeps the source's format for the next process; None keeps nothing.
    """

    def __init__(
        self,
        url: str,
        mode: ModeSetting,
        *,
        keep_audio: bool,
        vet: Callable[[], None] | None = None,
        known_path: Path | None = None,
    ) -> None:
        self._url = url
        self._vet = vet
        self._mode = mode
        self._keep_audio = keep_audio
        self._host = name_host(url)
        self._refused = False
        self.known = KnownMedia(url, known_path)
        self.redact = Redactor(url)

    @property
    def label(self) -> str:
        """The URL as operators may read it; errors name the host only, as viewers read them."""
        return redact_url(self._url)

    def files(self) -> list[Path]:
        """Return an empty list: a stream has no files."""
        return []

    def check(self) -> None:
        """Raise when no such URL can be read; whether it answers is asked by `prepare`.

        Raises
        ------
        SourceError
            When the scheme is not one of ours or there is no host.
        """
        self._protocol()

    async def inspect(self, *, may_copy: bool = True, quick: bool = False) -> Inspection:
        """Ask the camera for its format.

        Parameters
        ----------
        quick
            Ask for a second first, and in full only when that does not describe everything: the camera is recorded
            after it.

        Raises
        ------
        AccessDenied
            When it wants another password.
        StreamError
            When it does not answer, or not with video.
        """
        options = await self._options()
        if self._protocol() is HTTP:
            # Its streams may be without times, and then looking at seconds of them may take minutes.
            container = await self._container(options)
            options |= _untimed(container)
            quick = quick and container not in WITHOUT_TIMES
        media = await self._describe_quickly(options) if quick else None
        media = media or await self._describe(options)
        self.known.learn(media, rare_keyframes=RARE_KEYFRAMES.items() <= options.items())
        return self._inspection(media, options, may_copy=may_copy)

    async def recall_or_inspect(self, *, may_copy: bool) -> Inspection:
        """Return the camera's format from its last run, without asking; if that is unknown, `inspect`.

        Footage is not recorded while a camera is asked.
        """
        known = await asyncio.to_thread(self.known.recall)
        # Only ffprobe's words tell of RTSP's redirects, so a camera that was added over the API is always asked.
        if known is not None and not self._may_redirect:
            options = await self._options() | _needed(known)
            return replace(self._inspection(known.media, options, may_copy=may_copy), assumed=True)
        try:
            return await self.inspect(may_copy=may_copy, quick=True)
        except StreamError:
            self.known.trust()  # it is not there, so nothing speaks against what it was
            raise

    @property
    def _may_redirect(self) -> bool:
        return self._vet is not None and self._url.lower().startswith("rtsp")

    async def _options(self) -> dict[str, Any]:
        """Return what every program needs to read the URL; raises when that may not be opened."""
        protocol = self._protocol()
        if self._vet is not None:
            await asyncio.to_thread(self._vet)
        return {"protocol_whitelist": protocol.protocols, "format_whitelist": protocol.formats, **protocol.options}

    def _inspection(self, media: MediaInfo, options: dict[str, Any], *, may_copy: bool) -> Inspection:
        """Decide on the handling of the camera's video; `options` are those of the inspection."""
        protocol = self._protocol()
        mode, reason = choose_mode(media, self._mode, may_copy=may_copy, timed=protocol.timed and media.timed)
        if mode is StreamMode.TRANSCODE:
            options["threads"] = DECODER_THREADS
            if not media.timed:
                # Threads of a frame each hold back as many pictures: seconds, when few come.
                options["thread_type"] = "slice"
        if media.duration_s > 0:
            # A recording behind a URL is played at its own speed; a live source sets the pace itself.
            options["re"] = None
        return Inspection(ffmpeg.input(self._url, **options), mode, reason, media)

    async def prepare(self, *, may_copy: bool) -> Recipe:
        """Return how to read the camera, asked only when that is not known; raises as `inspect` does."""
        return self.recipe(await self.recall_or_inspect(may_copy=may_copy))

    def recipe(self, found: Inspection) -> Recipe:
        """Return the recipe for streaming the inspected source."""
        assert found.media is not None
        return Recipe(
            input=found.input,
            mode=found.mode,
            reason=found.reason,
            audio=choose_audio(found.media, keep=self._keep_audio),
            out_of_band_headers=self._protocol().out_of_band_headers,
            media=found.media,
            known=self.known,
            assumed=found.assumed,
        )

    async def answers_again(self) -> None:
        """Return when the address takes connections after it refused them.

        An address that takes them already is waited for for ever: what is wrong with it is something else.
        """
        while True:
            answers = await self._takes_connections()
            if answers and self._refused:
                self._refused = False
                return
            if answers:
                await asyncio.Event().wait()
            self._refused = True
            # Cameras that went away together are not all asked at once.
            await asyncio.sleep(KNOCK_EVERY_S * random.uniform(0.5, 1.0))  # noqa: S311

    async def _takes_connections(self) -> bool:
        """Connect, and close the connection at once."""
        parts = urlsplit(self._url)
        try:
            if self._vet is not None:
                await asyncio.to_thread(self._vet)
            async with asyncio.timeout(KNOCK_TIMEOUT_S):
                _, writer = await asyncio.open_connection(parts.hostname, parts.port or PORTS[parts.scheme.lower()])
        except (OSError, ValueError, KeyError, LivemonError):
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    def interrupt(self) -> None:
        """Do nothing: asking is ended by cancelling it."""

    async def feed(self, stdin: asyncio.StreamWriter, first_frame_utc: datetime) -> None:
        """Wait: ffmpeg reads the network by itself."""
        await asyncio.Event().wait()

    def _protocol(self) -> Protocol:
        protocol = PROTOCOLS.get(self._url.partition("://")[0].lower())
        if protocol is None:
            raise SourceError("source.unknown_kind", host=self._host, protocols=PROTOCOLS)
        if not well_formed(self._url):
            raise SourceError("source.address_unclear", host=self._host)
        parts = urlsplit(self._url)
        if not parts.hostname:
            raise SourceError("source.no_host", host=self._host, scheme=parts.scheme)
        return HLS if lists_addresses(self._url) else protocol

    async def _container(self, options: dict[str, Any]) -> str:
        """Ask for the format only."""
        if urlsplit(self._url).path.lower().endswith((".jpg", ".jpeg")):
            return SNAPSHOT  # by such a name ffmpeg would look for numbered files
        return read_container(await self._ask({**options, "nofind_stream_info": None}))

    async def _describe(self, options: dict[str, Any]) -> MediaInfo:
        """Ask what the stream is, longer where keyframes are rare, and add to `options` what reading it then needs.

        Raises
        ------
        StreamError
            When it has no picture.
        """
        said = await self._ask(options)
        media = read_probe(said)
        if media is None and has_picture_of_unknown_size(said):
            options |= RARE_KEYFRAMES
            said = await self._ask(options, RARE_TIMEOUT_S)
            media = read_probe(said)
        if media is None and has_only_sound(said):
            raise StreamError("source.sound_only", host=self._host)
        if media is None:
            raise StreamError("source.not_a_video", host=self._host)
        return media

    async def _describe_quickly(self, options: dict[str, Any]) -> MediaInfo | None:
        """Ask for a moment what the stream is; None where the answer does not describe everything yet."""
        said = await self._ask({**options, **QUICK})
        return None if UNKNOWN_SOUND in said else read_probe(said)

    async def _ask(self, options: dict[str, Any], timeout_s: float = PROBE_TIMEOUT_S) -> str:
        """Run ffprobe on the URL, and return its JSON.

        Raises
        ------
        AccessDenied, StreamError
            When nothing can be read there; the sentence says why.
        """
        # ffmpeg follows RTSP's redirects to wherever they lead, and says so only here.
        if self._may_redirect:
            options = {**options, "v": "info"}
        process = await spawn(probe_command(self._url, options))
        try:
            async with asyncio.timeout(timeout_s):
                stdout, stderr = await process.communicate()
        except TimeoutError:
            raise StreamError("source.no_answer", host=self._host) from None
        finally:
            if process.returncode is None:
                await run_to_completion(kill(process))
        if RTSP_REDIRECT in stderr:
            raise StreamError("source.redirected", host=self._host)
        said = stdout.decode(errors="replace")
        if process.returncode != 0 or not read_container(said):
            raise self._explain(stderr.decode(errors="replace"))
        return said

    def _explain(self, said: str) -> SourceError | StreamError:
        """Return the error for what ffprobe said, in a sentence and without credentials."""
        if any(words in said for words in DENIED):
            return denied(self._host)
        for words, code in UNREACHABLE.items():
            if words in said:
                return StreamError(code, host=self._host)
        lines = self.redact(said).strip().splitlines()
        return StreamError(
            "source.no_video", host=self._host, reason=lines[-1] if lines else message("source.said_nothing")
        )
