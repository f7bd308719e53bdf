"""The empty playroom, painted once for each level of light: wall, window, floor and furniture.

Everything stands where `geometry.project` says, so figures fit in. Nothing that moves belongs here.
"""

from __future__ import annotations

import cv2
import numpy as np

from livemon.scenes import brush
from livemon.scenes.brush import Canvas, Rgb, tinted
from livemon.scenes.geometry import HEIGHT_PX, WIDTH_PX, project
from livemon.scenes.light import Light

WALL, WALL_LOW, FLOOR = (236, 229, 214), (188, 204, 194), (214, 182, 146)
WHITE, WOOD = (250, 247, 240), (206, 164, 120)
SEAT_M, SEAT_FRONT_M = 0.36, 0.78
"""Height of the sofa's seat, and how far it stands out from the wall."""
WINDOW_PX = (270.0, 14.0, 398.0, 128.0)
BOOKS: tuple[Rgb, ...] = ((196, 110, 100), (232, 190, 110), (108, 146, 160), (150, 172, 130), (224, 208, 190), (128, 110, 140))  # fmt: skip


def paint_room(light: Light) -> Canvas:
    """Return the empty room under a light, (960, 1280, 3) uint8 BGR."""
    canvas = brush.blank(WALL)
    _wall(canvas)
    _floor(canvas)
    _rug_and_mat(canvas)
    _shelf(canvas)
    _sofa(canvas)
    _basket(canvas)
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
        brush.polygon(canvas, frame, WOOD)
        inner = left + 3.5, top + 3.5, right - 3.5, bottom - 3.5
        l, t, r, b = inner
        paper: Rgb = (214, 232, 236) if kind == "hills" else (250, 236, 206)
        brush.polygon(canvas, [(l, t), (r, t), (r, b), (l, b)], paper)
        if kind == "hills":
            brush.disc(canvas, r - 14, t + 13, 6.5, (246, 204, 110))
            brush.polygon(canvas, [(l, b - 13), (l + 16, b - 27), (l + 33, b - 12), (l + 46, b - 21), (r, b - 9), (r, b), (l, b)], (160, 192, 156))  # fmt: skip
            brush.polygon(canvas, [(l, b - 6), (l + 22, b - 13), (r - 12, b - 3), (r, b - 6), (r, b), (l, b)], (126, 168, 132))  # fmt: skip
        else:
            x, y = (l + r) / 2, (t + b) / 2
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
            brush.quad(canvas, [(x0, 0, max(z0, 0)), (x1, 0, max(z0, 0)), (x1, 0, min(z1, 2.8)), (x0, 0, min(z1, 2.8))], tone)  # fmt: skip
            ends = [project((x, 0, max(min(z1, 2.8), 0)))[:2] for x in (x0, x1)]
            brush.line(canvas, ends, tinted(FLOOR, 0.90), 0.5)
            z0 = z1
        seam = [project((x0, 0, z))[:2] for z in (0, 2.8)]
        brush.line(canvas, seam, tinted(FLOOR, 0.90), 0.5)
    brush.soft_shade(canvas, [(0, floor_y), (WIDTH_PX, floor_y), (WIDTH_PX, floor_y + 6), (0, floor_y + 6)], 0.30, 5)  # fmt: skip


def _ring(x_m: float, z_m: float, rx_m: float, rz_m: float) -> list[tuple[float, float]]:
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    return [project((x_m + rx_m * np.cos(a), 0.0, z_m + rz_m * np.sin(a)))[:2] for a in angles]


