"""Addresses that livemon returns lead back to it: over IPv6, and under the path of a reverse proxy."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urljoin, urlsplit

import pytest

from livemon.base.settings.access import AccessSettings
from livemon.base.settings.settings import Settings
from livemon.base.web_address import public_prefix
from livemon.cli.doctor import CheckResult, examine
from livemon.monitor.monitor import Monitor
from livemon.web.server.serve import Server, _origins, serve_in_thread
from tests.conftest import FAST
from tests.web.api.houses import House, with_a_login

STATUS = "/api/live-monitoring/stream-status/camera-1"


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    with Monitor(settings, profile=FAST) as monitor:
        server = serve_in_thread(monitor, 0)
        try:
            yield server
        finally:
            server.stop()


def get(server: Server, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    with closing(
        http.client.HTTPConnection(urlsplit(server.url).hostname or "", server.port, timeout=30)
    ) as connection:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("address", ["::1", "::"])
def test_ipv6_is_served_and_stands_in_brackets(address: str, settings: Settings) -> None:
    if address == "::1":
        with serving(settings.model_copy(update={"address": address})) as server:
            assert server.url == f"http://[::1]:{server.port}"
            answer, body = get(server, STATUS)
            assert answer.status == 200
            assert json.loads(body)["playlist_url"].startswith(f"{server.url}/api/live-monitoring/hls/")
    open_to_all = settings.model_copy(update={"address": address, "allowed_hosts": ("fd00::2", "livemon.example")})
    origins = _origins(open_to_all, 8000)
    assert {f"[{address}]:8000", "[fd00::2]:80", "[fd00::2]", "livemon.example:80", "127.0.0.1:8000"} <= set(origins)
    free = {finding.subject: finding for finding in examine(settings.model_copy(update={"address": "::1"}))}["port"]
    assert free.verdict is CheckResult.OK, free.text
    assert free.text.startswith("[::1]:")


def test_what_a_proxy_takes_off_is_in_every_address(settings: Settings) -> None:
    under = settings.model_copy(update={"access": AccessSettings(root_path="/nursery/cams")})
    with serving(under) as server:
        assert server.url == f"http://127.0.0.1:{server.port}/nursery/cams"
        for path in (STATUS, f"/nursery/cams{STATUS}"):  # the proxy took it off, or left it there
            answer, body = get(server, path)
            assert answer.status == 200, path
            playlist = json.loads(body)["playlist_url"]
            assert playlist.startswith(f"{server.url}/api/live-monitoring/hls/")
        _, body = get(server, "/api/live-monitoring/openapi.json")
        assert json.loads(body)["servers"] == [{"url": "/nursery/cams/api/live-monitoring"}]
        assert get(server, "/nursery/cams")[0].status == 200
        assert get(server, "/nursery/camshaft")[0].status == 404


def test_a_proxys_own_word_counts_only_where_a_proxy_is(settings: Settings) -> None:
    trusting = settings.model_copy(update={"access": AccessSettings(proxy=True)})
    for chosen, prefix in ((trusting, "/nursery"), (settings, "")):
        with serving(chosen) as server:
            _, body = get(server, STATUS, X_Forwarded_Prefix="/nursery/")
            assert urlsplit(json.loads(body)["playlist_url"]).path.startswith(f"{prefix}/api/live-monitoring/hls/")
    for odd in ("//evil.example", "nursery", "/a b", "/<x>", "/a\n/b", "https://evil.example"):
        assert public_prefix(trusting.access, {"X-Forwarded-Prefix": odd}) == "", odd


def test_login_leads_back_under_the_prefix(settings: Settings) -> None:
    with Monitor(with_a_login(settings, root_path="/nursery"), profile=FAST) as monitor:
        House(monitor)
        server = monitor.serve()
        answer, _ = get(server, "/events")  # as it comes from a proxy that took the path off
        seen = urljoin(f"{server.url}/events", answer.headers["Location"])
        assert seen.startswith(f"{server.url}/login?next=")
