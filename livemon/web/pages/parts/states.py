"""States of a stream, in words and colours that all pages share."""

from __future__ import annotations

from datetime import tzinfo

from livemon.base.stream_types import StreamMode, StreamState, StreamStatus
from livemon.web.i18n.language import tr, tr_message

STATE_WORDS = {
    StreamState.STARTING: ("#b54708", "page.starting"),
    StreamState.LIVE: ("#067647", "page.streaming"),
    StreamState.STALLED: ("#b54708", "page.stalled"),
    StreamState.RECONNECTING: ("#b54708", "page.reconnecting"),
    StreamState.STOPPED: ("#475467", "page.stopped"),
    StreamState.FAILED: ("#d92d20", "page.cannot_stream"),
}

MODE_WORDS = {StreamMode.COPY: "page.copied_as", StreamMode.TRANSCODE: "page.transcoded"}


def state_chip(status: StreamStatus) -> tuple[str, str]:
    """Return the colour and the word of a stream's state."""
    colour, word = STATE_WORDS[status.state]
    return colour, tr(word)


def status_sentence(status: StreamStatus, zone: tzinfo | None) -> str:
    """Return since when a stream is as it is, and why; and that the model does not look, where that is so."""
    sentence = _stream_sentence(status, zone)
    if status.looks or status.state is StreamState.STOPPED:
        return sentence
    return f"{sentence}. {tr('page.model_does_not_look')}"


def _stream_sentence(status: StreamStatus, zone: tzinfo | None) -> str:
    since = tr("page.since", time=f"{status.since_utc.astimezone(zone):%H:%M:%S}")
    restarts = tr("page.restarted_times", n=status.restarts) if status.restarts else ""
    if status.state is StreamState.LIVE and status.mode is not None:
        return f"{since}{restarts}, {tr(MODE_WORDS[status.mode])}"
    plain = status.state is StreamState.STOPPED and status.said.code.startswith("stream.")
    if status.state is StreamState.LIVE or plain:
        return since + restarts
    return f"{tr_message(status.said)} ({since}{restarts})"
