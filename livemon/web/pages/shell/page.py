"""What every page is made in: theme, cards, the links between the pages, and a pmui.Page that does not leak.

What is on a page stands in web/pages/live.py and web/pages/day.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from html import escape
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from livemon.base.messages.catalog import languages
from livemon.monitor.monitor import Monitor
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import language, own_name, take_language, tr
from livemon.web.pages.parts.page_link import Lifeline
from livemon.web.pages.shell.pwa import install_head
from livemon.web.pages.shell.theme import kept_dark, theme_script

# On a phone the links need the room; the title's link goes with it, or there would be one without a name. The busy
# indicator is there though pmui.Page is told to have none: unseen, but screen readers would find it, without a name.
BAR = {
    "& a:has(> .title)": {"@media (max-width: 700px)": {"display": "none !important"}},
    "& > .MuiLinearProgress-root": {"display": "none"},
}

THEME = {
    "light": {
        "palette": {"primary": {"main": "#3448c5"}, "background": {"default": "#f4f5f9", "paper": "#ffffff"}},
        "components": {"MuiAppBar": {"styleOverrides": {"root": BAR}}},
    },
    "dark": {
        "palette": {"primary": {"main": "#9db0ff"}, "background": {"default": "#0f1218", "paper": "#171b24"}},
        # By default the whole bar takes the primary colour, which glares in the dark.
        "components": {
            "MuiAppBar": {"styleOverrides": {"root": {"backgroundColor": "#1b2130", "color": "#fff", **BAR}}}
        },
    },
}

PAGE_CSS = """
:host { display: grid; grid-auto-rows: max-content; grid-template-columns: minmax(0, 1fr); gap: 14px; padding: 14px;
  box-sizing: border-box; width: 100%; max-width: 1500px; margin: 0 auto; }
.scroll-button { display: none; }
@media (max-width: 900px) { :host { padding: 8px; gap: 8px; } }
"""
"""Of a page whose cards stand one below the other."""

CARD_CSS = """
:host { border-radius: 14px; padding: 12px; box-sizing: border-box; min-width: 0;
  background: var(--mui-palette-background-paper);
  border: 1px solid color-mix(in srgb, var(--mui-palette-text-primary) 12%, transparent); }
"""

BELL = (
    "<svg viewBox='0 0 24 24' width='18' height='18' aria-hidden='true' style='vertical-align: -3px'>"
    "<path fill='currentColor' d='M12 22a2 2 0 0 0 2-2h-4a2 2 0 0 0 2 2m6-6v-5c0-3.1-1.6-5.6-4.5-6.3V4a1.5 1.5 0 0 0-3"
    " 0v.7C7.6 5.4 6 7.9 6 11v5l-2 2v1h16v-1z'/></svg>"
)

NAV_CSS = """
nav { display: flex; gap: 4px; font-size: 15px; overflow-x: auto; scrollbar-width: none; }
a { color: #fff; text-decoration: none; padding: 6px 12px; border-radius: 999px; opacity: .82; font-weight: 550;
  white-space: nowrap; }
.short { display: none; }
a:hover, a:focus-visible { opacity: 1; background: rgba(255, 255, 255, .14); }
/* More white behind the words would leave them less than 4.5 : 1. */
a[aria-current] { opacity: 1; background: rgba(255, 255, 255, .18); }
@media (max-width: 700px) { :host { max-width: calc(100vw - 78px); margin: 0 !important; }
  nav { gap: 0; font-size: 13px; } a { padding: 6px 4px; } .long { display: none; } .short { display: inline; } }
"""

LIVE, EVENTS, DAY, CAMERAS, PROMPTS, SYSTEM, NOTIFICATIONS = (
    "page.live",
    "page.events",
    "page.day",
    "page.cameras",
    "page.prompts",
    "page.system",
    "page.notifications",
)


class Nav(pn.viewable.Viewer):
    """Links to the pages; they keep the camera that is chosen.

    Parameters
    ----------
    current
        Which page this is: one of `LIVE`, `EVENTS`, `DAY`, `CAMERAS`, `PROMPTS`, `SYSTEM`, `NOTIFICATIONS`.
    live
        Address of the live page, relative to this one.
    monitor
        As who opens the page may see it.
    """

    def __init__(self, current: str, live: str, monitor: AuthorizedMonitor) -> None:
        super().__init__()
        self.live = live
        self._current = current
        self._user = "" if monitor.authenticator.open else monitor.identity.name
        others = {EVENTS: "events", DAY: "day", CAMERAS: "cameras", PROMPTS: "prompts", SYSTEM: "system"}
        self._pages = {LIVE: live, **others, NOTIFICATIONS: "notifications"}
        self._pane = pn.pane.HTML("", stylesheets=[NAV_CSS], margin=(0, 12))
        self.lifeline = Lifeline(language=language(), width=0, height=0, margin=0)
        self._looks = 0
        self.show("")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def show(self, camera_id: str) -> None:
        """Let the links lead to this camera; what did not change is not sent."""
        query = f"?{urlencode({'camera': camera_id})}" if camera_id else ""
        links = "".join(
            f"<a href='{escape(address + query, quote=True)}'{' aria-current=page' if name == self._current else ''}"
            f"{_word(name)}</a>"
            for name, address in self._pages.items()
        )
        if self._user:
            links += f"<a href='logout' title='{escape(self._user, quote=True)}'>{tr('page.log_out')}</a>"
        html = f"<nav aria-label='{tr('page.pages')}'>{links}{_other_languages()}</nav>"
        if html != self._pane.object:
            self._pane.object = html

    def write_address(self, parts: Mapping[str, str]) -> None:
        """Put what the page shows into its address, where a reload finds it; empty parts are left out."""
        self.lifeline.address = "?" + urlencode({name: value for name, value in parts.items() if value})

    def look_at(self, name: str) -> None:
        """Have the browser scroll to what has this CSS class, when it is out of sight."""
        self._looks += 1
        self.lifeline.look_at = f"{self._looks} {name}"


def _word(name: str) -> str:
    """Return the rest of a link's tag and what it shows: a word, or a bell, which is named for who cannot see it."""
    if name != NOTIFICATIONS:
        return f">{tr(name)}"
    said = escape(tr(name), quote=True)
    return f" aria-label='{said}' title='{said}'>{BELL}"


