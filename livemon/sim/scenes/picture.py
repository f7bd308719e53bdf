"""One picture of a clip: the empty room, shadows, figures back to front, lamp switches, sensor noise.

Deterministic: the same clip and time give the same bytes. The story of a clip lives in clip.py, files in render.py.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.sim.scenes import brush
from livemon.sim.scenes.actions import Kind, state_at
from livemon.sim.scenes.brush import Canvas, Rgb
from livemon.sim.scenes.clip import SceneClip
from livemon.sim.scenes.figures import shape
from livemon.sim.scenes.geometry import (
    CAMERA_HEIGHT_M,
    CAMERA_Z_M,
    HEIGHT_PX,
    WIDTH_PX,
    Vec,
    add,
    blend,
    camera_distance_m,
    cross,
    dot,
    local,
    project,
    sub,
    unit,
)
from livemon.sim.scenes.light import Light
from livemon.sim.scenes.room import paint_room
from livemon.sim.scenes.shapes import Ball, Blob, Head, Shape, box_px, in_picture

Image = NDArray[np.uint8]
NOISE_LEVELS = 1.7
"""Standard deviation of the sensor noise, of 255; a still scene then differs from a repeated picture."""
NOISE_MARGIN_PX = 96
FACE_DEG = 60.0
"""Extent of the face round the head, from its middle; the rest is hair."""


class Painter:
    """Paints frames of any clip; keeps the empty room of each light and the noise, which are costly to make."""

    def __init__(self) -> None:
        self._rooms: dict[Light, Canvas] = {}
        rng = np.random.default_rng(7)
        size = (HEIGHT_PX + NOISE_MARGIN_PX, WIDTH_PX + NOISE_MARGIN_PX, 1)
        luma = rng.normal(0, NOISE_LEVELS, size)
        chroma = rng.normal(0, NOISE_LEVELS / 4, (*size[:2], 3))
        self._noise = np.rint(luma + chroma).astype(np.int16)

    def frame(self, clip: SceneClip, time_s: float) -> Image:
        """Return the picture at `time_s` from the clip's start, (480, 640, 3) uint8 BGR."""
        before, after, share = clip.light_at(time_s)
        shapes = []
        for actor in clip.actors:
            state = state_at(actor, clip.start_s + time_s)
            figure = shape(actor.kind, state, actor.name)
            if in_picture(box_px(figure), 0):
                shapes.append((actor.kind, figure, state.at[1]))
        picture = self._lit(shapes, before)
        if share > 0:
            picture = cv2.addWeighted(picture, 1 - share, self._lit(shapes, after), share, 0).astype(np.uint8)
        return self._with_noise(picture, round((clip.start_s + time_s) * 1000))

    def _lit(self, shapes: list[tuple[Kind, Shape, float]], light: Light) -> Image:
        """Return the picture under one light, without noise."""
        if light not in self._rooms:
            self._rooms[light] = paint_room(light)
        canvas = self._rooms[light].copy()
        for _, figure, ground_m in shapes:
            _shadow(canvas, figure, ground_m)
        parts: list[tuple[float, Kind, Blob | Head]] = []
        for kind, figure, _ in shapes:
            for blob in figure.blobs:
                near_m = _mean_distance_m([centre for centre, _ in blob.balls]) - blob.near_m
                parts.append((near_m, kind, blob))
            if figure.head:
                near_m = camera_distance_m(figure.head.centre) - 0.02
                parts.append((near_m, kind, figure.head))
        for _, kind, part in sorted(parts, key=lambda entry: -entry[0]):
            if isinstance(part, Head):
                _head(canvas, part, light)
            elif kind is Kind.BLOCK:
                _block(canvas, part, light)
            elif kind is Kind.BALL:
                _ball(canvas, part, light)
            else:
                brush.rounded(canvas, _circles(part), _graded(part.colour, light))
        return cv2.resize(canvas, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)

    def _with_noise(self, picture: Image, seed: int) -> Image:
        top, left = np.random.default_rng(seed).integers(0, NOISE_MARGIN_PX, 2)
        noise = self._noise[top : top + HEIGHT_PX, left : left + WIDTH_PX]
        return cv2.add(picture, noise, dtype=cv2.CV_8U).astype(np.uint8, copy=False)


