"""The ledger between processes: a cap is a cap, also when everybody asks at once."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livemon.store import ledger, writes
from livemon.store.ledger import Caps, Refusal
from livemon.store.session import Database
from tests.conftest import MORNING
from tests.postgres import database_of
from tests.waiting import PATIENCE_S

CAMERAS = ("a", "b")
NO_CAPS = Caps(None, None, None, 1000)

SPENDER = """
import sys
from datetime import datetime, UTC
from livemon.store import ledger
from livemon.store.ledger import Caps
from livemon.store.session import Database
database = Database(sys.argv[1])
now = datetime(2026, 11, 23, 8, tzinfo=UTC)
caps = Caps(None, 1.0, None, 1000)
got = [ledger.reserve(database, sys.argv[2], "m", 0.07, caps, now, now) for _ in range(20)]
print(sum(isinstance(one, int) for one in got))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    with database_of(request.param, tmp_path) as made:
        for camera_id in CAMERAS:
            writes.upsert_camera(made, camera_id, camera_id, "", MORNING)
        yield made


def reserve(database: Database, caps: Caps, camera_id: str = "a", bound_usd: float | None = 0.5) -> int | Refusal:
    return ledger.reserve(database, camera_id, "m", bound_usd, caps, MORNING, MORNING)


def test_processes_that_ask_at_once_never_pass_a_cap_together(database: Database) -> None:
    command = [sys.executable, "-c", SPENDER, database.url]
    running = [subprocess.Popen([*command, CAMERAS[n % 2]], stdout=subprocess.PIPE, text=True) for n in range(4)]
    granted = sum(int(process.communicate(timeout=PATIENCE_S)[0]) for process in running)
    assert granted == 14, "14 times 0.07 fit into a dollar"


@pytest.mark.parametrize(
    ("caps", "cap", "grants"),
    [
        (Caps(1.0, None, None, 99), "camera_usd_per_day", 4),
        (Caps(None, 1.0, None, 99), "usd_per_day", 2),
        (Caps(None, None, 1.0, 99), "usd_total", 2),
    ],
)
def test_each_cap_says_which_it_is(database: Database, caps: Caps, cap: str, grants: int) -> None:
    got = [reserve(database, caps, camera_id) for camera_id in ("a", "b", "a", "b", "a", "b")]
    assert sum(isinstance(one, int) for one in got) == grants
    refused = got[-1]
    assert isinstance(refused, Refusal) and refused.cap == cap
    shared = cap != "camera_usd_per_day"
    assert ("$" in refused.reason) is not shared, "the figures of all cameras are not for who sees one"


def test_a_price_that_nobody_knows_is_stopped_by_no_dollar(database: Database) -> None:
    assert isinstance(reserve(database, Caps(0.0, 0.0, 0.0, 10), bound_usd=None), int)


def test_a_budget_of_nothing_allows_nothing(database: Database) -> None:
    assert isinstance(reserve(database, Caps(0.0, None, None, 10)), Refusal)


def test_yesterday_is_not_counted_but_ever_is(database: Database) -> None:
    reserve(database, NO_CAPS)
    tomorrow = MORNING.replace(day=24)
    spent = ledger.spending(database, "a", tomorrow, tomorrow, total=True)
    assert (spent.camera_day_usd, spent.day_usd, spent.total_usd) == (0.0, 0.0, 0.5)
