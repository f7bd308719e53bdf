"""The database engine: SQLite in WAL mode by default, any SQLAlchemy URL; brought to the newest schema at start.

Reads live in queries.py, writes in writes.py.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from livemon.base.errors import StoreError
from livemon.base.file_lock import locked
from livemon.base.private_files import create, made_once, make_folder
from livemon.store.tables.recordings import dump_json

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_S = 120
"""A writer waits this long for another: an index of a large table is made in one transaction."""
UPGRADE_WAIT_S = 120.0
"""An upgrade of a large database takes a minute."""
CONNECTION = {"connect_timeout": 10, "tcp_user_timeout": 10_000, "keepalives_idle": 10, "keepalives_interval": 3}
"""libpq's: a server that cannot be reached is an error after about 10 s, not after the system's two hours."""
WORD_INDEXES = ("event_words", "window_words")
ADVISORY_LOCK = 0x6C69766D  # any number of our own: "livm"


DAMAGED = ("malformed", "file is not a database", "file is encrypted")
DAMAGED_HINT = (
    "Stop livemon, move the file and those beside it with -wal and -shm away, put the newest of `backups` in the data "
    "folder in its place, and run `livemon archive rebuild`: archives that it does not know get their rows."
)


class Database:
    """An open database at the newest schema.

    Parameters
    ----------
    url
        SQLAlchemy URL.
    data_dir
        Folder of this host's footage when several hosts share the database; None for all rows.

    Attributes
    ----------
    folder_id
        Of a shared database, the name of `data_dir` in the rows of archives; else empty.
    file
        Of a SQLite database; None of any other.

    Raises
    ------
    StoreError
        When it cannot be opened or upgraded.
    LockBusy
        When another process upgrades it for too long.
    """

    def __init__(self, url: str, data_dir: Path | None = None) -> None:
        self.url = url
        self._listeners: tuple[Callable[[], None], ...] = ()
        try:
            parsed = make_url(url)
            file = self.file = _sqlite_file(parsed)
            if file is not None:
                make_folder(file.parent)
                create(file)  # SQLite gives the files beside it the same mode
            arguments = CONNECTION if parsed.drivername in ("postgresql+psycopg", "postgresql+psycopg2") else {}
            self.engine = sa.create_engine(url, json_serializer=dump_json, pool_pre_ping=True, connect_args=arguments)
            if self.engine.dialect.name == "sqlite":
                _configure_sqlite(self.engine)
            elif self.engine.dialect.name == "postgresql":
                _configure_postgresql(self.engine)
            # Two alembic upgrades at once corrupt each other.
            with locked(file.with_name(f"{file.name}.lock"), wait_s=UPGRADE_WAIT_S) if file else nullcontext():
                _upgrade(self.engine)
            self.folder_id = _folder_id(data_dir) if data_dir is not None and self.is_shared else ""
        except (SQLAlchemyError, OSError, ImportError) as exc:
            shown = url.split("@")[-1]  # never a password
            if _is_damaged(exc):
                raise StoreError("store.file_damaged", database=shown) from exc
            raise StoreError("store.not_opened", database=shown, reason=exc) from exc

    @property
    def is_shared(self) -> bool:
        """Whether several hosts may use it at once, each with a data folder of its own (docs/hosts.md)."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection for queries; its view of the data does not change while it is open."""
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that commits at the end, or leaves nothing.

        On SQLite it takes the write lock at once: read-modify-write under a shared lock loses updates between
        processes.
        """
        engine = self.engine.execution_options(immediate=True)
        with _translated(), Session(engine, expire_on_commit=False) as session:
            with session.begin():
                yield session
            if session.info.get("changed"):
                for listener in self._listeners:
                    listener()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have something called, in the writing thread, after each commit that told of a change (changes.py)."""
        self._listeners = (*self._listeners, listener)

    def scrub(self) -> None:
        """Leave nothing of deleted rows in a SQLite file and its write-ahead log; does nothing to other databases.

        The file is written anew, which takes as much free space as it is large, and seconds a gigabyte.

        Raises
        ------
        StoreError
            When it cannot be done now: the disk is full, or another program reads all the time.
        """
        if self.engine.dialect.name != "sqlite":
            return
        with _translated(), self.engine.connect() as pooled:
            connection: Any = pooled.connection.driver_connection  # VACUUM runs in no transaction
            try:
                for index in WORD_INDEXES:
                    # Words of deleted rows stay in FTS5's pages until these are merged.
                    connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")  # noqa: S608
                connection.execute("VACUUM")
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.Error as exc:
                raise StoreError("store.rows_not_overwritten", reason=exc) from exc
        if busy:
            raise StoreError("store.rows_in_use")

    def copy_into(self, target: Path) -> None:
        """Write a consistent copy of a SQLite database into an empty file; others may read and write meanwhile.

        Raises
        ------
        sqlite3.Error
            When the disk refuses, or the database is damaged.
        """
        with self.engine.connect() as pooled:
            connection: Any = pooled.connection.driver_connection  # VACUUM runs in no transaction
            connection.execute("VACUUM INTO ?", (str(target),))

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as exc:
        # Without the statement and its values, which SQLAlchemy adds: this text is shown to users.
        reason = getattr(exc, "orig", None) or exc
        if _is_damaged(exc):
            raise StoreError("store.damaged", reason=reason) from exc
        raise StoreError("store.refused", reason=reason) from exc


def _is_damaged(exc: Exception) -> bool:
    return any(words in str(exc) for words in DAMAGED)


def _configure_sqlite(engine: sa.Engine) -> None:
    """Set WAL, the busy timeout, foreign keys, and our own BEGIN (the driver would begin too late)."""

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "secure_delete=ON",  # deleted content is overwritten
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _configure_postgresql(engine: sa.Engine) -> None:
    """Let a query run as it is: compiling it and starting workers takes 50 to 100 ms, and questions here take 10."""

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
            cursor.execute("SET max_parallel_workers_per_gather = 0")
        connection.commit()  # else the pool takes it back


def _sqlite_file(url: URL) -> Path | None:
    """Return the file of a SQLite database; None for one in memory, and for any other server's."""
    name = url.database or ""
    plain = url.get_backend_name() == "sqlite" and name not in ("", ":memory:") and not name.startswith("file:")
    return Path(name) if plain else None


def _folder_id(data_dir: Path) -> str:
    """Return the name of a data folder in rows; made once, so that it stays over restarts and moves."""
    return made_once(data_dir / "folder.id", secrets.token_hex(8)).decode("ascii", "replace").strip()[:32]


def _upgrade(engine: sa.Engine) -> None:
    """Run the migrations that this database has not seen; one process at a time."""
    if _is_newest(engine):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(immediate=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{UPGRADE_WAIT_S:g}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _is_newest(engine: sa.Engine) -> bool:
    """Return whether there is nothing to upgrade; alembic is 12 MB and a tenth of a second of every command."""
    newest = max(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py")).split("_")[0]
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        return list(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()) == [newest]
