"""Pieces of HTML that sections are made of: tables, chips, legends. Every text is escaped here.

Their content lives in sections.py; their look in style.css.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from livemon.base.datatypes import Severity
from livemon.reports.render.figure import HATCH, SEVERITY_MARKS

PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="livemon">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
{css}
</style>
</head>
<body>
<main class="report">
{sections}
</main>
</body>
</html>
"""


def whole_page(title: str, language: str, sections: Iterable[str], style: str = "") -> str:
    """Return a page of sections that needs no other file.

    Parameters
    ----------
    style
        Rules of this page alone, in addition to style.css and page.css.
    """
    css = "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("style.css", "page.css"))
    return PAGE.format(title=escape(title), language=escape(language), css=css + style, sections="\n".join(sections))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, and the class of its cells (``n``: a number; ``what``: text that may be long)."""

    head: str
    kind: str = ""


def section(name: str, heading: str, *parts: str) -> str:
    """Return a section of the report."""
    return f'<section class="lm-report lm-{name}"><h2>{escape(heading)}</h2>{"".join(parts)}</section>'


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of text."""
    return f"<p{_class(kind)}>{escape(text)}</p>" if text else ""


def bullets(texts: Sequence[str]) -> str:
    """Return a list of sentences."""
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>" if texts else ""


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Return a table; cells are HTML that is escaped already."""
    heads = "".join(f'<th scope="col"{_class(one.kind)}>{escape(one.head)}</th>' for one in columns)
    body = "".join(
        f"<tr>{''.join(f'<td{_class(one.kind)}>{cell}</td>' for one, cell in zip(columns, row, strict=True))}</tr>"
        for row in rows
    )
    return f"<table{_class(kind)}><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def chip(severity: str, word: str) -> str:
    """Return a severity as its mark, the same as in the chart, and its word."""
    return f'<span class="chip {escape(severity)}">{mark(severity)}{escape(word)}</span>'


def mark(severity: str) -> str:
    """Return the mark of a severity as a small drawing."""
    colour = SEVERITY_MARKS.get(Severity.read(severity), ("", "#5a6270"))[1]
    shapes = {
        Severity.DANGER: "M5 .6 9.8 9.4H.2Z",
        Severity.WARNING: "M5 .4 9.6 5 5 9.6.4 5Z",
    }
    path = shapes.get(Severity.read(severity), "M5 .8a4.2 4.2 0 1 0 .01 0Z")
    return f'<svg class="mark" viewBox="0 0 10 10" aria-hidden="true"><path d="{path}" fill="{colour}"/></svg>'


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Return the key to a chart: drawings and what they mean."""
    items = "".join(f"<li>{drawing}{escape(word)}</li>" for drawing, word in entries)
    return f'<ul class="legend">{items}</ul>'


def swatch(name: str, colour: str, hatch: str = "", *, line: str = "") -> str:
    """Return a patch of a chart's colour and pattern. `name` is unlike any other on the page."""
    patterns = {
        "/": '<path d="M-1 5 5-1M-1 9 9-1M3 9 9 3"/>',
        "\\": '<path d="M-1 3 5 9M-1-1 9 9M3-1 9 5"/>',
        "|": '<path d="M2 0V12M6 0V12"/>',
        "x": '<path d="M0 0 8 8M8 0 0 8"/>',
    }
    drawn = ""
    if hatch:
        drawn = (
            f'<defs><pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<g stroke="{HATCH}" fill="none" stroke-width=".9">{patterns[hatch[0]]}</g></pattern></defs>'
            f'<rect width="20" height="12" fill="url(#{name})"/>'
        )
    if line:
        drawn += f'<path d="M0 3H20" stroke="{line}" stroke-width="2.4"/>'
    return (
        f'<svg class="swatch" viewBox="0 0 20 12" aria-hidden="true"><rect width="20" height="12" fill="{colour}"/>'
        f'{drawn}<rect x=".4" y=".4" width="19.2" height="11.2" fill="none" stroke="#b9c0ca" stroke-width=".8"/></svg>'
    )


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
