"""The empty playroom, painted once for each level of light: wall, window, floor, and where the furniture goes.

Everything stands where `geometry.project` says, so figures fit in. Nothing that moves belongs here.
"""

from __future__ import annotations

import cv2
import numpy as np

from livemon.sim.scenes import brush, furniture
from livemon.sim.scenes.brush import Canvas, Rgb, tinted
from livemon.sim.scenes.geometry import HEIGHT_PX, WIDTH_PX, project
from livemon.sim.scenes.light import Light

WALL, WALL_LOW, FLOOR = (236, 229, 214), (188, 204, 194), (214, 182, 146)
WHITE = (250, 247, 240)
WINDOW_PX = (270.0, 14.0, 398.0, 128.0)


def paint_room(light: Light) -> Canvas:
    """Return the empty room under a light, (960, 1280, 3) uint8 BGR."""
    canvas = brush.blank(WALL)
    _wall(canvas)
    _floor(canvas)
    _rug_and_mat(canvas)
    furniture.paint_shelf(canvas)
    furniture.paint_sofa(canvas)
    furniture.paint_basket(canvas)
    _curtains(canvas)
    _sun(canvas, light)
    return _seen_under(light, canvas)


def _wall(canvas: Canvas) -> None:
    floor_y = project((0, 0, 0))[1]
    rail_y = project((0, 0.62, 0))[1]
    brush.polygon(canvas, [(0, rail_y), (WIDTH_PX, rail_y), (WIDTH_PX, floor_y), (0, floor_y)], WALL_LOW)
    for x in range(10, WIDTH_PX, 26):
        brush.line(canvas, [(x, rail_y + 4), (x, floor_y - 10)], tinted(WALL_LOW, 0.965), 1)
    brush.polygon(canvas, [(0, rail_y - 2), (WIDTH_PX, rail_y - 2), (WIDTH_PX, rail_y + 3), (0, rail_y + 3)], WHITE)
    brush.line(canvas, [(0, rail_y + 3.5), (WIDTH_PX, rail_y + 3.5)], tinted(WALL_LOW, 0.88), 1)
    brush.polygon(canvas, [(0, floor_y - 9), (WIDTH_PX, floor_y - 9), (WIDTH_PX, floor_y), (0, floor_y)], WHITE)
    _pictures(canvas)
    _bunting(canvas)


def _pictures(canvas: Canvas) -> None:
    for left, top, right, bottom, kind in ((96, 26, 166, 80, "hills"), (178, 36, 216, 82, "star")):
        frame = [(left, top), (right, top), (right, bottom), (left, bottom)]
        brush.soft_shade(canvas, [(x + 3, y + 4) for x, y in frame], 0.28, 3)
        brush.polygon(canvas, frame, furniture.WOOD)
        x0, y0, x1, y1 = left + 3.5, top + 3.5, right - 3.5, bottom - 3.5
        paper: Rgb = (214, 232, 236) if kind == "hills" else (250, 236, 206)
        brush.polygon(canvas, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], paper)
        if kind == "hills":
            brush.disc(canvas, x1 - 14, y0 + 13, 6.5, (246, 204, 110))
            brush.polygon(
                canvas,
                [
                    (x0, y1 - 13),
                    (x0 + 16, y1 - 27),
                    (x0 + 33, y1 - 12),
                    (x0 + 46, y1 - 21),
                    (x1, y1 - 9),
                    (x1, y1),
                    (x0, y1),
                ],
                (160, 192, 156),
            )
            brush.polygon(
                canvas,
                [(x0, y1 - 6), (x0 + 22, y1 - 13), (x1 - 12, y1 - 3), (x1, y1 - 6), (x1, y1), (x0, y1)],
                (126, 168, 132),
            )
        else:
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            turns = np.arange(10) * np.pi / 5 - np.pi / 2
            star = [(x + k * np.cos(a), y + k * np.sin(a)) for a, k in zip(turns, [13, 6] * 5, strict=True)]
            brush.polygon(canvas, star, (232, 140, 112))


def _bunting(canvas: Canvas) -> None:
    """Little flags on a string, from the window to the right."""
    xs = np.linspace(424, 640, 9)
    ys = 12 + 20 * np.sin(np.linspace(0.05, 1.0, 9) * np.pi)
    brush.line(canvas, list(zip(xs, ys, strict=True)), (190, 176, 160), 1)
    flags: tuple[Rgb, ...] = ((232, 140, 124), (244, 208, 130), (140, 180, 190), (164, 194, 150))
    for i in range(8):
        x, y = (xs[i] + xs[i + 1]) / 2, (ys[i] + ys[i + 1]) / 2
        brush.polygon(canvas, [(x - 8, y - 1), (x + 8, y - 1), (x, y + 16)], flags[i % 4])


