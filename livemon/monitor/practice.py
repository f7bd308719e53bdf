"""Practice: a monitor to try the lab with: over a real model when one is set, over the stand-in server when none is.

For notebooks that everybody can run. The stand-in only pretends to look: it knows the labels of its dataset, and
answers as the prompt's words ask (lab/practice.py). Nothing here is needed to use livemon.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livemon.archive.camera_archive import CameraArchive
from livemon.base.clock import WINDOW, Window, floor_to
from livemon.base.datatypes import Segment
from livemon.base.errors import LabError
from livemon.base.private_files import make_folder
from livemon.base.settings.settings import load_settings
from livemon.lab.data.dataset import Dataset, Item
from livemon.lab.experiments.live_plan import Place
from livemon.lab.picture_index import Recogniser
from livemon.lab.practice import pretender
from livemon.monitor.monitor import Monitor
from livemon.sim.servers import GeminiServer
from livemon.stream.segments import segment_name

PRETENDED = (
    "No key is set, so no model looks: a stand-in server answers by the labels, and finds what the words of the prompt "
    "ask for. The figures show how the lab works, and say nothing of any model."
)
A_MINUTE = 10_000
"""Calls a minute that the stand-in takes: they are free."""


def record_videos(monitor: Monitor, camera_id: str, windows: int = 1) -> datetime:
    """Record a camera's folder of videos as if it had shown them in the last whole ten-minute windows; blocks.

    Windows that are recorded already stay as they are.

    Returns
    -------
    datetime
        When the first of these windows begins, UTC.

    Raises
    ------
    UnknownCamera, ArchiveError, LabError
        When the camera is unknown, the disk refuses, or the camera does not play a folder of videos.
    """
    camera = monitor.camera(camera_id)
    files = camera.source.files()
    if not files:
        raise LabError("lab.plays_no_videos", camera=camera_id)
    keeper = CameraArchive(camera_id, monitor.settings, monitor.database)
    clips = [monitor.lab.clips.bring(path) for path in files]
    shown = [monitor.lab.clips.footage(one.id).segments(one.start_utc, one.end_utc) for one in clips]
    rounds = cycle([segment for segments in shown for segment in segments])
    make_folder(camera.hls_folder)
    first = floor_to(monitor.clock.now(), WINDOW) - windows * WINDOW
    for number in range(windows):
        window = Window(first + number * WINDOW)
        if len(monitor.archives(camera_id, since=window.start_utc, until=window.end_utc)):
            continue
        at, made = window.start_utc, list[Segment]()
        while (segment := next(rounds)) and at + timedelta(seconds=segment.duration_s) <= window.end_utc:
            path = camera.hls_folder / segment_name(at, segment.duration_s, segment.media_duration_s)
            shutil.copyfile(segment.path, path)
            made.append(replace(segment, start_utc=at, path=path))
            at += timedelta(seconds=segment.duration_s)
        keeper.make(window, made)
    return first


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
        Folder of all its data.
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

    def teach(self, dataset: Dataset, *, misses: float = 0.1, flips: float = 0.0, invents: float = 0.0) -> Self:
        """Teach the stand-in the events of a dataset; a real model gets none of this.

        It also knows the dataset's pictures when a live camera shows them. The parameters are those of
        `livemon.sim.servers.scripted_answers.ScriptedAnswers`.
        """
        places = self.monitor.lab.places

        def place(item: Item) -> Place:
            return places.place(item.camera_id, item.start_utc, item.end_utc, item.title)

        if self.server is not None:
            known = Recogniser(dataset, place)
            if self.monitor.cameras:
                known.learn()
            self.server.answer(pretender(dataset, misses=misses, flips=flips, invents=invents, recognise=known))
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
        """Return the name of the model that is asked."""
        return PRETENDED if self.server is not None else f"{self.monitor.pool.main.name} is asked, and paid."

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(str(self))}</b></p>"
