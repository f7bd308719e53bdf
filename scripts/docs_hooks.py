"""Hooks of MkDocs (mkdocs.yml): pages from outside docs/, pages made from code, and HTML without inline scripts.

Pages made from code exist in the site only, so that they cannot go stale. Prose belongs to docs/.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the code of this checkout, also when another one is installed

LINK = re.compile(r"(?<=\]\()(?!\w+:|[/#])([^)#\s]+)(?=[)#])")
FENCE = re.compile(r"^(\s*```.*?^\s*```)", re.DOTALL | re.MULTILINE)
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
OWN_NAMES = {
    "README.md": "index.md",
    "docs/adr": "adr/index.md",
    "examples": "examples/index.md",
    "notebooks": "notebooks/index.md",
    "benchmarks/README.md": "benchmarks/index.md",
}
"""Pages of the site by their place in the repository, where the two differ."""
ROOT_PAGES = ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md")
OBJECTS = (
    "livemon.web.widgets.views.Views",
    "livemon.lab.lab.Lab",
    "livemon.lab.experiment.Experiment",
)
"""Results of `monitor.view`, `monitor.lab` and `lab.experiment`; public without a name in `livemon`."""


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that do not lie in docs/."""
    from mkdocs.structure.files import File

    for uri, text in generated_pages():
        files.append(File.generated(config, uri, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links of pages in docs/ lead to pages of the site."""
    return markdown if page.file.generated_by else relinked(markdown, f"docs/{page.file.src_uri}", page.file.src_uri)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Move inline scripts into files: the server's policy lets no script of a page run that is not a file."""

    def moved(found: re.Match[str]) -> str:
        name = f"assets/javascripts/inline.{hashlib.sha256(found[1].encode()).hexdigest()[:12]}.js"
        path = Path(config.site_dir, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found[1])
        return f'<script src="{posixpath.relpath(name, posixpath.dirname(page.url) or ".")}"></script>'

    return INLINE_SCRIPT.sub(moved, output)


def on_post_build(config: Any) -> None:
    """Remove what only public hosting needs; the addresses in these files assume it."""
    for name in ("404.html", "sitemap.xml", "sitemap.xml.gz"):
        Path(config.site_dir, name).unlink(missing_ok=True)


def uri_of(path: str) -> str | None:
    """Return the site's page for a path in the repository; None where the site does not have one."""
    path = path.rstrip("/")
    if path in OWN_NAMES:
        return OWN_NAMES[path]
    if path in ROOT_PAGES:
        return path.lower()
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if PurePosixPath(path).suffix in (".py", ".ipynb") and PurePosixPath(path).parts[0] in ("examples", "notebooks"):
        return str(PurePosixPath(path).with_suffix(".md"))
    return None


def relinked(markdown: str, source: str, uri: str) -> str:
    """Return a page's text with relative links that lead to pages of the site; code is left alone.

    Parameters
    ----------
    source
        The page's path in the repository.
    uri
        The page's path in the site.
    """

    def target(found: re.Match[str]) -> str:
        page = uri_of(posixpath.normpath(posixpath.join(posixpath.dirname(source), found[1])))
        return found[1] if page is None else posixpath.relpath(page, posixpath.dirname(uri) or ".")

    pieces = FENCE.split(markdown)
    return "".join(piece if i % 2 else LINK.sub(target, piece) for i, piece in enumerate(pieces))


def generated_pages() -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each page that does not lie in docs/."""
    for name in ("README.md", *ROOT_PAGES, "benchmarks/README.md"):
        uri = str(uri_of(name))
        yield uri, relinked((ROOT / name).read_text(), name, uri)
    for folder, suffix, text_of in (("examples", ".py", example_page), ("notebooks", ".ipynb", notebook_page)):
        pages = {path.stem: text_of(path) for path in sorted((ROOT / folder).glob(f"*{suffix}"))}
        yield from ((f"{folder}/{stem}.md", text) for stem, text in pages.items())
        rows = [f"- [{text.splitlines()[0].lstrip('# ')}]({stem}.md)" for stem, text in pages.items()]
        yield f"{folder}/index.md", f"# {folder.capitalize()}\n\n" + "\n".join(rows) + "\n"
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    rows = [f"- [{path.read_text().splitlines()[0].lstrip('# ')}]({path.name})" for path in decisions]
    yield "adr/index.md", "# Decisions\n\n" + "\n".join(rows) + "\n"
    yield "reference/cli.md", command_line_page()
    yield "reference/python.md", python_page()
    yield "reference/tables.md", tables_page()


def example_page(path: Path) -> str:
    """Return a page with an example's first sentence as title, and its code."""
    title = path.stem.replace("_", " ").capitalize()
    return f'# {title}\n\n```python title="examples/{path.name}"\n{path.read_text()}```\n'


def notebook_page(path: Path) -> str:
    """Return a notebook as a page: its text, and its code without outputs."""
    cells = json.loads(path.read_text())["cells"]
    parts = [
        "".join(cell["source"]) if cell["cell_type"] == "markdown" else f"```python\n{''.join(cell['source'])}\n```"
        for cell in cells
    ]
    uri = f"notebooks/{path.stem}.md"
    return relinked("\n\n".join(parts) + "\n", f"notebooks/{path.name}", uri)


def command_line_page() -> str:
    """Return every command with its arguments and options, in English."""
    import typer.main

    from livemon.cli import language

    language.language = lambda: "en"  # before the commands are imported: they take their help then
    from livemon.cli.app import app

    lines = ["# Command line", "", "Every command takes `--help`."]

    def describe(command: Any, name: str) -> None:
        for child in sorted(getattr(command, "commands", {})):
            describe(command.commands[child], f"{name} {child}")
        if hasattr(command, "commands"):
            return
        shown = [one for one in command.params if not getattr(one, "hidden", False)]
        arguments = "".join(f" {one.name.upper()}" for one in shown if one.param_type_name == "argument")
        lines.extend(["", f"## {name}", "", command.help or "", "", "```sh", f"{name}{arguments}", "```"])
        rows = [
            f"| {', '.join(f'`{flag}`' for flag in one.opts)} | {cell(getattr(one, 'help', '') or '')} |"
            for one in shown
            if one.param_type_name == "option"
        ]
        if rows:
            lines.extend(["", "| option | meaning |", "|---|---|", *rows])

    describe(typer.main.get_command(app), "livemon")
    return "\n".join(lines) + "\n"


def python_page() -> str:
    """Return the public names, described from their docstrings by mkdocstrings."""
    import livemon

    lines = ["# Python", "", "The names of `import livemon as lm`.", ""]
    for name in livemon.__all__:
        lines.extend([f"## livemon.{name}", "", f"::: {livemon._HOMES[name]}.{name}", ""])
    lines.extend(["# Objects of a monitor", ""])
    lines.extend(f"::: {name}\n" for name in OBJECTS)
    return "\n".join(lines)


def tables_page() -> str:
    """Return the tables of the database with the columns, and what each docstring and comment says."""
    import importlib

    for path in sorted((ROOT / "livemon" / "store" / "tables").glob("*.py")):
        importlib.import_module(f"livemon.store.tables.{path.stem}")
    from livemon.store.tables.recordings import Base

    lines = ["# Tables", "", "Times are in UTC. Columns that may be empty are marked."]
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.local_table.name):
        table = mapper.local_table
        lines.extend(["", f"## {table.name}", "", cell((mapper.class_.__doc__ or "").split("\n\n")[0]), ""])
        lines.extend(["| column | type | empty | meaning |", "|---|---|---|---|"])
        for column in table.columns:
            kind = re.sub(r"\(.*", "", str(column.type)).lower()
            empty = "yes" if column.nullable else ""
            lines.append(f"| `{column.name}` | {kind} | {empty} | {cell(column.doc or column.comment or '')} |")
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Return a text that fits in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