def _floor(canvas: Canvas) -> None:
    floor_y = project((0, 0, 0))[1]
    brush.polygon(canvas, [(0, floor_y), (WIDTH_PX, floor_y), (WIDTH_PX, HEIGHT_PX), (0, HEIGHT_PX)], FLOOR)
    rng = np.random.default_rng(5)
    for board in range(-20, 20):
        x0, x1 = board * 0.16, (board + 1) * 0.16
        z0 = -rng.uniform(0, 1.2)
        while z0 < 2.7:
            z1 = z0 + rng.uniform(0.9, 1.7)
            tone = tinted(FLOOR, rng.uniform(0.965, 1.035))
            brush.quad(
                canvas, [(x0, 0, max(z0, 0)), (x1, 0, max(z0, 0)), (x1, 0, min(z1, 2.8)), (x0, 0, min(z1, 2.8))], tone
            )
            ends = [project((x, 0, max(min(z1, 2.8), 0)))[:2] for x in (x0, x1)]
            brush.line(canvas, ends, tinted(FLOOR, 0.90), 0.5)
            z0 = z1
        seam = [project((x0, 0, z))[:2] for z in (0, 2.8)]
        brush.line(canvas, seam, tinted(FLOOR, 0.90), 0.5)
    brush.soft_shade(canvas, [(0, floor_y), (WIDTH_PX, floor_y), (WIDTH_PX, floor_y + 6), (0, floor_y + 6)], 0.30, 5)


def _ring(x_m: float, z_m: float, rx_m: float, rz_m: float) -> list[tuple[float, float]]:
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    return [project((x_m + rx_m * np.cos(a), 0.0, z_m + rz_m * np.sin(a)))[:2] for a in angles]


def _rug_and_mat(canvas: Canvas) -> None:
    x, z = 0.42, 1.55
    brush.soft_shade(canvas, [(px, py + 3) for px, py in _ring(x, z, 1.05, 0.66)], 0.25, 4)
    for share, colour in (
        (1.0, (122, 164, 166)),
        (0.93, (238, 228, 208)),
        (0.84, (146, 184, 182)),
        (0.5, (156, 193, 190)),
        (0.46, (238, 228, 208)),
        (0.42, (150, 187, 185)),
    ):
        brush.polygon(canvas, _ring(x, z, 1.05 * share, 0.66 * share), colour)
    mat = [(-1.72, 0, 1.30), (-0.82, 0, 1.30), (-0.82, 0, 1.86), (-1.72, 0, 1.86)]
    brush.soft_shade(canvas, [project(p)[:2] for p in mat], 0.35, 5)
    brush.cuboid(canvas, (-1.72, 0, 1.30), (-0.82, 0.05, 1.86), (198, 184, 214))
    for k in range(1, 3):
        seam = [project((-1.72 + 0.3 * k, 0.05, zz))[:2] for zz in (1.30, 1.86)]
        brush.line(canvas, seam, (180, 166, 198), 1)
    pillow = [
        (*project((px, 0.10, pz))[:2], 9.0) for px, pz in ((-1.02, 1.46), (-0.90, 1.46), (-0.90, 1.72), (-1.02, 1.72))
    ]
    brush.rounded(canvas, pillow, (250, 244, 232), 0.88)


def _curtains(canvas: Canvas) -> None:
    """Paint the window's frame and curtains; its panes are filled by the light."""
    left, top, right, bottom = WINDOW_PX
    brush.soft_shade(
        canvas, [(left - 4, top), (right + 8, top), (right + 8, bottom + 10), (left - 4, bottom + 10)], 0.16, 6
    )
    brush.polygon(
        canvas, [(left - 6, top - 6), (right + 6, top - 6), (right + 6, bottom + 4), (left - 6, bottom + 4)], WHITE
    )
    brush.polygon(
        canvas,
        [(left - 12, bottom + 3), (right + 12, bottom + 3), (right + 12, bottom + 10), (left - 12, bottom + 10)],
        WHITE,
    )
    brush.line(canvas, [(left - 12, bottom + 10.5), (right + 12, bottom + 10.5)], (206, 198, 184), 1)
    brush.line(canvas, [(left - 34, 6), (right + 34, 6)], (176, 140, 104), 3)
    for outer, inner in ((left - 30, left + 13), (right + 30, right - 13)):
        for fold in range(5):
            a, b = (outer + (inner - outer) * (fold + d) / 5 for d in (0, 1))
            tone = tinted((238, 208, 190), (1.0, 0.95, 1.03, 0.96, 1.01)[fold])
            pull = 0.72
            low_a, low_b = outer + (a - outer) * pull, outer + (b - outer) * pull
            brush.polygon(canvas, [(a, 7), (b, 7), (low_b, bottom + 24), (low_a, bottom + 24)], tone)


