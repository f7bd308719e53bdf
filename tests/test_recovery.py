"""A source that knows every frame: what faults cost. The large form is a benchmark."""

from __future__ import annotations

import importlib
import itertools
import sys
from pathlib import Path
from typing import Any

import pytest

EXTRA_S = 3.0
"""What may be lost beyond the fault itself. A copy begins at a keyframe, and the source sends one a second."""


@pytest.fixture
def recovery(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    yield importlib.import_module("recovery")
    sys.modules.pop("recovery", None)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_fault_costs_little_more_than_itself_and_repeats_nothing(recovery: Any) -> None:
    rows, recorded = recovery.run(["ffmpeg killed", "server killed", "source away 20 s"])
    assert {(row.fault, row.camera): row.extra_s for row in rows if row.extra_s > EXTRA_S} == {}
    assert {(row.fault, row.camera): row.late_s for row in rows if row.late_s > recovery.DATED_WITHIN_S} == {}
    for camera, one in recorded.items():
        assert all(after > before for before, after in itertools.pairwise(one.numbers)), camera


def test_a_number_is_read_as_it_was_drawn(recovery: Any) -> None:
    for number in (0, 1, 12345, 2**24 - 1):
        assert recovery.number_in(recovery.drawn(number)) == number
    damaged = recovery.drawn(5)
    damaged[:, :16] = 255
    with pytest.raises(ValueError, match="cannot be read"):
        recovery.number_in(damaged)
