"""EventsHandler: read, judged by people, and cut out as clips; and the numbers of a camera's day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pandas as pd
from pydantic import Field

from livemon.base.datatypes import EventType, Severity
from livemon.base.messages.catalog import text
from livemon.base.roles import Role
from livemon.base.texts import Line, Paragraphs
from livemon.store import event_search, reviews
from livemon.store.event_columns import EVENT_COLUMNS
from livemon.store.event_search import EventSearch
from livemon.store.events_said import DESCRIPTION, TITLE, event_text
from livemon.store.search_words import read_terms
from livemon.store.word_index import SeenFilter
from livemon.web.api import answers
from livemon.web.api.base import ApiHandler, BadRequest, NotThere
from livemon.web.api.json import records
from livemon.web.api.operation import Cursor, Limit, Looked, Moment, RequestModel, Scope, operation
from livemon.web.api.playback import ClipHandler

AROUND_S = 5.0
"""A clip begins so long before its event and ends so long after it."""


class EventReview(StrEnum):
    """A person's review of an event."""

    RIGHT = "right"
    WRONG = "wrong"


class EventsQuery(RequestModel):
    """Filter of events."""

    since: Moment | None = None
    until: Moment | None = None
    severity: Severity | None = None
    type: EventType | None = None
    seen: SeenFilter | None = Field(
        None,
        description="Only events at whose moment the detector found people, pets or nobody. `unknown`: it did not look"
        " for people, or was not sure; these are not among `nobody`.",
    )
    zone: Line | None = Field(
        None,
        min_length=1,
        max_length=40,
        description="Only events with a person in a zone of this name, and those about the zone.",
    )
    text: Looked = None
    limit: Limit = 100
    cursor: Cursor = None


class AllEventsQuery(EventsQuery):
    """Filter of all cameras' events."""

    camera_id: list[str] = Field(default_factory=list, description="Of these cameras only; may be repeated.")


class ClipQuery(RequestModel):
    """Footage before and after an event."""

    before_s: float = Field(AROUND_S, ge=0, le=300, description="Seconds before it began.")
    after_s: float = Field(AROUND_S, ge=0, le=300, description="Seconds after it was last seen.")


class Review(RequestModel):
    """A person's review of an event; omitted fields stay as they are."""

    reviewed: bool | None = Field(None, description="Whether somebody looked at it.")
    label: EventReview | None = Field(None, description="A verdict; null takes it back.")
    note: Paragraphs | None = Field(None, max_length=2000, description="Words of one's own.")


