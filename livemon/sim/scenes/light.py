"""The light of a time of day: what it does to colours, the sky in the window, sun and lamp.

Values only; the room is painted in daylight colours and then seen under one of these.
"""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """A level of light.

    Attributes
    ----------
    gain
        Remaining share of red, green and blue, 1 being daylight.
    sky
        Colours of the sky at the top and at the bottom of the window, RGB 0 to 255, as they are seen.
    sun
        Strength of the patch of sun on the floor, 0 to 1.
    sun_x_m
        Position of that patch: it wanders over the floor during the day.
    lamp
        Strength of the lamp's glow, 0 to 1.
    """

    name: str
    gain: Rgb
    sky: tuple[Rgb, Rgb]
    sun: float = 0.0
    sun_x_m: float = 0.0
    lamp: float = 0.0


MORNING = Light("morning", (1.0, 0.99, 0.97), ((158, 206, 238), (232, 242, 240)), sun=0.75, sun_x_m=0.45)
NOON = Light("noon", (1.01, 1.0, 0.99), ((136, 194, 236), (222, 240, 246)), sun=0.6, sun_x_m=0.0)
AFTERNOON = Light("afternoon", (1.0, 0.965, 0.90), ((170, 204, 226), (252, 232, 196)), sun=0.85, sun_x_m=-0.5)
EVENING = Light("evening", (0.80, 0.71, 0.63), ((58, 66, 112), (196, 126, 110)), lamp=1.0)
DARK = Light("dark", (0.070, 0.082, 0.115), ((16, 20, 38), (30, 32, 50)))
