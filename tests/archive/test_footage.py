"""Footage over live segments and archives of a camera that sends 25 fps, B-frames and sound."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import av
import pytest

from livemon.archive import footage as footage_module
from livemon.archive.footage import Footage
from livemon.base.clock import FakeClock, Window
from livemon.base.datatypes import Segment
from livemon.base.errors import NoFootage, SourceError
from livemon.base.settings.settings import Settings
from livemon.store import archives, writes
from livemon.store.session import Database
from livemon.stream.files.archive import assemble
from livemon.stream.files.frames import read_frames
from livemon.stream.playlist import parse_playlist
from livemon.stream.segments import list_segments
from tests.conftest import MORNING
from tests.recording import number_at, number_of, record
from tests.waiting import PATIENCE_S

START = MORNING + timedelta(seconds=570)
"""The first half of the recording lies in one window, the second in the next."""


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    return record(tmp_path_factory.mktemp("recorded"), START, 60)


class House:
    """One camera's folder, its database and its clock."""

    def __init__(self, data_dir: Path) -> None:
        self.settings = Settings(data_dir=data_dir, timezone="UTC", cameras={"camera-1": {"source": "unused"}})
        self.folder = self.settings.camera_dir("camera-1")
        self.database = Database(self.settings.database)
        self.clock = FakeClock(at(75))
        writes.upsert_camera(self.database, "camera-1", "Playroom", "unused", MORNING)
        self.footage = Footage("camera-1", self.settings, self.database, self.clock)

    def stream(self, segments: list[Segment]) -> None:
        """Put segments where the live stream does."""
        hls = self.folder / "hls"
        hls.mkdir(parents=True, exist_ok=True)
        for segment in segments:
            (hls / segment.path.name).write_bytes(segment.path.read_bytes())

    def archive(self, segments: list[Segment]) -> None:
        """Archive segments of one window, and delete them."""
        window = Window.containing(segments[0].start_utc)
        made = assemble("camera-1", window, segments, self.folder / "archive")
        archives.replace_archives(self.database, made, self.settings.data_dir)
        for segment in segments:
            (self.folder / "hls" / segment.path.name).unlink(missing_ok=True)

    @property
    def expanded(self) -> list[Path]:
        return sorted((self.settings.data_dir / "cache" / "playback").glob("*"))


@pytest.fixture
def house(tmp_path: Path, recorded: list[Segment]) -> Iterator[House]:
    """The first window (30 s) is archived; the second is live; both are whole."""
    made = House(tmp_path / "data")
    made.stream(recorded[15:])
    made.archive(recorded[:15])
    yield made
    made.database.close()


def test_segments_are_archived_pieces_then_live_ones_without_a_seam(house: House) -> None:
    segments = house.footage.segments(at(0), at(60))
    assert [(s.start_utc - START).total_seconds() for s in segments] == [0, 10, 20, *range(30, 60, 2)]
    assert all(later.start_utc == s.end_utc for s, later in pairwise(segments))
    frames = [frame for s in segments[2:5] for frame in read_frames("camera-1", s)]
    assert [f.utc for f in frames] == [at(20 + n / 25) for n in range(14 * 25)]
    assert all(number_of(f.image) == number_at(START, f.utc) for f in frames)


def test_only_what_overlaps_is_given(house: House) -> None:
    segments = house.footage.segments(at(25), at(33))
    assert [(s.start_utc - START).total_seconds() for s in segments] == [20, 30, 32]
    assert house.footage.segments(at(-100), at(0)) == []


def test_what_was_recorded_is_told_as_stretches_without_opening_a_file(
    house: House, recorded: list[Segment], tmp_path: Path
) -> None:
    assert house.footage.recorded(at(-100), at(100)) == [(at(0), at(60))]
    assert house.footage.recorded(at(25), at(33)) == [(at(25), at(33))]
    assert house.footage.recorded(at(-100), at(0)) == []
    assert house.expanded == []
    gappy = House(tmp_path / "gappy")
    gappy.stream([*recorded[:3], *recorded[10:12]])
    assert gappy.footage.recorded(at(0), at(60)) == [(at(0), at(6)), (at(20), at(24))]
    gappy.database.close()


