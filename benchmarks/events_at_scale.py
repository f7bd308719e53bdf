"""Queries of pages in a database of ten million events of 16 cameras, and the cost of its index of words.

    python benchmarks/events_at_scale.py [rows] [database URL]

The rows are made by the schema before the index, then migrated, counted and indexed as in a database that grew. The
durations and the sizes are part of the result. Without a URL the database is a SQLite file in a folder of its own; one
that is named must be empty. Rows go a year back from now, one in a hundred a danger; 1 in 100,000 has a rare word, in
Korean or in English. Then each question is asked `TIMES` times, about different cameras and days.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from common import record

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.reports.facts.day import read_day
from livemon.store import event_counts, event_indexes, event_search, queries, word_index, writes
from livemon.store.event_search import EventSearch, ReviewState
from livemon.store.search_words import split_words
from livemon.store.session import MIGRATIONS, Database
from livemon.store.window_search import search_windows
from livemon.store.word_index import SeenFilter
from livemon.web.server.memory import keep_what_is_there

CAMERAS = tuple(f"camera-{number:02}" for number in range(1, 17))
BEFORE = "0009"
"""The schema before the index."""
YEAR_S = 365 * 86400
CHUNK = 500_000
TIMES = 40
WRITES = 500
BAR_MS = 100.0
BY_FILLING = 100_000
"""Rows that are indexed as livemon does it, for its speed; the others by statements, in a fraction of the time."""
PLACE = "(i * 13) % 8"
SEVERITIES = ("danger", "warning", "safe", "info")
SEVERITY = (
    "CASE WHEN i % 100 = 0 THEN 'danger' WHEN i % 20 = 1 THEN 'warning' WHEN i % 10 = 2 THEN 'safe' ELSE 'info' END"
)
RARE = "(CASE i % 200000 WHEN 77 THEN 1 WHEN 100077 THEN 2 ELSE 0 END)"
NOTE = "(CASE i % 1000 WHEN 5 THEN 1 ELSE 0 END)"
WORDS = ("", " 아이가 계단에서 낙상했습니다.", " A wardrobe tilts.", "Grandmother was there")
FACT = "(CASE WHEN i % 500 = 3 THEN 3 WHEN i % 5 = 2 THEN 2 WHEN i % 5 < 2 THEN 1 ELSE 0 END)"
DETECTED = tuple(
    SimpleNamespace(people=people, pets=pets, zones=zones)
    for people, pets, zones in ((None, None, None), (1, [], []), (0, [], []), (2, ["dog"], ["cot"]))
)
PHRASE = ("title", "description", "type", "kind")
PHRASES = (
    ("Plays on the mat", "A child sits on the mat beside the sofa and stacks wooden blocks.", "activity", "play"),
    ("Walks to the window", "A child walks across the room and looks out of the window.", "activity", "walk"),
    ("First steps", "The child lets go of the table and takes three steps alone.", "development", "gross_motor"),
    ("매트에서 놀이", "아이가 소파 옆 매트에 앉아 나무 블록을 쌓고 있습니다.", "activity", "play"),
    ("창가로 이동", "아이가 방을 가로질러 걸어가 창밖을 봅니다.", "activity", "walk"),
    ("Climbs the sofa", "A child climbs onto the back of the sofa while nobody is near.", "safety", "climbing"),
    ("의자에 올라감", "아이가 주방 의자 위에 올라가 손을 뻗고 있습니다.", "safety", "climbing"),
    ("Reads a book", "An adult and a child look at a picture book together.", "development", "language"),
)


def numbers(engine: sa.Engine, first: int, last: int) -> str:
    """Return the whole numbers from first to last as a table n(i)."""
    if engine.dialect.name == "sqlite":
        counting = f"SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}"
        return f"(WITH RECURSIVE n(i) AS ({counting}) SELECT i FROM n) AS n"
    return f"(SELECT i::bigint FROM generate_series({first}, {last}) AS i) AS n"


def moment(engine: sa.Engine, seconds: str) -> str:
    """Return a time, given in seconds since 1970, as the database has it."""
    if engine.dialect.name == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%f', {seconds}, 'unixepoch') || '000'"
    return f"to_timestamp({seconds})"


def chunks(rows: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each piece of the work."""
    for first in range(1, rows + 1, CHUNK):
        yield first, min(first + CHUNK - 1, rows)


