"""A model's JSON fitted to the answer schema: oddities are interpreted, clamped, set to unknown or dropped.

The verdict is what happened and how grave it is. It is never made milder, and no side information costs it. A reply
without a readable verdict is refused. The schema itself lives in answers.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

UNKNOWN_VIEW = "partly_hidden"
"""Of an answer that saw something and does not say how well: neither clear nor blind."""

UNKNOWN_SEVERITY = "warning"
UNKNOWN_CONFIDENCE = 0.5
GRAVITY = ("danger", "warning", "info", "safe")
NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(%?)\s*")
CLOCK = re.compile(r"\s*(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:\.\d+)?\s*")
SECONDS = re.compile(r"\s*(\d{1,6})(?:\.\d+)?\s*s?\s*")
WHOLE_WINDOW = ("00:00", "999:59")
LONGEST_MOMENT_S = 999 * 60 + 59
MOST_NAMED_FRAMES = 100
LONGEST_SAID = 40

Fields = Mapping[str, Any]


class NoVerdict(Exception):
    """The reply does not say what happened; the message names the field."""


class Mender:
    """Reads one answer's fields, and keeps in `odd` what was not as the schema says.

    Parameters
    ----------
    views, kinds, safety_kinds, areas, levels
        The words that the schema allows.
    odd
        Gets a short sentence for each oddity.
    """

    def __init__(
        self,
        odd: list[str],
        *,
        views: Collection[str],
        kinds: Collection[str],
        safety_kinds: Collection[str],
        areas: Collection[str],
        levels: Collection[str],
    ) -> None:
        self._odd = odd
        self._views, self._kinds, self._safety_kinds = views, kinds, safety_kinds
        self._areas, self._levels = areas, levels

    def look(self, raw: Fields, most: int) -> dict[str, Any]:
        """Return the fields of a look's answer, with at most so many events.

        Raises
        ------
        NoVerdict
            When it does not say what happened.
        """
        events = self._verdicts(raw, "events", most, self._event)
        return {
            "view": self._view(raw, seen=bool(events)),
            "scene": self._text(raw, "scene", "scene"),
            "events": events,
        }

    def study(self, raw: Fields, most: Mapping[str, int]) -> dict[str, Any]:
        """Return the fields of a study's answer, with at most so many of each list.

        Raises
        ------
        NoVerdict
            When it does not say what happened.
        """
        incidents = self._verdicts(raw, "incidents", most["incidents"], self._incident)
        return {
            "view": self._view(raw, seen=bool(incidents)),
            "activities": self._listed(raw, "activities", most["activities"], self._activity),
            "development": self._listed(raw, "development", most["development"], self._observed),
            "incidents": incidents,
            "summary": self._text(raw, "summary", "summary"),
        }

    def _view(self, raw: Fields, *, seen: bool) -> str:
        view = self._word(raw, "view", "view", self._views)
        if view is None and not seen:
            raise NoVerdict("view: it does not say whether anything could be seen")
        return view or UNKNOWN_VIEW

    def _verdicts(
        self, raw: Fields, name: str, most: int, read: Callable[[Fields, str], dict[str, Any] | None]
    ) -> list[dict[str, Any]]:
        given = raw.get(name)
        if isinstance(given, dict):
            self._note(name, "one object, no list")
            given = [given]
        if not isinstance(given, list):
            raise NoVerdict(f"{name}: {_said(given)} is no list")
        kept = [one for one in (self._verdict(each, f"{name}.{at}", read) for at, each in enumerate(given)) if one]
        if given and not kept:
            raise NoVerdict(f"{name}: none of the {len(given)} says what happened")
        if len(kept) > most:
            self._note(name, f"{len(kept)} listed, the {most} gravest kept")
            gravest = sorted(range(len(kept)), key=lambda at: GRAVITY.index(kept[at]["severity"]))[:most]
            kept = [kept[at] for at in sorted(gravest)]
        return kept

    def _verdict(
        self, given: Any, where: str, read: Callable[[Fields, str], dict[str, Any] | None]
    ) -> dict[str, Any] | None:
        if isinstance(given, str) and given.strip():
            self._note(where, "a text, no object")
            given = {"evidence": given, "title": given}
        if not isinstance(given, dict):
            self._note(where, f"{_said(given)} dropped")
            return None
        return read(given, where)

    def _event(self, raw: Fields, where: str) -> dict[str, Any] | None:
        common = self._common(raw, where, self._kinds)
        if common is None:
            return None
        frames = self._frames(raw, where)
        return {**common, "frames": frames, "location": self._text(raw, "location", f"{where}.location")}

    def _incident(self, raw: Fields, where: str) -> dict[str, Any] | None:
        common = self._common(raw, where, self._safety_kinds)
        if common is None:
            return None
        start, end = self._moment(raw, "start", where), self._moment(raw, "end", where)
        times = WHOLE_WINDOW if start is None else (start, end or start)
        return {**common, "start": times[0], "end": times[1]}

    def _common(self, raw: Fields, where: str, kinds: Collection[str]) -> dict[str, Any] | None:
        """Return what events and incidents share; None when nothing in it says what happened."""
        severity = self._word(raw, "severity", f"{where}.severity", GRAVITY)
        kind = self._word(raw, "kind", f"{where}.kind", kinds)
        title, evidence = (self._text(raw, name, f"{where}.{name}") for name in ("title", "evidence"))
        if severity is None and kind is None and not title.strip() and not evidence.strip():
            self._note(where, "empty, dropped")
            return None
        severity = severity or UNKNOWN_SEVERITY
        other = "other_activity" if severity in ("info", "safe") and "other_activity" in kinds else "other_risk"
        return {
            "evidence": evidence,
            "box_2d": self._box(raw, where),
            "kind": kind or other,
            "title": title,
            "confidence": self._confidence(raw, where),
            "severity": severity,
        }

    def _listed(
        self, raw: Fields, name: str, most: int, read: Callable[[Fields, str], dict[str, Any] | None]
    ) -> list[dict[str, Any]]:
        """Return a list that is side information: what cannot be read of it is dropped."""
        given = raw.get(name)
        if not isinstance(given, list):
            self._note(name, f"{_said(given)} is no list")
            return []
        kept = []
        for at, each in enumerate(given):
            one = read(each, f"{name}.{at}") if isinstance(each, dict) else None
            if one is None:
                self._note(f"{name}.{at}", "dropped")
            else:
                kept.append(one)
        if len(kept) > most:
            self._note(name, f"{len(kept)} listed, the first {most} kept")
        return kept[:most]

    def _activity(self, raw: Fields, where: str) -> dict[str, Any] | None:
        start, end = self._moment(raw, "start", where), self._moment(raw, "end", where)
        what = self._text(raw, "what", f"{where}.what")
        return {"start": start, "end": end or start, "what": what} if start is not None and what.strip() else None

    def _observed(self, raw: Fields, where: str) -> dict[str, Any] | None:
        at = self._moment(raw, "at", where)
        area = self._word(raw, "area", f"{where}.area", self._areas)
        level = self._word(raw, "level", f"{where}.level", self._levels)
        if at is None or area is None or level is None:
            return None
        title, evidence = (self._text(raw, name, f"{where}.{name}") for name in ("title", "evidence"))
        return {"at": at, "evidence": evidence, "area": area, "title": title, "level": level}

    def _note(self, where: str, what: str) -> None:
        self._odd.append(f"{where}: {what}")

    def _text(self, raw: Fields, name: str, where: str) -> str:
        given = raw.get(name)
        if isinstance(given, str):
            return without_unwritable(given)
        if isinstance(given, list) and all(isinstance(one, str) for one in given):
            self._note(where, "a list of texts, joined")
            return without_unwritable(" ".join(given))
        self._note(where, f"{_said(given)} is no text")
        return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else ""

    def _word(self, raw: Fields, name: str, where: str, allowed: Collection[str]) -> str | None:
        given = raw.get(name)
        if isinstance(given, str):
            word = re.sub(r"[\s-]+", "_", given.strip().casefold())
            if word in allowed:
                if word != given:
                    self._note(where, f"{_said(given)} read as '{word}'")
                return word
        self._note(where, f"{_said(given)} is unknown")
        return None

    def _confidence(self, raw: Fields, where: str) -> float:
        given = raw.get("confidence")
        number = _number(given)
        if number is None:
            self._note(f"{where}.confidence", f"{_said(given)} is unknown")
            return UNKNOWN_CONFIDENCE
        clamped = min(1.0, max(0.0, number))
        if isinstance(given, str) or clamped != number:
            self._note(f"{where}.confidence", f"{_said(given)} read as {clamped:g}")
        return clamped

    def _box(self, raw: Fields, where: str) -> list[int]:
        given = raw.get("box_2d")
        if given == []:
            return []
        marks = given[0] if isinstance(given, list) and len(given) == 1 and isinstance(given[0], list) else given
        numbers = [_number(mark) for mark in marks] if isinstance(marks, list) and len(marks) == 4 else []
        known = [number for number in numbers if number is not None and math.isfinite(number)]
        if len(known) != 4:
            self._note(f"{where}.box_2d", f"{_said(given)} is no box")
            return []
        if all(0 <= number <= 1 for number in known) and any(number % 1 for number in known):
            known = [1000 * number for number in known]
        box = [round(min(1000.0, max(0.0, number))) for number in known]
        if box != given:
            self._note(f"{where}.box_2d", f"{_said(given)} read as {box}")
        return box

    def _frames(self, raw: Fields, where: str) -> list[int]:
        given = raw.get("frames")
        listed: Sequence[Any] = given if isinstance(given, list) else [given]
        numbers = [_number(one) for one in listed]
        named = [int(number) for number in numbers if number is not None and abs(number) < 1e6][:MOST_NAMED_FRAMES]
        if named != given:
            self._note(f"{where}.frames", f"{_said(given)} read as {named}"[: 2 * LONGEST_SAID])
        return named

    def _moment(self, raw: Fields, name: str, where: str) -> str | None:
        """Return MM:SS from the beginning; None when it cannot be read."""
        given = raw.get(name)
        total_s = _moment_s(given)
        if total_s is None:
            self._note(f"{where}.{name}", f"{_said(given)} is no time")
            return None
        minutes, seconds = divmod(min(total_s, LONGEST_MOMENT_S), 60)
        moment = f"{minutes:02d}:{seconds:02d}"
        if moment != given and f"{minutes}:{seconds:02d}" != given:
            self._note(f"{where}.{name}", f"{_said(given)} read as {moment}")
        return moment


def without_unwritable(text: str) -> str:
    """Return text without NUL and lone surrogates, which no database and no request can carry."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _moment_s(given: Any) -> int | None:
    if isinstance(given, str):
        clock, seconds = CLOCK.fullmatch(given), SECONDS.fullmatch(given)
        if clock is not None:
            return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + int(clock[3])
        return int(seconds[1]) if seconds is not None else None
    number = _number(given)
    return int(number) if number is not None and 0 <= number < 1e9 else None


def _number(given: Any) -> float | None:
    """Return a number, also one in a text or in percent; None for anything else."""
    if isinstance(given, bool):
        return None
    if isinstance(given, int | float):
        return None if math.isnan(given) else float(given)
    match = NUMBER.fullmatch(given) if isinstance(given, str) and len(given) < LONGEST_SAID else None
    if match is None:
        return None
    return float(match[1]) / 100 if match[2] else float(match[1])


def _said(given: Any) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, dict):
        return "an object"
    if isinstance(given, list) and any(isinstance(one, list | dict) for one in given):
        return "a list of lists or objects"
    said = repr(given)
    return without_unwritable(said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID]}…")
