from datetime import timedelta

from livemon.store.activity import counted, motion_looks
from livemon.store.session import Database
from tests.conftest import MORNING
from tests.store.test_hours import CAM, database

__all__ = ["database"]


def test_moments_are_counted_in_steps_and_others_left_out() -> None:
    moments = [MORNING + timedelta(seconds=s) for s in (-1, 0, 59, 60, 180)]
    assert counted(moments, MORNING, timedelta(minutes=1), 3) == [2, 1, 0]


def test_without_looks_nothing_moved(database: Database) -> None:
    assert motion_looks(database, CAM, MORNING, MORNING + timedelta(hours=1)) == []
