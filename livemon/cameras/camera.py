"""Camera: wires one source through the stages, and starts and stops them together.

source → HLSStreamGenerator → finished segments → (archives) and (motion gate → look → events). One of the two places
that wire stages together; the stages live in stream, detect, vlm and store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from livemon.archive.archiver import Archiver
from livemon.archive.footage import Footage
from livemon.base.clock import Clock
from livemon.base.contact_sheet import Sheet
from livemon.base.datatypes import Frame, Segment, encode_jpeg
from livemon.base.errors import CameraBusy, LeaseMissing, LivemonError
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Answer, Purpose
from livemon.base.settings.cameras import AudioSetting
from livemon.base.settings.models import ZoneRuleSettings, ZoneSettings
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamMode, StreamProfile, StreamState, StreamStatus
from livemon.base.tasks import survive
from livemon.cameras.detector_turns import DetectorTurns
from livemon.cameras.event_recorder import EventRecorder
from livemon.cameras.gate_memory import GateMemory
from livemon.cameras.lease_book import LeaseBook
from livemon.cameras.live_watch import LiveWatch
from livemon.cameras.look_planner import QUEUE_S, LookPlanner, recent_segments
from livemon.cameras.looks import LookLoop
from livemon.cameras.questions import QuestionBuilder
from livemon.cameras.rule_trial import TRIED_DAYS, Trial, try_rule
from livemon.cameras.rule_watch import RuleWatch
from livemon.cameras.sideways import degrees_to_turn
from livemon.detect.cooldown import Cooldown
from livemon.inference.gateway import ModelGateway
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.inference.route import RecordedAnswer
from livemon.inference.shadow import Shadow
from livemon.inference.study_parts import ask_in_parts
from livemon.store import writes
from livemon.store.session import Database
from livemon.stream.files.clips import Clip
from livemon.stream.live.hls import HLSStreamGenerator
from livemon.stream.live.outage import OutageChange, OutageKind, OutageWatch
from livemon.stream.lock import CameraLock
from livemon.stream.segments import list_segments
from livemon.stream.sources.registry import SourceOptions, open_source

log = logging.getLogger(__name__)

WATCH_EVERY_S = 1.0
START_RETRY_S = 10.0
"""Interval between attempts after a failed start: a folder can be writable again, another server has ended."""
ASPECT_WIDTH = 320
"""Pixels across in which a picture's aspect is read."""
LATE_S = 2.0
"""A segment that is finished so long after its end is counted as late."""


