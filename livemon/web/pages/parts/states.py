"""What a stream is doing, in words and colours that all pages share."""

from __future__ import annotations

from datetime import tzinfo

from livemon.base.stream_types import StreamMode, StreamState, StreamStatus
from livemon.web.i18n.language import tr
from livemon.web.i18n.messages import tr_said

STATE_WORDS = {
    StreamState.STARTING: ("#b54708", "Starting"),
    StreamState.LIVE: ("#067647", "Streaming"),
    StreamState.STALLED: ("#b54708", "Stalled"),
    StreamState.RECONNECTING: ("#b54708", "Reconnecting"),
    StreamState.STOPPED: ("#475467", "Stopped"),
    StreamState.FAILED: ("#d92d20", "Cannot stream"),
}

MODE_WORDS = {StreamMode.COPY: "copied as it is", StreamMode.TRANSCODE: "transcoded"}


def state_chip(status: StreamStatus) -> tuple[str, str]:
    """Return the colour and the word of a stream's state."""
    colour, word = STATE_WORDS[status.state]
    return colour, tr(word)


def status_sentence(status: StreamStatus, zone: tzinfo | None) -> str:
    """Return since when a stream is as it is, and why."""
    since = tr("since {time}", time=f"{status.since_utc.astimezone(zone):%H:%M:%S}")
    restarts = tr(", restarted {n} times", n=status.restarts) if status.restarts else ""
    if status.state is StreamState.LIVE and status.mode is not None:
        return f"{since}{restarts}, {tr(MODE_WORDS[status.mode])}"
    if status.state in (StreamState.LIVE, StreamState.STOPPED):
        return since + restarts
    return f"{tr_said(status.reason)} ({since}{restarts})"
