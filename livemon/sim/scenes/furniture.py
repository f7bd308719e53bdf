"""The playroom's furniture, in daylight colours: shelf, lamp, plant, sofa, teddy, toy basket.

Each piece paints itself and its shadow where it stands against the back wall.
"""

from __future__ import annotations

import numpy as np

from livemon.sim.scenes import brush
from livemon.sim.scenes.brush import Canvas, Rgb, tinted
from livemon.sim.scenes.geometry import project

WOOD = (206, 164, 120)
SEAT_M, SEAT_FRONT_M = 0.36, 0.78
"""Height of the sofa's seat, and how far it stands out from the wall."""
BOOKS: tuple[Rgb, ...] = (
    (196, 110, 100),
    (232, 190, 110),
    (108, 146, 160),
    (150, 172, 130),
    (224, 208, 190),
    (128, 110, 140),
)


def paint_shelf(canvas: Canvas) -> None:
    """Paint the shelf on the right, with books, boxes, the lamp and a plant."""
    left, right, top, deep = 1.22, 2.30, 0.98, 0.34
    ground = [
        project(p)[:2]
        for p in ((left - 0.1, 0, 0), (right, 0, 0), (right, 0, deep + 0.16), (left - 0.12, 0, deep + 0.16))
    ]
    brush.soft_shade(canvas, ground, 0.42, 7)
    brush.cuboid(canvas, (left, 0, 0), (right, top, deep), (244, 236, 222))
    middle = (left + right) / 2
    for column, (x0, x1) in enumerate(((left + 0.04, middle - 0.02), (middle + 0.02, right - 0.04))):
        for row, (y0, y1) in enumerate(((0.06, 0.48), (0.53, 0.93))):
            corners = [(x0, y0, deep), (x1, y0, deep), (x1, y1, deep), (x0, y1, deep)]
            brush.quad(canvas, corners, (206, 190, 170))
            brush.quad(
                canvas, [(x0, y1 - 0.08, deep), (x1, y1 - 0.08, deep), (x1, y1, deep), (x0, y1, deep)], (184, 168, 150)
            )
            _shelf_content(canvas, column * 2 + row, x0, x1, y0, deep)
    _lamp(canvas)
    _plant(canvas)


def _shelf_content(canvas: Canvas, cell: int, x0: float, x1: float, y0: float, z: float) -> None:
    """Books above, baskets of toys below."""
    if cell % 2:
        rng, x, i = np.random.default_rng(cell), x0 + 0.03, cell
        while x < x1 - (0.12 if cell == 1 else 0.22):
            wide, tall = rng.uniform(0.04, 0.065), rng.uniform(0.22, 0.32)
            brush.quad(
                canvas, [(x, y0, z), (x + wide, y0, z), (x + wide, y0 + tall, z), (x, y0 + tall, z)], BOOKS[i % 6]
            )
            x, i = x + wide + 0.008, i + 1
        if cell == 3:
            px, py, scale = project((x1 - 0.1, y0 + 0.08, z))
            brush.rounded(canvas, [(px, py, 0.08 * scale)], (226, 160, 130))
            brush.disc(canvas, px - 0.035 * scale, py - 0.01 * scale, 0.012 * scale, (80, 60, 50))
    else:
        colour = (224, 178, 128) if cell == 0 else (150, 176, 186)
        corners = [(x0 + 0.05, y0, z), (x1 - 0.05, y0, z), (x1 - 0.03, y0 + 0.27, z), (x0 + 0.03, y0 + 0.27, z)]
        for k, toy in enumerate(((232, 120, 106), (246, 206, 112), (120, 166, 190))):
            px, py, scale = project((x0 + 0.12 + 0.12 * k, y0 + 0.27, z))
            brush.disc(canvas, px, py, 0.06 * scale, toy)
        brush.quad(canvas, corners, colour)
        brush.quad(
            canvas,
            [(x0 + 0.18, y0 + 0.16, z), (x1 - 0.18, y0 + 0.16, z), (x1 - 0.18, y0 + 0.2, z), (x0 + 0.18, y0 + 0.2, z)],
            tinted(colour, 0.78),
        )


