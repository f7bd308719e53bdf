"""No route of the server answers without a declared guard, and a page belongs to the visitor that it was made for."""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bokeh.server.tornado import BokehTornado
from bokeh.util.token import generate_jwt_token, generate_session_id, get_session_id
from panel.io.server import WSHandler
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.routing import PathMatches
from tornado.web import RequestHandler
from tornado.websocket import websocket_connect

from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.web.api.guard import Guarded
from livemon.web.server import route_guard, serve
from tests.conftest import FAST
from tests.waiting import PATIENCE_S, wait_async, wait_until
from tests.web.api.houses import PASSWORD, House, with_a_login
from tests.web.raw_client import open_page, page_token

# Modules that nothing here imports; to import the first one runs unittest's command line, which ends the process.
UNLOADED = ("unittest.__main__", "livemon.__main__", "antigravity", "this", "idlelib.idle", "panel.command.bundle")
HOSTILE = (
    *(f"{name}/x/_css/y" for name in UNLOADED),
    "os/path/_css/y",
    "panel.io.state/state/_css/y",
    "livemon.base.errors/LivemonError/_css/y",
    ".livemon/x/_css/y",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "%00",
    "%ff%fe",
    "a" * 3000,
    "{}[]()*+?^$|",
    "",
)
GROUP = re.compile(r"\((?:[^()]|\([^()]*\))*\)|\[\^/\]\+")


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[BokehTornado]:
    """The applications that were served, newest last."""
    made: list[BokehTornado] = []
    application = serve._application

    def noted(monitor: Monitor, port: int) -> BokehTornado:
        made.append(application(monitor, port))
        return made[-1]

    monkeypatch.setattr(serve, "_application", noted)
    return made


@pytest.fixture
def house(settings: Settings, servers: list[BokehTornado]) -> Iterator[House]:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        yield House(monitor)


def ask(url: str, method: str, path: str, **headers: str) -> tuple[int, bytes]:
    """Send a request as it stands; http.client changes nothing of the path."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port or 0, timeout=PATIENCE_S)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def patterns(server: BokehTornado) -> list[str]:
    found = []
    for rule in route_guard.rules_of(server.default_router):
        assert isinstance(rule.matcher, PathMatches)
        found.append(rule.matcher.regex.pattern.removesuffix("$"))
    return found


def unguarded(server: BokehTornado) -> list[str]:
    rules = route_guard.rules_of(server.default_router)
    return [str(rule) for rule in rules if not issubclass(rule.target, Guarded | route_guard.Guard)]


def test_every_rule_of_the_server_has_a_declared_guard(monitor: Monitor, servers: list[BokehTornado]) -> None:
    monitor.serve()
    assert unguarded(servers[0]) == []
    rules = list(route_guard.rules_of(servers[0].default_router))
    assert len(rules) > 80
    closed = {rule.matcher.regex.pattern for rule in rules if issubclass(rule.target, route_guard.Closed)}
    pages = ("", "/events", "/day", "/cameras", "/prompts", "/system", "/notifications")
    assert closed == {f"{page}/{name}$" for page in pages for name in ("metadata", "autoload.js")}


PANEL_SERVE = """
import sys
from bokeh.server.tornado import BokehTornado
from panel.command import main
from tornado.ioloop import IOLoop
from livemon.web.api.guard import Guarded

made, initialize = [], BokehTornado.__init__

def noted(self, *args, **kwargs):
    initialize(self, *args, **kwargs)
    made.append(self)

BokehTornado.__init__ = noted

def look():
    from livemon.web.server import route_guard
    rules = list(route_guard.rules_of(made[0].default_router))
    bare = [r.matcher.regex.pattern for r in rules if not issubclass(r.target, Guarded | route_guard.Guard)]
    closed = [r.matcher.regex.pattern for r in rules if issubclass(r.target, route_guard.Closed)]
    print("RULES", len(rules), bare, sorted(closed), flush=True)
    IOLoop.current().stop()

