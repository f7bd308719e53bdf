"""Web Push in Chromium: a device subscribes on the Notifications page, its worker shows what it gets, and answers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession

from livemon.base.clock import FakeClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.notify.expansion import expand
from livemon.notify.feedback import answer_buttons, feedback_link
from livemon.notify.policy import Limits
from livemon.notify.transports.web_push import endpoint_of
from livemon.store import notifications, writes
from tests.conftest import FAST, MORNING
from tests.days import CAM
from tests.notify.test_web_push import Device
from tests.waiting import wait_until
from tests.web.test_browser import Visit, browser

__all__ = ["browser"]

pytestmark = pytest.mark.browser

ENDPOINT = "https://fcm.googleapis.com/fcm/send/this-device"

# Chromium's own push service is not reachable: the subscription that it would give.
SUBSCRIBED = """
const given = %s;
let subscription = null;
PushManager.prototype.subscribe = async function () {
  const registration = await navigator.serviceWorker.getRegistration("api/live-monitoring/install/worker.js");
  if (registration.active?.state !== "activated") throw new DOMException("no active worker", "AbortError");
  const unsubscribe = async () => { subscription = null; return true; };
  subscription = { endpoint: given.endpoint, toJSON: () => given, unsubscribe };
  return subscription;
};
PushManager.prototype.getSubscription = async () => subscription;
Notification.requestPermission = async () => "granted";
"""

SHOWN = """async () => {
  const registration = await navigator.serviceWorker.getRegistration("api/live-monitoring/install/worker.js");
  return (await registration.getNotifications()).map((one) => ({
    title: one.title, body: one.body, tag: one.tag, silent: one.silent, actions: one.actions.map((a) => a.action) }));
}"""


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with Monitor(settings, clock=FakeClock(MORNING), profile=FAST) as made:
        yield made


def open_page(browser: Browser, monitor: Monitor) -> tuple[Visit, str]:
    url = monitor.serve().url
    context = browser.new_context()
    context.grant_permissions(["notifications"], origin=url)
    context.add_init_script(SUBSCRIBED % json.dumps(Device().subscription(ENDPOINT)))
    visit = Visit(context.new_page())
    visit.page.goto(f"{url}/notifications")
    visit.page.get_by_role("heading", name="Recipients").wait_for()
    visit.wait_until_drawn()
    return visit, url


def registration_id(session: CDPSession, url: str) -> str:
    """Return Chromium's number of the worker's registration."""
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(
            one["registrationId"] for one in told["registrations"] if one["scopeURL"].startswith(url)
        ),
    )
    session.send("ServiceWorker.enable")
    wait_until(lambda: session.send("Runtime.evaluate", {"expression": "1"}) and found, "a registration")
    return found[-1]


def test_a_device_is_told_and_then_no_more(browser: Browser, monitor: Monitor) -> None:
    visit, _ = open_page(browser, monitor)
    page = visit.page
    page.get_by_text("Add a recipient first").wait_for()
    monitor.notify.put("Mother", ["ntfy://127.0.0.1:9/topic"])
    page.get_by_role("button", name="Notify them on this device").click()
    page.get_by_text("This device is notified.").wait_for()
    addresses = monitor.notify.named("Mother").addresses
    assert [endpoint_of(one) for one in addresses] == [ENDPOINT, ""]
    page.get_by_text("Web Push (Chrome, Linux), ntfy (ntfy)").wait_for()
    assert "this-device" not in page.content()
    page.get_by_role("button", name="Stop on this device").click()
    page.get_by_role("button", name="Notify them on this device").wait_for()
    wait_until(lambda: monitor.notify.named("Mother").addresses == ("ntfy://127.0.0.1:9/topic",))


def test_the_worker_shows_a_message_updates_it_in_silence_and_answers(browser: Browser, monitor: Monitor) -> None:
    monitor.notify.put("Mother", ["ntfy://127.0.0.1:9/topic"])
    seen = Observation("fire", EventType.SAFETY, Severity.DANGER, "It burns", "", 0.9, MORNING, MORNING, ())
    writes.add_event(monitor.database, CAM, seen, MORNING, model="local")
    expand(monitor.database, [one.for_policy for one in monitor.notify.all()], MORNING, Limits())
    number = int(notifications.notifications(monitor.database)[0]["id"])
    visit, url = open_page(browser, monitor)
    page = visit.page
    page.get_by_role("button", name="Notify them on this device").click()
    page.get_by_text("This device is notified.").wait_for()
    page.evaluate(
        "navigator.serviceWorker.getRegistrations().then((all) => Promise.all(all.map((one) => one.update())))"
    )
    session = page.context.new_cdp_session(page)
    worker = registration_id(session, url)
    public = monitor.settings.model_copy(update={"public_url": url})
    link = feedback_link(public, monitor.notify.secrets, number)
    answers = [[one.said, one.label, one.url] for one in answer_buttons(link, "en")]

    def deliver(text: str) -> None:
        told = {"id": f"livemon-{number}", "severity": "danger", "link": link, "picture": "", "answers": answers}
        told |= {"title": "Danger: It burns", "text": text, "update": text != "first", "at": "2026-11-23T08:00:00Z"}
        session.send(
            "ServiceWorker.deliverPushMessage", {"origin": url, "registrationId": worker, "data": json.dumps(told)}
        )

    deliver("first")
    wait_until(lambda: page.evaluate(SHOWN), "a notification")
    (shown,) = page.evaluate(SHOWN)
    assert (shown["title"], shown["body"], shown["tag"]) == ("Danger: It burns", "first", f"livemon-{number}")
    assert shown["actions"][:2] == ["seen", "snooze"]
    assert not shown["silent"]
    deliver("second")
    wait_until(lambda: [one["body"] for one in page.evaluate(SHOWN)] == ["second"], "the update in its place")
    assert page.evaluate(SHOWN)[0]["silent"]
    assert notifications.notification(monitor.database, number)["answer"] is None, "nothing is answered by showing it"
    worker_page = next(one for one in page.context.service_workers if one.url.endswith("worker.js"))
    worker_page.evaluate("(url) => answer(url, '')", answers[0][2])
    wait_until(lambda: notifications.notification(monitor.database, number)["answer"] == "seen", "the answer")