def test_a_window_whose_segments_are_all_there_is_not_taken_apart(house: House, recorded: list[Segment]) -> None:
    house.stream(recorded[:15])
    assert len(house.footage.segments(at(0), at(60))) == 30
    assert house.expanded == []
    # Now retention has begun to delete them: asked from there on live ones do, asked from before the archive does.
    for segment in recorded[:5]:
        (house.folder / "hls" / segment.path.name).unlink()
    assert len(house.footage.segments(at(10), at(60))) == 25
    segments = house.footage.segments(at(0), at(60))
    assert [(s.start_utc - START).total_seconds() for s in segments[:4]] == [0, 10, 20, 30]


def test_gaps_stay_gaps(house: House, recorded: list[Segment], tmp_path: Path) -> None:
    gappy = House(tmp_path / "gappy")
    gappy.archive([*recorded[:3], *recorded[7:15]])
    segments = gappy.footage.segments(at(0), at(60))
    assert [((s.start_utc - START).total_seconds(), s.duration_s) for s in segments] == [(0, 6), (14, 10), (24, 6)]
    with pytest.raises(NoFootage, match=r"2026-11-23T08:09:37\.000Z.*ends at 2026-11-23T08:09:36\.000Z"):
        gappy.footage.frame(at(7))
    with pytest.raises(NoFootage, match=r"begins at 2026-11-23T08:09:44\.000Z"):
        gappy.footage.frame(at(13))
    assert gappy.footage.frame(at(14)).utc == at(14)
    gappy.database.close()


def test_two_threads_that_ask_at_once_get_the_same(house: House) -> None:
    found: list[list[Segment]] = []
    ask = [threading.Thread(target=lambda: found.append(house.footage.segments(at(0), at(30)))) for _ in range(4)]
    # Another process has locks of its own: the same folder, made twice at the same time.
    other = Footage("camera-1", house.settings, house.database, house.clock)
    ask += [threading.Thread(target=lambda: found.append(other.segments(at(0), at(30)))) for _ in range(4)]
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join(PATIENCE_S)
    assert len(found) == 8
    assert all(segments == found[0] for segments in found)
    assert len(house.expanded) == 1
    assert all(segment.path.is_file() for segment in found[0])


