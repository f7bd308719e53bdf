"""Columns of a table of events: names and pandas types. Loads no pandas, which writers do not need."""

from __future__ import annotations

from collections.abc import Mapping

EVENT_COLUMNS: Mapping[str, str] = {
    "id": "int64",
    "camera_id": "str",
    "start_utc": "datetime64[us, UTC]",
    "last_seen_utc": "datetime64[us, UTC]",
    "created_utc": "datetime64[us, UTC]",
    "kind": "str",
    "event_type": "str",
    "severity": "str",
    "title": "str",
    "description": "str",
    "said": "object",
    "location": "str",
    "confidence": "float64",
    "box": "object",
    "thumbnail": "str",
    "model": "str",
    "suppressed": "int64",
    "people": "Int64",
    "pets": "object",
    "zones": "object",
    "reviewed_utc": "datetime64[us, UTC]",
    "reviewed_by": "str",
    "first_reviewed_utc": "datetime64[us, UTC]",
    "first_reviewed_by": "str",
    "label": "object",
    "note": "str",
    "repeats": "object",
}
