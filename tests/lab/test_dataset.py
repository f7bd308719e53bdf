"""Datasets: content hash, splits, and the tables that scoring takes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from livemon.base.datatypes import Severity
from livemon.base.errors import LabError
from livemon.lab.data.dataset import Dataset, Item, Stretch, Truth, at_night
from tests.conftest import MORNING


def item(number: int = 0, *, cluster: str = "", truths: int = 1) -> Item:
    start = MORNING + timedelta(minutes=10 * number)
    happened = tuple(
        Truth(start + timedelta(seconds=10 * n), start + timedelta(seconds=10 * n + 5), "fall", Severity.DANGER)
        for n in range(truths)
    )
    return Item(
        "hall", start, start + timedelta(minutes=10), "abc", happened, hours=1 / 6, cluster=cluster or f"hall {number}"
    )


def test_the_version_is_of_the_content_and_not_of_the_name() -> None:
    one, two = Dataset("one", (item(),), "by hand"), Dataset("two", (item(),), "by lot")
    assert one.version == two.version
    assert Dataset("one", (item(truths=2),)).version != one.version
    assert Dataset("one", (replace(item(), weight=2.0),)).version != one.version


def test_an_item_is_known_by_its_footage_and_not_by_what_is_said_of_it() -> None:
    assert item(truths=2).id == item(truths=0).id
    assert replace(item(), footage="other").id != item().id
    assert replace(item(), end_utc=item().end_utc + timedelta(microseconds=1)).id == item().id


def test_the_same_footage_twice_is_refused() -> None:
    with pytest.raises(LabError, match="same footage twice"):
        Dataset("one", (item(), item(truths=0)))


def test_a_dataset_comes_back_from_what_is_kept_of_it() -> None:
    unsure = Stretch(MORNING, MORNING + timedelta(seconds=3))
    made = Dataset("one", (replace(item(), unsure=(unsure,), night=True, weight=2.5), item(1, truths=0)), "by hand")
    again = Dataset.from_content(made.content)
    assert again == made
    assert again.version == made.version


def test_whole_clusters_are_held_out_and_always_the_same_ones() -> None:
    data = Dataset("days", tuple(item(n, cluster=f"hall {n // 3}") for n in range(30)))
    work, rest = data.split(0.3)
    assert len(rest.items) == 9
    assert not {one.cluster for one in work.items} & {one.cluster for one in rest.items}
    assert {one.id for one in work.items} | {one.id for one in rest.items} == {one.id for one in data.items}
    assert data.split(0.3)[1].version == rest.version
    again = Dataset("days", tuple(reversed(data.items))).split(0.3)[1]
    assert {one.id for one in again.items} == {one.id for one in rest.items}


@pytest.mark.parametrize("held_out", [0.0, 0.01, 1.0])
def test_some_is_held_out_and_some_is_left_whatever_is_asked_for(held_out: float) -> None:
    work, rest = Dataset("days", (item(0), item(1))).split(held_out)
    assert (len(work.items), len(rest.items)) == (1, 1)


@pytest.mark.parametrize("held_out", [-0.1, 1.1, float("nan"), float("inf"), "some"])
def test_what_is_no_share_cannot_be_held_out(held_out: float) -> None:
    with pytest.raises(LabError, match="must be a share of the camera-days"):
        Dataset("days", (item(0), item(1))).split(held_out)


def test_one_camera_day_cannot_be_held_out() -> None:
    with pytest.raises(LabError, match="one camera-day"):
        Dataset("day", (item(0, cluster="hall"), item(1, cluster="hall"))).split()


def test_tables_have_their_types_also_when_they_are_empty() -> None:
    empty, full = Dataset("none", ()), Dataset("one", (replace(item(), unsure=(Stretch(MORNING, MORNING),)),))
    for name in ("items_table", "truths_table", "ignored_table"):
        assert getattr(empty, name)().dtypes.to_dict() == getattr(full, name)().dtypes.to_dict()
    truth = full.truths_table().iloc[0]
    assert (truth["start_s"], truth["end_s"] - truth["start_s"]) == (MORNING.timestamp(), 5.0)
    assert len(empty.table()) == 0


def test_the_table_for_people_counts_dangers() -> None:
    row = Dataset("one", (item(truths=3),)).table().iloc[0]
    assert (row["events"], row["dangers"], row["duration_s"]) == (3, 3, 600.0)


def test_an_item_that_is_not_there_is_refused() -> None:
    data = Dataset("one", (item(),))
    assert data.item(item().id) is data.items[0]
    with pytest.raises(LabError, match="no item nothing"):
        data.item("nothing")


@pytest.mark.parametrize(("hour", "night"), [(6, True), (7, False), (19, False), (20, True), (23, True), (0, True)])
def test_night_is_from_eight_to_seven(hour: int, night: bool) -> None:
    start = datetime(2026, 11, 20, hour, tzinfo=UTC)
    assert at_night(start, start + timedelta(minutes=10), UTC) is night