def _panes(canvas: Canvas, light: Light) -> None:
    """Fill the window with sky, a hill and a tree, as bright as they are."""
    left, top, right, bottom = WINDOW_PX
    k = brush.OVERSAMPLE
    y0, y1 = int(top * k), int(bottom * k)
    view = brush.blank()
    share = np.linspace(0, 1, y1 - y0)[:, None, None]
    upper, lower = (np.array(colour[::-1], np.float32) for colour in light.sky)
    view[y0:y1] = upper * (1 - share) + lower * share
    day = max(light.gain) ** 1.2 if light.lamp == 0 else 0.42
    brush.oval(view, 350, 132, 70, 26, tinted((150, 190, 140), day))
    brush.oval(view, 300, 136, 60, 24, tinted((128, 174, 130), day))
    brush.line(view, [(360, 116), (360, 96)], tinted((120, 92, 70), day), 4)
    brush.rounded(view, [(352, 92, 9), (368, 90, 10), (360, 79, 11)], tinted((104, 156, 108), day))
    if light.sun:
        for cloud in ((304, 44, 6), (313, 40, 8), (323, 44, 6)):
            brush.disc(view, *cloud, (248, 251, 252))
    for x in (left + 43, left + 85):
        brush.line(view, [(x, top), (x, bottom)], tinted(WHITE, max(day, 0.2)), 3)
    brush.line(view, [(left, top + 50), (right, top + 50)], tinted(WHITE, max(day, 0.2)), 3)
    # Only where the curtains leave the glass free: they hang wider at the top.
    glass = np.zeros(canvas.shape[:2], np.uint8)
    corners = [(left + 13.5, top), (right - 13.5, top), (right - 2, bottom), (left + 2, bottom)]
    cv2.fillPoly(glass, [np.rint(np.asarray(corners) * k).astype(np.int32)], 255, cv2.LINE_AA)
    weight = (glass.astype(np.float32) / 255)[..., None]
    canvas[:] = canvas * (1 - weight) + view * weight


def _sun(canvas: Canvas, light: Light) -> None:
    """Lay the window's light on the floor, in panes."""
    if not light.sun:
        return
    for k in (-1, 0, 1):
        x = 0.1 + light.sun_x_m * 0.9 + 0.34 * k
        slant = light.sun_x_m * 0.9
        for z0, z1 in ((0.62, 1.08), (1.14, 1.6)):
            corners = [
                (x - 0.15 + slant * z0, 0, z0),
                (x + 0.15 + slant * z0, 0, z0),
                (x + 0.15 + slant * z1, 0, z1),
                (x - 0.15 + slant * z1, 0, z1),
            ]
            brush.soft_shade(canvas, [project(c)[:2] for c in corners], 0.34 * light.sun, 2.2, (255, 246, 214))


def _seen_under(light: Light, canvas: Canvas) -> Canvas:
    """Apply the light: its colour, the fall-off away from window or lamp, the glow, and then the panes."""
    k = brush.OVERSAMPLE
    ys, xs = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]].astype(np.float32) / k
    window = np.exp(-(((xs - 334) / 330) ** 2) - ((ys - 110) / 300) ** 2)
    corners = ((xs - 320) / 420) ** 2 + ((ys - 240) / 330) ** 2
    bright = (0.97 + 0.07 * window - 0.09 * corners)[..., None] * np.array(light.gain[::-1], np.float32)
    if light.lamp:
        x, y, _ = project((1.50, 1.25, 0.17))
        glow = np.exp(-(((xs - x) / 190) ** 2) - ((ys - y) / 150) ** 2) * light.lamp
        bright += glow[..., None] * np.array((0.10, 0.20, 0.30), np.float32)
        bright += np.exp(-(((xs - x) / 40) ** 2) - ((ys - y) / 32) ** 2)[..., None] * np.array(
            (0.34, 0.16, 0.20), np.float32
        )
    lit: Canvas = np.clip(canvas * bright, 0, 255).astype(np.uint8)
    _panes(lit, light)
    return lit