def _mean_distance_m(points: list[Vec]) -> float:
    return sum(map(camera_distance_m, points)) / len(points)


def _graded(colour: tuple[int, int, int], light: Light) -> Rgb:
    """Return a colour as it is seen under a light."""
    red, green, blue = (min(255.0, c * gain) for c, gain in zip(colour, light.gain, strict=True))
    return red, green, blue


def _circles(blob: Blob) -> list[tuple[float, float, float]]:
    spots = [(project(centre), radius) for centre, radius in blob.balls]
    return [(x, y, radius * scale) for (x, y, scale), radius in spots]


def _shadow(canvas: Canvas, figure: Shape, ground_m: float) -> None:
    """Darken what a figure stands on; the window behind throws its shadow a little towards the camera."""
    outlines = [_shadow_outline(blob.balls, ground_m) for blob in figure.blobs]
    if figure.head:
        outlines.append(_shadow_outline(((figure.head.centre, figure.head.radius_m),), ground_m))
    everything = np.concatenate(outlines)
    left, top = np.maximum(everything.min(axis=0).astype(int) - 14, 0)
    right, bottom = np.minimum(everything.max(axis=0).astype(int) + 14, (WIDTH_PX, HEIGHT_PX))
    if right <= left or bottom <= top:
        return
    k = brush.OVERSAMPLE
    mask = np.zeros((bottom - top, right - left), np.uint8)
    for outline in outlines:
        cv2.fillConvexPoly(mask, np.rint(outline - (left, top)).astype(np.int32), 255)
    keep = 255 - (cv2.GaussianBlur(mask, (0, 0), 4.0) * 0.34).astype(np.uint8)
    shade = cv2.resize(keep, ((right - left) * k, (bottom - top) * k), interpolation=cv2.INTER_LINEAR)
    area = canvas[top * k : bottom * k, left * k : right * k]
    cv2.multiply(area, cv2.merge([shade, shade, shade]), dst=area, scale=1 / 255)


def _shadow_outline(balls: tuple[Ball, ...], ground_m: float) -> NDArray[np.float32]:
    """Outline of a blob's shadow, (n, 2) pixels: each ball flattened on the ground, and what is between them."""
    ovals = []
    for (x, y, z), radius in balls:
        above_m = max(0.0, y - ground_m)
        px, py, scale = project((x + 0.06 * above_m, ground_m, z + 0.22 * above_m))
        wide_px = (radius + 0.012) * scale
        ovals.append((px, py, wide_px, wide_px * (CAMERA_HEIGHT_M - ground_m) / (CAMERA_Z_M - z)))
    around = np.asarray(ovals)
    points = (around[:, None, :2] + brush.RING[None] * around[:, None, 2:]).reshape(-1, 2)
    hull: NDArray[np.float32] = cv2.convexHull(points.astype(np.float32))[:, 0, :].astype(np.float32)
    return hull


