"""The language of the command line, as `LANG` and its like ask for it, and saying something in it.

The texts are in the catalogs (base/messages/locale).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import typer

from livemon.base.errors import LivemonError
from livemon.base.messages.catalog import chosen_language, text, whole_text
from livemon.base.messages.message import Message, message
from livemon.base.settings.settings import environment_languages

COLOURS = {"error": "red", "warning": "yellow"}


@cache
def language() -> str:
    """Return the language of the command's user."""
    return chosen_language(environment_languages())


def told(code: str, **values: Any) -> str:
    """Return a text in the language of the command line."""
    return text(message(code, **values), language())


def whole(said: Message) -> str:
    """Return a message in the language of the command line, with what there is to do about it."""
    return whole_text(said, language())


def say(code: str, *, err: bool = False, **values: Any) -> None:
    """Print a text."""
    typer.echo(whole(message(code, **values)), err=err)


def warn(said: Message) -> None:
    """Print a message on standard error, in yellow."""
    typer.secho(whole(said), fg=COLOURS["warning"], err=True)


def fail(said: Message) -> None:
    """Print a message on standard error, in red."""
    typer.secho(whole(said), fg=COLOURS["error"], err=True)


def say_error(error: LivemonError) -> None:
    """Print an expected error on standard error."""
    typer.secho(f"livemon: {whole(error.said)}", fg=COLOURS["error"], err=True)
