"""RuleWatch: one camera's zone rules over its live detections; and the names of firings.

Firing conditions live in detect/zone_rules.py, trials on the past in rule_trial.py, rows in event_recorder.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.detections import Detections
from livemon.base.messages.catalog import text
from livemon.base.messages.message import Message, message
from livemon.base.settings.cameras import CameraSettings
from livemon.base.settings.models import RuleCondition, ZoneRuleSettings
from livemon.detect.zone_rules import Firing, ZoneRules

SENTENCES = {
    RuleCondition.INSIDE: "zone_rule.inside",
    RuleCondition.OUTSIDE: "zone_rule.outside",
    RuleCondition.LEFT: "zone_rule.left",
    RuleCondition.CROSSED: "zone_rule.crossed",
    RuleCondition.ABSENT: "zone_rule.absent",
    RuleCondition.MORE_THAN: "zone_rule.more_than",
    RuleCondition.PET: "zone_rule.pet",
}


class RuleWatch:
    """Watches one camera by its zone rules; remembers from one segment to the next.

    Parameters
    ----------
    own
        The camera's settings: its zones and rules; those that are not enabled are left out.
    local
        Time zone of the rules' hours; the machine's when None.
    """

    def __init__(self, own: CameraSettings, local: tzinfo | None) -> None:
        self.zones = own.zones
        self._rules = tuple(rule for rule in own.zone_rules if rule.enabled)
        self._local = local
        self.reset()

    def reset(self) -> None:
        """Begin anew, as with a camera that was away."""
        self._engine: ZoneRules | None = None
        self._aspect = 0.0

    def take(self, found: Sequence[Detections], aspect: float) -> list[Observation]:
        """Take in the people found in pictures of an aspect (width by height); return the firings to report."""
        if not self._rules:
            return []
        if self._engine is None or aspect != self._aspect:
            self._engine, self._aspect = ZoneRules(self.zones, self._rules, self._local, aspect), aspect
        return [observation(firing) for one in found for firing in self._engine.take(one)]


def observation(firing: Firing) -> Observation:
    """Put a firing into messages, and into their English."""
    rule = firing.rule
    title, description = message("zone_rule.title", name=rule.name), message("watch.described", parts=_parts(firing))
    return Observation(
        kind=f"zone_{rule.when}",
        event_type=EventType.ACTIVITY if rule.severity is Severity.INFO else EventType.SAFETY,
        severity=rule.severity,
        title=text(title),
        description=text(description),
        confidence=firing.confidence,
        start_utc=firing.start_utc,
        end_utc=firing.end_utc,
        evidence_utcs=tuple(dict.fromkeys((firing.end_utc, firing.start_utc))),
        location=rule.zone or rule.name,
        box=firing.box,
        said=(title, description),
    )


def _parts(firing: Firing) -> tuple[Message, ...]:
    """Return the sentences: the condition and its duration, and the number of people there."""
    rule = firing.rule
    values = {"zone": _place(rule), "seconds": _seconds(firing), "people": rule.people}
    told = (message(SENTENCES[rule.when], **values),)
    return told if rule.when is RuleCondition.ABSENT else (*told, message("zone_rule.people", people=firing.people))


def _place(rule: ZoneRuleSettings) -> Message | str:
    return rule.zone or message("zone_rule.whole_picture")


def _seconds(firing: Firing) -> str:
    return f"{(firing.end_utc - firing.start_utc).total_seconds():.0f}"
