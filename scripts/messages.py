"""The catalogs of messages: sort, check against the source, compile, and list them in docs/messages.md.

``make messages`` writes, ``make check`` runs it with ``--check``, which writes nothing. It fails on a code without a
text, a text without a code, a broken place for a value, or a stale compiled catalog.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from babel.numbers import get_decimal_symbol, get_group_symbol

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "livemon/base/messages/locale"
TABLE = ROOT / "docs/messages.md"
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
HINT = ".hint"
WITHOUT_SOURCE = ("local.",)
"""Codes of texts that are kept in English and recognised by it (base/messages/recognise.py)."""
TABLE_HEAD = """# Messages

All texts of livemon, by code. `make messages` makes this page from the catalogs: do not edit it.
An error of the API carries its code as `code`.
`livemon` prints the text in the language of `LANG`.
[CONTRIBUTING.md](../CONTRIBUTING.md) explains how to add a text or a language.

"""
KEPT_HEAD = """
## Texts of earlier versions

Events of earlier versions were stored in English, without a code.
livemon recognises them by these texts, which therefore stay as they were.

<!-- prose: off -->

"""


def read(language: str) -> Catalog:
    """Return the catalog of a language."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def path_of(language: str) -> Path:
    """Return the source of a catalog."""
    return LOCALE / language / "LC_MESSAGES/livemon.po"


def languages() -> list[str]:
    """Return the languages that have a catalog."""
    return sorted(path.parts[-3] for path in LOCALE.glob("*/LC_MESSAGES/livemon.po"))


def entries(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Return the texts of a catalog by their code: one, or one for each number."""
    return {_code(one): _texts(one) for one in catalog if one.id}


def in_order(catalog: Catalog) -> bytes:
    """Return the source of a catalog as it is kept: by code, one line a text, so that two changes rarely meet."""
    kept = Catalog(locale=catalog.locale, project="livemon", charset="utf-8")
    for one in sorted((one for one in catalog if one.id), key=_code):
        kept.add(one.id, one.string, user_comments=one.user_comments)
    out = io.BytesIO()
    write_po(out, kept, width=0, omit_header=True)
    kind = '"Content-Type: text/plain; charset=utf-8\\n"'
    plural = f'"Plural-Forms: {kept.plural_forms}\\n"'
    head = f'msgid ""\nmsgstr ""\n"Language: {catalog.locale}\\n"\n{kind}\n{plural}\n'
    return head.encode() + b"\n" + out.getvalue().strip() + b"\n"


def compiled(catalog: Catalog) -> bytes:
    """Return a catalog as gettext reads it."""
    out = io.BytesIO()
    plain = Catalog(locale=catalog.locale, charset="utf-8", fuzzy=False)
    for one in catalog:
        if one.id:
            plain.add(one.id, one.string)
    for code, said in of_cldr(str(catalog.locale)).items():
        plain.add(code, said)
    write_mo(out, plain)
    return out.getvalue()


def of_cldr(language: str) -> dict[str, str]:
    """Return what CLDR knows of a language: at run time nothing but the compiled catalog is read."""
    locale = Locale.parse(language)
    names = {
        "weekdays": locale.days["stand-alone"]["wide"],
        "weekdays_short": locale.days["format"]["abbreviated"],
        "months": locale.months["format"]["wide"],
        "months_short": locale.months["format"]["abbreviated"],
    }
    told = {f"cldr.{name}": "|".join(made[number] for number in sorted(made)) for name, made in names.items()}
    return told | {"cldr.decimal": get_decimal_symbol(locale), "cldr.group": get_group_symbol(locale)}


def same(path: Path, content: bytes) -> bool:
    """Whether a file holds this; of compiled catalogs the texts count, not Babel's version and the hour in them."""
    if not path.exists():
        return False
    if path.suffix != ".mo":
        return path.read_bytes() == content
    return read_mo_texts(path.read_bytes()) == read_mo_texts(content)


def read_mo_texts(content: bytes) -> dict[str, object]:
    """Return the texts of a compiled catalog; what CLDR knows may be that of another version of Babel."""
    texts = {_code(one): one.string for one in read_mo(io.BytesIO(content)) if one.id}
    return {code: "" if code.startswith("cldr.") else said for code, said in texts.items()}


def table(english: dict[str, tuple[str, ...]]) -> str:
    """Return the page of all errors and notices: code, what is wrong, what to do."""
    codes = [code for code in sorted(english) if not code.endswith(HINT)]
    said = _rows(english, (code for code in codes if not code.startswith(WITHOUT_SOURCE)))
    kept = _rows(english, (code for code in codes if code.startswith(WITHOUT_SOURCE)))
    return TABLE_HEAD + said + KEPT_HEAD + kept


def _rows(english: dict[str, tuple[str, ...]], codes: Iterable[str]) -> str:
    rows = ["| code | what is wrong | what to do |", "|---|---|---|"]
    for code in codes:
        hint = english.get(code + HINT, ("",))[0]
        rows.append(f"| `{code}` | {_cell(english[code][-1])} | {_cell(hint)} |")
    return "\n".join(rows) + "\n"


def problems() -> Iterator[str]:
    """Yield what is wrong with the catalogs, held against each other and against the source."""
    english = entries(read("en"))
    used, families = codes_in_source()
    for code, where in sorted(used.items()):
        if code not in english:
            yield f"{where}: '{code}' has no text in the catalog en"
    for code in english:
        plain = code.removesuffix(HINT)
        if plain not in used and not plain.startswith((*families, *WITHOUT_SOURCE)):
            yield f"en: no source uses '{code}'"
    for language in languages():
        texts = entries(read(language))
        for code in english.keys() - texts.keys():
            yield f"{language}: '{code}' has no text"
        for code in texts.keys() - english.keys():
            yield f"{language}: '{code}' is not in the catalog en"
        for code, said in texts.items():
            yield from (f"{language}: '{code}' {problem}" for problem in _wrong(said, english.get(code, said)))


def codes_in_source() -> tuple[dict[str, str], set[str]]:
    """Return the codes that the source uses, with where, and the beginnings of those that it puts together."""
    known = set(entries(read("en")))
    trees = {path: ast.parse(path.read_text()) for path in sorted((ROOT / "livemon").rglob("*.py"))}
    makers = {"message", "Message", "tr", *_errors(trees.values())}
    used: dict[str, str] = {}
    families: set[str] = set()
    for path, tree in trees.items():
        for node in ast.walk(tree):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call) and _name(node.func) in makers and (code := _code_in(node)):
                used.setdefault(code, where)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known:
                used.setdefault(node.value, where)
            elif isinstance(node, ast.JoinedStr) and (family := _family(node)):
                families.add(family)
    return used, families


