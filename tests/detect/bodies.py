"""People made of numbers, for rules that take no pictures: where they stand, sit and lie, and how surely found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from livemon.base.detections import KEYPOINTS, Detections, Person

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
ASPECT = 4 / 3


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def standing(x: float, feet: float = 0.9, height: float = 0.6, score: float = 0.5) -> Person:
    """Somebody upright with the feet at (x, feet), in shares of the picture."""
    points = np.zeros((KEYPOINTS, 3), np.float32)
    for number, up in ((0, 0.93), (5, 0.8), (6, 0.8), (11, 0.5), (12, 0.5), (15, 0.02), (16, 0.02)):
        points[number] = feet - up * height, x + 0.02 * (-1) ** number, 0.6
    half = 0.15 * height / ASPECT
    return Person(feet - height, x - half, feet, x + half, score, points)


def sitting(x: float, feet: float = 0.9, height: float = 0.6, score: float = 0.5) -> Person:
    """The same person on a chair: hips a quarter of the height above the feet, torso upright."""
    points = np.zeros((KEYPOINTS, 3), np.float32)
    for number, up in ((0, 0.68), (5, 0.58), (6, 0.58), (11, 0.28), (12, 0.28), (15, 0.02), (16, 0.02)):
        points[number] = feet - up * height, x + 0.02 * (-1) ** number, 0.6
    half = 0.2 * height / ASPECT
    return Person(feet - 0.72 * height, x - half, feet, x + half, score, points)


def lying(x: float, feet: float = 0.9, length: float = 0.6, score: float = 0.3) -> Person:
    """The same person flat on the floor, the hips at x and the head to the left."""
    points = np.zeros((KEYPOINTS, 3), np.float32)
    y = feet - 0.07 * length
    for number, along in ((0, -0.45), (5, -0.3), (6, -0.3), (11, 0.0), (12, 0.0), (15, 0.45), (16, 0.45)):
        points[number] = y, x + along * length / ASPECT, 0.6
    half = 0.5 * length / ASPECT
    return Person(feet - 0.2 * length, x - half, feet, x + half, score, points)


def feet_first(x: float, feet: float = 0.9, height: float = 0.6, score: float = 0.25) -> Person:
    """The same person on the floor, the feet to the camera: upright in the picture, and short."""
    return standing(x, feet, 0.4 * height, score)


def found(seconds: float, *people: Person) -> Detections:
    return Detections(at(seconds), people)
