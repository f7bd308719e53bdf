"""What a video shows: which of its streams, and how its pixels, its light and its fields are coded."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from livemon.base.datatypes import Image, Segment
from livemon.base.errors import LivemonError, UploadRefused
from livemon.base.stream_types import ModeSetting, StreamMode, StreamProfile
from livemon.stream.ffmpeg import can_map_tones, probe
from livemon.stream.files import uploads
from livemon.stream.files.clips import write_clip
from livemon.stream.files.frames import frame_at, read_frames
from livemon.stream.sources.check import check_source
from livemon.stream.sources.registry import SourceOptions, open_source
from tests.conftest import FAST
from tests.stream.streaming import streaming

PROFILE = StreamProfile(width=320, height=240, fps=5, gop_s=1, segment_s=1, live_segments=4)
LIMITS = uploads.UploadLimits(duration_s=60, pixels=1920 * 1080, memory_mb=1024, timeout_s=60)


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def disc(path: Path, *, codec: str = "libx264", seconds: int = 6) -> Path:
    """A white disc, 720x576 of which 1024x576 are to be seen."""
    drawn = f"color=black:s=1024x576:r=10:d={seconds},geq=lum='255*lt(hypot(X-512,Y-288),150)':cb=128:cr=128"
    squeezed = "scale=720:576,setsar=64/45,format=yuv420p"
    ffmpeg("-f", "lavfi", "-i", drawn, "-vf", squeezed, "-c:v", codec, "-preset", "ultrafast", "-g", "10", path)
    return path


def roundness(image: Image) -> float:
    """Width of the disc by its height."""
    ys, xs = np.nonzero(image.mean(axis=2) > 127)
    return float((xs.max() - xs.min() + 1) / (ys.max() - ys.min() + 1))


def decoded(jpeg: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.astype(np.uint8)


async def shown(path: Path, folder: Path, mode: StreamMode, setting: ModeSetting = ModeSetting.AUTO) -> list[Segment]:
    """Stream a file until two segments are there."""
    async with streaming(path, folder / "hls", SourceOptions(setting), PROFILE) as stream:
        await stream.more(2)
        assert stream.generator.status.mode is mode, stream.generator.status.mode_reason
        return list(stream.segments)


async def picture_of(path: Path, folder: Path) -> Image:
    """Return what `check` shows."""
    return decoded((await check_source(open_source(str(path), folder / "unused", FAST, lambda *_: None))).picture)


@pytest.mark.parametrize(
    ("codec", "setting", "mode"),
    [
        ("libx264", ModeSetting.AUTO, StreamMode.COPY),
        ("libx264", ModeSetting.TRANSCODE, StreamMode.TRANSCODE),
        ("libx265", ModeSetting.AUTO, StreamMode.TRANSCODE),
    ],
)
async def test_a_disc_of_oblong_pixels_is_round(
    codec: str, setting: ModeSetting, mode: StreamMode, tmp_path: Path
) -> None:
    path = disc(tmp_path / "disc.mp4", codec=codec)
    segments = await shown(path, tmp_path, mode, setting)
    frame = next(iter(read_frames("hall", segments[0])))
    assert roundness(frame.image) == pytest.approx(1, abs=0.03)
    small = frame_at("hall", segments[0], frame.utc, 160)
    assert small is not None
    assert small.image.shape[1] == 160
    assert roundness(small.image) == pytest.approx(1, abs=0.1)
    assert roundness(await picture_of(path, tmp_path)) == pytest.approx(1, abs=0.03)
    clip = write_clip(segments, segments[0].start_utc, segments[1].end_utc, tmp_path / "clip.mp4")
    again = Segment(clip.start_utc, 1.0, clip.path, 1.0)
    assert roundness(next(iter(read_frames("hall", again))).image) == pytest.approx(1, abs=0.03)


def test_an_uploaded_disc_of_oblong_pixels_is_round(tmp_path: Path) -> None:
    assert roundness(uploaded(disc(tmp_path / "disc.mp4"), tmp_path)) == pytest.approx(1, abs=0.05)


def uploaded(path: Path, folder: Path) -> Image:
    """Return a picture of the clip that an upload becomes."""
    import threading

    container, media = uploads.check(path, LIMITS)
    target = folder / "uploaded.mp4"
    uploads.convert(path, target, container, media, PROFILE, LIMITS, lambda _done: None, threading.Event())
    capture = cv2.VideoCapture(str(target))
    good, image = capture.read()
    capture.release()
    assert good
    return image.astype(np.uint8)


@pytest.fixture
def cover(tmp_path: Path) -> Path:
    path = tmp_path / "cover.png"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=600x600", "-frames:v", "1", path)
    return path


def green(path: Path, *more: str, size: str = "160x120") -> Path:
    picture = f"color=0x00c000:s={size}:r=10:d=6"
    ffmpeg("-f", "lavfi", "-i", picture, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "10", *more, path)
    return path


def is_green(image: Image) -> bool:
    blue, green, red = image[image.shape[0] // 2, image.shape[1] // 2]
    return bool(green > 120 and blue < 60 and red < 60)


def cover_first(folder: Path, cover: Path) -> Path:
    """An MP4 whose cover stands before the tracks; ffmpeg writes it behind them."""
    path, video = folder / "cover_first.mp4", green(folder / "plain.mp4")
    streams = ("-map", "0:v", "-map", "1:v", "-c:v:0", "copy", "-c:v:1", "mjpeg")
    ffmpeg("-i", video, "-i", cover, *streams, "-disposition:v:1", "attached_pic", path)
    data = path.read_bytes()
    begin = data.index(b"moov") - 4
    end = begin + int.from_bytes(data[begin : begin + 4])
    at, boxes = begin + 8, []
    while at < end:
        length = int.from_bytes(data[at : at + 4])
        boxes.append(data[at : at + length])
        at += length
    boxes.sort(key=lambda box: box[4:8] == b"trak")
    path.write_bytes(data[: begin + 8] + b"".join(boxes) + data[end:])
    return path


def thumbnail_first(folder: Path, _cover: Path) -> Path:
    """A small track that moves comes first, and is the default, as ffmpeg makes it."""
    path, video = folder / "thumbnail_first.mp4", green(folder / "plain.mp4", size="640x480")
    small = ("-f", "lavfi", "-i", "color=red:s=64x48:r=1:d=6")
    ffmpeg(*small, "-i", video, "-map", "0:v", "-map", "1:v", "-c:v:0", "mjpeg", "-c:v:1", "copy", path)
    return path


def still_first(folder: Path, _cover: Path) -> Path:
    """A cover that does not say so: one picture, larger than the video."""
    path, video = folder / "still_first.mp4", green(folder / "plain.mp4")
    still = ("-f", "lavfi", "-i", "color=red:s=600x600:r=1:d=1")
    ffmpeg(*still, "-i", video, "-map", "0:v", "-map", "1:v", "-c:v:0", "mjpeg", "-c:v:1", "copy", path)
    return path


@pytest.mark.parametrize("make", [cover_first, thumbnail_first, still_first])
async def test_the_video_is_taken_not_its_cover(make, cover: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = make(tmp_path, cover)
    assert (probe(path).codec, probe(path).picture_index) == ("h264", 1)
    assert is_green(await picture_of(path, tmp_path))
    assert is_green(uploaded(path, tmp_path))
    for setting, mode in ((ModeSetting.COPY, StreamMode.COPY), (ModeSetting.TRANSCODE, StreamMode.TRANSCODE)):
        for segment in await shown(path, tmp_path / mode.value, mode, setting):
            assert is_green(next(iter(read_frames("hall", segment))).image)


async def test_sound_with_a_cover_is_no_video(cover: Path, tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    sound = ("-f", "lavfi", "-i", "sine=d=3", "-i", cover, "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "mjpeg")
    ffmpeg(*sound, "-disposition:v:0", "attached_pic", path)
    with pytest.raises(UploadRefused, match="sound only"):
        uploads.check(path, LIMITS)
    path = path.rename(path.with_suffix(".mp4"))
    with pytest.raises(LivemonError, match="sound only"):
        await picture_of(path, tmp_path)


@pytest.mark.skipif(not can_map_tones(), reason="this ffmpeg has no zscale or no tonemap")
@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
async def test_hdr_is_shown_as_bright_as_sdr(transfer: str, tmp_path: Path) -> None:
    path = tmp_path / "hdr.mp4"
    halves = "color=white:s=320x180:r=10:d=6,drawbox=x=160:y=0:w=160:h=180:color=0x00bf00:t=fill"
    sdr = "format=yuv444p,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
    linear = f"{sdr},zscale=t=linear:npl=100,format=gbrpf32le"
    coded = f"zscale=p=bt2020:t={transfer}:m=2020_ncl:r=tv:npl=100,format=yuv420p10le"
    tags = ("-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc")
    ffmpeg(
        *("-f", "lavfi", "-i", halves, "-vf", f"{linear},{coded}", "-c:v", "libx265", "-preset", "ultrafast"),
        *(*tags, "-x265-params", f"log-level=error:transfer={transfer}:colorprim=bt2020:colormatrix=bt2020nc", path),
    )
    assert probe(path).transfer == transfer
    segments = await shown(path, tmp_path, StreamMode.TRANSCODE)
    for image in (
        next(iter(read_frames("hall", segments[0]))).image,
        await picture_of(path, tmp_path),
        uploaded(path, tmp_path),
    ):
        middle, width = image.shape[0] // 2, image.shape[1]
        white, green = image[middle, width // 4], image[middle, width * 3 // 4]
        assert white.min() > 215, f"white is {white}"
        assert abs(int(green[1]) - 175) < 30 and max(green[0], green[2]) < 50, f"green is {green}"


async def test_fields_become_whole_pictures(tmp_path: Path) -> None:
    path = tmp_path / "fields.mp4"
    # A white bar that moves 16 pixels from one field to the next.
    moving = "color=black:s=320x240:r=50:d=6,geq=lum='255*lt(mod(X-N*16+3200,320),32)':cb=128:cr=128"
    ffmpeg(
        *("-f", "lavfi", "-i", moving, "-vf", "interlace=scan=tff,format=yuv420p", "-c:v", "libx264", "-g", "25"),
        *("-x264-params", "tff=1", path),
    )
    assert probe(path).interlaced
    segments = await shown(path, tmp_path, StreamMode.TRANSCODE, ModeSetting.TRANSCODE)
    for frame in read_frames("hall", segments[0]):
        rows = frame.image.mean(axis=2)
        comb = np.abs(rows[2:] - 2 * rows[1:-1] + rows[:-2]).mean()
        assert comb < 6, f"rows of two moments beside each other: {comb}"
