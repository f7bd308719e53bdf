"""The fixed camera and the little vector algebra that the figures need.

World axes, in metres: x to the right of the picture, y up, z from the back wall towards the camera. The floor is y = 0
and the back wall z = 0. Plain floats in tuples: figures have a few dozen points, and labels must be computable without
numpy. The contents of the room, and their painting, live in the other modules.
"""

from __future__ import annotations

import math

WIDTH_PX, HEIGHT_PX = 640, 480
FOCAL_PX = 560.0
CAMERA_HEIGHT_M = 2.1
CAMERA_Z_M = 5.0
HORIZON_Y_PX = -20.0
"""Above the picture: the camera looks slightly down, and shifts rather than tilts, so walls stay upright."""

Vec = tuple[float, float, float]
"""A point or direction (x, y, z) in metres."""
Frame3 = tuple[Vec, Vec, Vec]
"""Unit vectors (left, up, forward) of a body part, as the figure itself feels them."""


def project(point: Vec) -> tuple[float, float, float]:
    """Return (x_px, y_px, px_per_m) of a world point; px_per_m also scales radii there."""
    x_m, y_m, z_m = point
    px_per_m = FOCAL_PX / (CAMERA_Z_M - z_m)
    return WIDTH_PX / 2 + x_m * px_per_m, HORIZON_Y_PX + (CAMERA_HEIGHT_M - y_m) * px_per_m, px_per_m


def camera_distance_m(point: Vec) -> float:
    """Distance from the camera, by which things are painted back to front."""
    return length(sub(point, (0.0, CAMERA_HEIGHT_M, CAMERA_Z_M)))


def add(a: Vec, b: Vec, times: float = 1.0) -> Vec:
    """Return a + b * times."""
    return a[0] + b[0] * times, a[1] + b[1] * times, a[2] + b[2] * times


def sub(a: Vec, b: Vec) -> Vec:
    """Return a - b."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def lerp(a: Vec, b: Vec, u: float) -> Vec:
    """Return a at u = 0, b at u = 1."""
    return a[0] + (b[0] - a[0]) * u, a[1] + (b[1] - a[1]) * u, a[2] + (b[2] - a[2]) * u


def dot(a: Vec, b: Vec) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vec, b: Vec) -> Vec:
    """Return the vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def length(a: Vec) -> float:
    """Return the Euclidean norm."""
    return math.sqrt(dot(a, a))


def unit(a: Vec) -> Vec:
    """Return `a` with length 1 (a null vector stays null)."""
    norm = length(a)
    return (a[0] / norm, a[1] / norm, a[2] / norm) if norm > 1e-9 else a


def blend(a: Vec, b: Vec, angle_deg: float) -> Vec:
    """Turn `a` towards the perpendicular `b` by an angle: a cos + b sin."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return a[0] * cos + b[0] * sin, a[1] * cos + b[1] * sin, a[2] * cos + b[2] * sin


def neg(a: Vec) -> Vec:
    """Return -a."""
    return -a[0], -a[1], -a[2]


def local(frame: Frame3, v: Vec) -> Vec:
    """Return the world direction of `v`, given as (left, up, forward) in `frame`."""
    left, up, forward = frame
    return add(add(add((0.0, 0.0, 0.0), left, v[0]), up, v[1]), forward, v[2])


def upright(facing_deg: float) -> Frame3:
    """Return the frame of a standing figure: 0 faces the camera, 90 the right of the picture."""
    sin, cos = math.sin(math.radians(facing_deg)), math.cos(math.radians(facing_deg))
    return (cos, 0.0, -sin), (0.0, 1.0, 0.0), (sin, 0.0, cos)


def turn(frame: Frame3, *, pitch_deg: float = 0.0, roll_deg: float = 0.0, yaw_deg: float = 0.0) -> Frame3:
    """Turn a frame: yaw to its left, then pitch forward, then roll to its left."""
    left, up, forward = frame
    left, forward = blend(left, neg(forward), yaw_deg), blend(forward, left, yaw_deg)
    up, forward = blend(up, forward, pitch_deg), blend(forward, neg(up), pitch_deg)
    up, left = blend(up, left, roll_deg), blend(left, neg(up), roll_deg)
    return left, up, forward
