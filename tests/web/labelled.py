"""A house whose footage is labelled: two clips, a recorded window with events, looks, an experiment's answers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from livemon.base.clock import Window
from livemon.base.datatypes import Frame, LookReason, Observation, Severity
from livemon.base.model_types import Answer, AnswerStatus, Look, Purpose
from livemon.base.settings.settings import Settings
from livemon.lab.data.dataset import Dataset, Item
from livemon.lab.experiment import Experiment
from livemon.lab.observation_json import to_json
from livemon.monitor.monitor import Monitor
from livemon.store import archives, lab, writes
from livemon.stream.files.archive import assemble
from livemon.web.widgets.labeller import LabelWidget
from tests.conftest import FAST, MORNING, make_video, seen
from tests.days import CAM
from tests.recording import record
from tests.vlm.drawn import room
from tests.waiting import wait_until

WINDOW_S = 16
SYNCED = ("port", "words", "player_words", "kinds", "grave", "position", "stop", "strip", "ahead", "progress", "told")


@contextmanager
def labelled_house(settings: Settings) -> Iterator[Monitor]:
    """A monitor with sixteen seconds of a recorded window, and a warning and a danger in them."""
    with Monitor(settings, profile=FAST) as made:
        folder = settings.data_dir / "segments"
        segments = record(folder, MORNING, WINDOW_S)
        found = assemble(CAM, Window(MORNING), segments, settings.camera_dir(CAM) / "archive")
        archives.replace_archives(made.database, found, settings.data_dir)
        for second, kind, severity in ((3, "climbing", Severity.WARNING), (8, "fall", Severity.DANGER)):
            happened = seen(second, second + 2, kind=kind, severity=severity, title=f"A {kind}")
            writes.add_event(made.database, CAM, happened, MORNING, model="m", prompt_version="look_en-12345678")
        yield made


def clips(monitor: Monitor, *lengths_s: int) -> Dataset:
    """A dataset of clips of so many seconds."""
    items = []
    for length_s in lengths_s:
        path = make_video(monitor.settings.data_dir / f"{length_s} s.mp4", duration_s=length_s)
        clip = monitor.lab.clips.bring(path)
        items.append(Item(clip.id, clip.start_utc, clip.end_utc, clip.sha256, title=path.stem))
    return Dataset("clips", tuple(items))


def experiment(monitor: Monitor, dataset: Dataset, *told: Observation) -> Experiment:
    """An experiment of which the first item is answered by all of `told`."""
    made = monitor.lab.experiment(dataset, models="local")
    item = dataset.items[0]
    row: dict[str, Any] = {
        "experiment_id": made.id,
        "arm": made.arms[0].name,
        "item": item.id,
        "repeat": 0,
        "number": 0,
        "questions": 1,
        "camera_id": item.camera_id,
        "request_sha256": "",
        "cached": False,
        "reason": "interval",
        "told_utc": item.end_utc,
        "frames": [],
        "model": "gemini-3.5-flash-lite",
        "prompt_version": "look_en-12345678",
        "status": "ok",
        "raw_text": "",
        "scene": "",
        "said": [to_json(one) for one in told],
        "error": "",
        "input_tokens": 0,
        "output_tokens": 0,
        "latency_ms": 1000.0,
        "cost_usd": 0.0,
        "asked_utc": MORNING,
    }
    lab.add_results(monitor.database, [row])
    return made


def look(monitor: Monitor, second: int, raw_text: str, status: AnswerStatus = AnswerStatus.OK) -> int:
    """Record a live look at three pictures from a second of the window on; returns the call's id."""
    prompt = monitor.prompts.live(CAM, Purpose.LOOK).prompt
    version = monitor.prompts.keep(prompt, "look")
    times = [MORNING + timedelta(seconds=second + n) for n in range(3)]
    shown = Look(CAM, LookReason.INTERVAL, tuple(Frame(CAM, utc, room()) for utc in times))
    answer = Answer("paid-1", status, raw_text=raw_text, prompt_version=version)
    return writes.add_call(monitor.database, shown, answer, times[-1])


def say(widget: LabelWidget, action: str, **more: Any) -> None:
    """Send a message as the browser does, about the stop that is shown."""
    widget._handle_custom_msg({"action": action, "stop": widget.position, **more}, [])


def shown(widget: LabelWidget) -> None:
    """Wait until the pictures of the stop that is shown are there."""
    wait_until(lambda: widget.strip.get("number") == widget.position, "no pictures")


def traits(widget: LabelWidget, but: dict[str, Any] | None = None) -> dict[str, Any]:
    """The widget's state as JSON, pictures as base64; only what differs from `but`."""
    now = {name: getattr(widget, name) for name in SYNCED}
    return {name: _plain(value) for name, value in now.items() if but is None or but[name] != value}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"jpeg": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
