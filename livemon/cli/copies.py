"""`livemon copies`, `livemon backup` and `livemon restore`: state, keys, check and restore of copies.

Arguments in, sentences out; the work is done in archive/copies/. Exit codes: 0 all well or done, 1 something is wrong
or could not be done, 2 wrong arguments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livemon.base.clock import SystemClock, iso
from livemon.base.errors import ConfigError, CopyError
from livemon.base.messages.message import system_reason
from livemon.base.settings.copies import FOREVER_DAYS, CopySettings
from livemon.base.settings.settings import Settings, load_settings
from livemon.cli.common import ConfigOption, opened, sentences
from livemon.cli.language import say, told, whole

if TYPE_CHECKING:
    from livemon.archive.copies.manifest import OnDone
    from livemon.archive.copies.restore import Restored
    from livemon.archive.copies.vault import Vault

app = typer.Typer(help=told("cli.help_copies"), no_args_is_help=True)

FolderArgument = Annotated[Path, typer.Argument(help=told("cli.help_backup_folder"))]
PlainOption = Annotated[bool, typer.Option("--plain", help=told("cli.help_backup_plain"))]
KeyFileOption = Annotated[Path | None, typer.Option("--key-file", help=told("cli.help_key_file"))]
StdinOption = Annotated[bool, typer.Option("--secret-stdin", help=told("cli.help_secret_stdin"))]


@app.command(help=told("cli.command_copies_status"))
def status(config: ConfigOption = None) -> None:
    """Say what is copied and what is not yet; exit code 1 when something waits for more than a day."""
    from livemon.archive.copies.address import bucket_label
    from livemon.archive.copies.copy_notices import BEHIND
    from livemon.store import copies

    with opened(config) as (settings, database):
        _require_address(settings)
        bucket, now = bucket_label(settings), SystemClock().now()
        totals = copies.totals(database, bucket)
        has_rows_elsewhere = settings.copies.database and database.file is None
    say("cli.copies_bucket" if settings.copies.encrypt else "cli.copies_bucket_plain", bucket=bucket)
    for state, count in sorted(totals.counts.items()):
        say(f"cli.copies_{state}", n=count, megabytes=totals.sizes[state] / 1e6)
    if has_rows_elsewhere:
        say("cli.rows_not_copied")
    if totals.newest_utc is not None:
        say("cli.copies_newest", at=iso(totals.newest_utc))
    if totals.error:
        say("cli.copies_error", error=totals.error)
    if totals.waiting_since_utc is not None:
        say("cli.copies_waiting_since", at=iso(totals.waiting_since_utc))
        if now - totals.waiting_since_utc >= BEHIND:
            raise typer.Exit(1)


@app.command(help=told("cli.command_copies_key"))
def key(config: ConfigOption = None) -> None:
    """Print the recovery sheet: without it no other machine can read encrypted copies."""
    from livemon.archive.copies.encryption import key_id
    from livemon.archive.copies.key_store import KeyStore, recovery_text

    with sentences():
        settings = load_settings(config)
        raw = KeyStore(settings.data_dir).keys().raw
        lines = recovery_text(raw).split("-")
        say("cli.copies_sheet", bucket=settings.copies.url or "-", key_id=key_id(raw))
        typer.echo("")
        for at in range(0, len(lines), 7):
            typer.echo("    " + "-".join(lines[at : at + 7]))
        typer.echo("")
        say("cli.copies_sheet_end")


@app.command(help=told("cli.command_copies_login"))
def login(
    user: Annotated[str, typer.Option("--user", help=told("cli.help_copies_user"))],
    secret_stdin: StdinOption = False,
    config: ConfigOption = None,
) -> None:
    """Keep the credentials of the bucket, sealed in the data folder; those of the environment win over them."""
    from livemon.archive.copies.key_store import KeyStore

    with sentences():
        settings = load_settings(config)
        if secret_stdin:
            secret = sys.stdin.readline().rstrip("\n")
        else:
            secret = str(typer.prompt(told("login.password"), hide_input=True))
        store = KeyStore(settings.data_dir)
        store.replace(replace(store.keys(), user=user, secret=secret))
    say("cli.done")


@app.command(help=told("cli.command_copies_verify"))
def verify(
    config: ConfigOption = None,
    deep: Annotated[bool, typer.Option("--deep", help=told("cli.help_copies_deep"))] = False,
) -> None:
    """Compare the bucket with its manifest."""
    from livemon.archive.copies.inspection import inspect_bucket

    with sentences():
        settings = load_settings(config)
        _require_address(settings)
        vault = _vault(settings)
        if deep:
            with _progress("cli.copies_checking") as show:
                inspected = inspect_bucket(vault, deep=True, on_done=show)
        else:
            inspected = inspect_bucket(vault)
    for finding in inspected.findings:
        typer.echo(whole(finding.said))
    code = "cli.copies_found" if inspected.findings else "cli.copies_well"
    say(code, n=inspected.copies, megabytes=inspected.bytes / 1e6, findings=len(inspected.findings))
    if inspected.findings:
        raise typer.Exit(1)


@app.command("prune", help=told("cli.command_copies_prune"))
def prune_copies(config: ConfigOption = None) -> None:
    """Delete copies whose time is over, and what was erased, from the bucket."""
    from livemon.archive.copies import prune
    from livemon.archive.copies.address import open_vault
    from livemon.archive.copies.key_store import KeyStore
    from livemon.archive.copies.manifest import compact
    from livemon.archive.copies.ownership import check_owner

    with opened(config) as (settings, database):
        _require_address(settings)
        keys = KeyStore(settings.data_dir).keys()
        vault, now = open_vault(settings, keys), SystemClock().now()
        check_owner(vault, keys, database)
        prune.expire(settings, database, vault.bucket.label, now)
        removed = prune.remove_marked(database, vault, now)
        compact(vault)
    say("cli.copies_pruned", n=removed)


@app.command(help=told("cli.command_copies_restore"))
def restore(
    address: Annotated[str, typer.Option("--from", help=told("cli.help_copies_from"))] = "",
    key_file: KeyFileOption = None,
    config: ConfigOption = None,
) -> None:
    """Restore an empty data folder from the bucket."""
    with sentences():
        settings = load_settings(config)
        if address:
            settings = settings.model_copy(update={"copies": CopySettings(**{**dict(settings.copies), "url": address})})
        _require_address(settings)
        _restore(settings, key_file)


def backup(folder: FolderArgument, plain: PlainOption = False, config: ConfigOption = None) -> None:
    """Copy everything to a folder: rows, footage, pictures, reports, prompts and settings."""
    from livemon.archive.copies.backup import back_up

    with opened(config) as (settings, database):
        settings = _with_folder(settings, folder, plain=plain)
        with _progress("cli.copies_sending") as show:
            done = back_up(settings, database, SystemClock(), _vault(settings), show)
        say("cli.backed_up", sent=done.sent, megabytes=done.sent_bytes / 1e6, there=done.there, folder=folder)
        if database.file is None:
            say("cli.rows_not_copied")
    if not plain:
        say("cli.backup_needs_key")
    if done.failed:
        say("cli.backup_failed", n=done.failed)
        raise typer.Exit(1)


def restore_backup(folder: FolderArgument, key_file: KeyFileOption = None, config: ConfigOption = None) -> None:
    """Restore an empty data folder from a folder that `livemon backup` made."""
    with sentences():
        _restore(_with_folder(load_settings(config), folder, plain=False), key_file)


def _restore(settings: Settings, key_file: Path | None) -> None:
    from livemon.archive.copies.restore import restore as restore_all

    vault = _vault_to_restore(settings, key_file)
    with _progress("cli.copies_restoring") as show:
        restored = restore_all(settings, vault, show)
    _tell_restored(settings, restored)
    if restored.missing or restored.damaged_manifest or not restored.database:
        raise typer.Exit(1)


@contextmanager
def _progress(label: str) -> Iterator[OnDone]:
    """Show a bar; how long it is becomes known with the first file."""
    with typer.progressbar(length=0, label=told(label)) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show


def _tell_restored(settings: Settings, restored: Restored) -> None:
    from livemon.archive.copies.layout import CONFIG_PATH

    for kind, count in sorted(restored.files.items()):
        say(f"cli.restored_{kind}", n=count)
    say("cli.restored_bytes", megabytes=restored.bytes / 1e6, folder=settings.data_dir)
    for path in restored.missing:
        say("cli.restore_missing", file=path)
    for name in restored.damaged_manifest:
        say("copies.found_manifest", name=name)
    without = "cli.restored_no_rows" if restored.had_rows else "cli.restored_without_rows"
    say("cli.restored_rows" if restored.database else without, file=restored.database)
    if (settings.data_dir / CONFIG_PATH).is_file():
        say("cli.restored_settings", file=settings.data_dir / CONFIG_PATH)


def _vault(settings: Settings) -> Vault:
    from livemon.archive.copies.address import open_vault
    from livemon.archive.copies.key_store import KeyStore

    return open_vault(settings, KeyStore(settings.data_dir).keys())


def _vault_to_restore(settings: Settings, key_file: Path | None) -> Vault:
    """Open the bucket with the key of the recovery sheet, when it is encrypted and this machine has another key."""
    from livemon.archive.copies.encryption import key_id
    from livemon.archive.copies.key_store import KeyStore, key_of
    from livemon.archive.copies.manifest import read_marker

    vault = _vault(settings)
    marker = read_marker(vault)
    if marker is None:
        raise CopyError("copies.nothing_there", bucket=vault.bucket.label)
    if not marker.key_id:
        vault.key = None
        return vault
    own = KeyStore(settings.data_dir).keys().raw
    if marker.key_id == key_id(own):
        vault.key = own
        return vault
    try:
        text = key_file.read_text("utf-8") if key_file else str(typer.prompt(told("cli.recovery_key")))
    except OSError as exc:
        raise ConfigError("cli.key_file_unreadable", file=key_file, reason=system_reason(exc)) from exc
    vault.key = key_of(text)
    return vault


def _with_folder(settings: Settings, folder: Path, *, plain: bool) -> Settings:
    kept = {"archive_days": FOREVER_DAYS, "report_days": FOREVER_DAYS}
    own = CopySettings(url=str(folder.absolute()), encrypt=not plain, archives="all", **kept)
    return settings.model_copy(update={"copies": own})


def _require_address(settings: Settings) -> None:
    if not settings.copies.enabled:
        raise ConfigError("copies.no_address")
