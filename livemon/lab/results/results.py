"""Results of an experiment: as rows, as scores, one arm against another, as files.

Reading only. Scoring itself is in lab/scoring/matching.py, lab/scoring/metrics.py and lab/scoring/compare.py; pages of
it in page.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from livemon.base.datatypes import EventType
from livemon.base.errors import LabError
from livemon.base.messages.message import system_reason
from livemon.base.settings.settings import Settings
from livemon.lab.data.dataset import Dataset, Item
from livemon.lab.data.footage import Places
from livemon.lab.experiments.live_plan import Place, told_events
from livemon.lab.extensions import Metric, Scorer, with_metrics
from livemon.lab.observation_json import from_json
from livemon.lab.scoring import compare as comparing
from livemon.lab.scoring import matching
from livemon.lab.scoring import metrics as scoring
from livemon.lab.scoring.arm_comparison import Comparison
from livemon.lab.scoring.caveats import honesty
from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import Matched, match
from livemon.store import lab as store
from livemon.store.session import Database

_JUDGED_COLUMNS = {
    **matching.SAID_COLUMNS,
    "number": "int64",
    "event_type": "str",
    "title": "str",
    "description": "str",
    "location": "str",
}
"""Columns for matching, and further ones for people."""

SAID_COLUMNS = {
    "arm": "str",
    "repeat": "int64",
    "item": "str",
    "number": "int64",
    "camera_id": "str",
    "start_utc": "datetime64[us, UTC]",
    "last_seen_utc": "datetime64[us, UTC]",
    "created_utc": "datetime64[us, UTC]",
    "kind": "str",
    "event_type": "str",
    "severity": "str",
    "title": "str",
    "description": "str",
    "location": "str",
    "confidence": "float64",
}
"""Named as the columns of `Monitor.events`; `number` is that of the question, `created_utc` when it is told."""

LABEL_COLUMNS = {
    "item": "str",
    "camera_id": "str",
    "start_utc": "datetime64[us, UTC]",
    "end_utc": "datetime64[us, UTC]",
    "kind": "str",
    "severity": "str",
    "note": "str",
}


class Results:
    """Results of an experiment. Its methods block: they read, and the scores take a moment.

    Attributes
    ----------
    id, name, dataset, rule
        Of the experiment. Another `rule` may be given to whatever scores.
    scorer
        The scorer; see `Experiment.with_scorer`.
    """

    def __init__(
        self,
        experiment_id: int,
        name: str,
        dataset: Dataset,
        rule: MatchRule,
        runs: Sequence[tuple[str, int]],
        database: Database,
        settings: Settings,
        places: Places,
        scorer: Scorer = match,
    ) -> None:
        self.id = experiment_id
        self.name = name
        self.dataset = dataset
        self.rule = rule
        self.scorer = scorer
        self._runs = runs
        self._database = database
        self._settings = settings
        self._places = places

    def place(self, item: Item) -> Place:
        """Return where an item's footage is; LabError when it is gone."""
        return self._places.place(item.camera_id, item.start_utc, item.end_utc, item.title)

    def answers(self) -> pd.DataFrame:
        """Return every answer with the columns of `livemon.store.lab.RESULT_COLUMNS`.

        Calls that were interrupted are not among them; `Lab.experiments` counts them as of unknown cost.
        """
        return store.results(self._database, self.id)

    def raw_text(self, result_id: int) -> str:
        """Return an answer as the model wrote it."""
        return store.raw_text(self._database, result_id)

    def said(self) -> pd.DataFrame:
        """Return what people would have been told of, repetitions folded, with the columns of `SAID_COLUMNS`."""
        table = said_table(self.answers(), self._settings.cooldown_s)
        cameras = {item.id: item.camera_id for item in self.dataset.items}
        seconds = {"start_utc": "start_s", "last_seen_utc": "end_s", "created_utc": "told_s"}
        times = {name: _utc(table[column]) for name, column in seconds.items()}
        table = table.assign(camera_id=table["item"].map(cameras), **times)
        return table[list(SAID_COLUMNS)].astype(SAID_COLUMNS)

    def labels(self) -> pd.DataFrame:
        """Return what happened, as the dataset has it, with the columns of `LABEL_COLUMNS`."""
        rows = [
            (item.id, item.camera_id, one.start_utc, one.end_utc, one.kind, one.severity.value, one.note)
            for item in self.dataset.items
            for one in item.truths
        ]
        return pd.DataFrame(rows, columns=list(LABEL_COLUMNS)).astype(LABEL_COLUMNS)

    def matched(self, rule: MatchRule | None = None) -> Matched:
        """Hold what was said against what happened, of the items that every arm has been asked about.

        Raises
        ------
        LabError
            When nothing was asked yet.
        """
        answers = self.answers()
        asked = asked_of_all(answers, self._runs)
        if not asked:
            there = set(answers["arm"])
            without = ", ".join(dict.fromkeys(arm for arm, _ in self._runs if arm not in there))
            missing = f" Not at all by: {without}." if without else ""
            raise LabError("lab.nothing_answered", missing=missing)
        answers = answers[answers["item"].isin(asked)]
        data = self.dataset.only(item for item in self.dataset.items if item.id in asked)
        said = said_table(answers, self._settings.cooldown_s)
        return self.scorer(
            data.items_table(), data.truths_table(), said, data.ignored_table(), answers, rule or self.rule
        )

    def scores(self, rule: MatchRule | None = None, *, metrics: Mapping[str, Metric] | None = None) -> pd.DataFrame:
        """Return a row for each arm; see `livemon.lab.scoring.metrics.scores`.

        Parameters
        ----------
        metrics
            Metrics of your own, by the name of their column.

        Raises
        ------
        LabError
            When nothing was asked yet, or a metric has the name of another column.
        """
        matched = self.matched(rule)
        return with_metrics(scoring.scores(matched), matched, metrics or {})

    def slices(self, by: str, rule: MatchRule | None = None) -> pd.DataFrame:
        """Return the scores by `camera_id`, `night`, `stratum` or `family` of event."""
        return scoring.slices(self.matched(rule), by)

    def compare(self, a: str, b: str, rule: MatchRule | None = None) -> Comparison:
        """Compare arm `b` with arm `a`; any part of a name that means one arm will do.

        Raises
        ------
        LabError
            When a name means no arm, or more than one.
        """
        matched = self.matched(rule)
        return comparing.compare(matched, arm_named(a, matched.arms), arm_named(b, matched.arms))

    @property
    def honesty(self) -> str:
        """The population that its recall estimates, in a sentence."""
        noun = "clip" if all(item.camera_id.startswith("clip-") for item in self.dataset.items) else "window"
        asked = asked_of_all(self.answers(), self._runs)
        items = self.dataset.items_table()
        judged = items[items["item"].isin(asked) & (items["hours"] > 0)]
        parts = [honesty(judged, noun)]
        if len(asked) < len(items):
            parts.insert(0, f"Only {len(asked)} of {len(items)} items are answered by all arms, and scored.")
        if len(judged) < len(asked):
            parts.append(f"Of {len(asked) - len(judged)} of them nobody said what happened, or people disagree.")
        return " ".join(parts)

    def export(self, folder: Path | str) -> list[Path]:
        """Write answers, scores, labels and items as parquet and CSV; returns the files.

        Raises
        ------
        LabError
            When the folder cannot be written.
        """
        import fastparquet

        folder = Path(folder)
        tables = {
            "answers": self.answers(),
            "said": self.said(),
            "scores": self.scores(),
            "items": self.dataset.table(),
            "labels": self.labels(),
        }
        written = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, table in tables.items():
                plain = _plain(table)
                fastparquet.write(str(folder / f"{name}.parquet"), plain, write_index=False)
                plain.to_csv(folder / f"{name}.csv", index=False)
                written += [folder / f"{name}.parquet", folder / f"{name}.csv"]
        except OSError as exc:
            raise LabError("lab.folder_not_written", folder=folder, reason=system_reason(exc)) from exc
        return written


