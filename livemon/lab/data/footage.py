"""Places: an item's footage, recorded by a camera or uploaded as a clip; and its context for models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from livemon.base.clock import Clock
from livemon.base.errors import LabError
from livemon.base.settings.settings import Settings
from livemon.cameras.camera import Camera
from livemon.cameras.segment_analyzer import MOST_FRAMES_PER_S
from livemon.detect.registry import open_detector
from livemon.inference.scene import SceneContext
from livemon.lab.data.clips import PREFIX, LabClips
from livemon.lab.experiments.live_plan import ClipNotes, Place
from livemon.store.recordings import archives_between
from livemon.store.session import Database

Cameras = Callable[[], Mapping[str, Camera]]
"""Returns the cameras that there are now, by id; they come and go."""


class Places:
    """Finds the footage of cameras and clips. Its methods block briefly."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        cameras: Callable[[], Mapping[str, Camera]],
        clips: LabClips,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._cameras = cameras
        self._clips = clips
        self._detector = open_detector(settings.detector)

    def place(self, camera_id: str, start_utc: datetime, end_utc: datetime, title: str = "") -> Place:
        """Return where a stretch of footage is.

        Raises
        ------
        LabError
            When neither a camera nor a clip has this id any more.
        """
        if camera_id.startswith(PREFIX):
            folder = self._clips.folder(camera_id) / "plans"
            return Place(self._clips.footage(camera_id), ClipNotes(title or camera_id), folder, detector=self._detector)
        camera = self._cameras().get(camera_id)
        if camera is None:
            raise LabError("lab.camera_gone", camera=camera_id)
        # As windows are studied: of a copied stream only keyframes, every picture of it would cost too much.
        archives = archives_between(self._database, camera_id, start_utc, end_utc, self._settings.data_dir)
        dense = any(one.frames > MOST_FRAMES_PER_S * max(1.0, one.coverage_s) for one in archives)
        notes = SceneContext(camera_id, self._settings, self._clock)
        plans = self._settings.camera_dir(camera_id) / "lab"
        return Place(camera.footage, notes, plans, keyframes_only=dense, detector=self._detector)
