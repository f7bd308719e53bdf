"""A data folder that an older version made opens, and everything in it is there.

`folder_of_3434ba9.tar.gz` was made by that commit: a test pattern of some seconds, a look that was asked for, an added
camera, a user and a token.
"""

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livemon.base.clock import FakeClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.messages.message import message
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from livemon.store.events_said import event_text

FOLDER = Path(__file__).with_name("folder_of_3434ba9.tar.gz")
TOKEN = "livemon_md38z0Au-FwsM_dcCc_Gz8y8ZGVq5AsUrRSL7qqidtw"
ASKED = datetime(2026, 11, 30, 3, 56, 59, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Monitor]:
    with tarfile.open(FOLDER) as packed:
        packed.extractall(tmp_path)  # our own archive; Python 3.11.2 has no filters
    cameras = {"hall": {"source": "test-pattern", "name": "Hall"}}
    settings = Settings(data_dir=tmp_path / "data", port=0, timezone="Asia/Seoul", cameras=cameras)
    with Monitor(settings, clock=FakeClock(datetime(2026, 11, 30, 3, 58, tzinfo=UTC))) as monitor:
        yield monitor


def test_its_cameras_and_people_are_there(opened: Monitor) -> None:
    assert {camera.name for camera in opened.cameras.values()} == {"Hall", "Garden"}
    known = opened.authenticator.by_token(TOKEN, "127.0.0.1")
    assert known is not None
    assert known.role is Role.VIEWER
    assert opened.authenticator.log_in("root", "a long password here", "127.0.0.1")


def test_its_events_and_calls_are_there(opened: Monitor) -> None:
    (event,) = opened.events("hall").to_dict("records")
    assert event["title"] == "Something moved"
    assert event["said"] is None, "rows of before have no codes"
    assert event_text(event, "title", "ko") == "무언가 움직였습니다", "and are recognised by their English"
    assert (opened.settings.camera_dir("hall") / "thumbnails" / event["thumbnail"]).is_file()
    assert "asked" in set(opened.costs.calls("hall")["reason"])


def test_its_footage_can_be_seen(opened: Monitor) -> None:
    assert opened.camera("hall").frame(ASKED).image.shape == (120, 160, 3)
    assert opened.ask("hall", ASKED).status == "ok"


def test_what_livemon_says_from_now_on_is_kept_with_its_code(opened: Monitor) -> None:
    said = message("event.file_skipped", file="a.mp4"), message("source.no_answer", host="door")
    seen = Observation(
        *("file_skipped", EventType.SYSTEM, Severity.WARNING, str(said[0]), str(said[1]), 1.0, ASKED, ASKED),
        evidence_utcs=(),
        said=said,
    )
    writes.add_event(opened.database, "hall", seen, ASKED, model="livemon")
    newest = opened.events("hall").to_dict("records")[0]
    assert newest["title"] == "a.mp4 is skipped", "search, exports and logs read English"
    assert event_text(newest, "title", "ko") == "a.mp4을(를) 건너뜁니다"
    assert event_text(newest, "description", "ko") == "door이(가) 응답하지 않습니다. 카메라가 켜져 있는지 확인하세요."