def said_table(answers: pd.DataFrame, cooldown_s: float) -> pd.DataFrame:
    """Return what the answers would have been told as, as matching takes it; livemon's own news left out.

    Told is an event when its footage was complete and the model had answered.
    """
    spoke = answers[answers["said"].str.len() > 0]
    rows: list[tuple[Any, ...]] = []
    for (arm, repeat, item), group in spoke.groupby(["arm", "repeat", "item"], sort=False):
        told_s = dict(zip(group["number"], _told_s(group), strict=True))
        questions = zip(group["number"], group["said"], strict=True)
        seen = ((number, [from_json(one) for one in said]) for number, said in questions)
        for event in told_events(seen, cooldown_s):
            one = event["observation"]
            if one.event_type is not EventType.SYSTEM:
                times = one.start_utc.timestamp(), event["end_utc"].timestamp(), told_s[event["number"]]
                what = one.kind, one.severity.value, one.confidence, event["number"]
                words = one.event_type.value, one.title, one.description, one.location
                rows.append((arm, repeat, item, *times, *what, *words))
    return pd.DataFrame(rows, columns=list(_JUDGED_COLUMNS)).astype(_JUDGED_COLUMNS)


def asked_of_all(answers: pd.DataFrame, runs: Sequence[tuple[str, int]]) -> set[str]:
    """Return the items about which all arms were asked all questions, in all repeats: a run that stopped left some."""
    asked = answers.groupby(["item", "arm", "repeat"])["questions"].agg(["size", "max"])
    whole = asked[asked["size"] >= asked["max"]].groupby(level="item").size()
    return set(whole.index[whole == len(runs)])


def arm_named(wanted: str, arms: Iterable[str]) -> str:
    """Return the arm that a name, or a part of one, means.

    Raises
    ------
    LabError
        When it means none, or more than one.
    """
    arms = list(arms)
    found = [arm for arm in arms if arm == wanted] or [arm for arm in arms if wanted in arm]
    if len(found) != 1:
        raise LabError("lab.arm_ambiguous" if found else "lab.arm_unknown", wanted=wanted, arms=arms)
    return found[0]


def _utc(seconds: pd.Series) -> pd.Series:
    return pd.to_datetime(seconds, unit="s", utc=True).astype("datetime64[us, UTC]")


def _told_s(group: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    complete_s = group["told_utc"].astype("int64").to_numpy() / 1e6
    return np.asarray(complete_s + group["latency_ms"].to_numpy() / 1000, np.float64)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of which every cell is a value: lists as JSON text, times without zone."""
    import json

    def text(value: Any) -> Any:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value

    # Without their zone: every time is UTC, as the names say, and fastparquet takes naive ones only.
    times = {str(name): table[name].dt.tz_convert(None) for name in table.select_dtypes("datetimetz")}
    nested = [name for name in table if table[name].map(lambda value: isinstance(value, list | dict)).any()]
    return table.assign(**times, **{str(name): table[name].map(text) for name in nested})
