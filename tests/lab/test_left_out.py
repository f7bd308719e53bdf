"""What would be lost when windows without people were not studied, by kept detections and labels."""

from __future__ import annotations

from datetime import timedelta

from livemon.base.clock import WINDOW
from livemon.base.datatypes import Severity
from livemon.base.detections import Detections
from livemon.lab.data.dataset import Dataset, Item, Truth
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.store.detections import add_detections
from tests.conftest import MORNING
from tests.detect.bodies import standing

CAM = "camera-1"


def test_windows_without_people_are_left_out_and_their_events_lost(monitor: Monitor) -> None:
    writes.upsert_camera(monitor.database, CAM, "Playroom", "", MORNING)
    starts = [MORNING + n * WINDOW for n in range(4)]
    minute = timedelta(minutes=1)
    for start, people, pets in ((starts[0], (), ()), (starts[1], (standing(0.5),), ()), (starts[2], (), None)):
        add_detections(monitor.database, CAM, [Detections(start + minute, people, pets)])
    grave = Truth(MORNING + minute, MORNING + 2 * minute, "fall", Severity.DANGER)
    mild = Truth(starts[1] - minute, starts[1], "walking", Severity.INFO)
    item = Item(CAM, MORNING, starts[3] + minute, "hash", (grave, mild))
    windows = monitor.lab.windows_left_out(Dataset("labelled", (item,)))
    assert windows["window_start_utc"].tolist() == starts
    assert windows["searched"].tolist() == [1, 1, 1, 0]
    assert windows["left_out"].tolist() == [True, False, False, False], "pets unknown, and not watched at all, stay"
    assert windows["events"].tolist() == [2, 1, 0, 0]
    assert windows["grave"].tolist() == [1, 0, 0, 0]
    assert monitor.lab.windows_left_out(Dataset("none", ())).empty