def _errors(trees: Iterable[ast.Module]) -> set[str]:
    """Return the names of the classes that are errors of livemon."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found, before = {"LivemonError"}, 0
    while len(found) > before:
        before = len(found)
        found |= {one.name for one in classes if any(_name(base) in found for base in one.bases)}
    return found


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else str(getattr(node, "attr", ""))


def _code_in(call: ast.Call) -> str:
    """Return the code that a call is given; empty without one."""
    first = call.args[0] if call.args else None
    given = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return given if CODE.fullmatch(given) else ""


def _family(node: ast.JoinedStr) -> str:
    first = node.values[0] if node.values else None
    said = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return said if re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z0-9_.]*", said) else ""


def _wrong(said: tuple[str, ...], english: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with a text: empty, a place that is broken, or a value that English does not have."""
    try:
        allowed = set().union(*(_places(one) for one in english))
        places = set().union(*(_places(one) for one in said))
    except ValueError as exc:
        yield f"is broken: {exc}"
        return
    if not all(one.strip() for one in said):
        yield "is empty"
    if places - allowed:
        yield f"has places that English has not: {', '.join(sorted(places - allowed))}"
    if allowed - places - {"n"}:
        yield f"leaves out {', '.join(sorted(allowed - places))}"


def _places(said: str) -> set[str]:
    return {name.partition(".")[0] for _, name, _, _ in Formatter().parse(said) if name is not None}


def _code(one: Message) -> str:
    return str(one.id[0] if isinstance(one.id, tuple | list) else one.id)


def _texts(one: Message) -> tuple[str, ...]:
    return tuple(one.string) if isinstance(one.string, tuple | list) else (str(one.string),)


def _cell(said: str) -> str:
    return said.replace("{{", "{").replace("}}", "}").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def main() -> int:
    """Write the catalogs and the page, or with ``--check`` say what would change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when something is not as it must be")
    check = parser.parse_args().check
    found = list(problems())
    wanted = {TABLE: table(entries(read("en"))).encode()}
    for language in languages():
        catalog = read(language)
        wanted |= {path_of(language): in_order(catalog), path_of(language).with_suffix(".mo"): compiled(catalog)}
    stale = [path for path, content in wanted.items() if not same(path, content)]
    if check:
        found += [f"{path.relative_to(ROOT)} is not of today: run make messages" for path in stale]
    else:
        for path in stale:
            path.write_bytes(wanted[path])
    print("\n".join(found) or f"{len(entries(read('en')))} texts in {len(languages())} languages are in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
