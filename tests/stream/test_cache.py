import os
from pathlib import Path

from livemon.stream import cache


def put(path: Path, size: int, used_s: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (used_s, used_s))
    return path


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    old, new = put(tmp_path / "new_name", 10, 1000), put(tmp_path / "a_name", 10, 2000)
    cache.bound(tmp_path, 15)
    assert (old.exists(), new.exists()) == (False, True)


def test_using_a_file_makes_it_young_and_holding_it_keeps_it(tmp_path: Path) -> None:
    first, second = put(tmp_path / "1", 10, 1000), put(tmp_path / "2", 10, 2000)
    with cache.hold(first):
        assert [entry.path for entry in cache.entries(tmp_path)] == [second, first]
        cache.bound(tmp_path, 0)
        assert (first.exists(), second.exists()) == (True, False)
    cache.bound(tmp_path, 0)
    assert not first.exists()


def test_a_folder_counts_as_one_entry(tmp_path: Path) -> None:
    put(tmp_path / "archive" / "0.ts", 100, 1000)
    os.utime(tmp_path / "archive", (1000, 1000))
    put(tmp_path / "single", 10, 2000)
    assert cache.free(cache.entries(tmp_path), 50) >= 100
    assert [path.name for path in tmp_path.iterdir()] == ["single"]


def test_sweeping_leaves_alone_what_is_being_written(tmp_path: Path) -> None:
    dead = put(tmp_path / "dead.part", 1, 1000)
    with cache.writing(tmp_path / "alive.part") as alive:
        cache.sweep(tmp_path)
        assert (dead.exists(), alive.exists()) == (False, True)
    assert not alive.exists()


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert cache.entries(tmp_path / "none") == []