def _rug_and_mat(canvas: Canvas) -> None:
    x, z = 0.42, 1.55
    brush.soft_shade(canvas, [(px, py + 3) for px, py in _ring(x, z, 1.05, 0.66)], 0.25, 4)
    for share, colour in ((1.0, (122, 164, 166)), (0.93, (238, 228, 208)), (0.84, (146, 184, 182)), (0.5, (156, 193, 190)), (0.46, (238, 228, 208)), (0.42, (150, 187, 185))):  # fmt: skip
        brush.polygon(canvas, _ring(x, z, 1.05 * share, 0.66 * share), colour)
    mat = [(-1.72, 0, 1.30), (-0.82, 0, 1.30), (-0.82, 0, 1.86), (-1.72, 0, 1.86)]
    brush.soft_shade(canvas, [project(p)[:2] for p in mat], 0.35, 5)
    brush.cuboid(canvas, (-1.72, 0, 1.30), (-0.82, 0.05, 1.86), (198, 184, 214))
    for k in range(1, 3):
        seam = [project((-1.72 + 0.3 * k, 0.05, zz))[:2] for zz in (1.30, 1.86)]
        brush.line(canvas, seam, (180, 166, 198), 1)
    pillow = [(*project((px, 0.10, pz))[:2], 9.0) for px, pz in ((-1.02, 1.46), (-0.90, 1.46), (-0.90, 1.72), (-1.02, 1.72))]  # fmt: skip
    brush.rounded(canvas, pillow, (250, 244, 232), 0.88)


def _shelf(canvas: Canvas) -> None:
    left, right, top, deep = 1.22, 2.30, 0.98, 0.34
    ground = [project(p)[:2] for p in ((left - 0.1, 0, 0), (right, 0, 0), (right, 0, deep + 0.16), (left - 0.12, 0, deep + 0.16))]  # fmt: skip
    brush.soft_shade(canvas, ground, 0.42, 7)
    brush.cuboid(canvas, (left, 0, 0), (right, top, deep), (244, 236, 222))
    middle = (left + right) / 2
    for column, (x0, x1) in enumerate(((left + 0.04, middle - 0.02), (middle + 0.02, right - 0.04))):
        for row, (y0, y1) in enumerate(((0.06, 0.48), (0.53, 0.93))):
            corners = [(x0, y0, deep), (x1, y0, deep), (x1, y1, deep), (x0, y1, deep)]
            brush.quad(canvas, corners, (206, 190, 170))
            brush.quad(canvas, [(x0, y1 - 0.08, deep), (x1, y1 - 0.08, deep), (x1, y1, deep), (x0, y1, deep)], (184, 168, 150))  # fmt: skip
            _shelf_content(canvas, column * 2 + row, x0, x1, y0, deep)
    _lamp(canvas)
    _plant(canvas)


def _shelf_content(canvas: Canvas, cell: int, x0: float, x1: float, y0: float, z: float) -> None:
    """Books above, baskets of toys below."""
    if cell % 2:
        rng, x, i = np.random.default_rng(cell), x0 + 0.03, cell
        while x < x1 - (0.12 if cell == 1 else 0.22):
            wide, tall = rng.uniform(0.04, 0.065), rng.uniform(0.22, 0.32)
            brush.quad(canvas, [(x, y0, z), (x + wide, y0, z), (x + wide, y0 + tall, z), (x, y0 + tall, z)], BOOKS[i % 6])  # fmt: skip
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
        brush.quad(canvas, [(x0 + 0.18, y0 + 0.16, z), (x1 - 0.18, y0 + 0.16, z), (x1 - 0.18, y0 + 0.2, z), (x0 + 0.18, y0 + 0.2, z)], tinted(colour, 0.78))  # fmt: skip


def _lamp(canvas: Canvas) -> None:
    foot = project((1.50, 0.98, 0.17))
    x, y, scale = foot
    brush.oval(canvas, x, y, 0.09 * scale, 0.03 * scale, (170, 128, 94))
    brush.line(canvas, [(x, y), (x, y - 0.2 * scale)], (170, 128, 94), 3)
    shade = [(x - 0.16 * scale, y - 0.17 * scale), (x + 0.16 * scale, y - 0.17 * scale), (x + 0.09 * scale, y - 0.40 * scale), (x - 0.09 * scale, y - 0.40 * scale)]  # fmt: skip
    brush.polygon(canvas, shade, (250, 232, 196))


