"""Pretend: answers for a stand-in server that seem to have looked: it knows the labels, and finds what it is asked for.

For notebooks and tests of the lab without a key. Nothing is looked at: figures made with it show how the lab works,
and say nothing of any model. The servers themselves do not belong here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CAMERA = re.compile(r"^Camera: (.+)$", re.MULTILINE)
TIMED = re.compile(r"(\d+) (\d{2}):(\d{2}):(\d{2})")
"""What stands before a picture: its number and its time of day."""

DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Known:
    """Something that happens before a camera.

    Attributes
    ----------
    start_s, end_s
        Seconds of the day.
    asked_by
        It is found when the instructions have one of these words in them; always when there are none.
    """

    start_s: float
    end_s: float
    kind: str
    severity: str
    title: str
    asked_by: tuple[str, ...] = ()


class Pretender:
    """Answers looks by what is known: ``server.answer(Pretender({"camera name": [Known(...)]}))``.

    The prompt's layout must be ``parts``: only then do the pictures' times stand in the request as text.

    Parameters
    ----------
    known
        What happens, by the camera's name as the prompt tells it.
    misses
        Share of what happens that it does not see, the same each time that the same is asked.
    flips
        Share of it that it sees at one time and not at the next.
    invents
        Share of looks in which it sees a fall that is none, when the instructions do not say to be sure.
    """

    def __init__(
        self, known: Mapping[str, Sequence[Known]], *, misses: float = 0.0, flips: float = 0.0, invents: float = 0.0
    ) -> None:
        self._known = known
        self._misses = misses
        self._flips = flips
        self._invents = invents
        self._asked = 0

    def __call__(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return an answer to a parsed `generateContent` request, in the form of a look's answer."""
        self._asked += 1
        instructions = " ".join(_texts(request.get("systemInstruction") or {})).casefold()
        texts = list(_texts({"parts": [part for one in request.get("contents", ()) for part in one["parts"]]}))
        camera = next((found[1] for text in texts if (found := CAMERA.search(text))), "")
        times_s = _times_s(texts)
        events = [
            _event(one, shown)
            for one in self._known.get(camera, ())
            if (shown := _shown(one, times_s)) and self._sees(one, camera, instructions)
        ]
        if times_s and "sure" not in instructions and _chance(camera, times_s) < self._invents:
            events.append(_event(Known(0, DAY_S, "fall", "danger", "Somebody may have fallen"), [len(times_s)]))
        return {"view": "clear", "scene": "Nobody looked: this is a pretended answer.", "events": events}

    def _sees(self, one: Known, camera: str, instructions: str) -> bool:
        asked = not one.asked_by or any(word in instructions for word in one.asked_by)
        steady = _chance(camera, one.start_s, one.kind) >= self._misses
        return asked and steady and _chance(self._asked, one.kind) >= self._flips


def _texts(content: Mapping[str, Any]) -> Iterable[str]:
    for part in content.get("parts", ()):
        if "text" in part:
            yield part["text"]


def _times_s(texts: Iterable[str]) -> list[float]:
    """Return the time of day of each picture, by the labels that stand before them."""
    found = [TIMED.fullmatch(text) for text in texts]
    return [int(one[2]) * 3600.0 + int(one[3]) * 60 + int(one[4]) for one in found if one]


def _shown(one: Known, times_s: Sequence[float]) -> list[int]:
    """Return the numbers of the pictures in which it can be seen; labels carry whole seconds."""
    return [number for number, at in enumerate(times_s, 1) if one.start_s - 1 < at <= one.end_s]


def _event(one: Known, shown: Sequence[int]) -> dict[str, Any]:
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
