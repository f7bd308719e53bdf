"""Recipients and notifications over the API, and the page that answers one without a login."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from livemon.base.clock import FakeClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.notify.expansion import expand
from livemon.notify.policy import Limits
from livemon.store import event_search, notifications, writes
from livemon.store.tables.recordings import RealtimeEvent
from tests.conftest import FAST, MORNING
from tests.days import CAM
from tests.web.api.houses import House, with_a_login
from tests.web.api.test_people import Admin

ADDRESS = "ntfy://127.0.0.1:9/our-secret-topic"


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    with Monitor(with_a_login(settings), clock=FakeClock(MORNING), profile=FAST) as monitor:
        yield House(monitor)


@pytest.fixture
def admin(house: House) -> Admin:
    return Admin(house)


def tell(house: House) -> int:
    """Let something happen that the first recipient is to be told; returns the id of the notification."""
    monitor = house.monitor
    seen = Observation("fire", EventType.SAFETY, Severity.DANGER, "It <burns>", "", 0.9, MORNING, MORNING, ())
    writes.add_event(monitor.database, CAM, seen, MORNING, model="local")
    expand(monitor.database, [one.for_policy for one in monitor.notify.all()], MORNING, Limits())
    return int(notifications.notifications(monitor.database)[0]["id"])


def test_a_recipient_is_added_changed_tested_and_removed_and_addresses_stay_secret(admin: Admin) -> None:
    made = admin("/recipients", "PUT", {"name": "Mother", "addresses": [ADDRESS], "timezone": "Asia/Seoul"})
    assert made.status == 200
    assert made.json["services"] == ["ntfy (ntfy)"]
    assert [rule["severities"] for rule in made.json["rules"]] == [["danger"], ["warning"]]
    night = {"start": "22:00", "end": "07:00", "weekdays": [4, 5]}
    changed = admin("/recipients", "PUT", {"name": "Mother", "quiet": [night]})
    assert (changed.json["quiet"][0]["start"], changed.json["timezone"]) == ("22:00:00", "Asia/Seoul")
    assert changed.json["services"] == ["ntfy (ntfy)"]
    assert "secret-topic" not in admin("/recipients").body.decode()
    assert admin("/recipients/Mother/test", "POST").status == 202
    (row,) = admin("/notifications").json["notifications"]
    assert (row["recipient"], row["about"], row["state"]) == ("Mother", "test", "pending")
    assert admin("/recipients/Mother", "DELETE").status == 204
    assert admin("/recipients").json == {"recipients": []}
    assert admin("/recipients/Mother", "DELETE").status == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"addresses": ["nonsense"]}, "scheme"),
        ({"addresses": ["nonsense://x"]}, "Apprise"),
        ({"timezone": "Atlantis/Sunken"}, "time zone"),
        ({"quiet": [{"start": "25:00", "end": "07:00"}]}, "quiet"),
        ({"quiet": [{"start": "22:00", "end": "07:00", "weekdays": [7]}]}, "weekdays"),
        ({"rules": [{"severities": []}]}, "severities"),
        ({"rules": [{"severities": ["grave"]}]}, "severities"),
        ({"rules": [{"severities": ["danger"], "after_s": -1}]}, "after_s"),
        ({"user_name": "stranger"}, "user"),
        ({"language": "tlh"}, "language"),
        ({"name": "\u0000"}, "name"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(admin: Admin, wrong: dict[str, object], said: str) -> None:
    answer = admin("/recipients", "PUT", {"name": "Mother", "addresses": [ADDRESS], **wrong})
    assert 400 <= answer.status < 500
    assert said in answer.body.decode()
    assert "secret-topic" not in answer.body.decode()
    assert admin("/recipients").json == {"recipients": []}


def test_only_an_admin_of_all_cameras_may(house: House) -> None:
    for token in (house.token(Role.VIEWER), house.token(Role.OPERATOR), house.token(Role.ADMIN, frozenset({CAM}))):
        assert house.ask("/recipients", "GET", token).status == 403
        assert house.ask("/notifications", "GET", token).status == 403
        assert house.ask("/recipients/Mother/test", "POST", token).status == 403


def ask(url: str, method: str = "GET", origin: str | None = None, language: str = "en") -> tuple[int, str]:
    headers = {"Accept-Language": language} | ({"Origin": origin} if origin else {})
    request = urllib.request.Request(url, method=method, headers=headers, data=b"" if method == "POST" else None)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_link_is_answered_once_and_opening_it_changes_nothing(house: House, admin: Admin) -> None:
    admin("/recipients", "PUT", {"name": "Mother", "addresses": [ADDRESS]})
    number = tell(house)
    signed = house.monitor.notify.secrets.sign({"answer": number})
    url = f"{house.url}/api/live-monitoring/answers/{signed}"
    for _ in range(3):
        status, page = ask(url)
        assert status == 200
        assert "It &lt;burns&gt;" in page and "False" not in page and "false alarm" in page
    assert "잘못된 알림" in ask(url, language="ko")[1]
    row = notifications.notification(house.monitor.database, number)
    assert row is not None and row["answer"] is None
    assert ask(f"{url}?said=right", "POST", origin="https://evil.example")[0] == 403
    assert ask(f"{url}?said=nonsense", "POST")[0] == 400
    assert ask(f"{url}?said=wrong", "POST")[0] == 200
    assert "answered before" in ask(f"{url}?said=right", "POST")[1]
    row = notifications.notification(house.monitor.database, number)
    assert row is not None and row["answer"] == "wrong"
    event = event_search.found_event(house.monitor.database, [CAM], int(row["event_id"]))
    assert event is not None
    assert (event["label"], event["reviewed_utc"], event["first_reviewed_by"]) == ("wrong", MORNING, "Mother")


def test_a_link_that_is_forged_old_or_of_another_kind_does_not_work(house: House, admin: Admin) -> None:
    admin("/recipients", "PUT", {"name": "Mother", "addresses": [ADDRESS]})
    number = tell(house)
    secrets = house.monitor.notify.secrets
    root = f"{house.url}/api/live-monitoring/answers/"
    for signed in ("x" * 40, secrets.sign({"link": number}), secrets.sign({"answer": 10**9})):
        assert ask(root + signed)[0] == 401
        assert ask(f"{root}{signed}?said=right", "POST")[0] == 401
    good = secrets.sign({"answer": number})
    assert ask(root + good)[0] == 200
    clock = house.monitor.clock
    assert isinstance(clock, FakeClock)
    clock.advance(8 * 86400)
    assert ask(root + good)[0] == 401


def test_the_picture_of_a_message_needs_its_link_and_answers_nothing(house: House, admin: Admin) -> None:
    admin("/recipients", "PUT", {"name": "Mother", "addresses": [ADDRESS]})
    number = tell(house)
    monitor = house.monitor
    url = f"{house.url}/api/live-monitoring/answers/{monitor.notify.secrets.sign({'answer': number})}"
    assert ask(f"{url}/picture.jpg")[0] == 404
    folder = monitor.settings.camera_dir(CAM) / "thumbnails"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.jpg").write_bytes(b"\xff\xd8picture")
    row = notifications.notification(monitor.database, number)
    assert row is not None
    with monitor.database.writing() as session:
        session.execute(sa.update(RealtimeEvent).values(thumbnail="a.jpg"))
    with urllib.request.urlopen(f"{url}/picture.jpg") as answer:
        assert (answer.headers["Content-Type"], answer.read()) == ("image/jpeg", b"\xff\xd8picture")
    assert ask(f"{house.url}/api/live-monitoring/answers/{'x' * 40}/picture.jpg")[0] == 401
    row = notifications.notification(monitor.database, number)
    assert row is not None and row["answer"] is None


def test_a_snooze_is_seen_and_says_nothing_of_the_event(house: House, admin: Admin) -> None:
    admin("/recipients", "PUT", {"name": "Mother", "addresses": [ADDRESS]})
    number = tell(house)
    url = f"{house.url}/api/live-monitoring/answers/{house.monitor.notify.secrets.sign({'answer': number})}"
    assert "Not this camera for 1 h" in ask(url)[1]
    assert ask(f"{url}?said=snooze", "POST")[0] == 200
    row = notifications.notification(house.monitor.database, number)
    assert row is not None and row["answer"] == "snooze"
    event = event_search.found_event(house.monitor.database, [CAM], int(row["event_id"]))
    assert event is not None and (event["label"], event["reviewed_utc"]) == (None, MORNING)


def test_daily_reports_are_off_until_they_are_wanted(admin: Admin) -> None:
    made = admin("/recipients", "PUT", {"name": "Mother", "addresses": [ADDRESS]})
    assert made.json["reports"] is False
    assert admin("/recipients", "PUT", {"name": "Mother", "reports": True}).json["reports"] is True
