"""Sampling: which recorded windows a person should label, so that recall is of all that happened.

Labels of what was reported say nothing about what was missed. So windows are sorted by what livemon noticed in them
(strata), and of each kind some are drawn by lot, quiet ones too. Pure but for one read of the database.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from livemon.base.clock import Window
from livemon.store.analyses import recorded_windows
from livemon.store.labels import moments_of_note
from livemon.store.session import Database

ALERTED, MOVING, QUIET = "alerted", "moving", "quiet"
STRATA = (ALERTED, MOVING, QUIET)


@dataclass(frozen=True, slots=True)
class Stratum:
    """A recorded window, and what livemon noticed in it: an alert, something, or nothing."""

    camera_id: str
    window: Window
    name: str


def strata_of(database: Database, camera_id: str, since: datetime, until: datetime) -> list[Stratum]:
    """Return the archived windows of [since, until), oldest first, each with its stratum; blocks briefly."""
    windows = sorted(one.window for one in recorded_windows(database, camera_id, since, until))
    if not windows:
        return []
    alerts, others = moments_of_note(database, camera_id, windows[0].start_utc, windows[-1].end_utc)
    alerted = {Window.containing(at) for at in alerts}
    moving = {Window.containing(at) for at in others}

    def stratum(window: Window) -> str:
        return ALERTED if window in alerted else MOVING if window in moving else QUIET

    return [Stratum(camera_id, window, stratum(window)) for window in windows]


def draw(windows: Sequence[Stratum], count: int, seed: int = 0) -> list[Stratum]:
    """Draw windows to label: a third of each stratum, more of the others where one has too few; in time order.

    The same seed draws the same ones, and a larger `count` draws these and more.

    Parameters
    ----------
    count
        Number of windows; all if there are fewer.
    """
    chance = random.Random(seed)  # noqa: S311 - a lot that anybody may draw again
    lots: dict[str, list[Stratum]] = defaultdict(list)
    for one in sorted(windows, key=lambda each: (each.camera_id, each.window)):
        lots[one.name].append(one)
    for name in STRATA:
        chance.shuffle(lots[name])
    drawn: list[Stratum] = []
    while len(drawn) < count and any(lots.values()):
        for name in STRATA:
            if lots[name] and len(drawn) < count:
                drawn.append(lots[name].pop())
    return sorted(drawn, key=lambda each: (each.camera_id, each.window))
