"""`livemon user`, `livemon token` and `livemon audit`: who may come in, and who did what."""

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
from livemon.base.roles import Identity, Role
from livemon.base.settings.settings import Settings
from livemon.cli.common import ConfigOption, opened

if TYPE_CHECKING:
    from livemon.monitor.authenticator import Authenticator
    from livemon.store.session import Database

HERE = "command line"

user_app = typer.Typer(help="People who may log in.", no_args_is_help=True)
token_app = typer.Typer(help="Secrets of programs that use the API.", no_args_is_help=True)

RoleOption = Annotated[Role, typer.Option("--role", help="What they may do; each may what those before it may.")]
CamerasOption = Annotated[
    list[str] | None, typer.Option("--camera", help="Only this camera; may be given several times. All without.")
]
NameArgument = Annotated[str, typer.Argument(help="User name; of an OAuth user what the provider calls them.")]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@user_app.command("add")
def add_user(
    name: NameArgument,
    role: RoleOption = Role.VIEWER,
    camera: CamerasOption = None,
    oauth: Annotated[bool, typer.Option("--oauth", help="They log in by OAuth and have no password here.")] = False,
    password_stdin: StdinOption = False,
    config: ConfigOption = None,
) -> None:
    """Let somebody log in."""
    from livemon.store import users

    with _house(config) as (settings, database, authenticator):
        cameras = _cameras(settings, database, camera)
        _check_name(name)
        hashed = "" if oauth else authenticator.hashed(_password(password_stdin))
        now = SystemClock().now()
        if not users.add_user(database, name, hashed, role, cameras, now):
            raise ConfigError(f"There is a user {name} already.", f"Remove them first: livemon user remove {name}.")
        _note(database, f"add user {name} as {role}")
        typer.echo(f"{name} may log in as {role} of {_reach(cameras)}.")


@user_app.command("list")
def list_users(config: ConfigOption = None) -> None:
    """List the users."""
    from livemon.store import users

    with _house(config) as (_, database, _):
        found = users.accounts(database)
        for one in found:
            by = "password" if one.password_hash else "OAuth"
            typer.echo(f"{one.name:24} {one.role:9} {by:9} since {iso(one.created_utc)[:10]}  {_reach(one.cameras)}")
        if not found:
            typer.echo("There are no users. Add one: livemon user add NAME --role admin.")


@user_app.command("password")
def set_password(name: NameArgument, password_stdin: StdinOption = False, config: ConfigOption = None) -> None:
    """Give somebody another password; wherever they are logged in, they are logged out."""
    from livemon.store import users

    with _house(config) as (_, database, authenticator):
        if not users.set_password(database, name, authenticator.hashed(_password(password_stdin))):
            raise ConfigError(f"There is no user {name}.", "livemon user list says who there is.")
        _note(database, f"set the password of {name}")
        typer.echo(f"{name} has another password, and is logged out everywhere.")


@user_app.command("remove")
def remove_user(name: NameArgument, config: ConfigOption = None) -> None:
    """Let somebody in no more; wherever they are logged in, they are logged out."""
    from livemon.store import users

    with _house(config) as (_, database, _):
        if not users.remove_user(database, name):
            raise ConfigError(f"There is no user {name}.", "livemon user list says who there is.")
        _note(database, f"remove user {name}")
        typer.echo(f"{name} is out.")


@token_app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What it is for: grafana, doorbell ...")] = "token",
    role: RoleOption = Role.VIEWER,
    camera: CamerasOption = None,
    days: Annotated[float | None, typer.Option("--days", min=0.001, max=3650, help="It ends after so long.")] = None,
    config: ConfigOption = None,
) -> None:
    """Make a token. It is shown once: on standard output, nothing else is."""
    with _house(config) as (settings, database, authenticator):
        cameras = _cameras(settings, database, camera)
        lasts = None if days is None else timedelta(days=days)
        _check_name(name)
        number, secret = authenticator.new_token(name, role, cameras, lasts)
        _note(database, f"create token {number} {name} as {role}")
        typer.echo(f"Token {number}, {name}: {role} of {_reach(cameras)}. Keep it, it is not shown again:", err=True)
        typer.echo(secret)


@token_app.command("list")
def list_tokens(config: ConfigOption = None) -> None:
    """List the tokens, also those that work no more."""
    from livemon.store import tokens

    with _house(config) as (_, database, _):
        now = SystemClock().now()
        found = tokens.tokens(database)
        for one in found:
            state = "works" if one.works(now) else "revoked" if one.revoked_utc else "expired"
            used = iso(one.used_utc)[:16] if one.used_utc else "never"
            typer.echo(f"{one.id:4} {one.name:24} {one.role:9} {state:8} used {used:16}  {_reach(one.cameras)}")
        if not found:
            typer.echo("There are no tokens. Make one: livemon token create NAME.")


@token_app.command("revoke")
def revoke_token(
    number: Annotated[int, typer.Argument(help="As livemon token list says.")], config: ConfigOption = None
) -> None:
    """Make a token stop working, within seconds."""
    from livemon.store import tokens

    with _house(config) as (_, database, _):
        if not tokens.revoke_token(database, number, SystemClock().now()):
            raise ConfigError(f"There is no token {number}.", "livemon token list says which there are.")
        _note(database, f"revoke token {number}")
        typer.echo(f"Token {number} works no more.")


def audit(
    camera: Annotated[str | None, typer.Option("--camera", help="Only of this camera.")] = None,
    who: Annotated[str | None, typer.Option("--who", help="Only of this user or token.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many entries.")] = 50,
    config: ConfigOption = None,
) -> None:
    """Say who did what, newest first: changes, logins, refusals."""
    from livemon.store import audit_log

    with _house(config) as (_, database, _):
        found = audit_log.deeds(database, limit=limit, camera_id=camera, who=who)
        for row in found.to_dict("records"):
            what = " ".join(part for part in (row["action"], row["camera_id"], row["detail"]) if part)
            at = iso(row["at_utc"])[:19]
            typer.echo(f"{at}Z {row['outcome']} {row['who'] or 'nobody known':20} {row['address']:15} {what}")
        if not len(found):
            typer.echo("Nothing was done yet.")


@contextmanager
def _house(config: Path | None) -> Iterator[tuple[Settings, Database, Authenticator]]:
    from livemon.monitor.authenticator import Authenticator

    with opened(config) as (settings, database):
        yield settings, database, Authenticator(settings, database, SystemClock())


def _cameras(settings: Settings, database: Database, names: list[str] | None) -> frozenset[str] | None:
    """Return the cameras somebody may see; ConfigError when there is no such camera."""
    from livemon.store import cameras as sealed_cameras

    if not names:
        return None
    known = {*settings.cameras, *sealed_cameras.sealed_cameras(database)}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ConfigError(f"There is no camera {', '.join(unknown)}.", f"There are: {', '.join(sorted(known))}.")
    return frozenset(names)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise ConfigError("This cannot be the name of a user or token.", "Take up to 200 letters.")


def _reach(cameras: frozenset[str] | None) -> str:
    return "all cameras" if cameras is None else ", ".join(sorted(cameras))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _note(database: Database, action: str) -> None:
    from livemon.store import audit_log

    if not audit_log.note(database, audit_log.Deed(action, Identity.local(), HERE), SystemClock().now()):
        typer.secho("It is done, but the audit log could not be written.", fg="yellow", err=True)
