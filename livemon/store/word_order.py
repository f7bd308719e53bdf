"""The newest rows with certain words, read from the full-text index without reading all that have them.

The words, and the other conditions on rows, live in event_search.py and window_search.py.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

NEAR = 50_000
"""Rows that PostgreSQL walks through, the newest first, before it asks its index for all with certain words.

It guesses a rare word to be in one of 200 rows, and would walk through ten million for a hundred of them. A word in
fewer than one of 500 rows is answered by the index (2 to 10 ms at ten million), a more frequent one by the walk.
"""


def newest_ids(
    connection: Connection, query: sa.Select[Any], words: sa.TableClause, most: int, before_id: int | None = None
) -> list[int]:
    """Return the ids that a query finds, the newest first, at most `most` of them.

    Parameters
    ----------
    query
        Selects one column, an id, from an index of words and what it is joined with.
    words
        The index, numbered as the rows are.
    before_id
        Only rows before this one.
    """
    number: sa.ColumnElement[int] = words.c.rowid
    if before_id is not None:
        query = query.where(number < before_id)
    if connection.dialect.name == "postgresql":
        newest = connection.execute(sa.select(sa.func.max(number))).scalar() or 0
        end = newest + 1 if before_id is None else min(newest + 1, before_id)
        near = query.where(number >= end - NEAR).order_by(number.desc()).limit(most)
        ids = [row_id for (row_id,) in connection.execute(near)]
        if len(ids) == most:
            return ids
        number = number + 0  # a sum serves no index: the rest is not walked through
    return [row_id for (row_id,) in connection.execute(query.order_by(number.desc()).limit(most))]


def counted_ids(connection: Connection, query: sa.Select[Any], words: sa.TableClause | None, most: int) -> int:
    """Return how many ids a query finds, counted up to `most`.

    Parameters
    ----------
    words
        The index that the query reads from; None when it looks words up row by row.
    """
    if words is not None and connection.dialect.name == "sqlite":
        query = query.order_by(words.c.rowid.desc())  # so that the index is read first, and no further than needed
    some = query.limit(most).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def are_more_than(connection: Connection, words: sa.TableClause, has_words: sa.ColumnElement[bool], rows: int) -> bool:
    """Return whether more than so many rows have certain words; PostgreSQL estimates it from the newest `NEAR` rows."""
    number: sa.ColumnElement[int] = words.c.rowid
    if connection.dialect.name != "postgresql":
        some = sa.select(number).where(has_words).limit(rows + 1).subquery()
        return bool(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one() > rows)
    newest = connection.execute(sa.select(sa.func.max(number))).scalar() or 0
    near = sa.select(sa.func.count()).where(has_words, number > newest - NEAR)
    return bool(connection.execute(near).scalar_one() * max(newest / NEAR, 1.0) > rows)
