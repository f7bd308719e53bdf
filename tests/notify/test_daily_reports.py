"""Daily reports that arrive: to who wants them, with paragraph, picture, PDF and link; or why not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from livemon.base.datatypes import Severity
from livemon.base.messages.message import Message
from livemon.monitor.authenticator import Authenticator
from livemon.notify.daily_reports import OTHERS_WITHIN, DailyReports
from livemon.store import reports
from tests.conftest import MORNING
from tests.notify.test_sender import CAM, House, Post, post

__all__ = ["post"]

DAY = date(2026, 11, 22)
ENDED = MORNING - timedelta(hours=8)


@pytest.fixture
def house(tmp_path: Path, post: Post) -> Iterator[House]:
    made = House(f"sqlite:///{tmp_path / 'livemon.db'}", tmp_path)
    yield made
    made.database.close()


def make_report(house: House) -> None:
    folder = house.settings.camera_dir(CAM) / "reports"
    folder.mkdir(parents=True)
    (folder / "2026-11-22.en.pdf").write_bytes(b"%PDF-1.7 of the day")
    unknown = dict.fromkeys(("average_safety_score", "lowest_safety_score", "incident_count"))
    values = unknown | dict.fromkeys(("event_count", "windows_waiting", "calls_of_unknown_cost"), 0)
    values |= dict.fromkeys(("coverage_s", "analysed_s", "cost_usd"), 0.0)
    values |= {"hourly_summary": [], "timeline": [], "coverage": {}, "notebook_path": "", "timezone": "UTC"}
    values |= {"camera_id": CAM, "report_date": DAY, "language": "en", "summary": "A quiet day. Nobody fell."}
    values |= {"start_utc": ENDED - timedelta(days=1), "end_utc": ENDED, "created_utc": MORNING}
    values |= {"report_path": f"cameras/{CAM}/reports/2026-11-22.en.html"}
    reports.upsert_report(house.database, values | {"pdf_path": f"cameras/{CAM}/reports/2026-11-22.en.pdf"})


def told(house: House, problem: Message | None = None, day: date = DAY) -> None:
    ended = ENDED + (day - DAY)
    DailyReports(house.database, house.clock, house.registry).tell(CAM, day, ended, problem)


async def test_a_report_arrives_once_with_its_paragraph_pdf_and_link_at_who_wants_it(house: House, post: Post) -> None:
    house.registry.put("Mother", ["mail"], reports=True)
    house.registry.put("Father", ["phone"])
    make_report(house)
    told(house)
    told(house)
    await house.work()
    await house.work(after=timedelta(hours=1))
    ((address, message),) = post.taken
    assert address == "mail"
    assert message.title == "Playroom, report of 2026-11-22"
    assert message.text == "A quiet day. Nobody fell."
    assert message.document == b"%PDF-1.7 of the day"
    (row,) = house.rows()
    assert (row["about"], row["state"], row["topic"]) == ("report", "sent", "2026-11-22")
    signed, _, path = message.link.partition("/links/")[2].partition("/")
    assert path == f"daily-reports/{CAM}/files/2026-11-22.en.html"
    authenticator = Authenticator(house.settings, house.database, house.clock)
    assert authenticator.by_link(signed, path) is not None, "it opens without a login"
    assert authenticator.by_link(signed, f"daily-reports/{CAM}/files/2026-11-22/clip.mp4") is not None
    assert authenticator.by_link(signed, f"daily-reports/{CAM}/files/2026-11-21.en.html") is None


async def test_its_picture_is_the_gravest_of_the_day(house: House, post: Post) -> None:
    from livemon.store.notifications import picture_of_day
    from tests.notify.test_pictures import event_with_picture

    for severity in (Severity.INFO, Severity.DANGER, Severity.WARNING):
        event_with_picture(house, severity, ENDED - timedelta(hours=2), f"{severity.value}.jpg")
    event_with_picture(house, Severity.DANGER, ENDED, "next-day.jpg")
    day = (ENDED - timedelta(days=1), ENDED)
    assert picture_of_day(house.database, CAM, *day) == "danger.jpg"
    assert picture_of_day(house.database, "other", *day) == ""


async def test_a_report_waits_for_the_end_of_quiet_hours(house: House, post: Post) -> None:
    house.registry.put("Mother", ["mail"], reports=True, quiet=[{"start": "07:30", "end": "09:00"}])
    make_report(house)
    told(house)
    await house.work()
    assert post.taken == []
    await house.work(after=timedelta(hours=1))
    assert len(post.taken) == 1


async def test_nothing_was_sent_because_stands_in_the_outbox(house: House, post: Post) -> None:
    house.registry.put("Mother", ["mail"], reports=True)
    told(house, Message("report.no_notebook", {"notebook": "mine.ipynb"}))
    told(house, day=date(2026, 11, 18))
    await house.work()
    failed, late = house.rows()
    assert (failed["state"], failed["why"]) == ("held", "no_report")
    assert "mine.ipynb" in str(failed["error"])
    assert (late["state"], late["why"]) == ("held", "late")
    assert post.taken == []
    make_report(house)
    told(house)
    await house.work()
    assert len(post.taken) == 1, "made after all"


async def test_only_who_may_see_the_camera_gets_its_report(house: House, post: Post) -> None:
    from livemon.base.roles import Role
    from livemon.store import users

    users.add_user(house.database, "guest", "x", Role.VIEWER, frozenset({"other"}), MORNING)
    house.registry.put("Guest", ["mail"], reports=True, user_name="guest")
    make_report(house)
    told(house)
    assert house.rows() == []


async def test_a_household_of_several_cameras_gets_one_message_with_a_link_to_all(house: House, post: Post) -> None:
    cameras = {**house.settings.cameras, "hall": house.settings.cameras[CAM]}
    house.settings.replace_cameras(cameras)
    house.registry.put("Mother", ["mail"], reports=True)
    make_report(house)
    for camera_id in cameras:
        reporting = DailyReports(house.database, house.clock, house.registry)
        reporting.tell(camera_id, DAY, ENDED, Message("report.unknown") if camera_id == "hall" else None)
    await house.work()
    assert post.taken == [], "the reports of the other cameras are waited for"
    await house.work(after=OTHERS_WITHIN)
    ((_, message),) = post.taken
    assert message.title.startswith("The household on") and "recorded nothing" in message.text
    assert "/household-reports/" in message.link
    (row,) = house.rows()
    assert (row["about"], row["camera_id"], row["state"]) == ("report", "", "sent")
