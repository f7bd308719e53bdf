"""Frame of every page: theme, cards, headings, and a pmui.Page that does not leak.

The links between the pages are in nav.py, the content of a page in web/pages/live.py, day.py and so on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.document import Document
from panel.custom import JSComponent
from panel.io.document import schedule_write_events

from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import take_language, tr
from livemon.web.pages.shell.demo_banner import demo_banner
from livemon.web.pages.shell.early_files import FAMILY, early_files
from livemon.web.pages.shell.nav import MAIN_CSS, Nav
from livemon.web.pages.shell.pwa import install_head
from livemon.web.pages.shell.theme import kept_dark, theme_script

# The busy indicator is there though pmui.Page is told to have none: unseen, but screen readers would find it unnamed.
BAR = {"& > .MuiLinearProgress-root": {"display": "none"}}

THEME = {
    "light": {
        "typography": {"fontFamily": FAMILY},
        "palette": {"primary": {"main": "#3448c5"}, "background": {"default": "#f4f5f9", "paper": "#ffffff"}},
        "components": {"MuiAppBar": {"styleOverrides": {"root": BAR}}},
    },
    "dark": {
        "typography": {"fontFamily": FAMILY},
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


NO_BAR_CSS = """
.MuiAppBar-root, .MuiToolbar-root { display: none !important; }
:has(> .MuiToolbar-root) { padding: 0 !important; }
.main-content { padding: 0 !important; }
"""
"""Style sheet of a page without a bar."""


def make_page(nav: Nav, view: Any, *, has_bar: bool = True, early: Sequence[type[JSComponent]] = ()) -> pmui.Page:
    """Return a pmui.Page that does not leak, and is taken apart when its session goes.

    panel-material-ui binds the page's busy indicator to the global `pn.state.busy` and never lets go, so one page and
    document would stay for each session. Measured: 1.1 MB each, and every busy toggle patches all of them.

    Parameters
    ----------
    has_bar
        Whether the bar with the links is seen; a wall screen has none.
    early
        Components whose large bundles the browser shall load before it has the document.
    """
    dark = kept_dark()
    nav.lifeline.dark = dark
    banner = demo_banner(nav.monitor)
    page = pmui.Page(
        title="livemon",
        header=[nav, nav.lifeline],
        main=[view] if banner is None else [banner, view],
        dark_theme=dark,
        theme_config=THEME,
        theme_toggle=True,
        busy_indicator=None,
        site_url=nav.live,
        stylesheets=[MAIN_CSS if has_bar else NO_BAR_CSS],
        **install_head(nav.live, theme_script(dark=dark) + early_files(*early)),
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

    Earlier changes can be lost in the browser (seen in Chromium on a busy machine), and would stay wrong.
    """

    async def when_drawn() -> None:
        if nav.lifeline.drawn:
            await tick()
        send_what_waits(pn.state.curdoc)

    pn.state.add_periodic_callback(when_drawn, period_ms)


def send_what_waits(document: Document | None) -> None:
    """Have Panel send the changes of a document that it holds back.

    In Panel 1.9.4 a change that comes at the instant when the one before is sent waits for the next change. That one
    may never come: a progress bar then stands still for ever. Call it on the document's loop.
    """
    if document is not None:
        schedule_write_events(document, [], [])


def prepare_page() -> None:
    """Load Panel's extension for the session that is being opened."""
    take_language()
    pn.extension(notifications=True, reconnect=True, disconnect_notification=tr("page.connection_to_livemon_lost"))


def heading(text: str) -> pn.pane.HTML:
    """Return the heading of a card."""
    return pn.pane.HTML(
        f"<h2 style='margin:2px 0;font-size:18px'>{escape(text)}</h2>", sizing_mode="stretch_width", margin=(2, 5)
    )


def status_html(colour: str, word: str, sentence: str) -> str:
    """Return a state as a coloured word, and a sentence about it."""
    return (
        f"<div role='status' style='display:flex;flex-wrap:wrap;gap:2px 8px;align-items:baseline;padding:2px 4px;"
        f"line-height:1.4'>"
        f"<span style='background:{colour};color:#fff;border-radius:999px;padding:1px 10px;font-size:12px;"
        f"font-weight:600;white-space:nowrap'>{escape(word)}</span>"
        f"<span style='flex:1 1 10em;overflow-wrap:anywhere'>{escape(sentence)}</span></div>"
    )


def offer_cameras(select: Any, options: Mapping[str, str]) -> str:
    """Let a select have the cameras that there are now; returns the chosen one that is gone, for which another stands.

    Parameters
    ----------
    options
        The result of `camera_options`, and further choices; unchanged options are not sent.
    """
    if options == select.options:
        return ""
    gone = "" if select.value in options.values() else str(select.value or "")
    value = next(iter(options.values()), None) if gone or select.value is None else select.value
    select.param.update(options=options, value=value)
    return gone


def camera_options(monitor: AuthorizedMonitor) -> dict[str, str]:
    """Return the ids of the cameras by display name."""
    names = [camera.name for camera in monitor.cameras.values()]
    return {
        camera.name if names.count(camera.name) == 1 else f"{camera.name} ({camera.id})": camera.id
        for camera in monitor.cameras.values()
    }


def asked_for(name: str) -> str:
    """Return the parameter of this name in the page's address; empty when it is missing."""
    values = pn.state.session_args.get(name, [b""])
    return str(values[0].decode("utf-8", "replace"))


def take_apart(page: pn.viewable.Viewable, _session: object) -> None:
    """Break the reference cycles of a closed page; later changes of its parts are allowed and have no effect.

    Each part has watchers and copies of parameters that refer back to it. Python's collector would find such cycles
    only in a search of all closed pages. Broken as a page closes, they are freed in a few milliseconds.

    Parameters
    ----------
    page
        The page; its parts belong to one document.
    _session
        Bokeh's argument for callbacks at a session's end.
    """
    parts: list[Any] = page.select()
    for part in parts:
        part.param.watchers = {}
        part._callbacks, part._internal_callbacks = [], []
        part._param__private.params.clear()
        part._models.clear()  # Panel asks a model for its children, and it has forgotten them by then
