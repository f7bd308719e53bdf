"""Use by day counts each call and archive on the local day that it belongs to, in either database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.datatypes import Archive
from livemon.base.model_types import AnswerStatus, Purpose
from livemon.store import archives, writes
from livemon.store.daily_use import DailyUse, use_by_day
from livemon.store.session import Database
from tests.conftest import MORNING
from tests.postgres import database_of
from tests.spent import spend

DAY = timedelta(days=1)
MIDNIGHT = MORNING.replace(hour=0, minute=0)
DAYS = [(MIDNIGHT + n * DAY, MIDNIGHT + (n + 1) * DAY) for n in (-2, -1, 0)]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    with database_of(request.param, tmp_path) as made:
        for camera_id in ("camera-1", "hall"):
            writes.upsert_camera(made, camera_id, camera_id, "", MORNING)
        yield made


def test_calls_and_archives_are_counted_on_their_day(database: Database, tmp_path: Path) -> None:
    for utc, cost_usd, more in (
        (MIDNIGHT - DAY, 0.25, {}),  # the first moment of yesterday
        (MIDNIGHT - timedelta(seconds=1), 0.5, {"purpose": Purpose.STUDY}),
        (MORNING, None, {"status": AnswerStatus.UNAVAILABLE}),
        (MORNING, 0.125, {"camera_id": "hall"}),
        (MIDNIGHT - 3 * DAY, 9.0, {}),  # before the days that are asked for
    ):
        spend(database, utc, cost_usd, **more)
    file = tmp_path / "cameras" / "camera-1" / "archive" / "segment.mp4"
    end = MORNING + timedelta(minutes=10)
    made = Archive("camera-1", MORNING, MORNING, end, file, 3000, 1000, "0" * 64, 600.0, ())
    archives.add_archive(database, made, tmp_path)
    before, yesterday, today = use_by_day(database, ["camera-1", "hall"], DAYS)
    assert before == DailyUse()
    assert (yesterday.looks, yesterday.failed, yesterday.cost_usd) == (1, 0, 0.75)
    assert (today.looks, today.failed, today.cost_usd, today.archived_bytes) == (2, 1, 0.125, 1000)
    assert today.look_s is not None and before.look_s is None
    assert use_by_day(database, ["hall"], DAYS)[2].looks == 1
    assert use_by_day(database, [], DAYS) == [DailyUse()] * 3
