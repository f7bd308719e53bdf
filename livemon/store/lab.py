"""The lab's rows: datasets, experiments, their results. Each function is one transaction.

Labels live in labels.py, shadows in shadows.py, the evaluation of results in livemon/lab.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from livemon.store.queries import read_table
from livemon.store.session import Database
from livemon.store.tables.lab import DatasetFootage, DatasetRow, ExperimentResult, ExperimentRow
from livemon.store.writes import clean_text

EXPERIMENT_COLUMNS: Mapping[str, str] = {
    "id": "int64",
    "name": "str",
    "kind": "str",
    "dataset_version": "object",
    "status": "str",
    "reason": "str",
    "cap_usd": "float64",
    "by": "str",
    "created_utc": "datetime64[us, UTC]",
    "finished_utc": "datetime64[us, UTC]",
}
RESULT_COLUMNS: Mapping[str, str] = {
    "id": "int64",
    "arm": "str",
    "item": "str",
    "repeat": "int64",
    "number": "int64",
    "questions": "int64",
    "camera_id": "str",
    "cached": "bool",
    "reason": "str",
    "told_utc": "datetime64[us, UTC]",
    "frames": "object",
    "model": "str",
    "prompt_version": "str",
    "status": "str",
    "scene": "str",
    "said": "object",
    "error": "str",
    "input_tokens": "int64",
    "output_tokens": "int64",
    "latency_ms": "float64",
    "cost_usd": "float64",
    "called_utc": "datetime64[us, UTC]",
}
_WITH_COSTS = {**EXPERIMENT_COLUMNS, "answers": "int64", "paid_usd": "float64", "unknown_cost": "int64"}
MOST_AT_ONCE = 200
"""Rows of one INSERT; databases limit the values of a statement."""

PLACE = ("experiment_id", "arm", "item", "repeat", "number")
"""Key of an answer: its question."""


class ExperimentStatus(StrEnum):
    """Progress of an experiment."""

    PLANNED = "planned"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """Key of stored answers: those about this item, under this prompt, by this model."""

    item: str
    prompt_version: str
    model: str
    repeat: int


def keep_dataset(
    database: Database,
    version: str,
    content: Mapping[str, Any],
    footage: Collection[tuple[str, datetime, datetime]],
    now: datetime,
) -> None:
    """Keep a dataset, and its footage (camera, start, end) from retention; one that is kept already stays as it is."""
    with database.writing() as session:
        if session.get(DatasetRow, version) is None:
            items = len(content["items"])
            session.add(
                DatasetRow(version=version, name=content["name"], items=items, content=content, created_utc=now)
            )
            session.flush()
            names = ("version", "camera_id", "start_utc", "end_utc")
            rows = [dict(zip(names, (version, *one), strict=True)) for one in set(footage)]
            if rows:  # without any, INSERT would want the defaults of one
                session.execute(sa.insert(DatasetFootage), rows)


def drop_datasets(session: Session, versions: Collection[str]) -> None:
    """Delete datasets with the experiments on them and their answers, as part of a transaction."""
    experiments = sa.select(ExperimentRow.id).where(ExperimentRow.dataset_version.in_(versions))
    session.execute(sa.delete(ExperimentResult).where(ExperimentResult.experiment_id.in_(experiments)))
    session.execute(sa.delete(ExperimentRow).where(ExperimentRow.dataset_version.in_(versions)))
    session.execute(sa.delete(DatasetFootage).where(DatasetFootage.version.in_(versions)))
    session.execute(sa.delete(DatasetRow).where(DatasetRow.version.in_(versions)))


def dataset(database: Database, beginning: str) -> list[dict[str, Any]]:
    """Return the contents of the datasets whose version begins so, or that have this name, the newest first."""
    named = sa.or_(DatasetRow.version.startswith(beginning, autoescape=True), DatasetRow.name == beginning)
    query = sa.select(DatasetRow.content).where(named).order_by(DatasetRow.created_utc.desc(), DatasetRow.version)
    with database.reading() as connection:
        return list(connection.execute(query).scalars())


def datasets(database: Database) -> pd.DataFrame:
    """Return the frozen datasets, the newest first: version, name, items, created_utc."""
    columns = {"version": "str", "name": "str", "items": "int64", "created_utc": "datetime64[us, UTC]"}
    query = sa.select(*(getattr(DatasetRow, name) for name in columns)).order_by(DatasetRow.created_utc.desc())
    return read_table(database, query, columns)


def add_experiment(
    database: Database,
    name: str,
    kind: str,
    dataset_version: str | None,
    content: Mapping[str, Any],
    now: datetime,
    by: str,
) -> int:
    """Keep an experiment that is planned; returns its id."""
    row = ExperimentRow(
        name=clean_text(name, 100),
        kind=kind,
        dataset_version=dataset_version,
        content=dict(content),
        status=ExperimentStatus.PLANNED.value,
        reason="",
        cap_usd=None,
        by=clean_text(by, 100),
        created_utc=now,
    )
    with database.writing() as session:
        session.add(row)
        session.flush()
        return row.id


def set_status(
    database: Database,
    experiment_id: int,
    status: ExperimentStatus,
    *,
    reason: str = "",
    cap_usd: float | None = None,
    finished_utc: datetime | None = None,
) -> None:
    """Say how far an experiment has come; a cap that is None leaves the one before."""
    values: dict[str, Any] = {"status": status.value, "reason": clean_text(reason, 2000), "finished_utc": finished_utc}
    if cap_usd is not None:
        values["cap_usd"] = cap_usd
    with database.writing() as session:
        session.execute(sa.update(ExperimentRow).where(ExperimentRow.id == experiment_id).values(values))


def experiment(database: Database, experiment_id: int) -> dict[str, Any] | None:
    """Return an experiment with all of its stored fields; None when there is none."""
    query = sa.select(ExperimentRow.__table__).where(ExperimentRow.id == experiment_id)
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else dict(row._mapping)


def experiments(database: Database) -> pd.DataFrame:
    """Return all experiments, the newest first, with the columns of `EXPERIMENT_COLUMNS`, and what each has cost.

    ``answers`` counts the existing ones and ``paid_usd`` is the known cost. ``unknown_cost`` counts calls of unknown
    cost, such as interrupted ones.
    """
    own = (getattr(ExperimentRow, name) for name in EXPERIMENT_COLUMNS)
    paid = sa.case((ExperimentResult.cached.is_(False), ExperimentResult.cost_usd), else_=0.0)
    there = sa.case((ExperimentResult.number >= 0, 1), else_=0)
    not_known = sa.and_(ExperimentResult.cached.is_(False), ExperimentResult.cost_usd.is_(None))
    unknown = sa.func.coalesce(sa.func.sum(sa.case((not_known, 1), else_=0)), 0)
    query = (
        sa.select(*own, sa.func.coalesce(sa.func.sum(there), 0), sa.func.coalesce(sa.func.sum(paid), 0.0), unknown)
        .outerjoin(ExperimentResult, ExperimentResult.experiment_id == ExperimentRow.id)
        .group_by(ExperimentRow.id)
        .order_by(ExperimentRow.id.desc())
    )
    return read_table(database, query, _WITH_COSTS)


def paid_since(database: Database, since: datetime) -> tuple[float, int]:
    """Return the dollars that experiments are known to have paid since then, and how many calls' cost is unknown."""
    unknown = sa.func.count().filter(ExperimentResult.cost_usd.is_(None))
    query = sa.select(sa.func.sum(ExperimentResult.cost_usd), unknown).where(
        ExperimentResult.cached.is_(False), ExperimentResult.asked_utc >= since
    )
    with database.reading() as connection:
        usd, calls = connection.execute(query).one()
    return usd or 0.0, calls


