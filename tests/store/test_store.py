import json
import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from livemon.base.clock import Window
from livemon.base.datatypes import Archive, EventType, Frame, Gap, LookReason, Severity
from livemon.base.errors import StoreError
from livemon.base.model_types import Answer, AnswerStatus, Look
from livemon.lab.data.dataset import Dataset, Item
from livemon.store import archives, event_search, queries, reviews, word_index, writes
from livemon.store.erase import count_rows
from livemon.store.event_search import EventSearch
from livemon.store.session import MIGRATIONS, Database
from livemon.store.tables.lab import DatasetFootage
from livemon.store.tables.recordings import Base, RealtimeEvent, VlmCallRow
from livemon.store.word_index import SeenFilter
from tests.conftest import MORNING, seen
from tests.found import events_of
from tests.waiting import PATIENCE_S


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'deep' / 'livemon.db'}")
    writes.upsert_camera(made, "camera-1", "Playroom", "videos", MORNING)
    yield made
    made.close()


def add(database: Database, start_s: float, **kwargs: object) -> int:
    return writes.add_event(database, "camera-1", seen(start_s, **kwargs), MORNING, model="local")  # type: ignore[arg-type]


def test_the_migrations_make_exactly_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        # The tables of words are the database's own (migration 0010).
        own = {"include_name": lambda name, kind, _parents: kind != "table" or "_words" not in name}
        assert compare_metadata(MigrationContext.configure(connection, opts=own), Base.metadata) == []


