"""Painting on a picture held at twice its size, so that halving it smooths every edge.

Coordinates are those of the final picture, in pixels and their fractions; colours are RGB in daylight. The painted
objects live in picture.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.sim.scenes.geometry import HEIGHT_PX, WIDTH_PX, Vec, project

OVERSAMPLE = 2
_SHIFT = 4
_FIXED = OVERSAMPLE * (1 << _SHIFT)
_ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
RING = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
"""(24, 2) float64: the unit circle."""

Canvas = NDArray[np.uint8]
"""(960, 1280, 3) uint8 BGR."""
Points = Sequence[tuple[float, float]]
Circles = Sequence[tuple[float, float, float]]
"""x, y and radius in pixels."""
Rgb = tuple[float, float, float]


def blank(colour: Rgb = (0, 0, 0)) -> Canvas:
    """Return a canvas of one colour."""
    canvas = np.empty((HEIGHT_PX * OVERSAMPLE, WIDTH_PX * OVERSAMPLE, 3), np.uint8)
    canvas[:] = colour[::-1]
    return canvas


def polygon(canvas: Canvas, points: Points | NDArray[np.float64], colour: Rgb) -> None:
    """Fill a polygon."""
    fixed = np.rint(np.asarray(points, np.float64) * _FIXED).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], colour[::-1], cv2.LINE_AA, _SHIFT)


def line(canvas: Canvas, points: Points, colour: Rgb, width_px: float) -> None:
    """Draw an open line with round ends."""
    fixed = np.rint(np.asarray(points, np.float64) * _FIXED).astype(np.int32)
    width = max(1, round(width_px * OVERSAMPLE))
    cv2.polylines(
        canvas, [fixed], isClosed=False, color=colour[::-1], thickness=width, lineType=cv2.LINE_AA, shift=_SHIFT
    )


def disc(canvas: Canvas, x: float, y: float, radius: float, colour: Rgb) -> None:
    """Fill a circle."""
    centre = round(x * _FIXED), round(y * _FIXED)
    cv2.circle(canvas, centre, max(1, round(radius * _FIXED)), colour[::-1], -1, cv2.LINE_AA, _SHIFT)


def oval(canvas: Canvas, x: float, y: float, rx: float, ry: float, colour: Rgb, angle_deg: float = 0.0) -> None:
    """Fill an ellipse."""
    points = np.rint(_oval(x, y, rx, ry, angle_deg) * _FIXED).astype(np.int32)
    cv2.fillConvexPoly(canvas, points, colour[::-1], cv2.LINE_AA, _SHIFT)


def _oval(x: float, y: float, rx: float, ry: float, angle_deg: float) -> NDArray[np.float64]:
    cos, sin = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    ring = RING * (rx, ry)
    return np.stack([x + ring[:, 0] * cos - ring[:, 1] * sin, y + ring[:, 0] * sin + ring[:, 1] * cos], axis=1)


def hull(canvas: Canvas, circles: Circles, colour: Rgb) -> None:
    """Fill the convex hull of circles."""
    around = np.asarray(circles, np.float64)
    points = (around[:, None, :2] + RING[None] * around[:, None, 2:]).reshape(-1, 2)
    outline = cv2.convexHull(np.rint(points * _FIXED).astype(np.int32))
    cv2.fillConvexPoly(canvas, outline, colour[::-1], cv2.LINE_AA, _SHIFT)


def rounded(canvas: Canvas, circles: Circles, colour: Rgb, shade: float = 0.82) -> None:
    """Fill a hull with a darker rim on the lower right, the side away from the window."""
    hull(canvas, circles, (colour[0] * shade, colour[1] * shade * 0.98, colour[2] * min(1.0, shade * 1.04)))
    hull(canvas, [(x - 0.13 * r, y - 0.15 * r, r * 0.84) for x, y, r in circles], colour)


def quad(canvas: Canvas, corners: Sequence[Vec], colour: Rgb) -> None:
    """Fill a polygon given in the world."""
    polygon(canvas, [project(corner)[:2] for corner in corners], colour)


def cuboid(canvas: Canvas, low: Vec, high: Vec, colour: Rgb) -> None:
    """Paint the faces of an upright box that the camera sees: a side, the top, the front."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    side = x0 if x0 > 0 else x1 if x1 < 0 else None
    if side is not None:
        face = [(side, y0, z0), (side, y1, z0), (side, y1, z1), (side, y0, z1)]
        quad(canvas, face, tinted(colour, 0.80))
    quad(canvas, [(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)], tinted(colour, 1.07))
    quad(canvas, [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)], tinted(colour, 0.95))


def tinted(colour: Rgb, factor: float) -> Rgb:
    """Return a lighter (factor above 1) or darker colour."""
    return min(255.0, colour[0] * factor), min(255.0, colour[1] * factor), min(255.0, colour[2] * factor)


def soft_shade(canvas: Canvas, points: Points, strength: float, blur_px: float, colour: Rgb = (40, 30, 45)) -> None:
    """Lay a blurred, see-through polygon over the picture: a shadow, or light with a light colour."""
    outline = np.asarray(points, np.float64)
    left, top = np.maximum(outline.min(axis=0) - 3 * blur_px, 0).astype(int)
    right, bottom = np.minimum(outline.max(axis=0) + 3 * blur_px, (WIDTH_PX, HEIGHT_PX)).astype(int)
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(mask, [np.rint((outline - (left, top)) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    blurred = cv2.GaussianBlur(mask, (0, 0), blur_px, borderType=cv2.BORDER_REPLICATE)
    large = cv2.resize(blurred, None, fx=OVERSAMPLE, fy=OVERSAMPLE, interpolation=cv2.INTER_LINEAR)
    weight = (large.astype(np.float32) * (strength / 255))[..., None]
    area = canvas[top * OVERSAMPLE : bottom * OVERSAMPLE, left * OVERSAMPLE : right * OVERSAMPLE]
    area[:] = (area * (1 - weight) + np.asarray(colour[::-1], np.float32) * weight).astype(np.uint8)
