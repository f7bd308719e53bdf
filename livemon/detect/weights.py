"""Weights of networks that come with livemon: read, checked, and loaded.

The expected checksum is beside each file.

`make weights` makes them anew from their origin, bit by bit (scripts/network_weights.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from livemon.base.errors import DetectorError
from livemon.base.messages.message import system_reason


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of weights as it must be."""

    path: Path
    size_bytes: int
    sha256: str


def load_network(weights: Weights) -> cv2.dnn.Net:
    """Return the network; raises DetectorError when its file is not right, or OpenCV cannot read it."""
    data = read_weights(weights)
    try:
        return cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
    except cv2.error as exc:
        raise DetectorError(
            "detector.network_not_read", version=cv2.__version__, weights=weights.path.name, reason=str(exc.err or exc)
        ) from exc


def read_weights(weights: Weights) -> bytes:
    """Return the file's bytes.

    Raises
    ------
    DetectorError
        When it is missing, cannot be read, is shorter than it should be, or is another file.
    """
    path = weights.path
    try:
        data = path.read_bytes()
    except FileNotFoundError as exc:
        raise DetectorError("detector.weights_missing", path=path) from exc
    except OSError as exc:
        raise DetectorError("detector.weights_not_read", path=path, reason=system_reason(exc)) from exc
    if len(data) < weights.size_bytes:
        raise DetectorError("detector.weights_cut_off", path=path, bytes=len(data), expected=weights.size_bytes)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != weights.sha256:
        raise DetectorError(
            "detector.weights_of_another_network", path=path, found=sha256[:12], right=weights.sha256[:12]
        )
    return data