def _plant(canvas: Canvas) -> None:
    x, y, scale = project((2.06, 0.98, 0.17))
    for angle, long in ((-70, 0.30), (-45, 0.34), (-20, 0.38), (5, 0.42), (28, 0.36), (52, 0.33), (75, 0.27)):
        sin, cos = np.sin(np.radians(angle)), np.cos(np.radians(angle))
        mid = x + sin * long * scale * 0.55, y - 0.15 * scale - cos * long * scale * 0.5
        green: Rgb = (118, 160, 116) if angle % 2 else (140, 178, 130)
        brush.oval(canvas, *mid, 0.055 * scale, long * scale * 0.5, green, angle_deg=angle)
    pot = [(x - 0.11 * scale, y - 0.17 * scale), (x + 0.11 * scale, y - 0.17 * scale), (x + 0.085 * scale, y + 1), (x - 0.085 * scale, y + 1)]  # fmt: skip
    brush.polygon(canvas, pot, (212, 134, 104))
    brush.polygon(canvas, [pot[0], pot[1], (pot[1][0] - 1, pot[1][1] + 5), (pot[0][0] + 1, pot[0][1] + 5)], (190, 114, 88))


def _cushion(canvas: Canvas, x0: float, x1: float, y0: float, y1: float, z: float, r_m: float, colour: Rgb) -> None:
    """Fill a rounded upright rectangle."""
    corners = ((x0 + r_m, y0 + r_m), (x1 - r_m, y0 + r_m), (x1 - r_m, y1 - r_m), (x0 + r_m, y1 - r_m))
    spots = [project((x, y, z)) for x, y in corners]
    brush.rounded(canvas, [(x, y, r_m * scale) for x, y, scale in spots], colour, 0.88)


def _sofa(canvas: Canvas) -> None:
    base, soft = (96, 122, 152), (118, 146, 176)
    left, right, front = -2.42, -0.78, SEAT_FRONT_M
    ground = [project(p)[:2] for p in ((left, 0, 0), (right + 0.1, 0, 0), (right + 0.14, 0, front + 0.14), (left, 0, front + 0.14))]  # fmt: skip
    brush.soft_shade(canvas, ground, 0.5, 8)
    for x in (left + 0.12, right - 0.12):
        brush.quad(canvas, [(x - 0.04, 0, front), (x + 0.04, 0, front), (x + 0.04, 0.1, front), (x - 0.04, 0.1, front)], WOOD)  # fmt: skip
    _cushion(canvas, left, right, 0.1, 0.82, 0.16, 0.1, base)
    for x0, x1 in ((left + 0.16, -1.61), (-1.59, right - 0.16)):
        _cushion(canvas, x0, x1, 0.34, 0.80, 0.26, 0.09, soft)
    brush.quad(canvas, [(left + 0.16, SEAT_M, 0.26), (right - 0.16, SEAT_M, 0.26), (right - 0.16, SEAT_M, front), (left + 0.16, SEAT_M, front)], tinted(soft, 1.08))  # fmt: skip
    brush.line(canvas, [project((-1.6, SEAT_M, z))[:2] for z in (0.27, front)], tinted(soft, 0.86), 1.5)
    shade = [project(p)[:2] for p in ((left + 0.16, SEAT_M, 0.24), (right - 0.16, SEAT_M, 0.24), (right - 0.16, SEAT_M, 0.34), (left + 0.16, SEAT_M, 0.34))]  # fmt: skip
    brush.soft_shade(canvas, shade, 0.30, 3)
    _cushion(canvas, left + 0.1, right - 0.1, 0.08, 0.24, front, 0.05, base)
    for x0, x1 in ((left + 0.15, -1.605), (-1.595, right - 0.15)):
        _cushion(canvas, x0, x1, 0.21, SEAT_M + 0.012, front, 0.06, soft)
    brush.quad(canvas, [(right - 0.03, 0.1, 0.18), (right - 0.03, 0.5, 0.18), (right - 0.03, 0.5, front), (right - 0.03, 0.1, front)], tinted(base, 0.8))  # fmt: skip
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


