"""From an event's transaction to a transport: once, in order, and whatever dies on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.clock import FakeClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.settings.settings import Settings
from livemon.notify import sender as module
from livemon.notify.feedback import Feedback, FeedbackLinks
from livemon.notify.recipients import RecipientRegistry
from livemon.notify.sender import WAITS, Notifier
from livemon.notify.transports.transport import NotDelivered, NotificationText
from livemon.store import erase, notifications, reviews, writes
from livemon.store.session import Database
from tests.conftest import MORNING
from tests.postgres import postgres
from tests.waiting import wait_async

CAM = "camera-1"


class Post:
    """Takes messages by address; an address that begins with `bad` refuses, `gone` refuses for good."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, NotificationText]] = []
        self.works_again = False

    def open(self, address: str, _clock: object) -> Post.Box:
        return Post.Box(self, address)

    class Box:
        updates = together = False

        def __init__(self, post: Post, address: str) -> None:
            self._post = post
            self.name = self._address = address

        async def send(self, message: NotificationText) -> str:
            if self._address.startswith("gone"):
                raise NotDelivered("No such address.", for_good=True)
            if self._address.startswith("bad") and not self._post.works_again:
                raise NotDelivered("The server is down.")
            if self._address.startswith("slow"):
                await asyncio.Event().wait()
            self._post.taken.append((self._address, message))
            return ""

    @property
    def titles(self) -> list[str]:
        return [message.title for _, message in self.taken]


