"""Stops of a labeller: made from windows, a dataset's items, an experiment's answers, or a camera's looks.

Reads; the stop itself lives in label_choices.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import numpy as np
import pandas as pd

from livemon.base.clock import require_utc
from livemon.base.datatypes import EventType, Frame, Image, LookReason, Observation, Severity
from livemon.base.errors import LabError, UnknownPrompt
from livemon.base.model_types import AnswerStatus, Look
from livemon.lab.data.dataset import Dataset, Item
from livemon.lab.data.sampling import Stratum
from livemon.lab.experiments.live_plan import told_events
from livemon.lab.observation_json import from_json
from livemon.lab.results.results import Results
from livemon.monitor.monitor import Monitor
from livemon.store.said_events import said_between, said_by_calls
from livemon.store.shadows import looks_of
from livemon.vlm.answers import BadReply
from livemon.vlm.hosted.hosted_model import read
from livemon.vlm.prompt import Prompt
from livemon.vlm.provider import PromptTerms
from livemon.web.pages.parts.day_text import span
from livemon.web.widgets.label_choices import LabelStop, Mention

What = Sequence[Stratum | Item] | Dataset | Results | tuple[str, datetime, datetime]
"""Things to label: windows, items, a dataset, an experiment, or a camera's looks of a time."""

SHORTEST = timedelta(seconds=1)
"""A look of one picture is a stretch all the same."""


def stops_of(monitor: Monitor, what: What) -> tuple[LabelStop, ...]:
    """Return the stops in the order in which they are gone through; blocks briefly.

    Parameters
    ----------
    what
        ``lab.sample(...)``: windows, with what was told live. A dataset: its items, likewise; what is known of them is
        not shown, so that they can be labelled anew. An experiment: its items with what each arm told.
        ``(camera id, since, until)``: the live looks of a time, each with its answer.

    Raises
    ------
    UnknownCamera, LabError
        When there is no such camera, or this cannot be labelled.
    """
    if isinstance(what, Results):
        return tuple(_of_results(what, monitor.settings.cooldown_s))
    if isinstance(what, Dataset):
        return tuple(_of_item(monitor, item) for item in what.items)
    if isinstance(what, tuple) and len(what) == 3 and isinstance(what[0], str):
        camera_id, since, until = what
        return tuple(_of_looks(monitor, monitor.camera(camera_id).id, require_utc(since), require_utc(until)))
    stops = []
    for one in what:
        if isinstance(one, Stratum):
            stops.append(_of_window(monitor, one))
        elif isinstance(one, Item):
            stops.append(_of_item(monitor, one))
        else:
            raise LabError("label.not_labellable", kind=type(one).__name__)
    return tuple(stops)


def zone_of(monitor: Monitor) -> tzinfo:
    """Return the zone in which times are shown: the setting's, else the machine's."""
    zone = monitor.clock.now().astimezone(monitor.settings.zone).tzinfo
    assert zone is not None, "it was made with one"
    return zone


def _of_window(monitor: Monitor, stratum: Stratum) -> LabelStop:
    window = stratum.window
    return _told_live(monitor, stratum.camera_id, window.start_utc, window.end_utc, "")


def _of_item(monitor: Monitor, item: Item) -> LabelStop:
    return _told_live(monitor, item.camera_id, item.start_utc, item.end_utc, item.title)


def _told_live(monitor: Monitor, camera_id: str, start: datetime, end: datetime, title: str) -> LabelStop:
    said = tuple(_live(row) for row in _rows(said_between(monitor.database, camera_id, start, end)))
    return LabelStop(camera_id, start, end, title or _title(monitor, camera_id, start, end), said=said)


def _title(monitor: Monitor, camera_id: str, start: datetime, end: datetime) -> str:
    camera = monitor.cameras.get(camera_id)
    zone = zone_of(monitor)
    name = camera.name if camera else camera_id
    return f"{name} {start.astimezone(zone):%Y-%m-%d} {span(start, end, zone)}"


def _of_results(results: Results, cooldown_s: float) -> Iterable[LabelStop]:
    said: dict[str, list[Mention]] = defaultdict(list)
    answers = results.answers()
    repeated = bool((answers["repeat"] > 0).any())
    for _, group in answers.groupby(["arm", "repeat", "item"], sort=False):
        rows = _rows(group)
        who = f"{rows[0]['arm']}, repeat {rows[0]['repeat'] + 1}" if repeated else rows[0]["arm"]
        said[rows[0]["item"]] += _told(rows, who, cooldown_s)
    for item in results.dataset.items:
        told = tuple(sorted(said[item.id], key=lambda one: (one.start_utc, one.who)))
        yield LabelStop(item.camera_id, item.start_utc, item.end_utc, item.title, said=told)


