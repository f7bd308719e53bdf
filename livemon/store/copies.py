"""Rows of copies: the queue for a bucket, and the bucket's contents. Each function is one transaction.

Sending does not belong here (archive/copies/), nor choosing what is copied (archive/copies/choice.py, which asks
copy_sources.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.base.messages.message import Told
from livemon.store.session import Database
from livemon.store.tables.copies import CopyKind, CopyRow, CopyState
from livemon.store.tables.recordings import CameraRow

AT_ONCE = 400
"""Names in one question; databases limit the values of a statement."""
IN_BUCKET = (CopyState.STORED.value, CopyState.LISTED.value)
NEVER_SENT = (CopyState.LOST.value, CopyState.GIVEN_UP.value)


@dataclass(frozen=True, slots=True)
class CopyCandidate:
    """A file that is to have a copy. `path` is relative to the data folder; `sha256` is empty when it is not known."""

    name: str
    path: str
    kind: CopyKind
    camera_id: str | None
    rank: int
    start_utc: datetime
    end_utc: datetime
    bytes: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class CopyRecord:
    """A row, as the database has it."""

    id: int
    name: str
    path: str
    kind: str
    camera_id: str | None
    rank: int
    start_utc: datetime
    end_utc: datetime
    bytes: int
    sha256: str
    stored_bytes: int
    stored_sha256: str
    state: str
    attempts: int
    queued_utc: datetime


@dataclass(frozen=True, slots=True)
class CopyTotals:
    """Number and bytes of waiting copies and of those in the bucket.

    Attributes
    ----------
    counts, sizes
        Copies and their bytes by state.
    waiting_since_utc
        When the one that waits longest was queued; None when none waits.
    newest_utc
        When one was sent last; None when none was.
    error
        Of the one that failed last and still waits; empty when none did.
    """

    counts: Mapping[str, int]
    sizes: Mapping[str, int]
    waiting_since_utc: datetime | None
    newest_utc: datetime | None
    error: Told


def add(database: Database, bucket: str, candidates: Sequence[CopyCandidate], now: datetime) -> int:
    """Queue new files, those that have changed since they were sent, and lost ones that are there again.

    Copies that were given up are left to `CopyQueue.resume`. A file whose hash is not known has changed when its size
    has. Returns how many were queued.
    """
    if not candidates:
        return 0
    with database.writing() as session:
        known = _known(session, bucket, [one.name for one in candidates])
        queued = 0
        for one in {one.name: one for one in candidates}.values():
            row = known.get(one.name)
            fresh = {"bytes": one.bytes, "sha256": one.sha256, "start_utc": one.start_utc, "end_utc": one.end_utc}
            waiting = {"state": CopyState.WAITING.value, "attempts": 0, "next_try_utc": now, "error": ""}
            if row is None:
                about = {"name": one.name, "path": one.path, "kind": one.kind.value, "camera_id": one.camera_id}
                stored = {"stored_bytes": 0, "stored_sha256": "", "queued_utc": now, "rank": one.rank}
                session.add(CopyRow(bucket=bucket, **about, **fresh, **waiting, **stored))
                queued += 1
                continue
            row.rank = min(row.rank, one.rank)
            if _is_to_queue(row, one):
                for name, value in {**fresh, **waiting, "queued_utc": now}.items():
                    setattr(row, name, value)
                queued += 1
        return queued


def to_queue(database: Database, bucket: str, candidates: Iterable[CopyCandidate]) -> list[CopyCandidate]:
    """Return the candidates that `add` would queue."""
    found = list(candidates)
    with database.writing() as session:
        known = _known(session, bucket, [one.name for one in found]) if found else {}
        return [one for one in found if one.name not in known or _is_to_queue(known[one.name], one)]


def next_due(
    database: Database, bucket: str, now: datetime, ranks: Collection[int], besides: Collection[int] = ()
) -> CopyRecord | None:
    """Return the copy to send next: the gravest, and of these the newest; None when nothing is due.

    Parameters
    ----------
    besides
        Ids that are being sent.
    """
    query = _records(bucket).where(
        CopyRow.state == CopyState.WAITING.value,
        CopyRow.rank.in_(list(ranks)),
        CopyRow.next_try_utc <= now,
        CopyRow.id.not_in(list(besides)),
    )
    with database.reading() as connection:
        row = connection.execute(query.order_by(CopyRow.rank, CopyRow.start_utc.desc()).limit(1)).first()
    return None if row is None else CopyRecord(*row)


def finish(database: Database, copy_id: int, now: datetime, **stored: Any) -> bool:
    """Write that a copy was sent; False when its row was deleted meanwhile, or it is to be removed."""
    query = sa.update(CopyRow).where(CopyRow.id == copy_id, CopyRow.state == CopyState.WAITING.value)
    values = {"state": CopyState.STORED.value, "copied_utc": now, "error": "", "attempts": 0}
    return _changed(database, query.values(**values, **stored)) == 1


def fail(database: Database, copy_id: int, error: Told, next_try_utc: datetime) -> None:
    """Write that sending failed, and when it is tried again."""
    query = sa.update(CopyRow).where(CopyRow.id == copy_id)
    _changed(database, query.values(error=error, attempts=CopyRow.attempts + 1, next_try_utc=next_try_utc))


def set_state(database: Database, ids: Collection[int], state: CopyState, error: Told = "") -> None:
    """Write how far copies have come."""
    _change_all(database, sa.update(CopyRow).values(state=state.value, error=error), ids)


def requeue(database: Database, ids: Collection[int], now: datetime) -> None:
    """Send copies once more."""
    values = {"state": CopyState.WAITING.value, "queued_utc": now, "next_try_utc": now, "attempts": 0, "error": ""}
    _change_all(database, sa.update(CopyRow).values(**values), ids)


def adopt(database: Database, bucket: str, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Make rows of copies that the bucket's manifest has and the database does not: it was restored, or is new."""
    more = {"bucket": bucket, "state": CopyState.LISTED.value, "attempts": 0, "error": ""}
    times = {"next_try_utc": now, "queued_utc": now, "copied_utc": now}
    with database.writing() as session:
        known = _known(session, bucket, [str(row["name"]) for row in rows])
        cameras = set(session.scalars(sa.select(CameraRow.id)))
        for row in rows:
            if row["name"] not in known:
                camera_id = row["camera_id"] if row["camera_id"] in cameras else None
                session.add(CopyRow(**{**row, "camera_id": camera_id}, **more, **times))


