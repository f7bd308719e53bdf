"""Pretend: answers for a stand-in server that seem to have looked: it knows the labels, and finds what it is asked for.

For notebooks and tests of the lab without a key. Nothing is understood: how well it does follows from the words of the
instructions (`Known`), and says nothing of any model. The servers themselves do not belong here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livemon.sim.servers.media import decode_base64

CAMERA = re.compile(r"^Camera: (.+)$", re.MULTILINE)
TIMED = re.compile(r"(\d+) (\d{2}):(\d{2}):(\d{2})")
"""Text before a picture: its number and its time of day."""

OFFSET = re.compile(r"(\d+) (\d+:\d{2})")
"""The same in a study: its number, and the time since the beginning."""

DAY_S = 24 * 3600

GRAVE = ("warning", "danger")
MOST = 20
"""Incidents of a study's answer."""

Moment = tuple[str, float]
"""Before which camera, and at which second of the day."""
Recognise = Callable[[Sequence[bytes]], Sequence[Moment | None]]
"""Says of JPEG pictures which moments they show; None for one that it does not know."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A confusion of one event with another, unless the instructions have one of the words `unless` in them."""

    kind: str
    severity: str
    title: str
    unless: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Something that happens before a camera.

    Attributes
    ----------
    start_s, end_s
        Seconds of the day.
    asked_by
        It is found when the instructions have one of these words in them; always when there are none.
    mistake
        The confusion of a model that is not warned; None: it is never taken for anything else.
    """

    start_s: float
    end_s: float
    kind: str
    severity: str
    title: str
    asked_by: tuple[str, ...] = ()
    mistake: Mistake | None = None


class ScriptedAnswers:
    """Answers looks and studies by what is known: ``server.answer(ScriptedAnswers({"camera name": [Known(...)]}))``.

    The prompt's layout must be ``parts``: only then are the pictures' times in the request as text.

    Parameters
    ----------
    known
        Events, by the camera's name in the prompt.
    misses
        Share of what happens that it does not see, the same each time that the same is asked.
    flips
        Share of it that it sees at one time and not at the next.
    invents
        Share of looks in which it sees a false fall, when the instructions do not say to be sure.
    recognise
        Asked about the pictures of a camera that is not in `known`: a live one that shows known footage.
    """

    def __init__(
        self,
        known: Mapping[str, Sequence[Known]],
        *,
        misses: float = 0.0,
        flips: float = 0.0,
        invents: float = 0.0,
        recognise: Recognise | None = None,
    ) -> None:
        self._known = known
        self._misses = misses
        self._flips = flips
        self._invents = invents
        self._recognise = recognise
        self._asked = 0

    def __call__(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return an answer to a parsed `generateContent` request, of a look or, where times are offsets, of a study."""
        self._asked += 1
        instructions = " ".join(_texts(request.get("systemInstruction") or {})).casefold()
        parts = [part for one in request.get("contents", ()) for part in one["parts"]]
        texts = list(_texts({"parts": parts}))
        camera = next((found[1] for text in texts if (found := CAMERA.search(text))), "")
        times_s = _times_s(texts)
        offsets = [found[2] for text in texts if (found := OFFSET.fullmatch(text))]
        moments: Sequence[Moment | None] = [(camera, at_s) for at_s in times_s]
        if self._recognise is not None and (offsets or camera not in self._known):
            moments = self._recognise(list(_pictures(parts)))
        if offsets:
            return self._study(offsets, moments, instructions)
        events = []
        for title in sorted({moment[0] for moment in moments if moment}):
            for one in self._known.get(title, ()):
                shown = _shown(one, title, moments)
                seen = self._seen(one, title, instructions) if shown else None
                events += [_event(seen, shown)] if seen else []
        if times_s and "sure" not in instructions and _chance(camera, times_s) < self._invents:
            events.append(_event(Known(0, DAY_S, "fall", "danger", "Someone may have fallen"), [len(times_s)]))
        return {"view": "clear", "scene": "Nobody looked: this is a pretended answer.", "events": events}

    def _study(self, offsets: Sequence[str], moments: Sequence[Moment | None], instructions: str) -> dict[str, Any]:
        """Return the answer to a study: warnings and dangers, each time that they come."""
        incidents: list[dict[str, Any]] = []
        going_on: dict[Known | Mistake, dict[str, Any]] = {}
        for offset, moment in zip(offsets, moments, strict=False):
            now: dict[Known | Mistake, dict[str, Any]] = {}
            camera, at_s = moment or ("", 0.0)
            for one in self._known.get(camera, ()):
                seen = self._seen(one, camera, instructions) if one.start_s - 1 < at_s <= one.end_s else None
                if seen is not None and seen.severity in GRAVE:
                    now[seen] = going_on.get(seen) or _incident(seen, offset)
                    now[seen]["end"] = offset
                    if seen not in going_on:
                        incidents.append(now[seen])
            going_on = now
        summary = f"Nobody looked: this is a pretended answer. By the labels there were {len(incidents)} incidents."
        return {"view": "clear", "activities": [], "development": [], "incidents": incidents[:MOST], "summary": summary}

    def _seen(self, one: Known, camera: str, instructions: str) -> Known | Mistake | None:
        """Return what it says of something that is shown to it; None when it says nothing."""
        steady = _chance(camera, one.start_s, one.kind) >= self._misses
        if not steady or _chance(self._asked, one.kind) < self._flips:
            return None
        if one.mistake is not None and not _has(instructions, one.mistake.unless):
            return one.mistake
        return one if not one.asked_by or _has(instructions, one.asked_by) else None


def _has(instructions: str, words: Iterable[str]) -> bool:
    return any(word in instructions for word in words)


def _pictures(parts: Iterable[Mapping[str, Any]]) -> Iterable[bytes]:
    for part in parts:
        if "inlineData" in part:
            yield decode_base64(part["inlineData"]["data"])


def _texts(content: Mapping[str, Any]) -> Iterable[str]:
    for part in content.get("parts", ()):
        if "text" in part:
            yield part["text"]


def _times_s(texts: Iterable[str]) -> list[float]:
    """Return the time of day of each picture, by the labels that stand before them."""
    found = [TIMED.fullmatch(text) for text in texts]
    return [int(one[2]) * 3600.0 + int(one[3]) * 60 + int(one[4]) for one in found if one]


def _shown(one: Known, camera: str, moments: Sequence[Moment | None]) -> list[int]:
    """Return the numbers of the pictures in which it can be seen; labels carry whole seconds."""
    own = [(number, moment[1]) for number, moment in enumerate(moments, 1) if moment and moment[0] == camera]
    return [number for number, at_s in own if one.start_s - 1 < at_s <= one.end_s]


def _incident(one: Known | Mistake, offset: str) -> dict[str, Any]:
    return {
        "start": offset,
        "end": offset,
        "evidence": f"The labels say so: {one.title}.",
        "box_2d": [],
        "kind": one.kind,
        "title": one.title[:60],
        "confidence": 0.8,
        "severity": one.severity,
    }


def _event(one: Known | Mistake, shown: Sequence[int]) -> dict[str, Any]:
    return {
        "evidence": f"The labels say so: {one.title}.",
        "frames": list(shown)[:10],
        "box_2d": [],
        "location": "",
        "kind": one.kind,
        "title": one.title[:60],
        "confidence": 0.8,
        "severity": one.severity,
    }


def _chance(*of: Any) -> float:
    """Return a number from 0 to 1 that looks drawn by lot, and is always the same for the same."""
    digest = hashlib.sha256(repr(of).encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
