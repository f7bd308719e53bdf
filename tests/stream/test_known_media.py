from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon.base.stream_types import MediaInfo
from livemon.stream.known_media import KnownMedia, SourceChanged

URL = "rtsp://admin:s3cret@192.168.1.20/stream1"
MEDIA = MediaInfo("h264", 1280, 720, 0, 0.0, 25.0, "yuv420p", audio_codec="aac", container="rtsp", sound_index=1)
STREAMS = ("0 Video: h264 (High), yuv420p(progressive), 1280x720", "1 Audio: aac (LC), 16000 Hz, mono, fltp")


def proven(path: Path | None, url: str = URL) -> KnownMedia:
    known = KnownMedia(url, path)
    known.learn(MEDIA, rare_keyframes=True)
    known.prove(STREAMS)
    return known


def test_what_a_run_proved_is_known_to_the_next_process(tmp_path: Path) -> None:
    proven(tmp_path / "camera" / "source.json")
    known = KnownMedia(URL, tmp_path / "camera" / "source.json").recall()
    assert known is not None
    assert (known.media, known.rare_keyframes, known.streams) == (MEDIA, True, STREAMS)


def test_an_answer_is_not_remembered_before_a_run_proved_it(tmp_path: Path) -> None:
    known = KnownMedia(URL, tmp_path / "source.json")
    known.learn(MEDIA, rare_keyframes=False)
    assert known.recall() is None
    known.prove(())  # an ffmpeg that does not say what it reads
    assert known.recall() is None
    assert list(tmp_path.iterdir()) == []


def test_another_address_is_asked_anew(tmp_path: Path) -> None:
    proven(tmp_path / "source.json")
    for url in (URL.replace("stream1", "stream2"), URL.replace("s3cret", "other")):
        assert KnownMedia(url, tmp_path / "source.json").recall() is None


def test_no_secret_of_the_address_is_kept(tmp_path: Path) -> None:
    proven(tmp_path / "source.json")
    text = (tmp_path / "source.json").read_text()
    assert "s3cret" not in text
    assert "192.168" not in text
    assert (tmp_path / "source.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "text", ["", "nonsense", "{}", "[1]", '{"salt": "zz"}', "\ud800".encode("utf-8", "replace").decode()]
)
def test_a_damaged_file_is_no_knowledge(text: str, tmp_path: Path) -> None:
    (tmp_path / "source.json").write_text(text)
    assert KnownMedia(URL, tmp_path / "source.json").recall() is None


def test_a_value_of_another_type_is_no_knowledge(tmp_path: Path) -> None:
    proven(tmp_path / "source.json")
    kept = json.loads((tmp_path / "source.json").read_text())
    for name, value in (("media", {**kept["media"], "picture_index": "../x"}), ("streams", 5), ("salt", "zz")):
        (tmp_path / "source.json").write_text(json.dumps({**kept, name: value}))
        assert KnownMedia(URL, tmp_path / "source.json").recall() is None, name


def test_what_came_to_nothing_is_in_doubt_until_the_source_is_away_or_proven() -> None:
    known = proven(None)
    known.doubt()
    assert known.recall() is None
    known.trust()
    assert known.recall() is not None
    known.doubt()
    known.prove(STREAMS)
    assert known.recall() is not None


def test_something_else_than_before_is_noticed() -> None:
    known = proven(None)
    known.check(STREAMS)
    for streams in ((), STREAMS[:1], (STREAMS[0].replace("h264", "hevc"), STREAMS[1])):
        with pytest.raises(SourceChanged):
            known.check(streams)


def test_a_disk_that_refuses_costs_only_the_memory(tmp_path: Path) -> None:
    (tmp_path / "camera").write_text("a file where a folder should be")
    assert proven(tmp_path / "camera" / "source.json").recall() is not None
