"""Files: what ffprobe reads back, and that nothing half-written has a final name."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from livemon.base.errors import LivemonError, ToolMissing
from livemon.sim.scenes import clip_names, ground_truth, render, render_demo_clips, scene_clip
from livemon.sim.scenes.picture import Painter
from livemon.sim.scenes.render import render_clip, render_clips


def probe(path: Path) -> dict[str, str]:
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "json"]
    fields = "stream=codec_name,width,height,pix_fmt,r_frame_rate,nb_read_frames,duration"
    reply = subprocess.run([*command, "-show_entries", fields, path], capture_output=True, check=True)
    return json.loads(reply.stdout)["streams"][0]


def test_a_rendered_clip_is_what_it_promises(tmp_path: Path) -> None:
    clip = scene_clip("03_fall", start_s=5.0, duration_s=2.0)
    said: list[tuple[float, str]] = []
    [path] = render_clips([clip], tmp_path, on_progress=lambda share, text: said.append((share, text)))
    stream = probe(path)
    assert path == tmp_path / "03_fall.mp4"
    assert (stream["codec_name"], stream["pix_fmt"]) == ("h264", "yuv420p")
    assert (stream["width"], stream["height"]) == (640, 480)
    assert stream["r_frame_rate"] == "15/1"
    assert int(stream["nb_read_frames"]) == 30
    assert float(stream["duration"]) == pytest.approx(2.0)
    head = path.read_bytes()[:4096]
    assert b"moov" in head, "not faststart"
    assert json.loads((tmp_path / "labels" / "03_fall.mp4.json").read_text()) == ground_truth(clip)
    shares = [share for share, _ in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_noise_survives_the_encoder(tmp_path: Path) -> None:
    import cv2

    [path] = render_clips([scene_clip("05_cat_alone", start_s=2.0, duration_s=2.0)], tmp_path)
    video = cv2.VideoCapture(str(path))
    pictures = [video.read()[1] for _ in range(30)]
    video.release()
    changes = [cv2.absdiff(a, b).mean() for a, b in pairwise(pictures)]
    assert min(changes) > 0, "a still scene must not look like a frozen one"
    assert max(changes) < 4


def test_a_clip_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "01_play.mp4").write_bytes(b"mine")
    render_clips([scene_clip("01_play")], tmp_path)
    assert (tmp_path / "01_play.mp4").read_bytes() == b"mine"
    assert (tmp_path / "labels" / "01_play.mp4.json").exists()


def test_a_clip_has_its_final_name_only_when_complete(tmp_path: Path, painter: Painter) -> None:
    clip = scene_clip("01_play", duration_s=2.0)
    path = tmp_path / clip.name

    def stop(frames: int) -> None:
        assert not path.exists()
        if frames:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_clip(clip, path, painter, on_frames=stop)
    assert list(tmp_path.iterdir()) == []


def test_ffmpegs_words_are_passed_on_when_it_fails(
    tmp_path: Path, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\necho 'no space left' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(render.shutil, "which", lambda _name: str(broken))
    with pytest.raises(LivemonError, match="01_play.*no space left"):
        render_clip(scene_clip("01_play", duration_s=1.0), tmp_path / "out" / "01_play.mp4", painter)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_missing_ffmpeg_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="Install it"):
        render_demo_clips(tmp_path / "clips")


def test_names_tell_the_day_in_alphabetical_order() -> None:
    assert clip_names() == sorted(clip_names())
    assert 180 <= sum(scene_clip(name).duration_s for name in clip_names()) <= 250


def test_an_unknown_clip_is_refused() -> None:
    with pytest.raises(KeyError):
        scene_clip("09_party")


def test_importing_scenes_loads_neither_opencv_nor_numpy() -> None:
    code = "import sys, livemon.sim.scenes; print('cv2' in sys.modules, 'numpy' in sys.modules)"
    reply = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert reply.stdout.split() == ["False", "False"]


def test_noise_differs_between_frames_and_repeats_between_runs() -> None:
    clip = scene_clip("05_cat_alone")
    first, again = Painter(), Painter()
    assert np.array_equal(first.frame(clip, 1.0), again.frame(clip, 1.0))
    assert not np.array_equal(first.frame(clip, 1.0), first.frame(clip, 1.2))