def drop(database: Database, ids: Collection[int]) -> None:
    """Forget copies that are gone from the bucket."""
    _change_all(database, sa.delete(CopyRow), ids)


def removable(database: Database, bucket: str, now: datetime, limit: int) -> list[CopyRecord]:
    """Return copies that are to be deleted from the bucket now."""
    query = _records(bucket).where(CopyRow.state == CopyState.REMOVING.value, CopyRow.next_try_utc <= now)
    with database.reading() as connection:
        return [CopyRecord(*row) for row in connection.execute(query.order_by(CopyRow.id).limit(limit))]


def mark_camera(database: Database, camera_id: str, now: datetime) -> None:
    """Forget what waits of a camera, and mark its copies, and all of the database, to be deleted from every bucket."""
    own = sa.or_(CopyRow.camera_id == camera_id, CopyRow.kind == CopyKind.DATABASE.value)
    marked = {"state": CopyState.REMOVING.value, "next_try_utc": now, "error": ""}
    with database.writing() as session:
        # One that waits may be in the bucket already, or just being sent: it is deleted there all the same.
        session.execute(sa.update(CopyRow).where(own, CopyRow.state.not_in(NEVER_SENT)).values(**marked))
        session.execute(sa.delete(CopyRow).where(own, CopyRow.state.in_(NEVER_SENT)))


def mark_sent(database: Database, bucket: str, row: CopyRecord, now: datetime) -> None:
    """Mark an object that was sent and has no row any more, or one that is to be removed, to be deleted."""
    marked = {"state": CopyState.REMOVING.value, "next_try_utc": now, "attempts": 0, "error": ""}
    columns = [name for name in CopyRecord.__dataclass_fields__ if name not in ("id", "queued_utc", *marked)]
    with database.writing() as session:
        if session.get(CopyRow, row.id) is None:
            values = {name: getattr(row, name) for name in columns}
            camera_id = values["camera_id"]
            values["camera_id"] = camera_id if camera_id and session.get(CameraRow, camera_id) else None
            session.add(CopyRow(bucket=bucket, queued_utc=now, **values, **marked))


def sent_to(database: Database, bucket: str) -> int:
    """Return how many copies a bucket should hold."""
    query = sa.select(sa.func.count()).where(
        CopyRow.bucket == bucket, CopyRow.stored_bytes > 0, CopyRow.state.not_in(NEVER_SENT)
    )
    with database.reading() as connection:
        return int(connection.execute(query).scalar_one())


def buckets_with_marked(database: Database) -> list[str]:
    """Return the addresses of the buckets that hold copies that are to be deleted."""
    query = sa.select(CopyRow.bucket).where(CopyRow.state == CopyState.REMOVING.value).distinct()
    with database.reading() as connection:
        return list(connection.execute(query).scalars())


