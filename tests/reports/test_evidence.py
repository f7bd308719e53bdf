"""Pictures and clips of incidents, over real footage."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from livemon.base.datatypes import Segment
from livemon.base.settings.settings import Settings
from livemon.reports.render.evidence import MOST, WIDTH, gather, gravest
from tests.recording import probe, record
from tests.reports.synthetic import CAM, LATER, SUNDAY, Made, at, event, incident, marks

NOON = at(12)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    return record(tmp_path_factory.mktemp("recorded"), NOON - timedelta(seconds=40), 80)


class House:
    """A camera whose footage of eighty seconds around noon is still live."""

    def __init__(self, data_dir: Path) -> None:
        self.settings = Settings(data_dir=data_dir, timezone="Asia/Seoul", cameras={CAM: {"source": "unused"}})
        self.made = Made(data_dir)
        self.hls = self.settings.camera_dir(CAM) / "hls"
        self.hls.mkdir(parents=True)
        self.clips = data_dir / "page" / "2026-11-22"

    def evidence(self, *, clips: bool = True):  # type: ignore[no-untyped-def]
        return gather(self.made.day(), self.settings, self.made.database, self.clips if clips else None)


@pytest.fixture
def house(tmp_path: Path, recorded: list[Segment]) -> Iterator[House]:
    made = House(tmp_path / "data")
    for segment in recorded:
        (made.hls / segment.path.name).write_bytes(segment.path.read_bytes())
    yield made
    made.made.database.close()


def alarming(start: datetime, **values: object) -> dict[str, object]:
    return event(start, event_type="safety", severity="warning", kind="climbing", **values)


def test_an_incident_is_shown_by_its_own_picture_scaled_down(house: House) -> None:
    thumbnails = house.settings.camera_dir(CAM) / "thumbnails"
    thumbnails.mkdir()
    cv2.imwrite(str(thumbnails / "a.jpg"), np.full((600, 960, 3), 200, np.uint8))
    house.made.events([alarming(NOON, thumbnail="a.jpg")])
    picture = house.evidence()[0].picture
    assert picture.startswith("data:image/jpeg;base64,")
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(picture.split(",")[1]), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (300, WIDTH, 3)


def test_an_incident_that_nobody_saw_live_has_a_picture_of_the_footage(house: House) -> None:
    house.made.analyses([at(12)], result={"incidents": [incident(NOON)]})
    assert house.evidence()[0].picture.startswith("data:image/jpeg;base64,")


def test_a_clip_begins_ten_seconds_before_and_ends_ten_seconds_after(house: House) -> None:
    house.made.events([alarming(NOON, last_seen_utc=NOON + timedelta(seconds=4))])
    (one,) = house.evidence().values()
    assert one.clip == "2026-11-22/120000.mp4", "relative to the page, by the clock on the wall"
    assert one.clip_s == pytest.approx(24, abs=0.1)
    assert float(probe(house.clips / "120000.mp4", "-show_format")["format"]["duration"]) == pytest.approx(24, abs=1.1)


def test_a_clip_of_something_long_is_a_minute(house: House) -> None:
    house.made.events([alarming(NOON - timedelta(seconds=20), last_seen_utc=NOON + timedelta(minutes=4))])
    (one,) = house.evidence().values()
    assert one.clip_s == pytest.approx(60, abs=0.1)


def test_without_footage_there_is_neither_picture_nor_clip_and_no_error(house: House) -> None:
    house.made.events([alarming(at(3), thumbnail="gone.jpg")])
    (one,) = house.evidence().values()
    assert (one.picture, one.clip) == ("", "")
    assert not house.clips.exists()


def test_the_clip_of_the_report_before_stays_when_the_footage_is_gone(house: House) -> None:
    house.made.events([alarming(NOON)])
    (before,) = house.evidence().values()
    for segment in house.hls.iterdir():
        segment.unlink()
    cut = house.settings.camera_dir(CAM) / "clips"
    for clip in cut.iterdir():
        clip.unlink()
    (after,) = house.evidence().values()
    assert after.clip == before.clip
    assert after.clip_s == pytest.approx(before.clip_s, abs=1.1)


def test_a_clip_that_is_cut_anew_does_not_change_the_one_before(house: House) -> None:
    house.made.events([alarming(NOON)])
    house.evidence()
    (clip,) = house.clips.iterdir()
    other = house.settings.data_dir / "linked.mp4"
    other.hardlink_to(clip)
    house.evidence()
    assert other.stat().st_nlink == 1


def test_no_clips_are_cut_where_no_page_will_lie(house: House) -> None:
    house.made.events([alarming(NOON)])
    (one,) = house.evidence(clips=False).values()
    assert (one.clip, bool(one.picture)) == ("", True)


def test_of_two_times_that_the_clock_shows_each_has_its_clip(tmp_path: Path) -> None:
    from datetime import date
    from zoneinfo import ZoneInfo

    house = House(tmp_path / "data")
    twice = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6)]  # 01:30 in New York, both
    for number, start in enumerate(twice):
        for segment in record(tmp_path / f"recorded{number}", start, 4):
            (house.hls / segment.path.name).write_bytes(segment.path.read_bytes())
    house.made.events([alarming(start, title=title) for start, title in zip(twice, ("Climbs", "Throws"), strict=True)])
    day = house.made.day(day=date(2026, 11, 1), zone=ZoneInfo("America/New_York"))
    found = gather(day, house.settings, house.made.database, house.clips)
    assert [one.clip for one in found.values()] == ["2026-11-22/013000.mp4", "2026-11-22/013000b.mp4"]
    house.made.database.close()


def test_the_gravest_are_dangers_then_the_surest(tmp_path: Path) -> None:
    made = Made(tmp_path)
    rows = [alarming(at(8, n), confidence=0.5 + n / 100, title=f"Thing{n}") for n in range(MOST + 3)]
    made.events(rows)
    made.analyses(marks(at(20), at(20, 10)), result={"incidents": [incident(at(20), "danger", confidence=0.1)]})
    day = made.day(LATER, SUNDAY)
    shown = gravest(day)
    assert len(shown) == MOST
    assert day.incidents.loc[shown[0], "severity"] == "danger"
    confidences = [float(day.incidents.loc[label, "confidence"]) for label in shown[1:]]
    assert confidences == sorted(confidences, reverse=True)
    made.database.close()
