from datetime import date

import pytest

from livemon.base.clock import FakeClock
from livemon.base.model_types import Answer, AnswerStatus, Usage
from livemon.base.settings.models import ServiceTier
from livemon.vlm.budget_ladder import DegradationStep, Line, next_step, projected_usd
from livemon.vlm.catalog import Catalog
from livemon.vlm.circuit_breaker import Breaker


def line(spent: float, projected: float = 10.0) -> Line:
    return Line("a day", 1.0, spent, projected)


@pytest.mark.parametrize(
    ("spent", "step"),
    [
        (0.1, DegradationStep.NORMAL),
        (0.5, DegradationStep.STRETCHED),
        (0.7, DegradationStep.LOW_RESOLUTION),
        (0.9, DegradationStep.CHEAPER_MODEL),
        (1, DegradationStep.LOCAL_ONLY),
    ],
)
def test_a_budget_that_would_not_last_is_stepped_down(spent: float, step: DegradationStep) -> None:
    assert next_step(DegradationStep.NORMAL, [line(spent)])[0] is step


def test_a_budget_that_lasts_is_left_alone_and_a_spent_one_is_not() -> None:
    assert next_step(DegradationStep.NORMAL, [line(0.9, projected=0.95)])[0] is DegradationStep.NORMAL
    assert next_step(DegradationStep.NORMAL, [line(0.99, projected=0.99)])[0] is DegradationStep.LOCAL_ONLY


def test_a_step_is_kept_while_its_share_is_spent_and_left_on_a_new_day_or_with_a_higher_cap() -> None:
    assert next_step(DegradationStep.CHEAPER_MODEL, [line(0.86, projected=0.9)])[0] is DegradationStep.CHEAPER_MODEL
    assert next_step(DegradationStep.CHEAPER_MODEL, [line(0.0)])[0] is DegradationStep.NORMAL
    assert next_step(DegradationStep.LOCAL_ONLY, [Line("a day", 4.0, 1.0, 3.0)])[0] is DegradationStep.NORMAL


def test_the_tightest_cap_decides() -> None:
    step, reason = next_step(DegradationStep.NORMAL, [line(0.1), Line("everything ever", 2.0, 1.5, 5.0)])
    assert step is DegradationStep.LOW_RESOLUTION
    assert "everything ever" in str(reason)


def test_a_budget_of_nothing_is_spent() -> None:
    assert next_step(DegradationStep.NORMAL, [Line("a day", 0.0, 0.0, 0.0)])[0] is DegradationStep.LOCAL_ONLY


def test_a_projection_goes_on_as_the_last_hour_did() -> None:
    assert projected_usd(0.5, 0.1, 5) == 1.0
    assert projected_usd(0.5, 0.1, -1) == 0.5


def failed(status: AnswerStatus, retry_after_s: float | None = None) -> Answer:
    return Answer("m", status, error="away", retry_after_s=retry_after_s)


def test_one_failure_is_no_reason_to_rest_and_two_are_for_longer_and_longer() -> None:
    clock = FakeClock()
    breaker = Breaker(clock)
    breaker.record(failed(AnswerStatus.UNAVAILABLE))
    assert breaker.resting == ""
    rests = []
    for _ in range(8):
        breaker.record(failed(AnswerStatus.UNAVAILABLE))
        waited = 0
        while breaker.resting:
            clock.advance(1)
            waited += 1
        rests.append(waited)
    assert rests == [15, 30, 60, 120, 240, 480, 600, 600]
    breaker.record(Answer("m", AnswerStatus.OK))
    breaker.record(failed(AnswerStatus.UNAVAILABLE))
    assert breaker.resting == "", "an answer makes all good"


def test_a_provider_is_left_alone_as_long_as_it_wants() -> None:
    clock = FakeClock()
    breaker = Breaker(clock)
    breaker.record(failed(AnswerStatus.UNAVAILABLE, retry_after_s=3600))
    clock.advance(3599)
    assert breaker.resting == "away"
    clock.advance(2)
    assert breaker.resting == ""


