"""Agreement of two labellers of the same footage: no model can be scored finer than its labels are sure.

Pure.

Verdicts on the same events by Cohen's kappa, events that both marked by themselves by F1. Labels are stored elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from livemon.base.datatypes import Severity
from livemon.base.event_families import UNSCORED
from livemon.lab.scoring.assignment import candidates, choose
from livemon.lab.scoring.match_rule import MatchRule


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two labellers.

    Attributes
    ----------
    judged, same
        Events that both gave a verdict on, and those of the same verdict.
    kappa
        Cohen's: 1 is all the same, 0 no more than chance gives, below 0 less. NaN when both judged nothing, or gave
        all of it one and the same verdict, of which chance alone gives as much.
    events_first, events_second, paired
        Events in scope that each marked, and those that both did.
    f1
        2 paired / (events of the first + events of the second); NaN when neither marked any.
    """

    first: str
    second: str
    judged: int
    same: int
    kappa: float
    events_first: int
    events_second: int
    paired: int
    f1: float

    @property
    def sentence(self) -> str:
        """It in plain words."""
        names = f"{self.first} and {self.second}"
        parts = []
        if self.judged:
            kappa = "" if math.isnan(self.kappa) else f" (kappa {self.kappa:.2f}; 1 is perfect, 0 is chance)"
            events = "event" if self.judged == 1 else "events"
            parts.append(f"{names} gave the same verdict on {self.same:,} of {self.judged:,} {events}{kappa}")
        marked = self.events_first + self.events_second
        if marked:
            each = f"{self.events_first:,} and {self.events_second:,} {'event' if marked == 1 else 'events'}"
            who = "they" if parts else names
            same = f"{self.paired:,} {'is' if self.paired == 1 else 'are'} the same"
            parts.append(f"{who} marked {each}, of which {same} (F1 {self.f1:.2f})")
        doubt = " No model can be scored by such labels: settle first what counts as what." if self.is_chance else ""
        return f"{'; '.join(parts) or f'{names} judged nothing in common'}.{doubt}"

    @property
    def is_chance(self) -> bool:
        """Whether their verdicts agree no more than by chance, or they marked nothing that is the same."""
        both_marked = self.events_first and self.events_second
        return (self.judged > 0 and self.kappa <= 0) or (both_marked > 0 and not self.paired)


def agreement(verdicts: pd.DataFrame, events: pd.DataFrame, first: str, second: str, rule: MatchRule) -> Agreement:
    """Return how two labellers agree.

    Parameters
    ----------
    verdicts
        `labeller` (str), `event` (of any type that identifies it), `verdict` (str). Of several verdicts of a person on
        an event the last row counts; events that only one of them judged are left out.
    events
        `labeller`, `item`, `kind`, `severity` (str), `start_s`, `end_s` (float64, epoch seconds): what they marked by
        themselves. Both must have looked at the same items.
    rule
        When two marked events are the same; what is milder than `rule.least` does not count.
    """
    given = [_verdicts(verdicts, name) for name in (first, second)]
    both = pd.concat(given, axis=1, join="inner", keys=["first", "second"])
    scope = [severity.value for severity in Severity if severity.rank >= rule.least.rank]
    counted = events[events["severity"].isin(scope) & ~events["kind"].isin(UNSCORED)]
    one, other = (counted[counted["labeller"] == who] for who in (first, second))
    paired = int(choose(*candidates(one, other, rule)).sum())
    return Agreement(
        first=first,
        second=second,
        judged=len(both),
        same=int((both["first"] == both["second"]).sum()),
        kappa=kappa(both["first"], both["second"]),
        events_first=len(one),
        events_second=len(other),
        paired=paired,
        f1=2 * paired / (len(one) + len(other)) if len(one) + len(other) else math.nan,
    )


def kappa(first: pd.Series, second: pd.Series) -> float:
    """Return Cohen's kappa of two verdicts (str) on each of the same things, in the same order.

    (observed - expected) / (1 - expected), where expected is what both agree on by chance, each with their own shares
    of verdicts. Source: J. Cohen, A Coefficient of Agreement for Nominal Scales, 1960. NaN when it is not defined.
    """
    if not len(first):
        return math.nan
    code, names = pd.factorize(pd.concat([first, second], ignore_index=True))
    one, other = code[: len(first)], code[len(first) :]
    shares = [np.bincount(part, minlength=len(names)) / len(part) for part in (one, other)]
    expected = float(shares[0] @ shares[1])
    return float(((one == other).mean() - expected) / (1 - expected)) if expected < 1 else math.nan


def _verdicts(verdicts: pd.DataFrame, labeller: str) -> pd.Series:
    own = verdicts[verdicts["labeller"] == labeller].drop_duplicates("event", keep="last")
    return own.set_index("event")["verdict"]
