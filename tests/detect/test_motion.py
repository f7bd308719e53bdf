"""The cheap gate: what it measures on drawn frames, and what it decides from samples."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.base.datatypes import Frame, Image, MotionSample
from livemon.detect.motion import MotionGate, choose_frames, is_burst, is_still, moving

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


def room(seed: int = 0, noise: float = 0.0) -> Image:
    """A 640x480 picture with soft structure and camera noise."""
    rows, columns = np.mgrid[0:480, 0:640]
    base = 100 + 40 * np.sin(rows / 40) + 40 * np.cos(columns / 55)
    picture = np.repeat(base[..., np.newaxis], 3, axis=2)
    picture = picture + np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def with_box(picture: Image, left: int, top: int = 200, width: int = 60, height: int = 180) -> Image:
    drawn = picture.copy()
    drawn[top : top + height, left : left + width] = 250
    return drawn


def measure(pictures: list[Image]) -> list[MotionSample]:
    gate = MotionGate()
    return [gate.measure(Frame("cam", START + timedelta(seconds=i / 5), p)) for i, p in enumerate(pictures)]


def samples(changed: list[float], brightness: list[float] | None = None) -> list[MotionSample]:
    levels = brightness or [100.0] * len(changed)
    return [
        MotionSample(START + timedelta(seconds=i / 5), share, level, share * 50)
        for i, (share, level) in enumerate(zip(changed, levels, strict=True))
    ]


def test_first_frame_has_changed_nothing() -> None:
    sample = measure([room()])[0]
    assert (sample.changed, sample.difference) == (0.0, 0.0)
    assert 80 < sample.brightness < 120


def test_a_repeated_frame_has_exactly_zero_difference() -> None:
    assert measure([room(noise=5), room(noise=5)])[1].difference == 0.0


def test_camera_noise_is_no_motion() -> None:
    found = measure([room(seed, noise=8) for seed in range(10)])
    assert all(sample.changed < 0.001 for sample in found)
    assert all(sample.difference > 0 for sample in found[1:])
    assert is_still(found)


def test_uniform_brightness_change_is_no_changed_share() -> None:
    dimmer = (room() * 0.8).astype(np.uint8)
    sample = measure([room(), dimmer])[1]
    assert sample.changed < 0.001
    assert sample.difference > 10


def textured(level: float = 1.0) -> Image:
    """A room with edges, as bright as `level` says."""
    picture = room().astype(np.float32)
    picture[100:300, 80:200] *= 0.5
    picture[50:120, 400:560] *= 1.4
    picture[380:] *= 0.7
    return np.clip(picture * level, 0, 255).astype(np.uint8)


def noisy(picture: Image, seed: int, sigma: float) -> Image:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape[:2])[..., np.newaxis]
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def lamp(picture: Image, strength: float) -> Image:
    """Light that falls off to the right."""
    light = 1 + strength * np.linspace(1, 0, picture.shape[1])[np.newaxis, :, np.newaxis]
    return np.clip(picture * light, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("sigma", [10, 30, 50])
def test_a_sensor_at_night_is_no_motion(sigma: float) -> None:
    found = measure([noisy(textured(0.5), seed, sigma) for seed in range(10)])
    assert all(sample.changed < 0.001 for sample in found)


@pytest.mark.parametrize("sigma", [0, 10, 25])
def test_somebody_who_walks_through_a_dark_noisy_room_is_motion(sigma: float) -> None:
    def picture(i: int) -> Image:
        dark = textured(0.3).astype(np.float32)
        dark[200:380, 100 + 12 * i : 160 + 12 * i] *= 0.3
        return noisy(dark.astype(np.uint8), i, sigma)

    assert all(moving(measure([picture(i) for i in range(8)]))[2:])


def test_gamma_and_exposure_are_no_motion() -> None:
    for other in (
        255 * (textured() / 255.0) ** 1.6,
        255 * (textured() / 255.0) ** 0.75,
        textured() * 0.6 + 20,
        textured() * 1.3,
    ):
        sample = measure([textured(), np.clip(other, 0, 255).astype(np.uint8)])[1]
        assert sample.changed < 0.0025
        assert sample.difference > 5


def test_a_lamp_that_lights_a_part_of_the_room_is_no_motion() -> None:
    assert measure([lamp(textured(0.5), 0.2), lamp(textured(0.5), 0.9)])[1].changed < 0.0025


def test_somebody_who_comes_as_the_light_is_switched_is_motion() -> None:
    assert measure([textured(), with_box((textured() * 0.6).astype(np.uint8), 300)])[1].changed > 0.02


def test_a_hand_before_the_lens_is_sudden_and_not_taken_for_light() -> None:
    flat = np.full((480, 640, 3), int(textured().mean()), np.uint8)
    assert measure([textured(), noisy(flat, 1, 2)])[1].changed > 0.02


def test_black_borders_neither_move_nor_hide_what_moves() -> None:
    def framed(left: int, seed: int) -> Image:
        canvas = np.zeros((480, 640, 3), np.uint8)
        canvas[:, 240:400] = noisy(with_box(textured(0.6), left, width=20, height=60), seed, 15)[:, 240:400]
        return canvas

    assert all(sample.changed < 0.001 for sample in measure([framed(300, seed) for seed in range(6)]))
    assert is_burst(measure([framed(250 + 15 * i, i) for i in range(6)]))


def test_a_person_far_away_is_motion() -> None:
    found = measure([noisy(with_box(textured(), 300 + 6 * i, width=14, height=44), i, 4) for i in range(8)])
    assert sum(moving(found)) >= 5


def test_moving_is_what_lasts_and_what_is_sudden() -> None:
    flags = moving(samples([0.0] * 5 + [0.01] + [0.0] * 5 + [0.01, 0.01, 0.0, 0.01] + [0.0] * 5 + [0.5, 0.0]))
    assert [i for i, one in enumerate(flags) if one] == [11, 12, 14, 20]


def test_of_keyframes_far_apart_more_must_have_changed() -> None:
    def keyframes(share: float) -> list[MotionSample]:
        return [MotionSample(START + timedelta(seconds=2 * i), share, 100, 1) for i in range(5)]

    assert not any(moving(keyframes(0.004)))
    assert all(moving(keyframes(0.006)))


def test_a_moving_box_is_measured_by_its_area() -> None:
    sample = measure([with_box(room(), 100), with_box(room(), 400)])[1]
    assert sample.changed == pytest.approx(2 * 60 * 180 / (640 * 480), rel=0.25)


def test_something_that_walks_is_a_burst() -> None:
    found = measure([with_box(room(seed, noise=4), 100 + 15 * seed) for seed in range(6)])
    assert is_burst(found)
    assert not is_still(found)


def test_one_flicker_is_neither_burst_nor_still() -> None:
    found = samples([0.0] * 5 + [0.02] + [0.0] * 5)
    assert not is_burst(found)
    assert not is_still(found)


def test_sudden_change_of_the_whole_picture_is_a_burst() -> None:
    assert is_burst(samples([0.0, 0.4, 0.0]))


def test_light_switched_off_and_on_are_bursts() -> None:
    assert is_burst(samples([0.0] * 6, [100, 100, 100, 12, 12, 12]))
    assert is_burst(samples([0.0] * 6, [12, 12, 12, 100, 100, 100]))


def test_noise_on_a_black_picture_is_still() -> None:
    assert is_still(samples([0.0] * 6, [0.5, 1.5, 0.2, 0.9, 1.2, 0.1]))


def test_no_samples_are_still_and_no_burst() -> None:
    assert is_still([])
    assert not is_burst([])


def test_choose_frames_returns_all_when_they_fit() -> None:
    found = samples([0.1] * 7)
    assert choose_frames(found, 7) == tuple(sample.utc for sample in found)


def test_choose_frames_shows_the_moment_that_changed_most() -> None:
    shares = [0.01] * 50
    shares[23] = 0.5
    chosen = choose_frames(samples(shares), 6)
    assert START + timedelta(seconds=23 / 5) in chosen


def test_choose_frames_of_one_takes_the_most_different() -> None:
    assert choose_frames(samples([0.0, 0.3, 0.1]), 1) == (START + timedelta(seconds=0.2),)


@given(st.lists(st.floats(0, 1), max_size=120), st.integers(0, 60))
def test_chosen_frames_are_few_distinct_in_order_and_keep_both_ends(shares: list[float], n: int) -> None:
    found = samples(shares)
    chosen = choose_frames(found, n)
    assert len(chosen) == min(n, len(found))
    assert list(chosen) == sorted(set(chosen))
    if n >= 2 and found:
        assert (chosen[0], chosen[-1]) == (found[0].utc, found[-1].utc)


def test_measuring_a_frame_takes_little_cpu() -> None:
    frame = Frame("cam", START, room(noise=5))
    gate = MotionGate()
    gate.measure(frame)
    began_s = time.process_time()
    for _ in range(50):
        gate.measure(frame)
    # Half a millisecond is the aim; ten times that on a busy machine is a mistake in the code.
    assert (time.process_time() - began_s) / 50 < 0.005
