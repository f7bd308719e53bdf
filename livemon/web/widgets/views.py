"""The parts of the pages for a notebook: `monitor.view.player()`, `.events()`, `.timeline()`, `.labeller()`.

They are the pages' own components (web/pages/parts/player.py, web/pages/parts/event_queue.py,
web/pages/parts/day_timeline.py) as anywidgets; what they show is read when they are made. In the kernel, `selected`
says what was chosen.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import anywidget
import traitlets

from livemon.base.clock import iso
from livemon.base.errors import LabError
from livemon.base.roles import Identity
from livemon.monitor.monitor import Monitor
from livemon.store import event_search, reviews
from livemon.store.event_search import EventSearch
from livemon.web.pages.events import SAID
from livemon.web.pages.parts.day_data import worth_seeing
from livemon.web.pages.parts.day_timeline import STRIP_WORDS, timeline
from livemon.web.pages.parts.event_queue import SHOWN, empty_words, more_words, queue_rows, queue_words
from livemon.web.pages.parts.player import built_player
from livemon.web.widgets.label_stops import What, stops_of
from livemon.web.widgets.labeller import LabelWidget
from livemon.web.widgets.player import PlayerWidget


class EventsWidget(anywidget.AnyWidget):
    """Events to be judged, as on the Events page; verdicts are written as they are given.

    Attributes
    ----------
    selected
        Id of the chosen event, 0 for none; what is kept of it: ``monitor.events(...)``.
    """

    port = traitlets.Int(0).tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    empty = traitlets.List().tag(sync=True)
    more = traitlets.Unicode("").tag(sync=True)
    can_review = traitlets.Bool(True).tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)
    said = traitlets.Dict().tag(sync=True)

    def __init__(self, monitor: Monitor, wanted: EventSearch, **traits: Any) -> None:
        super().__init__(_esm=built_player("jupyter_events").read_text(), **traits)
        self._monitor, self._wanted = monitor, wanted
        self.observe(self._on_said, "said")
        self.refresh()

    def refresh(self) -> None:
        """Read the events anew."""
        database = self._monitor.database
        found = event_search.search(database, self._wanted, SHOWN)
        counts = event_search.count(database, self._wanted)
        names = {camera_id: camera.name for camera_id, camera in self._monitor.cameras.items()}
        self.words = queue_words(counts, self._wanted)
        self.empty = empty_words(self._wanted, filtered=True)
        self.more = more_words(len(found), counts, self._wanted)
        self.rows = queue_rows(found, names if len(self._wanted.cameras) > 1 else {}, self._monitor.settings.zone)

    def _on_said(self, change: Any) -> None:
        said = SAID.get(change["new"].get("action", ""))
        ids = [number for number in change["new"].get("ids", []) if isinstance(number, int)][:SHOWN]
        if said and ids:
            reviews.review_events(self._monitor.database, ids, said, self._monitor.clock.now(), Identity.local().name)
            self.refresh()


class TimelineWidget(anywidget.AnyWidget):
    """A camera's day as a strip of ten-minute windows.

    Attributes
    ----------
    selected
        Beginning of the chosen window, as ``monitor.segment_analysis`` takes it once it is parsed. At first the window
        most worth seeing; empty when there is none.
    """

    day = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict(STRIP_WORDS).tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)

    def __init__(self, monitor: Monitor, camera_id: str, day: date | None) -> None:
        read = monitor.day(camera_id, day)
        chosen = worth_seeing(read)
        super().__init__(
            _esm=built_player("jupyter_timeline").read_text(),
            day=timeline(read),
            selected=iso(chosen["window_start_utc"].to_pydatetime()) if chosen else "",
        )


class Views:
    """Views of the pages' content, for cells of a notebook. Made by `Monitor.view`."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def player(self, camera_id: str) -> PlayerWidget:
        """Return the live picture with its bar; serves the stream from this kernel when nothing does yet.

        Raises
        ------
        UnknownCamera
            When there is no such camera.
        """
        self._monitor.camera(camera_id)
        return PlayerWidget.of(self._monitor, camera_id, self._monitor.serve(port=0))

    def events(self, camera_id: str | None = None, **wanted: Any) -> EventsWidget:
        """Return events to read and to judge, newest first.

        Parameters
        ----------
        camera_id
            Of one camera; of all when None.
        wanted
            As `livemon.store.event_search.EventSearch` has it: ``text="sofa"``, ``state=ReviewState.OPEN``.

        Raises
        ------
        UnknownCamera, StoreError
            When the camera does not exist, or the database refuses.
        """
        cameras = tuple(self._monitor.cameras) if camera_id is None else (self._monitor.camera(camera_id).id,)
        return EventsWidget(self._monitor, EventSearch(cameras, **wanted), port=self._monitor.serve(port=0).port)

    def timeline(self, camera_id: str | None = None, day: date | None = None) -> TimelineWidget:
        """Return a camera's local day as a strip of windows; of the first and today when None. Raises as `events`."""
        return TimelineWidget(self._monitor, camera_id or next(iter(self._monitor.cameras), ""), day)

    def labeller(self, what: What, by: str = "me") -> LabelWidget:
        """Return footage to be labelled by keyboard; see `docs/labelling.md`.

        Parameters
        ----------
        what
            ``lab.sample(...)``, a dataset, an experiment whose answers are judged, or ``(camera id, since, until)`` for
            the live looks of a time.
        by
            Name of the labeller: it separates the labels of two people.

        Raises
        ------
        UnknownCamera, LabError, StoreError
            When there is no such camera, this cannot be labelled, or the database refuses.
        """
        if not by.strip():
            raise LabError("label.no_labeller")
        return LabelWidget(self._monitor, stops_of(self._monitor, what), by.strip(), self._monitor.serve(port=0).port)
