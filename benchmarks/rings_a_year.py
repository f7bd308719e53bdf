"""Notifications a year by the default rules: the policy alone, on synthetic homes, with outages.

    python benchmarks/rings_a_year.py

Events come in clusters, as children do, mostly between 07:00 and 22:00. Twelve times a year livemon cannot decide for
six hours (it is stopped while another host goes on); then it comes to all of them at once.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from common import record

from livemon.base.datatypes import Severity
from livemon.notify.policy import HOUR, Decision, Happening, Limits, NotifyAction, Recipient, Ring, Rule, Why, decide
from livemon.notify.quiet_hours import QuietHours

CAMERA = "camera-1"
DAYS = 365
START = datetime(2026, 1, 1, tzinfo=UTC)
OUTAGES, OUTAGE = 12, timedelta(hours=6)
KINDS = ("climbing", "knife", "door", "crying", "stove")
NIGHT = (QuietHours(time_of_day(22), time_of_day(7)),)
RULES = (Rule(1, frozenset({Severity.DANGER})), Rule(2, frozenset({Severity.WARNING})))
PERSON = Recipient(1, ZoneInfo("Europe/Berlin"), RULES, NIGHT)


@dataclass(frozen=True)
class Home:
    """Events a day in the mean, by severity, and how many come together."""

    name: str
    dangers: float
    warnings: float
    infos: float
    cluster: int


HOMES = (Home("quiet", 0.05, 2, 30, 2), Home("usual", 0.3, 12, 120, 4), Home("wild", 4, 150, 600, 20))


def year_of(home: Home, chance: random.Random) -> list[tuple[datetime, Happening]]:
    """Return a year of events, each with when it is decided about, in that order."""
    outages = [START + timedelta(days=chance.uniform(0, DAYS)) for _ in range(OUTAGES)]
    found = []
    for severity, a_day in (("danger", home.dangers), ("warning", home.warnings), ("info", home.infos)):
        for _ in range(round(a_day * DAYS / home.cluster)):
            begin = START + timedelta(days=chance.randrange(DAYS), hours=chance.triangular(0, 24, 17))
            kind = "fall" if severity == "danger" and chance.random() < 0.5 else chance.choice(KINDS)
            for _ in range(home.cluster):
                at = begin + timedelta(minutes=chance.expovariate(1 / 10))
                found.append(Happening(len(found), CAMERA, kind, "safety", Severity(severity), at))
    decided = []
    for event in found:
        ends = [begun + OUTAGE for begun in outages if begun <= event.created_utc < begun + OUTAGE]
        decided.append((max(ends, default=event.created_utc), event))
    return sorted(decided, key=lambda pair: (pair[0], pair[1].created_utc))


def rings_a_day(home: Home) -> dict[str, float]:
    """Return what the default rules make of a year, a day; and the most that an hour rang."""
    limits, rings = Limits(), []
    counts: Counter[str] = Counter()
    moments: list[datetime] = []
    digests: dict[Severity, datetime] = {}
    for now, event in year_of(home, random.Random(7)):
        rings = [ring for ring in rings if ring.at_utc > now - HOUR]
        decision = decide(event, PERSON, rings, now, limits)
        counts[event.severity.value] += 1
        if decision is None:
            continue
        if decision.action is NotifyAction.RING:
            rings.append(Ring(event.topic, event.weight, decision.due_utc))
            counts[f"{event.weight.value}_rings"] += 1
            moments.append(decision.due_utc)
        elif decision.action is NotifyAction.DIGEST:
            counts["in_digests"] += 1
            if is_new_digest(digests, event.weight, decision, now):
                counts["digests"] += 1
                moments.append(digests[event.weight])
        else:
            counts["updates" if decision.why in (Why.SAME, Why.COOLDOWN) else "held"] += 1
    assert not counts["held"], "what no digest and no update tells is lost"
    moments.sort()
    most = max(sum(one - HOUR < other <= one for other in moments[: at + 1][-99:]) for at, one in enumerate(moments))
    names = ("danger", "warning", "danger_rings", "warning_rings", "digests", "in_digests", "updates")
    return {name: round(counts[name] / DAYS, 2) for name in names} | {"most_in_an_hour": most}


def is_new_digest(digests: dict[Severity, datetime], weight: Severity, decision: Decision, now: datetime) -> bool:
    """Whether an event orders a digest, and not one that waits already takes it; keeps when it comes."""
    waits = digests.get(weight, START)
    waiting = waits >= now
    digests[weight] = min(waits, decision.due_utc) if waiting else decision.due_utc
    return not waiting


def main() -> None:
    values = {home.name: rings_a_day(home) for home in HOMES}
    record("rings_a_year", values)
    for name, row in values.items():
        print(name, row)


if __name__ == "__main__":
    main()
