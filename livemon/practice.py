"""Practice: a monitor to try the lab with: over a real model when one is set, over the stand-in server when none is.

For notebooks that everybody can run. The stand-in pretends to have looked: it knows the labels of the dataset that it
is taught. Nothing here is needed to use livemon.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livemon.config import load_settings
from livemon.lab.dataset import Dataset
from livemon.lab.pretending import pretender
from livemon.monitor import Monitor
from livemon.testing import GeminiServer

PRETENDED = (
    "No key is set, so no model looks: a stand-in server answers by the labels, as well and as badly as it is told to. "
    "The figures show how the lab works, and say nothing of any model."
)
A_MINUTE = 10_000
"""Calls a minute that the stand-in takes: nobody pays for them."""


class Practice:
    """A monitor, and the stand-in server that answers it when no model is set.

    Attributes
    ----------
    monitor
        To be used as any other.
    server
        The stand-in; None when a real model is asked.

    Parameters
    ----------
    data_dir
        Where all of it is kept.
    settings
        Others by name, as ``Monitor(...)`` takes them.
    """

    def __init__(self, data_dir: Path | str, **settings: Any) -> None:
        own = load_settings(data_dir=data_dir, **settings)
        self.server: GeminiServer | None = None
        if own.looking_model == "local":
            self.server = GeminiServer().start()
            gemini = {"base_url": self.server.url, "tier": "paid", "requests_per_minute": A_MINUTE}
            pretended = {"model": "gemini", "gemini_api_key": "pretended", "gemini": gemini}
            own = load_settings(data_dir=data_dir, **{**settings, **pretended})
        self.monitor = Monitor(own)

    def teach(self, dataset: Dataset, *, misses: float = 0.1, flips: float = 0.0, invents: float = 0.1) -> Self:
        """Tell the stand-in what happens in a dataset; a real model is told nothing.

        The parameters are those of `livemon.testing.pretend.Pretender`.
        """
        if self.server is not None:
            self.server.answer(pretender(dataset, misses=misses, flips=flips, invents=invents))
        return self

    def close(self) -> None:
        """Close the monitor and the stand-in; harmless when called again."""
        self.monitor.close()
        if self.server is not None:
            self.server.stop()
            self.server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __str__(self) -> str:
        """Say who is asked."""
        return PRETENDED if self.server is not None else f"{self.monitor.pool.main.name} is asked, and paid."

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(str(self))}</b></p>"
