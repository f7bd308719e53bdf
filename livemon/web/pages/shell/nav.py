"""Links between the pages: a row in the bar, on a phone a bar of tabs at the bottom.

The frame and the content of a page live in page.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

import panel as pn

from livemon.base.messages.catalog import languages
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import language, own_name, tr
from livemon.web.pages.parts.page_link import Lifeline
from livemon.web.pages.shell.documentation_site import is_built

LIVE, EVENTS, DAY, CAMERAS, PROMPTS, SYSTEM, NOTIFICATIONS = (
    "page.live",
    "page.events",
    "page.day",
    "page.cameras",
    "page.prompts",
    "page.system",
    "page.notifications",
)

ICONS = {
    LIVE: "M17 10.5V7a1 1 0 0 0-1-1H4a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-3.5l4 4v-11z",
    EVENTS: "M4 5h2v2H4zm0 6h2v2H4zm0 6h2v2H4zM9 5h11v2H9zm0 6h11v2H9zm0 6h11v2H9z",
    DAY: "M7 2h2v2h6V2h2v2h2a1 1 0 0 1 1 1v15a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1h2zM6 9v10h12V9z",
    CAMERAS: "M9 4 7.2 6H4a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h16a1 1 0 0 0 1-1V7a1 1 0 0 0-1-1h-3.2L15 4z"
    "m3 4.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9",
    PROMPTS: "M4 3h16a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H8l-5 4V4a1 1 0 0 1 1-1m3 5v2h10V8zm0 4v2h7v-2z",
    SYSTEM: "M4 20V10h4v10zm6 0V4h4v16zm6 0v-7h4v7z",
    NOTIFICATIONS: "M12 22a2 2 0 0 0 2-2h-4a2 2 0 0 0 2 2m6-6v-5c0-3.1-1.6-5.6-4.5-6.3V4a1.5 1.5 0 0 0-3 0v.7"
    "C7.6 5.4 6 7.9 6 11v5l-2 2v1h16v-1z",
}
"""Paths in a square of 24 units."""

# On a phone every target is at least 40 px high and six tabs share the width, so that no language pushes one out.
NAV_CSS = """
nav, .tabs, .tools { display: flex; gap: 4px; align-items: center; }
nav { font-size: 15px; }
a { color: #fff; text-decoration: none; padding: 6px 12px; border-radius: 999px; opacity: .82; font-weight: 550;
  white-space: nowrap; }
