"""The detector of one's own in docs/local-model.md, run as it stands there, over a network made of bytes here."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from livemon.base.datatypes import Frame
from livemon.base.detections import Detector
from livemon.detect.registry import DETECTORS, open_detector
from livemon.detect.watch_factory import FrameWatcher
from tests.vlm.drawn import FPS, START, room

DOCS = Path(__file__).parents[2] / "docs" / "local-model.md"
ROWS = np.array([[0.1, 0.2, 0.3, 0.9, 0.4], [0.5, 0.2, 0.7, 0.9, 0.8], [0.0, 0.0, 1.0, 1.0, 0.05]], np.float32)
"""Left, top, right, bottom, score."""


def test_the_documented_detector_is_30_lines_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(import threading.*?)^```", DOCS.read_text(), re.M | re.S)
    assert len([line for line in code.splitlines() if line.strip()]) <= 30
    (tmp_path / "mine.onnx").write_bytes(network(ROWS))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(DETECTORS, "mine", DETECTORS["people"])  # so that what the example enters is taken out again
    exec(compile(code, DOCS.name, "exec"), {})
    detector = open_detector("mine")
    assert isinstance(detector, Detector)
    people = detector.people(np.full((480, 640, 3), 90, np.uint8))
    assert [round(one.score, 2) for one in people] == [0.8, 0.4]
    assert people[0].box == (200, 500, 900, 700)
    frames = [Frame("hall", START + timedelta(seconds=i / FPS), room()) for i in range(3 * FPS)]
    said = FrameWatcher(detector).take(frames)
    assert [one.kind for one in said if one.kind.startswith("person")] == ["person_present", "person_present"]


# ONNX as protobuf has it, for a network that answers ROWS whatever it is shown.


def network(rows: np.ndarray) -> bytes:
    """Mean of the picture, times zero, plus the rows."""
    count = rows.size
    nodes = [
        _node("GlobalAveragePool", ["shown"], "mean"),
        _node("Conv", ["mean", "zeros", "rows"], "flat"),
        _node("Reshape", ["flat", "shape"], "found"),
    ]
    kept = [
        _tensor("zeros", np.zeros((count, 3, 1, 1), np.float32)),
        _tensor("rows", rows.ravel()),
        _tensor("shape", np.array([1, *rows.shape], np.int64)),
    ]
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"g") + b"".join(_field(5, one) for one in kept)
    graph += _field(11, _value("shown", (1, 3, 640, 640))) + _field(12, _value("found", (1, *rows.shape)))
    return _number(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _number(2, 13))


def _varint(number: int) -> bytes:
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _node(operation: str, inputs: list[str], output: str) -> bytes:
    named = b"".join(_field(1, one.encode()) for one in inputs)
    return named + _field(2, output.encode()) + _field(3, output.encode()) + _field(4, operation.encode())


def _tensor(name: str, array: np.ndarray) -> bytes:
    kind = 1 if array.dtype == np.float32 else 7
    sizes = b"".join(_number(1, size) for size in array.shape)
    return sizes + _number(2, kind) + _field(8, name.encode()) + _field(9, array.tobytes())


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    sizes = b"".join(_field(1, _number(1, size)) for size in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, 1) + _field(2, sizes)))
