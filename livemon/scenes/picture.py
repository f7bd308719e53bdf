"""One picture of a clip: the empty room, shadows, figures back to front, lamp switches, sensor noise.

Deterministic: the same clip and time give the same bytes. What happens in a clip does not belong here, nor files.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.scenes import brush
from livemon.scenes.actions import Kind, state_at
from livemon.scenes.brush import Canvas, Rgb
from livemon.scenes.clip import Clip
from livemon.scenes.figures import Blob, Head, Shape, box_px, in_picture, shape
from livemon.scenes.geometry import (
    CAMERA_HEIGHT_M,
    CAMERA_Z_M,
    HEIGHT_PX,
    WIDTH_PX,
    Vec,
    add,
    camera_distance_m,
    dot,
    local,
    project,
    sub,
    unit,
)
from livemon.scenes.light import Light
from livemon.scenes.room import paint_room

Image = NDArray[np.uint8]
NOISE_LEVELS = 1.7
"""Standard deviation of the sensor noise, of 255; a still scene then differs from a repeated picture."""
NOISE_MARGIN_PX = 96


class Painter:
    """Paints frames of any clip; keeps the empty room of each light and the noise, which are costly to make."""

    def __init__(self) -> None:
        self._rooms: dict[Light, Canvas] = {}
        rng = np.random.default_rng(7)
        size = (HEIGHT_PX + NOISE_MARGIN_PX, WIDTH_PX + NOISE_MARGIN_PX, 1)
        luma = rng.normal(0, NOISE_LEVELS, size)
        chroma = rng.normal(0, NOISE_LEVELS / 4, (*size[:2], 3))
        self._noise = np.rint(luma + chroma).astype(np.int16)

    def frame(self, clip: Clip, time_s: float) -> Image:
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
            whole_m = _mean_distance_m([centre for centre, _ in figure.balls])
            for blob in figure.blobs:
                near_m = _mean_distance_m([centre for centre, _ in blob.balls]) - blob.near_m
                parts.append((_order(whole_m, near_m), kind, blob))
            if figure.head:
                near_m = camera_distance_m(figure.head.centre) - 0.02
                parts.append((_order(whole_m, near_m), kind, figure.head))
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


def _order(whole_m: float, part_m: float) -> float:
    """Distance to sort by: figures by themselves, their parts within them."""
    return part_m


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
    k = brush.OVERSAMPLE
    ovals = []
    for (x, y, z), radius in figure.balls:
        above_m = max(0.0, y - ground_m)
        px, py, scale = project((x + 0.06 * above_m, ground_m, z + 0.22 * above_m))
        wide = (radius + 0.012) * scale
        ovals.append((px, py, wide, wide * (CAMERA_HEIGHT_M - ground_m) / (CAMERA_Z_M - z)))
    left = max(0, int(min(x - w for x, _, w, _ in ovals)) - 14)
    top = max(0, int(min(y - h for _, y, _, h in ovals)) - 14)
    right = min(WIDTH_PX, int(max(x + w for x, _, w, _ in ovals)) + 14)
    bottom = min(HEIGHT_PX, int(max(y + h for _, y, _, h in ovals)) + 14)
    if right <= left or bottom <= top:
        return
    mask = np.zeros((bottom - top, right - left), np.uint8)
    for x, y, wide, high in ovals:
        cv2.ellipse(mask, (round(x - left), round(y - top)), (round(wide), max(1, round(high))), 0, 0, 360, 255, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 4.0)
    keep = 255 - (mask * 0.34).astype(np.uint8)
    keep = cv2.resize(keep, ((right - left) * k, (bottom - top) * k), interpolation=cv2.INTER_LINEAR)
    area = canvas[top * k : bottom * k, left * k : right * k]
    cv2.multiply(area, cv2.merge([keep, keep, keep]), dst=area, scale=1 / 255)


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
    if face:
        brush.polygon(canvas, face, brush.tinted(skin, 0.9))
        centre = np.mean(np.asarray(face), axis=0)
        brush.polygon(canvas, [(px + (centre[0] - px) * 0.09 - 0.02 * r, py + (centre[1] - py) * 0.09 - 0.03 * r) for px, py in face], skin)  # fmt: skip
    dark = _graded((62, 46, 44), light)

    def spot(yaw_deg: float, pitch_deg: float) -> tuple[float, float, float]:
        """Return pixel position of a place on the face, and how squarely it faces the camera (0 to 1)."""
        yaw, pitch = np.radians(yaw_deg), np.radians(pitch_deg)
        way = local(head.frame, (float(np.sin(yaw) * np.cos(pitch)), float(np.sin(pitch)), float(np.cos(yaw) * np.cos(pitch))))
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


def _face_outline(head: Head, to_camera: Vec) -> list[tuple[float, float]]:
    """Edge of the skin in the picture: a round patch on the ball of the head, cut at the ball's rim."""
    centre_way = unit(local(head.frame, (0.0, -0.34, 1.0)))
    left = head.frame[0]
    up = unit(sub(head.frame[1], tuple(c * dot(head.frame[1], centre_way) for c in centre_way)))  # type: ignore[arg-type]
    outline = []
    for angle in np.linspace(0, 2 * np.pi, 28, endpoint=False):
        reach = 60.0 + 6.0 * np.sin(angle) * np.cos(2 * angle)
        rim = add(add((0.0, 0.0, 0.0), left, float(np.cos(angle))), up, float(np.sin(angle)))
        cos, sin = float(np.cos(np.radians(reach))), float(np.sin(np.radians(reach)))
        way = add(add((0.0, 0.0, 0.0), centre_way, cos), rim, sin)
        facing = dot(way, to_camera)
        if facing < 0:
            way = unit(add(way, to_camera, -facing))
        outline.append(project(add(head.centre, way, head.radius_m * 1.01))[:2])
    return outline if dot(centre_way, to_camera) > -0.75 else []


def _ball(canvas: Canvas, ball: Blob, light: Light) -> None:
    (x, y, r), = _circles(ball)
    brush.rounded(canvas, [(x, y, r)], _graded(ball.colour, light))
    turn_deg = float(np.degrees(ball.balls[0][0][0] / ball.balls[0][1]))
    for offset in (0, 180):
        a = np.radians(turn_deg + offset)
        brush.oval(canvas, x + 0.45 * r * np.cos(a), y + 0.45 * r * np.sin(a), 0.2 * r, 0.62 * r, _graded((226, 110, 96), light), turn_deg)  # fmt: skip
    brush.disc(canvas, x - 0.35 * r, y - 0.42 * r, 0.16 * r, _graded((255, 244, 220), light))


def _block(canvas: Canvas, block: Blob, light: Light) -> None:
    points = [centre for centre, _ in block.balls]
    low = tuple(min(p[axis] for p in points) for axis in range(3))
    high = tuple(max(p[axis] for p in points) for axis in range(3))
    brush.cuboid(canvas, (low[0], low[1], low[2]), (high[0], high[1], high[2]), _graded(block.colour, light))
