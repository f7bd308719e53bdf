"""A clip as a value: actors, their actions, the light. Its look and its labels are computed elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from livemon.sim.scenes.actions import Actor, smooth
from livemon.sim.scenes.light import MORNING, Light

FPS = 15
"""Of a clip that does not say another rate."""


@dataclass(frozen=True, slots=True)
class Switch:
    """The light changes to another within `fade_s`, starting at `at_s`."""

    at_s: float
    to: Light
    fade_s: float
    description: str


@dataclass(frozen=True, slots=True)
class SceneClip:
    """A scripted clip, or a part of one.

    Attributes
    ----------
    name
        File name, with its suffix.
    scene
        One sentence on what is to be seen.
    start_s
        Start of the clip in the script; above 0 in a part.
    length_s
        Duration of a part; 0 stands for all of the script.
    tail_s
        Time that the clip goes on when the last action is over.
    fps
        Frames a second.
    cluster
        The day that it is part of; empty when it is a day of its own.
    """

    name: str
    scene: str
    actors: tuple[Actor, ...]
    light: Light = MORNING
    switches: tuple[Switch, ...] = ()
    tags: tuple[str, ...] = ()
    tail_s: float = 0.0
    start_s: float = 0.0
    length_s: float = 0.0
    fps: int = FPS
    cluster: str = ""

    @property
    def duration_s(self) -> float:
        """Length in seconds, a whole number of frames."""
        if self.length_s:
            return round(self.length_s * self.fps) / self.fps
        script_s = max((actor.duration_s for actor in self.actors), default=0.0)
        script_s = max([script_s, *(switch.at_s + switch.fade_s for switch in self.switches)])
        return float(math.ceil(script_s + self.tail_s - 1e-6))

    @property
    def frames(self) -> int:
        """Number of frames."""
        return round(self.duration_s * self.fps)

    def part(self, start_s: float, duration_s: float) -> SceneClip:
        """Return `duration_s` of the clip from `start_s`."""
        return replace(self, start_s=self.start_s + start_s, length_s=duration_s)

    def light_at(self, time_s: float) -> tuple[Light, Light, float]:
        """Return (light before, light after, share of the latter 0 to 1) at a time from the clip's start."""
        before = self.light
        for switch in self.switches:
            gone_s = self.start_s + time_s - switch.at_s
            if gone_s >= switch.fade_s:
                before = switch.to
            elif gone_s >= 0:
                return before, switch.to, smooth(gone_s / switch.fade_s)
        return before, before, 0.0