def _basket(canvas: Canvas) -> None:
    """Paint a toy basket under the window."""
    x, y, scale = project((0.08, 0, 0.30))
    r = 0.24 * scale
    brush.soft_shade(canvas, [(x + 1.2 * r * np.cos(a), y - 0.02 * scale + 0.4 * r * np.sin(a)) for a in np.linspace(0, 6.28, 24)], 0.45, 5)  # fmt: skip
    top = y - 0.30 * scale
    for dx, dy, size, colour in ((-0.5, -0.1, 0.42, (226, 110, 96)), (0.42, -0.2, 0.36, (246, 202, 100)), (0.0, -0.32, 0.4, (110, 166, 190))):  # fmt: skip
        brush.rounded(canvas, [(x + dx * r, top + dy * r, size * r)], colour)
    brush.hull(canvas, [(x - r * 0.92, top, 2), (x + r * 0.92, top, 2), (x - r * 0.7, y - 3, 5), (x + r * 0.7, y - 3, 5)], (222, 190, 146))  # fmt: skip
    for k in (0.25, 0.5, 0.75):
        row = top + (y - top) * k
        wide = r * (0.94 - 0.2 * k)
        brush.line(canvas, [(x - wide, row - 1), (x, row + 2), (x + wide, row - 1)], (200, 166, 122), 1)


def _curtains(canvas: Canvas) -> None:
    """Paint the window's frame and curtains; its panes are filled by the light."""
    left, top, right, bottom = WINDOW_PX
    brush.soft_shade(canvas, [(left - 4, top), (right + 8, top), (right + 8, bottom + 10), (left - 4, bottom + 10)], 0.16, 6)  # fmt: skip
    brush.polygon(canvas, [(left - 6, top - 6), (right + 6, top - 6), (right + 6, bottom + 4), (left - 6, bottom + 4)], WHITE)  # fmt: skip
    brush.polygon(canvas, [(left - 12, bottom + 3), (right + 12, bottom + 3), (right + 12, bottom + 10), (left - 12, bottom + 10)], WHITE)  # fmt: skip
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
    x0, x1, y0, y1 = int((left + 15) * k), int((right - 15) * k), int(top * k), int(bottom * k)
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
        for x, y, r in ((304, 44, 6), (313, 40, 8), (323, 44, 6)):
            brush.disc(view, x, y, r, (248, 251, 252))
    for x in (left + 43, left + 85):
        brush.line(view, [(x, top), (x, bottom)], tinted(WHITE, max(day, 0.2)), 3)
    brush.line(view, [(left, top + 50), (right, top + 50)], tinted(WHITE, max(day, 0.2)), 3)
    # Only where the curtains leave the glass free: they hang wider at the top.
    glass = np.zeros(canvas.shape[:2], np.uint8)
    corners = [(left + 13.5, top), (right - 13.5, top), (right - 2, bottom), (left + 2, bottom)]
    cv2.fillPoly(glass, [np.rint(np.asarray(corners) * k).astype(np.int32)], 255, cv2.LINE_AA)
    weight = (glass.astype(np.float32) / 255)[..., None]
    canvas[:] = canvas * (1 - weight) + view * weight
    del x0, x1


def _sun(canvas: Canvas, light: Light) -> None:
    """Lay the window's light on the floor, in panes."""
    if not light.sun:
        return
    for k in (-1, 0, 1):
        x = 0.1 + light.sun_x_m * 0.9 + 0.34 * k
        slant = light.sun_x_m * 0.9
        for z0, z1 in ((0.62, 1.08), (1.14, 1.6)):
            corners = [(x - 0.15 + slant * z0, 0, z0), (x + 0.15 + slant * z0, 0, z0), (x + 0.15 + slant * z1, 0, z1), (x - 0.15 + slant * z1, 0, z1)]  # fmt: skip
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
        bright += glow[..., None] * np.array((0.10, 0.26, 0.42), np.float32)
        bright += np.exp(-(((xs - x) / 40) ** 2) - ((ys - y) / 32) ** 2)[..., None] * np.array((0.18, 0.32, 0.36), np.float32)  # fmt: skip
    lit = np.clip(canvas * bright, 0, 255).astype(np.uint8)
    _panes(lit, light)
    return lit
