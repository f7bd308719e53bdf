"""The registry of detectors: which names the setting `detector` can have, and how each is opened.

The protocol of a detector lives in base/detections.py. A new one needs one function and one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from livemon.base.detections import Detector
from livemon.base.errors import ConfigError

if TYPE_CHECKING:
    from livemon.detect.pets import PetDetector

NONE = "none"


def _people() -> Detector:
    from livemon.detect.people import shared_detector

    return shared_detector()


DETECTORS: dict[str, Callable[[], Detector]] = {"people": _people}


def open_pet_detector(detector: str, *, wanted: bool) -> PetDetector | None:
    """Return what finds pets; None when they are not wanted, or nothing is looked for. Nothing is loaded yet."""
    if not wanted or detector == NONE:
        return None
    from livemon.detect.pets import shared_pet_detector

    return shared_pet_detector()


def open_detector(name: str) -> Detector | None:
    """Return the detector called `name`; None for ``none``. Nothing is loaded yet.

    Raises
    ------
    ConfigError
        When no detector has that name.
    """
    if name == NONE:
        return None
    try:
        factory = DETECTORS[name]
    except KeyError:
        raise ConfigError("detector.unknown", name=name, detectors=(NONE, *sorted(DETECTORS))) from None
    return factory()
