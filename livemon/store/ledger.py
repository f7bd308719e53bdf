"""The ledger: what calls cost, what may still be spent, and the reservation that keeps a cap between processes.

A reservation is made before a call and settled with its row; both are one transaction. How far to step down when
money runs short is decided in vlm/budget.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.store.models import BudgetState, LedgerLock, VlmCallRow, VlmReservation
from livemon.store.session import Database

HOUR = timedelta(hours=1)
TINY_USD = 1e-9
"""Sums of floats may be off by less; a cap is kept to far less than a cent."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What may be spent, US dollars; None is no cap. `calls_per_hour` counts calls that may cost something."""

    camera_day_usd: float | None
    day_usd: float | None
    total_usd: float | None
    calls_per_hour: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent, US dollars: calls at their cost, or at the most they can have cost where that is not known."""

    camera_day_usd: float
    day_usd: float
    total_usd: float
    camera_last_hour_usd: float
    last_hour_usd: float
    camera_calls_last_hour: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no money for a call: which cap, in a sentence."""

    cap: str
    reason: str


def spending(database: Database, camera_id: str, now: datetime, day_start: datetime) -> Spending:
    """Return what was spent until now; the day began at `day_start`."""
    with database.reading() as connection, Session(connection) as session:
        return _spending(session, camera_id, now, day_start)


def reserve(
    database: Database,
    camera_id: str,
    model: str,
    bound_usd: float | None,
    caps: Caps,
    now: datetime,
    day_start: datetime,
) -> int | Refusal:
    """Set money aside for a call; returns the reservation's id, or why there is none.

    Parameters
    ----------
    bound_usd
        The most the call can cost; None when nobody knows, which no cap can stop.
    """
    with database.writing() as session:
        # The first write: every database makes others wait here until this transaction ends.
        session.execute(sa.update(LedgerLock).values(turns=LedgerLock.turns + 1))
        spent = _spending(session, camera_id, now, day_start)
        refusal = _refusal(spent, bound_usd or 0.0, caps, camera_id)
        if refusal is not None:
            return refusal
        row = VlmReservation(camera_id=camera_id, model=model, bound_usd=bound_usd, reserved_utc=now)
        session.add(row)
        session.flush()
        return row.id


def budget_state(database: Database, camera_id: str) -> BudgetState | None:
    """Return how far the camera has stepped down; None when it never did."""
    with database.reading() as connection, Session(connection) as session:
        return session.get(BudgetState, camera_id)


def keep_budget_state(database: Database, camera_id: str, step: int, reason: str, now: datetime) -> None:
    """Remember how far the camera stepped down."""
    with database.writing() as session:
        session.merge(BudgetState(camera_id=camera_id, step=step, reason=reason, since_utc=now))


def _refusal(spent: Spending, bound_usd: float, caps: Caps, camera_id: str) -> Refusal | None:
    if spent.camera_calls_last_hour >= caps.calls_per_hour:
        return Refusal("max_calls_per_hour", f"{camera_id} made {spent.camera_calls_last_hour} calls in the last hour.")
    for name, cap, so_far, whose in (
        ("camera_usd_per_day", caps.camera_day_usd, spent.camera_day_usd, f"{camera_id} today"),
        ("usd_per_day", caps.day_usd, spent.day_usd, "all cameras today"),
        ("usd_total", caps.total_usd, spent.total_usd, "all cameras ever"),
    ):
        if cap is not None and so_far + bound_usd > cap + TINY_USD:
            said = f"${so_far:.4f} of ${cap:.4f} are spent by {whose}, and another call may cost ${bound_usd:.4f}."
            return Refusal(name, said)
    return None


def _spending(session: Session, camera_id: str, now: datetime, day_start: datetime) -> Spending:
    call_usd = sa.func.coalesce(VlmCallRow.cost_usd, VlmCallRow.bound_usd, 0.0)
    hour_ago = now - HOUR

    def total(column: sa.ColumnElement[float], *conditions: sa.ColumnElement[bool]) -> float:
        return float(session.scalar(sa.select(sa.func.coalesce(sa.func.sum(column), 0.0)).where(*conditions)) or 0.0)

    def both(since: datetime | None, *, own: bool) -> float:
        calls = [VlmCallRow.called_utc >= since] if since else []
        waiting = [VlmReservation.reserved_utc >= since] if since else []
        if own:
            calls.append(VlmCallRow.camera_id == camera_id)
            waiting.append(VlmReservation.camera_id == camera_id)
        reserved = sa.func.coalesce(VlmReservation.bound_usd, 0.0)
        return total(call_usd, *calls) + total(reserved, *waiting)

    paid = sa.or_(VlmCallRow.cost_usd.is_(None), VlmCallRow.cost_usd > 0, VlmCallRow.bound_usd > 0)
    calls = session.scalar(
        sa.select(sa.func.count())
        .select_from(VlmCallRow)
        .where(VlmCallRow.camera_id == camera_id, VlmCallRow.called_utc >= hour_ago, paid)
    )
    return Spending(
        camera_day_usd=both(day_start, own=True),
        day_usd=both(day_start, own=False),
        total_usd=both(None, own=False),
        camera_last_hour_usd=both(hour_ago, own=True),
        last_hour_usd=both(hour_ago, own=False),
        camera_calls_last_hour=int(calls or 0),
    )
