"""Browsers offer to install the pages: the manifest, its icons, and what the pages' heads say of them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen

import cv2
import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.web.pages.shell import pwa
from livemon.web.pages.shell.page import THEME
from tests.conftest import FAST
from tests.ports import free_port
from tests.waiting import PATIENCE_S, answers, wait_until
from tests.web.api.houses import House, with_a_login
from tests.web.test_browser import CHROMIUM

ROOT = Path(__file__).parents[2]
ICONS = ROOT / "livemon" / "web" / "icons"
APPS = sorted((ROOT / "apps").glob("*.py"))
PAGES = [path.stem for path in APPS]
MANIFESTS = {"livemon": "", "dashboard": "dashboard"}


def manifest(name: str) -> dict[str, Any]:
    return dict(json.loads((ICONS / f"{name}.webmanifest").read_text()))


@contextmanager
def panel_serve(folder: Path) -> Iterator[str]:
    """All pages as `panel serve` shows them; its address."""
    url = f"http://127.0.0.1:{free_port()}"
    (folder / "livemon.toml").write_text('data_dir = "data"\n[cameras.a]\nsource = "test-pattern"\nautostart = false\n')
    command = [sys.executable, "-m", "panel", "serve", *map(str, APPS), "--port", url.rpartition(":")[2]]
    with subprocess.Popen(
        [*command, "--plugins", "livemon.web.server.plugin"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_until(lambda: answers(f"{url}/api/live-monitoring/healthz"), f"nothing answers at {url}")
            yield url
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE_S)


def read(url: str) -> str:
    with urlopen(url, timeout=PATIENCE_S) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize(("name", "start"), MANIFESTS.items())
@pytest.mark.parametrize("prefix", ["", "/proxy/8000"])
def test_the_app_starts_with_the_live_page_under_whatever_prefix(name: str, start: str, prefix: str) -> None:
    found = manifest(name)
    root = f"https://house.example{prefix}/"
    own = f"{root}{pwa.FILES}/{name}.webmanifest"
    assert urljoin(own, found["start_url"]) == f"{root}{start}"
    assert urljoin(own, found["scope"]) == root
    assert found["display"] == "standalone"


def test_the_manifests_differ_only_in_where_they_start() -> None:
    one, other = (manifest(name) | {"start_url": ""} for name in MANIFESTS)
    assert one == other


def test_colours_are_those_of_the_theme() -> None:
    found = manifest("livemon")
    light: dict[str, Any] = THEME["light"]["palette"]
    assert found["theme_color"] == pwa.LIGHT == light["primary"]["main"]
    assert found["background_color"] == light["background"]["default"]
    bar: dict[str, Any] = THEME["dark"]["components"]["MuiAppBar"]["styleOverrides"]["root"]  # type: ignore[assignment]
    assert bar["backgroundColor"] == pwa.DARK


def test_icons_are_as_large_as_the_manifest_says() -> None:
    sizes = {icon["src"]: icon["sizes"] for icon in manifest("livemon")["icons"]}
    sizes |= {"apple-touch-icon.png": "180x180", "favicon.png": "48x48"}
    assert sizes.keys() == {path.name for path in ICONS.glob("*.png")}
    for name, size in sizes.items():
        height, width = cv2.imread(str(ICONS / name), cv2.IMREAD_UNCHANGED).shape[:2]
        assert f"{width}x{height}" == size, name


@pytest.mark.parametrize("name", ["maskable-512.png", "apple-touch-icon.png"])
def test_icons_that_systems_cut_lose_nothing(name: str) -> None:
    image = cv2.imread(str(ICONS / name), cv2.IMREAD_UNCHANGED)
    assert image.shape[2] == 3, "nothing shines through"
    size = len(image)
    drawn = np.argwhere((image < 250).any(axis=2))
    # The safe zone of maskable icons: a circle of 40 % of the width around the middle.
    assert np.hypot(*(drawn - (size - 1) / 2).T).max() <= 0.4 * size


def test_manifest_and_icons_need_no_login(settings: Settings) -> None:
    with Monitor(with_a_login(settings), profile=FAST) as monitor:
        house = House(monitor)
        for name in ("livemon.webmanifest", *(icon["src"] for icon in manifest("livemon")["icons"])):
            reply = house.ask(f"/install/{name}")
            assert reply.status == 200
            assert reply.body == (ICONS / name).read_bytes()
            assert reply.headers["Content-Type"] == (
                "image/png" if name.endswith("png") else "application/manifest+json"
            )
        for other in ("icon.svg", "icon-512", "..%2fpage.py"):
            assert house.ask(f"/install/{other}").status == 404


def test_every_page_of_both_servers_names_the_manifest_of_its_server(monitor: Monitor, tmp_path: Path) -> None:
    own = monitor.serve().url
    assert heads(own, ["" if page == "dashboard" else page for page in PAGES]) == {"livemon.webmanifest"}
    with panel_serve(tmp_path) as panels:
        assert heads(panels, PAGES) == {"dashboard.webmanifest"}


def heads(url: str, pages: list[str]) -> set[str]:
    """Return the manifests that pages name, after looking that the rest of their heads is there."""
    named = set()
    for page in pages:
        head = read(f"{url}/{page}").partition("</head>")[0]
        links = dict(re.findall(r'<link rel="([a-z-]+)" href="([^"]+)"', head))
        assert links["icon"] == f"{pwa.FILES}/favicon.png"
        assert links["apple-touch-icon"] == f"{pwa.FILES}/apple-touch-icon.png"
        colours = re.findall(
            r'<meta name="theme-color" media="\(prefers-color-scheme: (\w+)\)" content="(#\w+)">', head
        )
        assert colours == [("light", pwa.LIGHT), ("dark", pwa.DARK)]
        folder, _, name = links["manifest"].rpartition("/")
        assert folder == pwa.FILES
        named.add(name)
    return named


@pytest.mark.browser
@pytest.mark.parametrize("served_by", ["livemon", "panel"])
def test_chromium_finds_nothing_that_keeps_it_from_installing(served_by: str, tmp_path: Path, monitor: Monitor) -> None:
    if served_by == "livemon":
        assert problems(monitor.serve().url + "/", tmp_path) == []
    else:
        with panel_serve(tmp_path) as url:
            assert problems(f"{url}/dashboard", tmp_path) == []


def problems(url: str, folder: Path) -> list[Any]:
    """Return what Chromium says against the manifest and against installing."""
    with sync_playwright() as playwright:
        # With a profile of its own: Playwright's usual contexts are incognito, where nothing is installed.
        context = playwright.chromium.launch_persistent_context(
            folder / "profile", executable_path="/usr/bin/chromium", args=CHROMIUM
        )
        page = context.pages[0]
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text) if "Policy" in message.text else None)
        page.goto(url)
        page.get_by_role("button", name="Start").wait_for()
        session = context.new_cdp_session(page)
        found = session.send("Page.getAppManifest")
        assert found["url"].startswith(urljoin(url, pwa.FILES))
        assert json.loads(found["data"])["name"] == "livemon"
        against = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert session.send("Page.getAppId")["appId"] == url
        context.close()
    return [*found["errors"], *against, *refused]