class Camera:
    """One camera, live. All coroutines run on the monitor's engine loop.

    Parameters
    ----------
    camera_id
        A key of `settings.cameras`.
    settings, database, pool, book, clock, profile, archive_turns, detector_turns, leases
        Shared with the other cameras of the monitor.
    hosts
        Of a camera that was added over the API: hosts it may be on all the same; see `SourceOptions`.

    Attributes
    ----------
    pause
        Why and until when it is not to run, for its status; None when it may run. `hours.RunHours` sees to it.
    """

    _elsewhere: StreamStatus | None = None

    def __init__(
        self,
        camera_id: str,
        settings: Settings,
        database: Database,
        pool: ModelPool,
        book: PromptRegistry,
        clock: Clock,
        profile: StreamProfile,
        archive_turns: asyncio.Semaphore,
        detector_turns: DetectorTurns | None,
        leases: LeaseBook,
        *,
        hosts: tuple[str, ...] | None = None,
    ) -> None:
        self.id = camera_id
        self.name = settings.cameras[camera_id].name or camera_id
        self._database, self._clock = database, clock
        self._leases, lease = leases, partial(leases.held.last, camera_id)
        self._folder = settings.camera_dir(camera_id)
        own = self._own = settings.cameras[camera_id]
        self._local = settings.zone
        profile = own.profile(profile)
        self._profile_aspect = profile.width / profile.height
        transcodes_audio = own.audio is AudioSetting.TRANSCODE
        options = SourceOptions(own.stream_mode, transcodes_audio, own.shuffle, hosts, self._folder / "source.json")
        self.source = open_source(own.source, settings.data_dir / "clips", profile, self._on_skip, options)
        self._generator = HLSStreamGenerator(
            camera_id, self.source, self._folder / "hls", profile, clock, self._on_segment
        )
        self.footage = Footage(camera_id, settings, database, clock)
        self._lock = CameraLock(self._folder)
        watched = settings.of_camera(camera_id)
        recent = recent_segments(watched, profile.segment_s)
        self._recorder = EventRecorder(
            camera_id, database, clock, Cooldown(settings.cooldown_s), self.thumbnails_folder, recent, lease
        )
        self._archiver = Archiver(camera_id, settings, database, clock, self._recorder, archive_turns, lease=lease)
        self.gateway = ModelGateway(camera_id, settings, database, pool, book, clock, self._recorder)
        gate_memory, detector = GateMemory(), detector_turns.detector if detector_turns else None
        self.questions = QuestionBuilder(camera_id, self.footage, self.gateway.scene, gate_memory, detector)
        # A question asked twice must have the same pictures, whatever is remembered meanwhile.
        self._asked = QuestionBuilder(camera_id, self.footage, self.gateway.scene, detector=detector)
        shadow = Shadow(camera_id, database, book, clock, self.gateway)
        watch = LiveWatch(camera_id, database, detector_turns, clock, RuleWatch(own, settings.zone), lease)
        planner = LookPlanner(camera_id, watched, recent, detector)
        self._looker = LookLoop(
            *(camera_id, self.gateway, shadow, self._recorder, recent, planner, watch, gate_memory),
            *(QUEUE_S // profile.segment_s, own.looks),
        )
        # A user may stop and start a camera that is offline: it is back only when there is a picture.
        self._outages, self._untold = OutageWatch(), list[OutageChange]()
        self._refusal: LivemonError | None = None
        self._refused: StreamStatus | None = None
        self.pause: Message | None = None
        self._told = self._to_tell()
        self._segments = self._late_segments = 0
        self._tasks: list[asyncio.Task[None]] = []
        # Starting and stopping take a while; those who ask meanwhile wait for their turn.
        self._changing = asyncio.Lock()

    @property
    def running(self) -> bool:
        """Whether the camera is started, live or trying to be."""
        return any(not task.done() for task in self._tasks)

    @property
    def recorded_elsewhere(self) -> bool:
        """Whether another host records it, or may: nothing is streamed here."""
        return isinstance(self._refusal, LeaseMissing)

    @property
    def wants_lease(self) -> bool:
        """Whether it streams or would, if it had its lease; not when something else is in the way."""
        return self.running and (self._refusal is None or self.recorded_elsewhere)

    @property
    def hls_folder(self) -> Path:
        """Holds the live playlist and the segments."""
        return self._generator.folder

    def next_segment(self) -> Future[None]:
        """Return a future that is done when the live playlist lists another segment; for any thread."""
        return self._generator.next_segment()

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of its zones."""
        return tuple(dict.fromkeys(zone.name for zone in self._own.zones))

    @property
    def thumbnails_folder(self) -> Path:
        """Holds the events' pictures."""
        return self._folder / "thumbnails"

    @property
    def status(self) -> StreamStatus:
        """State of the camera, with the counters of its segments and looks."""
        own = {"segments": self._segments, "late_segments": self._late_segments}
        status = self._stream_status
        if self._elsewhere is not None and self.pause is None and self.recorded_elsewhere:
            status = replace(self._elsewhere, looks=status.looks)
        return replace(status, counters={**own, **self._looker.counters})

    def show_other_host(self, status: StreamStatus | None) -> None:
        """Show the state of its stream on another host while that one records it; None when none does."""
        self._elsewhere = status

    def let_look(self, *, looks: bool) -> None:
        """Let the model look at live pictures, or not; the stream goes on."""
        self._looker.looks = looks

    @property
    def waiting_segments(self) -> int:
        """Number of segments that wait for a look."""
        return self._looker.waiting

    def frame(self, at: datetime, width: int | None = None) -> Frame:
        """Return the picture that was shown at a moment; blocks. See `livemon.archive.footage.Footage.frame`."""
        return self.footage.frame(at, width)

    def clip(self, start: datetime, end: datetime) -> Clip:
        """Cut out an MP4; blocks. See `livemon.archive.footage.Footage.clip`."""
        return self.footage.clip(start, end)

    def sheet(self, start: datetime, end: datetime, columns: int = 4, rows: int = 4) -> Sheet:
        """Return pictures of a stretch of time side by side; blocks. See `livemon.archive.footage.Footage.sheet`."""
        return self.footage.sheet(start, end, columns, rows)

    def try_rule(
        self, rule: ZoneRuleSettings, zones: Sequence[ZoneSettings] | None = None, days: float = TRIED_DAYS
    ) -> Trial:
        """Return how often a zone rule would have fired in the last days; blocks for seconds. It makes no events.

        Parameters
        ----------
        zones
            Zones that the rule may refer to; the camera's own when None.
        """
        until = self._clock.now()
        zones = self._own.zones if zones is None else zones
        return try_rule(
            *(self._database, self.id, zones, rule, until - timedelta(days=days), until),
            local=self._local,
            aspect=self._aspect(),
        )

    def degrees_to_turn(self) -> int:
        """Return by how many degrees more its pictures are to be turned clockwise; 0 when nothing tells. Blocks."""
        try:
            return degrees_to_turn(encode_jpeg(self.footage.latest(ASPECT_WIDTH).image))
        except LivemonError:
            return 0

    def _aspect(self) -> float:
        """Return width by height of its newest picture; of the profile's when nothing is recorded."""
        try:
            height, width = self.footage.latest(ASPECT_WIDTH).image.shape[:2]
        except LivemonError:
            return self._profile_aspect
        return float(width / height)

    async def ask(self, at: datetime, prompt: str) -> Answer:
        """Ask about a moment; see `livemon.monitor.monitor.Monitor.ask`."""
        terms = await asyncio.to_thread(self.gateway.terms, Purpose.LOOK, prompt)
        look = await asyncio.to_thread(self._asked.look, at, self.gateway.appetite(terms))
        return await self.gateway.again(look, terms)

    async def study(self, start: datetime, end: datetime, prompt: str) -> Answer:
        """Study a stretch of time; see `livemon.monitor.monitor.Monitor.study`."""
        terms = await asyncio.to_thread(self.gateway.terms, Purpose.STUDY, prompt)
        copied = self._generator.status.mode is StreamMode.COPY
        appetite = self.gateway.appetite(terms)

        async def ask(since: datetime, until: datetime) -> RecordedAnswer:
            study = await asyncio.to_thread(self._asked.study, since, until, appetite, terms, keyframes_only=copied)
            return RecordedAnswer(await self.gateway.again(study, terms))

        asked = await ask_in_parts(start, end, ask)
        assert isinstance(asked, RecordedAnswer), "asked again, or ModelError"
        return asked.answer

    async def start(self) -> None:
        """Begin to stream, archive and look; harmless when already running.

        A start that fails is said in the status too, and tried again until it succeeds or the camera is stopped.

        Raises
        ------
        CameraBusy, ConfigError
            When another process streams this camera, or its folder cannot be written.
        """
        async with self._changing:
            await self._start()

    async def start_when_possible(self) -> None:
        """Start as `start` does; a start that fails is logged, and tried again."""
        try:
            await self.start()
        except LeaseMissing as exc:
            log.info("camera %s: %s", self.id, exc)
        except LivemonError as exc:
            log.error("camera %s: %s", self.id, exc)

    async def restart(self) -> None:
        """Start afresh, whatever it is doing."""
        async with self._changing:
            await self._stop()
            await self._start()

    async def give_way(self, exc: LivemonError) -> None:
        """End a stream whose lease is lost, say why, and wait to start again; harmless when not streaming."""
        async with self._changing:
            if not self.running or self._refusal is not None:
                return
            log.warning("camera %s: %s", self.id, exc)
            await self._end()
            self._wait(exc)

    async def stop(self) -> None:
        """Stop everything and wait for it; harmless when not running. No ffmpeg is left behind."""
        async with self._changing:
            await self._stop()

    async def _start(self) -> None:
        if self.running and self._refusal is None:
            return
        await self._stop()  # clear away a stream that has ended by itself
        try:
            await self._begin()
        except LivemonError as exc:
            self._wait(exc)
            raise

    def _wait(self, exc: LivemonError) -> None:
        self._refuse(exc)
        self._tasks = [
            asyncio.create_task(self._start_later(), name=f"{self.id} start"),
            asyncio.create_task(self._watch_forever(), name=f"{self.id} watch"),
        ]

    async def _begin(self) -> None:
        """Take the camera and make its tasks; raises, and nothing has begun, when that cannot be done."""
        await self._leases.obtain(self.id)
        try:
            killed = self._lock.acquire(self._clock.now())
        except LivemonError:
            await self._leases.give_back(self.id)
            raise
        self._refusal = self._refused = None
        self._looker.reset()
        # Not in a thread: a first segment must not come before it. Names are read, no files.
        existing = list_segments(self.hls_folder) if killed else []
        self._outages.begun(existing[-1].end_utc if existing else None, killed=killed)
        self._tasks = [
            asyncio.create_task(self._generator.run(), name=f"{self.id} stream"),
            asyncio.create_task(self._archiver.run(), name=f"{self.id} archive"),
            asyncio.create_task(self._looker.run(), name=f"{self.id} look"),
            asyncio.create_task(self._watch_forever(), name=f"{self.id} watch"),
        ]

    def _refuse(self, exc: LivemonError) -> None:
        """Say in the status why the camera is not started."""
        since_utc = self._clock.now()
        if self._refused is not None and self._refused.said == exc.said:
            since_utc = self._refused.since_utc
        self._refusal = exc
        # One that another host records is well, and only not streamed here.
        state = StreamState.STOPPED if isinstance(exc, LeaseMissing) else StreamState.FAILED
        self._refused = replace(self._generator.status, state=state, said=exc.said, since_utc=since_utc)

    async def _start_later(self) -> None:
        """Try to start again and again; ends when it has begun."""
        mine = self._tasks
        while True:
            await self._clock.sleep(START_RETRY_S)
            try:
                await self._begin()
            except LivemonError as exc:
                self._refuse(exc)
                continue
            mine[-1].cancel()  # its watch: the camera has one of its own now
            log.info("camera %s: started after all", self.id)
            return

    async def _stop(self) -> None:
        await self._end()
        await survive(self._tell_status(), f"camera {self.id}: telling its status")

    async def _end(self) -> None:
        self._refusal = self._refused = None
        self._outages.stopped()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("camera %s: ended badly: %r", self.id, result)
        self._lock.release()

    def _on_segment(self, segment: Segment) -> None:
        """Hand a finished segment to archiver and detector; never waits, so the stream never does."""
        if (change := self._outages.footage(segment)) is not None:
            self._untold.append(change)
        self._segments += 1
        self._late_segments += (self._clock.now() - segment.end_utc).total_seconds() > LATE_S
        self._archiver.add(segment)
        self._looker.add(segment, copied=self._generator.status.mode is StreamMode.COPY)

    def _on_skip(self, name: str, reason: Message) -> None:
        """Record that a file of the source cannot be played. Called from a worker thread."""
        try:
            self._recorder.warn("file_skipped", message("event.file_skipped", file=name), reason, about=name)
        except LivemonError:
            log.exception("camera %s: could not record that %s is skipped", self.id, name)

    async def _watch_forever(self) -> None:
        """Tell when the stream's state changes; record when the camera goes offline, and when it is back."""
        while True:
            await self._clock.sleep(WATCH_EVERY_S)
            await survive(self._tell_status(), f"camera {self.id}: telling its status")
            # One that another process streams is not offline.
            if not isinstance(self._refusal, CameraBusy):
                change = self._outages.update(self._stream_status, self._clock.now(), self._clock.monotonic_s())
                self._untold += [change] if change else []
            await survive(self._tell_outages(), f"camera {self.id}: recording an outage")

    async def _tell_outages(self) -> None:
        """Record unreported outages as events; those that the database refuses are tried again."""
        while self._untold:
            change = self._untold[0]
            say = self._recorder.inform if change.kind is OutageKind.ONLINE else self._recorder.warn
            # One that is back is back now; what is missing, is missing since footage ended.
            start_utc = change.end_utc if change.kind is OutageKind.ONLINE else change.start_utc
            text = message("event.of_camera", camera=self.name, told=change.sentence)
            await asyncio.to_thread(say, change.kind.value, change.title, text, when=(start_utc, change.end_utc))
            self._untold.pop(0)

    async def _tell_status(self) -> None:
        """Notify subscribers of the stream's state when it differs from the last message."""
        now_so = self._to_tell()
        if now_so != self._told and self._leases.may_write(self.id):
            await asyncio.to_thread(writes.tell_status, self._database, self._stream_status, self._clock.now())
            self._told = now_so

    def _to_tell(self) -> tuple[StreamState, Message, StreamMode | None, bool]:
        status = self._stream_status
        return status.state, status.said, status.mode, status.looks

    @property
    def _stream_status(self) -> StreamStatus:
        status = replace(self._refused or self._generator.status, looks=self._looker.looks)
        return replace(status, said=self.pause) if self.pause and status.state is StreamState.STOPPED else status