def _head(canvas: Canvas, head: Head, light: Light) -> None:
    """Paint hair all over a skull, then the part of the face that looks this way."""
    skin, hair = _graded(head.skin, light), _graded(head.hair, light)
    to_camera = unit(sub((0.0, CAMERA_HEIGHT_M, CAMERA_Z_M), head.centre))
    x, y, scale = project(head.centre)
    r = head.radius_m * scale
    for side in (1.0, -1.0):
        ear = add(head.centre, local(head.frame, (side * 0.97, -0.12, 0.02)), head.radius_m)
        if dot(sub(ear, head.centre), to_camera) > -0.6 * head.radius_m:
            brush.rounded(canvas, [(*project(ear)[:2], r * 0.19)], skin)
    brush.rounded(canvas, [(x, y, r * 1.04)], hair, 0.78)
    face = _face_outline(head, to_camera)
    if len(face):
        brush.polygon(canvas, face, brush.tinted(skin, 0.9))
        brush.polygon(canvas, face + (face.mean(axis=0) - face) * 0.09 - (0.02 * r, 0.03 * r), skin)
    dark = _graded((62, 46, 44), light)

    def spot(yaw_deg: float, pitch_deg: float) -> tuple[float, float, float]:
        """Return pixel position of a place on the face, and how squarely it faces the camera (0 to 1)."""
        yaw, pitch = np.radians(yaw_deg), np.radians(pitch_deg)
        way = local(
            head.frame, (float(np.sin(yaw) * np.cos(pitch)), float(np.sin(pitch)), float(np.cos(yaw) * np.cos(pitch)))
        )
        px, py, _ = project(add(head.centre, way, head.radius_m))
        return px, py, dot(way, to_camera)

    for side in (1.0, -1.0):
        px, py, open_ = spot(side * 40, -26)
        if open_ > 0.25:
            brush.disc(canvas, px, py, r * 0.16, _graded((240, 164, 146), light))
        px, py, open_ = spot(side * 24, -7)
        if open_ > 0.15:
            if head.asleep > 0.5:
                lid = [spot(side * 24 + d, -9 - 4 * (1 - (d / 10) ** 2))[:2] for d in (-10, -5, 0, 5, 10)]
                brush.line(canvas, lid, dark, 0.06 * r)
            else:
                brush.disc(canvas, px, py, r * 0.115, dark)
                brush.disc(canvas, px - r * 0.035, py - r * 0.045, r * 0.04, _graded((255, 255, 255), light))
    if spot(0, -20)[2] > 0.1:
        brush.disc(canvas, *spot(0, -17)[:2], r * 0.055, brush.tinted(skin, 0.88))
        smile = [spot(d, -36 - 5 * (1 - (d / 14) ** 2))[:2] for d in (-14, -7, 0, 7, 14)]
        brush.line(canvas, smile, _graded((176, 84, 78), light), 0.065 * r)


def _face_outline(head: Head, to_camera: Vec) -> NDArray[np.float64]:
    """Edge of the skin in the picture, (n, 2) pixels: a round patch on the ball of the head, as far as it shows."""
    left, up, forward = head.frame
    middle = unit(add(forward, up, -0.27))
    brow = unit(add(up, middle, -dot(up, middle)))
    patch = [blend(middle, blend(left, brow, angle), FACE_DEG) for angle in range(0, 360, 12)]
    across = unit(cross(to_camera, (0.0, 1.0, 0.0)))
    rim = [blend(across, cross(across, to_camera), angle) for angle in range(0, 360, 12)]
    edge = [way for way in patch if dot(way, to_camera) >= 0]
    edge += [way for way in rim if dot(way, middle) >= math.cos(math.radians(FACE_DEG))]
    if len(edge) < 3:
        return np.empty((0, 2))
    points = [project(add(head.centre, way, head.radius_m * 1.01))[:2] for way in edge]
    return cv2.convexHull(np.asarray(points, np.float32))[:, 0, :].astype(np.float64)


def _ball(canvas: Canvas, ball: Blob, light: Light) -> None:
    ((x, y, r),) = _circles(ball)
    brush.rounded(canvas, [(x, y, r)], _graded(ball.colour, light))
    turn_deg = float(np.degrees(ball.balls[0][0][0] / ball.balls[0][1]))
    for offset in (0, 180):
        a = np.radians(turn_deg + offset)
        brush.oval(
            canvas,
            x + 0.45 * r * np.cos(a),
            y + 0.45 * r * np.sin(a),
            0.2 * r,
            0.62 * r,
            _graded((226, 110, 96), light),
            turn_deg,
        )
    brush.disc(canvas, x - 0.35 * r, y - 0.42 * r, 0.16 * r, _graded((255, 244, 220), light))


def _block(canvas: Canvas, block: Blob, light: Light) -> None:
    points = [centre for centre, _ in block.balls]
    low = tuple(min(p[axis] for p in points) for axis in range(3))
    high = tuple(max(p[axis] for p in points) for axis in range(3))
    brush.cuboid(canvas, (low[0], low[1], low[2]), (high[0], high[1], high[2]), _graded(block.colour, light))
