"""Common parts of the command line: the --config option, and errors as sentences. No command is here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livemon.base.errors import LivemonError
from livemon.base.settings.settings import Settings, load_settings
from livemon.cli.language import say_error, told

if TYPE_CHECKING:
    from livemon.store.session import Database

ConfigOption = Annotated[Path | None, typer.Option("--config", help=told("cli.help_settings_file_livemon"))]


@contextmanager
def sentences() -> Iterator[None]:
    """Turn an expected error into a sentence and exit code 1."""
    try:
        yield
    except LivemonError as exc:
        say_error(exc)
        raise typer.Exit(1) from exc


@contextmanager
def opened(config: Path | None) -> Iterator[tuple[Settings, Database]]:
    """Open settings and database; an expected error is a sentence and exit code 1."""
    from livemon.store.session import Database

    with sentences():
        settings = load_settings(config)
        database = Database(settings.database, settings.shared_data_dir)
        try:
            yield settings, database
        finally:
            database.close()
