"""axe-core looks at every page in a real Chromium, wide and on a phone, light and dark, in both languages.

The rules are those of WCAG 2.1, levels A and AA. Every page is looked at twice in `make test`, and in all eight ways in
`make test-slow`.

axe-core comes from npm (`make test` installs it); nothing of it is in the product.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from livemon.base.clock import FakeClock, Window
from livemon.base.datatypes import Severity
from livemon.base.messages.catalog import english_templates, template
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.store import archives, users, writes
from livemon.stream.files.archive import assemble
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM, DAY, analysis, archive, at, incident, report
from tests.recording import record
from tests.spent import spend
from tests.waiting import STILL
from tests.web.api.houses import PASSWORD, with_a_login
from tests.web.test_browser import PLAYABLE, browser

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
SLOW = pytest.mark.slow
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
GRAVE = ("serious", "critical")
EXCUSED = {
    # pmui.Page scrolls its main area in a box of its own, and nobody can give that a tabindex. Chromium (from 130 on)
    # and Firefox let the keyboard scroll such a box without one.
    "scrollable-region-focusable": ".main-content",
}
"""Rules, and the element of a library's widget that they are not held against."""

LOOK = """levels => axe.run(document, {runOnly: {type: "tag", values: levels}, resultTypes: ["violations"]})"""


@dataclass(frozen=True, slots=True)
class Houses:
    """What the pages are of: cameras that run now, a day that was, and a door."""

    live: str
    past: str
    closed: str


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    folder = tmp_path_factory.mktemp("houses")
    names = {CAM: "Playroom", "hall": "Hall", "gone": "Garden"}
    cameras = {name: {"source": "test-pattern", "name": title} for name, title in names.items()}
    cameras["gone"]["source"] = "rtsp://127.0.0.1:9/nobody"

    def settings(name: str) -> Settings:
        return Settings.model_validate({"data_dir": folder / name, "port": 0, "timezone": "UTC", "cameras": cameras})

    with (
        Monitor(settings("live"), profile=PLAYABLE) as live,
        Monitor(settings("past"), clock=FakeClock(MORNING), profile=FAST) as past,
        Monitor(with_a_login(settings("closed")), profile=FAST) as closed,
    ):
        for name in (CAM, "gone"):
            live.start(name)
        spend(live.database, live.clock.now(), 0.05)
        past_day(past, folder / "segments")
        hashed = closed.authenticator.hashed(PASSWORD)
        users.add_user(closed.database, "root", hashed, Role.ADMIN, None, closed.clock.now())
        now_s = (live.clock.now() - MORNING).total_seconds()
        for second, severity in enumerate(Severity):
            observed = seen(now_s - 60 * second, kind=severity, severity=severity, title=f"It was {severity}")
            writes.add_event(live.database, CAM, observed, live.clock.now(), model="local")
        yield Houses(live.serve().url, past.serve().url, closed.serve().url)


def past_day(monitor: Monitor, folder: Path) -> None:
    """A good window, one with an incident and footage, one that failed, events of all severities, a report."""
    made = assemble(CAM, Window(at(9, 10)), record(folder, at(9, 10), 8), monitor.settings.camera_dir(CAM) / "archive")
    archives.replace_archives(monitor.database, made, monitor.settings.data_dir)
    archive(monitor, at(9))
    archive(monitor, at(9, 20))
    analysis(monitor, at(9))
    analysis(monitor, at(9, 10), score=48.0, incidents=[incident(at(9, 10, 5), "danger", "Fell from the sofa")])
    analysis(monitor, at(9, 20), "failed", error="the reply ended too early", attempts=5)
    report(monitor)
    call = spend(monitor.database, MORNING, 0.0004)
    for second, severity in enumerate(Severity):
        when = at(9, 10, second) - MORNING
        observed = seen(when.total_seconds(), kind=severity, severity=severity, title=f"It was {severity}")
        known = {"call_id": call, "prompt_version": "look_en-1234"}
        writes.add_event(monitor.database, CAM, observed, MORNING + timedelta(seconds=second), model="local", **known)


