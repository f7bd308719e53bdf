"""Asking: the questions of one item put to one arm, in order, by the code that a live camera uses; every answer a row.

Questions asked before, equal to the last pixel and word, are answered from their rows. Concurrency and stopping live in
experiment.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from livemon.base.clock import Clock, iso
from livemon.base.errors import ConfigError
from livemon.base.messages.catalog import told
from livemon.base.model_types import Answer, AnswerStatus, Purpose, Scene
from livemon.base.settings.settings import Settings
from livemon.base.tasks import run_to_completion
from livemon.inference.call import STOPPED, call
from livemon.lab.data.dataset import Item
from livemon.lab.experiments.arms import Arm
from livemon.lab.experiments.live_plan import Place, PlannedQuestion, plan_looks, plan_study, show
from livemon.lab.experiments.spend_cap import SpendCap, StopReason
from livemon.lab.observation_json import said_of
from livemon.store import lab as store
from livemon.store.session import Database
from livemon.store.writes import MAX_RAW_CHARS, clean_text
from livemon.vlm.provider import PreparedCall

OF_THE_MODEL = (
    AnswerStatus.OK,
    AnswerStatus.UNPARSABLE,
    AnswerStatus.TRUNCATED,
    AnswerStatus.BLOCKED,
    AnswerStatus.EMPTY,
)
"""Replies of the model, good or bad, are final. A missing reply is tried again."""

COPIES_AT_ONCE = 200
"""Copied answers wait for so many, and are one transaction: a rerun of a thousand is not a thousand of them."""

STOP_AFTER = 3
"""So many questions in a row without an answer: the next would not be answered either."""


@dataclass
class Counts:
    """Progress of the asking; too many `unanswered_in_a_row` end it.

    `inexact` questions showed other pixels than planned: the footage was written anew, or another width is asked for.
    """

    asked: int = 0
    inexact: int = 0
    cached: int = 0
    failed: int = 0
    items_done: int = 0
    unanswered_in_a_row: int = 0
    last_error: str = ""
    left_out: dict[str, str] = field(default_factory=dict)


class ItemAsker:
    """Asks about items for one experiment. Its coroutine runs on the monitor's engine loop."""

    def __init__(self, experiment_id: int, settings: Settings, database: Database, clock: Clock) -> None:
        self._experiment_id = experiment_id
        self._settings = settings
        self._database = database
        self._clock = clock
        self._copies: list[dict[str, Any]] = []

    async def ask(
        self,
        arm: Arm,
        item: Item,
        place: Place,
        repeat: int,
        spend_cap: SpendCap,
        counts: Counts,
        *,
        questions: tuple[PlannedQuestion, ...] | None = None,
        seen: tuple[str, datetime] | None = None,
    ) -> None:
        """Ask all questions of an item. Each paid call is stored as a row, whatever happens next.

        Parameters
        ----------
        questions
            Questions to ask; those of a live camera when None.
        seen
            The scene in a sentence as the look before saw it, and when that was.

        Raises
        ------
        Stop
            When the cap is reached, `STOP_AFTER` questions in a row were not answered, or the model cannot be asked.
        LivemonError
            When its footage is gone.
        """
        if questions is None:
            questions = await asyncio.to_thread(plan, arm, item, place, self._settings)
        wanted = store.AnswerKey(item.id, arm.version, arm.appetite.model, repeat)
        known = await asyncio.to_thread(store.answered, self._database, wanted, OF_THE_MODEL, self._experiment_id)
        if arm.free and not all(_remembered_key(questions, one, repeat) in known for one in questions):
            known = {}  # it remembers what it saw before: all of its answers are taken, or none
        unwritten: list[dict[str, Any]] = []
        for planned in questions:
            scene = _scene(place, planned, seen)
            key = _remembered_key(questions, planned, repeat) if arm.free else _key(arm, place, planned, scene, repeat)
            row = known.get(key)
            if row is None:
                row = await self._put(arm, item, place, planned, scene, repeat, key, spend_cap, counts)
                unwritten.append(row | {"questions": len(questions)})
                if not arm.free:
                    await self._write(unwritten)
                if counts.unanswered_in_a_row >= STOP_AFTER:
                    raise StopReason(f"nobody answers: {counts.last_error}")
            else:
                counts.cached += 1
                if not self._is_own(row, arm):
                    self._copies.append(self._taken(row, arm, planned) | {"questions": len(questions)})
            if row["status"] == AnswerStatus.OK and row["scene"]:
                seen = (row["scene"], planned.utcs[-1])
        await self._write(unwritten)
        if len(self._copies) >= COPIES_AT_ONCE:
            await self.write_copies()
        counts.items_done += 1

    async def write_copies(self) -> None:
        """Write the answers that were taken from before; call it in the end. Lost ones would be taken again."""
        copies, self._copies = self._copies, []  # others go on adding meanwhile
        await self._write(copies)

    async def _put(
        self,
        arm: Arm,
        item: Item,
        place: Place,
        planned: PlannedQuestion,
        scene: Scene,
        repeat: int,
        key: str,
        spend_cap: SpendCap,
        counts: Counts,
    ) -> dict[str, Any]:
        """Ask one question; returns its row, not written yet."""
        memory = f"lab-{self._experiment_id}-{arm.name}-{item.id}-{repeat}"
        terms = arm.terms_of(repeat)
        question = await asyncio.to_thread(show, item, place, planned, terms, scene, memory, crops=arm.appetite.crops)
        counts.inexact += tuple(frame.sha256 for frame in question.frames) != planned.hashes
        try:
            prepared = await asyncio.to_thread(arm.model.prepare, question, terms)
        except ConfigError as exc:  # of the next question it would say the same
            raise StopReason(f"{arm.name} cannot be asked: {exc}") from exc
        spend_cap.reserve(prepared.bound_usd)
        answer = Answer(prepared.model, AnswerStatus.FAILED, error=STOPPED, cost_usd=None)
        try:
            answer = await call(arm.model, prepared, self._clock)
        finally:
            spend_cap.settle(prepared.bound_usd, answer.cost_usd)
            if answer.error == STOPPED and prepared.bound_usd != 0.0:  # it may have been paid for
                row = self._row(arm, item, planned, repeat, key, prepared, answer)
                # In a place of its own: the answer, when it is asked again, must not take its cost away.
                row |= {"questions": 0, "number": -1 - planned.number}
                await run_to_completion(asyncio.to_thread(store.add_results, self._database, [row]))
        counts.asked += 1
        counts.failed += answer.status is not AnswerStatus.OK
        if answer.status in OF_THE_MODEL:
            counts.unanswered_in_a_row = 0
        else:
            counts.unanswered_in_a_row += 1
            counts.last_error = told(answer.error)
        return self._row(arm, item, planned, repeat, key, prepared, answer)

    async def _write(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            await run_to_completion(asyncio.to_thread(store.add_results, self._database, tuple(rows)))
            rows.clear()

    def _is_own(self, row: Mapping[str, Any], arm: Arm) -> bool:
        return bool(row["experiment_id"] == self._experiment_id and row["arm"] == arm.name)

    def _taken(self, row: Mapping[str, Any], arm: Arm, planned: PlannedQuestion) -> dict[str, Any]:
        """Return the row of an answer that is there already; nothing was paid for it here."""
        own = {"experiment_id": self._experiment_id, "arm": arm.name, "number": planned.number, "cached": True}
        return {name: value for name, value in row.items() if name != "id"} | own

    def _row(
        self,
        arm: Arm,
        item: Item,
        planned: PlannedQuestion,
        repeat: int,
        key: str,
        prepared: PreparedCall,
        answer: Answer,
    ) -> dict[str, Any]:
        return {
            "experiment_id": self._experiment_id,
            "arm": arm.name,
            "item": item.id,
            "repeat": repeat,
            "number": planned.number,
            "camera_id": item.camera_id,
            "request_sha256": key,
            "cached": False,
            "reason": planned.reason,
            "told_utc": planned.told_utc,
            "frames": [iso(utc) for utc in planned.utcs],
            "model": prepared.model,
            "prompt_version": arm.version,
            "status": answer.status.value,
            "raw_text": clean_text(answer.raw_text, MAX_RAW_CHARS),
            "scene": clean_text(answer.scene, 2000),
            "said": said_of(answer),
            "error": answer.error,
            "input_tokens": answer.usage.input_tokens,
            "output_tokens": answer.usage.output_tokens + answer.usage.thought_tokens,
            "latency_ms": answer.latency_ms,
            "cost_usd": answer.cost_usd,
            "asked_utc": self._clock.now(),
        }


def plan(arm: Arm, item: Item, place: Place, settings: Settings) -> tuple[PlannedQuestion, ...]:
    """Return the questions about an item, as the prompt's purpose and the model's appetite have them; blocks."""
    if arm.terms.prompt.purpose is Purpose.STUDY:
        return plan_study(item, place, arm.appetite, arm.terms)
    return plan_looks(item, place, arm.appetite, settings)


def _scene(place: Place, planned: PlannedQuestion, seen: tuple[str, datetime] | None) -> Scene:
    """Return what is told beside the pictures: as it was then, and what this arm saw at its look before."""
    scene = place.notes.then(planned.utcs[-1])
    return scene if seen is None else replace(scene, last_seen=seen[0], last_seen_utc=seen[1])


def _key(arm: Arm, place: Place, planned: PlannedQuestion, scene: Scene, repeat: int) -> str:
    """Return the content hash of all that decides the answer, computed without decoding a picture."""
    told: list[Any] = [scene.camera, scene.place, str(scene.zone), scene.language, scene.age_months, repr(scene.zones)]
    told += [scene.last_seen, scene.last_seen_utc and iso(scene.last_seen_utc)]
    if scene.nominal is not None:
        told.append(hashlib.sha256(scene.nominal.tobytes()).hexdigest())
    if arm.appetite.crops:
        told.append(place.detector and place.detector.name)
    options = arm.terms_of(repeat).options.model_dump_json()
    asked = [arm.version, arm.appetite.model, options, planned.width, repeat]
    return _digest([*asked, *told, *planned.hashes])


def _remembered_key(questions: tuple[PlannedQuestion, ...], planned: PlannedQuestion, repeat: int) -> str:
    """Return the same for a model without prompt that remembers: what it was shown until then decides, too."""
    shown = [one.hashes for one in questions[: planned.number + 1]]
    return _digest([repeat, *shown])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
