from datetime import timedelta
from pathlib import Path

from livemon.base.clock import Window
from livemon.base.datatypes import Segment
from livemon.stream.files.inventory import SETTLE_S, Inventory
from tests.conftest import MORNING

WINDOW = Window(MORNING)
NEXT = Window(WINDOW.end_utc)


def at(start_s: float, duration_s: float = 10.0) -> Segment:
    return Segment(MORNING + timedelta(seconds=start_s), duration_s, Path(f"{start_s}.ts"), duration_s)


def test_a_window_is_due_when_footage_reaches_its_end_or_it_has_settled() -> None:
    end = WINDOW.end_utc
    assert Inventory([at(590)]).due(end) == [WINDOW]
    cut = Inventory([at(100)])
    assert cut.due(end) == []
    assert cut.due(end + timedelta(seconds=SETTLE_S)) == [WINDOW]
    assert Inventory([at(590)], {WINDOW}).due(end) == []


def test_a_segment_that_is_told_makes_its_window_due() -> None:
    inventory = Inventory()
    inventory.add(at(580))
    assert inventory.due(WINDOW.end_utc) == []
    inventory.add(at(593.4, 8.2))
    assert inventory.due(WINDOW.end_utc) == [WINDOW]


def test_windows_that_closed_while_nothing_ran_are_due_oldest_first() -> None:
    due = Inventory([at(1300), at(10)]).due(MORNING + timedelta(hours=5))
    assert [w.start_utc for w in due] == [MORNING, MORNING + timedelta(minutes=20)]


def test_a_segment_belongs_to_the_window_of_its_first_frame_and_is_seen_by_the_next() -> None:
    inventory = Inventory([at(580), at(597), at(607)])
    assert inventory.touching(WINDOW) == [at(580), at(597)]
    assert inventory.touching(NEXT) == [at(597), at(607)]


def test_only_archived_segments_grow_old() -> None:
    inventory = Inventory([at(0), at(10), at(600)])
    later = MORNING + timedelta(days=1)
    assert inventory.take_old(later) == []
    inventory.archived(WINDOW, inventory.touching(WINDOW))
    assert inventory.due(later) == [NEXT]
    assert inventory.take_old(MORNING + timedelta(seconds=10)) == [at(0)]
    assert inventory.take_old(later) == [at(10)]
    assert inventory.take_old(later) == []


def test_a_segment_listed_twice_counts_once() -> None:
    assert Inventory([at(0), at(0)]).touching(WINDOW) == [at(0)]


def test_a_segment_that_comes_late_makes_its_window_due_again_with_all_its_segments() -> None:
    inventory = Inventory([at(570), at(580)])
    inventory.archived(WINDOW, inventory.touching(WINDOW))
    inventory.add(at(590, 30))
    assert inventory.due(WINDOW.end_utc) == [WINDOW]
    assert inventory.touching(WINDOW) == [at(570), at(580), at(590, 30)]


def test_a_segment_that_comes_while_its_window_is_archived_waits_for_the_next_time() -> None:
    inventory = Inventory([at(570), at(580)])
    taken = inventory.touching(WINDOW)
    inventory.add(at(590))
    inventory.archived(WINDOW, taken)
    assert inventory.due(WINDOW.end_utc) == [WINDOW]
    later = MORNING + timedelta(days=1)
    assert inventory.take_old(later) == [at(570), at(580)]
    assert inventory.touching(WINDOW) == [at(590)], "it is not archived, so it is not old"
