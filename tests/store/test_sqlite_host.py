"""A SQLite database belongs to one host and one data folder; a second one is refused with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.base.errors import ConfigError
from livemon.store import sqlite_host
from livemon.store.sqlite_host import SqliteHost


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for name in ("nas", "attic"):
        (tmp_path / name).mkdir()
    return tmp_path / "livemon.db"


def test_processes_of_one_host_share_it_and_a_second_data_folder_is_refused(file: Path, tmp_path: Path) -> None:
    first, beside, other = (SqliteHost(file, tmp_path / name) for name in ("nas", "nas", "attic"))
    first.acquire()
    first.acquire()
    beside.acquire()
    with pytest.raises(ConfigError, match=r"nas.*\n?.*PostgreSQL"):
        other.acquire()
    first.release()
    with pytest.raises(ConfigError):
        other.acquire()
    beside.release()
    other.acquire()
    other.release()


def test_a_second_host_on_the_same_folder_is_refused(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = SqliteHost(file, tmp_path / "nas"), SqliteHost(file, tmp_path / "nas")
    first.acquire()
    other_boot = tmp_path / "boot_id"
    other_boot.write_text("another machine\n")
    monkeypatch.setattr(sqlite_host, "BOOT_ID", other_boot)
    with pytest.raises(ConfigError, match="PostgreSQL"):
        second.acquire()
    first.release()


def test_other_databases_need_no_such_lock(tmp_path: Path) -> None:
    host = SqliteHost(None, tmp_path)
    host.acquire()
    host.release()
    assert list(tmp_path.iterdir()) == []
