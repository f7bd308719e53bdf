"""The page of an experiment: one HTML file with its arms, method and results; it fetches nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import combinations, pairwise
from typing import Any

import pandas as pd

from livemon.lab.data.clips import PREFIX
from livemon.lab.experiments.arms import Arm
from livemon.lab.results.cases import cases
from livemon.lab.results.results import Results
from livemon.lab.results.side_by_side import STYLE, cases_html, diff_html, table_html
from livemon.lab.scoring.arm_comparison import LEAST_HOURS
from livemon.lab.scoring.compare import compare

PAGE_STYLE = """
:root { color-scheme: light dark; } body { max-width: 1100px; margin: 24px auto; padding: 0 16px; }
h1 { font-size: 24px; } h2 { font-size: 18px; margin-top: 28px; } .wide { overflow-x: auto; }
"""


def page_html(results: Results, arms: Sequence[Arm], status: str, most: int) -> str:
    """Return the page; blocks: it scores, and decodes the pictures of the first `most` cases."""
    matched = results.matched()
    data = results.dataset
    said = [
        f"<h1>{escape(results.name)}</h1>",
        f"<p>Experiment {results.id}, {escape(status)}. Dataset {escape(data.name)} "
        f"({escape(data.version)}): {len(data.items)} items. {escape(data.how)}</p>",
        f"<p>{escape(results.rule.sentence)} {escape(results.honesty)}</p>",
        "<h2>Scores</h2>",
        f"<div class='wide'>{scores_html(results.scores())}</div>",
    ]
    pairs = list(combinations([arm.name for arm in arms], 2))
    if pairs:
        sentences = "".join(f"<li>{escape(compare(matched, a, b).sentence)}</li>" for a, b in pairs)
        said.append(f"<h2>Compared</h2><ul>{sentences}</ul>")
    for by, title in (("family", "By kind of event"), ("camera_id", "By camera"), ("night", "By day and night")):
        table = results.slices(by)
        # A clip is a camera of its own: a table of clips tells nothing that the cases do not.
        of_clips = by == "camera_id" and all(item.camera_id.startswith(PREFIX) for item in data.items)
        if len(table) > len(matched.arms) and not of_clips:
            said.append(f"<h2>{title}</h2><div class='wide'>{scores_html(table, by)}</div>")
    said.append(_prompts(arms))
    said.append(f"<h2>Cases, disagreements first</h2>{cases_html(results, cases(matched), most)}")
    title = f"<title>{escape(results.name)}</title>"
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'>{title}"
    return (
        f"<!doctype html><html lang='en'><head>{head}<style>{PAGE_STYLE}{STYLE}</style></head>"
        f"<body class='lab'>{''.join(said)}</body></html>\n"
    )


def scores_html(table: pd.DataFrame, by: str = "") -> str:
    """Return the scores that people read first, as a table."""
    columns = [by, "Arm"] if by else ["Arm"]
    numbers = len(columns)
    columns += ["Found", "Recall", "Dangers", "Precision", "False alerts a day", "Delay p50", "Flips", "Failed", "Cost"]
    rows = []
    for row in table.to_dict("records"):
        cells = [str(row[by])] if by else []
        cells += [
            str(row["arm"]),
            f"{_count(row['found'])} of {row['truths']}",
            _share(row, "recall"),
            f"{_count(row['dangers_found'])} of {row['dangers']}",
            _share(row, "precision"),
            _false_alerts(row),
            _number(row["delay_p50_s"], "{:.1f} s"),
            _number(row["flip_rate"], "{:.0%}"),
            f"{row['failures']} of {row['calls']}",
            _number(row["cost_usd"], "${:.4f}")
            + (f" and {row['unknown_cost']} unknown" if row["unknown_cost"] else ""),
        ]
        rows.append(cells)
    return table_html(
        [name.removesuffix("_id").capitalize() if name == by else name for name in columns], rows, numbers
    )


def _prompts(arms: Sequence[Arm]) -> str:
    """Return how the prompts differ, each from the one before it."""
    prompts = {arm.version: arm for arm in arms if arm.version}
    several = list(prompts.values())
    diffs = "".join(
        diff_html(one.terms.prompt, two.terms.prompt, (one.prompt_name, two.prompt_name))
        for one, two in pairwise(several)
    )
    return f"<h2>The prompts' difference</h2>{diffs}" if diffs else ""


def _share(row: dict[Any, Any], name: str) -> str:
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    if math.isnan(value):
        return "not defined"
    return f"{value:.0%}" if math.isnan(low) else f"{value:.0%} ({low:.0%} to {high:.0%})"


def _false_alerts(row: dict[Any, Any]) -> str:
    """Return a rate a day; of little footage how many there were, and in how long."""
    if row["watched_hours"] >= LEAST_HOURS or 0 < row["calls"] == row["failures"]:
        return _number(row["false_alerts_per_day"], "{:.1f}")
    return f"{_count(row['false_alerts'])} in {row['watched_hours'] * 60:.0f} min"


def _count(mean: float) -> str:
    """Return a count; with repeats it is a mean, to one place."""
    return f"{mean:.0f}" if mean == round(mean) else f"{mean:.1f}"


def _number(value: float, form: str) -> str:
    return "not known" if math.isnan(value) else form.format(value)
