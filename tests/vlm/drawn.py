"""Drawn scenes for the local model's tests: a room with texture and noise, and a figure that stands, walks, lies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livemon.base.datatypes import Frame, Image, LookReason, Observation
from livemon.base.detections import KEYPOINTS, Detector, Person
from livemon.base.model_types import Answer, Look, Question
from livemon.detect.watch_factory import FrameWatcher
from livemon.vlm.local import LocalModel
from livemon.vlm.prompt import shipped_prompts
from livemon.vlm.provider import PromptTerms, VisionModel

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
WIDTH, HEIGHT, FPS = 320, 240, 5
SHIRT, TROUSERS = (40, 40, 190), (90, 40, 30)


def room(seed: int = 7) -> Image:
    """Wall, floor, a window and a shelf; the same for the same seed."""
    rng = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), (170, 185, 180), np.uint8)
    picture[150:] = (110, 140, 165)
    for _ in range(25):
        x, y = int(rng.integers(0, WIDTH - 30)), int(rng.integers(0, HEIGHT - 30))
        colour = tuple(int(level) for level in rng.integers(60, 230, 3))
        cv2.rectangle(picture, (x, y), (x + int(rng.integers(6, 30)), y + int(rng.integers(6, 30))), colour, -1)
    return picture


def standing(picture: Image, x: int, feet: int = 220, height: int = 120, swing: int = 0) -> Image:
    """A figure of `height` pixels with its feet at (x, feet); `swing` moves arms and legs apart."""
    drawn = picture.copy()
    head = height // 8
    hip = feet - height // 2
    cv2.line(drawn, (x, hip), (x - 6 - swing, feet), TROUSERS, 9)
    cv2.line(drawn, (x, hip), (x + 6 + swing, feet), TROUSERS, 9)
    cv2.line(drawn, (x, hip), (x, feet - height + 2 * head), SHIRT, 26)
    cv2.circle(drawn, (x, feet - height + head), head, (120, 150, 200), -1)
    return drawn


def lying(picture: Image, x: int, feet: int = 220, length: int = 120) -> Image:
    """The same figure on the floor, its feet at x and its head to the left."""
    drawn = picture.copy()
    y = feet - 12
    cv2.line(drawn, (x, y), (x - length // 2, y), TROUSERS, 16)
    cv2.line(drawn, (x - length // 2, y), (x - length + 24, y), SHIRT, 24)
    cv2.circle(drawn, (x - length + 12, y), 12, (120, 150, 200), -1)
    return drawn


def half_way(picture: Image, x: int, feet: int = 220, height: int = 120) -> Image:
    """The figure tilted, between standing and lying."""
    drawn = picture.copy()
    hip = (x - height // 4, feet - height // 3)
    shoulder = (x - height // 2, feet - 2 * height // 3)
    cv2.line(drawn, (x, feet), hip, TROUSERS, 12)
    cv2.line(drawn, hip, shoulder, SHIRT, 26)
    cv2.circle(drawn, (shoulder[0] - 8, shoulder[1] - 8), 14, (120, 150, 200), -1)
    return drawn


def walk(picture: Image, start: int, end: int, count: int, height: int = 120) -> list[Image]:
    """`count` pictures of the figure walking from x = start to x = end."""
    places = np.linspace(start, end, count).round().astype(int)
    return [standing(picture, int(x), height=height, swing=4 * (i % 3)) for i, x in enumerate(places)]


def fall(picture: Image, x: int, lies: int) -> list[Image]:
    """The figure falls at x within 0.6 s and lies for `lies` pictures."""
    return [standing(picture, x, swing=6), half_way(picture, x), lying(picture, x)] + [lying(picture, x)] * lies


def frames(pictures: Sequence[Image], start_s: float = 0.0, camera_id: str = "cam", noise: float = 3.0) -> list[Frame]:
    """Frames at 5 fps from `start_s` after START, with camera noise."""
    rng = np.random.default_rng(int(start_s * 10))
    result = []
    for i, picture in enumerate(pictures):
        noisy = np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)
        utc = START + timedelta(seconds=start_s + i / FPS)
        result.append(Frame(camera_id, utc, noisy if noise else picture))
    return result


class ColourDetector:
    """Finds the drawn figures by the colours of their clothes: fast, and never wrong about these pictures."""

    name = "colours"

    def people(self, image: Image) -> tuple[Person, ...]:
        shirt, trousers = (self._where(image, colour) for colour in (SHIRT, TROUSERS))
        rows, columns = np.nonzero(shirt | trousers)
        if len(rows) < 60 or not shirt.any():
            return ()
        height, width = shirt.shape
        shoulders, hips = self._ends(shirt, trousers)
        points = np.zeros((KEYPOINTS, 3), np.float32)
        for number, (y, x) in ((5, shoulders), (6, shoulders), (11, hips), (12, hips)):
            points[number] = y / height, x / width, 0.6
        top, left, bottom, right = (
            rows.min() / height,
            columns.min() / width,
            rows.max() / height,
            columns.max() / width,
        )
        return (Person(float(top), float(left), float(bottom), float(right), 0.5, points),)

    def _where(self, image: Image, colour: tuple[int, int, int]) -> NDArray[np.bool_]:
        near = np.abs(cv2.blur(image, (3, 3)).astype(int) - colour).max(axis=2) < 25
        return cv2.morphologyEx(near.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(bool)

    def _ends(self, shirt: NDArray[np.bool_], trousers: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return shoulders and hips, y and x: the ends of the shirt away from and next to the trousers."""
        part = np.argwhere(shirt)
        legs = np.argwhere(trousers).mean(axis=0) if trousers.any() else part.mean(axis=0) + np.array([40, 0])
        far = np.linalg.norm(part - legs, axis=1)
        return part[far >= np.quantile(far, 0.9)].mean(axis=0), part[far <= np.quantile(far, 0.1)].mean(axis=0)


def local_model(detector: Detector | None = None) -> LocalModel:
    """A local model that sees the drawn figures."""
    return LocalModel(lambda: FrameWatcher(detector or ColourDetector()))


TERMS = PromptTerms.of(shipped_prompts()["look_en"])


async def ask(model: VisionModel, question: Question, terms: PromptTerms = TERMS) -> Answer:
    """Ask as livemon does, without budget and rows."""
    return await model.ask(model.prepare(question, terms))


async def watch(model: LocalModel, pictures: Sequence[Image], start_s: float = 0.0) -> list[Observation]:
    """Show pictures to `model` as looks of up to ten seconds; all that it says, in the order said."""
    said: list[Observation] = []
    for start in range(0, len(pictures), 50):
        shown = frames(pictures[start : start + 50], start_s + start / FPS)
        answer = await ask(model, Look("cam", LookReason.MOTION, tuple(shown)))
        assert answer.status == "ok", answer.error
        for one in answer.observations:
            assert shown[0].utc <= one.start_utc <= one.end_utc <= shown[-1].utc
            assert set(one.evidence_utcs) <= {frame.utc for frame in shown}
        said.extend(answer.observations)
    return said


def kinds(observations: Iterable[Observation]) -> list[str]:
    return [one.kind for one in observations]