def copies(
    database: Database,
    bucket: str,
    states: Collection[CopyState],
    *,
    camera_id: str | None = None,
    kind: CopyKind | None = None,
    limit: int | None = None,
) -> list[CopyRecord]:
    """Return copies in these states, in the order in which they were queued."""
    query = _records(bucket).where(CopyRow.state.in_([state.value for state in states])).order_by(CopyRow.id)
    if camera_id is not None:
        query = query.where(CopyRow.camera_id == camera_id)
    if kind is not None:
        query = query.where(CopyRow.kind == kind.value)
    with database.reading() as connection:
        return [CopyRecord(*row) for row in connection.execute(query.limit(limit))]


def copies_between(
    database: Database, bucket: str, camera_id: str, kind: CopyKind, start_utc: datetime, end_utc: datetime
) -> list[CopyRecord]:
    """Return the copies of a camera's footage of [start_utc, end_utc) that a bucket has, in time order."""
    query = _records(bucket).where(
        *(CopyRow.camera_id == camera_id, CopyRow.kind == kind.value, CopyRow.state.in_(IN_BUCKET)),
        *(CopyRow.start_utc < end_utc, CopyRow.end_utc > start_utc),
    )
    with database.reading() as connection:
        return [CopyRecord(*row) for row in connection.execute(query.order_by(CopyRow.start_utc, CopyRow.id))]


def copy_of(database: Database, bucket: str, path: str) -> CopyRecord | None:
    """Return the copy of a file that a bucket has; None when it has none."""
    query = _records(bucket).where(CopyRow.path == path, CopyRow.state.in_(IN_BUCKET)).limit(1)
    with database.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else CopyRecord(*row)


def totals(database: Database, bucket: str) -> CopyTotals:
    """Return how much waits and how much is in the bucket."""
    waits = (CopyRow.bucket == bucket, CopyRow.state == CopyState.WAITING.value)
    size = sa.func.sum(sa.case((CopyRow.stored_bytes > 0, CopyRow.stored_bytes), else_=CopyRow.bytes))
    by_state = sa.select(CopyRow.state, sa.func.count(), size).where(CopyRow.bucket == bucket).group_by(CopyRow.state)
    oldest = sa.select(sa.func.min(CopyRow.queued_utc)).where(*waits)
    newest = sa.select(sa.func.max(CopyRow.copied_utc)).where(CopyRow.bucket == bucket)
    failed = sa.select(CopyRow.error).where(*waits, CopyRow.attempts > 0).order_by(CopyRow.next_try_utc.desc()).limit(1)
    with database.reading() as connection:
        rows = connection.execute(by_state).all()
        since_utc, newest_utc = connection.execute(oldest).scalar(), connection.execute(newest).scalar()
        error = connection.execute(failed).scalar() or ""
    counts = {state: int(count) for state, count, _ in rows}
    return CopyTotals(counts, {state: int(total or 0) for state, _, total in rows}, since_utc, newest_utc, error)


def _known(session: Session, bucket: str, names: Sequence[str]) -> dict[str, CopyRow]:
    found: dict[str, CopyRow] = {}
    for at in range(0, len(names), AT_ONCE):
        query = sa.select(CopyRow).where(CopyRow.bucket == bucket, CopyRow.name.in_(names[at : at + AT_ONCE]))
        found |= {row.name: row for row in session.scalars(query)}
    return found


def _is_to_queue(row: CopyRow, one: CopyCandidate) -> bool:
    changed = row.sha256 != one.sha256 if one.sha256 and row.sha256 else row.bytes != one.bytes
    return row.state == CopyState.LOST or (changed and row.state in IN_BUCKET)


def _records(bucket: str) -> sa.Select[Any]:
    columns = [getattr(CopyRow, name) for name in CopyRecord.__dataclass_fields__]
    return sa.select(*columns).where(CopyRow.bucket == bucket)


def _change_all(database: Database, query: sa.Update | sa.Delete, ids: Collection[int]) -> None:
    """Change rows in one transaction; databases limit the values of a statement."""
    wanted = list(ids)
    with database.writing() as session:
        for at in range(0, len(wanted), AT_ONCE):
            some = query.where(CopyRow.id.in_(wanted[at : at + AT_ONCE]))
            session.execute(some.execution_options(synchronize_session=False))


def _changed(database: Database, query: sa.Update | sa.Delete) -> int:
    with database.writing() as session:
        result: Any = session.execute(query.execution_options(synchronize_session=False))
        return int(result.rowcount)