@pytest.mark.parametrize("status", [AnswerStatus.UNPARSABLE, AnswerStatus.BLOCKED, AnswerStatus.TRUNCATED])
def test_a_bad_answer_is_no_reason_to_leave_a_model_alone(status: AnswerStatus) -> None:
    breaker = Breaker(FakeClock())
    for _ in range(5):
        breaker.record(failed(status))
    assert breaker.resting == ""


def test_a_price_holds_from_its_day_on() -> None:
    entry = Catalog().entry("gemini-3.8-flash")
    usage = Usage(input_tokens=1_000_000)
    costs = [entry.price(day) for day in (date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))]
    assert costs[0] is None
    assert [price.cost_usd(usage) for price in costs[1:] if price] == [0.75, 1.5]


def test_cached_tokens_sound_and_thoughts_have_their_prices() -> None:
    price = Catalog().entry("gemini-3.1-flash-lite").price(date(2026, 11, 23))
    assert price is not None
    usage = Usage(1_000_000, 100_000, 100_000, 200_000, {"audio": 300_000, "text": 700_000})
    assert price.cost_usd(usage) == pytest.approx(0.5 * 0.25 + 0.2 * 0.025 + 0.3 * 0.5 + 0.2 * 1.5)


def test_a_discount_is_not_taken_off_cached_tokens_that_have_a_price_of_their_own() -> None:
    """Google: cached tokens of a batch are priced as any."""
    price = Catalog().entry("gemini-3.1-flash-lite").price(date(2026, 11, 23))
    assert price is not None
    usage = Usage(1_000_000, 100_000, 0, 200_000)
    assert price.cost_usd(usage, 0.5) == pytest.approx(0.8 * 0.25 / 2 + 0.2 * 0.025 + 0.1 * 1.5 / 2)
    plain = Catalog({"mine": {"input": 1, "output": 0}}).entry("mine").price(date(2026, 11, 23))
    assert plain is not None
    assert plain.cost_usd(usage, 0.5) == pytest.approx(0.5), "a cached token is one like any other here"


def test_the_tiers_of_a_model_have_their_factors() -> None:
    known, unknown = Catalog().entry("gemini-3.5-flash-lite"), Catalog().entry("gemini-4-argon")
    assert [known.tier_factor(tier) for tier in ServiceTier] == [1.0, 0.5]
    assert [unknown.tier_factor(tier) for tier in ServiceTier] == [1.0, 1.0], "nobody said that it is cheaper"


def test_what_no_source_says_of_a_model_is_not_claimed() -> None:
    argon = Catalog().entry("gemini-4-argon")
    assert (argon.rules, argon.takes_video, argon.thinking) == (None, False, ())
    price = argon.price(date(2026, 12, 1))
    assert price is not None and price.cached == price.input == 4.0


def test_models_that_end_have_their_day() -> None:
    assert Catalog().entry("gemini-3.1-flash-lite").shutdown == date(2027, 5, 7)
    assert Catalog().entry("gemini-3.5-flash-lite").shutdown is None


def test_a_model_that_nobody_knows_has_no_price_and_the_owners_price_wins() -> None:
    today = date(2026, 11, 23)
    assert Catalog().entry("unheard-of").price(today) is None
    own = Catalog({"unheard-of": {"input": 1, "output": 2}, "gemini-3.8-flash": {"input": 9, "output": 9}})
    for name, cost in (("unheard-of", 1.0), ("gemini-3.8-flash", 9.0)):
        price = own.entry(name).price(today)
        assert price is not None and price.cost_usd(Usage(1_000_000)) == cost


def test_every_shipped_price_says_where_it_comes_from() -> None:
    catalog = Catalog()
    for name in catalog.names():
        entry = catalog.entry(name)
        assert entry.source and entry.price(date(2026, 11, 23)) is not None, name
