"""The cost card: what it says, and that it never lets anybody else's text become HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pandas as pd
import pytest

from livemon.base.messages.message import Message, message
from livemon.inference.budget import Balance
from livemon.monitor.monitor import Monitor
from livemon.store.ledger import Spending
from livemon.store.queries import COST_COLUMNS
from livemon.vlm.budget_ladder import DegradationStep, Line
from livemon.web.pages.parts.costs import CostCard, CostReading, costs_html, read_costs
from tests.conftest import ScriptedModel
from tests.spent import spend

NOTHING = Spending(0.0, 0.0, 0.0, 0.0, 0.0, 0)


def balance(step: DegradationStep = DegradationStep.NORMAL, reason: str = "", spent_usd: float = 0.03) -> Balance:
    lines = (Line("this camera's day", 0.6, spent_usd, 0.2), Line("all cameras' day", 2.0, spent_usd, 0.2))
    return Balance(step, step, Message(reason) if reason else None, lines, NOTHING)


def spent(unknown: int = 0) -> pd.DataFrame:
    row = ("camera-1", "gemini-3.5-flash-lite", "look", 12, 1, 12_000, 900, 0.03, unknown, 0.04)
    return pd.DataFrame([row], columns=list(COST_COLUMNS))


def forecast(usd: float = 0.3, measured: Mapping[str, float] = MappingProxyType({})) -> pd.DataFrame:
    days = {"still": usd / 4, "usual": usd, "busy": usd * 4, **measured}
    based_on = [message("forecast.measured_windows", looks=20, hours=2.0, windows=12) for _ in days]
    return pd.DataFrame({"day": list(days), "usd_per_day": list(days.values()), "based_on": based_on})


PAID = CostReading(
    model="gemini-3.5-flash-lite",
    prompt="look_en, version 5a03d91d",
    free=False,
    balance=balance(),
    spent=spent(),
    forecast=forecast(),
    notice=None,
)
FREE = replace(PAID, model="local", prompt="", free=True, forecast=None)


def text(reading: CostReading, **counters: int) -> str:
    """What a person reads."""
    plain = re.sub(r"<[^>]*>", " ", costs_html(reading, counters, shared=True)).replace("&#x27;", "'")
    return " ".join(plain.split())


def test_a_free_model_says_that_it_is_and_shows_no_money() -> None:
    assert text(FREE) == "local needs no key and costs nothing"


def test_a_paid_model_shows_prompt_budgets_and_forecast() -> None:
    said = text(PAID)
    assert said.startswith("gemini-3.5-flash-lite prompt look_en, version 5a03d91d")
    assert "this camera's day $0.0300 of $0.60" in said
    assert "all cameras' day $0.0300 of $2.00" in said
    assert "A day without a budget: still $0.0750, usual $0.30, busy $1.20" in said
    assert "not known" not in said and "step" not in said


def test_a_measured_day_says_what_it_is_based_on() -> None:
    said = text(replace(PAID, forecast=forecast(measured={"as measured": 0.2})))
    assert "busy $1.20, as measured $0.20 (20 looks in 2.0 h, 12 windows)" in said


@pytest.mark.parametrize(("spent_usd", "high"), [(0.41, False), (0.43, True), (0.9, True)])
def test_a_bar_is_as_long_as_what_is_spent_and_amber_near_its_end(spent_usd: float, high: bool) -> None:
    html = costs_html(replace(PAID, balance=balance(spent_usd=spent_usd)), {}, shared=True)
    bar = re.search(r"<progress[^>]*>", html)
    assert bar is not None
    assert f"value='{min(1, spent_usd / 0.6):.3f}'" in bar[0]
    assert ("class='high'" in bar[0]) is high
    assert "aria-label='this camera&#x27;s day'" in bar[0]


def test_a_budget_of_nothing_is_all_spent() -> None:
    nothing = Balance(
        DegradationStep.LOCAL_ONLY, DegradationStep.LOCAL_ONLY, "", (Line("this camera's day", 0.0, 0.0, 0.0),), NOTHING
    )
    assert "value='1.000'" in costs_html(replace(PAID, balance=nothing), {}, shared=True)


def test_a_step_of_the_budget_is_shown_with_its_reason_and_what_is_done() -> None:
    said = text(
        replace(
            PAID, balance=balance(DegradationStep.LOW_RESOLUTION, "$0.45 of the $0.60 of this camera's day are spent")
        )
    )
    assert "Budget: step 2 of 4" in said
    assert (
        "$0.45 of the $0.60 of this camera's day are spent; the camera looks half as often, at low resolution" in said
    )


def test_a_free_model_has_no_step_whatever_was_spent_before() -> None:
    assert "step" not in text(replace(FREE, balance=balance(DegradationStep.LOCAL_ONLY, "all is spent")))


def test_calls_of_unknown_cost_are_said() -> None:
    assert "Calls of unknown cost today: 3" in text(replace(PAID, spent=spent(unknown=3)))


def test_a_price_that_nobody_knows_is_said_and_no_number_is_made_up() -> None:
    said = text(replace(PAID, forecast=forecast(math.nan)))
    assert "The cost of a day is not known" in said
    assert "nan" not in said


def test_a_notice_is_shown() -> None:
    notice = "There is a Gemini key, but the local model looks."
    assert text(replace(FREE, notice=Message(notice))).endswith(notice)


def test_what_was_not_looked_at_is_counted_by_its_reason() -> None:
    said = text(FREE, skipped_still=40, skipped_over_budget=2, dropped_segments=1, skipped_early=0, looks=9)
    assert said.endswith("Not looked at since the start: nothing moved: 40, no budget: 2, the model was too slow: 1")
    assert "Not looked at" not in text(FREE, skipped_still=0, looks=9)


def test_names_and_reasons_are_never_html() -> None:
    nasty = "<img src=x onerror=alert(1)>"
    reading = replace(
        PAID,
        model=nasty,
        prompt=nasty,
        notice=Message(nasty),
        balance=Balance(
            DegradationStep.STRETCHED,
            DegradationStep.STRETCHED,
            Message(nasty),
            (Line(f"'{nasty}", 1, 0.5, 2),),
            NOTHING,
        ),
        forecast=forecast().assign(day=nasty),
    )
    html = costs_html(reading, {}, shared=True)
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 9
    assert "aria-label='&#x27;&lt;img" in html


def test_a_monitor_whose_model_is_free_is_read(scripted_monitor: Monitor) -> None:
    reading = read_costs(scripted_monitor, "camera-1")
    assert (reading.model, reading.prompt, reading.free, reading.forecast) == ("scripted", "", True, None)


def test_a_monitor_whose_model_costs_is_read(scripted: ScriptedModel, scripted_monitor: Monitor) -> None:
    scripted.bound_usd = None
    monitor = scripted_monitor
    spend(monitor.database, monitor.clock.now(), None, bound_usd=0.02)
    reading = read_costs(monitor, "camera-1")
    assert reading.prompt.startswith("look_en, version ")
    assert not reading.free
    assert reading.balance.lines[0].spent_usd == 0.02
    assert "Calls of unknown cost today: 1" in text(reading)


def test_nothing_is_sent_when_nothing_changed() -> None:
    card = CostCard()
    sent: list[str] = []
    pane = card.__panel__()
    pane.param.watch(lambda event: sent.append(event.new), "object")
    card.update(costs_html(PAID, {"skipped_still": 1}, shared=True))
    card.update(costs_html(PAID, {"skipped_still": 1}, shared=True))
    assert len(sent) == 1
    card.update(costs_html(PAID, {"skipped_still": 2}, shared=True))
    assert len(sent) == 2
