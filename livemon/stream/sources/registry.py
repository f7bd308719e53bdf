"""Mapping of texts to sources, and the check of a source before it is saved.

`open_source` is the registry: a new kind of source is one line here, and the contract test runs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from livemon.base.stream_types import ModeSetting, StreamProfile
from livemon.stream.redact import is_address
from livemon.stream.sources.allowed_hosts import check_api_source
from livemon.stream.sources.folder import FakeLiveStreamGenerator
from livemon.stream.sources.local import TEST_PATTERN, DeviceSource, FileSource, PatternSource
from livemon.stream.sources.network import UrlSource
from livemon.stream.sources.snapshot import SnapshotSource
from livemon.stream.sources.source import SkipListener, Source
from livemon.stream.sources.video_queue import VideoQueue


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Options of a source in a camera's settings."""

    mode: ModeSetting = ModeSetting.AUTO
    keep_audio: bool = True
    shuffle: int | None = None
    hosts: tuple[str, ...] | None = None
    """For a camera that was added over the API: hosts that are allowed though refused otherwise.

    None for a camera of the settings file, which is not checked.
    """
    known_path: Path | None = None
    """File that keeps the camera's format; None asks the camera at every start."""


def open_source(
    text: str, cache_dir: Path, profile: StreamProfile, on_skip: SkipListener, options: SourceOptions | None = None
) -> Source:
    """Make the source that a camera's `source` setting names.

    A URL, a capture device (``/dev/video0``), ``test-pattern``, a file, or else a folder of video files. Whether it
    can be used is asked by its `check`, later and again.
    """
    chosen = options or SourceOptions()
    vet = None if chosen.hosts is None else partial(check_api_source, text, chosen.hosts)
    if "://" in text or (is_address(text) and not Path(text).exists()):
        stream = UrlSource(text, chosen.mode, keep_audio=chosen.keep_audio, vet=vet, known_path=chosen.known_path)
        return SnapshotSource(text, stream, vet) if text.lower().startswith("http") else stream
    if text == TEST_PATTERN:
        return PatternSource(profile)
    path = Path(text).expanduser()
    if path.is_relative_to("/dev"):
        return DeviceSource(path)
    player = FakeLiveStreamGenerator(VideoQueue(path, cache_dir, profile, on_skip, chosen.shuffle), profile)
    return FileSource(path, player, chosen.mode, keep_audio=chosen.keep_audio) if path.is_file() else player
