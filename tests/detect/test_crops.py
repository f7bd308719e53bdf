"""Which parts of frames are cut out around people."""

from hypothesis import given
from hypothesis import strategies as st

from livemon.base.datatypes import Box
from livemon.detect.crops import LEAST_SIDE, MOST_CROPS, choose_crops

edge = st.integers(0, 1000)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    top, left = draw(st.integers(0, 990)), draw(st.integers(0, 990))
    return top, left, draw(st.integers(top + 5, 1000)), draw(st.integers(left + 5, 1000))


def holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


@given(st.lists(st.lists(boxes(), max_size=6), max_size=8), st.sampled_from([9 / 16, 4 / 3, 16 / 9, 3.0]))
def test_each_person_is_in_a_crop_inside_the_frame_and_crops_are_few(people: list[list[Box]], aspect: float) -> None:
    chosen = choose_crops(people, aspect)
    assert len(chosen) == len(people)
    for found, crops in zip(people, chosen, strict=True):
        assert len(crops) <= MOST_CROPS and bool(crops) == bool(found)
        assert all(any(holds(crop, person) for crop in crops) for person in found)
        assert all(0 <= top < bottom <= 1000 and 0 <= left < right <= 1000 for top, left, bottom, right in crops)
        assert all((bottom - top) / 1000 >= LEAST_SIDE - 0.002 for top, _, bottom, _ in crops)


@given(st.lists(boxes(), min_size=1, max_size=6), st.sampled_from([4 / 3, 16 / 9]))
def test_the_order_of_people_does_not_matter(people: list[Box], aspect: float) -> None:
    assert {box for crop in choose_crops([people], aspect) for box in crop} == {
        box for crop in choose_crops([list(dict.fromkeys(people))], aspect) for box in crop
    }


def test_without_people_nothing_is_cut_out() -> None:
    assert choose_crops([(), ()], 16 / 9) == ((), ())


def test_a_person_has_a_margin() -> None:
    ((crop,),) = choose_crops([[(400, 450, 800, 550)]], 1.0)
    assert (crop[0], crop[2]) == (360, 841)


def test_near_people_share_a_crop_and_far_ones_do_not() -> None:
    near = [(300, 300, 800, 400), (300, 420, 800, 520)]
    far = [(300, 50, 800, 150), (300, 850, 800, 950)]
    assert [len(crops) for crops in choose_crops([near, far], 16 / 9)] == [1, 2]


def test_of_three_people_the_two_nearest_share_a_crop() -> None:
    left, middle, right = (400, 50, 600, 90), (400, 600, 600, 640), (400, 900, 600, 940)
    ((first, second),) = choose_crops([[left, right, middle]], 16 / 9)
    assert holds(first, left) and holds(second, middle) and holds(second, right)


def test_crops_of_one_question_have_one_shape() -> None:
    standing, lying = (300, 400, 700, 480), (700, 300, 800, 600)
    chosen = choose_crops([[standing], [standing], [lying]], 1.0)
    shapes = [(right - left) / (bottom - top) for ((top, left, bottom, right),) in chosen]
    assert max(shapes) - min(shapes) < 0.02


def test_a_crop_at_the_edge_is_moved_into_the_frame() -> None:
    ((crop,),) = choose_crops([[(0, 980, 60, 1000)]], 16 / 9)
    assert crop[0] == 0 and crop[3] == 1000 and crop[2] >= 200
