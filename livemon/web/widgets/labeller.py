"""The labelling widget of notebooks: a person goes through stops by keyboard, and each word is kept at once.

Stops and labels are defined in label_choices.py, stops are made in label_stops.py. Drawing is js/labeller.js's.
"""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote, urlencode

import anywidget
import pandas as pd
import traitlets

from livemon.archive.footage import Footage
from livemon.base.clock import iso
from livemon.base.datatypes import Severity
from livemon.base.errors import LabError, LivemonError
from livemon.monitor.monitor import Monitor
from livemon.store.labels import LabelVerdict
from livemon.store.recordings import archives_between
from livemon.web.api.guard import API_ROOT
from livemon.web.pages.parts.event_table import COLOURS
from livemon.web.pages.parts.player import built_player
from livemon.web.pages.parts.player_text import PLAYER_WORDS
from livemon.web.widgets.label_choices import (
    KINDS,
    Given,
    LabelStop,
    Wish,
    is_done,
    label_of,
    milliseconds,
    next_open,
    own,
    parsed,
    plain_labels,
    plain_said,
)
from livemon.web.widgets.label_pictures import PicturesAhead, Strip, read_strip, warm
from livemon.web.widgets.label_stops import zone_of
from livemon.web.widgets.label_text import ALL_DONE, KEPT, LABEL_WORDS

GRAVE = [
    {"value": one.value, "label": COLOURS[one][1], "colour": COLOURS[one][0]}
    for one in sorted(Severity, key=lambda one: -one.rank)
]
"""Severities, the gravest first: the keys 1 to 4."""


