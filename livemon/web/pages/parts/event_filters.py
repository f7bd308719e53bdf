"""Filters of the Events page: their widgets, their form in an address, and their search.

Looking for it is store/event_search.py's; the page is web/pages/events.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any

import panel_material_ui as pmui

from livemon.base.clock import at_local, local_day
from livemon.base.datatypes import EventType, Severity
from livemon.store.event_search import EventSearch, ReviewState
from livemon.store.search_words import MOST_TEXT
from livemon.store.word_index import SeenFilter
from livemon.web.i18n.language import tr, tr_options
from livemon.web.pages.shell.page import offer_cameras

STATES = {
    "review.to_review": ReviewState.OPEN,
    "review.reviewed": ReviewState.REVIEWED,
    "review.right": ReviewState.RIGHT,
    "review.wrong": ReviewState.WRONG,
    "review.missed": ReviewState.MISSED,
    "review.all": ReviewState.ANY,
}
ALERTS = "alerts"
ANY = "any"
"""Value in an address for every severity in the review queue, where dangers and warnings are usual."""
SEVERITIES = {
    "review.any_severity": "",
    "review.danger_and_warning": ALERTS,
    **{each.name.title(): each.value for each in Severity},
}
TYPES = {"review.any_type": "", **{each.name.title(): each.value for each in EventType}}
SEEN = {
    "review.anything_seen": "",
    "review.people_seen": SeenFilter.PEOPLE.value,
    "review.pets_seen": SeenFilter.PETS.value,
    "review.nobody_seen": SeenFilter.NOBODY.value,
    "review.not_known_seen": SeenFilter.UNKNOWN.value,
}
DATES = "dates"
"""The period between the two days that are chosen."""
PERIODS = {
    "review.any_time": "",
    "review.today": "1",
    "review.7_days": "7",
    "review.30_days": "30",
    "review.between_dates": DATES,
}


class EventFilters:
    """The filters of one page.

    The chosen event, which is in the address beside them, is handled elsewhere.

    Parameters
    ----------
    cameras
        Ids of the cameras by display name.
    zones
        Names of each camera's zones, by its id.
    """

    def __init__(self, cameras: Mapping[str, str], zones: Mapping[str, Sequence[str]]) -> None:
        self._zones = zones
        select = partial(pmui.Select, size="small", sizing_mode="stretch_width", margin=0)
        self.widgets: dict[str, Any] = {
            "state": select(
                label=tr("review.state"), options={tr(name): state.value for name, state in STATES.items()}
            ),
            "camera": select(label=tr("page.camera"), options={tr("page.all_cameras"): "", **cameras}),
            # An arrival or a change of light needs no verdict: it is listed on request.
            "severity": select(label=tr("page.severity"), options=tr_options(SEVERITIES), value=ALERTS),
            "type": select(label=tr("page.type"), options=tr_options(TYPES)),
            "seen": select(label=tr("review.seen"), options=tr_options(SEEN)),
            "zone": select(label=tr("review.zone"), options={tr("review.any_zone"): ""}),
            "days": select(label=tr("page.time"), options=tr_options(PERIODS)),
            **{
                name: pmui.DatePicker(
                    label=tr(label), size="small", sizing_mode="stretch_width", margin=0, visible=False
                )
                for name, label in (("from", "review.from"), ("to", "review.to"))
            },
            "q": pmui.TextInput(label=tr("review.search"), size="small", sizing_mode="stretch_width", margin=0),
        }
        self.widgets["days"].param.watch(self._show_dates, "value")
        self.widgets["camera"].param.watch(self._offer_zones, "value")
        self._offer_zones()

    def _show_dates(self, _event: Any = None) -> None:
        """Show the days to choose only when they count."""
        for name in ("from", "to"):
            self.widgets[name].visible = self.widgets["days"].value == DATES

    def _offer_zones(self, _event: Any = None) -> None:
        """Offer the zones of the chosen camera, or of all; with another camera a zone that it lacks is dropped."""
        chosen = self.widgets["camera"].value
        names = sorted({name for camera, of in self._zones.items() if chosen in ("", camera) for name in of})
        zone = self.widgets["zone"]
        options = {tr("review.any_zone"): "", **{name: name for name in names}}
        if options != zone.options:
            zone.param.update(options=options, value=zone.value if zone.value in names else "")
        zone.visible = bool(names)

    def offer(self, cameras: Mapping[str, str], zones: Mapping[str, Sequence[str]]) -> None:
        """Let the filters have the cameras and zones that there are now; of one that is gone all are shown."""
        self._zones = zones
        offer_cameras(self.widgets["camera"], {tr("page.all_cameras"): "", **cameras})
        self._offer_zones()

    @property
    def chosen(self) -> dict[str, str]:
        """The chosen values, by name."""
        chosen = {name: str(widget.value or "") for name, widget in self.widgets.items()}
        return chosen if chosen["days"] == DATES else {**chosen, "from": "", "to": ""}

    @property
    def narrows(self) -> bool:
        """Whether some events are left out."""
        chosen = self.chosen
        return chosen.pop("state") != ReviewState.ANY or any(chosen.values())

    def take(self, asked: Mapping[str, str]) -> None:
        """Apply the parameters of an address; invalid ones are ignored."""
        for name, widget in self.widgets.items():
            value = asked.get(name, "")
            if name in ("from", "to"):
                widget.value = _day(value)
            elif name == "q" or (value and value in widget.options.values()):
                widget.value = value
        if self.widgets["from"].value or self.widgets["to"].value:
            self.widgets["days"].value = DATES
        self._show_dates()
        severity = asked.get("severity", "")
        known = bool(severity) and severity in SEVERITIES.values()
        if severity == ANY or (not known and self.widgets["state"].value != ReviewState.OPEN):
            self.widgets["severity"].value = ""

    def address(self) -> dict[str, str]:
        """Return the address parameters that restore these filters."""
        chosen = self.chosen
        usual = {"state": ReviewState.OPEN.value}
        if chosen["state"] == ReviewState.OPEN:
            usual["severity"], chosen["severity"] = ALERTS, chosen["severity"] or ANY
        return {name: value[:MOST_TEXT] for name, value in chosen.items() if value != usual.get(name, "")}

    def search(self, cameras: Iterable[str], now: datetime, zone: tzinfo | None) -> EventSearch:
        """Return the search among these cameras; days begin at midnight there."""
        chosen = self.chosen
        severities = (chosen["severity"],) if chosen["severity"] else ()
        since, until = self._period(now, zone)
        return EventSearch(
            cameras=tuple(sorted(each for each in cameras if chosen["camera"] in ("", each))),
            severities=(Severity.DANGER.value, Severity.WARNING.value) if severities == (ALERTS,) else severities,
            event_types=(chosen["type"],) if chosen["type"] else (),
            state=ReviewState(chosen["state"]),
            seen=SeenFilter(chosen["seen"]) if chosen["seen"] else None,
            zone=chosen["zone"],
            text=" ".join(chosen["q"].split()),
            since=since,
            until=until,
            worst_first=chosen["state"] == ReviewState.OPEN,
        )

    def _period(self, now: datetime, zone: tzinfo | None) -> tuple[datetime | None, datetime | None]:
        """Return the stretch of time that is chosen, from midnight to midnight; both days count, in any order."""
        days = self.widgets["days"].value
        if days != DATES:
            first = local_day(now, zone)[0] - timedelta(days=int(days) - 1) if days else None
            return (None if first is None else at_local(first, time(), zone)), None
        first, last = self.widgets["from"].value, self.widgets["to"].value
        if first and last:
            first, last = sorted((first, last))
        return (
            at_local(first, time(), zone) if first else None,
            at_local(last + timedelta(days=1), time(), zone) if last else None,
        )


def _day(text: str) -> date | None:
    """Return the day that a text means; None when it means none, or one that no calendar goes past."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(1970, 1, 2) <= day <= date(9000, 1, 1) else None
