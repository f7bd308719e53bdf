"""HLSStreamGenerator: the supervised ffmpeg that turns a source into finished segments and a live playlist.

`run()` goes on for ever and retries `run_once()`, which is one life of one ffmpeg. The use of a finished segment
(archives, looks) belongs to its listeners.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import shutil
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from livemon.base.clock import Clock, floor_to
from livemon.base.datatypes import Segment
from livemon.base.errors import AccessDenied, LivemonError, SourceError, StreamError
from livemon.base.messages.message import Message, message, system_reason
from livemon.base.private_files import make_folder
from livemon.base.stream_types import StreamMode, StreamProfile, StreamState, StreamStatus
from livemon.base.tasks import run_to_completion
from livemon.stream.known_media import SourceChanged
from livemon.stream.live.ffmpeg_command import live_command
from livemon.stream.live.live_playlist import LivePlaylist
from livemon.stream.live.stall import StallWatch
from livemon.stream.live.timeline import HOLE_S, TRUSTED_S, Arrival, Grid, Placed, Timeline
from livemon.stream.live.unfinished import find_unfinished, newest_picture_s, read_pictures
from livemon.stream.process import LiveProcess
from livemon.stream.segments import segment_name
from livemon.stream.sources.source import Recipe, Source

log = logging.getLogger(__name__)

BACKOFF_FIRST_S = 0.3
"""Short: footage sent meanwhile is not recorded, and most runs that end can begin again at once."""
BACKOFF_MAX_S = 60.0
NEWLY_AWAY_S = 600.0
NEWLY_AWAY_BACKOFF_MAX_S = 10.0
"""Longest wait before the next try for the first ten minutes; most outages are shorter."""
ACCESS_BACKOFF_S = (60.0, 600.0)
"""First and longest wait after a refused password: cameras lock out who asks too often."""

COPY_ATTEMPTS = 2
"""So often copying may end without a single segment before it is transcoded."""

WATCH_EVERY_S = 1.0
CLOCK_STEP_S = 1.0
"""Wall and monotonic clock differ by more only when the clock is set; time servers slew both together."""

BACKWARD_JUMP_S = 1.0
SETTLE_S = 0.3
"""Interval of checks whether ffmpeg has written the footage that it held back at a run's beginning."""
FLOW_S = 1.0
"""The same after a segment that came late: long enough to see whether pictures come as time passes."""
SETTLED_LOOKS = 3
SETTLE_TRIES, FLOW_TRIES = 10, 4
"""Together shorter than the patience with a stream of two-second segments."""

WAITING = message("stream.waiting")
QUIET = (StreamState.STARTING, StreamState.LIVE, StreamState.STOPPED)


