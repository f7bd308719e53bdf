"""The local model on drawn people: coming, staying, leaving, falling, and what is none of these."""

from __future__ import annotations

import numpy as np
import pytest
from livemon.vlm.local.people import PeopleWitness
from livemon.vlm.local.picture import Box

from livemon.base.datatypes import EventType, Image, LookReason, Observation, Severity
from livemon.base.model_types import Look
from livemon.vlm.local import LocalModel
from tests.vlm.drawn import START, ask, fall, frames, half_way, kinds, lying, room, standing, walk, watch

ROOM = room()
EMPTY = [ROOM] * 50


def first(observations: list[Observation], kind: str) -> Observation:
    return next(one for one in observations if one.kind == kind)


async def test_an_empty_room_is_not_worth_a_word() -> None:
    assert await watch(LocalModel(), EMPTY + EMPTY) == []


async def test_somebody_who_walks_in_has_come() -> None:
    pictures = [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)]
    said = await watch(LocalModel(), pictures)
    assert kinds(said) == ["person_came"]
    came = said[0]
    assert (came.event_type, came.severity) == (EventType.ACTIVITY, Severity.INFO)
    assert 11.5 <= (came.start_utc - START).total_seconds() <= 13.5
    assert 0.5 <= came.confidence <= 0.9
    assert "cannot tell a person from a large pet" in came.description


async def test_what_is_asked_of_the_past_does_not_change_what_is_remembered() -> None:
    model = LocalModel()
    await watch(model, [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)])
    await ask(model, Look("cam", LookReason.ASKED, tuple(frames(EMPTY))))
    said = await watch(model, [*([standing(ROOM, 160)] * 10), *walk(ROOM, 160, 350, 15), *([ROOM] * 25)], 30)
    assert kinds(said) == ["person_left"], "and nobody came anew"


async def test_somebody_who_walks_out_has_left() -> None:
    model = LocalModel()
    await watch(model, [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)])
    said = await watch(model, [*([standing(ROOM, 160)] * 10), *walk(ROOM, 160, 350, 15), *([ROOM] * 25)], 20)
    assert kinds(said) == ["person_left"]
    assert 21.5 <= (said[0].start_utc - START).total_seconds() <= 25


async def test_presence_is_told_at_the_transition_and_not_repeated() -> None:
    moving = [standing(ROOM, 160, swing=4 * (i % 4)) for i in range(50)]
    said = await watch(LocalModel(), [*EMPTY, *walk(ROOM, 350, 160, 15), *moving[:35], *moving, *moving])
    assert kinds(said).count("person_came") == 1
    assert "person_present" not in kinds(said)


async def test_leaving_at_the_seam_of_two_looks_is_told_by_the_later() -> None:
    model = LocalModel()
    await watch(model, [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)])
    leaves_at_the_end = [*([standing(ROOM, 160)] * 35), *walk(ROOM, 160, 330, 15)]
    said = await watch(model, [*leaves_at_the_end, *([ROOM] * 50)], 20)
    assert "person_left" in kinds(said)


async def test_leaving_while_nobody_looked_is_told_by_the_next_look() -> None:
    model = LocalModel()
    await watch(model, [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)])
    assert kinds(await watch(model, EMPTY, 180)) == ["person_left"]


async def test_a_first_look_is_less_sure() -> None:
    pictures = [*([ROOM] * 15), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 20)]
    unknown_room = first(await watch(LocalModel(), pictures), "person_came")
    known = first(await watch(LocalModel(), [*EMPTY, *pictures]), "person_came")
    assert unknown_room.confidence < known.confidence
    assert "first time" in unknown_room.description


async def test_something_low_and_long_is_movement_not_a_person() -> None:
    def cat(x: int) -> Image:
        drawn = ROOM.copy()
        drawn[180:205, max(0, x - 30) : max(0, min(320, x + 30))] = (30, 30, 30)
        return drawn

    said = await watch(LocalModel(), [*EMPTY, *([ROOM] * 10), *(cat(x) for x in range(350, -50, -10))])
    assert kinds(said) == ["movement"]


async def test_what_crosses_without_stopping_is_movement() -> None:
    def car(x: int) -> Image:
        drawn = ROOM.copy()
        drawn[80:200, max(0, x - 40) : max(0, min(320, x + 40))] = (200, 60, 20)
        return drawn

    passing = [car(x) for x in range(-40, 370, 20)]
    said = await watch(LocalModel(), [*EMPTY, *([ROOM] * 10), *passing, *([ROOM] * 15)])
    assert kinds(said) == ["movement"]
    assert "without stopping" in said[0].description


async def test_many_moving_things_are_no_people() -> None:
    def traffic(i: int) -> Image:
        drawn = ROOM.copy()
        for lane in range(5):
            x = (i * 12 + lane * 65) % 320
            drawn[20 + 45 * lane : 50 + 45 * lane, x : x + 40] = (20, 20, 30 * lane)
        return drawn

    said = await watch(LocalModel(), [traffic(i) for i in range(100)])
    assert set(kinds(said)) == {"movement"}
    assert "Several things" in said[0].description


