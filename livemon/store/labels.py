"""Labels of footage for the lab, given by people: added and read.

Verdicts on events of the pages are written by reviews.py, and read here as labels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.store.queries import read_table
from livemon.store.reviews import PERSON
from livemon.store.session import Database
from livemon.store.tables.lab import LabelRow
from livemon.store.tables.recordings import RealtimeEvent, VlmCallRow
from livemon.store.writes import clean_text

LABEL_COLUMNS: Mapping[str, str] = {
    "id": "int64",
    "camera_id": "str",
    "start_utc": "datetime64[us, UTC]",
    "end_utc": "datetime64[us, UTC]",
    "labeller": "str",
    "verdict": "str",
    "kind": "str",
    "severity": "str",
    "about": "str",
    "note": "str",
    "created_utc": "datetime64[us, UTC]",
}
PAGES = "the pages"
"""Author of the verdicts given on events."""


class LabelVerdict(StrEnum):
    """Verdict of a label on its stretch of footage."""

    WATCHED = "watched"
    """All of it was watched: an event without a label of this person did not happen."""
    RIGHT = "right"
    """The reported event did happen."""
    WRONG = "wrong"
    """The reported event did not happen."""
    MISSED = "missed"
    """Something happened that was not said."""
    UNSURE = "unsure"
    """The footage does not show what happens."""
    WITHDRAWN = "withdrawn"
    """The label that this one is about does not count any more."""


def add_label(
    database: Database,
    camera_id: str,
    start_utc: datetime,
    end_utc: datetime,
    verdict: LabelVerdict,
    now: datetime,
    *,
    labeller: str,
    kind: str = "",
    severity: Severity | None = None,
    about: str = "",
    note: str = "",
) -> int:
    """Keep a person's label; returns its id. `LabelRow` describes the parameters."""
    row = LabelRow(
        camera_id=camera_id,
        start_utc=start_utc,
        end_utc=max(start_utc, end_utc),
        labeller=clean_text(labeller, 100),
        verdict=verdict.value,
        kind=clean_text(kind, 64),
        severity=severity.value if severity else "",
        about=clean_text(about, 64),
        note=clean_text(note, 2000),
        created_utc=now,
    )
    with database.writing() as session:
        session.add(row)
        session.flush()
        return row.id


def labels(
    database: Database, cameras: Collection[str] = (), since: datetime | None = None, until: datetime | None = None
) -> pd.DataFrame:
    """Return the labels that count, oldest first, with the columns of `LABEL_COLUMNS`.

    Of one person's labels of the same thing only the newest counts; withdrawn ones do not.

    Parameters
    ----------
    cameras
        Only of these; of all when empty.
    since, until
        Only of footage in [since, until).
    """
    query = sa.select(*(getattr(LabelRow, name) for name in LABEL_COLUMNS)).order_by(LabelRow.id)
    if cameras:
        query = query.where(LabelRow.camera_id.in_(cameras))
    if since is not None:
        query = query.where(LabelRow.end_utc >= since)
    if until is not None:
        query = query.where(LabelRow.start_utc < until)
    said = read_table(database, query, LABEL_COLUMNS)
    gone = set(said.loc[said["verdict"] == LabelVerdict.WITHDRAWN.value, "about"])
    counts = said[(said["verdict"] != LabelVerdict.WITHDRAWN.value) & ~("label-" + said["id"].astype(str)).isin(gone)]
    judged = counts["about"] != ""
    newest = counts[judged].drop_duplicates(["labeller", "about"], keep="last")
    again = counts[~judged].drop_duplicates(
        ["labeller", "camera_id", "start_utc", "end_utc", "verdict", "kind"], keep="last"
    )
    return pd.concat([newest, again]).sort_values("id", ignore_index=True)


def judged_events(
    database: Database, cameras: Collection[str], since: datetime | None, until: datetime | None
) -> pd.DataFrame:
    """Return the verdicts that people gave on events of the pages, as labels; by `PAGES`."""
    query = (
        sa.select(
            RealtimeEvent.id, RealtimeEvent.camera_id, RealtimeEvent.start_utc,
            RealtimeEvent.last_seen_utc.label("end_utc"), sa.literal(PAGES).label("labeller"),
            RealtimeEvent.label.label("verdict"), RealtimeEvent.kind, RealtimeEvent.severity,
            (sa.literal("event-") + sa.cast(RealtimeEvent.id, sa.String(20))).label("about"),
            RealtimeEvent.title.label("note"), RealtimeEvent.reviewed_utc.label("created_utc"),
        )
        .where(RealtimeEvent.camera_id.in_(cameras), RealtimeEvent.label.is_not(None))
        .order_by(RealtimeEvent.start_utc, RealtimeEvent.id)
    )  # fmt: skip
    if since is not None:
        query = query.where(RealtimeEvent.last_seen_utc >= since)
    if until is not None:
        query = query.where(RealtimeEvent.start_utc < until)
    return read_table(database, query, LABEL_COLUMNS)


def moments_of_note(
    database: Database, camera_id: str, since: datetime, until: datetime
) -> tuple[list[datetime], list[datetime]]:
    """Return when alerts (warning or danger, of a model) were in [since, until), and when anything else was seen.

    The second are other events and looks that motion caused: what tells busy time from quiet time.
    """
    event = (RealtimeEvent.camera_id == camera_id, RealtimeEvent.start_utc >= since, RealtimeEvent.start_utc < until)
    of_models = (RealtimeEvent.event_type != EventType.SYSTEM.value, RealtimeEvent.model != PERSON)
    events = sa.select(RealtimeEvent.start_utc, RealtimeEvent.severity).where(*event, *of_models)
    looks = sa.select(VlmCallRow.called_utc).where(
        VlmCallRow.camera_id == camera_id,
        VlmCallRow.called_utc >= since,
        VlmCallRow.called_utc < until,
        VlmCallRow.reason.in_(("motion", "interval")),
    )
    grave = {Severity.WARNING.value, Severity.DANGER.value}
    with database.reading() as connection:
        seen = connection.execute(events).all()
        moved = list(connection.execute(looks).scalars())
    alerts = [row.start_utc for row in seen if row.severity in grave]
    return alerts, [row.start_utc for row in seen if row.severity not in grave] + moved


def observed(database: Database, call_id: int) -> tuple[Observation, ...]:
    """Return what the events say that a call made; repetitions that were folded into earlier ones are not in it."""
    query = sa.select(RealtimeEvent).where(RealtimeEvent.vlm_call_id == call_id).order_by(RealtimeEvent.id)
    with database.reading() as connection, Session(connection) as session:
        return tuple(_observation(row) for row in session.scalars(query))


def _observation(row: RealtimeEvent) -> Observation:
    return Observation(
        row.kind,
        EventType(row.event_type),
        Severity(row.severity),
        row.title,
        row.description,
        row.confidence,
        row.start_utc,
        row.last_seen_utc,
        (row.start_utc,),
        row.location,
    )
