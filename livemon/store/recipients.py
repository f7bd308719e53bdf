"""Recipients and their rules: read and written.

The choice of recipients for an event lives in notify/policy.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.base.errors import ConfigError
from livemon.store.session import Database
from livemon.store.tables.access import User
from livemon.store.tables.notifications import NotificationRule, RecipientRow


def recipients(database: Database) -> list[dict[str, Any]]:
    """Return all recipients by name, each with its `rules` and with the `allowed` cameras of its login (None: all)."""
    with database.reading() as connection:
        people = connection.execute(
            sa.select(*RecipientRow.__table__.c, User.cameras.label("allowed"))
            .outerjoin(User, User.name == RecipientRow.user_name)
            .order_by(RecipientRow.name)
        ).all()
        rules = connection.execute(sa.select(*NotificationRule.__table__.c).order_by(NotificationRule.id)).all()
    return [
        {**row._mapping, "rules": [dict(rule._mapping) for rule in rules if rule.recipient_id == row.id]}
        for row in people
    ]


def put_recipient(
    database: Database, name: str, values: dict[str, Any], rules: Sequence[dict[str, Any]] | None, now: datetime
) -> int:
    """Add a recipient, or change what is given of the one with this name; returns its id.

    Parameters
    ----------
    rules
        All of its rules; those that it has stay when None.

    Raises
    ------
    ConfigError
        When its login is unknown.
    """
    with database.writing() as session:
        user_name = values.get("user_name")
        if user_name is not None and session.get(User, user_name) is None:
            raise ConfigError("notify.no_user", user_name=user_name)
        row = session.scalars(sa.select(RecipientRow).where(RecipientRow.name == name)).one_or_none()
        if row is None:
            row = RecipientRow(name=name, created_utc=now, **values)
            session.add(row)
        else:
            for column, value in values.items():
                setattr(row, column, value)
        session.flush()
        if rules is not None:
            _replace_rules(session, row.id, rules)
        return row.id


def recipient_name(database: Database, recipient_id: int) -> str:
    """Return the name of a recipient; empty when the recipient was removed."""
    query = sa.select(RecipientRow.name).where(RecipientRow.id == recipient_id)
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none() or ""


def remove_recipient(database: Database, name: str) -> bool:
    """Remove a recipient with rules and notifications; False when there is none."""
    with database.writing() as session:
        result: Any = session.execute(sa.delete(RecipientRow).where(RecipientRow.name == name))
        return bool(result.rowcount)


def _replace_rules(session: Session, recipient_id: int, rules: Sequence[dict[str, Any]]) -> None:
    session.execute(sa.delete(NotificationRule).where(NotificationRule.recipient_id == recipient_id))
    session.add_all(NotificationRule(recipient_id=recipient_id, **rule) for rule in rules)
