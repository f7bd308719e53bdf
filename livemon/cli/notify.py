"""The command line's `livemon notify`: who is told, a test to them, and what was told."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from livemon.base.clock import SystemClock
from livemon.cli.common import ConfigOption, opened

app = typer.Typer(help="Who is told of events, and what was told.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="What the recipient is called.")]
LATE_S = 100.0
POLL_S = 0.2


@app.command("list")
def list_(config: ConfigOption = None) -> None:
    """Show who is told, of what and where to, without addresses."""
    from livemon.notify.recipients import RecipientRegistry

    with opened(config) as (settings, database):
        registry = RecipientRegistry(settings, database, SystemClock())
        entries = registry.all()
        for entry in entries:
            rules = "; ".join(
                ", ".join(rule.severities) + (f" after {rule.after_s} s" if rule.after_s else "")
                for _, rule in entry.rules
            )
            where = ", ".join(registry.services(entry)) or "no address"
            state = "" if entry.enabled else f" (off: {entry.problem or 'switched off'})"
            typer.echo(f"{entry.name}: {rules} by {where}{state}")
        if not entries:
            typer.echo("Nobody is told of anything yet. `livemon notify add NAME ADDRESS` adds a recipient.")


@app.command()
def add(
    name: NameArgument,
    addresses: Annotated[
        list[str], typer.Argument(help="mailto://..., ntfy://..., webhook+https://...; tried in this order.")
    ],
    language: Annotated[str | None, typer.Option("--language", help="en or ko.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="IANA zone of their day.")] = None,
    quiet: Annotated[str | None, typer.Option("--quiet", help="Hours in which only danger rings: 22:00-07:00.")] = None,
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
        entry = registry.put(name, addresses, language=language, timezone=timezone, quiet=hours)
        typer.echo(f"{entry.name} is told by {', '.join(registry.services(entry))}.")
        typer.echo(f"`livemon notify test {name}` sends a test.")


@app.command()
def remove(name: NameArgument, config: ConfigOption = None) -> None:
    """Tell a recipient nothing more."""
    from livemon.notify.recipients import RecipientRegistry

    with opened(config) as (settings, database):
        RecipientRegistry(settings, database, SystemClock()).remove(name)


@app.command()
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
            typer.secho(f"livemon: {name} was not told: {row.get('error') or row.get('state')}", fg="red", err=True)
            raise typer.Exit(1)
        typer.echo(f"{row['transport']} took it.")


@app.command()
def log(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Most notifications.")] = 30,
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
