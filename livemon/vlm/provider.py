"""VisionModel, the plug point for everything that can look at frames, and the registry of the shipped ones.

A new model is one module with one class and one line in `MODELS`; tests/vlm/test_provider_contract.py runs it.
No model code belongs here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from livemon.datatypes import Answer, Look
from livemon.errors import ConfigError


@runtime_checkable
class VisionModel(Protocol):
    """Something that looks at frames and says what it saw.

    Attributes
    ----------
    name
        Stored with every answer, for example ``local``.
    frames_per_look
        The most frames one look may carry; the detector thins to this.
    frame_width
        Frames are scaled down to this width in pixels before the look.
    """

    name: str
    frames_per_look: int
    frame_width: int

    async def look(self, look: Look) -> Answer:
        """Answer about `look.frames`. Never raises for a bad reply: that is an Answer with its status."""
        ...

    async def close(self) -> None:
        """Give back connections and memory. The model is not used afterwards."""
        ...


def _local() -> VisionModel:
    from livemon.vlm.local import LocalModel

    return LocalModel()


MODELS: dict[str, Callable[[], VisionModel]] = {"local": _local}


def open_model(name: str) -> VisionModel:
    """Make the model called `name`.

    Raises
    ------
    ConfigError
        When no model has that name.
    """
    try:
        factory = MODELS[name]
    except KeyError:
        raise ConfigError(
            f"There is no model '{name}'.", f"Set `model` to one of: {', '.join(sorted(MODELS))}."
        ) from None
    return factory()