PAGES = {
    "live": ("live", "/", ".lm-player[data-state=live]"),
    "wall": ("live", "/", "text=Garden >> nth=0"),
    "kiosk": ("live", "/?kiosk=1", "role=button[name='Full screen']"),
    "events": ("past", "/events?state=all&event=1", "role=heading[name='It was safe']"),
    "day": ("past", f"/day?date={DAY}", ".lmd-cell[aria-selected=true]"),
    "cameras": ("live", "/cameras", "role=heading[name='Add a camera']"),
    "prompts": ("live", "/prompts", "main h2"),
    "system": ("live", "/system", "role=heading[name='This machine']"),
    "notifications": ("live", "/notifications", "role=heading[name='Recipients']"),
    "login": ("closed", "/login?error=User%20name%20or%20password%20is%20wrong.", "role=button[name='Log in']"),
}
"""Which house, the address, and what is on it when it is there."""

WIDE = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
MODES: dict[str, dict[str, Any]] = {
    f"{size} {scheme} {locale}": screen | {"color_scheme": scheme, "locale": locale}
    for size, screen in (("wide", WIDE), ("phone", PHONE))
    for scheme in ("light", "dark")
    for locale in ("en-US", "ko-KR")
}
USUAL = ("wide light en-US", "phone dark ko-KR")
"""Between them each size, each set of colours and each language."""


@pytest.mark.parametrize("mode", [pytest.param(mode, marks=[] if mode in USUAL else SLOW) for mode in MODES])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_grave_barrier(browser: Browser, houses: Houses, name: str, mode: str) -> None:
    assert AXE.exists(), "axe-core is not installed: make test, or npm ci --prefix tests/web/axe"
    of, address, there = PAGES[name]
    locale = MODES[mode]["locale"]
    # What moves is looked at when it stands still. The page's policy lets no foreign script in, and axe is one.
    page = browser.new_page(bypass_csp=True, reduced_motion="reduce", **MODES[mode])
    page.goto(getattr(houses, of) + address)
    if name == "wall":
        page.get_by_role("combobox").first.click()
        page.locator(in_language("li:has-text('All cameras')", locale)).click()
        page.locator(".lm-player").nth(2).wait_for()
    page.locator(in_language(there, locale)).first.wait_for()
    page.wait_for_function(STILL)
    found = barriers(page)
    page.close()
    assert not found, "\n\n".join(["", *found])


def in_language(selector: str, locale: str) -> str:
    """Return a selector with livemon's words, which stand in single quotes, in the language of a locale."""
    codes = {english: code for code, english in english_templates()}

    def translated(quoted: re.Match[str]) -> str:
        words = quoted[1]
        return f"'{template(codes[words], locale[:2]) if words in codes else words}'"

    return re.sub(r"'([^']+)'", translated, selector)


def barriers(page: Page) -> list[str]:
    """Return what axe finds that keeps people out, each as text: the rule, where, and what is wrong with it."""
    page.add_script_tag(path=AXE)
    violations = page.evaluate(LOOK, LEVELS)["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['help']}\n  at {node['target']}\n  {node['html'][:200]}\n  {why(node)}"
        for one in violations
        if one["impact"] in GRAVE
        for node in one["nodes"]
        if one["id"] not in EXCUSED or EXCUSED[one["id"]] not in str(node["target"][-1])
    ]


def why(node: dict[str, Any]) -> str:
    """Return axe's reasons; of contrast the colours and sizes."""
    reasons = []
    for check in (*node["any"], *node["all"], *node["none"]):
        data = check["data"] if isinstance(check["data"], dict) else {}
        colours = {key: data[key] for key in ("fgColor", "bgColor", "contrastRatio", "fontSize") if key in data}
        reasons.append(f"{check['message']} {colours or ''}".strip())
    return "\n  ".join(reasons)
