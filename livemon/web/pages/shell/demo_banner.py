"""The strip at the top of every page in the demo: its limits, links to look at, and removal.

Making and removing the demo is monitor/demo.py's.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from html import escape
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from livemon.base.clock import local_day
from livemon.base.errors import LivemonError
from livemon.base.messages.message import message
from livemon.base.roles import Role
from livemon.monitor.demo import DEMO_CAMERA, is_there, remove_demo
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import tr, tr_message
from livemon.web.pages.shell import icons

BANNER_CSS = """
:host { display: flex; flex-wrap: wrap !important; align-items: center; gap: 2px 12px; box-sizing: border-box;
  margin: 10px 14px 0; width: calc(100% - 28px); max-width: 1472px; padding: 6px 14px; border-radius: 12px;
  align-self: center;
  background: color-mix(in srgb, #b54708 14%, var(--mui-palette-background-paper));
  border: 1px solid color-mix(in srgb, #b54708 55%, transparent); }
@media (max-width: 900px) { :host { margin: 8px 8px 0; width: calc(100% - 16px); padding: 4px 10px; } }
@media (min-width: 1900px) { :host { max-width: 2272px; } }
"""
TEXT_CSS = """
:host { flex: 1 1 240px !important; min-width: 0; }
div { display: flex; flex-wrap: wrap; align-items: center; gap: 0 16px; line-height: 1.4; font-size: 14px; }
nav { display: flex; flex-wrap: wrap; gap: 0 14px; }
a { color: var(--mui-palette-primary-main); font-weight: 600; padding: 4px 0; }
.short { display: none; }
@media (max-width: 700px) { .long { display: none; } .short { display: inline; } a { padding: 10px 0; } }
"""

BUTTON_CSS = ".MuiButton-root { min-height: 40px; }"


def demo_banner(monitor: AuthorizedMonitor) -> pn.Row | None:
    """Return the strip; None where the visitor sees nothing of the demo."""
    try:
        there = is_there(monitor.check(Role.VIEWER, DEMO_CAMERA))
    except LivemonError:
        there = False
    if not there:
        return None
    words = pn.pane.HTML(_words(monitor), stylesheets=[TEXT_CSS], margin=0, align="center")
    banner = pn.Row(words, stylesheets=[BANNER_CSS], css_classes=["demo-banner"])
    if monitor.may(Role.ADMIN, None):
        button = pmui.Button(
            label=tr("demo.remove"), variant="text", icon=icons.DELETE, margin=0, stylesheets=[BUTTON_CSS]
        )
        button.on_click(partial(_on_remove, monitor, banner, button))
        banner.append(button)
    return banner


async def _on_remove(monitor: AuthorizedMonitor, banner: pn.Row, button: Any, _event: Any = None) -> None:
    """Remove the demo, and show the visitor the outcome."""
    button.loading = True
    try:
        await asyncio.to_thread(_remove, monitor)
    except LivemonError as exc:
        pn.state.notifications.error(tr_message(exc.said), duration=0)
    else:
        banner.visible = False
        pn.state.notifications.success(tr_message(message("demo.removed")), duration=0)
    finally:
        button.loading = False


def _remove(monitor: AuthorizedMonitor) -> None:
    remove_demo(monitor.act("remove the demo", None, Role.ADMIN))


def _words(monitor: AuthorizedMonitor) -> str:
    """Return the description of the demo, and links to its most instructive pages."""
    yesterday = local_day(monitor.clock.now(), monitor.zone)[0] - timedelta(days=1)
    day = f"day?{urlencode({'camera': DEMO_CAMERA, 'date': yesterday.isoformat()})}"
    dangers = f"events?{urlencode({'state': 'any', 'camera': DEMO_CAMERA, 'severity': 'danger'})}"
    links = {"demo.see_danger": dangers, "demo.see_day": day, "demo.see_report": f"{day}&show=report"}
    shown = "".join(
        f"<a href='{escape(address, quote=True)}'>{escape(tr(code))}</a>" for code, address in links.items()
    )
    texts = "".join(
        f"<span class='{look}'>{escape(tr(code))}</span>"
        for look, code in (("long", "demo.banner"), ("short", "demo.banner_short"))
    )
    return f"<div>{texts}<nav aria-label='{escape(tr('demo.tour'), quote=True)}'>{shown}</nav></div>"
