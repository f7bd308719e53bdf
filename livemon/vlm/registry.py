"""The registry of models: which names `model` can have, and how each is opened.

What a model is stands in provider.py. A new model needs one function and one line here.
"""

from __future__ import annotations

from collections.abc import Callable

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError
from livemon.base.settings.settings import Settings
from livemon.vlm.provider import VisionModel


def _local(_settings: Settings, _clock: Clock) -> VisionModel:
    from livemon.vlm.local import LocalModel

    return LocalModel()


def _gemini(settings: Settings, clock: Clock) -> VisionModel:
    from livemon.vlm.hosted.gemini import open_gemini

    return open_gemini(settings, clock)


def _openai_compat(settings: Settings, clock: Clock) -> VisionModel:
    from livemon.vlm.hosted.openai_compat import open_openai_compat

    return open_openai_compat(settings, clock)


MODELS: dict[str, Callable[[Settings, Clock], VisionModel]] = {
    "local": _local,
    "gemini": _gemini,
    "openai_compat": _openai_compat,
}


def open_model(name: str, settings: Settings, clock: Clock) -> VisionModel:
    """Make the model called `name`.

    Raises
    ------
    ConfigError
        When no model has that name, or its settings do not allow it to be used.
    """
    try:
        factory = MODELS[name]
    except KeyError:
        raise ConfigError("model.unknown", name=name, models=sorted(MODELS)) from None
    return factory(settings, clock)