@contextmanager
def older(tmp_path: Path, version: str) -> Iterator[tuple[str, sa.Connection]]:
    """A database of an older schema: its address, and a connection to fill it."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        yield url, connection
    engine.dispose()


def test_a_database_of_the_first_schema_keeps_its_archives(tmp_path: Path) -> None:
    with older(tmp_path, "0001") as (url, connection):
        connection.exec_driver_sql(
            "INSERT INTO cameras VALUES ('camera-1', 'Playroom', 'videos', '2026-11-23 08:00:00')"
        )
        connection.exec_driver_sql(
            "INSERT INTO archives VALUES (7, 'camera-1', '2026-11-23 08:00:00', '2026-11-23 08:00:00',"
            " '2026-11-23 08:10:00', 'a.mp4', 3000, 1000, 'x', 600.0, '[]', 1)"
        )
    upgraded = Database(url)
    (row,) = archives.records(upgraded)
    assert (row.id, row.start_utc, row.pinned) == (7, MORNING, True)
    upgraded.close()


def test_datasets_from_before_have_their_footage_too(tmp_path: Path) -> None:
    made = Dataset("mine", (Item("camera-1", MORNING, MORNING + timedelta(minutes=10), "a"),))
    with older(tmp_path, "0007") as (url, connection):
        connection.exec_driver_sql(
            "INSERT INTO datasets VALUES (?, 'mine', 1, ?, '2026-11-23 08:00:00')",
            (made.version, json.dumps(made.content)),
        )
    upgraded = Database(url)
    with upgraded.reading() as connection:
        (kept,) = connection.execute(sa.select(DatasetFootage.__table__)).all()
    assert kept == (made.version, "camera-1", MORNING, MORNING + timedelta(minutes=10))
    assert count_rows(upgraded, "camera-1")["datasets"] == 1
    upgraded.close()


AN_OLD_TIME = "2026-11-23 08:00:00"


def old_events(connection: sa.Connection, *reviewed_utc: str | None) -> None:
    """Write events as any schema has them, with these times of review."""
    connection.exec_driver_sql(
        "INSERT INTO cameras (id, name, source, created_utc) VALUES ('camera-1', 'Playroom', 'videos',"
        f" '{AN_OLD_TIME}')"
    )
    row: dict[str, Any] = {"camera_id": "camera-1", "kind": "fall", "event_type": "safety", "severity": "danger"}
    row |= dict.fromkeys(("start_utc", "last_seen_utc", "created_utc"), AN_OLD_TIME)
    row |= {"confidence": 1, "evidence_utcs": "[]", "suppressed": 0}
    row |= dict.fromkeys(("title", "description", "location", "thumbnail", "model", "prompt_version"), "")
    marks = ", ".join("?" for _ in range(len(row) + 1))
    for reviewed in reviewed_utc:
        insert = f"INSERT INTO realtime_events ({', '.join(row)}, reviewed_utc) VALUES ({marks})"
        connection.exec_driver_sql(insert, (*row.values(), reviewed))


def test_people_at_an_old_event_are_unknown_and_found_as_such_once_it_is_indexed(tmp_path: Path) -> None:
    with older(tmp_path, "0017") as (url, connection):
        old_events(connection, None, None)
        connection.exec_driver_sql("UPDATE word_index_progress SET below_id = 0")  # the old index was complete
    upgraded = Database(url)
    events = events_of(upgraded, "camera-1")
    assert events[["people", "pets", "zones"]].isna().all(axis=None)
    assert word_index.missing_share(upgraded, word_index.EVENTS) == 1.0
    while word_index.fill(upgraded, word_index.EVENTS, 1):
        pass
    found = {seen: len(event_search.search(upgraded, EventSearch(("camera-1",), seen=seen))) for seen in SeenFilter}
    assert found == {SeenFilter.PEOPLE: 0, SeenFilter.PETS: 0, SeenFilter.NOBODY: 0, SeenFilter.UNKNOWN: 2}
    upgraded.close()


def test_the_time_of_an_old_review_is_kept_as_the_first_and_its_person_is_not_known(tmp_path: Path) -> None:
    with older(tmp_path, "0016") as (url, connection):
        old_events(connection, AN_OLD_TIME, None)
    upgraded = Database(url)
    judged, open_event = (events_of(upgraded, "camera-1").set_index("id").loc[event_id] for event_id in (1, 2))
    assert (judged["reviewed_utc"], judged["first_reviewed_by"], judged["reviewed_by"]) == (MORNING, "", "")
    assert pd.isna(open_event["reviewed_utc"])
    reviews.review_events(upgraded, [1], {"label": "wrong"}, MORNING + timedelta(hours=1), "Ben")
    later = events_of(upgraded, "camera-1").set_index("id").loc[1]
    assert (later["first_reviewed_utc"], later["first_reviewed_by"], later["reviewed_by"]) == (MORNING, "", "Ben")
    upgraded.close()


def test_every_column_is_explained() -> None:
    missing = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if not column.comment and column.name != "id"
    ]
    assert missing == []


def test_sqlite_writes_ahead_and_checks_references(database: Database) -> None:
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        writes.add_event(database, "nobody", seen(0), MORNING, model="local")


def test_opening_twice_keeps_what_is_there(database: Database) -> None:
    add(database, 0)
    again = Database(database.url)
    assert len(events_of(again, "camera-1")) == 1
    again.close()


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = seen(0)
    object.__setattr__(naive, "start_utc", datetime(2026, 11, 23, 8))
    with pytest.raises(StoreError, match="timezone"):
        writes.add_event(database, "camera-1", naive, MORNING, model="local")


def test_events_come_newest_first_with_fixed_types(database: Database) -> None:
    first, second = add(database, 0), add(database, 60, severity=Severity.WARNING)
    found = events_of(database, "camera-1")
    assert list(found["id"]) == [second, first]
    assert found["start_utc"].iloc[1] == pd.Timestamp(MORNING)
    empty = events_of(database, "camera-1", since=MORNING + timedelta(days=1))
    assert empty.empty
    assert list(empty.dtypes) == list(found.dtypes)


def test_events_can_be_narrowed(database: Database) -> None:
    a = add(database, 0)
    b = add(database, 60, severity=Severity.WARNING, event_type=EventType.SAFETY, kind="possible_fall")
    ids = lambda **kwargs: list(events_of(database, "camera-1", **kwargs)["id"])  # noqa: E731
    assert ids(severities=("warning",)) == [b]
    assert ids(event_types=("activity",)) == [a]
    assert ids(since=MORNING + timedelta(seconds=30)) == [b]
    assert ids(until=MORNING + timedelta(seconds=30)) == [a]
    assert ids(limit=1) == [b]
    assert ids(before_id=b) == [a]
    assert list(events_of(database, "camera-2")["id"]) == []


def test_a_repetition_is_counted_and_extends_the_event(database: Database) -> None:
    event_id = add(database, 0)
    for second in (10, 20):
        writes.fold_event(database, event_id, MORNING + timedelta(seconds=second), MORNING)
    event = events_of(database, "camera-1").iloc[0]
    assert event["suppressed"] == 2
    assert event["last_seen_utc"] == pd.Timestamp(MORNING + timedelta(seconds=20))


def _fold_often(url: str, event_id: int) -> None:
    database = Database(url)
    for _ in range(50):
        writes.fold_event(database, event_id, MORNING, MORNING)
    database.close()


def test_two_processes_lose_no_update(database: Database) -> None:
    event_id = add(database, 0)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_fold_often, args=(database.url, event_id)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE_S)
    assert events_of(database, "camera-1").iloc[0]["suppressed"] == 100


def look() -> Look:
    frame = Frame("camera-1", MORNING, np.zeros((4, 4, 3), np.uint8))
    return Look("camera-1", LookReason.MOTION, (frame,))


def test_a_failed_look_is_stored_as_what_it_is(database: Database) -> None:
    answer = Answer("scripted", AnswerStatus.UNPARSABLE, raw_text="{not json\x00\ud800", error="no JSON")
    writes.add_call(database, look(), answer, MORNING)
    with database.reading() as connection:
        row = connection.execute(sa.select(VlmCallRow)).one()
    assert (row.status, row.error, row.reason) == ("unparsable", "no JSON", "motion")
    assert row.raw_text == "{not json?"
    assert row.frames[0]["utc"] == "2026-11-23T08:00:00.000Z"
    assert len(row.frames[0]["sha256"]) == 64
    stats = queries.stats(database, "camera-1", MORNING + timedelta(hours=1))
    assert stats["looks"] == {"unparsable": 1}
    assert stats["events"] == {}


def archive(data_dir: Path, frames: int) -> Archive:
    gap = Gap(MORNING, MORNING + timedelta(seconds=20))
    return Archive(
        camera_id="camera-1",
        window_start_utc=MORNING,
        start_utc=gap.end_utc,
        end_utc=MORNING + timedelta(seconds=600),
        path=data_dir / "cameras" / "camera-1" / "archive" / "segment_20261123_080000.mp4",
        frames=frames,
        bytes=1000,
        sha256="0" * 64,
        coverage_s=580.0,
        gaps=(gap,),
    )


def test_an_archive_has_one_row_a_window(database: Database, tmp_path: Path) -> None:
    archives.add_archive(database, archive(tmp_path, 100), tmp_path)
    archives.add_archive(database, archive(tmp_path, 2900), tmp_path)
    found = queries.archives(database, "camera-1")
    assert list(found["frames"]) == [2900]
    assert found["path"].iloc[0] == "cameras/camera-1/archive/segment_20261123_080000.mp4"
    assert found["gaps"].iloc[0] == [{"start_utc": "2026-11-23T08:00:00.000Z", "end_utc": "2026-11-23T08:00:20.000Z"}]
    assert archives.archived_windows(database, "camera-1", Window(MORNING)) == {Window(MORNING)}
    assert archives.archived_windows(database, "camera-1", Window(MORNING + timedelta(minutes=10))) == set()


def test_nan_never_gets_into_json(database: Database) -> None:
    with pytest.raises(StoreError), database.writing() as session:
        session.add(RealtimeEvent(**_event_values(evidence_utcs=[float("nan")])))
    assert events_of(database, "camera-1").empty


def _event_values(**changes: object) -> dict[str, object]:
    values: dict[str, object] = dict.fromkeys(
        ("title", "description", "location", "kind", "model", "prompt_version"), "x"
    )
    values |= {"camera_id": "camera-1", "event_type": "activity", "severity": "info", "confidence": 0.5}
    values |= dict.fromkeys(("start_utc", "last_seen_utc", "created_utc"), MORNING)
    return values | changes


def test_a_database_that_cannot_be_opened_says_so_without_its_password() -> None:
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        Database("postgresql+nosuchdriver://user:secret@localhost/x")
    assert "secret" not in str(caught.value)


def test_a_grave_repetition_keeps_its_words_and_time_on_the_event(database: Database) -> None:
    event_id = add(database, 0, severity=Severity.DANGER)
    again = seen(20, 25, severity=Severity.DANGER, title="Hangs from the railing")
    writes.fold_event(database, event_id, again.end_utc, MORNING, again)
    writes.fold_event(database, event_id, again.end_utc, MORNING, seen(30))
    event = events_of(database, "camera-1").iloc[0]
    assert event["suppressed"] == 2
    assert event["repeats"] == [
        {
            "start_utc": "2026-11-23T08:00:20.000Z",
            "end_utc": "2026-11-23T08:00:25.000Z",
            "severity": "danger",
            "title": "Hangs from the railing",
            "description": "A part of the picture changed.",
        }
    ]
    for second in range(2 * writes.MOST_REPEATS):
        writes.fold_event(database, event_id, again.end_utc, MORNING, seen(second, severity=Severity.DANGER))
    repeats = events_of(database, "camera-1").iloc[0]["repeats"]
    assert len(repeats) == writes.MOST_REPEATS, "the latest stay"
    assert repeats[-1]["start_utc"] == "2026-11-23T08:01:39.000Z"


def test_a_database_at_the_newest_schema_is_opened_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'livemon.db'}"
    Database(url).close()
    opening = (
        "import sys; from livemon.store.session import Database; Database(sys.argv[1]); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", opening, url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
