"""A lab for tests: tiny labelled clips, and a paid model whose answers follow the prompt's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.model_types import Answer, AnswerStatus, Look, Question, Usage
from livemon.vlm.hosted.hosted_model import read
from livemon.vlm.provider import InputSpec, PreparedCall, PromptTerms
from tests.conftest import make_video

PRICE_USD = 0.001
CLIPS = ("one", "two", "three")


def make_clips(folder: Path, names: tuple[str, ...] = CLIPS, duration_s: float = 6.0) -> Path:
    """Clips in which something moves all the time, each with a danger from 2 to 4 s, and each of another content."""
    for number, name in enumerate(names):
        make_video(folder / f"{name}.mp4", duration_s, size=f"{64 + 16 * number}x48")
        write_label(folder, f"{name}.mp4", duration_s)
    return folder


def write_label(folder: Path, clip: str, duration_s: float = 6.0, **fields: Any) -> Path:
    """The label file of a clip."""
    event = {"start_s": 2.0, "end_s": 4.0, "type": "person_falls", "severity": "danger", "description": "falls"}
    path = folder / "labels" / f"{clip}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"duration_s": duration_s, "events": [event], **fields}))
    return path


def fell(look: Look, kind: str = "fall", severity: Severity = Severity.DANGER) -> Observation:
    """A fall over the whole of a look."""
    first, last = look.frames[0].utc, look.frames[-1].utc
    return Observation(kind, EventType.SAFETY, severity, "Fell", "On the floor.", 0.9, first, last, (last,))


@dataclass
class PromptedModel:
    """A paid model: it sees a fall when its instructions ask for falls, and nothing otherwise.

    `reply` may be replaced by a test; `asked` is what it was asked, in order.
    """

    name: str = "paid"
    bound_usd: float | None = PRICE_USD
    asked: list[tuple[Look, PromptTerms]] = field(default_factory=list)
    reply: Callable[[Look, PromptTerms], Answer] | None = None

    def appetite(self, terms: PromptTerms) -> InputSpec:
        return InputSpec(terms.options.model or "paid-1", 4, 32, free=False)

    def prepare(self, question: Question, terms: PromptTerms) -> PreparedCall:
        return PreparedCall(question, terms, self.appetite(terms).model, self.bound_usd, sha256="")

    async def ask(self, prepared: PreparedCall) -> Answer:
        look, terms = prepared.question, prepared.terms
        assert isinstance(look, Look)
        self.asked.append((look, terms))
        return self.reply(look, terms) if self.reply is not None else answer(look, terms)

    async def close(self) -> None:
        self.asked.clear()


def reply_text(look: Look, severities: tuple[str, ...] = ("danger",), kind: str = "fall") -> str:
    """A model's reply in the form of the schema: an event over all frames for each severity."""
    events = [
        {
            "evidence": "On the floor.",
            "frames": list(range(1, len(look.frames) + 1)),
            "box_2d": [],
            "location": "",
            "kind": kind,
            "title": "Fell",
            "confidence": 0.9,
            "severity": severity,
        }
        for severity in severities
    ]
    return json.dumps({"view": "clear", "scene": f"A room with {len(look.frames)} pictures.", "events": events})


def answer(look: Look, terms: PromptTerms) -> Answer:
    """What `PromptedModel` says when a test says nothing else."""
    return answered(look, terms, reply_text(look, ("danger",) if "falls" in terms.prompt.instructions else ()))


def answered(look: Look, terms: PromptTerms, text: str) -> Answer:
    """A whole answer of this reply."""
    return Answer(
        "paid-1",
        AnswerStatus.OK,
        raw_text=text,
        prompt_version=terms.prompt.version,
        usage=Usage(100, 10),
        cost_usd=PRICE_USD,
        **read(text, look, terms),
    )
