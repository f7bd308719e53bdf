"""Falls: a body that sinks quickly and then lies. Pure: one track in, a fall out.

A person who lies down quickly on purpose looks the same. Notifications of a fall live in rules.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from livemon.detect.posture import Posture, posture
from livemon.detect.tracks import Sighted, Track

SINK_TORSOS = 0.5
"""Hips that sink by half a torso: sitting down on a chair is about as much, but is not followed by lying."""

NOTICED_TORSOS = 0.35
"""A sinking that may become one: from now on every picture counts."""

SINK_WITHIN = timedelta(seconds=1.2)
"""A fall takes 0.5 to 1.5 s, and its fast part less; who lies down with care takes longer."""

SETTLE = timedelta(seconds=0.4)
"""Between the sinking and the lying: a body tumbles."""

LIE = timedelta(seconds=1.5)
"""A person who bends, squats or picks something up is up again by then."""

LIE_SHARE = 0.6
"""Of the pictures in that time that must show it: a body on the floor is not always told from a sitting one."""

COLLAPSED_SHARE = 0.5
"""Less than half as high as before: who lies with the feet to the camera is not flat, and who sits is higher."""

STAY_HEIGHTS = 0.4
"""A lying person stays in place, within this share of the height before; one who walks out of the picture does not."""

MEASURED_WITHIN = timedelta(seconds=3)

JITTER = timedelta(milliseconds=50)
"""Pictures are not exactly as far apart as they should be."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A sinking and the lying after it.

    Attributes
    ----------
    high, low
        The last moment up, and the first one down.
    lying
        The moments that show the lying.
    share
        Of the moments after the sinking that do, 0 to 1.
    """

    high: Sighted
    low: Sighted
    lying: tuple[Sighted, ...]
    share: float
    was_upright: bool


def find_fall(track: Track, since_utc: datetime, now_utc: datetime, aspect: float) -> Fall | None:
    """Return the first fall after `since_utc` whose lying was long enough by `now_utc`; None for none."""
    held = [(seen, posture(seen.person, aspect)) for seen in track.recent if seen.utc >= since_utc]
    for place, (low, body) in enumerate(held):
        start, end = low.utc + SETTLE - JITTER, low.utc + SETTLE + LIE + JITTER
        if end - 2 * JITTER > now_utc:
            return None
        high = _highest(held[:place], low.utc, body)
        if high is None:
            continue
        # Seen from the feet or bent a torso looks short: the longest of the last moments is the measure.
        longest = max(one.torso for seen, one in held[:place] if low.utc - seen.utc <= MEASURED_WITHIN)
        if high[1].sinks_to(body) * high[1].torso < SINK_TORSOS * longest:
            continue
        after = [one for one in held[place:] if start <= one[0].utc <= end]
        lying = [seen for seen, later in after if _is_down(high[1], later)]
        if len(lying) >= 2 and len(lying) >= LIE_SHARE * len(after) and _stays(lying, high[1].height, aspect):
            return Fall(high[0], low, tuple(lying), len(lying) / len(after), not high[1].flat)
    return None


def may_fall(track: Track, aspect: float) -> bool:
    """Return whether the body sank as far as in a fall just before it was last seen: its end is not known yet."""
    held = [(seen, posture(seen.person, aspect)) for seen in track.recent]
    end_utc = track.last.utc - SETTLE - LIE
    return any(
        low.utc >= end_utc and _highest(held[:place], low.utc, body) is not None
        for place, (low, body) in enumerate(held)
    )


def sinks_now(track: Track, aspect: float) -> bool:
    """Say whether the body is sinking as in a fall: lower than it was within the time that a fall takes."""
    held = [
        (seen, posture(seen.person, aspect)) for seen in track.between(track.last.utc - SINK_WITHIN, track.last.utc)
    ]
    return any(before.sinks_to(held[-1][1]) >= NOTICED_TORSOS for _, before in held[:-1])


def lies(seen: Sequence[Sighted], aspect: float) -> bool:
    """Say whether most of these moments show a flat body."""
    return sum(posture(one.person, aspect).flat for one in seen) >= LIE_SHARE * len(seen)


def _highest(held: Sequence[tuple[Sighted, Posture]], utc: datetime, low: Posture) -> tuple[Sighted, Posture] | None:
    """Return the moment shortly before `utc` from which the body sank most, if it sank far enough."""
    near = [one for one in held if utc - SINK_WITHIN <= one[0].utc < utc]
    most = max((body.sinks_to(low) for _, body in near), default=0.0)
    # The last of those that were about as high: the sinking begins after it.
    high = [one for one in near if one[1].sinks_to(low) >= 0.9 * most]
    return high[-1] if most >= SINK_TORSOS else None


def _is_down(before: Posture, after: Posture) -> bool:
    """Say whether a body lies: flat, or seen from the feet; and no higher than it had sunk."""
    collapsed = after.height < COLLAPSED_SHARE * before.height
    return (after.flat or collapsed) and before.sinks_to(after) >= SINK_TORSOS / 2


def _stays(lying: Sequence[Sighted], height: float, aspect: float) -> bool:
    centres = [aspect * (one.person.left + one.person.right) / 2 for one in lying]
    return max(centres) - min(centres) <= STAY_HEIGHTS * height
