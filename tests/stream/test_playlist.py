from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.stream.playlist import MediaPlaylist, PlaylistEntry, parse_playlist, render_recording
from tests.conftest import MORNING

EMPTY = MediaPlaylist(target_duration_s=10, media_sequence=100)


def entry(start_s: float, duration_s: float = 10.0, discontinuity: bool = False) -> PlaylistEntry:
    start = MORNING + timedelta(seconds=start_s)
    return PlaylistEntry(f"seg_{start_s}.ts", duration_s, start, discontinuity)


def test_the_text_follows_rfc_8216() -> None:
    text = EMPTY.append(entry(0), 6, 60).append(entry(10, 3.4, discontinuity=True), 6, 60).render()
    assert text.splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-TARGETDURATION:10",
        "#EXT-X-MEDIA-SEQUENCE:100",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T08:00:00.000Z",
        "#EXTINF:10.000,",
        "seg_0.ts",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T08:00:10.000Z",
        "#EXTINF:3.400,",
        "seg_10.ts",
    ]


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0.2, 10), st.booleans()), min_size=1, max_size=40))
def test_sequences_count_what_has_left_and_never_go_back(steps: list[tuple[int, float, bool]]) -> None:
    playlist, at_s, appended = EMPTY, 0.0, []
    for pause_s, duration_s, discontinuity in steps:
        at_s += pause_s
        new = entry(at_s, round(duration_s, 3), discontinuity)
        at_s += duration_s
        before = playlist
        playlist = playlist.append(new, 6, 60)
        appended.append(new)
        assert playlist.entries[-1] == new
        assert len(playlist.entries) <= 6
        assert playlist.media_sequence >= before.media_sequence
        assert playlist.next_sequence == before.next_sequence + 1
        gone = appended[: len(appended) - len(playlist.entries)]
        assert playlist.media_sequence == 100 + len(gone)
        assert playlist.discontinuity_sequence == sum(e.discontinuity for e in gone)


def test_old_footage_is_not_offered_as_live_after_a_long_stop() -> None:
    playlist = EMPTY.append(entry(0), 6, 60).append(entry(7200, discontinuity=True), 6, 60)
    assert [e.uri for e in playlist.entries] == ["seg_7200.ts"]
    assert playlist.media_sequence == 101


def test_parsing_gives_back_what_was_rendered() -> None:
    playlist = replace(EMPTY, discontinuity_sequence=3).append(entry(0), 6, 60).append(entry(50, 2.5, True), 6, 60)
    assert parse_playlist(playlist.render()) == playlist


@pytest.mark.parametrize("text", ["", "hello", "#EXTM3U\n#EXTINF:1,\na.ts\n", "#EXTM3U\na.ts"])
def test_what_is_no_playlist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="playlist|EXTINF|EXTM3U"):
        parse_playlist(text)


def test_a_segment_over_the_target_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="target duration"):
        EMPTY.append(entry(0, 10.6), 6, 60).render()


def test_a_complete_recording_is_vod_and_ends() -> None:
    text = render_recording([entry(0, 9.6), entry(20, 12.4, discontinuity=True)], start_offset_s=2.5, complete=True)
    assert text.splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-TARGETDURATION:12",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-START:TIME-OFFSET=2.500,PRECISE=YES",
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T08:00:00.000Z",
        "#EXTINF:9.600,",
        "seg_0.ts",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T08:00:20.000Z",
        "#EXTINF:12.400,",
        "seg_20.ts",
        "#EXT-X-ENDLIST",
    ]


def test_a_recording_that_goes_on_only_grows_at_its_end() -> None:
    first = render_recording([entry(0)], start_offset_s=0, complete=False)
    second = render_recording([entry(0), entry(10)], start_offset_s=0, complete=False)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in first
    assert second.startswith(first)
