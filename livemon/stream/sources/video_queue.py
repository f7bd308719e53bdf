"""VideoQueue: the video files of a folder, in name order or shuffled, for ever, each normalised once.

Files that appear while it runs join in. A file that is not a video is skipped, reported once, and tried again only when
it changes. One that is being written waits. Real time does not belong here (folder.py).
"""

from __future__ import annotations

import hashlib
import logging
import mmap
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from livemon.base.errors import EmptyFolder, NotAVideo, SourceError
from livemon.base.messages.message import Message, message, system_reason
from livemon.base.private_files import make_folder
from livemon.base.stream_types import MediaInfo, StreamProfile
from livemon.base.texts import is_text, shown
from livemon.stream import cache, ffmpeg

log = logging.getLogger(__name__)

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv"}
    | {".ts", ".webm", ".wmv"}
)
Version = tuple[int, int]
NEVER: Version = (0, 0)
SETTLE_S = 0.5
"""So long a file must stay the same before it is read: one that is being copied does not."""

NORMALISE_TIMEOUT_S = 3600.0
MAKING = "v2"
"""Changes when clips are made in another way, so that those of before are not played."""

MAX_CACHE_BYTES = 10_000_000_000
"""Twenty to a hundred hours of clips.

The clip played longest ago is deleted first; it is converted again when its turn comes.
"""


def is_video_name(name: str) -> bool:
    """Whether a file is called a video. Hidden ones are other programs' own: deleted, half-written, side files."""
    return Path(name).suffix.lower() in VIDEO_SUFFIXES and not name.startswith(".")


@dataclass(frozen=True, slots=True)
class QueuedVideo:
    """A normalised clip: Annex B H.264 at the profile's size and frame rate."""

    name: str
    path: Path
    frames: int


class VideoQueue:
    """An endless queue over a folder.

    Parameters
    ----------
    folder
        Folder of the videos; sub-folders are not searched.
    cache_dir
        Keeps normalised clips by content hash, so that a file is converted once.
    profile
        Size and frame rate that clips are normalised to.
    on_skip
        Told of each file that is skipped: its name and the reason.
    shuffle
        Seed of a shuffled order, another one in each round and the same ones for the same seed; in name order when
        None.
    """

    def __init__(
        self,
        folder: Path,
        cache_dir: Path,
        profile: StreamProfile,
        on_skip: Callable[[str, Message], None],
        shuffle: int | None = None,
    ) -> None:
        self.folder = folder
        self._cache_dir = cache_dir
        self._profile = profile
        self._on_skip = on_skip
        # A camera that is stopped and started again may ask while the first asking is still converting.
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._shuffle = shuffle
        self._round = 0
        self._played: set[str] = set()
        self._last = ""
        # The clip that plays and the one after it: they must not be deleted from the cache.
        self._held: deque[IO[bytes]] = deque()
        self._settled_at: dict[Path, Version] = {}
        self._doubted: dict[Path, Version] = {}
        self._broken: dict[Path, Version] = {}
        self._digests: dict[Path, tuple[Version, str]] = {}

    def scan(self) -> list[Path]:
        """Return the video files by name.

        Raises
        ------
        EmptyFolder
            When the folder is missing or has none.
        """
        if self.folder.is_file():
            return [self.folder]
        if not self.folder.is_dir():
            raise EmptyFolder("source.no_folder", folder=self.folder)
        files = [path for path in self._candidates() if is_text(path.name)]
        if not files:
            raise EmptyFolder("source.empty_folder", folder=self.folder)
        return sorted(files, key=lambda p: p.name)

    def _candidates(self) -> Iterator[Path]:
        """Yield the files that are called videos."""
        for path in self.folder.iterdir():
            if is_video_name(path.name):
                with suppress(OSError):  # it cannot even be looked at
                    if path.is_file():
                        yield path

    def first_video(self) -> tuple[Path, MediaInfo]:
        """Return the first file that is a video, and its format; blocks.

        Raises
        ------
        EmptyFolder
            When the folder is missing, empty, or has none.
        """
        for path in self.scan():
            try:
                return path, ffmpeg.probe(path)
            except (OSError, SourceError) as exc:
                log.info("%s is not a video: %s", path, exc)
        raise EmptyFolder("source.nothing_playable", folder=self.folder)

    def next_clip(self) -> QueuedVideo:
        """Return the clip after the last one, ready to play; blocks while it is being normalised.

        Raises
        ------
        EmptyFolder
            When the folder is missing, empty, or has nothing that can be played.
        """
        with self._lock:
            self._stop.clear()
            return self._next_clip()

    def interrupt(self) -> None:
        """Make a `next_clip` that is converting now give up; its file is not held to be broken."""
        self._stop.set()

    def _next_clip(self) -> QueuedVideo:
        if not self._held:
            cache.sweep(self._cache_dir)
        files = self.scan()
        self._say_unspeakable()
        for path in dict.fromkeys(self._in_turn(files)):
            try:
                version = _version(path)
                if self._broken.get(path) == version or not self._settled(path, version):
                    continue
                clip = self._normalised(path)
                if _version(path) != version:
                    continue  # it grew while it was read
                if path.name in self._played:
                    self._round += 1
                    self._played.clear()
                self._played.add(path.name)
                self._last = path.name
                return clip
            except (OSError, SourceError) as exc:
                if self._stop.is_set():
                    raise
                now = _version_if_there(path)
                if now is None or now != version:
                    continue  # removed or written while it was read: nothing to report
                if not isinstance(exc, NotAVideo):
                    raise  # a full disk, a lost mount: not the file's fault
                if path == self.folder:
                    raise  # a queue of one file has nothing to go on with
                self._skip(path, version, exc.said)
        raise EmptyFolder("source.nothing_playable_doctor", folder=self.folder)

    def _skip(self, path: Path, version: Version, reason: Message) -> None:
        """Leave a file out until it changes, and say so, but only when it is the same the next time: copying pauses."""
        if self._doubted.get(path) != version:
            self._doubted[path] = version
            return
        log.warning("skipping %s: %s", shown(str(path)), reason)
        self._broken[path] = version
        self._on_skip(path.name, reason)

    def _say_unspeakable(self) -> None:
        """Report once each file that is not played because its name is not text: no page or database can name it."""
        if self.folder.is_file():
            return
        for path in self._candidates():
            if not is_text(path.name) and path not in self._broken:
                self._broken[path] = NEVER
                name = shown(path.name)
                self._on_skip(name, message("source.name_not_utf8", file=name))

    def _settled(self, path: Path, version: Version) -> bool:
        """Whether a file is not being written: it stays the same for a moment; asked once of each version."""
        if self._settled_at.get(path) != version:
            self._stop.wait(SETTLE_S)
            if _version(path) != version:
                return False
            self._settled_at[path] = version
        return True

    def _in_turn(self, files: list[Path]) -> list[Path]:
        """Return the files in the order in which to try them: the rest of this round, then the next round."""
        rest = [path for path in files if path.name not in self._played]
        following = self._ordered(files, self._round + 1)
        if len(following) > 1 and following[0].name == self._last:
            # No file twice in a row where two rounds meet.
            following[:2] = following[1::-1]
        return self._ordered(rest, self._round) + following

    def _ordered(self, files: list[Path], number: int) -> list[Path]:
        """Return files in the order of a round. By hash, so that a new file does not stir up the others."""
        if self._shuffle is None:
            return sorted(files, key=lambda path: path.name)
        key = f"{self._shuffle}/{number}"
        return sorted(files, key=lambda path: hashlib.sha256(f"{key}/{path.name}".encode()).digest())

    def _digest(self, path: Path) -> str:
        """Return a file's content hash; computed again only when the file changed."""
        version, digest = self._digests.get(path, (NEVER, ""))
        if version != _version(path):
            version = _version(path)
            try:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
            except OSError as exc:
                raise NotAVideo("source.clip_not_readable", file=path.name, reason=system_reason(exc)) from exc
            self._digests[path] = (version, digest)
        return digest

    def _normalised(self, path: Path) -> QueuedVideo:
        """Return the cached clip of a file, making it first when it is not there."""
        digest = self._digest(path)
        profile = self._profile
        stem = f"{digest}_{profile.width}x{profile.height}_{profile.fps}fps_{MAKING}"
        stem += f"_turned{profile.rotate}" if profile.rotate else ""
        cached = next(self._cache_dir.glob(f"{stem}_*.h264"), None)
        if cached is not None and self._hold(cached):
            return QueuedVideo(path.name, cached, int(cached.stem.rpartition("_")[2]))
        make_folder(self._cache_dir)
        # A name of its own: another camera, or another process, may be converting the same file.
        with cache.writing(self._cache_dir / f"{stem}_{os.getpid()}_{threading.get_ident()}.part") as part:
            frames = normalise(path, part, profile, stop=self._stop)
            clip = QueuedVideo(path.name, part.replace(self._cache_dir / f"{stem}_{frames}.h264"), frames)
            self._hold(clip.path)
        cache.bound(self._cache_dir, MAX_CACHE_BYTES)
        return clip

    def _hold(self, clip: Path) -> bool:
        """Keep a clip from being deleted while it plays; False when it is gone already."""
        try:
            self._held.append(cache.hold(clip))
        except FileNotFoundError:
            return False
        while len(self._held) > 2:
            self._held.popleft().close()
        return True


