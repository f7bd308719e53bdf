"""CameraRegistry: the cameras that there are, made from settings, and made or taken away while livemon runs.

Camera behaviour does not belong here (camera.py), nor the persistence of added cameras (added.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from livemon.base.clock import Clock, Window
from livemon.base.engine import Engine
from livemon.base.errors import LivemonError, UnknownCamera
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Purpose
from livemon.base.settings.cameras import CameraSettings
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamProfile
from livemon.cameras.added import AddedCameras
from livemon.cameras.camera import Camera
from livemon.cameras.detector_turns import DetectorTurns
from livemon.cameras.lease_book import LeaseBook
from livemon.cameras.rule_windows import WindowRules
from livemon.cameras.segment_analyzer import SegmentAnalyzer
from livemon.detect.registry import open_detector, open_pet_detector
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.store import writes
from livemon.store.session import Database
from livemon.stream.sources.allowed_hosts import check_api_source
from livemon.stream.sources.check import SourceReport, check_source
from livemon.stream.sources.registry import SourceOptions, open_source

ARCHIVES_AT_ONCE = 2
WINDOWS_READ_AT_ONCE = 2
"""Every camera's window closes at the same moment; the others wait, so that looks and streams do not."""


class CameraRegistry:
    """Holds the cameras of a monitor.

    Parameters
    ----------
    settings, database, clock, pool, prompts, profile
        Services that cameras share.
    engine
        Engine whose loop they run on.
    make_hour
        Called when a window's analysis came late.
    leases
        Asked before a camera starts.

    Attributes
    ----------
    cameras, analyzers
        By id. `cameras` is replaced when one comes or goes, so that iterations over it are not disturbed; `analyzers`
        is changed on the engine's loop only.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        pool: ModelPool,
        prompts: PromptRegistry,
        profile: StreamProfile,
        engine: Engine,
        make_hour: Callable[[str, Window], None],
        leases: LeaseBook,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._engine = engine
        self._prompts = prompts
        self._make_hour = make_hour
        archive_turns = asyncio.Semaphore(ARCHIVES_AT_ONCE)
        detector = open_detector(settings.detector)
        pet_detector = open_pet_detector(settings.detector, wanted=settings.pets)
        detector_turns = None if detector is None else DetectorTurns(detector, pet_detector)
        self._shared = (database, pool, prompts, clock, profile, archive_turns, detector_turns, leases)
        self._reading = asyncio.Semaphore(WINDOWS_READ_AT_ONCE)
        self._book = AddedCameras(settings, database, clock)
        self.cameras: dict[str, Camera] = {}
        self.analyzers: dict[str, SegmentAnalyzer] = {}
        for camera_id in list(settings.cameras):
            self._enter_kept(camera_id)

    def camera(self, camera_id: str) -> Camera:
        """Return the camera with this id.

        Raises
        ------
        UnknownCamera
            When it is unknown.
        """
        try:
            return self.cameras[camera_id]
        except KeyError:
            raise UnknownCamera(camera_id, sorted(self.cameras)) from None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders of videos that an added camera may play; the first is livemon's own, for videos that people bring."""
        return (self._settings.data_dir / "videos", *self._settings.camera_folders)

    @property
    def unreadable(self) -> dict[str, Message]:
        """Reasons why a stored camera, or a change of one, cannot be used: a sentence by id."""
        return {**self._book.unreadable, **self._book.left_out}

    def is_added(self, camera_id: str) -> bool:
        """Whether a camera was added while livemon ran, and can be removed."""
        return self._book.is_added(camera_id)

    def changes(self, camera_id: str) -> tuple[str, ...]:
        """Return the names of the settings that were changed here and stand otherwise in livemon.toml."""
        return self._book.changes(camera_id)

    def free_id(self, name: str) -> str:
        """Return an id for a new camera, made of its name."""
        return self._book.free_id(name)

    def add(self, camera_id: str, **values: Any) -> Camera:
        """Add a camera, for good; it is not started.

        Parameters
        ----------
        values
            As under ``[cameras.<id>]`` in livemon.toml: ``source`` at least.

        Raises
        ------
        ConfigError, SourceError
            When the id or a value is wrong, or nothing of this kind can be a source.
        """
        own = self._book.checked(camera_id, values)
        camera = self._tried(camera_id, own)
        self._book.keep(camera_id, own)
        self._engine.call(self._entered(camera))
        return camera

    def change(self, camera_id: str, **values: Any) -> Camera:
        """Change a camera; one that runs is started afresh. The changes of one of livemon.toml hold until `revert`.

        Whether the model looks is changed without a break.

        Raises
        ------
        UnknownCamera, ConfigError, SourceError
            When there is no such camera, or a value is wrong.
        StoreError
            When the database refuses. The camera then goes on as it was.
        """
        return self._change(camera_id, self._book.changed(camera_id, values))

    def revert(self, camera_id: str) -> Camera:
        """Restore a camera's settings from livemon.toml. Raises as `change`."""
        return self._change(camera_id, self._book.of_file(camera_id))

    def _change(self, camera_id: str, own: CameraSettings) -> Camera:
        before, was = self.camera(camera_id), self._settings.cameras[camera_id]
        if was.model_copy(update={"looks": own.looks}) == own:
            self._book.keep(camera_id, own)
            before.let_look(looks=own.looks)
            return before
        camera = self._tried(camera_id, own)
        self._book.keep(camera_id, own)  # what can be refused comes first
        self._engine.call(self._replaced(before, camera))
        return camera

    def try_source(self, text: str) -> SourceReport:
        """Try a source before a camera is added; takes some seconds.

        Raises
        ------
        SourceError, StreamError
            When it is not allowed for a camera, or cannot be used; the sentence says why.
        """
        hosts = self._settings.camera_hosts
        check_api_source(text, hosts, folders=self.folders)
        folder = self._settings.data_dir / "clips"
        source = open_source(text, folder, StreamProfile(), lambda _name, _reason: None, SourceOptions(hosts=hosts))
        return self._engine.call(check_source(source))

    def remove(self, camera_id: str) -> None:
        """Stop an added camera and take it away; its recordings stay.

        Raises
        ------
        UnknownCamera, NotAllowed
            When the camera is unknown, or is in livemon.toml.
        """
        camera = None if camera_id in self._book.unreadable else self.camera(camera_id)
        self._book.forget(camera_id)
        if camera is not None:
            self._engine.call(self._left(camera))

    async def stop(self) -> None:
        """Stop all cameras, and wait for it."""
        await asyncio.gather(*(camera.stop() for camera in self.cameras.values()), return_exceptions=True)

    def _enter_kept(self, camera_id: str) -> None:
        try:
            self._enter(self._made(camera_id))
        except LivemonError as exc:
            if self._book.is_added(camera_id):
                self._book.set_aside(camera_id, message("camera.not_made", camera=camera_id, cause=exc.said))
            elif self._book.changes(camera_id):
                self._book.leave_out_changes(camera_id, exc.said)
                self._enter(self._made(camera_id))
            else:
                raise  # it is in livemon.toml, where the user must correct it

    def _tried(self, camera_id: str, own: CameraSettings) -> Camera:
        """Return a camera made from settings that are not in force yet; their errors may show only now."""
        before, hosts = self._settings.cameras, self._hosts(camera_id, own)
        self._check_prompts(own, before.get(camera_id))
        if hosts is not None:
            check_api_source(own.source, hosts, folders=self.folders)
        wanted = self._settings.model_copy(update={"cameras": {**before, camera_id: own}})
        return Camera(camera_id, wanted, *self._shared, hosts=hosts)

    def _check_prompts(self, own: CameraSettings, before: CameraSettings | None) -> None:
        """Refuse prompts that are not there; one that was there when it was chosen stops no other change."""
        if before is None or own.look_prompt != before.look_prompt:
            self._prompts.check(own.look_prompt, Purpose.LOOK)
        if before is None or own.study_prompt != before.study_prompt:
            self._prompts.check(own.study_prompt, Purpose.STUDY)

    def _made(self, camera_id: str) -> Camera:
        hosts = self._hosts(camera_id, self._settings.cameras[camera_id])
        camera = Camera(camera_id, self._settings, *self._shared, hosts=hosts)
        # Of added cameras too: an older version may have written more of the source than may be shown.
        writes.upsert_camera(self._database, camera_id, camera.name, camera.source.label, self._clock.now())
        return camera

    def _hosts(self, camera_id: str, own: CameraSettings) -> tuple[str, ...] | None:
        """Return the hosts that a source given over the API may use; None for one of livemon.toml."""
        return None if self._book.has_source_of_file(camera_id, own.source) else self._settings.camera_hosts

    def _enter(self, camera: Camera) -> None:
        self.cameras = {**self.cameras, camera.id: camera}
        self.analyzers[camera.id] = SegmentAnalyzer(
            camera.id,
            self._database,
            self._clock,
            camera.gateway,
            camera.questions,
            self._make_hour,
            WindowRules(camera.id, self._settings, self._database),
            self._reading,
        )

    async def _entered(self, camera: Camera) -> None:
        self._enter(camera)

    async def _replaced(self, before: Camera, camera: Camera) -> None:
        runs = before.running
        await before.stop()
        self._enter(camera)
        if runs:
            await camera.start()

    async def _left(self, camera: Camera) -> None:
        self.cameras = {other: one for other, one in self.cameras.items() if other != camera.id}
        self.analyzers.pop(camera.id, None)
        await camera.stop()
