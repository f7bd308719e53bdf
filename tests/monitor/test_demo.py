"""The demo's week: there from the start, of a camera of its own, and gone without a trace when it is removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from livemon.base.clock import FakeClock
from livemon.base.datatypes import Severity
from livemon.base.errors import StoreError
from livemon.base.settings.settings import Settings
from livemon.monitor.demo import DEMO_CAMERA, SCRIPTED, is_there, make_demo, remove_demo
from livemon.monitor.monitor import Monitor
from livemon.sim import scenes
from livemon.sim.scenes import SceneClip, window_files
from livemon.sim.scenes.week import DAYS, KINDS, day_windows
from livemon.store import made_week, writes
from livemon.store.event_search import EventSearch, search
from livemon.store.tables.notifications import OutboxRow
from livemon.store.tables.recordings import RealtimeEvent
from livemon.web.pages.parts.event_filters import EventFilters
from tests.conftest import FAST, MORNING, make_video, seen
from tests.days import CAM


@pytest.fixture(scope="module", autouse=True)
def tiny_files() -> Iterator[None]:
    """The demo is made of tiny files."""

    def render(scripts: list[SceneClip], folder: Path, **_: Any) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        return [make_video(folder / name) for name in [scripts[0].name]]

    def windows(_clips: Path, folder: Path) -> dict[str, Path]:
        files = {kind: folder / f"{kind}.mp4" for kind in KINDS}
        for kind, path in files.items():
            path.write_text(kind)
        return files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenes, "render_clips", render)
        patch.setattr(window_files, "write_window_files", windows)
        yield


@dataclass
class Made:
    """A monitor with the demo, the reports that were asked for, and the shares of progress."""

    monitor: Monitor
    reports: list[date] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def make(self, language: str = "en") -> None:
        self.monitor.make_report = lambda _camera, day, **_: self.reports.append(day)  # type: ignore[method-assign, assignment]
        make_demo(self.monitor, language=language, on_progress=self.shares.append)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """The demo in Korean, beside another camera."""
    folder = tmp_path_factory.mktemp("demo")
    cameras = {CAM: {"source": str(folder / "videos"), "name": "Hall"}}
    settings = Settings(data_dir=folder / "data", port=0, timezone="UTC", detector="none", cameras=cameras)
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as monitor:
        whole = Made(monitor)
        whole.make("ko")
        yield whole


def events_of(monitor: Monitor) -> int:
    """How many events of the demo's id are kept."""
    query = sa.select(sa.func.count()).where(RealtimeEvent.camera_id == DEMO_CAMERA)
    with monitor.database.reading() as connection:
        return int(connection.execute(query).scalar_one())


def to_review(monitor: Monitor) -> list[str]:
    """The kinds of what the Events page lists when it is opened, in order."""
    wanted = EventFilters({}, {}).search([DEMO_CAMERA], monitor.clock.now(), monitor.settings.zone)
    assert isinstance(wanted, EventSearch)
    return list(search(monitor.database, wanted)["kind"])


def test_the_week_is_there_with_footage_studies_and_yesterdays_report(made: Made) -> None:
    monitor, yesterday = made.monitor, MORNING.date() - timedelta(days=1)
    assert made.shares == sorted(made.shares)
    assert made.shares[-1] == 1.0
    assert made.reports == [yesterday]
    day = monitor.day(DEMO_CAMERA, yesterday)
    windows = day.windows[day.windows["state"] == "completed"]
    assert len(windows) == len(list(day_windows(1)))
    assert set(windows["model"]) == {SCRIPTED}
    assert windows["safety_score"].min() <= 50
    files = monitor.archives(DEMO_CAMERA, 1000)
    assert all((monitor.settings.data_dir / path).is_file() for path in files["path"])
    assert files["window_start_utc"].min().date() == MORNING.date() - timedelta(days=DAYS)
    assert files["end_utc"].max() <= MORNING


def test_only_what_is_grave_and_new_is_to_review_and_nobody_is_notified(made: Made) -> None:
    monitor = made.monitor
    assert to_review(monitor) == ["possible_fall", "climbing"]
    danger = monitor.events(DEMO_CAMERA, severity="danger").iloc[0]
    assert danger["model"] == SCRIPTED
    assert (monitor.camera(DEMO_CAMERA).thumbnails_folder / danger["thumbnail"]).is_file()
    assert "info" in set(monitor.events(DEMO_CAMERA)["severity"])
    with monitor.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(OutboxRow)).scalar_one() == 0