def normalise(
    path: Path, target: Path, profile: StreamProfile, *, limit_s: float = 86_400, stop: threading.Event | None = None
) -> int:
    """Convert at most `limit_s` seconds of a video for playing; returns the number of frames. Blocks.

    Raises
    ------
    NotAVideo
        When it holds no picture that can be decoded.
    SourceError
        When `stop` was set meanwhile, or the disk is full.
    """
    media = ffmpeg.probe(path)
    try:
        ffmpeg.run(ffmpeg.normalise_command(path, target, profile, media, limit_s), NORMALISE_TIMEOUT_S, stop)
    except SourceError as exc:
        if stop is not None and stop.is_set():
            raise
        if "No space left" in exc.message:
            raise SourceError("source.disk_full") from exc
        raise NotAVideo("source.clip_not_decodable", file=path.name, cause=exc.said) from exc
    if target.stat().st_size == 0:
        raise NotAVideo("source.clip_too_short", file=path.name, fps=profile.fps)
    with target.open("rb") as file:
        return count_access_units(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def count_access_units(annex_b: bytes | mmap.mmap) -> int:
    """Count the pictures of an Annex B stream that has one slice a picture.

    NAL unit types 1 and 5 are coded slices (ISO/IEC 14496-10 table 7-1). `first_mb_in_slice` is the first exp-Golomb
    code of the slice header, so a set top bit means the slice opens a picture.
    """
    pictures = 0
    at = annex_b.find(b"\x00\x00\x01")
    while at >= 0 and at + 4 < len(annex_b):
        if annex_b[at + 3] & 0x1F in (1, 5) and annex_b[at + 4] & 0x80:
            pictures += 1
        at = annex_b.find(b"\x00\x00\x01", at + 3)
    return pictures


def _version(path: Path) -> Version:
    """Change marker of a file: modification time and size."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _version_if_there(path: Path) -> Version | None:
    try:
        return _version(path)
    except OSError:
        return None
