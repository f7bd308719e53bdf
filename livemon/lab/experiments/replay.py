"""Replaying: past looks of a camera asked again under another prompt, on their very frames; a shadow's looks compared.

Wires rows, footage and asking. Differences are computed in replay_diff.py.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from livemon.base.clock import require_utc
from livemon.base.errors import LabError, UnknownPrompt
from livemon.base.model_types import AnswerStatus
from livemon.inference.prompts import PromptRegistry
from livemon.lab.data.dataset import Item
from livemon.lab.experiments.arms import SHOWN_CHARS, Arm
from livemon.lab.experiments.ask_item import Counts
from livemon.lab.experiments.live_plan import PlannedQuestion
from livemon.lab.experiments.replay_diff import Seen, changes, in_words, scene_in, seen_by
from livemon.lab.experiments.runner import Task, Tools, progress_bar, run
from livemon.lab.experiments.spend_cap import SpendCap
from livemon.lab.observation_json import from_json
from livemon.store import lab as store
from livemon.store import labels, shadows
from livemon.vlm.prompt import Prompt

LAST_LOOK = timedelta(minutes=30)
"""Older sightings were not given to the live look either (inference/scene.py)."""


@dataclass(frozen=True)
class Changes:
    """Changes that another prompt would have caused.

    Attributes
    ----------
    table
        See `livemon.lab.experiments.replay_diff.CHANGE_COLUMNS`.
    looks, left_out
        Number of compared looks, and the reasons of the others.
    experiment_id
        Experiment of the answers; None for a shadow's.
    inexact
        Number of looks with other pixels than then: the footage was written anew, or the prompt wants another width.
    live, other
        Names of what was live, and of what was asked instead.
    """

    table: pd.DataFrame
    looks: int
    left_out: dict[str, int]
    cost_usd: float
    live: str
    other: str
    experiment_id: int | None = None
    inexact: int = 0

    @property
    def sentence(self) -> str:
        """The changes, in plain words."""
        without = "".join(f" {count} looks left out: {why}." for why, count in self.left_out.items())
        other = f" {self.inexact} looks showed other pixels than then." if self.inexact else ""
        return in_words(self.table, self.looks, self.live, self.other) + without + other

    def only(self, *kinds: str) -> pd.DataFrame:
        """Return the rows of these changes: ``new``, ``lost``, ``severity``, ``same``, ``unknown``."""
        return self.table[self.table["change"].isin(kinds)]

    def _repr_html_(self) -> str:
        shown = self.only("new", "lost", "severity").drop(columns=["frames"])
        return f"<p>{html.escape(self.sentence)}</p>{shown.to_html(index=False)}"


class Replayer:
    """Asks again about what was asked. Its methods block."""

    def __init__(self, tools: Tools, book: PromptRegistry) -> None:
        self._tools = tools
        self._book = book

    def replay(
        self, arm: Arm, camera_id: str, since: datetime, until: datetime, cap_usd: float | None, *, progress: bool
    ) -> Changes:
        """Ask an arm about the frames of the looks of [since, until), and compare; see `Lab.replay`."""
        spend_cap = SpendCap.of(cap_usd, [] if arm.free else [arm.name])
        tools, since, until = self._tools, require_utc(since), require_utc(until)
        live = shadows.looks_of(tools.database, camera_id, since, until)
        if live.empty:
            raise LabError("lab.no_look", camera=camera_id)
        content = {"camera": camera_id, "since": since.isoformat(), "until": until.isoformat(), "arms": [arm.content]}
        name = f"{arm.name} on past looks of {camera_id}"
        number = store.add_experiment(tools.database, name, "replay", None, content, tools.clock.now(), "replay")
        looks = self._looks(camera_id, live, arm)
        with progress_bar(len(looks), "Replaying", show=progress) as shown:
            counts, reason = run(tools, number, looks, spend_cap, told=lambda done, _what: shown(done))
        return self._compared(number, live, looks, counts, reason, arm.name)

    def shadowed(self, shadow_id: int) -> Changes:
        """Compare what a shadow saw with what was live at the same looks; see `Lab.shadow_result`."""
        found = shadows.shadows(self._tools.database, shadow_id)
        if found.empty:
            raise LabError("lab.no_shadow", shadow_id=shadow_id)
        shadow: dict[Any, Any] = found.to_dict("records")[0]
        # The shadow is asked after the live look: its last answer may come after its end.
        span = shadow["from_utc"].to_pydatetime(), (shadow["until_utc"] + pd.Timedelta(minutes=5)).to_pydatetime()
        live = shadows.looks_of(self._tools.database, shadow["camera_id"], *span)
        along = shadows.looks_of(self._tools.database, shadow["camera_id"], *span, shadow=shadow["version"])
        prompt = self._book.get(shadow["version"])
        others = {
            _times(row["frames"]): seen_by(prompt, row["status"], row["raw_text"], row["frames"])
            for row in along.to_dict("records")
        }
        pairs = [
            (self._live_seen(shadow["camera_id"], row), others[_times(row["frames"])])
            for row in live.to_dict("records")
            if _times(row["frames"]) in others
        ]
        left_out = {"the shadow was not asked": len(live) - len(pairs)} if len(pairs) < len(live) else {}
        paid = float(along["cost_usd"].sum())
        return Changes(changes(pairs), len(pairs), left_out, paid, self._live_name(live), self._name(shadow["version"]))

    def _looks(self, camera_id: str, live: pd.DataFrame, arm: Arm) -> list[Task]:
        """Return each past look as an item with one question, and what it was told of the look before it."""
        looks: list[Task] = []
        before: tuple[str, datetime] | None = None
        for row in live.to_dict("records"):
            times = _times(row["frames"])
            if times:
                hashes = tuple(one["sha256"] for one in row["frames"])
                end = times[-1] + timedelta(milliseconds=1)
                item = Item(
                    camera_id, times[0], end, "".join(hashes), title=f"{camera_id} {times[-1]:%Y-%m-%d %H:%M:%S}"
                )
                called = row["called_utc"].to_pydatetime()
                asked = PlannedQuestion(0, row["reason"], called, times, hashes, arm.appetite.frame_width)
                fresh = before if before and times[-1] - before[1] <= LAST_LOOK else None
                looks.append(Task(arm, item, questions=(asked,), seen=fresh))
            prompt = self._prompt(row["prompt_version"])
            scene = scene_in(prompt, row["raw_text"]) if prompt and row["status"] == AnswerStatus.OK else ""
            before = (scene, times[-1]) if scene and times else before
        return looks

    def _compared(
        self,
        number: int,
        live: pd.DataFrame,
        looks: list[Task],
        counts: Counts,
        reason: str,
        other_name: str,
    ) -> Changes:
        answers = store.results(self._tools.database, number)
        by_item: dict[str, dict[Any, Any]] = {row["item"]: row for row in answers.to_dict("records")}
        rows = {_times(row["frames"]): row for row in live.to_dict("records")}
        pairs = []
        for look in looks:
            answer = by_item.get(look.item.id)
            if answer is not None and look.questions:
                utcs = look.questions[0].utcs
                good = answer["status"] == AnswerStatus.OK
                other = tuple(from_json(one) for one in answer["said"]) if good else None
                pairs.append((self._live_seen(look.item.camera_id, rows[utcs]), Seen(utcs, other)))
        left_out = {}
        if counts.left_out:
            left_out["their footage is gone"] = len(counts.left_out)
        if len(pairs) + len(counts.left_out) < len(looks):
            left_out[reason or "they have no frames"] = len(looks) - len(pairs) - len(counts.left_out)
        paid = float(answers.loc[~answers["cached"], "cost_usd"].sum())
        names = self._live_name(live), other_name
        return Changes(changes(pairs), len(pairs), left_out, paid, *names, number, counts.inexact)

    def _live_name(self, live: pd.DataFrame) -> str:
        """Return the names of the prompts that looked; of looks without a prompt their models'."""
        looked = live[["prompt_version", "model"]].drop_duplicates().to_dict("records")
        names = [self._name(one["prompt_version"]) or one["model"] for one in looked]
        return f"{' and '.join(dict.fromkeys(names))}, which was live,"

    def _name(self, version: str) -> str:
        prompt = self._prompt(version)
        return f"{self._book.name_of(prompt)} ({version[:SHOWN_CHARS]})" if prompt else version[:SHOWN_CHARS]

    def _live_seen(self, camera_id: str, row: dict[Any, Any]) -> Seen:
        """Return what a live look saw: by its reply, or, of a model without prompts, by the events that it made."""
        prompt = self._prompt(row["prompt_version"])
        if prompt is not None:
            return seen_by(prompt, row["status"], row["raw_text"], row["frames"])
        good = row["status"] == AnswerStatus.OK
        return Seen(_times(row["frames"]), labels.observed(self._tools.database, row["id"]) if good else None)

    def _prompt(self, version: str) -> Prompt | None:
        try:
            return self._book.get(version) if version else None
        except UnknownPrompt:
            return None


def _times(frames: list[dict[str, str]]) -> tuple[datetime, ...]:
    return tuple(require_utc(datetime.fromisoformat(one["utc"])) for one in frames)
