"""What pictures show, and that the labels tell the same."""

from dataclasses import replace

import numpy as np
import pytest

from livemon.sim.scenes import Label, clip_names, draw_frame, scene_clip
from livemon.sim.scenes.actions import PEOPLE, Kind, state_at
from livemon.sim.scenes.clip import FPS, SceneClip
from livemon.sim.scenes.figures import shape
from livemon.sim.scenes.picture import Image, Painter
from livemon.sim.scenes.shapes import box_px


def luma(picture: Image) -> np.ndarray:
    return picture.astype(np.float32).mean(axis=2)


def without(clip: SceneClip, *kinds: Kind) -> SceneClip:
    return replace(clip, actors=tuple(actor for actor in clip.actors if actor.kind not in kinds))


def difference(painter: Painter, clip: SceneClip, time_s: float, *kinds: Kind) -> np.ndarray:
    """Where the picture differs from the same moment without these actors, far beyond noise."""
    seen, empty = painter.frame(clip, time_s), painter.frame(without(clip, *kinds), time_s)
    return np.abs(luma(seen) - luma(empty)) > 12


def inside(spans: list[list[float]], time_s: float) -> bool:
    return any(start_s <= time_s < end_s for start_s, end_s in spans)


def event_span(label: Label, kind: str, severity: str = "info") -> tuple[float, float]:
    found = [event for event in label["events"] if (event["type"], event["severity"]) == (kind, severity)]
    assert found, f"{label['clip']} has no {kind}"
    return found[0]["start_s"], found[0]["end_s"]


@pytest.mark.parametrize("name", clip_names())
def test_people_are_in_the_picture_exactly_when_the_label_says_so(
    name: str, painter: Painter, labels: dict[str, Label]
) -> None:
    clip = scene_clip(name)
    spans = labels[name]["people_visible_s"]
    edges_s = [edge for span in spans for edge in span if 0 < edge < clip.duration_s]
    around_s = [edge + d / FPS for edge in edges_s for d in (-5, 5)]
    for time_s in [*np.arange(0.5, clip.duration_s, 5.3), *around_s]:
        lit = luma(painter.frame(clip, time_s)).mean() > 60
        shown = difference(painter, clip, time_s, *PEOPLE).sum() > 15
        assert shown == inside(spans, time_s) or not lit, f"{name} at {time_s:.2f} s"


def test_the_cat_is_in_the_picture_exactly_when_the_label_says_so(painter: Painter, labels: dict[str, Label]) -> None:
    clip = scene_clip("05_cat_alone")
    start_s, end_s = event_span(labels[clip.name], "animal")
    for time_s, shown in ((start_s - 0.4, False), (start_s + 0.4, True), (end_s - 0.4, True), (end_s + 0.4, False)):
        assert (difference(painter, clip, time_s, Kind.CAT).sum() > 15) == shown


def test_an_empty_room_is_still_but_never_a_repeated_picture(painter: Painter, labels: dict[str, Label]) -> None:
    clip = scene_clip("05_cat_alone")
    assert labels[clip.name]["motion_s"][0][0] >= 10
    one, other = painter.frame(clip, 4.0), painter.frame(clip, 4.0 + 1 / FPS)
    change = np.abs(luma(one) - luma(other))
    assert 0.5 < change.mean() < 4
    assert change.max() < 25


def test_a_fall_goes_from_upright_to_low_and_wide_at_once_and_stays(painter: Painter, labels: dict[str, Label]) -> None:
    clip = scene_clip("03_fall")
    start_s, end_s = event_span(labels[clip.name], "person_falls", "danger")
    lies_s = event_span(labels[clip.name], "person_lies", "danger")

    def width_height(time_s: float) -> tuple[int, int]:
        ys, xs = np.nonzero(difference(painter, clip, time_s, Kind.CHILD))
        return int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1

    stood_wide, stood_high = width_height(start_s - 0.1)
    lay_wide, lay_high = width_height(end_s + 0.1)
    assert end_s - start_s < 1.0
    assert stood_high > 1.3 * stood_wide
    assert lay_wide > 1.3 * lay_high
    assert lay_high < 0.6 * stood_high
    assert lies_s[1] - lies_s[0] >= 8
    middle_s = sum(lies_s) / 2
    assert width_height(middle_s) == pytest.approx((lay_wide, lay_high), abs=6)


def test_a_nap_is_lain_down_to_slowly(labels: dict[str, Label]) -> None:
    clip = scene_clip("06_nap")
    start_s, end_s = event_span(labels[clip.name], "person_lies")
    assert end_s - start_s >= 10
    child = next(actor for actor in clip.actors if actor.kind is Kind.CHILD)
    tops = [
        box_px(shape(Kind.CHILD, state_at(child, i / FPS)))[1]
        for i in range(int((start_s - 6) * FPS), int((start_s + 2) * FPS))
    ]
    assert max(np.diff(tops)) < 8, "no drop by more than 8 px from a frame to the next"


def test_lights_off_is_dark_and_on_again_is_as_before(painter: Painter, labels: dict[str, Label]) -> None:
    clip = scene_clip("07_lights_off")
    off, on = (e for e in labels[clip.name]["events"] if e["type"] == "lighting_change")
    assert on["start_s"] - off["end_s"] >= 8
    before = luma(painter.frame(clip, off["start_s"] - 0.2)).mean()
    dark = luma(painter.frame(clip, (off["end_s"] + on["start_s"]) / 2)).mean()
    after = luma(painter.frame(clip, on["end_s"] + 0.2)).mean()
    assert dark < 25 < 80 < before
    assert after == pytest.approx(before, abs=1)


def test_the_same_moment_gives_the_same_bytes(painter: Painter) -> None:
    clip = scene_clip("04_grown_up")
    picture = draw_frame(clip, 6.0)
    assert picture.shape == (480, 640, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, painter.frame(clip, 6.0))


def test_a_part_shows_what_the_whole_shows_later(painter: Painter) -> None:
    whole, part = scene_clip("03_fall"), scene_clip("03_fall", start_s=5.0, duration_s=2.0)
    assert np.array_equal(painter.frame(whole, 5.6), painter.frame(part, 0.6))
