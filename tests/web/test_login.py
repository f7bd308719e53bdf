"""The login: passwords and OAuth over HTTP, what its cookie is worth, and pages that show each their own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest
from limits import RateLimitItemPerSecond
from panel.config import config
from playwright.sync_api import Page, sync_playwright

from livemon.base.errors import ConfigError, LivemonError, NotAllowed, NotLoggedIn, TooManyRequests
from livemon.base.roles import Role
from livemon.base.settings.access import AccessSettings, Login, OAuthSettings
from livemon.base.settings.settings import Settings, load_settings
from livemon.monitor.authenticator import check_reachability, session_key
from livemon.monitor.monitor import Monitor
from livemon.monitor.rate_limit import STRANGERS_WAIT_S
from livemon.store import audit_log, users
from livemon.web.auth.session_monitor import AuthorizedMonitor, of_session
from livemon.web.server.login import LivemonAuth
from tests.conftest import FAST
from tests.days import CAM
from tests.oauth_server import oauth_provider
from tests.web.api.houses import OTHER, PASSWORD, House, with_a_login
from tests.web.test_browser import CHROMIUM
from tests.web.test_live import dashboard_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    with Monitor(with_a_login(settings, login_tries=3), profile=FAST) as monitor:
        yield House(monitor)


class Browser:
    """Cookies and redirects, without a screen."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = CookieJar()
        self.opener: OpenerDirector = build_opener(HTTPCookieProcessor(self.jar))

    def get(self, path: str = "/", data: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        """Return status, where it ended, and the text."""
        body = urlencode(data).encode() if data is not None else None
        try:
            with self.opener.open(Request(self.url + path, body, headers), timeout=30) as answer:
                return answer.status, answer.url.removeprefix(self.url), answer.read().decode()
        except HTTPError as error:
            return error.code, error.url.removeprefix(self.url), error.read().decode()

    def log_in(self, name: str, password: str = PASSWORD, **more: str) -> tuple[int, str, str]:
        return self.get("/login", {"username": name, "password": password, **more})

    def cookie(self) -> Any:
        return next((one for one in self.jar if one.name == "livemon_session"), None)


def test_pages_send_everybody_to_the_login_and_let_those_in_who_belong(house: House) -> None:
    browser = Browser(house.url)
    for page in ("/", "/events", "/cameras", "/system", "/day", "/notifications"):
        status, where, text = browser.get(page)
        assert (status, where.split("?")[0]) == (200, "/login")
        assert "<label" in text and "bokeh" not in text
        assert f'name="next" value="{page}"' in text
    status, where, _ = browser.log_in("root", next="/day")
    assert (status, where) == (200, "/day"), "where one wanted to go"
    assert browser.get("/")[1] == "/"
    assert browser.get("/api/live-monitoring/cameras")[0] == 200, "the API knows the same session"
    assert browser.get("/logout")[1] == "/login"
    assert browser.cookie() is None
    assert browser.get("/")[1].startswith("/login")


def test_a_logged_out_cookie_is_worth_nothing(house: House) -> None:
    browser = Browser(house.url)
    browser.log_in("root")
    stolen = browser.cookie().value
    browser.get("/logout")
    assert house.ask("/cameras", Cookie=f"livemon_session={stolen}").status == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(settings: Settings) -> None:
    with Monitor(with_a_login(settings, https=True), profile=FAST) as monitor:
        address = urlsplit(House(monitor).url)
        form = urlencode({"username": "root", "password": PASSWORD})
        connection = http.client.HTTPConnection(str(address.hostname), address.port or 0, timeout=30)
        connection.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        reply = connection.getresponse()
        connection.close()
    assert reply.headers["Strict-Transport-Security"] == "max-age=31536000"
    secure = next(one for one in reply.headers.get_all("Set-Cookie", []) if one.startswith("livemon_session="))
    assert "Secure" in secure and "HttpOnly" in secure and "SameSite=Lax" in secure


def test_wrong_passwords_are_said_and_slowed_down(house: House) -> None:
    browser = Browser(house.url)
    for name in ("root", "nobody", "root"):
        _, where, text = browser.log_in(name, "wrong password here")
        assert where.startswith("/login?error=wrong")
        assert "User name or password is wrong" in text, "the same for a user that there is not"
    _, _, text = browser.log_in("root")
    assert "Too many attempts" in text
    assert browser.cookie() is None
    noted = audit_log.deeds(house.monitor.database).to_dict("records")
    assert [row["action"] for row in noted] == ["login as root", "login as nobody", "login as root"]


def test_strangers_who_try_a_name_lock_nobody_out_who_was_there_before(house: House) -> None:
    owner, stranger = Browser(house.url), Browser(house.url)
    owner.log_in("root")
    owner.get("/logout")
    known = next(one for one in owner.jar if one.name.startswith("livemon_browser_"))
    assert known.has_nonstandard_attr("HttpOnly") and not known.discard
    for _ in range(5):
        _, _, text = stranger.log_in("root", "wrong password here")
    assert "Too many attempts" in text
    assert "Too many attempts" in stranger.log_in("root")[2]
    assert owner.log_in("root")[1] == "/" and owner.cookie() is not None


def test_a_known_browser_has_only_so_many_tries_and_is_known_for_its_own_user_only(house: House) -> None:
    authenticator = house.monitor.authenticator
    house.add_user("anna", Role.VIEWER)
    known = authenticator.known_browser("root")
    for _ in range(3):
        with pytest.raises(NotLoggedIn):
            authenticator.log_in("root", "wrong password here", "10.0.0.1", known)
    with pytest.raises(TooManyRequests):
        authenticator.log_in("root", PASSWORD, "10.0.0.1", known)
    assert authenticator.log_in("root", PASSWORD, "10.0.0.1"), "as a stranger it may still"
    for _ in range(3):
        with pytest.raises(NotLoggedIn):
            authenticator.log_in("anna", "wrong password here", "10.0.0.2", known)
    with pytest.raises(TooManyRequests):
        authenticator.log_in("anna", PASSWORD, "10.0.0.2", authenticator.known_browser("root"))


def test_another_password_or_a_forged_text_makes_a_browser_a_stranger(house: House) -> None:
    authenticator = house.monitor.authenticator
    known = authenticator.known_browser("root")
    users.set_password(house.monitor.database, "root", authenticator.hashed(PASSWORD + "!"))
    link = authenticator.secrets.sign({"path": "x", "until": 2**40, "camera": "x"})
    for number, text in enumerate((known, known + "x", link, "x", "\x00")):
        for _ in range(3):
            with pytest.raises(NotLoggedIn):
                authenticator.log_in("root", "wrong password here", f"10.0.1.{number}", text)
        with pytest.raises(TooManyRequests):
            authenticator.log_in("root", "wrong password here", f"10.0.1.{number}", text)
    assert authenticator.known_browser("nobody") == ""


def test_many_strangers_slow_a_name_down_for_seconds_and_never_lock_it(house: House) -> None:
    throttle, known = house.monitor.authenticator.throttle, house.monitor.authenticator.known_browser("root")
    assert STRANGERS_WAIT_S <= 10
    throttle._slowly = RateLimitItemPerSecond(1, 3600)  # the test must not be slower than the wait
    for number in range(30):
        throttle.count_login("root", f"10.1.{number}.1")
    throttle.count_login("root", "10.2.0.1")
    with pytest.raises(TooManyRequests):
        throttle.count_login("root", "10.2.0.2")
    throttle.count_login("anna", "10.2.0.3")
    assert house.monitor.authenticator.log_in("root", PASSWORD, "10.2.0.4", known)


def test_another_sites_form_cannot_log_in(house: House) -> None:
    status, _, _ = Browser(house.url).get(
        "/login", {"username": "root", "password": PASSWORD}, Origin="https://evil.example"
    )
    assert status == 403


def test_nobody_is_led_elsewhere_after_the_login(house: House) -> None:
    browser = Browser(house.url)
    assert browser.get("/login?next=https://evil.example/")[0] == 400
    assert browser.get("/login?next=//evil.example/")[0] == 400


def test_the_page_shows_no_words_of_its_address(house: House) -> None:
    for error in ("%3Cscript%3Ealert(1)%3C/script%3E", "Call+0900+123456", ""):
        _, _, text = Browser(house.url).get(f"/login?error={error}")
        assert "alert" not in text
        assert "<script" not in text
        assert "0900" not in text


@pytest.mark.parametrize(
    "next_url",
    ["//evil.example", "///evil.example", "https://evil.example/", "/\\evil.example", "evil.example", "/\tx"],
)
def test_the_login_leads_nowhere_else(house: House, next_url: str) -> None:
    browser = Browser(house.url)
    status, _, text = browser.get(f"/login?{urlencode({'next': next_url})}")
    assert (status, "pages of this livemon only" in text) == (400, True)
    status, _, _ = browser.log_in("root", next=next_url)
    assert status == 400
    assert browser.cookie() is None


class TestVisit:
    def visit(self, house: House, name: str) -> AuthorizedMonitor:
        return of_session(house.monitor, session_key(house.monitor.authenticator.log_in(name, PASSWORD, "127.0.0.1")))

    def test_a_page_shows_only_the_cameras_of_who_opens_it(self, house: House) -> None:
        house.add_user("vera", Role.VIEWER, frozenset({OTHER}))
        visited = self.visit(house, "vera")
        assert list(visited.cameras) == [OTHER]
        for ask in (
            lambda: visited.camera(CAM),
            lambda: visited.check(Role.VIEWER, CAM),
            lambda: visited.read((OTHER, CAM), "days", lambda monitor: [monitor.day(OTHER), monitor.day(CAM)]),
        ):
            with pytest.raises(NotAllowed):
                ask()

    def test_a_viewer_starts_nothing_and_the_try_is_written_down(self, house: House) -> None:
        house.add_user("vera", Role.VIEWER)
        visited = self.visit(house, "vera")
        with pytest.raises(NotAllowed):
            visited.start(CAM)
        assert not house.monitor.camera(CAM).running
        newest = audit_log.deeds(house.monitor.database).iloc[0]
        assert (newest["action"], newest["who"], newest["address"], newest["outcome"]) == ("start", "vera", "page", 403)

    def test_a_viewers_button_is_locked(self, house: House) -> None:
        house.add_user("vera", Role.VIEWER)
        view = dashboard_of(
            house.monitor, session_key(house.monitor.authenticator.log_in("vera", PASSWORD, "127.0.0.1"))
        )
        view.show(view.read())
        assert view._toggle.disabled
        assert "vera" in view.nav._pane.object and "Log out" in view.nav._pane.object

    def test_a_page_of_somebody_who_is_out_shows_nothing_more(self, house: House) -> None:
        cookie = house.monitor.authenticator.log_in("root", PASSWORD, "127.0.0.1")
        view = dashboard_of(house.monitor, session_key(cookie))
        house.monitor.authenticator.log_out(cookie, "127.0.0.1")
        assert isinstance(view.read(), NotLoggedIn)

    def test_without_a_login_all_is_open_to_who_sits_here(self, monitor: Monitor) -> None:
        visited = of_session(monitor, "")
        assert visited.identity.role is Role.ADMIN
        assert visited.stop(CAM).camera_id == CAM


class TestOAuth:
    @pytest.fixture
    def panels(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Panel keeps these for the whole process.
        for name in ("provider", "key", "secret", "redirect_uri", "jwt_user", "extra_params"):
            before = getattr(config, f"_oauth_{name}", None)
            monkeypatch.setattr(config, f"_oauth_{name}", before)

    def settings(self, settings: Settings, url: str, port: int) -> Settings:
        oauth = OAuthSettings(
            provider="generic",
            key="livemon-client",
            redirect_uri=f"http://127.0.0.1:{port}/login",
            authorize_url=f"{url}/authorize",
            token_url=f"{url}/token",
            user_url=f"{url}/user",
        )
        return settings.model_copy(
            update={
                "access": AccessSettings(login=Login.OAUTH),
                "oauth": oauth,
                "port": port,
                "oauth_secret": type(settings.oauth_secret)("cl1ent-secret"),
            }
        )

    def test_a_known_user_of_the_provider_comes_in_and_another_does_not(self, settings: Settings, panels: None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with (
            oauth_provider() as provider,
            Monitor(self.settings(settings, provider.url, port), profile=FAST) as monitor,
        ):
            house = House(monitor)
            house.add_user("anna@family.example", Role.VIEWER)
            anna = Browser(house.url)
            status, where, _ = anna.get("/day")
            assert (status, where) == (200, "/day")
            assert anna.get("/api/live-monitoring/cameras")[0] == 200
            assert {one.name for one in anna.jar} <= {"livemon_session", "panel-oauth-state", "next_url"}
            assert provider.secrets == ["cl1ent-secret"]
            provider.email = "mallory@else.example"
            status, where, _ = Browser(house.url).get("/day")
            assert status == 403
            noted = audit_log.deeds(monitor.database)
            assert "login as mallory@else.example" in set(noted["action"])

    def test_a_provider_without_addresses_is_refused_at_the_start(self, settings: Settings, panels: None) -> None:
        wanting = self.settings(settings, "", 0).model_copy(update={"oauth": OAuthSettings(key="x")})
        with Monitor(wanting, profile=FAST) as monitor, pytest.raises(ConfigError, match="three addresses"):
            LivemonAuth(monitor)


class TestReachability:
    @pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::"])
    def test_without_a_login_livemon_listens_nowhere_else(self, settings: Settings, address: str) -> None:
        with Monitor(settings.model_copy(update={"address": address}), profile=FAST) as monitor:
            with pytest.raises(ConfigError, match="without a login") as refused:
                monitor.serve()
            assert "livemon user add" in refused.value.hint

    def test_a_login_without_users_is_refused(self, settings: Settings) -> None:
        with Monitor(with_a_login(settings), profile=FAST) as monitor:
            with pytest.raises(ConfigError, match="no users"):
                monitor.serve()
            monitor.authenticator.new_token("grafana", Role.VIEWER, None, None)
            check_reachability(monitor.settings, monitor.authenticator)

    def test_with_a_login_it_listens_everywhere(self, settings: Settings) -> None:
        open_to_all = with_a_login(settings).model_copy(update={"address": "0.0.0.0"})
        with Monitor(open_to_all, profile=FAST) as monitor:
            house = House(monitor)
            assert house.ask("/cameras").status == 401
            assert Browser(house.url).get("/")[1].startswith("/login")

    def test_a_secret_in_the_settings_file_stops_the_start(self, tmp_path: Path) -> None:
        file = tmp_path / "livemon.toml"
        file.write_text('oauth_secret = "x"\n')
        with pytest.raises(LivemonError, match="oauth_secret"):
            load_settings(file)


@pytest.mark.parametrize("login", ["none", "password"])
def test_panel_serve_has_the_same_door(tmp_path: Path, video_folder: Path, login: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "livemon.toml").write_text(
        f'data_dir = "data"\n[access]\nlogin = "{login}"\n'
        f'[cameras.camera-1]\nsource = "{video_folder}"\nautostart = false\n'
    )
    with Monitor(load_settings(tmp_path / "livemon.toml", data_dir=tmp_path / "data"), profile=FAST) as made:
        made.authenticator.new_token("t", Role.VIEWER, None, None)
    command = [sys.executable, "-m", "panel", "serve", str(ROOT / "apps/dashboard.py"), "--port", str(port)]
    with subprocess.Popen(
        [*command, "--plugins", "livemon.web.server.plugin"],
        cwd=tmp_path,
        env={**os.environ},
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            browser = Browser(f"http://127.0.0.1:{port}")
            deadline_s = time.monotonic() + 60
            while time.monotonic() < deadline_s:
                try:
                    status, where, _ = browser.get("/dashboard")
                    break
                except OSError:
                    time.sleep(0.3)
            assert status == 200
            assert where.startswith("/login") == (login == "password")
            assert browser.get("/api/live-monitoring/cameras")[0] == (401 if login == "password" else 200)
            far = browser.get("/dashboard", **{"X-Forwarded-For": "203.0.113.9"})
            assert far[0] == 403 or far[1].startswith("/login")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


@pytest.mark.browser
def test_a_person_logs_in_on_a_phone_and_watches(house: House) -> None:
    house.add_user("vera", Role.VIEWER, frozenset({CAM}))
    house.monitor.start(CAM)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page: Page = chromium.new_page(viewport={"width": 390, "height": 844})
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text) if "Policy" in message.text else None)
        page.goto(house.url)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_label("User name").fill("vera")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.locator(".lm-player video").wait_for(timeout=60_000)
        button = page.get_by_role("button", name="Stop")
        button.wait_for(timeout=30_000)
        assert button.is_disabled(), "a viewer only watches"
        page.get_by_role("link", name="Log out").click()
        page.get_by_label("User name").wait_for(timeout=30_000)
        assert not refused, "the policy lets everything through that the page needs"
        chromium.close()
