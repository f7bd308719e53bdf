"""SceneContext: a model's context beside the pictures: settings, the child's age today, the look before.

The wording of it does not belong here (vlm/request.py).
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from livemon.base.clock import Clock, local_day
from livemon.base.datatypes import Image
from livemon.base.errors import ConfigError
from livemon.base.model_types import Scene, Zone
from livemon.base.settings.models import ZoneSettings
from livemon.base.settings.settings import Settings

FRESH = timedelta(minutes=30)
"""Older sightings say nothing about the present."""

NOMINAL_WIDTH = 320


class SceneContext:
    """Makes one camera's `Scene`.

    Raises
    ------
    ConfigError
        When the nominal picture cannot be read.
    """

    def __init__(self, camera_id: str, settings: Settings, clock: Clock) -> None:
        self._camera = settings.cameras[camera_id]
        self._name = self._camera.name or camera_id
        self._zone = settings.zone
        self._clock = clock
        self._nominal = self._read_nominal()
        self._lock = threading.Lock()
        self._seen: tuple[str, datetime] | None = None

    def now(self) -> Scene:
        """Return the present context."""
        moment = self._clock.now()
        with self._lock:
            seen = self._seen if self._seen is not None and moment - self._seen[1] <= FRESH else None
        if seen is None:
            return self.then(moment)
        return replace(self.then(moment), last_seen=seen[0], last_seen_utc=seen[1])

    def then(self, moment: datetime) -> Scene:
        """Return the context of a moment in the past: the child's age then, and nothing of other looks."""
        day, _, _ = local_day(moment, self._zone)
        return Scene(
            camera=self._name,
            place=self._camera.place,
            zone=self._zone or moment.astimezone().tzinfo or UTC,
            language=self._camera.language.value,
            age_months=self._camera.age_months(day),
            zones=tuple(Zone(zone.name, zone.box, _told(zone)) for zone in self._camera.zones),
            nominal=self._nominal,
        )

    def remember(self, scene: str, utc: datetime) -> None:
        """Take in how a model described the scene, for the next look."""
        if scene:
            with self._lock:
                self._seen = (scene, utc)

    def forget(self) -> None:
        """Forget the look before, as of a camera that was away."""
        with self._lock:
            self._seen = None

    def _read_nominal(self) -> Image | None:
        path = self._camera.nominal
        if path is None:
            return None
        import cv2

        image = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
        if image is None:
            raise ConfigError("model.no_nominal_picture", path=path)
        height, width = image.shape[:2]
        size = (NOMINAL_WIDTH, max(1, round(height * NOMINAL_WIDTH / width)))
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype("uint8")


def _told(zone: ZoneSettings) -> str:
    """Return the description of a zone for a model."""
    grave = f"the child in it: {zone.severity}" if zone.severity else ""
    return "; ".join(part for part in (grave, zone.note) if part)