def _told(answers: list[dict[Any, Any]], who: str, cooldown_s: float) -> Iterable[Mention]:
    """Return what one arm told of one item, repetitions folded as they are live, each by its place in the answers."""
    by_number = {row["number"]: row for row in answers}
    seen = {number: [from_json(one) for one in row["said"]] for number, row in by_number.items()}
    for event in told_events(seen.items(), cooldown_s):
        one: Observation = event["observation"]
        if one.event_type is EventType.SYSTEM:
            continue
        row = by_number[event["number"]]
        place = next(n for n, other in enumerate(seen[event["number"]]) if other is one)
        by = _who(f"{who} ", row)
        yield _said(f"result-{row['id']}-{place}", one, by, end=event["end_utc"])


def _of_looks(monitor: Monitor, camera_id: str, since: datetime, until: datetime) -> Iterable[LabelStop]:
    looks = _rows(looks_of(monitor.database, camera_id, since, until))
    made: dict[int, list[dict[Any, Any]]] = defaultdict(list)
    for row in _rows(said_by_calls(monitor.database, [row["id"] for row in looks])):
        made[int(row["vlm_call_id"])].append(row)
    prompts: dict[str, Prompt | None] = {}
    for row in looks:
        utcs = tuple(require_utc(datetime.fromisoformat(one["utc"])) for one in row["frames"])
        if not utcs:
            continue
        version = row["prompt_version"]
        if version not in prompts:
            prompts[version] = _prompt(monitor, version)
        said, scene = _seen_in(row, made[row["id"]], prompts[version])
        end = max(utcs[-1] + timedelta(milliseconds=1), utcs[0] + SHORTEST)
        yield LabelStop(camera_id, utcs[0], end, _title(monitor, camera_id, utcs[0], end), utcs, said, scene)


def _seen_in(
    row: dict[Any, Any], events: list[dict[Any, Any]], prompt: Prompt | None
) -> tuple[tuple[Mention, ...], str]:
    """Return what a look's answer said, as events where it made some, and how it described the scene.

    A repeat of an earlier event made no event: it is judged by its place in the answer.
    """
    if row["status"] != AnswerStatus.OK:
        return (), f"No answer: {row['status']}."
    left = list(events)
    said: list[Mention] = []
    scene = ""
    if prompt is not None:
        observations, scene = _answer(row, prompt)
        for place, one in enumerate(observations):
            own = next((event for event in left if (event["kind"], event["title"]) == (one.kind, one.title)), None)
            if own is not None:
                left.remove(own)
            said.append(_said(f"event-{own['id']}" if own else f"call-{row['id']}-{place}", one, _who("", row)))
    return (*said, *(_live(one) for one in left)), scene


def _answer(row: dict[Any, Any], prompt: Prompt) -> tuple[tuple[Observation, ...], str]:
    """Return what a kept reply says; what it cites are the numbers of its pictures, of which only the times matter."""
    blank: Image = np.zeros((1, 1, 3), np.uint8)
    utcs = (require_utc(datetime.fromisoformat(one["utc"])) for one in row["frames"])
    look = Look("", LookReason.ASKED, tuple(Frame("", utc, blank) for utc in utcs))
    try:
        found = read(row["raw_text"], look, PromptTerms.of(prompt))
    except BadReply:
        return (), ""
    return tuple(found["observations"]), str(found["scene"])


def _prompt(monitor: Monitor, version: str) -> Prompt | None:
    try:
        return monitor.prompts.get(version) if version else None
    except UnknownPrompt:
        return None


def _said(about: str, one: Observation, who: str, end: datetime | None = None) -> Mention:
    return Mention(
        about, one.kind, one.severity, one.title, one.description, one.start_utc, end or one.end_utc, who.strip()
    )


def _live(row: dict[Any, Any]) -> Mention:
    start, end = row["start_utc"].to_pydatetime(), row["last_seen_utc"].to_pydatetime()
    severity = Severity(row["severity"])
    about = f"event-{row['id']}"
    return Mention(about, row["kind"], severity, row["title"], row["description"], start, end, _who("", row))


def _who(arm: str, row: dict[Any, Any]) -> str:
    """Return who said something: an arm, the model when the arm is not called so, and the prompt's version."""
    model = "" if row["model"] in arm else row["model"]
    return " ".join(part for part in (arm.strip(), model, row["prompt_version"][:8]) if part)


def _rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict("records")