async def test_a_shaken_camera_is_no_person() -> None:
    rng = np.random.default_rng(3)
    shaken = [np.roll(ROOM, tuple(rng.integers(-25, 25, 2)), (0, 1)) for _ in range(50)]
    said = await watch(LocalModel(), [*EMPTY, *shaken])
    assert not [kind for kind in kinds(said) if kind.startswith("person") or kind == "possible_fall"]


async def test_who_falls_and_stays_down_is_a_possible_fall_and_a_warning() -> None:
    pictures = [*EMPTY, *walk(ROOM, 350, 200, 15), *([standing(ROOM, 200)] * 10), *fall(ROOM, 200, 22)]
    said = await watch(LocalModel(), pictures)
    found = first(said, "possible_fall")
    assert (found.event_type, found.severity) == (EventType.SAFETY, Severity.WARNING)
    assert found.confidence <= 0.75
    assert 14.5 <= (found.start_utc - START).total_seconds() <= 16
    assert "on purpose" in found.description
    assert "person_left" not in kinds(said)


async def test_a_fall_in_a_first_look_is_found() -> None:
    said = await watch(LocalModel(), [*walk(ROOM, 100, 200, 12), *fall(ROOM, 200, 30)])
    assert "possible_fall" in kinds(said)


async def test_a_fall_over_the_seam_of_two_looks_is_told_once_with_times_of_the_later() -> None:
    walking = [*walk(ROOM, 350, 200, 15), *([standing(ROOM, 200)] * 30)]
    pictures = [*EMPTY, *walking, *fall(ROOM, 200, 60)]
    said = [one for one in await watch(LocalModel(), pictures) if one.kind == "possible_fall"]
    assert len(said) == 1
    assert (said[0].start_utc - START).total_seconds() >= 20


async def test_who_bends_down_and_rises_has_not_fallen() -> None:
    bends = [half_way(ROOM, 200)] * 3 + [standing(ROOM, 200)] * 22
    said = await watch(LocalModel(), [*EMPTY, *walk(ROOM, 350, 200, 15), *([standing(ROOM, 200)] * 10), *bends])
    assert "possible_fall" not in kinds(said)


async def test_who_walks_out_over_the_lower_edge_has_not_fallen() -> None:
    out = [standing(ROOM, 200, feet=220 + 12 * i, swing=4 * (i % 3)) for i in range(14)]
    said = await watch(
        LocalModel(), [*EMPTY, *walk(ROOM, 350, 200, 15), *([standing(ROOM, 200)] * 10), *out, *([ROOM] * 11)]
    )
    assert "possible_fall" not in kinds(said)


async def test_lying_down_is_not_leaving() -> None:
    said = await watch(
        LocalModel(), [*EMPTY, *walk(ROOM, 350, 200, 15), *([standing(ROOM, 200)] * 10), *fall(ROOM, 200, 100)]
    )
    assert "person_left" not in kinds(said)


async def test_a_letter_box_changes_nothing() -> None:
    def boxed(picture: Image) -> Image:
        framed = np.zeros_like(picture)
        framed[30:210] = picture[30:210]
        return framed

    pictures = [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)]
    assert kinds(await watch(LocalModel(), [boxed(p) for p in pictures])) == ["person_came"]


async def test_thinned_frames_are_enough() -> None:
    pictures = [*([ROOM] * 20), *walk(ROOM, 350, 160, 30), *([standing(ROOM, 160)] * 50)]
    model = LocalModel()
    await watch(model, EMPTY)
    shown = frames(pictures, 20)[::2]
    answer = await ask(model, Look("cam", LookReason.INTERVAL, tuple(shown)))
    assert kinds(answer.observations) == ["person_came"]


async def test_cameras_do_not_share_memory() -> None:
    model = LocalModel()
    await watch(model, EMPTY)
    other = frames([lying(room(3), 200)] * 50, camera_id="other")
    answer = await ask(model, Look("other", LookReason.INTERVAL, tuple(other)))
    assert answer.observations == ()
    assert await watch(model, EMPTY, 20) == []


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livemon.vlm.local.MAX_CAMERAS", 2)
    model = LocalModel()
    for camera_id in ("a", "b", "c"):
        await ask(model, Look(camera_id, LookReason.INTERVAL, tuple(frames([ROOM] * 3, camera_id=camera_id))))
    assert list(model._memories) == ["b", "c"]


async def test_another_scene_is_not_somebody_coming() -> None:
    said = await watch(LocalModel(), [*EMPTY, *([ROOM] * 25), *([room(99)] * 25), *([room(99)] * 50)])
    assert not [kind for kind in kinds(said) if kind.startswith("person")]


@pytest.mark.parametrize("size", [(32, 384), (127, 384), (480, 63), (1, 1)])
def test_a_picture_smaller_than_the_detectors_window_shows_no_person_and_kills_no_process(
    size: tuple[int, int],
) -> None:
    picture = np.full((*size, 3), 128, np.uint8)
    assert not PeopleWitness().sees_upright_person([picture], [Box(0, 0, size[1], size[0])], size[1])
