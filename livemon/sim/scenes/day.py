"""The script: a day in the playroom in eight clips, in the order of their names.

Only the list of clips. Every clip begins and ends with either an empty room or the child sitting on the rug, toys in
their places. So any clip can follow any other and the last leads back to the first. Times follow from the actions;
nothing is typed by hand for the labels except the words.
"""

from __future__ import annotations

from livemon.sim.scenes import evening, morning
from livemon.sim.scenes.clip import SceneClip


def clips() -> tuple[SceneClip, ...]:
    """Return the clips of the day, in order."""
    return (
        morning.play(),
        morning.walk_and_climb(),
        morning.fall(),
        morning.grown_up(),
        evening.cat_alone(),
        evening.nap(),
        evening.lights_off(),
        evening.ball_and_cat(),
    )