def test_the_longest_unused_archive_leaves_the_cache(
    house: House, recorded: list[Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.archive(recorded[15:])
    first = house.footage.segments(at(0), at(30))
    monkeypatch.setattr(footage_module, "CACHE_BYTES", 1)
    second = house.footage.segments(at(30), at(60))
    assert house.expanded == [second[0].path.parent]
    assert house.footage.segments(at(0), at(30)) == first, "it is made again when it is asked for again"


@pytest.mark.parametrize("second", [0, 0.04, 7.999, 29.96, 30, 41.3, 59.99])
def test_the_frame_shown_at_a_moment_is_exact_in_archives_and_live(house: House, second: float) -> None:
    frame = house.footage.frame(at(second), width=32)
    assert frame.utc == at(int(second * 25 + 1e-6) / 25)
    assert number_of(frame.image) == number_at(START, at(second))
    assert frame.image.shape == (24, 32, 3)
    assert house.footage.frame(frame.utc).utc == frame.utc, "a frame's own time finds it again"
    assert house.expanded == [], "an archive is sought in, not taken apart"


def test_where_nothing_was_recorded_the_nearest_footage_is_told(house: House, tmp_path: Path) -> None:
    with pytest.raises(NoFootage, match=r"camera-1 has no footage of .*ends at 2026-11-23T08:10:30\.000Z"):
        house.footage.frame(at(61))
    with pytest.raises(NoFootage, match=r"begins at 2026-11-23T08:09:30\.000Z"):
        house.footage.clip(at(-20), at(-10))
    with pytest.raises(NoFootage, match="begins at"):
        house.footage.sheet(at(-20), at(-10))
    empty = House(tmp_path / "empty")
    with pytest.raises(NoFootage, match="Nothing is recorded yet"):
        empty.footage.frame(at(0))
    empty.database.close()


def assert_shows(clip: Path, from_s: float, pictures: int) -> None:
    """Every picture of 25 a second stands at its own time, and is the one of that moment."""
    with av.open(str(clip)) as file:
        frames = [frame for frame in file.decode(video=0) if frame.pts >= 0]
    assert [round(frame.time * 1000) for frame in frames] == [40 * n for n in range(pictures)]
    for frame in frames:
        moment = at(from_s) + timedelta(seconds=round(frame.time, 3))
        assert number_of(frame.to_ndarray(format="bgr24")) == number_at(START, moment)


def test_a_clip_goes_from_an_archive_into_live_footage(house: House) -> None:
    clip = house.footage.clip(at(25.2), at(35))
    assert (clip.start_utc, clip.end_utc) == (at(25.2), at(35))
    assert clip.path == house.folder / "clips" / "clip_20261123T080955.200Z_20261123T081005.000Z.mp4"
    assert_shows(clip.path, 25.2, 245)
    assert house.footage.clip(at(25.2), at(35)) == clip
    assert len(list(clip.path.parent.iterdir())) == 1


@pytest.mark.parametrize(("start_s", "end_s"), [(0, 2), (12.2, 19), (24.04, 30), (26.2, 35)])
def test_a_clip_of_archives_alone_is_copied_from_them(
    house: House, recorded: list[Segment], start_s: float, end_s: float
) -> None:
    house.archive(recorded[15:])
    clip = house.footage.clip(at(start_s), at(end_s))
    assert house.expanded == [], "an archive is sought in, not taken apart"
    assert_shows(clip.path, start_s, round((end_s - start_s) * 25))
    with av.open(str(clip.path)) as file:
        sound = [packet for packet in file.demux(audio=0) if packet.pts is not None]
        seconds = sum((packet.duration or 0) * float(packet.time_base or 0) for packet in sound)
    assert seconds == pytest.approx(end_s - start_s, abs=0.1)


def test_a_clip_says_what_it_really_holds(house: House) -> None:
    clip = house.footage.clip(at(-5), at(3))
    assert (clip.start_utc, clip.end_utc) == (at(0), at(3))
    assert house.footage.clip(at(58), at(100)).end_utc == at(60)


def test_clips_are_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first = house.footage.clip(at(31), at(33))
    monkeypatch.setattr(footage_module, "CLIPS_BYTES", 1)
    second = house.footage.clip(at(33), at(35))
    assert (first.path.exists(), second.path.exists()) == (False, True)


def test_a_camera_that_changed_its_size_is_refused_and_playable_on_either_side(
    house: House, recorded: list[Segment], tmp_path: Path
) -> None:
    larger = record(tmp_path / "larger", at(60), 4, size="96x64")
    house.stream(larger)
    with pytest.raises(SourceError, match="from 64x48 to 96x64"):
        house.footage.clip(at(50), at(64))
    assert house.footage.clip(at(50), at(60)).end_utc == at(60)
    assert house.footage.clip(at(60), at(64)).start_utc == at(60)
    house.archive([*recorded[15:], *larger])
    assert [s.duration_s for s in house.footage.segments(at(30), at(64))] == [10, 10, 10, 4]
    assert house.footage.frame(at(61)).image.shape == (64, 96, 3)


def test_a_sheet_shows_equal_parts_with_the_pictures_own_times(house: House) -> None:
    sheet = house.footage.sheet(at(0), at(64), columns=4, rows=2)
    # Middles at 4, 12, 20 ... 60: the last one has no footage any more, so what there is of its part is shown.
    assert [(utc - START).total_seconds() if utc else None for utc in sheet.utcs] == [4, 12, 20, 28, 36, 44, 52, 59]
    assert sheet.image.shape == (2 * 48, 4 * 64, 3)
    short = house.footage.sheet(at(10), at(10.4), columns=2, rows=1)
    assert [utc and (utc - START).total_seconds() for utc in short.utcs] == [10, 10.28], (
        "no keyframe: the picture itself"
    )
    late = house.footage.sheet(at(50), at(90), columns=4, rows=1)
    assert late.utcs == (at(55), None, None, None)
    assert house.expanded == []


def test_a_past_playlist_is_complete_and_marks_where_timestamps_break(house: House) -> None:
    text = house.footage.playlist(at(4), at(40))
    playlist = parse_playlist(text)
    assert playlist.target_duration_s == 10
    assert [e.program_date_time for e in playlist.entries] == [at(s) for s in (0, 10, 20, 30, 32, 34, 36, 38)]
    assert [e.discontinuity for e in playlist.entries] == [False, False, False, True, False, False, False, False]
    assert "TYPE:VOD" in text
    assert "TIME-OFFSET=4.000" in text
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert house.expanded == [], "a playlist tells what there will be"
    for entry in playlist.entries[1:4]:
        camera_id, name = entry.uri.split("/", 1)
        assert camera_id == "camera-1"
        path = house.footage.segment_path(name)
        assert path.is_file()
        assert list_segments(path.parent)
    assert len(house.expanded) == 1


def test_a_piece_is_never_taken_for_the_live_segment_of_the_same_name(tmp_path: Path) -> None:
    """Cut on the same grid both have one name, but timestamps of their own."""
    house = House(tmp_path / "data")
    segments = record(tmp_path / "grid", START, 30, segment_s=10)
    house.archive(segments)
    house.stream(segments[1:])
    entries = parse_playlist(house.footage.playlist(at(0), at(30))).entries
    assert [entry.uri.rsplit("/", 1)[1] for entry in entries] == [segment.path.name for segment in segments]
    for entry in entries:
        path = house.footage.segment_path(entry.uri.split("/", 1)[1])
        assert path.parent in house.expanded
        with pytest.raises(NoFootage):
            house.footage.segment_path(f"segment_20261123_080000-00000000/{path.name}")
    house.database.close()


def test_an_open_playlist_grows_and_keeps_its_beginning(house: House, recorded: list[Segment], tmp_path: Path) -> None:
    growing = House(tmp_path / "growing")
    growing.stream(recorded[:3])
    growing.clock = FakeClock(at(6))
    growing.footage = Footage("camera-1", growing.settings, growing.database, growing.clock)
    first = growing.footage.playlist(at(1))
    growing.stream(recorded[3:5])
    growing.clock.advance(4)
    second = growing.footage.playlist(at(1))
    assert "ENDLIST" not in second
    assert second.startswith(first)
    assert len(parse_playlist(second).entries) == 5
    assert "ENDLIST" not in growing.footage.playlist(at(1), at(20)), "the end is not over yet"
    assert "ENDLIST" in growing.footage.playlist(at(1), at(10)), "footage reaches the end"
    growing.database.close()


@pytest.mark.parametrize("name", ["../livemon.db", "seg_20261123T080930.000Z_99ms.ts", "index.m3u8", "a/../b.ts", ""])
def test_other_names_are_no_segments(house: House, name: str) -> None:
    with pytest.raises(NoFootage):
        house.footage.segment_path(name)


def test_wrong_times_are_refused_in_plain_words(house: House) -> None:
    naive = datetime(2026, 11, 23, 8, 10)
    with pytest.raises(ValueError, match="timezone"):
        house.footage.frame(naive)
    with pytest.raises(ValueError, match="timezone"):
        house.footage.clip(naive, at(40))
    with pytest.raises(ValueError, match="after the start"):
        house.footage.clip(at(5), at(5))
    with pytest.raises(ValueError, match="at most 6 hours"):
        house.footage.clip(at(0), at(6 * 3600 + 1))
    with pytest.raises(ValueError, match="at most 24 hours"):
        house.footage.playlist(at(-90_000), at(0))
    with pytest.raises(ValueError, match="1 to 100 cells, not 11 x 10"):
        house.footage.sheet(at(0), at(60), 11, 10)


def test_a_missing_archive_file_is_no_footage(house: House) -> None:
    for path in (house.folder / "archive").iterdir():
        path.unlink()
    with pytest.raises(NoFootage):
        house.footage.frame(at(5))
    assert len(house.footage.segments(at(0), at(60))) == 15
