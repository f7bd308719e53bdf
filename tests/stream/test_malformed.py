"""Damaged files as a source and in a queue: each plays or is refused in a sentence, and nothing hangs."""

import os
from pathlib import Path

import pytest

from livemon.base.stream_types import StreamState
from livemon.stream.sources.folder import FakeLiveStreamGenerator
from livemon.stream.sources.video_queue import VideoQueue
from tests.conftest import FAST, make_video
from tests.stream.streaming import streaming

MALFORMED = Path(os.environ.get("TEST_FOOTAGE", "/nonexistent")) / "malformed"
REFUSED = {
    "zero_byte.mp4": "empty (0 bytes)",
    "truncated_no_moov.mp4": "not a video",
    "text_named_mp4.mp4": "not a video",
    "audio_only.mp4": "sound only",
    "single_frame.mp4": "too short",
    "corrupt_moov.mp4": "cannot be decoded",
}
PLAYED = (
    "truncated_faststart_55pct.mp4",
    "avi_named_mp4.mp4",
    "bitflips_mdat.mp4",
    "yuv444_odd_size.mp4",
    "no_first_keyframe.mkv",
    "native_empty_audio_track.mp4",
    "native_hevc_3frames_metadata_track.mp4",
)


def damaged(name: str, folder: Path) -> Path:
    """A damaged file of our own making."""
    path = folder / name
    whole = make_video(folder / "whole.mp4", duration_s=6, rate="10", gop=10)
    data = bytearray(whole.read_bytes())
    whole.unlink()
    if name == "empty.mp4":
        data = bytearray()
    elif name == "text.mp4":
        data = bytearray(b"this is no video\n" * 100)
    elif name == "playlist.mp4":
        data = bytearray(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n")
    elif name == "cut.mp4":
        del data[len(data) // 2 :]
    elif name == "flipped.mp4":
        for at in range(len(data) // 4, len(data) // 2, 97):
            data[at] ^= 0x55
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["empty.mp4", "text.mp4", "playlist.mp4", "cut.mp4"])
async def test_a_file_that_is_no_video_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    async with streaming(damaged(name, tmp_path), tmp_path / "hls") as stream:
        await stream.until(lambda: stream.generator.status.state is StreamState.FAILED)
        assert name in stream.generator.status.reason
    assert stream.segments == []


async def test_a_file_with_errors_inside_plays(tmp_path: Path) -> None:
    async with streaming(damaged("flipped.mp4", tmp_path), tmp_path / "hls") as stream:
        await stream.more(2)
        assert "errors" in str(stream.generator.status.mode_reason)


@pytest.mark.skipif(not MALFORMED.is_dir(), reason="set TEST_FOOTAGE to a folder with the malformed set")
@pytest.mark.parametrize("name", REFUSED)
async def test_the_malformed_set_is_refused_as_a_source(name: str, tmp_path: Path) -> None:
    async with streaming(MALFORMED / name, tmp_path / "hls") as stream:
        await stream.until(lambda: stream.generator.status.state is StreamState.FAILED)
        assert REFUSED[name] in stream.generator.status.reason


@pytest.mark.skipif(not MALFORMED.is_dir(), reason="set TEST_FOOTAGE to a folder with the malformed set")
@pytest.mark.parametrize("name", PLAYED)
async def test_the_malformed_set_plays_as_a_source_as_far_as_it_can(name: str, tmp_path: Path) -> None:
    async with streaming(MALFORMED / name, tmp_path / "hls") as stream:
        await stream.more(2)
        assert stream.generator.status.state is StreamState.LIVE


@pytest.mark.skipif(not MALFORMED.is_dir(), reason="set TEST_FOOTAGE to a folder with the malformed set")
def test_a_queue_over_the_malformed_set_skips_what_cannot_be_played_and_says_so_once(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    for path in MALFORMED.iterdir():
        if path.is_file():
            (folder / path.name).symlink_to(path)
    skipped: list[tuple[str, str]] = []
    queue = VideoQueue(folder, tmp_path / "clips", FAST, lambda name, why: skipped.append((name, why)))
    played = [queue.next_clip().name for _ in range(2 * len(PLAYED) + 2)]
    assert set(PLAYED) <= set(played)
    assert set(REFUSED) <= {name for name, _ in skipped}
    assert len(skipped) == len({name for name, _ in skipped})
    assert FakeLiveStreamGenerator(queue, FAST).files()