class LabelWidget(anywidget.AnyWidget):
    """Footage to be labelled, stop by stop.

    Attributes
    ----------
    position
        Number of the stop that is shown, from 0 on; may be set.
    stops
        All of them.
    """

    port = traitlets.Int(0).tag(sync=True)
    words = traitlets.Dict(LABEL_WORDS).tag(sync=True)
    player_words = traitlets.Dict(PLAYER_WORDS).tag(sync=True)
    kinds = traitlets.List(list(KINDS)).tag(sync=True)
    grave = traitlets.List(GRAVE).tag(sync=True)
    position = traitlets.Int(0).tag(sync=True)
    stop = traitlets.Dict().tag(sync=True)
    strip = traitlets.Dict().tag(sync=True)
    ahead = traitlets.Dict().tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)
    told = traitlets.Dict({"number": 0, "text": "", "bad": False}).tag(sync=True)

    def __init__(self, monitor: Monitor, stops: tuple[LabelStop, ...], by: str, port: int = 0) -> None:
        super().__init__(_esm=built_player("jupyter_labeller").read_text(), port=port)
        self.stops = stops
        self._monitor, self._by, self._zone = monitor, by, zone_of(monitor)
        # Pictures come from threads of their own.
        self._lock = threading.RLock()
        self._written: list[tuple[int, int, Given]] = []
        labels = self.labels
        # Read once: who goes on waits for no question to the database.
        self._mine = [own(labels, by, stop) for stop in stops]
        self._done = {number for number, stop in enumerate(stops) if is_done(self._mine[number], stop)}
        self._ahead = PicturesAhead(stops, self._strip, self._on_pictures, lambda stop: warm(stop, self._footage))
        self.on_msg(self._on_message)
        if stops:
            self._show()
        self._count()

    @property
    def labels(self) -> pd.DataFrame:
        """Labels of this footage by this person, as `monitor.lab.labels` returns them."""
        cameras = sorted({stop.camera_id for stop in self.stops})
        said = self._monitor.lab.labels(cameras) if cameras else self._monitor.lab.labels().iloc[:0]
        return said[said["labeller"] == self._by].reset_index(drop=True)

    def close(self) -> None:
        """Take it away; what was said is kept."""
        if hasattr(self, "_ahead"):
            self._ahead.close()
        super().close()

    @traitlets.validate("position")  # type: ignore[untyped-decorator]
    def _within(self, proposal: Any) -> int:
        return min(max(0, int(proposal["value"])), max(0, len(self.stops) - 1))

    @traitlets.observe("position")  # type: ignore[untyped-decorator]
    def _on_position(self, _change: Any) -> None:
        self._show()

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        try:
            self._do(parsed(content))
        except LivemonError as exc:
            self._tell(str(exc), bad=True)

    def _do(self, wish: Wish) -> None:
        if wish.stop >= len(self.stops) or wish.to >= max(1, len(self.stops)):
            raise LabError("label.no_stop")
        if wish.action == "go":
            self.position = wish.to
        elif wish.action == "undo":
            self._undo()
        elif wish.action == "withdraw":
            self._withdraw(wish.stop, wish.label)
        else:
            self._label(wish)

    def _label(self, wish: Wish) -> None:
        number, stop = wish.stop, self.stops[wish.stop]
        given = label_of(wish, stop)
        strip = self._ahead.get(number)
        if given.verdict is LabelVerdict.WATCHED and strip is not None and not strip.pictures:
            raise LabError("label.footage_gone")
        self._written.append((self._write(given), number, given))
        self._read_again(number)
        if given != Given(stop.camera_id, stop.start_utc, stop.end_utc, given.verdict):
            self._tell(KEPT[given.verdict.value])
            return
        onward = next_open(self._done, len(self.stops), number)
        self._tell(KEPT[given.verdict.value] if onward is not None else ALL_DONE.format(count=len(self.stops)))
        # Not from a stop that was left meanwhile: it would pull away what is looked at now.
        if onward is not None and self.position == number:
            self.position = onward

    def _write(self, given: Given) -> int:
        lab = self._monitor.lab
        times = given.start_utc, given.end_utc
        what: dict[str, Any] = {"kind": given.kind, "severity": given.severity, "about": given.about}
        return lab.label(given.camera_id, *times, given.verdict.value, by=self._by, **what)

    def _undo(self) -> None:
        if not self._written:
            raise LabError("label.nothing_to_undo")
        label_id, number, given = self._written[-1]
        self._write(given.withdrawn(label_id))
        self._written.pop()
        self._read_again(number)
        self._tell(KEPT["withdrawn"])
        self.position = number

    def _withdraw(self, number: int, label_id: int) -> None:
        """Take back a label of one's own, of today or of another day."""
        stop = self.stops[number]
        mine = self._mine[number]
        rows = mine[mine["id"] == label_id]
        if rows.empty:
            raise LabError("label.label_gone")
        row = rows.iloc[0]
        times = row["start_utc"].to_pydatetime(), row["end_utc"].to_pydatetime()
        self._write(Given(stop.camera_id, *times, LabelVerdict(row["verdict"])).withdrawn(label_id))
        self._written = [one for one in self._written if one[0] != label_id]
        self._read_again(number)
        self._tell(KEPT["withdrawn"])

    def _read_again(self, number: int) -> None:
        stop = self.stops[number]
        self._mine[number] = self._own(stop)
        done = is_done(self._mine[number], stop)
        (self._done.add if done else self._done.discard)(number)
        if number == self.position:
            self._show()
        self._count()

    def _show(self) -> None:
        """Show the stop of `position`; its pictures at once when they are there, else when they come."""
        with self._lock, self.hold_sync():
            number = self.position
            self.stop = self._plain(number)
            strip = self._ahead.show(number)
            if strip is not None:
                self.strip = self._plain_strip(number, strip)
        self._ahead.later(self._send_ahead)

    def _on_pictures(self, number: int) -> None:
        with self._lock:
            strip = self._ahead.get(number)
            if strip is not None and number == self.position:
                self.strip = self._plain_strip(number, strip)
        self._send_ahead()

    def _send_ahead(self) -> None:
        """Give the browser the next stop, which it shows when it is asked for without waiting for the kernel."""
        with self._lock:
            number = self.position + 1
            strip = self._ahead.get(number)
            if strip is not None and self.ahead.get("number") != number:
                stop = self._plain(number)
                self.ahead = {"number": number, "stop": stop, "strip": self._plain_strip(number, strip)}

    def _plain(self, number: int) -> dict[str, Any]:
        stop = self.stops[number]
        start = stop.start_utc.astimezone(self._zone)
        shift = start.utcoffset()
        assert shift is not None, "it was made with a zone"
        return {
            "number": number,
            "title": stop.title,
            "scene": stop.scene,
            "source": self._source(stop),
            "start_ms": milliseconds(stop.start_utc),
            "end_ms": milliseconds(stop.end_utc),
            # Added to a moment it gives what a clock says there, or how far into a clip it is.
            "shift_ms": -milliseconds(stop.start_utc) if stop.is_clip else shift.total_seconds() * 1000,
            "clip": stop.is_clip,
            "said": plain_said(stop, self._zone),
            "labels": plain_labels(self._mine[number], stop, self._zone),
            "done": number in self._done,
        }

    def _plain_strip(self, number: int, strip: Strip) -> dict[str, Any]:
        stop = self.stops[number]
        shown = [
            {"at_ms": milliseconds(one.utc), "time": stop.spoken(one.utc, self._zone), "jpeg": one.jpeg}
            for one in strip.pictures
        ]
        return {"number": number, "pictures": shown, "problem": strip.problem, "frame_s": strip.frame_s}

    def _source(self, stop: LabelStop) -> str:
        """Return the playlist's address under the server's root."""
        folder = "lab" if stop.is_clip else "playback"
        query = urlencode({"start": iso(stop.start_utc), "end": iso(stop.end_utc)})
        return f"{API_ROOT.lstrip('/')}/{folder}/{quote(stop.camera_id, safe='')}.m3u8?{query}"

    def _strip(self, stop: LabelStop) -> Strip:
        return read_strip(stop, self._footage, self._frame_s)

    def _frame_s(self, stop: LabelStop) -> float | None:
        """Return how long a picture stands by the archives; None where there is none."""
        found = archives_between(
            self._monitor.database, stop.camera_id, stop.start_utc, stop.end_utc, self._monitor.settings.data_dir
        )
        frames = sum(one.frames for one in found)
        return sum(one.coverage_s for one in found) / frames if frames else None

    def _footage(self, stop: LabelStop) -> Footage:
        return self._monitor.lab.places.place(stop.camera_id, stop.start_utc, stop.end_utc, stop.title).footage

    def _own(self, stop: LabelStop) -> pd.DataFrame:
        earliest = min([stop.start_utc, *(one.start_utc for one in stop.said)])
        latest = max([stop.end_utc, *(one.end_utc for one in stop.said)])
        return own(self._monitor.lab.labels(stop.camera_id, earliest, latest), self._by, stop)

    def _count(self) -> None:
        self.progress = {"count": len(self.stops), "done": len(self._done)}

    def _tell(self, text: str, *, bad: bool = False) -> None:
        self.told = {"number": self.told["number"] + 1, "text": text, "bad": bad}