def test_its_events_are_found_by_people_and_by_pets(made: Made) -> None:
    found = {kind: made.monitor.events(DEMO_CAMERA, seen=kind, limit=1000) for kind in ("people", "pets", "unknown")}
    assert {"possible_fall", "climbing", "person_came"} <= set(found["people"]["kind"])
    assert "cat_present" in set(found["pets"]["kind"])
    assert found["unknown"].empty


def test_its_words_are_in_the_language_that_was_asked_for(made: Made) -> None:
    monitor = made.monitor
    said = monitor.events(DEMO_CAMERA)["said"]
    assert {one["title"]["code"] for one in said} == {"demo.fall", "demo.climb", "demo.cat", "demo.grown_up"}
    assert monitor.camera(DEMO_CAMERA).name == "놀이방 (데모)"
    study = monitor.segment_analysis(DEMO_CAMERA, monitor.archives(DEMO_CAMERA)["window_start_utc"].iloc[0])
    assert study is not None
    assert not study["summary"].isascii()


def test_what_is_made_is_not_made_again(made: Made) -> None:
    before = len(made.monitor.events(DEMO_CAMERA, limit=1000))
    made.make()
    assert len(made.monitor.events(DEMO_CAMERA, limit=1000)) == before


def test_a_making_that_was_interrupted_is_completed_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise StoreError("demo.week_not_written", reason="stopped")

    settings = Settings(data_dir=tmp_path / "data", port=0, timezone="UTC", detector="none", cameras={})
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as monitor:
        whole = Made(monitor)
        with monkeypatch.context() as patch:
            patch.setattr(made_week, "add_windows", stop)
            with pytest.raises(StoreError):
                whole.make()
        written = len(monitor.events(DEMO_CAMERA, limit=1000))
        assert written
        whole.make()
        assert len(monitor.events(DEMO_CAMERA, limit=1000)) == written
        assert to_review(monitor) == ["possible_fall", "climbing"]


@pytest.mark.parametrize("taken", ["camera of the settings", "added camera", "removed camera", "folder"])
def test_what_a_person_called_demo_is_neither_made_over_nor_removed(tmp_path: Path, taken: str) -> None:
    mine = make_video(tmp_path / "data" / "videos" / (DEMO_CAMERA if taken == "folder" else "mine") / "mine.mp4")
    source = {"source": str(mine.parent.absolute())}
    cameras = {DEMO_CAMERA: source} if taken == "camera of the settings" else {}
    settings = Settings(data_dir=tmp_path / "data", port=0, timezone="UTC", detector="none", cameras=cameras)
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as monitor:
        if taken in ("added camera", "removed camera"):
            monitor.camera_registry.add(DEMO_CAMERA, **source)
            writes.add_event(monitor.database, DEMO_CAMERA, seen(0), MORNING, model="local")
        if taken == "removed camera":
            monitor.camera_registry.remove(DEMO_CAMERA)
        before = set(monitor.cameras), events_of(monitor)
        with pytest.raises(StoreError, match="not the demo's"):
            Made(monitor).make()
        remove_demo(monitor)
        assert not is_there(monitor)
        assert (set(monitor.cameras), events_of(monitor)) == before
        assert mine.is_file()


def test_removing_it_leaves_nothing_and_touches_nothing_else(made: Made) -> None:
    monitor = made.monitor
    kept = writes.add_event(monitor.database, CAM, seen(0, severity=Severity.DANGER), MORNING, model="local")
    assert is_there(monitor)
    remove_demo(monitor)
    assert not is_there(monitor)
    assert list(monitor.cameras) == [CAM]
    assert not (monitor.settings.data_dir / "videos" / DEMO_CAMERA).exists()
    folder = monitor.settings.camera_dir(DEMO_CAMERA)
    assert {path.name for path in folder.iterdir()} <= {"camera.lock", "archive.lock"}
    assert monitor.eraser.inventory(DEMO_CAMERA).empty
    assert list(monitor.events(CAM)["id"]) == [kept]
    remove_demo(monitor)  # harmless
