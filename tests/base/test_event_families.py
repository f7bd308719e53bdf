from typing import get_args

import pandas as pd
import pytest

from livemon.base.event_families import FAMILIES, NOUNS, WILDCARD, counted, families, family, same
from livemon.vlm.answers import Kind


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("fall", "person_falls"),
        ("possible_fall", "person_falls"),
        ("climbing", "child_climbs"),
        ("climbing", "child_climbs_down"),
        ("person_came", "person_enters"),
        ("person_left", "person_leaves"),
        ("left_the_area", "person_leaves"),
        ("sleeping", "person_lies"),
        ("play", "child_plays"),
        ("play", "person_plays"),
        ("eating", "person_eats"),
        ("gross_motor", "person_crawls"),
        ("person_present", "person_visible"),
        ("lights_changed", "lighting_change"),
    ],
)
def test_a_model_and_a_label_mean_the_same_thing(model: str, label: str) -> None:
    assert family(model) == family(label)
    assert same(model, label)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fall", "climbing"),
        ("person_came", "person_left"),
        ("fire", "water"),
        ("fall", "person_lies"),
        ("other_risk", "fall"),
    ],
)
def test_different_things_are_not_the_same(one: str, other: str) -> None:
    assert not same(one, other)


def test_missed_is_whatever_the_other_is() -> None:
    assert same(WILDCARD, "fire")
    assert same("fall", WILDCARD)


def test_an_unknown_kind_is_a_family_of_its_own() -> None:
    assert family("juggling") == "juggling"
    assert same("juggling", "juggling")
    assert not same("juggling", "fall")


def test_no_kind_is_in_two_families_and_a_family_holds_its_own_name() -> None:
    kinds = [kind for several in FAMILIES.values() for kind in several]
    assert len(kinds) == len(set(kinds))
    # A label may name the family; and an unknown kind must not fall into a family by bearing its name.
    assert all(family(name) == name for name in (*FAMILIES, *(family(kind) for kind in kinds)))
    assert set(NOUNS) <= set(FAMILIES)


def test_each_kind_that_a_model_may_answer_has_a_countable_family() -> None:
    kinds = [kind for part in get_args(Kind) for kind in (get_args(part) or (part,))]
    assert "fall" in kinds
    assert all("_" not in counted(2, family(kind)) for kind in kinds)


def test_many_kinds_at_once_are_the_same_as_one_by_one() -> None:
    kinds = pd.Series(["person_falls", "juggling", "missed", "person_falls"], dtype="str")
    assert families(kinds).tolist() == ["fall", "juggling", "missed", "fall"]
    assert families(kinds[:0]).dtype == "str"


def test_families_are_counted_in_english() -> None:
    assert counted(1, "fall") == "1 fall"
    assert counted(41, "fall") == "41 falls"
    assert counted(0, "climbing") == "0 climbs"
    assert counted(1, None) == "1 event"
    assert counted(1200, WILDCARD) == "1,200 events"
    assert counted(2, "hot_or_sharp") == "2 events of hot or sharp"