IOLoop.current().call_later(0, look)
sys.argv = ["panel", "serve", "page.py", "--port", "0", "--plugins", "livemon.web.server.plugin", *sys.argv[1:]]
main()
"""


def panel_serve(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "livemon.toml").write_text('data_dir = "data"\n')
    (folder / "page.py").write_text("import panel as pn\npn.pane.HTML('Here').servable()\n")
    command = [sys.executable, "-c", PANEL_SERVE, *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_every_rule_of_panel_serve_has_one_too_and_what_it_adds_is_closed(tmp_path: Path) -> None:
    more = ("--admin", "--liveness", "--rest-session-info", "--session-history", "3")
    done = panel_serve(tmp_path, *more)
    found = re.search(r"RULES (\d+) (\[.*?\]) (\[.*\])", done.stdout)
    assert found, done.stderr
    assert int(found[1]) > 60
    assert found[2] == "[]"
    for name in ("/liveness", "/rest/", "/admin/ws", "/admin/?", "/page/autoload.js", "/page/metadata"):
        assert name in found[3]


def test_panel_serve_shares_no_page_among_visitors(tmp_path: Path) -> None:
    done = panel_serve(tmp_path, "--reuse-sessions")
    assert done.returncode != 0
    assert "Leave out --reuse-sessions" in done.stderr


def test_no_path_imports_anything_or_ends_the_process(monitor: Monitor, servers: list[BokehTornado]) -> None:
    url = monitor.serve().url
    paths = set()
    for pattern in patterns(servers[0]):
        for part in HOSTILE:
            path = GROUP.sub(lambda _, part=part: part, pattern).replace("\\", "").replace("/?", "/")
            paths.add(path if path.startswith("/") else f"/{path}")
    before = {name for name in UNLOADED if name in sys.modules}
    answered = {path: ask(url, "GET", path)[0] for path in sorted(paths) if not path.endswith("/push/events")}
    assert len(answered) > 400
    assert {path: status for path, status in answered.items() if status >= 500} == {}
    assert {name for name in UNLOADED if name in sys.modules} == before
    assert ask(url, "GET", "/api/live-monitoring/healthz")[0] == 200


@pytest.mark.parametrize(
    "name", ["panel.io.state/state", "livemon.base.errors/LivemonError", "os/path", "this/x", ".x/y", "/"]
)
def test_only_files_of_loaded_components_are_sent(monitor: Monitor, name: str) -> None:
    assert ask(monitor.serve().url, "GET", f"/components/{name}/_css/y")[0] == 404


def test_the_files_that_a_page_names_are_sent(monitor: Monitor) -> None:
    url = monitor.serve().url
    open_page(url).close()
    status, text = ask(
        url, "GET", "/components/livemon.web.pages.parts.page_link/Lifeline/_bundle_path/static/lifeline.bundle.js"
    )
    assert (status, b"export" in text) == (200, True)


def test_a_foreign_host_is_refused_by_every_rule(monitor: Monitor, servers: list[BokehTornado]) -> None:
    url = monitor.serve().url
    for pattern in patterns(servers[0]):
        path = GROUP.sub("x", pattern).replace("\\", "").replace("/?", "/")
        status, _ = ask(url, "GET", path if path.startswith("/") else f"/{path}", Host="evil.example")
        assert status in (403, 404), path


def test_without_a_login_nothing_but_the_login_answers(house: House, servers: list[BokehTornado]) -> None:
    public = ("/login", "/logout", "/favicon.ico", "/api/")
    for pattern in patterns(servers[0]):
        path = GROUP.sub("x", pattern).replace("\\", "").replace("/?", "/")
        if not path.startswith(public):
            assert ask(house.url, "GET", path)[0] in (302, 401, 403, 404), path


def test_a_rule_of_an_unknown_kind_is_closed(monitor: Monitor) -> None:
    class Unknown(RequestHandler):
        def get(self) -> None:
            self.write("open")

    server = BokehTornado({}, extra_patterns=[("/unknown", Unknown)])
    route_guard.guard_routes(server, monitor)
    assert unguarded(server) == []
    unknown = next(r for r in route_guard.rules_of(server.default_router) if "unknown" in r.matcher.regex.pattern)
    assert issubclass(unknown.target, route_guard.Closed)


def cookie_of(house: House, name: str) -> str:
    return f"livemon_session={house.monitor.authenticator.log_in(name, PASSWORD, '127.0.0.1')}"


class TestSessions:
    """What an attacker with a viewer's login tried: to share the page of an admin."""

    @pytest.fixture
    def cookies(self, house: House) -> dict[str, str]:
        house.add_user("vera", Role.VIEWER)
        return {name: cookie_of(house, name) for name in ("root", "vera")}

    async def connect(self, url: str, token: str, cookie: str = "", **headers: str) -> str:
        """Open the page's WebSocket; returns the type of the first message."""
        request = HTTPRequest(re.sub("^http", "ws", url) + "/ws", headers={"Cookie": cookie, **headers})
        socket = await websocket_connect(request, subprotocols=["bokeh", token])
        try:
            return str(json.loads(await socket.read_message() or "{}").get("msgtype"))
        finally:
            socket.close()

    @pytest.mark.parametrize("where", ["/?bokeh-session-id={}", "/events?bokeh-session-id={}", "/?bokeh-token={}"])
    def test_a_link_cannot_choose_the_session(self, house: House, cookies: dict[str, str], where: str) -> None:
        chosen = generate_session_id(signed=False)
        token = generate_jwt_token(chosen, signed=False)
        path = where.format(token if "token" in where else chosen)
        assert ask(house.url, "GET", path, Cookie=cookies["root"])[0] == 403
        assert ask(house.url, "GET", "/", Cookie=cookies["root"], **{"Bokeh-Session-Id": chosen})[0] == 403

    async def test_a_page_is_its_visitors_own(self, house: House, cookies: dict[str, str]) -> None:
        token = page_token(house.url, Cookie=cookies["root"])
        assert await self.connect(house.url, token, cookies["root"]) == "ACK"
        for cookie in (cookies["vera"], "", "livemon_session=x"):
            with pytest.raises(HTTPClientError, match="40[13]"):
                await self.connect(house.url, token, cookie)

    async def test_a_token_that_the_server_did_not_sign_opens_nothing(
        self, house: House, cookies: dict[str, str]
    ) -> None:
        token = page_token(house.url, Cookie=cookies["root"])
        forged = generate_jwt_token(get_session_id(token), signed=False, extra_payload={"visitor": "x"})
        changed = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
        for one in (forged, changed, "x", "", "x" * 10_000):
            with pytest.raises(HTTPClientError, match="403"):
                await self.connect(house.url, one, cookies["vera"])

    async def test_a_login_that_ended_opens_no_page_again(self, house: House, cookies: dict[str, str]) -> None:
        token = page_token(house.url, Cookie=cookies["root"])
        house.monitor.authenticator.log_out(cookies["root"].partition("=")[2], "127.0.0.1")
        with pytest.raises(HTTPClientError, match="401"):
            await self.connect(house.url, token, cookies["root"])

    async def test_the_page_of_another_site_connects_to_nothing(self, house: House, cookies: dict[str, str]) -> None:
        token = page_token(house.url, Cookie=cookies["root"])
        with pytest.raises(HTTPClientError, match="403"):
            await self.connect(house.url, token, cookies["root"], Origin="http://evil.example")

    def test_a_page_carries_no_cookie_and_no_authorization(self, house: House, cookies: dict[str, str]) -> None:
        secret = cookies["root"].partition("=")[2]
        token = page_token(house.url, Cookie=cookies["root"], Authorization="Bearer livemon_leaked")
        payload = unpacked(token)
        assert secret not in payload
        assert "leaked" not in payload
        assert "livemon_session" not in payload
        status, html = ask(house.url, "GET", "/", Cookie=cookies["root"])
        assert (status, secret.encode() in html) == (200, False)

    async def test_one_visitor_opens_a_limited_number_of_pages(
        self, house: House, cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(route_guard, "SOCKETS_PER_VISITOR", 2)
        token = page_token(house.url, Cookie=cookies["vera"])
        request = HTTPRequest(re.sub("^http", "ws", house.url) + "/ws", headers={"Cookie": cookies["vera"]})
        held = [await websocket_connect(request, subprotocols=["bokeh", token]) for _ in range(2)]
        with pytest.raises(HTTPClientError, match="429"):
            await self.connect(house.url, token, cookies["vera"])
        other = page_token(house.url, Cookie=cookies["root"])
        assert await self.connect(house.url, other, cookies["root"]) == "ACK"
        for one in held:
            one.close()

    async def test_a_socket_that_never_opened_is_not_counted_off(
        self, house: House, cookies: dict[str, str], servers: list[BokehTornado]
    ) -> None:
        rule = next(
            one for one in route_guard.rules_of(servers[-1].default_router) if issubclass(one.target, WSHandler)
        )
        token = page_token(house.url, Cookie=cookies["vera"])
        request = HTTPRequest(re.sub("^http", "ws", house.url) + "/ws", headers={"Cookie": cookies["vera"]})
        socket = await websocket_connect(request, subprotocols=["bokeh", token])
        wait_until(lambda: sum(rule.target.open_sockets.values()) == 1)
        # As Tornado does when a browser leaves before the handshake.
        left = rule.target.__new__(rule.target)
        left._visitor, left.connection = next(iter(rule.target.open_sockets)), None
        left.ws_connection, left.close_code, left.close_reason = None, None, None
        left.on_close()
        assert sum(rule.target.open_sockets.values()) == 1
        socket.close()
        await wait_async(lambda: not rule.target.open_sockets)


def unpacked(token: str) -> str:
    """Everything that a token says, as text."""

    def decoded(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    payload = json.loads(decoded(token.split(".")[0]))
    more = zlib.decompress(decoded(payload["__bk__zlib_"])).decode() if "__bk__zlib_" in payload else ""
    return json.dumps(payload) + more


def test_head_answers_on_pages_without_making_one(monitor: Monitor) -> None:
    url = monitor.serve().url
    for page in ("/", "/events", "/system"):
        assert ask(url, "HEAD", page) == (200, b"")
    component = "/components/livemon.web.pages.parts.page_link/Lifeline/_bundle_path/static/lifeline.bundle.js"
    for file in ("/favicon.ico", "/static/js/bokeh.min.js", "/static/extensions/panel/panel.min.js", component):
        assert ask(url, "GET", file)[0] == 200, file
        assert ask(url, "HEAD", file) == (200, b""), file


def test_a_login_page_is_reached_from_below(house: House) -> None:
    address = urlsplit(house.url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as raw:
        raw.sendall(b"GET /events/?camera=x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        text = b"".join(iter(lambda: raw.recv(65536), b"")).decode()
    assert "Location: ../login?next=/events/%3Fcamera%3Dx" in text
