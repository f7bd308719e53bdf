"""Who may see one camera sees what that camera costs, and nothing of the house's caps and spending."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from livemon.base.clock import FakeClock
from livemon.base.roles import Role
from livemon.base.settings.models import BudgetSettings
from livemon.base.settings.settings import Settings
from livemon.inference.budget import CameraBudget
from livemon.monitor.authenticator import session_key
from livemon.monitor.monitor import Monitor
from livemon.store import ledger, writes
from livemon.vlm.budget_ladder import DegradationStep
from livemon.web.api.app import ROUTES
from livemon.web.api.operation import operation_of
from livemon.web.auth.session_monitor import of_session
from livemon.web.pages.shell.nav import LIVE, SYSTEM
from tests.conftest import FAST, MORNING, ScriptedModel, seen
from tests.days import CAM
from tests.spent import spend
from tests.web.api.houses import OTHER, PASSWORD, House, with_a_login
from tests.web.api.test_access import address
from tests.web.test_bad_rows import PAGES, shown_to

HOUSES = ("7.77", "77.77", "0.5678", "0.57", "0.8178", "0.82")
"""Caps of all cameras, what the other one spent, and what both did: as they are and as pages round them."""


@pytest.fixture
def house(settings: Settings, scripted: ScriptedModel) -> Iterator[House]:
    scripted.bound_usd = 0.01
    budget = BudgetSettings(usd_per_day=7.77, usd_total=77.77, camera_usd_per_day=3.33)
    own = with_a_login(settings).model_copy(update={"model": "scripted", "budget": budget})
    with Monitor(own, clock=FakeClock(MORNING), profile=FAST) as monitor:
        writes.add_event(monitor.database, CAM, seen(0), MORNING, model="local")
        for camera_id, usd in ((CAM, 0.25), (OTHER, 0.5678)):
            spend(monitor.database, MORNING - timedelta(minutes=5), usd, camera_id=camera_id)
        made = House(monitor)
        made.add_user("vera", Role.VIEWER, frozenset({CAM}))
        yield made


def found(text: str) -> list[str]:
    return [figure for figure in HOUSES if figure in text]


def test_no_answer_of_the_api_tells_the_houses_money(house: House) -> None:
    mine, all_cameras = house.token(Role.ADMIN, frozenset({CAM})), house.token(Role.VIEWER)
    for template, handler in ROUTES:
        if operation_of(handler, "GET") is not None and not template.startswith("/push"):
            assert found(house.ask(address(template), token=mine).body.decode("utf-8", "replace")) == [], template
    told = house.ask(f"/costs/{CAM}", token=mine).json
    assert [(line["of"], line["cap_usd"]) for line in told["budget"]] == [("this camera's day", 3.33)]
    whole = house.ask(f"/costs/{CAM}", token=all_cameras).json
    assert len(whole["budget"]) == 3 and found(str(whole)), "who sees all cameras is told"


@pytest.mark.parametrize(("name", "kind"), PAGES)
def test_no_page_tells_the_houses_money(house: House, name: str, kind: Any) -> None:
    vera = of_session(house.monitor, session_key(house.monitor.authenticator.log_in("vera", PASSWORD, "127.0.0.1")))
    assert found(shown_to(vera, name, kind)) == []


@pytest.mark.parametrize(("name", "kind"), [page for page in PAGES if page[0] in (LIVE, SYSTEM)])
def test_who_sees_all_cameras_sees_the_houses_money(house: House, name: str, kind: Any) -> None:
    root = of_session(house.monitor, session_key(house.monitor.authenticator.log_in("root", PASSWORD, "127.0.0.1")))
    assert "7.77" in shown_to(root, name, kind)


def test_why_a_camera_steps_down_is_said_without_the_houses_figures(house: House) -> None:
    monitor = house.monitor
    spend(monitor.database, MORNING - timedelta(minutes=1), 7.0, camera_id=OTHER)
    accounts = CameraBudget(CAM, monitor.settings, monitor.database, monitor.clock)
    balance = accounts.balance()
    assert balance.step is not DegradationStep.NORMAL and balance.reason == "The budget of all cameras' day runs out"
    refusal = ledger.reserve(monitor.database, CAM, "m", 0.5, accounts.caps, MORNING, MORNING - timedelta(hours=8))
    assert isinstance(refusal, ledger.Refusal) and refusal.reason == "The budget of all cameras today is spent."
