"""`livemon user`, `livemon token` and `livemon audit`: users, their rights, and their actions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livemon.base.clock import SystemClock, iso
from livemon.base.errors import ConfigError
from livemon.base.messages.message import message
from livemon.base.roles import Identity, Role
from livemon.base.settings.settings import Settings
from livemon.cli.common import ConfigOption, opened
from livemon.cli.language import say, told, warn

if TYPE_CHECKING:
    from livemon.monitor.authenticator import Authenticator
    from livemon.store.session import Database

HERE = "command line"

user_app = typer.Typer(help=told("cli.help_people_who_may"), no_args_is_help=True)
token_app = typer.Typer(help=told("cli.help_secrets_programs_use"), no_args_is_help=True)

RoleOption = Annotated[Role, typer.Option("--role", help=told("cli.help_what_they_may"))]
CamerasOption = Annotated[list[str] | None, typer.Option("--camera", help=told("cli.help_only_camera_may"))]
NameArgument = Annotated[str, typer.Argument(help=told("cli.help_user_name_oauth"))]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help=told("cli.help_read_password_from"))]


@user_app.command("add", help=told("cli.command_access_add_user"))
def add_user(
    name: NameArgument,
    role: RoleOption = Role.VIEWER,
    camera: CamerasOption = None,
    oauth: Annotated[bool, typer.Option("--oauth", help=told("cli.help_they_log_by"))] = False,
    password_stdin: StdinOption = False,
    config: ConfigOption = None,
) -> None:
    """Add a user, who may then log in."""
    from livemon.store import users

    with _house(config) as (settings, database, authenticator):
        cameras = _cameras(settings, database, camera)
        _check_name(name)
        hashed = "" if oauth else authenticator.hashed(_password(password_stdin))
        now = SystemClock().now()
        if not users.add_user(database, name, hashed, role, cameras, now):
            raise ConfigError("access.user_exists", name=name)
        _note(database, f"add user {name} as {role}")
        say("cli.user_added", name=name, role=role, reach=_reach(cameras))


@user_app.command("list", help=told("cli.command_access_list_users"))
def list_users(config: ConfigOption = None) -> None:
    """List the users."""
    from livemon.store import users

    with _house(config) as (_, database, _):
        found = users.accounts(database)
        for one in found:
            by = told("cli.by_password") if one.password_hash else "OAuth"
            since = f"{told('cli.since')} {iso(one.created_utc)[:10]}"
            typer.echo(f"{one.name:24} {one.role:9} {by:9} {since}  {_reach(one.cameras)}")
        if not found:
            say("cli.no_users")


@user_app.command("password", help=told("cli.command_access_set_password"))
def set_password(name: NameArgument, password_stdin: StdinOption = False, config: ConfigOption = None) -> None:
    """Set a user's password; the user is logged out everywhere."""
    from livemon.store import users

    with _house(config) as (_, database, authenticator):
        if not users.set_password(database, name, authenticator.hashed(_password(password_stdin))):
            raise ConfigError("access.no_user", name=name)
        _note(database, f"set the password of {name}")
        say("cli.password_set", name=name)


@user_app.command("remove", help=told("cli.command_access_remove_user"))
def remove_user(name: NameArgument, config: ConfigOption = None) -> None:
    """Remove a user; the user is logged out everywhere."""
    from livemon.store import users

    with _house(config) as (_, database, _):
        if not users.remove_user(database, name):
            raise ConfigError("access.no_user", name=name)
        _note(database, f"remove user {name}")
        say("cli.user_removed", name=name)


