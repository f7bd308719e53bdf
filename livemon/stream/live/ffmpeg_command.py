"""The one ffmpeg command that runs live: a recipe in, finished MPEG-TS segments out, each announced on stdout.

Every argument stands here with its reason. Running the command does not belong here (hls.py), nor finite commands
(ffmpeg.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ffmpeg

from livemon.base.stream_types import StreamMode, StreamProfile
from livemon.stream.ffmpeg import compile_command, fit, local_url, picture_of, shape, sound_of
from livemon.stream.sources.source import AudioHandling, Recipe


def live_command(recipe: Recipe, folder: Path, profile: StreamProfile, first_frame: int) -> list[str]:
    """Return the command that turns a source into segments.

    Parameters
    ----------
    recipe
        The source, and whether it is copied or transcoded.
    folder
        Receives ``000000.ts`` and so on.
    first_frame
        For a paced source: index of the first frame within its grid slot, 0 for a start exactly on the grid. Output
        timestamps begin there, so cuts fall on whole multiples of `segment_s` of wall-clock time. Else 0.
    """
    copies = recipe.mode is StreamMode.COPY
    picture = picture_of(recipe.input, recipe.media)
    if not copies:
        picture = shape(picture, profile) if recipe.paced else fit(picture, profile, recipe.media)
    streams = [picture] if recipe.audio is AudioHandling.NONE else [picture, sound_of(recipe.input, recipe.media)]
    options: dict[str, Any] = {
        "format": "segment",
        "segment_format": "mpegts",
        "segment_time": profile.segment_s,
        "segment_list": "pipe:1",
        "segment_list_type": "csv",
        # Each packet reaches the disk: the watchdog sees a camera of few bits, and a crash loses less.
        "fflags": "+flush_packets",
        **(_copy_options(recipe) if copies else _encoder_options(profile, first_frame)),
        **_audio_options(recipe.audio),
    }
    # The muxer replaces %d in the whole path, and takes a word before a colon for a protocol.
    target = local_url(folder).replace("%", "%%") + "/%06d.ts"
    # It tells of its input, each line with its level before it: process.py reads that.
    return compile_command(ffmpeg.output(*streams, target, **options), overwrite=True, says="+level+info")


def _copy_options(recipe: Recipe) -> dict[str, Any]:
    """Nothing is decoded; a segment ends at the first keyframe after its time."""
    options = {"c:v": "copy"}
    filters = []
    if recipe.out_of_band_headers:
        # Parameter sets of the session description are put before each keyframe. Otherwise only the first segment could
        # be decoded (RFC 8216 section 3: each segment stands alone).
        filters.append("dump_extra=freq=keyframe")
    if recipe.media is not None and not recipe.media.timed:
        # ffmpeg takes each picture for a twenty-fifth of a second; it lasts until the next one.
        filters.append("setts=duration=NEXT_PTS-PTS")
    return {**options, "bsf:v": ",".join(filters)} if filters else options


def _encoder_options(profile: StreamProfile, first_frame: int) -> dict[str, Any]:
    return {
        "output_ts_offset": first_frame * profile.frame_s,
        "r": profile.fps,
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": 23,
        # One thread: a 480p 5 fps stream needs a few per cent of a core, and threads cost memory per camera.
        "threads": 1,
        # Without it the encoder holds back ten frames for its rate control: two seconds at 5 fps.
        "tune": "zerolatency",
        "bf": 0,
        "g": profile.gop_frames,
        "keyint_min": 1,
        "sc_threshold": 0,
        # Counted from the grid, not from the first frame, so that the frame at every cut is a keyframe.
        "force_key_frames": f"expr:not(mod(n+{first_frame},{profile.gop_frames}))",
    }


def _audio_options(audio: AudioHandling) -> dict[str, Any]:
    if audio is AudioHandling.TRANSCODE:
        # Speech of a room; cameras send 8 or 16 kHz in one channel.
        return {"c:a": "aac", "b:a": "48k"}
    return {"c:a": "copy"} if audio is AudioHandling.COPY else {}
