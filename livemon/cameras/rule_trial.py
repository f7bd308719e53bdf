"""A trial of a zone rule on the past: how often it would have fired. Reads kept detections, writes nothing.

The rule runs as it would live (detect/zone_rules.py). Showing the result belongs to the callers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from livemon.base.settings.hours import is_within
from livemon.base.settings.models import ZoneRuleSettings, ZoneSettings
from livemon.detect.zone_rules import MOST_GAP, Firing, ZoneRules
from livemon.store.detections import detections_between
from livemon.store.session import Database

TRIED_DAYS = 3.0
"""A rule is tried on this many days by default."""

READ_AT_ONCE = timedelta(hours=1)
"""A week of detections does not fit into memory at once."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Effects that a rule would have had in [since_utc, until_utc).

    Attributes
    ----------
    firings
        When it would have fired, in time order.
    watched_s
        So many seconds of the rule's hours were watched for people; what was not watched makes no rule fire.
    """

    since_utc: datetime
    until_utc: datetime
    firings: tuple[Firing, ...]
    watched_s: float


def try_rule(
    database: Database,
    camera_id: str,
    zones: Sequence[ZoneSettings],
    rule: ZoneRuleSettings,
    since: datetime,
    until: datetime,
    *,
    local: tzinfo | None,
    aspect: float,
) -> Trial:
    """Run a rule over the people found in a camera's pictures of [since, until); blocks, for seconds a day of motion.

    Parameters
    ----------
    local
        Time zone of the rule's hours; the machine's when None.
    aspect
        Width of the camera's picture by its height.
    """
    engine = ZoneRules(zones, [rule], local, aspect)
    firings: list[Firing] = []
    watched, last = timedelta(), since - 2 * MOST_GAP
    start = since
    while start < until:
        end = min(until, start + READ_AT_ONCE)
        for one in detections_between(database, camera_id, start, end):
            firings += engine.take(one)
            if is_within(rule.hours, one.utc.astimezone(local).time()) and one.utc - last <= MOST_GAP:
                watched += one.utc - last
            last = one.utc
        start = end
    return Trial(since, until, tuple(firings), watched.total_seconds())