def fill(engine: sa.Engine, rows: int, end: datetime) -> None:
    """Write cameras, events and windows by statements of the database's own."""
    first_s = int(end.timestamp()) - YEAR_S
    with engine.begin() as connection:
        for camera in CAMERAS:
            values = f"'{camera}', '{camera}', '', {moment(engine, str(first_s))}"
            connection.exec_driver_sql(f"INSERT INTO cameras (id, name, source, created_utc) VALUES ({values})")
        columns = ", ".join(f"{name} text" for name in PHRASE)
        connection.exec_driver_sql(f"CREATE TABLE phrases (id integer PRIMARY KEY, {columns})")
        table = sa.table("phrases", *(sa.column(name) for name in ("id", *PHRASE)))
        values_of = [{"id": n, **dict(zip(PHRASE, each, strict=True))} for n, each in enumerate(PHRASES)]
        connection.execute(sa.insert(table), values_of)
    at_s = f"{first_s} + i * {YEAR_S / rows!r}"
    begin, last_seen = moment(engine, at_s), moment(engine, f"{at_s} + i % 60")
    reviewed = "(i * 7919) % 100 < CASE WHEN i % 20 < 2 THEN 90 ELSE 20 END"
    judged = f"CASE WHEN {reviewed} AND i % 10 = 0 THEN CASE WHEN i % 30 = 0 THEN 'wrong' ELSE 'right' END END"
    columns = {
        "id": "i",
        "camera_id": "CASE WHEN (i * 31) % 16 < 9 THEN 'camera-0' ELSE 'camera-' END || ((i * 31) % 16 + 1)",
        "start_utc": begin,
        "last_seen_utc": last_seen,
        "created_utc": begin,
        "kind": "p.kind",
        "event_type": "p.type",
        "severity": SEVERITY,
        "title": "p.title",
        "description": f"p.description || CASE {RARE} WHEN 1 THEN '{WORDS[1]}' WHEN 2 THEN '{WORDS[2]}' ELSE '' END",
        "location": "''",
        "confidence": "0.8",
        "evidence_utcs": "'[]'",
        "thumbnail": "''",
        "suppressed": "i % 4",
        "model": "'gemini-3.5-flash-lite'",
        "prompt_version": "'0123456789abcdef'",
        "reviewed_utc": f"CASE WHEN {reviewed} THEN {begin} END",
        "label": judged,
        "note": f"CASE {NOTE} WHEN 1 THEN '{WORDS[3]}' ELSE '' END",
    }
    for first, last in chunks(rows):
        with engine.begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO realtime_events ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
                f"FROM {numbers(engine, first, last)} JOIN phrases AS p ON p.id = {PLACE}"
            )
    columns = {
        "id": "i",
        "camera_id": "CASE WHEN i % 16 < 9 THEN 'camera-0' ELSE 'camera-' END || (i % 16 + 1)",
        "window_start_utc": moment(engine, f"{first_s // 600 * 600} + (i / 16) * 600"),
        "status": "'completed'",
        "attempts": "1",
        "error": "''",
        "safety_score": "88.0",
        "incident_count": "0",
        "summary": "p.description",
        "analysis_result": "'{}'",
        "coverage_s": "600.0",
        "cost_usd": "0.002",
        "model": "'gemini-3.5-flash-lite'",
        "prompt_version": "'0123456789abcdef'",
    }
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO segment_analyses ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
            f"FROM {numbers(engine, 1, rows // 12)} JOIN phrases AS p ON p.id = {PLACE}"
        )
        connection.exec_driver_sql("DROP TABLE phrases")
        if engine.dialect.name == "postgresql":
            for table_name, most in (("realtime_events", rows), ("segment_analyses", rows // 12)):
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table_name}', 'id'), {most})")


def index_most(engine: sa.Engine, rows: int) -> None:
    """Put the words of all rows but the oldest `BY_FILLING` into the index, by statements of the database's own."""
    made: dict[str, list[dict[str, Any]]] = {word_index.EVENTS: [], word_index.WINDOWS: []}
    for place, (title, description, _, kind) in enumerate(PHRASES):
        made[word_index.WINDOWS].append({"key": place, "words": _words(engine, split_words(description))})
        for rare, note, fact, severity in product(range(3), range(2), range(4), range(4)):
            texts = (title, description + WORDS[rare], WORDS[3] * note, kind)
            facts = [word_index.severity_word(SEVERITIES[severity]), *word_index.detection_words(DETECTED[fact])]
            key = place * 96 + rare * 32 + note * 16 + fact * 4 + severity
            words = [*facts, *split_words(" \n".join(texts))]
            made[word_index.EVENTS].append({"key": key, "words": _words(engine, words)})
    places = f"CASE {SEVERITY} " + " ".join(f"WHEN '{name}' THEN {n}" for n, name in enumerate(SEVERITIES)) + " END"
    keys = {
        word_index.EVENTS: f"{PLACE} * 96 + {RARE} * 32 + {NOTE} * 16 + {FACT} * 4 + {places}",
        word_index.WINDOWS: PLACE,
    }
    for name, most in ((word_index.EVENTS, rows), (word_index.WINDOWS, rows // 12)):
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE made (key integer PRIMARY KEY, words text)")
            connection.execute(sa.insert(sa.table("made", sa.column("key"), sa.column("words"))), made[name])
        words = "m.words" if engine.dialect.name == "sqlite" else "m.words::tsvector"
        left = min(BY_FILLING, most)
        for first, last in chunks(most):
            if last > left:
                with engine.begin() as connection:
                    connection.exec_driver_sql(
                        f"INSERT INTO {name} (rowid, words) SELECT i, {words} "
                        f"FROM {numbers(engine, max(first, left + 1), last)} JOIN made AS m ON m.key = {keys[name]}"
                    )
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE made")
            connection.exec_driver_sql(f"UPDATE word_index_progress SET below_id = {left + 1} WHERE name = '{name}'")


def _words(engine: sa.Engine, words: list[str]) -> str:
    return " ".join(words if engine.dialect.name == "sqlite" else word_index.placed(words))


def upgrade(engine: sa.Engine, revision: str) -> None:
    """Bring a database to a schema."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def size_mb(engine: sa.Engine) -> float:
    """Return how large the database is."""
    sqlite = engine.dialect.name == "sqlite"
    query = (
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if sqlite
        else "SELECT pg_database_size(current_database())"
    )
    with engine.connect() as connection:
        return round(float(connection.exec_driver_sql(query).scalar_one()) / 1e6, 1)


@contextmanager
def timed(values: dict[str, Any], name: str) -> Iterator[None]:
    """Keep how many seconds something took."""
    began_s = time.monotonic()
    yield
    values[name] = round(time.monotonic() - began_s, 1)
    print(name, values[name], flush=True)


def p95_ms(ask: Callable[[str, datetime], object], end: datetime) -> dict[str, float]:
    """Return within how many milliseconds 95 of 100 questions are answered, each about another camera and day.

    Also how many of these are CPU time of this process, where others keep the machine busy.
    """
    chance = random.Random(1)
    took: dict[str, list[float]] = {"wall": [], "cpu": []}
    for _ in range(TIMES):
        camera, day = chance.choice(CAMERAS), end - timedelta(days=chance.randrange(1, 360))
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        ask(camera, day)
        took["wall"].append((time.perf_counter() - wall_s) * 1000)
        took["cpu"].append((time.process_time() - cpu_s) * 1000)
    return {clock: round(sorted(times)[int(0.95 * TIMES)], 1) for clock, times in took.items()}


def questions(database: Database, end: datetime) -> dict[str, Callable[[str, datetime], object]]:
    """Return what is asked, by name."""
    zone, month, week = ZoneInfo("UTC"), end - timedelta(days=30), timedelta(days=7)

    def found(**wanted: Any) -> Callable[[str, datetime], object]:
        return lambda _camera, _day: event_search.search(database, EventSearch(CAMERAS, **wanted))

    def counted(**wanted: Any) -> Callable[[str, datetime], object]:
        return lambda _camera, _day: event_search.count(database, EventSearch(CAMERAS, **wanted))

    queue = {"state": ReviewState.OPEN, "worst_first": True}
    danger = {"severities": ("danger",), "since": month}
    return {
        "list, all cameras": found(),
        "list, one camera": lambda camera, _day: event_search.search(database, EventSearch((camera,))),
        "list, a week of a camera": lambda camera, day: event_search.search(
            database, EventSearch((camera,), since=day - week, until=day)
        ),
        "list, judged wrong": found(state=ReviewState.WRONG),
        "queue, worst first": found(**queue),
        "queue, counts": counted(**queue),
        "counts over all": counted(),
        "counts of 30 days": counted(since=month),
        "dangers of 30 days": found(**danger),
        "dangers of 30 days, counts": counted(**danger),
        "stats of a camera": lambda camera, _day: queries.stats(database, camera, end),
        "day of a camera": lambda camera, day: read_day(database, camera, day.date(), zone, end),
        "rare word, Korean": found(text="낙상"),
        "rare word, English": found(text="wardrobe"),
        "rare word, counts": counted(text="낙상"),
        "rare word, worst first": found(text="낙상", **queue),
        "two words": found(text="wardrobe sofa"),
        "common word": found(text="sofa"),
        "common word, worst first": found(text="소파", **queue),
        "common word, counts": counted(text="sofa"),
        "common word, an hour of it": lambda _camera, day: event_search.search(
            database, EventSearch(CAMERAS, text="sofa", since=day, until=day + timedelta(hours=1))
        ),
        "common word, a rare label": found(text="sofa", state=ReviewState.MISSED),
        "people": found(seen=SeenFilter.PEOPLE),
        "people, queue": found(seen=SeenFilter.PEOPLE, **queue),
        "people, queue, counts": counted(seen=SeenFilter.PEOPLE, **queue),
        "people, a rare label": found(seen=SeenFilter.PEOPLE, state=ReviewState.MISSED),
        "pets, queue": found(seen=SeenFilter.PETS, **queue),
        "nobody, 30 days": found(seen=SeenFilter.NOBODY, since=month),
        "a zone": found(zone="cot"),
        "a zone, counts": counted(zone="cot"),
        "one syllable": found(text="창"),
        "four syllables": found(text="올라가고"),
        "word in windows": lambda _camera, _day: search_windows(database, EventSearch(CAMERAS, text="소파"), 20),
    }


def write_ms(database: Database, now: datetime) -> float:
    """Return how many milliseconds an event takes to be written, each in a transaction of its own."""
    began_s = time.perf_counter()
    for number in range(WRITES):
        title, description, *_ = PHRASES[number % len(PHRASES)]
        seen = Observation("play", EventType.ACTIVITY, Severity.INFO, title, description, 0.8, now, now, (now,))
        writes.add_event(database, CAMERAS[number % 16], seen, now, model="local")
    return round((time.perf_counter() - began_s) * 1000 / WRITES, 3)


def write_cost(database: Database, now: datetime) -> dict[str, float]:
    """Return what writing an event takes with index and counts, and without; the last thing that is asked."""
    with_index = write_ms(database, now)
    kept = writes.put_events
    writes.put_events = lambda session, _rows: session.flush()  # type: ignore[assignment]
    suffix = "" if database.engine.dialect.name == "sqlite" else " ON realtime_events"
    with database.engine.begin() as connection:
        for name in ("counted", "recounted", "uncounted"):
            connection.exec_driver_sql(f"DROP TRIGGER realtime_events_{name}{suffix}")
    without = write_ms(database, now)
    writes.put_events = kept
    return {"with_ms": with_index, "without_ms": without, "ratio": round(with_index / without, 2)}


def measure(url: str, rows: int) -> dict[str, Any]:
    """Fill, migrate, index and ask."""
    end = datetime.now(UTC).replace(microsecond=0)
    values: dict[str, Any] = {"events": rows, "windows": rows // 12}
    # psycopg reads every % as a place unless it is given no parameters at all.
    plain = sa.create_engine(url, execution_options={"no_parameters": True})
    upgrade(plain, BEFORE)
    with timed(values, "filled_s"):
        fill(plain, rows, end)
    values["size_before_mb"] = size_mb(plain)
    plain.dispose()
    with timed(values, "migrated_s"):
        database = Database(url)
    with timed(values, "counted_in_batches_s"):
        batches_s = []
        while event_counts.uncounted_share(database):
            began_s = time.monotonic()
            event_counts.fill(database)
            batches_s.append(time.monotonic() - began_s)
        values["longest_batch_of_counts_s"] = round(max(batches_s, default=0.0), 2)
    for name in event_indexes.missing(database):
        with timed(values, f"made_{name}_s"):
            event_indexes.make_first(database)
    values["size_migrated_mb"] = size_mb(database.engine)
    with timed(values, "indexed_by_statements_s"):
        index_most(database.engine.execution_options(no_parameters=True), rows)
    with timed(values, "filled_in_batches_s"):
        while word_index.fill(database, word_index.EVENTS):
            pass
    values["filled_in_batches"] = min(BY_FILLING, rows)
    while word_index.fill(database, word_index.WINDOWS):
        pass
    values["size_indexed_mb"] = size_mb(database.engine)
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    values["p95_ms"] = {}
    keep_what_is_there()  # as a server does
    for name, ask in questions(database, end).items():
        values["p95_ms"][name] = p95_ms(ask, end)
        print(name, values["p95_ms"][name], flush=True)
    values["over_the_bar"] = [name for name, took in values["p95_ms"].items() if took["wall"] > BAR_MS]
    values["write"] = write_cost(database, end)
    database.close()
    return {**values, "bars": {"p95_ms": BAR_MS}}


def main(rows: int, url: str) -> None:
    if url:
        record(f"events_at_scale_{sa.make_url(url).get_backend_name()}", measure(url, rows))
        return
    with tempfile.TemporaryDirectory() as folder:
        record("events_at_scale_sqlite", measure(f"sqlite:///{Path(folder) / 'livemon.db'}", rows))


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["10000000"])[0]), (sys.argv[2:] or [""])[0])
