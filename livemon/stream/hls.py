"""HLSStreamGenerator: the supervised ffmpeg that turns a source into finished segments and a live playlist.

`run()` goes on for ever and retries `run_once()`, which is one life of one ffmpeg. What is done with a finished
segment (archives, looks) does not belong here; listeners are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import shutil
import signal
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from livemon.clock import Clock, floor_to
from livemon.datatypes import Segment, StreamProfile, StreamState, StreamStatus
from livemon.errors import LivemonError, SourceError, StreamError
from livemon.stream import ffmpeg
from livemon.stream.playlist import MediaPlaylist, PlaylistEntry, parse_playlist
from livemon.stream.segments import follows, segment_name
from livemon.stream.source import Source

log = logging.getLogger(__name__)

PLAYLIST = "index.m3u8"
BACKOFF_MAX_S = 60.0
STOP_TIMEOUT_S = 5.0
WATCH_EVERY_S = 1.0
STALL_TARGET_DURATIONS = 3
QUIET = (StreamState.STARTING, StreamState.LIVE, StreamState.STOPPED)


class HLSStreamGenerator:
    """Streams one source in the transcode profile.

    Parameters
    ----------
    camera_id
        For log lines and status.
    source
        What to stream.
    folder
        Receives ``index.m3u8`` and the segments beside it.
    profile, clock
        What to produce, and the time.
    on_segment
        Called on the loop with each finished segment, after the playlist lists it.
    """

    def __init__(
        self,
        camera_id: str,
        source: Source,
        folder: Path,
        profile: StreamProfile,
        clock: Clock,
        on_segment: Callable[[Segment], None],
    ) -> None:
        self._camera_id = camera_id
        self._source = source
        self.folder = folder
        self._profile = profile
        self._clock = clock
        self._on_segment = on_segment
        self._playlist = self._restore_playlist()
        self._last: Segment | None = None
        self._progress_s = 0.0
        self._restarts = 0
        self._status = StreamStatus(camera_id, StreamState.STOPPED, "not started", clock.now())

    @property
    def status(self) -> StreamStatus:
        """What the stream is doing, why, and since when."""
        return self._status

    @property
    def playlist_path(self) -> Path:
        """The live playlist's file."""
        return self.folder / PLAYLIST

    async def run(self) -> None:
        """Stream until cancelled; any exit of ffmpeg is a failure and is retried, later and later."""
        failures = 0
        # What is listed may be hours old; players must not be offered it as live. The sequence goes on in memory.
        self.playlist_path.unlink(missing_ok=True)
        self._set_state(StreamState.STARTING, "waiting for the first segment")
        try:
            while True:
                produced = self._last
                try:
                    await self.run_once()
                except LivemonError as exc:
                    bad_source = isinstance(exc, SourceError)
                    self._set_state(StreamState.FAILED if bad_source else StreamState.RECONNECTING, str(exc))
                except Exception as exc:  # a full disk, a lost mount: whatever it is, the camera comes back
                    log.exception("camera %s: unexpected", self._camera_id)
                    self._set_state(StreamState.RECONNECTING, f"{type(exc).__name__}: {exc}")
                failures = 1 if self._last is not produced else failures + 1
                self._restarts += 1
                delay_s = min(BACKOFF_MAX_S, 2.0 ** (failures - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
                await self._clock.sleep(delay_s)
        finally:
            self._source.interrupt()
            self._set_state(StreamState.STOPPED, "stopped")

    async def run_once(self) -> None:
        """Run one ffmpeg until it ends.

        Raises
        ------
        SourceError
            When the source cannot be used; nothing was started.
        StreamError
            When ffmpeg ended or produced nothing for three target durations.
        """
        await asyncio.to_thread(self._source.prepare)
        await self._clock.sleep(self._ahead_s())
        incoming = self.folder / "incoming"
        # What an earlier ffmpeg left unfinished here was never listed and cannot be told apart from garbage.
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(parents=True)
        frame = timedelta(seconds=self._profile.frame_s)
        first_utc = floor_to(self._clock.now(), frame) + frame
        grid_utc = floor_to(first_utc, timedelta(seconds=self._profile.segment_s))
        first_frame = round((first_utc - grid_utc) / frame)
        command = ffmpeg.live_command(self._source.input(), incoming, self._profile, first_frame)
        process = await _spawn(command)
        assert process.stdin and process.stdout and process.stderr
        said: deque[str] = deque(maxlen=20)
        self._progress_s = self._clock.monotonic_s()
        tasks = [
            asyncio.create_task(self._source.feed(process.stdin, first_utc)),
            asyncio.create_task(self._collect(process.stdout, incoming, grid_utc, first_utc)),
            asyncio.create_task(self._watch(incoming)),
        ]
        drain = asyncio.create_task(_drain(process.stderr, said))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._end(process, tasks, drain)
        for task in tasks:
            if not task.cancelled() and (exc := task.exception()) is not None and not isinstance(exc, ConnectionError):
                raise exc
        last_words = said[-1] if said else "it said nothing"
        raise StreamError(f"ffmpeg ended with code {process.returncode}: {last_words}")

    async def _end(
        self, process: asyncio.subprocess.Process, tasks: list[asyncio.Task[None]], drain: asyncio.Task[None]
    ) -> None:
        """Stop ffmpeg, let it finish its last segment, and wait for everything that served it."""
        feed, collect, watch = tasks
        feed.cancel()
        watch.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if process.stdin:
            process.stdin.close()
            with contextlib.suppress(ConnectionError):  # asyncio complains of it when nobody asks
                await process.stdin.wait_closed()
        # Their pipes are at an end now; the last announcement is still to be read.
        await asyncio.wait([feed, watch, collect, drain], timeout=STOP_TIMEOUT_S)
        collect.cancel()
        drain.cancel()
        await asyncio.gather(*tasks, drain, return_exceptions=True)

    async def _collect(
        self, stdout: asyncio.StreamReader, incoming: Path, grid_utc: datetime, first_utc: datetime
    ) -> None:
        """Turn ffmpeg's announcements (``name,start,end``) into listed segments."""
        async for line in stdout:
            name, start_text, end_text = line.decode().strip().split(",")
            # The muxer reports 0 as the first segment's start, whatever its first timestamp.
            start_utc = max(first_utc, grid_utc + timedelta(seconds=float(start_text)))
            duration_s = (grid_utc + timedelta(seconds=float(end_text)) - start_utc).total_seconds()
            if duration_s <= 0:
                continue
            target = self.folder / segment_name(start_utc, duration_s, duration_s)
            (incoming / name).rename(target)
            self._publish(Segment(start_utc, round(duration_s, 3), target, round(duration_s, 3)))

    async def _watch(self, incoming: Path) -> None:
        """Raise when neither bytes nor segments came for three target durations, on a clock that never steps."""
        limit_s = STALL_TARGET_DURATIONS * self._profile.segment_s
        written = -1
        while True:
            await self._clock.sleep(WATCH_EVERY_S)
            size = await asyncio.to_thread(_bytes_in, incoming)
            if size != written:
                written, self._progress_s = size, self._clock.monotonic_s()
            silent_s = self._clock.monotonic_s() - self._progress_s
            if silent_s > limit_s:
                self._set_state(StreamState.STALLED, f"nothing was written for {silent_s:.0f} s")
                raise StreamError(f"The source gave nothing for {silent_s:.0f} s.")

    def _publish(self, segment: Segment) -> None:
        """List a finished segment, then tell the listener."""
        discontinuity = self._last is None or not follows(segment, self._last)
        # The very first segment of an empty playlist continues nothing, so it carries no tag.
        first_ever = not self._playlist.entries and self._playlist.discontinuity_sequence == 0 and self._last is None
        entry = PlaylistEntry(
            segment.path.name, segment.duration_s, segment.start_utc, discontinuity and not first_ever
        )
        span_s = self._profile.live_segments * self._profile.segment_s
        self._playlist = self._playlist.append(entry, self._profile.live_segments, span_s)
        part = self.playlist_path.with_suffix(".part")
        part.write_text(self._playlist.render())
        part.replace(self.playlist_path)
        self._last = segment
        self._progress_s = self._clock.monotonic_s()
        self._set_state(StreamState.LIVE, "streaming")
        self._on_segment(segment)

    def _ahead_s(self) -> float:
        """Return how far the last segment reaches into the future: what a stopping ffmpeg flushes is not paced.

        The next run begins after it, so that segments never overlap.
        """
        if not self._playlist.entries:
            return 0.0
        ahead_s = (self._playlist.entries[-1].end_utc - self._clock.now()).total_seconds()
        # More than a segment is no flush but a clock that was set back: then footage goes on at once.
        return ahead_s if 0 < ahead_s <= self._profile.segment_s else 0.0

    def _restore_playlist(self) -> MediaPlaylist:
        """Go on from the playlist on disk, so that the media sequence never goes back."""
        try:
            return parse_playlist(self.playlist_path.read_text())
        except (OSError, ValueError):
            # Seconds since the epoch are beyond any number an erased playlist can have reached.
            return MediaPlaylist(self._profile.segment_s, media_sequence=int(self._clock.now().timestamp()))

    def _set_state(self, state: StreamState, reason: str) -> None:
        changed = (state, reason) != (self._status.state, self._status.reason)
        if changed:
            log.log(logging.INFO if state in QUIET else logging.WARNING, "camera %s: %s", self._camera_id, reason)
        self._status = StreamStatus(
            self._camera_id,
            state,
            reason,
            self._clock.now() if changed else self._status.since_utc,
            self._restarts,
            self._last.end_utc if self._last else None,
        )


async def _spawn(command: list[str]) -> asyncio.subprocess.Process:
    """Start a process with its three pipes; cancelled meanwhile, it is ended before the cancellation goes on.

    asyncio itself would wait for ever for a process whose creation is cancelled half-way (Python 3.11: `_wait` needs
    all three pipes, which are not there yet).
    """
    spawning = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # A terminal's Ctrl-C goes to its whole process group; stopping is ours to order.
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(spawning)
    except asyncio.CancelledError:
        process = await spawning
        process.kill()
        await process.communicate()
        raise


def _bytes_in(folder: Path) -> int:
    """Return the size of a folder's segments together; one that is renamed meanwhile counts no more."""
    total = 0
    for path in folder.glob("*.ts"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


async def _drain(stderr: asyncio.StreamReader, said: deque[str]) -> None:
    """Keep ffmpeg's last lines and never let its pipe fill up."""
    async for line in stderr:
        said.append(line.decode(errors="replace").strip())
