"""The local model on the picture itself: dark, covered, frozen, another place, another light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livemon.base.datatypes import EventType, Image, LookReason, Severity
from livemon.base.model_types import Look
from tests.vlm.drawn import START, ask, frames, kinds, local_model, room, walk, watch

ROOM = room()
EMPTY = [ROOM] * 50


def dimmed(picture: Image, factor: float) -> Image:
    return np.clip(picture * factor, 0, 255).astype(np.uint8)


async def test_a_dark_picture_is_told_once() -> None:
    black = np.zeros_like(ROOM)
    said = await watch(local_model(), [*([ROOM] * 20), *([black] * 80)])
    assert kinds(said) == ["picture_dark"]
    assert (said[0].event_type, said[0].severity) == (EventType.SYSTEM, Severity.WARNING)
    assert (said[0].start_utc - START).total_seconds() == pytest.approx(4.0, abs=0.3)


async def test_a_picture_dark_from_the_first_look_on_is_told() -> None:
    assert kinds(await watch(local_model(), [np.zeros_like(ROOM)] * 100)) == ["picture_dark"]


async def test_light_after_dark_is_told_and_is_no_person() -> None:
    black = np.zeros_like(ROOM)
    said = await watch(local_model(), [*EMPTY, *([ROOM] * 20), *([black] * 50), *([ROOM] * 30)])
    assert kinds(said) == ["picture_dark", "lights_changed"]


async def test_a_lamp_is_a_change_of_light_and_neither_movement_nor_a_person() -> None:
    said = await watch(local_model(), [*EMPTY, *([dimmed(ROOM, 0.6)] * 25), *EMPTY])
    assert set(kinds(said)) == {"lights_changed"}
    assert said[0].severity is Severity.INFO


async def test_slow_daylight_is_no_movement() -> None:
    said = await watch(local_model(), [dimmed(ROOM, 1 - 0.3 * i / 200) for i in range(200)])
    assert not [kind for kind in kinds(said) if kind != "lights_changed"]


async def test_a_covered_lens_is_told() -> None:
    hand = cv2.GaussianBlur(np.full_like(ROOM, (60, 70, 120)), (0, 0), 15)
    said = await watch(local_model(), [*EMPTY, *([ROOM] * 20), *([hand] * 30), *([hand] * 50)])
    assert kinds(said).count("picture_covered") == 1
    assert not [kind for kind in kinds(said) if kind.startswith("person")]


async def test_a_hand_passing_the_lens_is_not_covering() -> None:
    hand = np.full_like(ROOM, (60, 70, 120))
    said = await watch(local_model(), [*EMPTY, *([ROOM] * 20), *([hand] * 2), *([ROOM] * 28)])
    assert "picture_covered" not in kinds(said)


async def test_a_noisy_camera_that_repeats_one_picture_is_frozen() -> None:
    model = local_model()
    await watch(model, EMPTY)
    frozen = tuple(frames([ROOM] * 50, 10, noise=0))
    answer = await ask(model, Look("cam", LookReason.HEARTBEAT, frozen))
    assert kinds(answer.observations) == ["picture_frozen"]


async def test_a_camera_that_never_showed_noise_is_not_called_frozen() -> None:
    model = local_model()
    for start_s in (0, 10):
        answer = await ask(model, Look("cam", LookReason.INTERVAL, tuple(frames([ROOM] * 50, start_s, noise=0))))
        assert answer.observations == ()


async def test_frames_of_different_size_are_refused_in_words() -> None:
    shown = (*frames([ROOM] * 2), *frames([ROOM[:100]], 1))
    answer = await ask(local_model(), Look("cam", LookReason.INTERVAL, shown))
    assert answer.status == "failed"
    assert "size" in str(answer.error)


async def test_a_look_of_one_frame_is_answered() -> None:
    answer = await ask(local_model(), Look("cam", LookReason.INTERVAL, tuple(frames([ROOM]))))
    assert answer.status == "ok"


async def test_a_camera_that_changes_its_size_starts_anew() -> None:
    model = local_model()
    await watch(model, EMPTY)
    wide = [np.ascontiguousarray(p[:180]) for p in [*EMPTY[:30], *walk(ROOM, 340, 160, 20)]]
    answer = await ask(model, Look("cam", LookReason.MOTION, tuple(frames(wide, 20))))
    assert answer.status == "ok"


async def test_a_camera_that_was_turned_is_told_and_nobody_came() -> None:
    said = await watch(local_model(), [*EMPTY, *([ROOM] * 25), *([room(99)] * 25), *([room(99)] * 50)])
    assert kinds(said) == ["camera_moved"]


async def test_a_letter_box_is_no_part_of_the_picture() -> None:
    boxed = np.zeros_like(ROOM)
    boxed[30:210] = ROOM[30:210]
    said = await watch(local_model(), [boxed] * 50 + [dimmed(boxed, 0.6)] * 50)
    assert kinds(said) == ["lights_changed"]


async def test_a_border_that_turns_out_to_be_picture_is_taken_in() -> None:
    shades = [
        np.where(np.arange(240)[:, None, None] < 20 + step, 0, ROOM).astype(np.uint8) for step in range(20, 0, -1)
    ]
    said = await watch(local_model(), [*shades, *([ROOM] * 80)])
    assert not [kind for kind in kinds(said) if kind.startswith("person")]


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (32, 384), (480, 63)])
async def test_pictures_of_odd_sizes_are_answered(size: tuple[int, int]) -> None:
    pictures = [np.full((*size, 3), 128, np.uint8)] * 5
    answer = await ask(local_model(), Look("cam", LookReason.INTERVAL, tuple(frames(pictures))))
    assert answer.status == "ok"
    assert not [kind for kind in kinds(answer.observations) if kind.startswith("person")]


async def test_a_picture_that_never_changes_is_not_worth_a_word() -> None:
    assert await watch(local_model(), EMPTY * 20) == []