def make_page(title: str, nav: Nav, view: Any) -> pmui.Page:
    """Return a pmui.Page that does not leak, and is taken apart when its session goes.

    panel-material-ui binds the page's busy indicator to the global `pn.state.busy` and never lets go: one page and
    document would stay for each session (measured: 1.1 MB each, and every busy toggle patches all of them).
    """
    dark = kept_dark()
    nav.lifeline.dark = dark
    page = pmui.Page(
        title=title,
        header=[nav, nav.lifeline],
        main=[view],
        dark_theme=dark,
        theme_config=THEME,
        theme_toggle=True,
        busy_indicator=None,
        site_url=nav.live,
        **install_head(nav.live, theme_script(dark=dark)),
    )
    for watcher in list(pn.state._param__private.watchers.get("busy", {}).get("value", [])):
        if getattr(getattr(watcher.fn, "__self__", None), "self", None) is page:
            pn.state.param.unwatch(watcher)
    nav.lifeline.link(page, dark="dark_theme", bidirectional=True)
    page.busy = False  # it was bound while this page was being built, which is busy
    if pn.state.curdoc is not None:
        pn.state.curdoc.on_session_destroyed(partial(take_apart, page))
    return page


def follow(nav: Nav, tick: Callable[[], Awaitable[None]], period_ms: int) -> None:
    """Let a page that is being opened bring itself up to date, every so often, from when the browser has drawn it on.

    What changes earlier can be lost in the browser (seen in Chromium on a busy machine), and would stay wrong.
    """

    async def when_drawn() -> None:
        if nav.lifeline.drawn:
            await tick()

    pn.state.add_periodic_callback(when_drawn, period_ms)


def prepare_page() -> None:
    """Load Panel's extension for the session that is being opened."""
    take_language()
    pn.extension(notifications=True, reconnect=True, disconnect_notification=tr("page.connection_to_livemon_lost"))


def _other_languages() -> str:
    """Return the links to this page in other languages; lifeline.js keeps the choice, and the rest of the address."""
    return "".join(
        f"<a class='language' href='?lang={other}' lang='{other}' hreflang='{other}' aria-label='{name}'>"
        f"<span class='long'>{name}</span><span class='short'>{short}</span></a>"
        for other in languages()
        if other != language()
        for name, short in [(escape(own_name(other)), escape(own_name(other, short=True)))]
    )


def heading(text: str) -> pn.pane.HTML:
    """Return the heading of a card."""
    return pn.pane.HTML(
        f"<h2 style='margin:2px 0;font-size:18px'>{escape(text)}</h2>", sizing_mode="stretch_width", margin=(2, 5)
    )


def status_html(colour: str, word: str, sentence: str) -> str:
    """Return a state as a coloured word, and a sentence about it."""
    return (
        f"<div role='status' style='display:flex;gap:8px;align-items:baseline;padding:2px 4px;line-height:1.4'>"
        f"<span style='background:{colour};color:#fff;border-radius:999px;padding:1px 10px;font-size:12px;"
        f"font-weight:600;white-space:nowrap'>{escape(word)}</span>"
        f"<span style='overflow-wrap:anywhere'>{escape(sentence)}</span></div>"
    )


def offer_cameras(select: Any, options: Mapping[str, str]) -> str:
    """Let a select have the cameras that there are now; returns the chosen one that is gone, for which another stands.

    Parameters
    ----------
    options
        What `camera_options` returns, and what else can be chosen; nothing is sent when it did not change.
    """
    if options == select.options:
        return ""
    gone = "" if select.value in options.values() else str(select.value or "")
    value = next(iter(options.values()), None) if gone or select.value is None else select.value
    select.param.update(options=options, value=value)
    return gone


def camera_options(monitor: Monitor) -> dict[str, str]:
    """Return the ids of the cameras by what people call them."""
    names = [camera.name for camera in monitor.cameras.values()]
    return {
        camera.name if names.count(camera.name) == 1 else f"{camera.name} ({camera.id})": camera.id
        for camera in monitor.cameras.values()
    }


def asked_for(name: str) -> str:
    """Return what the page's address asks for by this name; empty when nothing."""
    values = pn.state.session_args.get(name, [b""])
    return str(values[0].decode("utf-8", "replace"))


def take_apart(page: pn.viewable.Viewable, _session: object) -> None:
    """Open the circles of a page that nobody will see again; what of it is set later changes nothing, and may be set.

    Each part has watchers and copies of parameters that refer back to it. Python's collector would find such circles
    only in a search of all pages that went; opened as a page goes, they are freed in a few milliseconds.

    Parameters
    ----------
    page
        Whose parts belong to one document.
    _session
        What Bokeh gives to who wants to know of a session's end.
    """
    parts: list[Any] = page.select()
    for part in parts:
        part.param.watchers = {}
        part._callbacks, part._internal_callbacks = [], []
        part._param__private.params.clear()
        part._models.clear()  # Panel asks a model for its children, and it has forgotten them by then
