"""The state of a stream as text in its lease, for the pages of other hosts. Pure."""

from __future__ import annotations

import json
from datetime import datetime

from livemon.base.clock import iso, require_utc
from livemon.base.messages.message import Message, message
from livemon.base.stream_types import StreamMode, StreamState, StreamStatus


def to_text(status: StreamStatus) -> str:
    """Return what other hosts show of a stream, in JSON; no counters, which are of one process."""
    last = status.last_segment_end_utc
    return json.dumps(
        {
            "state": status.state.value,
            "said": status.said.to_json(),
            "since_utc": iso(status.since_utc),
            "mode": status.mode.value if status.mode else None,
            "last_segment_end_utc": iso(last) if last else None,
        }
    )


def from_text(text: str, camera_id: str, host: str) -> StreamStatus | None:
    """Return the state of a stream on another host, which is named in it; None when it was not said, or not so."""
    try:
        made = json.loads(text)
        state, said = StreamState(made["state"]), Message.from_json(made["said"])
        last = made["last_segment_end_utc"]
        return StreamStatus(
            camera_id,
            state,
            message("camera.recorded_by", host=host)
            if state is StreamState.LIVE
            else message("camera.host_says", host=host, told=said),
            _utc(made["since_utc"]),
            mode=StreamMode(made["mode"]) if made["mode"] else None,
            last_segment_end_utc=_utc(last) if last else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # of a newer livemon, or damaged


def _utc(text: str) -> datetime:
    return require_utc(datetime.fromisoformat(text))
