"""The registry of models: which names `model` can have, and how each is opened.

The protocol of a model lives in provider.py. A new model needs one function and one line here.
"""

from __future__ import annotations

from collections.abc import Callable

from livemon.base.clock import Clock
from livemon.base.detections import NewWatcher
from livemon.base.errors import ConfigError
from livemon.base.settings.settings import Settings
from livemon.vlm.provider import VisionModel


def _local(_settings: Settings, _clock: Clock, new_watcher: NewWatcher) -> VisionModel:
    from livemon.vlm.local import LocalModel

    return LocalModel(new_watcher)


def _gemini(settings: Settings, clock: Clock, _new_watcher: NewWatcher) -> VisionModel:
    from livemon.vlm.hosted.gemini import open_gemini

    return open_gemini(settings, clock)


def _openai_compat(settings: Settings, clock: Clock, _new_watcher: NewWatcher) -> VisionModel:
    from livemon.vlm.hosted.openai_compat import open_openai_compat

    return open_openai_compat(settings, clock)


MODELS: dict[str, Callable[[Settings, Clock, NewWatcher], VisionModel]] = {
    "local": _local,
    "gemini": _gemini,
    "openai_compat": _openai_compat,
}


def open_model(name: str, settings: Settings, clock: Clock, new_watcher: NewWatcher) -> VisionModel:
    """Make the model called `name`; `new_watcher` makes the eyes of one that has none of its own.

    Raises
    ------
    ConfigError
        When no model has that name, or its settings do not allow it to be used.
    """
    try:
        factory = MODELS[name]
    except KeyError:
        raise ConfigError("model.unknown", name=name, models=sorted(MODELS)) from None
    return factory(settings, clock, new_watcher)
