"""Locks: waited for within a limit, then an error that says which lock and what to do."""

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from livemon.base import file_lock
from livemon.base.errors import LivemonError, LockBusy
from livemon.base.file_lock import locked, try_lock
from livemon.store.session import Database
from livemon.stream import cache
from livemon.stream.archive_lock import archive_lock

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def held_elsewhere(path: Path) -> "subprocess.Popen[str]":
    """A process that holds a lock until its standard input is closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    return holder


def test_a_lock_that_is_held_too_long_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "some.lock"
    with held_elsewhere(path) as holder:
        with pytest.raises(LockBusy) as said, locked(path, wait_s=0):
            pass
        assert str(path) in said.value.message and f"fuser -v {path}" in said.value.hint
        holder.communicate()
    with locked(path, wait_s=0):
        pass


def test_a_lock_that_is_given_back_in_time_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "some.lock"
    waited = threading.Event()
    with held_elsewhere(path) as holder:
        monkeypatch.setattr(file_lock.time, "sleep", lambda _s: (holder.communicate(), waited.set()))
        with locked(path):
            assert waited.is_set()


def test_an_archive_s_lock_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_lock.time, "monotonic", iter(range(0, 10_000, 1000)).__next__)
    with held_elsewhere(tmp_path / "archive.lock") as holder:
        with pytest.raises(LockBusy, match=r"archive\.lock"), archive_lock(tmp_path):
            pass
        holder.communicate()


def test_a_cached_file_s_lock_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clip.h264").write_bytes(b"x")
    monkeypatch.setattr(file_lock.time, "monotonic", iter(range(0, 10_000, 1000)).__next__)
    with held_elsewhere(tmp_path / "clip.h264") as holder:
        with pytest.raises(LockBusy, match="clip"):
            cache.hold(tmp_path / "clip.h264")
        holder.communicate()


def test_the_database_s_lock_lies_beside_it_and_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    url = f"sqlite:///{tmp_path}/data/livemon.db"
    Database(url).close()
    assert list((tmp_path / "temporary").iterdir()) == [], "no lock is left in the temporary folder"
    monkeypatch.setattr(file_lock.time, "monotonic", iter(range(0, 10_000, 1000)).__next__)
    with held_elsewhere(tmp_path / "data" / "livemon.db.lock") as holder:
        with pytest.raises(LivemonError, match=r"livemon\.db\.lock"):
            Database(url)
        holder.communicate()


def test_shared_holders_do_not_shut_each_other_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with (tmp_path / "a").open("rb") as one, (tmp_path / "a").open("rb") as other:
        assert try_lock(one, shared=True) and try_lock(other, shared=True)
        with (tmp_path / "a").open("rb") as third:
            assert not try_lock(third)
