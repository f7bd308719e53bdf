"""SearchFiller: a database from before the index, at any size, is counted and indexed while it is in use."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from livemon.base.clock import SystemClock
from livemon.jobs import search_backfill
from livemon.jobs.search_backfill import SearchFiller
from livemon.store import event_counts, event_indexes, event_search, word_index
from livemon.store.event_search import EventSearch
from livemon.store.session import MIGRATIONS, Database
from tests.waiting import wait_async

ROWS = 60
COLUMNS = (
    "id, camera_id, start_utc, last_seen_utc, created_utc, kind, event_type, severity, title, description, location, "
    "confidence, evidence_utcs, thumbnail, suppressed, model, prompt_version, note"
)


def older(url: str, first_id: int) -> None:
    """Make a database at the schema before the index, with events numbered from `first_id` on."""
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
        at = "'2026-11-22 08:00:00.000000'"
        connection.exec_driver_sql(
            f"INSERT INTO cameras (id, name, source, created_utc) VALUES ('hall', 'Hall', '', {at})"
        )
        for number in range(ROWS):
            severity = "danger" if number % 3 == 0 else "info"
            values = (
                f"{first_id + number}, 'hall', {at}, {at}, {at}, 'fall', 'safety', '{severity}', '낙상', '', '', 1.0"
            )
            connection.exec_driver_sql(
                f"INSERT INTO realtime_events ({COLUMNS}) VALUES ({values}, '[]', '', 0, 'm', '', '')"
            )
    engine.dispose()


def done(database: Database) -> bool:
    """Whether nothing is left to do."""
    left = (event_counts.uncounted_share(database), word_index.missing_share(database, word_index.EVENTS))
    return not any(left) and not event_indexes.missing(database)


@pytest.mark.parametrize(("first_id", "later"), [(1, 0), (1_000_000, 3)])
def test_opening_an_older_database_counts_and_indexes_nothing_of_a_large_table(
    tmp_path: Path, first_id: int, later: int
) -> None:
    older(f"sqlite:///{tmp_path / 'livemon.db'}", first_id)
    database = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    assert event_counts.uncounted_share(database) == word_index.missing_share(database, word_index.EVENTS) == 1
    assert len(event_indexes.missing(database)) == later
    assert event_search.count(database, EventSearch(("hall",))) == {"danger": 20, "info": 40}
    database.close()


async def test_what_is_left_is_done_in_the_background_and_a_restart_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'livemon.db'}"
    older(url, 1_000_000)
    wanted = EventSearch(("hall",))
    monkeypatch.setattr(search_backfill, "PAUSE_S", 0.001)
    steps, left = [], 5

    def some(step: object, database: Database, *rest: object, **more: object) -> bool:
        if len(steps) == left:
            raise OSError("the disk is away for a moment")
        steps.append(step)
        return bool(step(database, *rest, most=10, **more))  # type: ignore[operator]

    for module in (event_counts, word_index):
        plain = module.fill
        monkeypatch.setattr(module, "fill", lambda *given, plain=plain, **more: some(plain, *given, **more))
    for _ in range(6):
        database = Database(url)
        filler = SearchFiller(database, SystemClock())
        await filler.start()
        await wait_async(lambda d=database, most=left: done(d) or len(steps) == most)
        await filler.stop()
        assert event_search.count(database, wanted) == {"danger": 20, "info": 40}
        database.close()
        left += 5
    database = Database(url)
    assert done(database)
    assert len(event_search.search(database, EventSearch(("hall",), text="낙상"))) == ROWS
    assert event_search.notes(database, EventSearch(("hall",), text="낙상")) == []
    assert len(steps) == 12 + 2, "each row once: a last step of each finds none"
    database.close()