@token_app.command("create", help=told("cli.command_access_create_token"))
def create_token(
    name: Annotated[str, typer.Argument(help=told("cli.help_what_grafana_doorbell"))] = "token",
    role: RoleOption = Role.VIEWER,
    camera: CamerasOption = None,
    days: Annotated[
        float | None, typer.Option("--days", min=0.001, max=3650, help=told("cli.help_ends_after_so"))
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Make a token. It is shown once: on standard output, nothing else is."""
    with _house(config) as (settings, database, authenticator):
        cameras = _cameras(settings, database, camera)
        lasts = None if days is None else timedelta(days=days)
        _check_name(name)
        number, secret = authenticator.new_token(name, role, cameras, lasts)
        _note(database, f"create token {number} {name} as {role}")
        say("cli.token_made", number=number, name=name, role=role, reach=_reach(cameras), err=True)
        typer.echo(secret)


@token_app.command("list", help=told("cli.command_access_list_tokens"))
def list_tokens(config: ConfigOption = None) -> None:
    """List the tokens, also those that work no more."""
    from livemon.store import tokens

    with _house(config) as (_, database, _):
        now = SystemClock().now()
        found = tokens.tokens(database)
        for one in found:
            state = told("cli.works" if one.works(now) else "cli.revoked" if one.revoked_utc else "cli.expired")
            used = iso(one.used_utc)[:16] if one.used_utc else told("cli.never")
            typer.echo(
                f"{one.id:4} {one.name:24} {one.role:9} {state:8} {told('cli.used')} {used:16}  {_reach(one.cameras)}"
            )
        if not found:
            say("cli.no_tokens")


@token_app.command("revoke", help=told("cli.command_access_revoke_token"))
def revoke_token(
    number: Annotated[int, typer.Argument(help=told("cli.help_as_livemon_token"))], config: ConfigOption = None
) -> None:
    """Make a token stop working, within seconds."""
    from livemon.store import tokens

    with _house(config) as (_, database, _):
        if not tokens.revoke_token(database, number, SystemClock().now()):
            raise ConfigError("access.no_token", number=number)
        _note(database, f"revoke token {number}")
        say("cli.token_revoked", number=number)


def audit(
    camera: Annotated[str | None, typer.Option("--camera", help=told("cli.help_only_camera"))] = None,
    who: Annotated[str | None, typer.Option("--who", help=told("cli.help_only_user_token"))] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help=told("cli.help_how_many_entries"))] = 50,
    config: ConfigOption = None,
) -> None:
    """Say who did what, newest first: changes, logins, refusals."""
    from livemon.store import audit_log

    with _house(config) as (_, database, _):
        found = audit_log.deeds(database, limit=limit, camera_id=camera, who=who)
        for row in found.to_dict("records"):
            what = " ".join(part for part in (row["action"], row["camera_id"], row["detail"]) if part)
            at = iso(row["at_utc"])[:19]
            typer.echo(f"{at}Z {row['outcome']} {row['who'] or told('cli.nobody_known'):20} {row['address']:15} {what}")
        if not len(found):
            say("cli.nothing_done_yet")


@contextmanager
def _house(config: Path | None) -> Iterator[tuple[Settings, Database, Authenticator]]:
    from livemon.monitor.authenticator import Authenticator

    with opened(config) as (settings, database):
        yield settings, database, Authenticator(settings, database, SystemClock())


def _cameras(settings: Settings, database: Database, names: list[str] | None) -> frozenset[str] | None:
    """Return the cameras that a user may see; ConfigError when one is unknown."""
    from livemon.store import cameras as sealed_cameras

    if not names:
        return None
    known = {*settings.cameras, *sealed_cameras.sealed_cameras(database)}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ConfigError("access.no_camera", unknown=unknown, known=sorted(known))
    return frozenset(names)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise ConfigError("access.wrong_name")


def _reach(cameras: frozenset[str] | None) -> str:
    return told("cli.all_cameras") if cameras is None else ", ".join(sorted(cameras))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt(told("login.password"), hide_input=True, confirmation_prompt=True))


def _note(database: Database, action: str) -> None:
    from livemon.store import audit_log

    if not audit_log.note(database, audit_log.Deed(action, Identity.local(), HERE), SystemClock().now()):
        warn(message("cli.audit_not_written"))
