"""The Notifications page: recipients and their rules, a test, and notifications sent, held back and answered.

Recipients and times are decided in livemon.notify. Only admins see this page's content: addresses are theirs to give.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from livemon.base.datatypes import Severity
from livemon.base.errors import LivemonError
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor.monitor import Monitor
from livemon.notify.reachability import unreachable_because
from livemon.notify.recipients import RecipientEntry, RuleValues
from livemon.notify.transports.web_push import endpoint_of, public_key
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import beside, tr, tr_all, tr_message
from livemon.web.pages.parts.push_device import WORDS as PUSH_WORDS
from livemon.web.pages.parts.push_device import PushDevice
from livemon.web.pages.shell.nav import NOTIFICATIONS, Nav
from livemon.web.pages.shell.page import CARD_CSS, PAGE_CSS, follow, heading, make_page, prepare_page, status_html

TICK_MS = 2000
MOST_SHOWN = 60

FORM_CSS = """
:host { display: flex !important; flex-wrap: wrap !important; align-items: center; gap: 4px 8px; margin-top: 8px;
  width: 100% !important; min-width: 0 !important; }
"""
FIELD_CSS = """
/* Panel adds the widths of fields up to a least width of the page: here they have none, and wrap. */
:host { flex: 1 1 220px !important; min-width: min(220px, 100%) !important; max-width: 420px; }
"""
STYLES = """
ul { margin: 0; padding: 0 0 0 18px; } li { margin: 4px 0; overflow-wrap: anywhere; }
pre { overflow-x: auto; font-size: 13px; margin: 4px 0 10px; } summary { cursor: pointer; padding: 4px 0; }
.quiet { opacity: .76; font-size: 13px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; } caption { text-align: left; }
td { padding: 6px 10px 6px 0; vertical-align: top; overflow-wrap: anywhere; border-top: 1px solid
  color-mix(in srgb, var(--mui-palette-text-primary, currentColor) 12%, transparent); }
td:first-child { white-space: nowrap; width: 1%; font-variant-numeric: tabular-nums; }
@media (max-width: 600px) { table, tbody, tr, td { display: block; } td { border: 0; padding: 0; }
  tr { padding: 8px 0; border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); } }
"""


PROXY_EXAMPLE = """cameras.example {{
    reverse_proxy 127.0.0.1:{port}
}}"""
TAILNET_EXAMPLE = "tailscale serve --bg {port}"
SETTINGS_EXAMPLE = """public_url = "https://cameras.example"
allowed_hosts = ["cameras.example"]