class HLSStreamGenerator:
    """Streams one source, copied or in the transcode profile.

    Parameters
    ----------
    camera_id
        For log lines and status.
    source
        The source to stream.
    folder
        Receives ``index.m3u8`` and the segments beside it.
    profile, clock
        The output profile, and the time.
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
        # Seconds since the epoch are beyond any number an erased playlist can have reached.
        self._playlist = LivePlaylist(folder, profile, first_sequence=int(clock.now().timestamp()))
        self._footage_until_s: float | None = None  # on the clock that never steps
        self._waiting: set[Future[None]] = set()
        self._vain_copies = 0
        self._ask_at_once = False
        self._status = StreamStatus(camera_id, StreamState.STOPPED, message("stream.not_started"), clock.now())

    @property
    def status(self) -> StreamStatus:
        """State of the stream, its reason, and its start."""
        return self._status

    def next_segment(self) -> Future[None]:
        """Return a future that is done when the playlist lists another segment; for any thread."""
        waiting: Future[None] = Future()
        all_waiting = self._waiting
        all_waiting.add(waiting)
        # Players of a camera that is away ask again and again: what they give up must not pile up.
        waiting.add_done_callback(all_waiting.discard)
        return waiting

    async def run(self) -> None:
        """Stream until cancelled; any exit of ffmpeg is a failure and is retried, later and later."""
        failures = denials = 0
        resumed = False
        self._set_state(StreamState.STARTING, WAITING)
        away_since_s = self._clock.monotonic_s()
        try:
            while True:
                produced, begun_s = self._playlist.last, self._clock.monotonic_s()
                denied = self._ask_at_once = False
                try:
                    if not resumed:
                        await self._keep_unfinished(listed=False)
                        await asyncio.to_thread(self._playlist.resume)
                        resumed = True
                    await self.run_once()
                except LivemonError as exc:
                    denied = isinstance(exc, AccessDenied)
                    bad_source = isinstance(exc, SourceError)
                    self._set_state(StreamState.FAILED if bad_source else StreamState.RECONNECTING, exc.said)
                except OSError as exc:  # a full disk, a lost mount, no descriptors
                    self._set_state(
                        StreamState.RECONNECTING, message("stream.system_refused", reason=system_reason(exc))
                    )
                except Exception as exc:  # whatever it is, the camera comes back
                    log.exception("camera %s: unexpected", self._camera_id)
                    said = message("stream.not_expected", kind=type(exc).__name__, reason=self._source.redact(str(exc)))
                    self._set_state(StreamState.RECONNECTING, said)
                failures = failures + 1
                if self._playlist.last is not produced:
                    failures, away_since_s = 1, self._clock.monotonic_s()
                    begun_s = away_since_s
                self._status = replace(self._status, restarts=self._status.restarts + 1)
                denials = denials + 1 if denied else 0
                if self._ask_at_once:
                    continue
                newly = self._clock.monotonic_s() - away_since_s < NEWLY_AWAY_S
                longest_s = NEWLY_AWAY_BACKOFF_MAX_S if newly else BACKOFF_MAX_S
                first_s, longest_s = ACCESS_BACKOFF_S if denied else (BACKOFF_FIRST_S, longest_s)
                # The exponent is bounded before the power is: a camera may be away for a year.
                delay_s = min(longest_s, first_s * 2.0 ** min((denials or failures) - 1, 10))
                # A try that waited for a silent camera was a part of the wait.
                tried_s = 0.0 if denied else self._clock.monotonic_s() - begun_s
                if await self._answers_within(max(first_s, delay_s - tried_s)):
                    failures = 0
        finally:
            self._source.interrupt()
            self._set_state(StreamState.STOPPED, message("stream.stopped"))

    async def _answers_within(self, delay_s: float) -> bool:
        """Wait before the next try; return early, and True, when the source's address answers again."""
        # Jitter, so that cameras that went away together do not all come back in the same moment.
        waiting = asyncio.create_task(self._clock.sleep(delay_s * random.uniform(0.5, 1.0)))  # noqa: S311
        answering = asyncio.create_task(self._source.answers_again())
        try:
            done, _ = await asyncio.wait((waiting, answering), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (waiting, answering):
                task.cancel()
            await asyncio.gather(waiting, answering, return_exceptions=True)
        return answering in done

    async def run_once(self) -> None:
        """Run one ffmpeg until it ends.

        Raises
        ------
        SourceError
            When the source cannot be used; nothing was started.
        StreamError
            When ffmpeg ended, produced nothing for three target durations, or can no longer tell the time.
        """
        await self._keep_unfinished(listed=True)
        recipe = await self._source.prepare(may_copy=self._vain_copies < COPY_ATTEMPTS)
        self._status = replace(self._status, mode=recipe.mode, mode_reason=recipe.reason, media=recipe.media)
        if recipe.paced:
            await self._clock.sleep(self._ahead_s())
        incoming = self.folder / "incoming"
        _make_empty(incoming)
        timeline, first_utc, first_frame = self._start_time(recipe)
        process = await LiveProcess.spawn(
            live_command(recipe, incoming, self._profile, first_frame), self._source.redact
        )
        log.info("camera %s: %s (%s)", self._camera_id, recipe.mode.value, recipe.reason)
        before = self._playlist.last
        tasks = [
            asyncio.create_task(self._source.feed(process.stdin, first_utc)),
            asyncio.create_task(self._watch(incoming, process, recipe)),
            asyncio.create_task(self._collect(process, incoming, timeline, recipe)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # A process that was killed, or found no room, might have gone on.
            killed = process.returncode is not None and process.returncode < 0
            vain = self._playlist.last is before and not killed
            # A user may stop the camera while its ffmpeg is being ended.
            await run_to_completion(_wind_up(process, tasks))
        # The flush of an ffmpeg that was ended does not count: it could not finish a segment by itself. Nor is the
        # recipe to blame for a camera that sets its clock.
        refused = any(not task.cancelled() and isinstance(task.exception(), OSError) for task in tasks)
        vain = vain and process.backward_jump_s <= BACKWARD_JUMP_S and not (process.disk_full or refused)
        self._judge(recipe, vain=vain)
        for task in tasks:
            if not task.cancelled() and (exc := task.exception()) is not None and not isinstance(exc, ConnectionError):
                if isinstance(exc, SourceChanged):
                    _make_empty(incoming)  # old files there may be of a format that browsers do not play
                raise exc
        if recipe.media and recipe.media.duration_s > 0 and process.returncode == 0:
            raise StreamError("stream.recording_ended")
        raise StreamError("stream.ffmpeg_ended", exit_code=process.returncode, last_words=process.last_words)

    def _judge(self, recipe: Recipe, *, vain: bool) -> None:
        """Take note whether a run was in vain, as the source may be another one, or cannot be copied."""
        if recipe.assumed and recipe.known is not None:
            if vain:
                recipe.known.doubt()
            self._ask_at_once = vain
            return
        self._vain_copies = self._vain_copies + 1 if vain and recipe.mode is StreamMode.COPY else 0

    def _start_time(self, recipe: Recipe) -> tuple[Timeline, datetime, int]:
        """Return how this run's segments are placed, the time of its first frame, and that frame's grid index."""
        now, end_utc = self._clock.now(), self._playlist.end_utc
        # The length of a hole is known even when the clock was set meanwhile.
        hole = timedelta(seconds=self._clock.monotonic_s() - (self._footage_until_s or self._clock.monotonic_s()))
        if not recipe.paced:
            return Arrival(end_utc, now, now - hole), now, 0
        frame = timedelta(seconds=self._profile.frame_s)
        # Footage that reaches far beyond now was made before the clock was set back.
        set_back = end_utc is not None and end_utc - now > timedelta(seconds=self._profile.segment_s)
        first_utc = floor_to(max(now, (end_utc or now) + (hole if set_back else timedelta(0))), frame) + frame
        grid_utc = floor_to(first_utc, timedelta(seconds=self._profile.segment_s))
        return Grid(grid_utc, first_utc), first_utc, round((first_utc - grid_utc) / frame)

    async def _collect(self, process: LiveProcess, incoming: Path, timeline: Timeline, recipe: Recipe) -> None:
        """Turn ffmpeg's announcements (``name,start,end``) into listed segments."""
        wall_utc, steady_s = self._clock.now(), self._clock.monotonic_s()
        first, settled_s = True, 0.0
        async for heard_s, line in _as_heard(process.stdout, self._clock):
            name, start_text, end_text = line.decode().strip().split(",")
            start_s, end_s = float(start_text), float(end_text)
            if first and recipe.known is not None and recipe.assumed:
                recipe.known.check(await process.description())
            # The wall clock of the run's start, carried on by the clock that never steps.
            heard_utc = wall_utc + timedelta(seconds=heard_s - steady_s)
            if isinstance(timeline, Arrival):
                late_s = timeline.late_s(end_s, heard_utc)
                if late_s is None:
                    # The muxer says 0 for a run's beginning, though sound may come seconds before the first keyframe.
                    pictures = await asyncio.to_thread(read_pictures, incoming / name)
                    start_s = max(start_s, end_s - pictures.duration_s) if pictures else start_s
                if late_s is None or late_s > HOLE_S:
                    # Segments announced before the last look ended belong to the same burst.
                    held = late_s if late_s and heard_s <= settled_s else None
                    held_s = (
                        await self._held_back_s(process, incoming / name, heard_s, late_s) if held is None else held
                    )
                    heard_utc -= timedelta(seconds=held_s)
                    settled_s = self._clock.monotonic_s() if held is None else settled_s
            placed = timeline.place(start_s, end_s, heard_utc)
            if placed is not None and placed.media_duration_s < self._profile.segment_s - TRUSTED_S:
                # The last one of a run; it may lack what a full disk refused.
                placed = await asyncio.to_thread(_as_written, incoming / name, placed)
            if placed is None:
                continue
            self._footage_until_s = steady_s + (heard_utc - wall_utc).total_seconds()
            self._publish(self._named(incoming / name, placed))
            if first and recipe.known is not None:
                await asyncio.to_thread(recipe.known.prove, await process.description())
            first = False
            if placed.broken:
                raise StreamError("stream.time_jumped")

    async def _held_back_s(self, process: LiveProcess, path: Path, heard_s: float, late_s: float | None) -> float:
        """Return how long ffmpeg, or the network, had held back a segment that was heard of at `heard_s`.

        ffmpeg looks at a source for seconds before it writes, and then writes all of it at once; a network does so
        after a jam. The footage after the segment decides: as soon as the newest picture is not newer than the time
        that passes, it has just come.

        Parameters
        ----------
        late_s
            Delay beyond the usual one; None for a run's first one.
        """
        at_s, ahead_s = await asyncio.to_thread(_newest_picture, self._clock, path)
        held_s, looks = 0.0, 0
        settled = flows = False
        for _ in range(SETTLE_TRIES if late_s is None else FLOW_TRIES):
            await self._clock.sleep(SETTLE_S if late_s is None else FLOW_S)
            before_s, then_s = ahead_s, at_s
            at_s, ahead_s = await asyncio.to_thread(_newest_picture, self._clock, path)
            # The newest picture is as late as this machine and the network are just now: the least late of some counts.
            held_s = max(held_s, ahead_s - (at_s - heard_s))
            settled = ahead_s - before_s <= at_s - then_s + TRUSTED_S
            flows = ahead_s - before_s > (at_s - then_s) / 2
            looks += settled
            if looks == (1 if late_s is not None else SETTLED_LOOKS) or process.returncode is not None:
                break
        # If pictures come in bursts, a hole and a segment that was held up look the same.
        return held_s if late_s is None or (settled and flows) else late_s

    async def _keep_unfinished(self, *, listed: bool) -> None:
        """Make segments of the whole pictures that an ffmpeg left which was killed, this process's or an earlier one's.

        Parameters
        ----------
        listed
            Whether they are offered as live.
        """
        now, steady_s = self._clock.now(), self._clock.monotonic_s()
        for found in await asyncio.to_thread(find_unfinished, self.folder, self.folder / "incoming", now):
            segment = self._named(found.path, found.placed)
            log.info("camera %s: %.1f s that were left unfinished are kept", self._camera_id, segment.duration_s)
            self._footage_until_s = steady_s - (now - found.written_utc).total_seconds()
            try:
                if listed:
                    self._playlist.add(segment)
            finally:
                self._on_segment(segment)

    def _named(self, path: Path, placed: Placed) -> Segment:
        """Give a finished file the name that carries its times."""
        target = self.folder / segment_name(placed.start_utc, placed.duration_s, placed.media_duration_s)
        path.rename(target)
        return Segment(placed.start_utc, placed.duration_s, target, placed.media_duration_s)

    async def _watch(self, incoming: Path, process: LiveProcess, recipe: Recipe) -> None:
        """Raise when footage stops coming, on a clock that never steps, or when its time can no longer be told."""
        apart_utc = self._clocks_apart_utc()
        stall = StallWatch(self._clock.monotonic_s(), self._profile.segment_s, self._playlist.last)
        while True:
            await self._clock.sleep(WATCH_EVERY_S)
            if recipe.known is not None and recipe.assumed and process.described.is_set():
                recipe.known.check(process.input_streams)
            now_s = self._clock.monotonic_s()
            step_s = (self._clocks_apart_utc() - apart_utc).total_seconds()
            written = await asyncio.to_thread(_bytes_in, incoming)
            if written and self._status.state is not StreamState.LIVE:
                self._set_state(StreamState.STARTING, WAITING)
            reason = stall.take(now_s, written, self._playlist.last, self._playlist.target_duration_s)
            if reason is not None:
                self._set_state(StreamState.STALLED, reason)
                raise StreamError(reason.code, **reason.values)
            if process.backward_jump_s > BACKWARD_JUMP_S:
                raise StreamError("stream.time_went_back", backward_jump_s=process.backward_jump_s)
            if abs(step_s) > CLOCK_STEP_S:
                raise StreamError(
                    "stream.clock_set_forward" if step_s > 0 else "stream.clock_set_back", step_s=abs(step_s)
                )

    def _clocks_apart_utc(self) -> datetime:
        """Return when the monotonic clock was zero: always the same moment, until the wall clock is set."""
        return self._clock.now() - timedelta(seconds=self._clock.monotonic_s())

    def _publish(self, segment: Segment) -> None:
        """List a finished segment, then notify the listener, even if a full disk prevents the listing."""
        try:
            self._playlist.add(segment)
            self._set_state(StreamState.LIVE, message("stream.streaming"))
            all_waiting, self._waiting = self._waiting, set()
            for waiting in tuple(all_waiting):
                if waiting.set_running_or_notify_cancel():
                    waiting.set_result(None)
        finally:
            self._on_segment(segment)

    def _ahead_s(self) -> float:
        """Return how far the last segment reaches into the future: the flush of a stopping ffmpeg is not paced.

        The next run begins after it, so that segments never overlap.
        """
        end_utc = self._playlist.end_utc
        ahead_s = (end_utc - self._clock.now()).total_seconds() if end_utc else 0.0
        # More than a segment is not a flush but a clock that was set back: then footage goes on at once.
        return ahead_s if 0 < ahead_s <= self._profile.segment_s else 0.0

    def _set_state(self, state: StreamState, reason: Message) -> None:
        changed = (state, reason) != (self._status.state, self._status.said)
        if changed:
            log.log(logging.INFO if state in QUIET else logging.WARNING, "camera %s: %s", self._camera_id, reason)
        self._status = replace(
            self._status,
            state=state,
            said=reason,
            since_utc=self._clock.now() if changed else self._status.since_utc,
            last_segment_end_utc=self._playlist.last.end_utc if self._playlist.last else None,
        )


async def _wind_up(process: LiveProcess, tasks: list[asyncio.Task[None]]) -> None:
    """End ffmpeg and the tasks that feed, watch and read it."""
    for task in tasks[:2]:
        task.cancel()
    await process.end()
    # Its output is at an end now; the last announcement is still to be read.
    await asyncio.wait(tasks, timeout=WATCH_EVERY_S)
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _as_heard(stdout: asyncio.StreamReader, clock: Clock) -> AsyncIterator[tuple[float, bytes]]:
    """Yield lines with the moments at which they came, however long it takes to do something about one."""
    heard: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read() -> None:
        async for line in stdout:
            heard.put_nowait((clock.monotonic_s(), line))
        heard.put_nowait((clock.monotonic_s(), b""))

    reading = asyncio.create_task(read())
    try:
        while (item := await heard.get())[1]:
            yield item
    finally:
        reading.cancel()


def _newest_picture(clock: Clock, path: Path) -> tuple[float, float]:
    """Return the moment, and how long after a segment's end the newest picture ends that is written by then; blocks."""
    return clock.monotonic_s(), newest_picture_s(path.parent, path.name)


def _bytes_in(folder: Path) -> int:
    """Return the size of a folder's segments together; one that is renamed meanwhile counts no more."""
    total = 0
    for path in folder.glob("*.ts"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def _as_written(path: Path, placed: Placed) -> Placed | None:
    """Return a short segment's place as far as its pictures reach; None, and the file is gone, when it is empty."""
    if not path.stat().st_size:
        path.unlink()
        return None
    pictures = read_pictures(path)
    if pictures is None or pictures.duration_s > placed.media_duration_s - TRUSTED_S:
        return placed
    wall_s = round(placed.duration_s * pictures.duration_s / placed.media_duration_s, 3)
    return replace(placed, duration_s=wall_s, media_duration_s=pictures.duration_s)


def _make_empty(folder: Path) -> None:
    """Make a folder anew. An OSError says why that is impossible, not that something is left in it."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
    make_folder(folder)