class House:
    """A database with recipients, and the notifier over it."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self.clock = FakeClock(MORNING)
        self.settings = Settings(
            data_dir=data_dir, timezone="UTC", public_url="https://cameras.example", cameras={CAM: {"source": "x"}}
        )
        self.database = Database(url)
        writes.upsert_camera(self.database, CAM, "Playroom", "", MORNING)
        self.registry = RecipientRegistry(self.settings, self.database, self.clock)
        self.notifier = self.another()

    def another(self) -> Notifier:
        """Another process over the same database."""
        return Notifier(self.settings, self.database, self.clock, self.registry)

    def happen(self, severity: Severity = Severity.DANGER, kind: str = "fire", title: str = "The curtain burns") -> int:
        now = self.clock.now()
        seen = Observation(kind, EventType.SAFETY, severity, title, "In the corner.", 0.9, now, now, ())
        return writes.add_event(self.database, CAM, seen, now, model="local")

    async def work(self, after: timedelta = timedelta(0)) -> None:
        self.clock.advance(after.total_seconds())
        await self.notifier.tick()
        await self.notifier.idle()

    def rows(self, **wanted: object) -> list[dict[str, object]]:
        found = notifications.notifications(self.database)[::-1]
        return [row for row in found if wanted.items() <= row.items()]


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    made = Post()
    monkeypatch.setattr(module, "open_transport", made.open)
    monkeypatch.setattr("livemon.notify.recipients.open_transport", made.open)
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path, post: Post) -> Iterator[House]:
    if request.param == "sqlite":
        made = House(f"sqlite:///{tmp_path / 'livemon.db'}", tmp_path)
        yield made
        made.database.close()
        return
    with postgres() as url:
        made = House(url, tmp_path)
        yield made
        made.database.close()


async def test_a_danger_is_told_at_once_with_where_and_when_and_a_link(house: House, post: Post) -> None:
    house.registry.put("Mother", ["phone"])
    event_id = house.happen()
    await house.work()
    ((_, message),) = post.taken
    assert message.title == "Danger: The curtain burns"
    assert message.text == "In the corner.\nPlayroom, 08:00:00."
    assert message.event_id == event_id
    assert message.link.startswith("https://cameras.example/api/live-monitoring/answers/")
    (row,) = house.rows()
    assert (row["state"], row["transport"], row["sent_utc"]) == ("sent", "phone", MORNING)
    await house.work(timedelta(minutes=10))
    assert len(post.taken) == 1


async def test_two_processes_tell_it_once(house: House, post: Post) -> None:
    house.registry.put("Mother", ["phone"])
    for _ in range(3):
        house.happen(kind="fire")
        house.clock.advance(300)
    house.happen(kind="knife")
    other = house.another()
    await asyncio.gather(house.notifier.tick(), other.tick(), house.notifier.tick(), other.tick())
    await asyncio.gather(house.notifier.idle(), other.idle())
    for _ in range(5):
        await house.work(timedelta(seconds=1))
    assert len(post.taken) == len({message.id for _, message in post.taken}) == len(house.rows(state="sent"))


async def test_the_next_address_is_tried_at_once(house: House, post: Post) -> None:
    house.registry.put("Mother", ["bad-push", "mail"])
    house.happen()
    await house.work()
    assert [address for address, _ in post.taken] == ["mail"]


async def test_what_cannot_be_delivered_is_tried_again_and_said_once(house: House, post: Post) -> None:
    house.registry.put("Mother", ["bad-push"])
    house.registry.put("Operator", ["screen"], rules=[{"severities": ["warning", "danger"]}])
    house.happen()
    await house.work()
    (waiting,) = house.rows(state="pending", attempts=1)
    assert (waiting["error"], waiting["next_try_utc"]) == ("The server is down.", MORNING + WAITS[0])
    await house.work(WAITS[0])
    await house.work()
    assert post.titles == ["Danger: The curtain burns", "Warning: Mother cannot be notified"]
    assert len([row for row in house.rows() if row["title"] == "Mother cannot be notified"]) == 2
    post.works_again = True
    await house.work(WAITS[1])
    await house.work()
    late = [message.title for address, message in post.taken if address == "bad-push"]
    assert sorted(late) == ["Danger: The curtain burns", "Warning: Mother cannot be notified"]


async def test_what_is_refused_for_good_is_not_tried_again(house: House) -> None:
    house.registry.put("Mother", ["gone"])
    house.happen()
    await house.work()
    (row, *_) = house.rows(title="The curtain burns")
    assert (row["state"], row["error"]) == ("failed", "No such address.")


async def test_a_slow_server_holds_up_no_other_recipient_and_no_danger(house: House, post: Post) -> None:
    house.registry.put("Mother", ["slow", "mail"])
    house.registry.put("Father", ["phone"])
    house.happen()
    await house.notifier.tick()
    while not post.taken:
        await asyncio.sleep(0.01)
    assert [address for address, _ in post.taken] == ["phone"]
    await house.notifier.stop()


async def test_what_a_dead_process_was_sending_is_sent_by_the_next(house: House, post: Post) -> None:
    house.registry.put("Mother", ["phone"])
    house.happen()
    await house.notifier.tick()
    (due,) = house.rows()
    await house.notifier.stop()
    if due["state"] == "pending":
        assert notifications.claim(house.database, int(str(due["id"])), "dead", house.clock.now())
    post.taken.clear()
    house.notifier = house.another()
    await house.work(notifications.LEASE)
    assert len(house.rows(state="sent")) == 1


async def test_a_flood_holds_the_caps_and_ends_in_one_digest(house: House, post: Post) -> None:
    house.registry.put("Mother", ["phone"])
    for number in range(2000):
        house.happen(Severity.WARNING, kind=f"kind-{number}", title=f"Thing {number % 5}")
        house.clock.advance(0.03)
    await house.work()
    for _ in range(10):
        await house.work()
    assert not notifications.has_queued(house.database)
    assert post.titles == [f"Warning: Thing {number}" for number in range(4)]
    await house.work(timedelta(minutes=30))
    await house.work()
    assert post.titles[4:] == ["1,996 more warnings since 08:00"]
    assert "400x Thing 4 (Playroom)" in post.taken[-1][1].text
    await house.work(timedelta(hours=3))
    assert len(post.taken) == 5


async def test_an_answer_ends_the_escalation(house: House, post: Post) -> None:
    house.registry.put("Mother", ["phone"])
    later = [{"severities": ["danger"], "after_s": 300}]
    house.registry.put("Neighbour", ["mail"], rules=later)
    answers = FeedbackLinks(house.database, house.clock, house.registry.secrets)
    house.happen()
    await house.work()
    assert answers.answer(post.taken[0][1].link.rpartition("/")[2], Feedback.RIGHT)
    await house.work(timedelta(seconds=300))
    assert [address for address, _ in post.taken] == ["phone"]
    assert [row["state"] for row in house.rows()] == ["sent", "withdrawn"]
    house.happen(kind="knife")
    await house.work()
    await house.work(timedelta(seconds=300))
    assert [address for address, _ in post.taken] == ["phone", "phone", "mail"]


async def test_a_verdict_on_the_page_ends_it_too_and_an_erased_camera_is_not_told_of(house: House, post: Post) -> None:
    house.registry.put("Neighbour", ["mail"], rules=[{"severities": ["danger"], "after_s": 300}])
    seen = house.happen()
    await house.work()
    reviews.review_events(house.database, [seen], {"reviewed": True}, house.clock.now())
    await house.work(timedelta(seconds=300))
    house.happen(kind="knife")
    await house.work()
    erase.erase_rows(house.database, CAM)
    await house.work(timedelta(seconds=300))
    assert post.taken == []
    assert house.rows() == []


async def test_a_recipient_who_is_removed_while_escalating_gets_nothing_and_harms_no_other(
    house: House, post: Post
) -> None:
    house.registry.put("Neighbour", ["mail"], rules=[{"severities": ["danger"], "after_s": 300}])
    house.registry.put("Mother", ["phone"])
    house.happen()
    await house.work()
    house.registry.remove("Neighbour")
    await house.work(timedelta(seconds=300))
    assert [address for address, _ in post.taken] == ["phone"]


async def test_without_recipients_the_queue_empties(house: House) -> None:
    house.happen()
    await house.work()
    assert not notifications.has_queued(house.database)
    assert house.rows() == []


async def test_a_test_is_sent_and_its_failure_is_seen(house: House, post: Post) -> None:
    house.registry.put("Mother", ["phone"])
    house.registry.put("Father", ["bad-push"])
    good, bad = house.registry.test("Mother"), house.registry.test("Father")
    await house.work()
    assert post.titles == ["Test from livemon"]
    states = {row["id"]: (row["state"], row["error"]) for row in house.rows()}
    assert states == {good: ("sent", ""), bad: ("failed", "The server is down.")}
    assert house.rows(title="Father cannot be notified") == []


def test_an_event_that_is_not_committed_is_not_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(writes, "tell_event", refuse)
    with pytest.raises(RuntimeError):
        house.happen()
    assert not notifications.has_queued(house.database)


def test_what_a_person_reports_is_not_told_back(house: House) -> None:
    reviews.add_missed(
        house.database, CAM, MORNING, "Fell", MORNING, severity=Severity.DANGER, event_type=EventType.SAFETY
    )
    assert not notifications.has_queued(house.database)


async def test_a_commit_of_this_process_is_told_without_waiting_for_the_next_look(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.clock, "sleep", lambda _duration_s: asyncio.Event().wait())  # the next look never comes
    house.registry.put("Mother", ["phone"])
    await house.notifier.start()
    await house.notifier.tick()
    await asyncio.to_thread(house.happen)
    await wait_async(lambda: post.titles == ["Danger: The curtain burns"])
    await house.notifier.stop()
