"""The ledger: cost of calls, remaining budget, and the reservation that keeps a cap between processes.

A reservation is made before a call and settled with its row; both are one transaction. The steps of a low budget live
in vlm/budget_ladder.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.base.messages.message import Message, message
from livemon.store.session import Database
from livemon.store.tables.recordings import BudgetState, LedgerLock, VlmCallRow, VlmReservation

HOUR = timedelta(hours=1)
TINY_USD = 1e-9
"""Sums of floats may be off by less; a cap is kept to far less than a cent."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Spending caps, US dollars; None means unlimited.

    `calls_per_hour` counts calls that may cost something.
    """

    camera_day_usd: float | None
    day_usd: float | None
    total_usd: float | None
    calls_per_hour: int


@dataclass(frozen=True, slots=True)
class Spending:
    """Money spent, US dollars: calls at their cost, or at their maximum where the cost is unknown.

    `total_usd` is None where no cap asks for it: it is the sum of all calls ever.
    """

    camera_day_usd: float
    day_usd: float
    total_usd: float | None
    camera_last_hour_usd: float
    last_hour_usd: float
    camera_calls_last_hour: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no money for a call: which cap, and the message."""

    cap: str
    said: Message

    @property
    def reason(self) -> str:
        """Why, in English."""
        return str(self.said)


def spending(
    database: Database, camera_id: str, now: datetime, day_start: datetime, *, total: bool = False
) -> Spending:
    """Return the spending until now; the day began at `day_start`."""
    with database.reading() as connection, Session(connection) as session:
        return _spending(session, camera_id, now, day_start, total=total)


def reserve(
    database: Database,
    camera_id: str,
    model: str,
    bound_usd: float | None,
    caps: Caps,
    now: datetime,
    day_start: datetime,
) -> int | Refusal:
    """Set money aside for a call; returns the reservation's id, or the reason for a refusal.

    Parameters
    ----------
    bound_usd
        The maximum cost of the call; None when it is unknown, which no cap can stop.
    """
    with database.writing() as session:
        # The first write: every database makes others wait here until this transaction ends.
        session.execute(sa.update(LedgerLock).values(turns=LedgerLock.turns + 1))
        spent = _spending(session, camera_id, now, day_start, total=caps.total_usd is not None)
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
        said = message("budget.too_many_calls", camera=camera_id, calls=spent.camera_calls_last_hour)
        return Refusal("max_calls_per_hour", said)
    own, own_cap = spent.camera_day_usd, caps.camera_day_usd
    if own_cap is not None and own + bound_usd > own_cap + TINY_USD:
        said = message("budget.camera_spent", spent_usd=own, cap_usd=own_cap, camera=camera_id, bound_usd=bound_usd)
        return Refusal("camera_usd_per_day", said)
    for name, cap, so_far, code in (
        ("usd_per_day", caps.day_usd, spent.day_usd, "budget.day_spent"),
        ("usd_total", caps.total_usd, spent.total_usd, "budget.total_spent"),
    ):
        if cap is not None and so_far is not None and so_far + bound_usd > cap + TINY_USD:
            # No figures: who sees one camera reads this, too.
            return Refusal(name, message(code))
    return None


def _spending(session: Session, camera_id: str, now: datetime, day_start: datetime, *, total: bool) -> Spending:
    """Sum up in two queries, and two more over all there ever was only where a cap asks for it."""
    hour_ago = now - HOUR
    times = {"day_start": day_start, "hour_ago": hour_ago, "since": min(day_start, hour_ago), "camera_id": camera_id}
    made = session.execute(SPENT, times).one()
    waiting = session.execute(RESERVED, times).one()
    camera_day, day, camera_hour, hour = (float(a + b) for a, b in zip(made[:4], waiting, strict=True))
    ever = sum(float(session.scalar(one) or 0.0) for one in (SPENT_EVER, RESERVED_EVER)) if total else None
    return Spending(camera_day, day, ever, camera_hour, hour, int(made[4]))


def _sum(usd: sa.ColumnElement[float], *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[float]:
    amount = sa.case((sa.and_(*conditions), usd), else_=0.0) if conditions else usd
    return sa.func.coalesce(sa.func.sum(amount), 0.0)


def _sums(
    when: sa.ColumnElement[datetime], camera_id: sa.ColumnElement[str], usd: sa.ColumnElement[float]
) -> list[sa.ColumnElement[float]]:
    """Return the sums of the camera's day, everybody's day, the camera's last hour, everybody's last hour."""
    own = camera_id == sa.bindparam("camera_id")
    today, lately = when >= sa.bindparam("day_start"), when >= sa.bindparam("hour_ago")
    return [_sum(usd, own, today), _sum(usd, today), _sum(usd, own, lately), _sum(usd, lately)]


# Made once: building a statement costs ten times what running it does, and every call asks twice.
_CALLS, _WAITING = VlmCallRow.__table__.c, VlmReservation.__table__.c
_CALL_USD = sa.func.coalesce(_CALLS.cost_usd, _CALLS.bound_usd, 0.0)
_WAITING_USD = sa.func.coalesce(_WAITING.bound_usd, 0.0)
_PAID = sa.or_(_CALLS.cost_usd.is_(None), _CALLS.cost_usd > 0, _CALLS.bound_usd > 0)
_PAID_LATELY = sa.and_(
    _CALLS.camera_id == sa.bindparam("camera_id"), _CALLS.called_utc >= sa.bindparam("hour_ago"), _PAID
)
SPENT = sa.select(
    *_sums(_CALLS.called_utc, _CALLS.camera_id, _CALL_USD),
    sa.func.coalesce(sa.func.sum(sa.case((_PAID_LATELY, 1), else_=0)), 0),
).where(_CALLS.called_utc >= sa.bindparam("since"))
RESERVED = sa.select(*_sums(_WAITING.reserved_utc, _WAITING.camera_id, _WAITING_USD)).where(
    _WAITING.reserved_utc >= sa.bindparam("since")
)
SPENT_EVER, RESERVED_EVER = sa.select(_sum(_CALL_USD)), sa.select(_sum(_WAITING_USD))
