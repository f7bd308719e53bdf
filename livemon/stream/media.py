"""Evaluation of ffprobe's answer: the stream with the picture, the one with the sound, and the picture's format.

Running ffprobe does not belong here (ffmpeg.py, sources/network.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from livemon.base.stream_types import MediaInfo

WITHOUT_TIMES = frozenset({"h264", "hevc", "mjpeg", "mpjpeg", "jpeg_pipe"})
"""Formats of pictures without times: ffmpeg counts 25 a second, whatever comes (its manual: `-framerate`)."""

COVERS = ("attached_pic", "timed_thumbnails", "still_image")
THUMBNAIL_SHARE = 0.25
"""A track of fewer pixels than this share of the largest one's is its thumbnail."""

INTERLACED = frozenset({"tt", "bb", "tb", "bt"})

Stream = dict[str, Any]


def read_probe(text: str) -> MediaInfo | None:
    """Return what ffprobe's JSON says of the picture and the sound that belongs to it; None when there is no picture.

    Raises
    ------
    ValueError
        When the text is not JSON.
    """
    answer: dict[str, Any] = json.loads(text or "{}")
    streams: list[Stream] = answer.get("streams", [])
    video = _picture(streams)
    if video is None:
        return None
    audio = _sound(streams, answer.get("programs", []), video)
    container: dict[str, Any] = answer.get("format", {})
    numerator, _, denominator = video.get("avg_frame_rate", "0/0").partition("/")
    # ffmpeg's rate of a format without times is its own invention.
    timed = container.get("format_name", "") not in WITHOUT_TIMES
    return MediaInfo(
        codec=video.get("codec_name", "unknown"),
        width=int(video["width"]),
        height=int(video["height"]),
        frames=int(video.get("nb_frames", 0)),
        duration_s=float(container.get("duration", 0.0)),
        fps=round(int(numerator) / int(denominator), 3) if timed and int(denominator or 0) else 0.0,
        pixel_format=video.get("pix_fmt", ""),
        b_frames=int(video.get("has_b_frames", 0)),
        rotated=any(float(data.get("rotation", 0)) % 360 for data in video.get("side_data_list", [])),
        audio_codec=audio.get("codec_name", "") if audio else "",
        container=container.get("format_name", ""),
        timed=timed,
        picture_index=int(video["index"]),
        sound_index=int(audio["index"]) if audio else None,
        transfer=video.get("color_transfer", ""),
        interlaced=video.get("field_order", "") in INTERLACED,
    )


def read_container(text: str) -> str:
    """Return ffmpeg's name of the format; empty when ffprobe told of none."""
    try:
        return str(json.loads(text or "{}").get("format", {}).get("format_name", ""))
    except (ValueError, AttributeError):
        return ""


def has_only_sound(text: str) -> bool:
    """Whether ffprobe's JSON tells of sound, and of no picture but a still cover."""
    try:
        streams: list[Stream] = json.loads(text or "{}").get("streams", [])
    except (ValueError, AttributeError):
        return False
    return _picture(streams) is None and any(one.get("codec_type") == "audio" for one in streams)


def has_picture_of_unknown_size(text: str) -> bool:
    """Whether ffprobe's JSON tells of a picture whose size it has not seen yet: no keyframe came."""
    streams: list[Stream] = json.loads(text or "{}").get("streams", [])
    return any(one.get("codec_type") == "video" and not one.get("width") for one in streams)


def _picture(streams: Sequence[Stream]) -> Stream | None:
    """Return the moving picture: the default one, else the largest; covers and thumbnails do not count."""
    moving = [
        one
        for one in streams
        if one.get("codec_type") == "video" and one.get("width") and not any(_is(one, kind) for kind in COVERS)
    ]
    # One picture may be all that a video has; beside another one it is a cover that does not say so.
    moving = [one for one in moving if one.get("nb_frames") != "1"] or moving
    largest = max(map(_pixels, moving), default=0)
    moving = [one for one in moving if _pixels(one) >= THUMBNAIL_SHARE * largest]
    return max(moving, key=lambda one: (_is(one, "default"), _pixels(one)), default=None)


def _sound(streams: Sequence[Stream], programs: Sequence[dict[str, Any]], video: Stream) -> Stream | None:
    """Return the first sound of the picture's program, or the first where there are no programs.

    A track without samples, or without a known codec, does not count as sound.
    """
    sounds = [one for one in streams if one.get("codec_type") == "audio" and one.get("sample_rate", "0") != "0"]
    for program in programs:
        together = {one.get("index") for one in program.get("streams", [])}
        if video["index"] in together:
            return next((one for one in sounds if one["index"] in together), None)
    return next(iter(sounds), None)


def _pixels(stream: Stream) -> int:
    return int(stream["width"]) * int(stream["height"])


def _is(stream: Stream, disposition: str) -> bool:
    return bool(stream.get("disposition", {}).get(disposition))
