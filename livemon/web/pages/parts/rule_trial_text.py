"""Result of trying a zone rule, as a sentence on the Cameras page.

The trial itself lives in cameras/rule_trial.py. Running it does not belong here.
"""

from __future__ import annotations

from datetime import tzinfo

from livemon.cameras.rule_trial import Trial
from livemon.web.i18n.language import short_day, tr

MOST_TIMES = 5
"""So many of the firings are named, the newest."""


def trial_text(trial: Trial, zone: tzinfo | None) -> str:
    """Return how often a rule would have fired, when last, and how much of the time was watched."""
    days = (trial.until_utc - trial.since_utc).total_seconds() / 86_400
    words = [tr("cameras.rule_would_have_fired", n=len(trial.firings), days=f"{days:g}")]
    if trial.firings:
        locals_ = [firing.end_utc.astimezone(zone) for firing in trial.firings[-MOST_TIMES:]]
        words.append(
            tr("cameras.rule_fired_last", times=", ".join(f"{short_day(at.date())} {at:%H:%M}" for at in locals_))
        )
    words.append(tr("cameras.rule_was_watched", hours=f"{trial.watched_s / 3600:.1f}"))
    return " ".join(words)
