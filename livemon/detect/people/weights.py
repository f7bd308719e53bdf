"""The weights of the people detector: where they lie, and whether they are the right ones. Nothing is loaded here.

`make weights` makes the file anew from its origin, bit by bit (scripts/people_weights).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from livemon.base.errors import DetectorError

WEIGHTS = Path(__file__).with_name("people.onnx")
WEIGHTS_BYTES = 9_513_595
WEIGHTS_SHA256 = "7dd91acc838c8e1dd36f99b5a0e59a7c5761c315821c67b459dde72fbc5731f5"

_HINT = "Install livemon again; until then it sees motion and the state of the picture, and no people."


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
        raise DetectorError(f"The weights of the people detector are missing: {path}.", _HINT) from exc
    except OSError as exc:
        raise DetectorError(
            f"The weights of the people detector cannot be read: {path}: {exc.strerror}.", _HINT
        ) from exc
    if len(data) < WEIGHTS_BYTES:
        raise DetectorError(
            f"The weights of the people detector are cut off: {path} has {len(data):,} bytes of {WEIGHTS_BYTES:,}.",
            _HINT,
        )
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != WEIGHTS_SHA256:
        raise DetectorError(
            f"The weights of the people detector are damaged or of another network: {path} has the sha256 "
            f"{sha256[:12]}..., and {WEIGHTS_SHA256[:12]}... is right.",
            _HINT,
        )
    return data
