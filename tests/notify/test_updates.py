"""What goes on updates a notification and does not ring again; snoozes, several devices, phones that left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.notify import sender as module
from livemon.notify.feedback import Feedback, FeedbackLinks
from livemon.notify.transports.transport import NotDelivered, NotificationText
from livemon.store import notifications, writes
from tests.notify.test_sender import House

MINUTE = timedelta(minutes=1)


class Post:
    """Takes messages by address. `edit` can update, `push` are devices of one person, `left` has unsubscribed."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, NotificationText]] = []

    def open(self, address: str, _context: object) -> Post.Box:
        return Post.Box(self, address)

    class Box:
        def __init__(self, post: Post, address: str) -> None:
            self._post = post
            self.name = address
            self.updates = address.startswith(("edit", "push"))
            self.together = address.startswith(("push", "left"))

        async def send(self, message: NotificationText) -> str:
            if self.name.startswith("left"):
                raise NotDelivered(f"{self.name} has unsubscribed and is told no more.", for_good=True, gone=True)
            self._post.taken.append((self.name, message))
            return f"handle of {self.name}" if self.name.startswith("edit") else ""

    def told(self) -> list[tuple[str, str, bool]]:
        told = [(address, message.title, message.is_update) for address, message in self.taken]
        self.taken.clear()
        return told


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    made = Post()
    monkeypatch.setattr(module, "open_transport", made.open)
    monkeypatch.setattr("livemon.notify.recipients.open_transport", made.open)
    return made


@pytest.fixture
def house(tmp_path: Path, post: Post) -> Iterator[House]:
    made = House(f"sqlite:///{tmp_path / 'livemon.db'}", tmp_path)
    yield made
    made.database.close()


def repeat(house: House, event_id: int, title: str) -> None:
    now = house.clock.now()
    again = Observation("fire", EventType.SAFETY, Severity.DANGER, title, "In the corner.", 0.9, now, now, ())
    writes.fold_event(house.database, event_id, now, now, again)


async def test_a_models_words_update_what_was_sent_and_ring_no_second_time(house: House, post: Post) -> None:
    house.registry.put("Mother", ["edit"])
    house.registry.put("Father", ["plain"])
    house.happen(kind="possible_fall", title="Somebody lies on the floor")
    await house.work()
    assert sorted(address for address, _, _ in post.told()) == ["edit", "plain"]
    house.happen(kind="fall", title="The child fell from the sofa")
    await house.work(after=timedelta(seconds=20))
    assert post.told() == [("edit", "Danger: The child fell from the sofa", True)]
    assert [row["state"] for row in house.rows(why="same")] == ["held", "held"]


async def test_an_update_keeps_its_id_its_link_and_its_danger(house: House, post: Post) -> None:
    house.registry.put("Mother", ["edit"])
    event_id = house.happen()
    await house.work()
    ((_, first),) = post.taken
    repeat(house, event_id, "The whole curtain burns")
    await house.work(after=MINUTE)
    _, (_, update) = post.taken
    assert (update.id, update.link, update.severity) == (first.id, first.link, "danger")
    assert (first.handle, update.handle) == ("", "handle of edit"), "what the transport gave, it gets back"
    assert update.title == "Danger: The whole curtain burns"
    assert update.text.endswith("Last seen 08:00:00.") or "Last seen" in update.text


async def test_what_goes_on_updates_at_most_once_a_minute_and_for_an_hour(house: House, post: Post) -> None:
    house.registry.put("Mother", ["edit"])
    event_id = house.happen()
    await house.work()
    post.told()
    for _ in range(12):
        repeat(house, event_id, "It burns")
        await house.work(after=timedelta(seconds=10))
    assert len(post.told()) in (2, 3), "the first at once, then one a minute"
    await house.work(after=timedelta(hours=1))
    post.told()
    repeat(house, event_id, "It burns")
    await house.work(after=MINUTE)
    assert post.told() == []