class _EventHandler(ApiHandler):
    def plain(self, events: pd.DataFrame) -> list[dict[str, Any]]:
        """Return events as plain values, with the addresses of each picture and clip."""
        rows = records(events)
        for row in rows:
            camera_id, name = row["camera_id"], row.pop("thumbnail")
            row["thumbnail_url"] = self.absolute_url(f"thumbnails/{camera_id}/{name}") if name else None
            row["clip_url"] = self.absolute_url(f"events/{camera_id}/{row['id']}/clip.mp4")
        return rows

    def in_language(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return events with livemon's own texts in the caller's language."""
        self.add_header("Vary", "Accept-Language")
        return [row | {name: event_text(row, name, self.language) for name in (TITLE, DESCRIPTION)} for row in rows]

    async def page(self, camera_ids: Sequence[str], asked: EventsQuery) -> dict[str, Any]:
        """Return a page of events of some cameras, and the cursor of the next one."""
        if asked.text is not None:
            read_terms(asked.text)  # an empty text is a slip, and no wish for all events
        wanted = EventSearch(
            tuple(sorted(camera_ids)),
            severities=(asked.severity.value,) if asked.severity else (),
            event_types=(asked.type.value,) if asked.type else (),
            seen=asked.seen,
            zone=asked.zone or "",
            text=asked.text or "",
            since=asked.since,
            until=asked.until,
        )

        def read() -> dict[str, Any]:
            database = self.monitor.database
            rows = self.plain(event_search.search(database, wanted, asked.limit, asked.cursor)[list(EVENT_COLUMNS)])
            following = rows[-1]["id"] if len(rows) == asked.limit else None
            return {
                "events": self.in_language(rows),
                "next_cursor": following,
                "notes": [text(note, self.language) for note in event_search.notes(database, wanted)],
            }

        return await self.blocking(read)

    def one(self, camera_id: str, event_id: str) -> dict[str, Any]:
        """Return one event as its row has it; blocks. NotThere when the camera has none of this number."""
        self.monitor.camera(camera_id)
        found = event_search.found_event(self.monitor.database, (camera_id,), int(event_id))
        if found is None:
            raise NotThere("api.no_event", camera=camera_id, event_id=event_id)
        return {name: found[name] for name in EVENT_COLUMNS}


class EventsHandler(_EventHandler):
    """/events/{camera_id}."""

    @operation("Events, newest first", Role.VIEWER, query=EventsQuery, answer=answers.Events)
    async def get(self, camera_id: str) -> None:
        """Answer with events, and the cursor of the next page."""
        self.monitor.camera(camera_id)
        self.tell(answers.Events, await self.page([camera_id], self.query(EventsQuery)))


class LatestEventHandler(_EventHandler):
    """/events/{camera_id}/latest."""

    @operation("The newest event", Role.VIEWER, answer=answers.LatestEvent)
    async def get(self, camera_id: str) -> None:
        """Answer with the newest event; null when there is none, which says nothing about what was not looked at."""
        found = await self.blocking(self.monitor.events, camera_id, limit=1)
        rows = self.plain(found[list(EVENT_COLUMNS)])
        self.tell(answers.LatestEvent, {"event": self.in_language(rows)[0] if rows else None})


class AllEventsHandler(_EventHandler):
    """/events."""

    @operation(
        "Events of all cameras, newest first", Role.VIEWER, scope=Scope.OWN, query=AllEventsQuery, answer=answers.Events
    )
    async def get(self) -> None:
        """Answer with events of the cameras that the caller may see, and the cursor of the next page."""
        asked = self.query(AllEventsQuery)
        for camera_id in asked.camera_id:
            self.require(Role.VIEWER, camera_id)
            self.monitor.camera(camera_id)
        mine = [one for one in self.monitor.cameras if self.identity and self.identity.sees(one)]
        self.tell(answers.Events, await self.page(asked.camera_id or mine, asked))


class OneEventHandler(_EventHandler):
    """/events/{camera_id}/{event_id}."""

    def _tell(self, row: dict[str, Any]) -> None:
        told = self.plain(pd.DataFrame([row]))
        self.tell_version(answers.Event, told[0], self.in_language(told)[0])

    @operation("One event", Role.VIEWER, answer=answers.Event)
    async def get(self, camera_id: str, event_id: str) -> None:
        """Answer with the event."""
        self._tell(await self.blocking(self.one, camera_id, event_id))

    @operation("Review or label an event", Role.OPERATOR, body=Review, answer=answers.Event)
    async def patch(self, camera_id: str, event_id: str) -> None:
        """Keep what a person says of it, and answer with the event."""
        said = self.body(Review).model_dump(exclude_unset=True)
        if not said:
            raise BadRequest("api.no_verdict")

        def change() -> dict[str, Any]:
            with self.monitor.changing:
                before = self.one(camera_id, event_id)
                self.check_version(answers.Event, self.plain(pd.DataFrame([before]))[0])
                who = self.identity.name if self.identity else ""
                reviews.review_events(self.monitor.database, [int(event_id)], said, self.monitor.clock.now(), who)
            return self.one(camera_id, event_id)

        row = await self.blocking(change)
        self._tell(row)


class EventClipHandler(_EventHandler, ClipHandler):
    """/events/{camera_id}/{event_id}/clip.mp4."""

    @operation("An event as an MP4", Role.VIEWER, query=ClipQuery, media="video/mp4", relayed=True)
    async def get(  # type: ignore[override]
        self, camera_id: str, event_id: str = "", include_body: bool = True
    ) -> None:
        """Answer with the footage of the event and some seconds around it, cut out without encoding."""
        asked = self.query(ClipQuery)
        row = await self.blocking(self.one, camera_id, event_id)
        start = row["start_utc"].to_pydatetime() - timedelta(seconds=asked.before_s)
        # A momentary event has no length; and of a long one, an hour is enough.
        end = row["last_seen_utc"].to_pydatetime() + timedelta(seconds=asked.after_s)
        await self.send_clip(camera_id, start, min(end, start + timedelta(hours=1)), include_body)


class StatsHandler(ApiHandler):
    """/stats/{camera_id}."""

    @operation("The last 24 hours in numbers", Role.VIEWER, answer=answers.Stats)
    async def get(self, camera_id: str) -> None:
        """Answer with the last 24 hours: events by severity, looks by status, seconds recorded, cost."""
        self.tell(answers.Stats, await self.blocking(self.monitor.stats, camera_id))
