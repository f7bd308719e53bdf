"""From measurements to findings: which are believed, how sure, and the measured facts in words. Pure."""

from __future__ import annotations

import numpy as np

from livemon.vlm.local import light
from livemon.vlm.local.falls import Drop
from livemon.vlm.local.moving import Moving, is_unsteady
from livemon.vlm.local.picture import ThumbnailSeries
from livemon.vlm.local.presence import Crossing
from livemon.vlm.local.wording import LocalFinding

PASSING_S = 6.0
"""In and out again within this, and no person recognised: a car, a bird, somebody walking by."""


def crossing_findings(
    clip: ThumbnailSeries, events: list[Crossing], trusted: bool, seen_empty: bool, recognised: bool
) -> list[LocalFinding]:
    """Say who came and who left; something that only passed is movement."""
    believed = [event for event in events if _is_believed(event, seen_empty)]
    if not recognised and _only_passed(clip, believed):
        first, last = believed[0].start, believed[-1].end
        evidence = (clip.utcs[(first + last) // 2], clip.utcs[first], clip.utcs[last])
        detail = "Something large passed through the picture without stopping."
        return [LocalFinding("movement", clip.utcs[first], clip.utcs[last], evidence, 0.7, detail)]
    findings = []
    for event in believed:
        confidence = 0.5 + 0.1 * trusted + 0.1 * event.at_edge + 0.2 * recognised
        kind = "person_came" if event.came else "person_left"
        best = event.end if event.came else event.start
        pictures = tuple(dict.fromkeys(clip.utcs[i] for i in (best, (event.start + event.end) // 2)))
        detail = _crossing_words(event, trusted)
        findings.append(LocalFinding(kind, clip.utcs[event.start], clip.utcs[event.end], pictures, confidence, detail))
    return findings


def _is_believed(event: Crossing, seen_empty: bool) -> bool:
    # Until the room was seen empty it is a guess: only what goes over the picture's edge counts.
    return event.upright and (event.at_edge or seen_empty)


def _only_passed(clip: ThumbnailSeries, events: list[Crossing]) -> bool:
    """Say whether all there is are pairs of coming and soon leaving."""
    if len(events) < 2 or len(events) % 2 or not events[0].came:
        return False
    pairs = zip(events[::2], events[1::2], strict=True)
    return all(a.came and not b.came and clip.times_s[b.end] - clip.times_s[a.start] <= PASSING_S for a, b in pairs)


def _crossing_words(event: Crossing, trusted: bool) -> str:
    way = "over the edge of the picture" if event.at_edge else "inside the picture, as through a door"
    unsure = "" if trusted else " The model sees this room for the first time and is less sure."
    return f"It {'appeared' if event.came else 'disappeared'} {way}.{unsure}"


def present_finding(clip: ThumbnailSeries, asked: list[int], first: bool) -> LocalFinding:
    """Say that somebody is there, because the camera saw it `first` or because it stays."""
    detail = (
        "An upright figure was recognised among what moves; it was there when this look began."
        if first
        else "It has been in view since it came."
    )
    middle = asked[len(asked) // 2]
    evidence = tuple(dict.fromkeys((clip.utcs[middle], clip.utcs[asked[0]])))
    return LocalFinding("person_present", clip.utcs[asked[0]], clip.utcs[asked[-1]], evidence, 0.6, detail)


def fall_finding(clip: ThumbnailSeries, drop: Drop, known: int) -> LocalFinding:
    """Say that something went down. The first `known` frames of `clip` belong to the look before."""
    # Times are of this look's frames, also when the drop was in the last one.
    start, low, last = (max(i, known) for i in (drop.upright, drop.low, drop.last))
    evidence = tuple(dict.fromkeys(clip.utcs[i] for i in (last, low, start)))
    detail = f"Something upright was low {drop.drop_s:.1f} s later and stayed low for at least 2 s."
    confidence = 0.6 if drop.drop_s <= 1.0 else 0.5
    return LocalFinding("possible_fall", clip.utcs[start], clip.utcs[last], evidence, confidence, detail)


def lights_finding(clip: ThumbnailSeries, change: light.Lights) -> LocalFinding:
    """Say how much brighter or darker it became."""
    how = "brighter" if change.ratio > 1 else "darker"
    percent = round(100 * abs(change.ratio - 1))
    start, end = change.start, min(change.end, len(clip) - 1)
    detail = f"The whole picture became {percent} % {how}."
    confidence = 0.8 if abs(np.log(change.ratio)) > np.log(light.SUDDEN_GAIN) else 0.6
    return LocalFinding(
        "lights_changed", clip.utcs[start], clip.utcs[end], (clip.utcs[end], clip.utcs[start]), confidence, detail
    )


def why_not_followed(found: list[Moving]) -> str:
    """Explain why this look says no more than movement."""
    if is_unsteady(found):
        return "The whole picture moves: the camera itself, or something right before it."
    return "Several things move at once."


def movement(clip: ThumbnailSeries, found: list[Moving], detail: str) -> list[LocalFinding]:
    """One finding from the first to the last sustained movement; none for a single frame's flicker."""
    active = [m.box is not None for m in found]
    sustained = [i for i in range(len(active)) if active[i] and sum(active[max(0, i - 2) : i + 3]) >= 3]
    if not sustained:
        return []
    first, last = sustained[0], sustained[-1]
    most = max(sustained, key=lambda i: found[i].share)
    detail = detail or f"Up to {found[most].share:.0%} of the picture changed from one frame to the next."
    evidence = tuple(dict.fromkeys((clip.utcs[most], clip.utcs[first])))
    return [LocalFinding("movement", clip.utcs[first], clip.utcs[last], evidence, 0.8, detail)]