def add_results(database: Database, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep answers, all or none; one that is there already in its place gives way to the newer one."""
    with database.writing() as session:
        for begin in range(0, len(rows), MOST_AT_ONCE):
            part = list(rows[begin : begin + MOST_AT_ONCE])
            places = [tuple(row[name] for name in PLACE) for row in part]
            place = sa.tuple_(*(getattr(ExperimentResult, name) for name in PLACE))
            session.execute(sa.delete(ExperimentResult).where(place.in_(places)))
            session.execute(sa.insert(ExperimentResult), part)


def answered(
    database: Database, asked: AnswerKey, statuses: Collection[str], experiment_id: int
) -> dict[str, dict[str, Any]]:
    """Return the earlier answers to this by the hash of the request: by this experiment, else by the newest."""
    query = (
        sa.select(ExperimentResult.__table__)
        .where(
            ExperimentResult.item == asked.item,
            ExperimentResult.prompt_version == asked.prompt_version,
            ExperimentResult.model == asked.model,
            ExperimentResult.repeat == asked.repeat,
            ExperimentResult.status.in_(statuses),
            ExperimentResult.number >= 0,
            # Copies would be as many as there were reruns; of what this experiment has, it wants its own.
            sa.or_(ExperimentResult.cached.is_(False), ExperimentResult.experiment_id == experiment_id),
        )
        .order_by(ExperimentResult.experiment_id == experiment_id, ExperimentResult.id)
    )
    with database.reading() as connection:
        return {row.request_sha256: dict(row._mapping) for row in connection.execute(query)}


def results(database: Database, experiment_id: int) -> pd.DataFrame:
    """Return an experiment's answers in the order of what they are about, with the columns of `RESULT_COLUMNS`."""
    # As the calls of cameras have it: one name for one thing.
    own = {"called_utc": "asked_utc"}
    query = (
        sa.select(*(getattr(ExperimentResult, own.get(name, name)) for name in RESULT_COLUMNS))
        .where(ExperimentResult.experiment_id == experiment_id, ExperimentResult.number >= 0)
        .order_by(ExperimentResult.arm, ExperimentResult.item, ExperimentResult.repeat, ExperimentResult.number)
    )
    return read_table(database, query, RESULT_COLUMNS)


def raw_text(database: Database, result_id: int) -> str:
    """Return the raw reply of a result; empty when there is none."""
    query = sa.select(ExperimentResult.raw_text).where(ExperimentResult.id == result_id)
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none() or ""