svg { fill: currentColor; vertical-align: -3px; }
.tabs svg, .short { display: none; }
a:hover, a:focus-visible { opacity: 1; background: rgba(255, 255, 255, .14); }
/* More white behind the words would leave them less than 4.5 : 1. */
a[aria-current] { opacity: 1; background: rgba(255, 255, 255, .18); }
@media (max-width: 1000px) { .docs { display: none; } }
@media (max-width: 700px) {
  :host { margin: 0 0 0 auto !important; }
  .long { display: none; } .short { display: inline; }
  .tools { gap: 0; } .tools a { padding: 11px; min-width: 18px; line-height: 18px; text-align: center; }
  .tabs { position: fixed; inset: auto 0 0 0; z-index: 2; gap: 0; align-items: stretch;
    height: calc(56px + env(safe-area-inset-bottom)); padding-bottom: env(safe-area-inset-bottom);
    background: var(--mui-palette-background-paper); border-top: 1px solid var(--mui-palette-divider); }
  .tabs a { flex: 1 1 0; min-width: 0; display: flex; flex-direction: column; align-items: center;
    justify-content: center; gap: 3px; padding: 0 1px; border-radius: 0; font-size: 11px; opacity: 1;
    color: var(--mui-palette-text-secondary); }
  .tabs span { max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
  .tabs svg { display: block; }
  .tabs a[aria-current] { color: var(--mui-palette-primary-main); background: none; font-weight: 700; }
}
"""

MAIN_CSS = """
@media (max-width: 700px) { .main-content { padding-bottom: calc(56px + env(safe-area-inset-bottom)); } }
.main-content { animation: var(--lm-wait, lm-wait) 5s; }
@keyframes lm-wait { from, to { visibility: hidden; translate: -200vw; } }
"""
"""Style sheet of the page around it.

The last line of a page is not behind the tabs. The parts of a page are seen when all of them are drawn
(js/lifeline.js), and after 5 s in any case: one after the other they would push each other down. They wait hidden and
beside the window, because Panel's HTML panes make themselves visible.
"""


class Nav(pn.viewable.Viewer):
    """Links to the pages; they keep the camera that is chosen.

    Parameters
    ----------
    current
        The current page: one of `LIVE`, `EVENTS`, `DAY`, `CAMERAS`, `PROMPTS`, `SYSTEM`, `NOTIFICATIONS`.
    live
        Address of the live page, relative to this one.
    monitor
        As who opens the page may see it.
    """

    def __init__(self, current: str, live: str, monitor: AuthorizedMonitor) -> None:
        super().__init__()
        self.live = live
        self.monitor = monitor
        self._current = current
        self._user = monitor.identity.name if monitor.asks_login else ""
        others = {EVENTS: "events", DAY: "day", CAMERAS: "cameras", PROMPTS: "prompts", SYSTEM: "system"}
        self._pages = {LIVE: live, **others, NOTIFICATIONS: "notifications"}
        self._pane = pn.pane.HTML("", stylesheets=[NAV_CSS], margin=(0, 12))
        self.lifeline = Lifeline(language=language(), title=f"{tr(current)} - livemon", width=0, height=0, margin=0)
        self._looks = 0
        self.show("")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def show(self, camera_id: str) -> None:
        """Let the links lead to this camera; what did not change is not sent."""
        query = f"?{urlencode({'camera': camera_id})}" if camera_id else ""
        tabs = "".join(
            f"{self._link(name, query)}{_icon(name, 22)}<span>{tr(name)}</span></a>"
            for name in self._pages
            if name != NOTIFICATIONS
        )
        html = f"<nav aria-label='{tr('page.pages')}'><div class='tabs'>{tabs}</div>{self._tools(query)}</nav>"
        if html != self._pane.object:
            self._pane.object = html

    def _link(self, name: str, query: str) -> str:
        """Return the opening tag of a link to a page."""
        current = " aria-current=page" if name == self._current else ""
        return f"<a href='{escape(self._pages[name] + query, quote=True)}'{current}>"

    def _tools(self, query: str) -> str:
        """Return documentation, bell, log-out and the other languages; all but the first stay in the bar on a phone."""
        said = escape(tr(NOTIFICATIONS), quote=True)
        bell = (
            self._link(NOTIFICATIONS, query)[:-1]
            + f" aria-label='{said}' title='{said}'>{_icon(NOTIFICATIONS, 18)}</a>"
        )
        out = ""
        if self._user:
            out = f"<a href='logout' title='{escape(self._user, quote=True)}'>{tr('page.log_out')}</a>"
        return f"<div class='tools'>{_documentation()}{bell}{out}{_other_languages()}</div>"

    def write_address(self, parts: Mapping[str, str]) -> None:
        """Put the page's state into its address, where a reload finds it; empty parts are left out."""
        self.lifeline.address = "?" + urlencode({name: value for name, value in parts.items() if value})

    def look_at(self, name: str) -> None:
        """Have the browser scroll to the element with this CSS class, when it is out of sight."""
        self._looks += 1
        self.lifeline.look_at = f"{self._looks} {name}"


def _icon(name: str, size_px: int) -> str:
    """Return a page's picture, which screen readers pass over."""
    size = f"width='{size_px}' height='{size_px}'"
    return f"<svg viewBox='0 0 24 24' {size} aria-hidden='true'><path d='{ICONS[name]}'/></svg>"


def _documentation() -> str:
    """Return the link to the documentation (web/server/documentation.py); empty when the site is not built."""
    if not is_built():
        return ""
    said = escape(tr("page.documentation"), quote=True)
    return f"<a class='docs' href='docs/' target='_blank' rel='noopener' aria-label='{said}' title='{said}'>?</a>"


def _other_languages() -> str:
    """Return the links to this page in other languages; lifeline.js keeps the choice, and the rest of the address."""
    return "".join(
        f"<a class='language' href='?lang={other}' lang='{other}' hreflang='{other}' aria-label='{said}'>"
        f"<span class='long'>{name}</span><span class='short'>{short}</span></a>"
        for other in languages()
        if other != language()
        for name, short in [(escape(own_name(other)), escape(own_name(other, short=True)))]
        # People who speak to their browser say what they see: the name has the visible text in it.
        for said in [name if short in name else f"{short}, {name}"]
    )
