"""What a stream is doing, in words and colours that all pages share."""

from __future__ import annotations

from datetime import tzinfo

from livemon.streaming import StreamMode, StreamState, StreamStatus

STATE_WORDS = {
    StreamState.STARTING: ("#b54708", "Starting"),
    StreamState.LIVE: ("#067647", "Streaming"),
    StreamState.STALLED: ("#b54708", "Stalled"),
    StreamState.RECONNECTING: ("#b54708", "Reconnecting"),
    StreamState.STOPPED: ("#475467", "Stopped"),
    StreamState.FAILED: ("#d92d20", "Cannot stream"),
}

MODE_WORDS = {StreamMode.COPY: "copied as it is", StreamMode.TRANSCODE: "transcoded"}


def status_sentence(status: StreamStatus, zone: tzinfo | None) -> str:
    """Return since when a stream is as it is, and why."""
    since = f"since {status.since_utc.astimezone(zone):%H:%M:%S}"
    restarts = f", restarted {status.restarts} times" if status.restarts else ""
    if status.state is StreamState.LIVE and status.mode is not None:
        return f"{since}{restarts}, {MODE_WORDS[status.mode]}"
    if status.state in (StreamState.LIVE, StreamState.STOPPED):
        return since + restarts
    return f"{status.reason} ({since}{restarts})"