[access]
login = "password"
https = true
proxy = true"""


@dataclass(frozen=True, slots=True)
class NotificationsReading:
    """Contents of the page; `services` are where each recipient is told, by name."""

    entries: tuple[RecipientEntry, ...]
    services: dict[str, list[str]]
    told: list[dict[str, Any]]
    zone: tzinfo
    push_key: str
    reach_html: str


class NotificationsPage(pn.viewable.Viewer):
    """The page of one browser session.

    Parameters
    ----------
    monitor
        The process's monitor, as who opens the page may see it.
    nav
        The page's links.
    """

    def __init__(self, monitor: AuthorizedMonitor, nav: Nav) -> None:
        super().__init__()
        self._monitor = monitor
        self.nav = nav
        wide: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0}
        self._who = pn.pane.HTML("", stylesheets=[STYLES], **wide)
        self._told = pn.pane.HTML("", stylesheets=[STYLES], **wide)
        self._reach = pn.pane.HTML("", stylesheets=[STYLES], **wide)
        field: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "stylesheets": [FIELD_CSS]}
        self._name = pmui.TextInput(label=tr("notify_page.name"), max_length=100, **field)
        self._address = pmui.TextInput(label=tr("notify_page.address"), max_length=2000, **field)
        self._quiet = pmui.TextInput(label=tr("notify_page.quiet_hours"), placeholder="22:00-07:00", **field)
        self._add = pmui.Button(label=tr("notify_page.add"), size="small", on_click=self._on_add)
        self._chosen = pmui.Select(label=tr("notify_page.recipient"), options=[], **field)
        self._test = pmui.Button(label=tr("notify_page.send_test"), size="small", on_click=self._on_test)
        self._reports = pmui.Button(
            label=tr("notify_page.send_reports"), size="small", variant="outlined", on_click=self._on_reports
        )
        self._remove = pmui.Button(
            label=tr("notify_page.remove"), size="small", variant="outlined", color="error", on_click=self._on_remove
        )
        self._device = PushDevice(words=tr_all(PUSH_WORDS), sizing_mode="stretch_width")
        self._device.param.watch(self._on_device, "given")
        self._chosen.param.watch(self._on_chosen, "value")
        self._form = pn.Column(
            pn.Row(self._chosen, self._test, self._reports, self._remove, stylesheets=[FORM_CSS], **wide),
            self._device,
            pn.Row(self._name, self._address, self._quiet, self._add, stylesheets=[FORM_CSS], **wide),
            sizing_mode="stretch_width",
        )
        self._reading = False

    def __panel__(self) -> pn.viewable.Viewable:
        card: dict[str, Any] = {"stylesheets": [CARD_CSS], "sizing_mode": "stretch_width"}
        return pn.Column(
            pn.Column(heading(tr("notify_page.who_is_told")), self._who, self._form, **card),
            pn.Column(heading(tr("notify_page.what_was_told")), self._told, **card),
            pn.Column(heading(tr("notify_page.reachability")), self._reach, **card),
            stylesheets=[PAGE_CSS],
            sizing_mode="stretch_width",
        )

    def read(self) -> NotificationsReading | LivemonError:
        """Read the page's data."""
        try:
            monitor = self._monitor.check(Role.ADMIN, None)
            registry = monitor.notify
            entries = tuple(registry.all())
            services = {entry.name: registry.services(entry) for entry in entries}
            zone = monitor.settings.zone_named()
            told, reach = registry.told(MOST_SHOWN), reach_html(monitor.settings)
            return NotificationsReading(entries, services, told, zone, public_key(registry.secrets), reach)
        except LivemonError as exc:
            return exc

    def show(self, reading: NotificationsReading | LivemonError) -> None:
        """Put a reading on the page; what did not change is not sent."""
        if isinstance(reading, LivemonError):
            shown = {
                self._who: status_html("#d92d20", tr("page.cannot_read"), tr_message(reading.said)),
                self._told: "",
                self._reach: "",
            }
            names = []
        else:
            shown = {self._who: who_html(reading), self._told: told_html(reading), self._reach: reading.reach_html}
            names = [entry.name for entry in reading.entries]
            endpoints = [one for entry in reading.entries for one in map(endpoint_of, entry.addresses) if one]
            changed = {"key": reading.push_key, "endpoints": endpoints}
            self._device.param.update(
                {name: value for name, value in changed.items() if getattr(self._device, name) != value}
            )
        for pane, html in shown.items():
            if pane.object != html:
                pane.object = html
        if self._chosen.options != names:
            self._chosen.options = names
            self._chosen.value = next((one for one in names if one == self._chosen.value), names[0] if names else None)
        may = not isinstance(reading, LivemonError)
        if self._form.visible != may:
            self._form.visible = may
        for button in (self._test, self._reports, self._remove):
            if button.disabled != (not names):
                button.disabled = not names

    async def refresh(self) -> None:
        """Read and show."""
        if self._reading:
            return
        self._reading = True
        try:
            self.show(await beside(self.read))
        finally:
            self._reading = False

    async def _on_add(self, _event: Any) -> None:
        name, address, quiet = self._name.value.strip(), self._address.value.strip(), self._quiet.value.strip()
        start, _, end = quiet.partition("-")
        hours = [{"start": start.strip(), "end": end.strip()}] if quiet else []
        added = await self._do(
            "add a recipient", lambda monitor: monitor.notify.put(name, [address] if address else None, quiet=hours)
        )
        if added:
            self._name.value = self._address.value = self._quiet.value = ""  # an address holds a password

    async def _on_test(self, _event: Any) -> None:
        name = self._chosen.value
        if name and await self._do("test a recipient", lambda monitor: monitor.notify.test(name)):
            pn.state.notifications.info(tr("notify_page.test_on_its_way", name=name))

    async def _on_reports(self, _event: Any) -> None:
        name = self._chosen.value
        if name:

            def change(monitor: Monitor) -> None:
                registry = monitor.notify
                registry.put(name, reports=not registry.named(name).reports)

            await self._do("change a recipient", change)

    async def _on_remove(self, _event: Any) -> None:
        name = self._chosen.value
        if name:
            await self._do("remove a recipient", lambda monitor: monitor.notify.remove(name))

    def _on_chosen(self, _event: Any) -> None:
        self._device.recipient = self._chosen.value or ""

    async def _on_device(self, event: Any) -> None:
        """Keep the subscription that the browser gave for the chosen recipient, or forget it."""
        given, name = event.new, self._chosen.value
        if gone := given.get("gone"):
            await self._do("remove a device", lambda monitor: monitor.notify.remove_device(str(gone)))
        elif name and isinstance(given.get("subscription"), dict):
            device = str(given.get("device") or "")
            subscription = given["subscription"]
            await self._do("add a device", lambda monitor: monitor.notify.add_device(name, subscription, device))

    async def _do(self, action: str, function: Callable[[Monitor], object]) -> bool:
        """Do what only who may do everything may; whether it went well."""

        def act() -> None:
            function(self._monitor.act(action, None, Role.ADMIN))

        try:
            await asyncio.to_thread(act)
        except LivemonError as exc:
            pn.state.notifications.error(tr_message(exc.said), duration=0)
            return False
        await self.refresh()
        return True


