"""Behind a reverse proxy with a certificate: links of messages, cookies, WebSockets and pages, under a path."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import sync_playwright
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.notify.expansion import expand
from livemon.notify.feedback import feedback_link
from livemon.notify.policy import Limits
from livemon.notify.reachability import unreachable_because
from livemon.store import notifications, writes
from tests.conftest import FAST
from tests.days import CAM
from tests.tls_proxy import make_certificate, tls_proxy
from tests.waiting import PATIENCE_S
from tests.web.api.houses import PASSWORD, House, with_a_login
from tests.web.test_browser import CHROMIUM

NAME = "cameras.test"
PREFIX = "/nursery"


@dataclass
class Proxied:
    house: House
    port: int
    trusted: ssl.SSLContext

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPSConnection("localhost", self.port, context=self.trusted, timeout=PATIENCE_S)
        connection.request(method, path, body or None, {"Host": f"{NAME}:{self.port}", **headers})
        answer = connection.getresponse()
        answer.read_text = answer.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
        connection.close()
        return answer


@pytest.fixture
def proxied(settings: Settings, tmp_path: Path) -> Iterator[Proxied]:
    certificate = make_certificate(tmp_path, NAME)
    own = with_a_login(settings, https=True, proxy=True, root_path=PREFIX)
    with Monitor(own.model_copy(update={"allowed_hosts": (NAME,)}), profile=FAST) as monitor:
        house = House(monitor)
        with tls_proxy(certificate, urlsplit(house.url).port or 0) as port:
            public = f"https://{NAME}:{port}{PREFIX}"
            object.__setattr__(monitor.settings, "public_url", public)
            yield Proxied(house, port, ssl.create_default_context(cafile=str(certificate)))


def told(monitor: Monitor) -> str:
    """Let something happen that Mother is told; returns the link in her message."""
    monitor.notify.put("Mother", ["ntfy://127.0.0.1:9/x"])
    now = monitor.clock.now()
    seen = Observation("fire", EventType.SAFETY, Severity.DANGER, "It burns", "", 0.9, now, now, ())
    writes.add_event(monitor.database, CAM, seen, now, model="local")
    expand(monitor.database, [one.for_policy for one in monitor.notify.all()], now, Limits())
    number = int(notifications.notifications(monitor.database)[0]["id"])
    return feedback_link(monitor.settings, monitor.notify.secrets, number)


def test_a_link_in_a_message_is_answered_through_the_proxy(proxied: Proxied) -> None:
    monitor = proxied.house.monitor
    assert unreachable_because(monitor.settings) == []
    link = told(monitor)
    assert link.startswith(f"https://{NAME}:{proxied.port}{PREFIX}/api/live-monitoring/answers/")
    path = urlsplit(link).path
    page = proxied.ask(path)
    assert (page.status, "It burns" in page.read_text) == (200, True)  # type: ignore[attr-defined]
    assert proxied.ask(path).status == 200
    assert notifications.notifications(monitor.database)[0]["answer"] is None, "opening it changes nothing"
    foreign = proxied.ask(f"{path}?said=right", "POST", Origin="https://evil.example")
    assert foreign.status == 403
    answered = proxied.ask(f"{path}?said=wrong", "POST", Origin=f"https://{NAME}:{proxied.port}")
    assert answered.status == 200
    assert notifications.notifications(monitor.database)[0]["answer"] == "wrong"


def test_the_cookie_of_a_login_goes_over_tls_only(proxied: Proxied) -> None:
    form = urlencode({"username": "root", "password": PASSWORD})
    origin = f"https://{NAME}:{proxied.port}"
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin}
    answer = proxied.ask(f"{PREFIX}/login", "POST", form, **kind)
    cookies = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    assert any("livemon" in cookie for cookie in cookies)
    assert all("Secure" in cookie for cookie in cookies), cookies
    assert "max-age" in (answer.getheader("Strict-Transport-Security") or proxied_hsts(proxied))


def proxied_hsts(proxied: Proxied) -> str:
    return proxied.ask(f"{PREFIX}/api/live-monitoring/healthz").getheader("Strict-Transport-Security") or ""


def test_a_websocket_goes_through_the_proxy(proxied: Proxied) -> None:
    token = proxied.house.token(Role.VIEWER)

    async def heard() -> str:
        headers = {"Host": f"{NAME}:{proxied.port}", "Authorization": f"Bearer {token}"}
        url = f"wss://localhost:{proxied.port}{PREFIX}/api/live-monitoring/push"
        client = await websocket_connect(HTTPRequest(url, headers=headers, ssl_options=proxied.trusted))
        now = proxied.house.monitor.clock.now()
        seen = Observation("fire", EventType.SAFETY, Severity.DANGER, "It burns", "", 0.9, now, now, ())
        await asyncio.to_thread(writes.add_event, proxied.house.monitor.database, CAM, seen, now, model="local")
        while message := await client.read_message():
            if json.loads(message).get("type") == "event" or "It burns" in str(message):
                client.close()
                return str(message)
        return ""

    assert "It burns" in asyncio.run(asyncio.wait_for(heard(), PATIENCE_S))


@pytest.mark.browser
def test_the_pages_are_drawn_under_their_path_and_say_that_devices_reach_them(proxied: Proxied) -> None:
    with sync_playwright() as playwright:
        arguments = [*CHROMIUM, f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        page = chromium.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.goto(f"https://{NAME}:{proxied.port}{PREFIX}/notifications")
        page.locator("input[name=username]").fill("root")
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("button, input[type=submit]").first.click()
        page.wait_for_url(f"**{PREFIX}/**")
        page.goto(f"https://{NAME}:{proxied.port}{PREFIX}/notifications")
        page.get_by_text("Links and pushes can work").wait_for()
        page.get_by_text("Add a recipient first").wait_for()
        chromium.close()
