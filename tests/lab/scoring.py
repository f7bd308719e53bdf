"""Small tables for the tests of matching and scoring: items of one hour, seconds from zero on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import (
    CALL_COLUMNS,
    IGNORED_COLUMNS,
    ITEM_COLUMNS,
    SAID_COLUMNS,
    TRUTH_COLUMNS,
    Matched,
    match,
)

Rows = Sequence[dict[str, Any]]


def item(name: str = "i", cluster: str = "hall 2026-11-20", **other: Any) -> dict[str, Any]:
    usual = {"camera_id": cluster.split()[0], "hours": 1.0, "weight": 1.0, "stratum": "all", "night": False}
    return {"item": name, "cluster": cluster, **usual, **other}


def truth(number: int, start_s: float, end_s: float | None = None, **other: Any) -> dict[str, Any]:
    end_s = start_s + 2 if end_s is None else end_s
    usual = {"item": "i", "kind": "person_falls", "severity": "warning"}
    return {"truth": number, "start_s": start_s, "end_s": end_s, **usual, **other}


def said(start_s: float, end_s: float | None = None, **other: Any) -> dict[str, Any]:
    end_s = start_s + 2 if end_s is None else end_s
    usual = {"arm": "a", "repeat": 0, "item": "i", "kind": "fall", "severity": "warning", "confidence": 0.5}
    return {"start_s": start_s, "end_s": end_s, "told_s": end_s, **usual, **other}


def call(arm: str = "a", repeat: int = 0, **other: Any) -> dict[str, Any]:
    return {"arm": arm, "repeat": repeat, "item": "i", "status": "ok", "cost_usd": 0.01, "latency_ms": 100.0, **other}


def ignored(start_s: float, end_s: float, name: str = "i") -> dict[str, Any]:
    return {"item": name, "start_s": start_s, "end_s": end_s}


def table(rows: Rows, columns: Any) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns)).astype(dict(columns))


def matched(
    truths: Rows = (),
    spoken: Rows = (),
    *,
    items: Rows | None = None,
    unjudged: Rows = (),
    calls: Rows | None = None,
    rule: MatchRule | None = None,
) -> Matched:
    """Match; without other items or calls there is one item, and one call of arm a about it."""
    return match(
        table([item()] if items is None else items, ITEM_COLUMNS),
        table(truths, TRUTH_COLUMNS),
        table(spoken, SAID_COLUMNS),
        table(unjudged, IGNORED_COLUMNS),
        table([call()] if calls is None else calls, CALL_COLUMNS),
        rule or MatchRule(),
    )
