"""The exception tree. Every error that livemon raises on purpose is in it.

::

    LivemonError
    ├── ConfigError            a setting is wrong or missing
    │   └── TooLarge           a question is too large for one request to its model
    ├── ToolMissing            ffmpeg or ffprobe is not installed
    ├── UnknownCamera          no camera has this id
    ├── UnknownPrompt          no prompt has this name or version
    ├── CameraBusy             another process streams this camera
    │   └── LeaseMissing       another host records it, or this one may not
    ├── LockBusy               another process holds a lock for too long
    ├── PortInUse              another program listens on the port
    ├── SourceError            a source cannot be used as it is
    │   ├── AccessDenied       the camera refuses user name or password
    │   ├── EmptyFolder        the folder is missing or has no video
    │   ├── NotAVideo          the file has no picture that ffmpeg can decode
    │   ├── UploadRefused      an uploaded video is not accepted
    │   └── HostRefused        a camera's address is one that livemon does not open
    ├── StreamError            the live ffmpeg ended or stalled
    ├── ModelError             a model's provider refused or failed
    ├── DetectorError          people cannot be looked for in pictures
    ├── ArchiveError           a window could not be made into an MP4
    ├── CopyError              a copy off the premises could not be made, read or deleted
    │   └── BucketError        the place of the copies refuses, or cannot be reached
    ├── NoFootage              nothing was recorded then
    ├── SearchError            a text cannot be looked for
    ├── ReportError            a daily report could not be made
    ├── LabError               an experiment, or what it stands on, is not as it must be
    │   └── NotPromoted        a prompt is not made live: the evidence speaks against it, or there is none
    ├── AccessError            a user is not let in, or may not do this
    │   ├── NotLoggedIn        the request does not say who asks
    │   ├── NotAllowed         this is not theirs to do, or to see
    │   ├── LastAdmin          no user would be left who may do everything
    │   └── TooManyRequests    they ask too often
    └── StoreError             the database refused
        └── StaleLease         rows of a camera that another host records by now

Each carries a code and values. The sentence for the user, with what to do, is in the catalogs (messages/). Foreign
exceptions are translated once, where they enter, with ``raise ... from exc``. Nothing but classes belongs here.
"""

from livemon.base.messages.catalog import hint, text, whole_text
from livemon.base.messages.message import message


class LivemonError(Exception):
    """Something livemon expected to go wrong one day.

    Parameters
    ----------
    code
        The name of the sentence in the catalogs: ``source.no_stream``.
    values
        The given values, as plain data; they fill the sentence.
    """

    title = "error.title"
    """The code of the heading."""

    def __init__(self, code: str, /, **values: object) -> None:
        super().__init__(code)
        self.said = message(code, **values)

    @property
    def message(self) -> str:
        """The fault, in English."""
        return text(self.said)

    @property
    def hint(self) -> str:
        """The remedy, in English; empty when the error does not have one."""
        return hint(self.said)

    def __str__(self) -> str:
        return whole_text(self.said)


class ConfigError(LivemonError):
    """A setting is wrong or missing."""

    title = "error.config_error"


class TooLarge(ConfigError):
    """A question is too large for one request to its model; a shorter time may not be."""


class ToolMissing(LivemonError):
    """A program that livemon runs (ffmpeg, ffprobe) or a built file that it serves is not there."""

    title = "error.tool_missing"


class UnknownCamera(LivemonError):
    """No camera has this id."""

    title = "error.unknown_camera"

    def __init__(self, camera_id: str, known: list[str]) -> None:
        super().__init__("camera.unknown", camera=camera_id, known=known or message("camera.none"))


class UnknownPrompt(LivemonError):
    """No prompt has this name or version, or more than one has."""

    title = "error.unknown_prompt"

    def __init__(self, wanted: str, named: list[str], *, ambiguous: bool = False) -> None:
        super().__init__("prompt.ambiguous" if ambiguous else "prompt.unknown", prompt=wanted, known=named)


class CameraBusy(LivemonError):
    """Another process streams this camera."""

    title = "error.camera_busy"


class LeaseMissing(CameraBusy):
    """The camera's lease is missing here: another host records it, or this one may not."""


class LockBusy(LivemonError):
    """Another process holds a lock for too long."""

    title = "error.lock_busy"


class PortInUse(LivemonError):
    """Another program listens on the port."""

    title = "error.port_in_use"


class SourceError(LivemonError):
    """A source cannot be used as it is."""

    title = "error.source_error"


class AccessDenied(SourceError):
    """The camera refuses user name or password."""

    title = "error.access_denied"


class EmptyFolder(SourceError):
    """The folder is missing or holds no video file."""

    title = "error.empty_folder"


class NotAVideo(SourceError):
    """The file has no picture that ffmpeg can decode."""

    title = "error.not_a_video"


class UploadRefused(SourceError):
    """An uploaded video is refused."""

    title = "error.upload_refused"


class HostRefused(SourceError):
    """A camera's address is one that livemon does not open for others."""

    title = "error.host_refused"


class StreamError(LivemonError):
    """The live ffmpeg ended or stalled; any exit of a live ffmpeg is a failure."""

    title = "error.stream_error"


class ModelError(LivemonError):
    """A model's provider refused or failed; only the caller can handle it."""

    title = "error.model_error"


class DetectorError(LivemonError):
    """The weights of a detector are missing, damaged, or of another network."""

    title = "error.detector_error"


class ArchiveError(LivemonError):
    """A window could not be made into an MP4."""

    title = "error.archive_error"


class CopyError(LivemonError):
    """A copy off the premises could not be made, read or deleted."""

    title = "error.copy_error"


class BucketError(CopyError):
    """The place of the copies refuses, or cannot be reached."""

    title = "error.bucket_error"


class NoFootage(LivemonError):
    """Nothing was recorded at the time asked for, or it is kept no longer."""

    title = "error.no_footage"


class SearchError(LivemonError):
    """A text cannot be looked for: it has no word, or is too long."""

    title = "error.search_error"


class ReportError(LivemonError):
    """A daily report could not be made; the one before is still there."""

    title = "error.report_error"


class LabError(LivemonError):
    """An experiment cannot be made or read as asked: its labels, footage, money or arms are not as they must be."""

    title = "error.lab_error"


class NotPromoted(LabError):
    """A prompt is not made live: the evidence speaks against it, or there is none."""

    title = "error.not_promoted"


class AccessError(LivemonError):
    """A user may not log in, or lacks the right for an action."""

    title = "error.access_error"


class NotLoggedIn(AccessError):
    """The requester is unknown, or their proof of identity is no longer valid."""

    title = "error.not_logged_in"


class NotAllowed(AccessError):
    """It is not theirs to do, or to see."""

    title = "error.not_allowed"


class LastAdmin(AccessError):
    """The last admin would be removed."""

    title = "error.last_admin"


class TooManyRequests(AccessError):
    """One user or address sends requests, or guesses passwords, too often.

    Parameters
    ----------
    wait_s
        After how many seconds it is worth trying again.
    """

    title = "error.too_many_requests"

    def __init__(self, code: str, /, *, wait_s: float = 60.0, **values: object) -> None:
        super().__init__(code, **values)
        self.wait_s = wait_s


class StoreError(LivemonError):
    """The database refused."""

    title = "error.store_error"


class StaleLease(StoreError):
    """Rows of a camera are refused: another host took its lease."""