def _lamp(canvas: Canvas) -> None:
    foot = project((1.50, 0.98, 0.17))
    x, y, scale = foot
    brush.oval(canvas, x, y, 0.09 * scale, 0.03 * scale, (170, 128, 94))
    brush.line(canvas, [(x, y), (x, y - 0.2 * scale)], (170, 128, 94), 3)
    shade = [
        (x - 0.16 * scale, y - 0.17 * scale),
        (x + 0.16 * scale, y - 0.17 * scale),
        (x + 0.09 * scale, y - 0.40 * scale),
        (x - 0.09 * scale, y - 0.40 * scale),
    ]
    brush.polygon(canvas, shade, (250, 232, 196))


def _plant(canvas: Canvas) -> None:
    x, y, scale = project((2.06, 0.98, 0.17))
    for angle, long in ((-70, 0.30), (-45, 0.34), (-20, 0.38), (5, 0.42), (28, 0.36), (52, 0.33), (75, 0.27)):
        sin, cos = np.sin(np.radians(angle)), np.cos(np.radians(angle))
        mid = x + sin * long * scale * 0.55, y - 0.15 * scale - cos * long * scale * 0.5
        green: Rgb = (118, 160, 116) if angle % 2 else (140, 178, 130)
        brush.oval(canvas, *mid, 0.055 * scale, long * scale * 0.5, green, angle_deg=angle)
    pot = [
        (x - 0.11 * scale, y - 0.17 * scale),
        (x + 0.11 * scale, y - 0.17 * scale),
        (x + 0.085 * scale, y + 1),
        (x - 0.085 * scale, y + 1),
    ]
    brush.polygon(canvas, pot, (212, 134, 104))
    brush.polygon(
        canvas, [pot[0], pot[1], (pot[1][0] - 1, pot[1][1] + 5), (pot[0][0] + 1, pot[0][1] + 5)], (190, 114, 88)
    )


def _cushion(canvas: Canvas, x0: float, x1: float, y0: float, y1: float, z: float, r_m: float, colour: Rgb) -> None:
    """Fill a rounded upright rectangle."""
    corners = ((x0 + r_m, y0 + r_m), (x1 - r_m, y0 + r_m), (x1 - r_m, y1 - r_m), (x0 + r_m, y1 - r_m))
    spots = [project((x, y, z)) for x, y in corners]
    brush.rounded(canvas, [(x, y, r_m * scale) for x, y, scale in spots], colour, 0.88)


def paint_sofa(canvas: Canvas) -> None:
    """Paint the sofa on the left; the child can climb on its seat."""
    base, soft = (96, 122, 152), (118, 146, 176)
    left, right, front = -2.42, -0.78, SEAT_FRONT_M
    ground = [
        project(p)[:2]
        for p in ((left, 0, 0), (right + 0.1, 0, 0), (right + 0.14, 0, front + 0.14), (left, 0, front + 0.14))
    ]
    brush.soft_shade(canvas, ground, 0.5, 8)
    for x in (left + 0.12, right - 0.12):
        brush.quad(
            canvas, [(x - 0.04, 0, front), (x + 0.04, 0, front), (x + 0.04, 0.1, front), (x - 0.04, 0.1, front)], WOOD
        )
    _cushion(canvas, left, right, 0.1, 0.82, 0.16, 0.1, base)
    for x0, x1 in ((left + 0.16, -1.61), (-1.59, right - 0.16)):
        _cushion(canvas, x0, x1, 0.34, 0.80, 0.26, 0.09, soft)
    brush.quad(
        canvas,
        [
            (left + 0.16, SEAT_M, 0.26),
            (right - 0.16, SEAT_M, 0.26),
            (right - 0.16, SEAT_M, front),
            (left + 0.16, SEAT_M, front),
        ],
        tinted(soft, 1.08),
    )
    brush.line(canvas, [project((-1.6, SEAT_M, z))[:2] for z in (0.27, front)], tinted(soft, 0.86), 1.5)
    shade = [
        project(p)[:2]
        for p in (
            (left + 0.16, SEAT_M, 0.24),
            (right - 0.16, SEAT_M, 0.24),
            (right - 0.16, SEAT_M, 0.34),
            (left + 0.16, SEAT_M, 0.34),
        )
    ]
    brush.soft_shade(canvas, shade, 0.30, 3)
    _cushion(canvas, left + 0.1, right - 0.1, 0.08, 0.24, front, 0.05, base)
    for x0, x1 in ((left + 0.15, -1.605), (-1.595, right - 0.15)):
        _cushion(canvas, x0, x1, 0.21, SEAT_M + 0.012, front, 0.06, soft)
    brush.quad(
        canvas,
        [(right - 0.03, 0.1, 0.18), (right - 0.03, 0.5, 0.18), (right - 0.03, 0.5, front), (right - 0.03, 0.1, front)],
        tinted(base, 0.8),
    )
    for x0 in (left, right - 0.2):
        back, fore = project((x0 + 0.1, 0.48, 0.2)), project((x0 + 0.1, 0.48, front))
        brush.rounded(canvas, [(x, y, 0.1 * scale) for x, y, scale in (back, fore)], base, 0.9)
        _cushion(canvas, x0, x0 + 0.2, 0.08, 0.58, front, 0.09, base)
    _cushion(canvas, -2.22, -1.86, 0.37, 0.70, 0.40, 0.06, (240, 200, 118))
    _teddy(canvas)


