"""The exception tree. Every error that livemon raises on purpose is in it.

::

    LivemonError
    ├── ConfigError            a setting is wrong or missing
    │   └── TooLarge           a question is too large for one request to its model
    ├── ToolMissing            ffmpeg or ffprobe is not installed
    ├── UnknownCamera          no camera has this id
    ├── UnknownPrompt          no prompt has this name or version
    ├── CameraBusy             another process streams this camera
    ├── LockBusy               another process holds a lock for too long
    ├── PortInUse              another program listens on the port
    ├── SourceError            a source cannot be used as it is
    │   ├── AccessDenied       the camera refuses user name or password
    │   ├── EmptyFolder        the folder is missing or has no video
    │   ├── NotAVideo          the file has no picture that ffmpeg can decode
    │   ├── UploadRefused      a video that somebody brought is not taken
    │   └── HostRefused        a camera's address is one that livemon does not open
    ├── StreamError            the live ffmpeg ended or stalled
    ├── ModelError             a model's provider refused or failed
    ├── DetectorError          people cannot be looked for in pictures
    ├── ArchiveError           a window could not be made into an MP4
    ├── NoFootage              nothing was recorded then
    ├── SearchError            a text cannot be looked for
    ├── ReportError            a daily report could not be made
    ├── LabError               an experiment, or what it stands on, is not as it must be
    │   └── NotPromoted        a prompt is not made live: the evidence speaks against it, or there is none
    ├── AccessError            somebody may not come in, or may not do this
    │   ├── NotLoggedIn        nobody knows who is asking
    │   ├── NotAllowed         this is not theirs to do, or to see
    │   ├── LastAdmin          nobody would be left who may do everything
    │   └── TooManyRequests    they ask too often
    └── StoreError             the database refused

Each message is one sentence a user understands, and `hint` says what to do. Foreign exceptions are translated
once, where they enter, with ``raise ... from exc``. Nothing but classes belongs here.
"""


class LivemonError(Exception):
    """Something livemon expected to go wrong one day.

    Parameters
    ----------
    message
        What was wrong, in one plain sentence.
    hint
        What the user can do about it; empty when there is nothing.
    """

    title = "Something went wrong"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigError(LivemonError):
    """A setting is wrong or missing."""

    title = "Wrong setting"


class TooLarge(ConfigError):
    """A question is too large for one request to its model; a shorter time may not be."""


class ToolMissing(LivemonError):
    """A program that livemon runs (ffmpeg, ffprobe) or a built file that it serves is not there."""

    title = "Something is not installed"


class UnknownCamera(LivemonError):
    """No camera has this id."""

    title = "Unknown camera"

    def __init__(self, camera_id: str, known: list[str]) -> None:
        listed = ", ".join(known) if known else "none"
        super().__init__(
            f"There is no camera '{camera_id}'.",
            f"There are: {listed}. Add one on the Cameras page, or in livemon.toml.",
        )


class UnknownPrompt(LivemonError):
    """No prompt has this name or version, or more than one has."""

    title = "Unknown prompt"

    def __init__(self, wanted: str, named: list[str], *, ambiguous: bool = False) -> None:
        said = f"More than one prompt begins with '{wanted}'." if ambiguous else f"There is no prompt '{wanted}'."
        super().__init__(said, f"Known by name: {', '.join(named)}; `livemon prompt list` shows versions too.")


class CameraBusy(LivemonError):
    """Another process streams this camera."""

    title = "Camera in use"


class LockBusy(LivemonError):
    """Another process holds a lock for too long."""

    title = "Another process is busy"


class PortInUse(LivemonError):
    """Another program listens on the port."""

    title = "Port in use"


class SourceError(LivemonError):
    """A source cannot be used as it is."""

    title = "The source cannot be used"


class AccessDenied(SourceError):
    """The camera refuses user name or password."""

    title = "Wrong user name or password"


class EmptyFolder(SourceError):
    """The folder is missing or holds no video file."""

    title = "No videos"


class NotAVideo(SourceError):
    """The file has no picture that ffmpeg can decode."""

    title = "Not a video"


class UploadRefused(SourceError):
    """A video that somebody brought is not taken."""

    title = "Not taken"


class HostRefused(SourceError):
    """A camera's address is one that livemon does not open for others."""

    title = "This address is not opened"


class StreamError(LivemonError):
    """The live ffmpeg ended or stalled; any exit of a live ffmpeg is a failure."""

    title = "The stream broke"


class ModelError(LivemonError):
    """A model's provider refused or failed, and nobody but the caller can be told."""

    title = "The model failed"


class DetectorError(LivemonError):
    """The weights of a detector are missing, damaged, or of another network."""

    title = "People cannot be seen"


class ArchiveError(LivemonError):
    """A window could not be made into an MP4."""

    title = "The archive could not be written"


class NoFootage(LivemonError):
    """Nothing was recorded at the time asked for, or it is kept no longer."""

    title = "No footage"


class SearchError(LivemonError):
    """A text cannot be looked for: it has no word, or is too long."""

    title = "This cannot be looked for"


class ReportError(LivemonError):
    """A daily report could not be made; the one before is still there."""

    title = "No report"


class LabError(LivemonError):
    """An experiment cannot be made or read as asked: its labels, footage, money or arms are not as they must be."""

    title = "The lab cannot do that"


class NotPromoted(LabError):
    """A prompt is not made live: the evidence speaks against it, or there is none."""

    title = "Not promoted"


class AccessError(LivemonError):
    """Somebody may not come in, or may not do what they want to."""

    title = "No access"


class NotLoggedIn(AccessError):
    """Nobody knows who is asking, or what they gave as proof is no longer good."""

    title = "Log in first"


class NotAllowed(AccessError):
    """It is not theirs to do, or to see."""

    title = "Not allowed"


class LastAdmin(AccessError):
    """Nobody would be left who may do everything."""

    title = "Last admin"


class TooManyRequests(AccessError):
    """Somebody asks, or guesses, too often.

    Parameters
    ----------
    wait_s
        After how many seconds it is worth trying again.
    """

    title = "Too many requests"

    def __init__(self, message: str, hint: str = "", wait_s: float = 60.0) -> None:
        super().__init__(message, hint)
        self.wait_s = wait_s


class StoreError(LivemonError):
    """The database refused."""

    title = "The database refused"
