"""The weights of the people detector: where they lie, and whether they are the right ones. Nothing is loaded here.

`make weights` makes the file anew from its origin, bit by bit (scripts/people_weights).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from livemon.base.errors import DetectorError
from livemon.base.messages.message import system_reason

WEIGHTS = Path(__file__).with_name("people.onnx")
WEIGHTS_BYTES = 9_513_595
WEIGHTS_SHA256 = "7dd91acc838c8e1dd36f99b5a0e59a7c5761c315821c67b459dde72fbc5731f5"


def read_weights(path: Path = WEIGHTS) -> bytes:
    """Return the file's bytes.

    Raises
    ------
    DetectorError
        When it is missing, cannot be read, is shorter than it should be, or is another file.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as exc:
        raise DetectorError("detector.weights_missing", path=path) from exc
    except OSError as exc:
        raise DetectorError("detector.weights_not_read", path=path, reason=system_reason(exc)) from exc
    if len(data) < WEIGHTS_BYTES:
        raise DetectorError("detector.weights_cut_off", path=path, bytes=len(data), expected=WEIGHTS_BYTES)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != WEIGHTS_SHA256:
        raise DetectorError(
            "detector.weights_of_another_network", path=path, found=sha256[:12], right=WEIGHTS_SHA256[:12]
        )
    return data