def _teddy(canvas: Canvas) -> None:
    """Paint the teddy on the sofa's right end."""
    x, y, scale = project((-1.10, SEAT_M, 0.50))
    fur, light = (190, 142, 102), (232, 202, 168)
    for dx, dy, r in ((-0.075, -0.02, 0.05), (0.075, -0.02, 0.05), (-0.11, -0.15, 0.042), (0.11, -0.15, 0.042)):
        brush.rounded(canvas, [(x + dx * scale, y + dy * scale, r * scale)], fur)
    brush.rounded(canvas, [(x, y - 0.11 * scale, 0.10 * scale)], fur)
    brush.disc(canvas, x, y - 0.10 * scale, 0.06 * scale, light)
    for dx in (-0.075, 0.075):
        brush.rounded(canvas, [(x + dx * scale, y - 0.36 * scale, 0.036 * scale)], fur)
    brush.rounded(canvas, [(x, y - 0.28 * scale, 0.098 * scale)], fur)
    brush.oval(canvas, x, y - 0.25 * scale, 0.045 * scale, 0.036 * scale, light)
    brush.disc(canvas, x, y - 0.265 * scale, 0.014 * scale, (70, 52, 46))
    for dx in (-0.036, 0.036):
        brush.disc(canvas, x + dx * scale, y - 0.30 * scale, 0.012 * scale, (70, 52, 46))


def paint_basket(canvas: Canvas) -> None:
    """Paint a toy basket under the window."""
    x, y, scale = project((0.08, 0, 0.30))
    r = 0.24 * scale
    brush.soft_shade(
        canvas,
        [(x + 1.2 * r * np.cos(a), y - 0.02 * scale + 0.4 * r * np.sin(a)) for a in np.linspace(0, 6.28, 24)],
        0.45,
        5,
    )
    top = y - 0.30 * scale
    for dx, dy, size, colour in (
        (-0.5, -0.1, 0.42, (226, 110, 96)),
        (0.42, -0.2, 0.36, (246, 202, 100)),
        (0.0, -0.32, 0.4, (110, 166, 190)),
    ):
        brush.rounded(canvas, [(x + dx * r, top + dy * r, size * r)], colour)
    brush.hull(
        canvas,
        [(x - r * 0.92, top, 2), (x + r * 0.92, top, 2), (x - r * 0.7, y - 3, 5), (x + r * 0.7, y - 3, 5)],
        (222, 190, 146),
    )
    for k in (0.25, 0.5, 0.75):
        row = top + (y - top) * k
        wide = r * (0.94 - 0.2 * k)
        brush.line(canvas, [(x - wide, row - 1), (x, row + 2), (x + wide, row - 1)], (200, 166, 122), 1)
