"""What the API says, in the language that the client asks for, and by its code in any."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.messages.message import message
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import writes
from tests.conftest import FAST
from tests.days import CAM, at
from tests.web.api.test_api import Client


@pytest.fixture
def api(settings: Settings) -> Iterator[Client]:
    with Monitor(settings, profile=FAST) as monitor:
        said = message("event.file_skipped", file="<b>.mp4"), message("source.no_answer", host="door")
        seen = Observation(
            *("file_skipped", EventType.SYSTEM, Severity.WARNING, str(said[0]), str(said[1]), 1.0, at(9), at(9)),
            evidence_utcs=(),
            said=said,
        )
        writes.add_event(monitor.database, CAM, seen, at(9), model="livemon")
        yield Client(monitor.serve().url)


def test_a_problem_has_its_code_and_the_language_that_is_asked_for(api: Client) -> None:
    english, korean = api("/events/porch"), api("/events/porch", **{"Accept-Language": "de, ko-KR;q=0.9, en;q=0.5"})
    assert english.json["code"] == korean.json["code"] == "camera.unknown"
    assert english.json["detail"] == "There is no camera 'porch'."
    assert korean.json["detail"] == "'porch' 카메라가 없습니다."
    assert korean.json["title"] == "없는 카메라"
    assert korean.json["hint"].startswith("있는 것: camera-1.")
    assert (english.headers["Content-Language"], korean.headers["Content-Language"]) == ("en", "ko")
    assert "Accept-Language" in ", ".join(korean.headers.get_all("Vary", []))
    assert api("/events/porch", **{"Accept-Language": "xx;q=x, */*"}).json["detail"] == english.json["detail"]


def test_livemons_events_are_told_in_it_too_with_their_code(api: Client) -> None:
    english = api(f"/events/{CAM}").json["events"][0]
    korean = api(f"/events/{CAM}", **{"Accept-Language": "ko"}).json["events"][0]
    assert english["title"] == "<b>.mp4 is skipped"
    assert korean["title"] == "<b>.mp4을(를) 건너뜁니다"
    assert korean["said"]["title"] == {"code": "event.file_skipped", "values": {"file": "<b>.mp4"}}


def test_the_etag_of_an_event_does_not_depend_on_the_language(api: Client) -> None:
    number = api(f"/events/{CAM}").json["events"][0]["id"]
    english = api(f"/events/{CAM}/{number}")
    korean = api(f"/events/{CAM}/{number}", **{"Accept-Language": "ko"})
    assert english.json["title"] != korean.json["title"]
    assert english.headers["Etag"] == korean.headers["Etag"], "who changes it may ask in another language"
