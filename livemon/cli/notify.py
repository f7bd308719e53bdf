"""The command line's `livemon notify`: recipients, a test to them, and past notifications."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from livemon.base.clock import SystemClock
from livemon.base.messages.message import message
from livemon.cli.common import ConfigOption, opened
from livemon.cli.language import fail, say, told

app = typer.Typer(help=told("cli.help_who_told_events"), no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help=told("cli.help_what_recipient_called"))]
LATE_S = 100.0
POLL_S = 0.2


@app.command("list", help=told("cli.command_notify_list"))
def list_(config: ConfigOption = None) -> None:
    """Show who is told, of what and where to, without addresses."""
    from livemon.notify.recipients import RecipientRegistry

    with opened(config) as (settings, database):
        registry = RecipientRegistry(settings, database, SystemClock())
        entries = registry.all()
        for entry in entries:
            rules = "; ".join(
                ", ".join(rule.severities) + (told("cli.rule_after", n=rule.after_s) if rule.after_s else "")
                for _, rule in entry.rules
            )
            where = registry.services(entry) or message("cli.no_address")
            values: dict[str, Any] = {"recipient": entry.name, "rules": rules, "where": where}
            if entry.enabled:
                say("cli.recipient", **values)
            else:
                say("cli.recipient_off", **values, why=entry.problem or message("cli.switched_off"))
        if not entries:
            say("cli.no_recipients")


@app.command(help=told("cli.command_notify_add"))
def add(
    name: NameArgument,
    addresses: Annotated[list[str], typer.Argument(help=told("cli.help_mailto_ntfy_webhook"))],
    language: Annotated[str | None, typer.Option("--language", help=told("cli.help_en_ko"))] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help=told("cli.help_iana_zone_their"))] = None,
    quiet: Annotated[str | None, typer.Option("--quiet", help=told("cli.help_hours_which_only"))] = None,
    reports: Annotated[bool | None, typer.Option("--reports/--no-reports", help=told("cli.help_reports"))] = None,
    config: ConfigOption = None,
) -> None:
    """Add a recipient, or change one: danger at once, warnings outside quiet hours."""
    from livemon.notify.recipients import RecipientRegistry

    with opened(config) as (settings, database):
        registry = RecipientRegistry(settings, database, SystemClock())
        hours = None
        if quiet is not None:
            start, _, end = quiet.partition("-")
            hours = [{"start": start.strip(), "end": end.strip()}] if quiet else []
        entry = registry.put(name, addresses, language=language, timezone=timezone, quiet=hours, reports=reports)
        say("cli.recipient_told_by", recipient=entry.name, services=registry.services(entry))
        say("cli.recipient_can_be_tested", name=name)


@app.command(help=told("cli.command_notify_remove"))
def remove(name: NameArgument, config: ConfigOption = None) -> None:
    """Tell a recipient nothing more."""
    from livemon.notify.recipients import RecipientRegistry

    with opened(config) as (settings, database):
        RecipientRegistry(settings, database, SystemClock()).remove(name)


@app.command(help=told("cli.command_notify_test"))
def test(name: NameArgument, config: ConfigOption = None) -> None:
    """Send a test, and say what became of it."""
    import asyncio

    from livemon.notify.recipients import RecipientRegistry
    from livemon.notify.sender import Notifier
    from livemon.store import notifications
    from livemon.store.tables.notifications import NotificationState

    open_states = (NotificationState.PENDING, NotificationState.SENDING)
    with opened(config) as (settings, database):
        clock = SystemClock()
        registry = RecipientRegistry(settings, database, clock)
        number = registry.test(name)
        # A server that runs may be faster: then it is only waited for.
        asyncio.run(Notifier(settings, database, clock, registry).send_one(number))
        until_s = time.monotonic() + LATE_S
        while True:
            row = notifications.notification(database, number) or {}
            if row.get("state") not in open_states or time.monotonic() > until_s:
                break
            time.sleep(POLL_S)
        if row.get("state") != NotificationState.SENT:
            fail(message("cli.not_told", name=name, reason=row.get("error") or row.get("state")))
            raise typer.Exit(1)
        say("cli.test_taken", transport=row["transport"])


@app.command(help=told("cli.command_notify_log"))
def log(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help=told("cli.help_most_notifications"))] = 30,
    config: ConfigOption = None,
) -> None:
    """Show what was told, and what was held back and why, newest first."""
    from livemon.notify.recipients import RecipientRegistry

    with opened(config) as (settings, database):
        zone = settings.zone_named()
        for row in RecipientRegistry(settings, database, SystemClock()).told(limit):
            at = f"{row['created_utc'].astimezone(zone):%Y-%m-%d %H:%M:%S}"
            what = row["title"] or row["about"]
            became = f"{row['state']} {row['why']}".strip() + (f" by {row['transport']}" if row["transport"] else "")
            said = f"; answered: {row['answer']}" if row["answer"] else ""
            error = f"; {row['error']}" if row["error"] else ""
            typer.echo(f"{at}  {row['recipient']}  {row['weight']}  {what}: {became}{said}{error}")
