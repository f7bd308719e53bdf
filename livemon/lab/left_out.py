"""Windows that `studies_need_people` would leave out of the studies, and the labelled events that would be lost.

Reads kept detections; nothing is decoded, asked or written. The rule itself lives in cameras/rule_windows.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pandas as pd

from livemon.base.clock import WINDOW, Window
from livemon.base.datatypes import Severity
from livemon.lab.data.dataset import Dataset, Item
from livemon.store.detections import detections_between
from livemon.store.session import Database

LEFT_OUT_COLUMNS = {
    "camera_id": "str",
    "window_start_utc": "datetime64[us, UTC]",
    "searched": "int64",
    "left_out": "bool",
    "events": "int64",
    "grave": "int64",
}


def left_out(database: Database, dataset: Dataset) -> pd.DataFrame:
    """Return a row with `LEFT_OUT_COLUMNS` for each window of a dataset, in time order; blocks briefly.

    `searched` is the number of the window's pictures that were searched for people. `left_out` says whether some were
    searched for people and pets, and none was in any. The live rule leaves out fewer: it also wants a searched
    picture near each motion, and nothing in the looks. `events` are the labelled ones that reach into the window, and
    `grave` the dangers and warnings among them.
    """
    rows = [_row(database, item, start) for item in dataset.items for start in _windows(item)]
    table = pd.DataFrame(rows, columns=list(LEFT_OUT_COLUMNS)).astype(LEFT_OUT_COLUMNS)
    return table.sort_values(["camera_id", "window_start_utc"], ignore_index=True)


def _windows(item: Item) -> Iterator[datetime]:
    start = Window.containing(item.start_utc).start_utc
    while start < item.end_utc:
        yield start
        start += WINDOW


def _row(database: Database, item: Item, start: datetime) -> dict[str, object]:
    end = start + WINDOW
    found = detections_between(database, item.camera_id, start, end)
    seen = any(one.people or one.pets for one in found)
    truths = [one for one in item.truths if one.start_utc < end and one.end_utc >= start]
    return {
        "camera_id": item.camera_id,
        "window_start_utc": start,
        "searched": len(found),
        "left_out": not seen and any(one.pets is not None for one in found),
        "events": len(truths),
        "grave": sum(one.severity.rank >= Severity.WARNING.rank for one in truths),
    }