def who_html(reading: NotificationsReading) -> str:
    """Return the recipients in sentences, and a warning when a danger would notify no one."""
    told = [one for one in reading.entries if one.enabled and one.addresses and one.is_told(Severity.DANGER)]
    head = "" if told else status_html("#b54708", tr("notify_page.nobody"), tr("notify_page.nobody_why"))
    rows = "".join(
        f"<li><b>{escape(entry.name)}</b>: {escape(rules_text(entry))}"
        f"<div class='quiet'>{escape(', '.join(reading.services[entry.name]) or tr('notify_page.no_address'))}"
        f"{_problem(entry)}</div></li>"
        for entry in reading.entries
    )
    return f"{head}<ul>{rows}</ul>" if rows else head


def rules_text(entry: RecipientEntry) -> str:
    """Return a recipient's rules, in a sentence."""
    rules = "; ".join(_rule_text(rule) for _, rule in entry.rules)
    if entry.reports:
        rules = "; ".join(filter(None, (rules, tr("notify_page.reports"))))
    quiet = ", ".join(f"{one.start:%H:%M}-{one.end:%H:%M}" for one in entry.quiet)
    return rules + (f"; {tr('notify_page.quiet', hours=quiet)}" if quiet else "")


def told_html(reading: NotificationsReading) -> str:
    """Return the notifications, newest first."""
    if not reading.told:
        return f"<div class='quiet'>{tr('notify_page.nothing_yet')}</div>"
    rows = "".join(_row(row, reading.zone) for row in reading.told)
    return f"<table><tbody>{rows}</tbody></table>"


def reach_html(settings: Settings) -> str:
    """Return why devices cannot reach livemon, and two ways to HTTPS; that they can, when they can."""
    problems = unreachable_because(settings)
    if not problems:
        return f"<div class='quiet'>{escape(tr('notify_page.reachable', address=settings.public_url))}</div>"
    told = "".join(f"<li>{escape(tr_message(one))}</li>" for one in problems)
    ways = "".join(
        f"<div>{escape(tr(f'notify_page.{name}'))}<pre>{escape(example)}</pre></div>"
        for name, example in (
            ("way_proxy", PROXY_EXAMPLE.format(port=settings.port)),
            ("way_tailnet", TAILNET_EXAMPLE.format(port=settings.port)),
            ("then_settings", SETTINGS_EXAMPLE),
        )
    )
    return f"<ul>{told}</ul><details><summary>{escape(tr('notify_page.two_ways'))}</summary>{ways}</details>"


def _row(row: dict[str, Any], zone: tzinfo) -> str:
    why, answer = row["why"], row["answer"]
    at = f"{row['created_utc'].astimezone(zone):%m-%d %H:%M:%S}"
    about = tr(f"notify_page.about_{row['about']}")
    became = tr(f"notify_page.state_{row['state']}")
    became += f": {tr(f'notify_page.why_{why}')}" if why else ""
    became += f" ({row['transport']})" if row["transport"] else ""
    answered = f" {tr(f'notify_page.answered_{answer}')}" if answer else ""
    error = f"<div class='quiet'>{escape(row['error'])}</div>" if row["error"] else ""
    return (
        f"<tr><td>{at}</td><td>{escape(row['recipient'])}</td><td>{escape(row['title'] or about)}</td>"
        f"<td>{escape(became + answered)}{error}</td></tr>"
    )


def _rule_text(rule: RuleValues) -> str:
    words = ", ".join(tr(f"notification.{one.value}") for one in rule.severities)
    cameras = f" ({', '.join(rule.cameras)})" if rule.cameras else ""
    return words + cameras + (f" {tr('notify_page.after', minutes=f'{rule.after_s / 60:g}')}" if rule.after_s else "")


def _problem(entry: RecipientEntry) -> str:
    if entry.problem is not None:
        return f"<br>{escape(tr_message(entry.problem))}"
    return "" if entry.enabled else f"<br>{tr('notify_page.switched_off')}"


def notifications_page(monitor: AuthorizedMonitor, live: str = "./") -> pmui.Page:
    """Return the page for the session that is being opened; `live` is the live page's address, relative to it."""
    prepare_page()
    view = NotificationsPage(monitor, Nav(NOTIFICATIONS, live, monitor))
    page = make_page(view.nav, view)
    # The page is sent as it is now; changes follow once it is drawn.
    view.show(view.read())
    follow(view.nav, view.refresh, TICK_MS)
    return page
