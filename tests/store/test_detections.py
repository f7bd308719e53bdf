"""Detections are kept with a look, in few bytes, as long as the pictures are, and go with the camera."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from livemon.store import detections, erase, writes
from livemon.store.session import Database
from livemon.store.tables.detections import DetectionRow
from tests.detect.bodies import START, at, found, lying, standing


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'livemon.db'}")
    writes.upsert_camera(made, "hall", "Hall", "videos", START)
    yield made
    made.close()


def test_what_was_kept_comes_back_and_costs_few_bytes(database: Database) -> None:
    pictures = [found(step * 0.4, standing(0.1 + 0.03 * step), lying(0.5)) for step in range(25)]
    detections.add_detections(database, "hall", pictures)
    again = detections.detections_between(database, "hall", START, at(60))
    assert [one.utc for one in again] == [one.utc for one in pictures]
    assert [[person.box for person in one.people] for one in again] == [
        [person.box for person in one.people] for one in pictures
    ]
    with database.reading() as connection:
        (size,) = connection.execute(sa.select(sa.func.length(DetectionRow.pictures))).one()
    assert size < 25 * 2 * 100


def test_only_the_pictures_that_are_asked_for_come_back(database: Database) -> None:
    for look in range(3):
        detections.add_detections(database, "hall", [found(look * 10 + step) for step in range(10)])
    asked = detections.detections_between(database, "hall", at(5), at(15))
    assert [one.utc for one in asked] == [at(second) for second in range(5, 15)]
    assert detections.detections_between(database, "stairs", at(0), at(60)) == ()


def test_a_look_without_a_picture_has_no_row_and_old_ones_go(database: Database) -> None:
    detections.add_detections(database, "hall", [])
    detections.add_detections(database, "hall", [found(0), found(1)])
    detections.add_detections(database, "hall", [found(100)])
    assert detections.forget_old(database, START + timedelta(seconds=50)) == 1
    assert [one.utc for one in detections.detections_between(database, "hall", at(0), at(200))] == [at(100)]


def test_erasing_a_camera_takes_its_detections(database: Database) -> None:
    detections.add_detections(database, "hall", [found(0)])
    assert erase.count_rows(database, "hall")["detections"] == 1
    assert erase.erase_rows(database, "hall")["detections"] == 1
    assert detections.detections_between(database, "hall", at(0), at(60)) == ()
