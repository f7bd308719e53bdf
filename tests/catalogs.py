"""Catalogs made for a test: texts that stand before those of a language, and a pseudo-locale that is one catalog more.

The pseudo-locale is English, accented, longer and in brackets: what stands on a page outside of brackets is not
translated, and what has lost a bracket is cut off.
"""

from __future__ import annotations

import gettext
import io
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from livemon.base.messages import catalog

ACCENTS = str.maketrans("AEIOUYCNSaeiouycns", "ÅÉÎÖÛÝÇÑŠåéîöûýçñš")
PSEUDO = "qps"
OPEN, CLOSE = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}", "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
PLACE = re.compile(r"(\{\{|\}\}|\{[^{}]*\})")
INNERMOST = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")


class Texts(gettext.NullTranslations):
    """A catalog of texts by code."""

    def __init__(self, texts: Mapping[str, str], instead: gettext.NullTranslations) -> None:
        super().__init__()
        self._texts, self._instead = texts, instead

    def gettext(self, message: str) -> str:
        return self._texts.get(message) or self._instead.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._texts.get(msgid1) or self._instead.ngettext(msgid1, msgid2, n)


@contextmanager
def catalog_of(monkeypatch: pytest.MonkeyPatch, texts: Mapping[str, str], *, language: str = "en") -> Iterator[None]:
    """Let a language have these texts before its own."""
    before = catalog._catalog
    made = Texts(texts, before(language))
    with monkeypatch.context() as patch:
        patch.setattr(catalog, "_catalog", lambda name: made if name == language else before(name))
        yield


def pseudo(text: str) -> str:
    """Return an English text accented, a third longer and in brackets; its places stay."""
    parts = PLACE.split(text)
    accented = "".join(part if PLACE.fullmatch(part) else part.translate(ACCENTS) for part in parts)
    longer = "~" * (len(text) // 3)
    return f"{OPEN}{accented}{longer}{CLOSE}"


def add_pseudo_locale(folder: Path) -> None:
    """Write the languages that there are, and the pseudo-locale, into a folder."""
    shutil.copytree(catalog.LOCALE, folder, dirs_exist_ok=True)
    with (folder / "en/LC_MESSAGES/livemon.po").open("rb") as file:
        english = read_po(file, locale="en")
    made = Catalog(locale="en", charset="utf-8", fuzzy=False)
    for one in english:
        if one.id:
            code = one.id if isinstance(one.id, str) else one.id[0]
            plain = code.startswith("date.")  # patterns, no words
            texts = one.string if isinstance(one.string, tuple) else (one.string,)
            told = tuple(text if plain else pseudo(text) for text in texts)
            made.add(one.id, told if isinstance(one.string, tuple) else told[0])
    out = io.BytesIO()
    write_mo(out, made)
    path = folder / PSEUDO / "LC_MESSAGES/livemon.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(out.getvalue())


@contextmanager
def pseudo_locale(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let there be the pseudo-locale, for as long as this lasts; it is its catalog, and no code."""
    add_pseudo_locale(folder)
    with monkeypatch.context() as patch:
        patch.setattr(catalog, "LOCALE", folder)
        forget_catalogs()
        yield PSEUDO
    forget_catalogs()


def forget_catalogs() -> None:
    """Let catalogs be read anew."""
    for kept in (catalog.languages, catalog._catalog, catalog._signs):
        kept.cache_clear()


def outside(text: str) -> str:
    """Return what stands outside of brackets."""
    before = ""
    while before != text:
        before, text = text, INNERMOST.sub("", text)
    return text