async def test_two_processes_update_once(house: House, post: Post) -> None:
    house.registry.put("Mother", ["edit"])
    event_id = house.happen()
    await house.work()
    post.told()
    repeat(house, event_id, "It burns")
    other = house.another()
    await asyncio.gather(house.notifier.tick(), other.tick())
    await asyncio.gather(house.notifier.idle(), other.idle())
    assert len(post.told()) == 1


async def test_an_answer_ends_the_updates(house: House, post: Post) -> None:
    house.registry.put("Mother", ["edit"])
    event_id = house.happen()
    await house.work()
    link = post.taken[0][1].link
    assert [answer.said for answer in post.taken[0][1].answers] == ["seen", "snooze", "wrong", "right"]
    assert post.taken[0][1].answers[0].url == f"{link}?said=seen"
    post.told()
    links = FeedbackLinks(house.database, house.clock, house.registry.secrets)
    assert links.answer(link.rpartition("/")[2], Feedback.SEEN)
    repeat(house, event_id, "It burns")
    await house.work(after=MINUTE)
    assert post.told() == []


async def test_a_snooze_keeps_what_is_known_from_ringing_for_an_hour_and_tells_it_then(
    house: House, post: Post
) -> None:
    house.registry.put("Mother", ["plain"])
    house.registry.put("Father", ["other"])
    house.happen(kind="fall", title="First")
    await house.work()
    link = next(message.link for address, message in post.taken if address == "plain")
    post.told()
    links = FeedbackLinks(house.database, house.clock, house.registry.secrets)
    assert links.answer(link.rpartition("/")[2], Feedback.SNOOZE)
    house.happen(kind="fall", title="Second")
    house.happen(Severity.WARNING, kind="climbing", title="Third")
    await house.work(after=10 * MINUTE)
    assert {address for address, _, _ in post.told()} == {"other"}, "who did not snooze is told"
    house.happen(kind="fire", title="Fourth")
    await house.work(after=MINUTE)
    assert ("plain", "Danger: Fourth", False) in post.told(), "another danger than the one they know of rings"
    await house.work(after=timedelta(hours=1))
    told = [title for address, title, _ in post.told() if address == "plain"]
    assert len(told) == 2 and all(title.startswith("1 more") for title in told), told
    house.happen(kind="fall", title="Fifth")
    await house.work(after=10 * MINUTE)
    assert ("plain", "Danger: Fifth", False) in post.told()


async def test_all_devices_of_a_person_ring_and_the_mail_is_for_when_none_does(house: House, post: Post) -> None:
    house.registry.put("Mother", ["push phone", "push tablet", "mail"])
    house.happen()
    await house.work()
    assert [address for address, _, _ in post.told()] == ["push phone", "push tablet"]
    assert [row["transport"] for row in house.rows(about="event")] == ["push phone, push tablet"]


async def test_a_phone_that_unsubscribed_is_dropped_with_a_sentence_and_the_next_address_is_told(
    house: House, post: Post
) -> None:
    house.registry.put("Mother", ["left phone", "mail"])
    house.happen()
    await house.work()
    assert [address for address, _, _ in post.told()] == ["mail"]
    (row,) = house.rows()
    assert (row["state"], row["error"]) == ("sent", "left phone has unsubscribed and is told no more.")
    assert house.registry.named("Mother").addresses == ("mail",)


async def test_a_person_whose_only_phone_unsubscribed_is_not_silently_lost(house: House, post: Post) -> None:
    house.registry.put("Mother", ["left phone"])
    house.registry.put("Father", ["plain"])
    house.happen()
    await house.work()
    await house.work(after=MINUTE)
    titles = [title for _, title, _ in post.told()]
    assert "Warning: Mother cannot be notified" in titles
    own = [row for row in notifications.notifications(house.database) if row["recipient_id"] == 1]
    assert [row["error"] for row in own] == [
        "They have no address.",
        "left phone has unsubscribed and is told no more.",
    ]
