"""The audit log while its database is away: nothing breaks, all of it is counted, and it is written later."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from livemon.base.errors import StoreError
from livemon.base.roles import Identity, Role
from livemon.monitor.metrics import Metrics
from livemon.monitor.monitor import Monitor
from livemon.store import audit_log
from livemon.store.audit_log import Deed, catch_up, deeds, note, unwritten
from livemon.web.api.health import not_ready
from livemon.web.auth.session_monitor import of_session
from livemon.web.pages.parts.system_data import read_system
from livemon.web.pages.system import machine_html
from tests.conftest import MORNING

DEED = Deed("change a camera", Identity.local(), "page")


@pytest.fixture
def away(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A database that refuses every write, until it is called."""

    def refuse() -> None:
        raise StoreError("The database refused: disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(monitor.database, "writing", refuse)
        yield patched.undo


def test_what_cannot_be_written_is_said_once_counted_and_written_later(
    monitor: Monitor, away: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    assert not note(monitor.database, DEED, MORNING)
    assert not note(monitor.database, DEED, MORNING + timedelta(seconds=1))
    assert not_ready(monitor) == "the audit log cannot be written"
    assert unwritten(monitor.database) == (2, 0)
    assert b"livemon_audit_entries_waiting 2.0" in monitor.metrics.text()
    assert [record.levelno for record in caplog.records if "audit log" in record.message] == [logging.ERROR]
    away()
    assert not_ready(monitor) == ""
    assert unwritten(monitor.database) == (0, 0)
    assert list(deeds(monitor.database)["at_utc"]) == [MORNING + timedelta(seconds=1), MORNING]
    assert "2 entries waited" in caplog.text


def test_a_page_s_deed_does_not_fail_for_it_and_the_system_page_tells(
    monitor: Monitor, away: Callable[[], None]
) -> None:
    visit = of_session(monitor, "")
    visit.act("start", "camera-1", Role.OPERATOR)
    machine = read_system(visit).machine
    assert machine is not None and machine.audit_unwritten == 1
    assert "1 entries could not be written" in machine_html(machine)
    away()
    assert catch_up(monitor.database)
    assert list(deeds(monitor.database)["action"]) == ["start"]


def test_only_so_many_wait_and_the_loss_is_counted(
    monitor: Monitor, away: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "KEPT_AT_MOST", 2)
    for number in range(3):
        note(monitor.database, DEED, MORNING + timedelta(seconds=number))
    assert unwritten(monitor.database) == (2, 1)
    assert b"livemon_audit_entries_lost_total 1.0" in monitor.metrics.text()


def test_metrics_are_told_while_the_database_is_away(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise StoreError("The database refused: disk I/O error")

    assert isinstance(monitor.metrics, Metrics)
    monkeypatch.setattr(monitor.database, "reading", refuse)
    assert b"livemon_database_up 0.0" in monitor.metrics.text()
    monkeypatch.undo()
    assert b"livemon_database_up 1.0" in monitor.metrics.text()
