"""The local model on drawn people: coming, staying, leaving, falling, what is none of these, and when it is blind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livemon.base.datatypes import EventType, Image, LookReason, Observation, Severity
from livemon.base.detections import Sighting
from livemon.base.messages.catalog import languages, template, text
from livemon.base.model_types import Look, Scene, Study
from livemon.detect.people import PEOPLE_WEIGHTS, PeopleDetector
from livemon.vlm.local import LocalModel
from livemon.vlm.local.words import DETAILS, KINDS, observation
from tests.vlm.drawn import START, ask, fall, frames, half_way, kinds, local_model, room, standing, walk, watch
from tests.vlm.test_provider_contract import STUDY_TERMS

ROOM = room()
EMPTY = [ROOM] * 50


def first(observations: list[Observation], kind: str) -> Observation:
    return next(one for one in observations if one.kind == kind)


async def test_an_empty_room_is_not_worth_a_word() -> None:
    assert await watch(local_model(), EMPTY + EMPTY) == []


async def test_somebody_who_walks_in_has_come() -> None:
    pictures = [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)]
    said = await watch(local_model(), pictures)
    assert kinds(said) == ["person_came"]
    came = said[0]
    assert (came.event_type, came.severity) == (EventType.ACTIVITY, Severity.INFO)
    assert 11.5 <= (came.start_utc - START).total_seconds() <= 13.5
    assert 0.5 <= came.confidence <= 0.9
    assert "People in the picture now: 1." in came.description


async def test_what_is_asked_of_the_past_does_not_change_what_is_remembered() -> None:
    model = local_model()
    await watch(model, [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)])
    await ask(model, Look("cam", LookReason.ASKED, tuple(frames(EMPTY))))
    said = await watch(model, [*([standing(ROOM, 160)] * 10), *walk(ROOM, 160, 350, 15), *([ROOM] * 25)], 20)
    assert kinds(said) == ["person_left"], "and nobody came anew"


async def test_leaving_at_the_seam_of_two_looks_is_told_by_the_later() -> None:
    model = local_model()
    await watch(model, [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)])
    leaves_at_the_end = [*([standing(ROOM, 160)] * 35), *walk(ROOM, 160, 350, 15)]
    assert kinds(await watch(model, [*leaves_at_the_end, *([ROOM] * 50)], 20)) == ["person_left"]


async def test_something_without_a_body_is_movement_and_no_person() -> None:
    def cat(x: int) -> Image:
        drawn = ROOM.copy()
        drawn[180:205, max(0, x - 30) : max(0, min(320, x + 30))] = (30, 30, 30)
        return drawn

    said = await watch(local_model(), [*EMPTY, *([ROOM] * 10), *(cat(x) for x in range(350, -50, -10))])
    assert kinds(said) == ["movement"]
    assert "No person was recognised" in said[0].description


async def test_a_shaken_camera_is_no_person() -> None:
    rng = np.random.default_rng(3)
    shaken = [np.roll(ROOM, tuple(rng.integers(-25, 25, 2)), (0, 1)) for _ in range(50)]
    assert set(kinds(await watch(local_model(), [*EMPTY, *shaken]))) <= {"movement"}


async def test_who_falls_and_stays_down_is_a_danger_with_its_confidence() -> None:
    pictures = [*EMPTY, *walk(ROOM, 350, 200, 15), *([standing(ROOM, 200)] * 10), *fall(ROOM, 200, 22)]
    said = await watch(local_model(), pictures)
    found = first(said, "possible_fall")
    assert (found.event_type, found.severity) == (EventType.SAFETY, Severity.DANGER)
    assert 0.5 <= found.confidence <= 0.9
    assert 14 <= (found.start_utc - START).total_seconds() <= 16
    assert "on purpose" in found.description
    assert found.box is not None
    assert "person_left" not in kinds(said)


async def test_a_fall_over_the_seam_of_two_looks_is_told_once_with_times_of_the_later() -> None:
    walking = [*walk(ROOM, 350, 200, 15), *([standing(ROOM, 200)] * 30)]
    pictures = [*EMPTY, *walking, *fall(ROOM, 200, 60)]
    said = [one for one in await watch(local_model(), pictures) if one.kind == "possible_fall"]
    assert len(said) == 1
    assert (said[0].start_utc - START).total_seconds() >= 18


async def test_who_bends_down_and_rises_has_not_fallen() -> None:
    bends = [half_way(ROOM, 200)] * 3 + [standing(ROOM, 200)] * 22
    said = await watch(local_model(), [*EMPTY, *walk(ROOM, 350, 200, 15), *([standing(ROOM, 200)] * 10), *bends])
    assert "possible_fall" not in kinds(said)


async def test_a_letter_box_changes_nothing() -> None:
    def boxed(picture: Image) -> Image:
        framed = np.zeros_like(picture)
        framed[30:210] = picture[30:210]
        return framed

    pictures = [*EMPTY, *([ROOM] * 10), *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 25)]
    assert kinds(await watch(local_model(), [boxed(p) for p in pictures])) == ["person_came"]


async def test_cameras_do_not_share_what_they_remember() -> None:
    model = local_model()
    await watch(model, [standing(ROOM, 160)] * 50)
    other = frames([ROOM] * 50, camera_id="other")
    answer = await ask(model, Look("other", LookReason.INTERVAL, tuple(other)))
    assert answer.observations == ()


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livemon.vlm.local.MAX_CAMERAS", 2)
    model = local_model()
    for camera_id in ("a", "b", "c"):
        await ask(model, Look(camera_id, LookReason.INTERVAL, tuple(frames([ROOM] * 3, camera_id=camera_id))))
    assert list(model._watchers) == ["b", "c"]


async def test_a_look_that_was_watched_is_put_into_words_and_not_watched_again() -> None:
    shown = tuple(frames([standing(ROOM, 160)] * 20))
    seen = Sighting("person_lies", START, START, (START,), 0.6, "lies_for", {"duration_s": 31.0}, (1, 2, 3, 4))
    answer = await ask(local_model(), Look("cam", LookReason.MOTION, shown, sightings=(seen,)))
    assert answer.observations == (observation(seen),)
    assert answer.observations[0].description.startswith("It has lasted for 31 s.")
    assert (await ask(local_model(), Look("cam", LookReason.MOTION, shown, sightings=()))).observations == ()


async def test_weights_that_cannot_be_used_leave_motion_and_are_told_once(tmp_path: Path) -> None:
    model = local_model(PeopleDetector(replace(PEOPLE_WEIGHTS, path=tmp_path / "people.onnx")))
    said = await watch(model, [*EMPTY, *walk(ROOM, 350, 160, 15), *([standing(ROOM, 160)] * 35), *EMPTY])
    assert [kind for kind in kinds(said) if kind != "movement"] == ["people_unseen"]
    assert "movement" in kinds(said)
    told = first(said, "people_unseen")
    assert (told.event_type, told.severity) == (EventType.SYSTEM, Severity.WARNING)


async def test_without_a_detector_it_sees_motion_and_says_nothing_of_people() -> None:
    from livemon.detect.watch_factory import FrameWatcher

    said = await watch(LocalModel(lambda: FrameWatcher(None)), [*EMPTY, *walk(ROOM, 350, 160, 15), *EMPTY])
    assert set(kinds(said)) == {"movement"}


async def test_a_study_speaks_the_scenes_language() -> None:
    shown = tuple(frames([*([ROOM] * 10), *walk(ROOM, 350, 200, 15), *fall(ROOM, 200, 40)]))
    for language, title in (("en", "Someone may have fallen"), ("ko", "누군가 넘어졌을 수 있습니다")):
        study = Study("cam", shown[0].utc, 600, shown, scene=Scene(language=language))
        result = (await ask(local_model(), study, STUDY_TERMS)).result
        assert result is not None
        assert title in result["summary"]
        assert (result["incident_count"], result["incidents"][0]["severity"]) == (1, "danger")


def test_every_sighting_has_its_words_in_every_language() -> None:
    codes = [words.title for words in KINDS.values()] + [words.description for words in KINDS.values()]
    for code in filter(None, [*codes, *DETAILS.values(), "watch.people_now", "watch.described", "watch.seen"]):
        for language in languages():
            assert template(code, language) is not None, code
            assert language == "en" or code == "watch.described" or template(code, language) != template(code, "en")


def test_an_event_keeps_its_message_and_says_it_in_another_language() -> None:
    values = {"sank_s": 0.8, "lies_s": 2.0, "count": 1.0}
    sighting = Sighting("possible_fall", START, START, (START,), 0.8, "sank_and_lies", values)
    seen = observation(sighting)
    assert seen.title == "Someone may have fallen"
    assert seen.description.startswith(
        "Someone sank within 0.8 s and then lay for at least 2.0 s. People in the picture"
    )
    assert seen.said is not None
    title, description = seen.said
    assert text(title, "ko") == "누군가 넘어졌을 수 있습니다"
    assert "0.8초 안에" in text(description, "ko")
