"""The registry of detectors: which names the setting `detector` can have, and how each is opened.

What a detector is stands in base/detections.py. A new one needs one function and one line here.
"""

from __future__ import annotations

from collections.abc import Callable

from livemon.base.detections import Detector
from livemon.base.errors import ConfigError

NONE = "none"


def _people() -> Detector:
    from livemon.detect.people import shared_detector

    return shared_detector()


DETECTORS: dict[str, Callable[[], Detector]] = {"people": _people}


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
