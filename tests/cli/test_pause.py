"""`livemon pause` and `livemon resume`."""

from __future__ import annotations

from pathlib import Path

from livemon.base.settings.settings import load_settings
from livemon.store import pauses, writes
from livemon.store.session import Database
from tests.cli.test_app import run
from tests.conftest import MORNING


def test_a_camera_is_paused_and_resumed_by_a_row(tmp_path: Path) -> None:
    config = tmp_path / "livemon.toml"
    config.write_text(f'data_dir = "{tmp_path / "data"}"\ntimezone = "UTC"\n[cameras.hall]\nsource = "test-pattern"\n')
    database = Database(load_settings(config).database)
    writes.upsert_camera(database, "hall", "Hall", "", MORNING)
    done = run("pause", "hall", "--minutes", "30", "--config", str(config))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("hall: Paused until ")
    pause = pauses.lasting(database)["hall"]
    assert pause.until_utc is not None
    assert (pause.until_utc - pause.begun_utc).total_seconds() == 1800
    assert "hall is no longer paused" in run("resume", "hall", "--config", str(config)).stdout
    assert pauses.lasting(database) == {}
    assert "hall is not paused." in run("resume", "hall", "--config", str(config)).stdout
    unknown = run("pause", "attic", "--config", str(config))
    assert unknown.returncode == 1
    assert "attic" in unknown.stderr
    database.close()
