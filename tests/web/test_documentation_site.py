"""The documentation under /docs/: for visitors, with a policy that runs no foreign script, and clear when not built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.web.server import documentation
from tests.conftest import FAST
from tests.waiting import PATIENCE_S
from tests.web.api.houses import PASSWORD, House, with_a_login


@dataclass(frozen=True)
class Reply:
    """An answer, and the address that it came from after redirects."""

    status: int
    url: str
    headers: Message
    body: bytes


def fetch(url: str, method: str = "GET", **headers: str) -> Reply:
    try:
        with urlopen(Request(url, headers=headers, method=method), timeout=PATIENCE_S) as answer:
            return Reply(answer.status, answer.url, answer.headers, answer.read())
    except HTTPError as error:
        return Reply(error.code, error.url, error.headers, error.read())


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>livemon</title>")
    (folder / "assets" / "main.js").write_text("export {}\n" * 100)
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(documentation, "SITE", folder)
    return folder


@pytest.fixture
def house(settings: Settings, site: Path) -> Iterator[House]:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        yield House(monitor)


def test_the_site_is_served_with_a_policy_of_its_own(monitor: Monitor, site: Path) -> None:
    url = monitor.serve().url
    page = fetch(f"{url}/docs/")
    assert (page.status, b"<title>livemon" in page.body) == (200, True)
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "nonce" not in policy
    script = fetch(f"{url}/docs/assets/main.js")
    assert (script.status, script.headers.get_content_subtype()) in ((200, "javascript"), (200, "x-javascript"))
    assert fetch(f"{url}/docs").url == f"{url}/docs/", "links of pages are relative to the folder"
    for path in ("docs", "docs/", "docs/index.html"):
        assert fetch(f"{url}/{path}", "HEAD").status == 200


@pytest.mark.parametrize("path", ["../secret.txt", "%2e%2e/secret.txt", "assets/..%2f..%2fsecret.txt", "assets", "no"])
def test_nothing_but_files_of_the_site_is_sent(monitor: Monitor, site: Path, path: str) -> None:
    reply = fetch(f"{monitor.serve().url}/docs/{path}")
    assert reply.status in (403, 404)
    assert b"secret" not in reply.body.replace(b"secret.txt", b"")


def test_who_has_to_log_in_is_sent_to_the_login(house: House) -> None:
    house.add_user("vera", Role.VIEWER)
    for path in ("docs", "docs/", "docs/assets/main.js"):
        assert fetch(f"{house.url}/{path}").url.partition("?")[0] == f"{house.url}/login", path
    cookie = f"livemon_session={house.monitor.authenticator.log_in('vera', PASSWORD, '127.0.0.1')}"
    assert fetch(f"{house.url}/docs/", Cookie=cookie).status == 200


def test_a_site_that_is_not_built_says_what_to_do(
    monitor: Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documentation, "SITE", tmp_path / "nowhere")
    url = monitor.serve().url
    for path in ("docs", "docs/", "docs/guide.html"):
        reply = fetch(f"{url}/{path}")
        assert (reply.status, b"make docs" in reply.body) == (404, True)
    assert "문서" in fetch(f"{url}/docs/", **{"Accept-Language": "ko"}).body.decode()


def test_a_site_that_is_not_built_answers_head_without_a_body(
    monitor: Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documentation, "SITE", tmp_path / "none")
    url = monitor.serve().url
    for path in ("docs", "docs/"):
        head = fetch(f"{url}/{path}", "HEAD")
        assert (head.status, head.body) == (404, b"")
        assert fetch(f"{url}/{path}").status == 404
