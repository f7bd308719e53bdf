"""From a notebook that ran to one page: HTML that needs no other file but its clips, and PDF from the same HTML.

Only outputs of cells tagged `section` are on the page. Running the notebook lives in worker.py, the content of the
sections in reports/render/sections.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from livemon.base.errors import ReportError
from livemon.base.messages.message import Message, message
from livemon.reports.render.html import whole_page

SECTION = "section"
"""Tag of the cells whose outputs make the page."""

LINK = re.compile(
    r"""<a\b[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))[^>]*>(.*?)</a>""", re.DOTALL | re.IGNORECASE
)


def page(notebook: Any, title: str, language: str) -> str:
    """Return the page of a notebook that ran.

    Parameters
    ----------
    notebook
        An nbformat 4 notebook with its outputs.

    Raises
    ------
    ReportError
        When no cell is a section.
    """
    shown = [one for one in _outputs(notebook) if one.strip()]
    if not shown:
        raise ReportError("report.empty_notebook")
    return whole_page(title, language, shown)


def pdf_trouble() -> Message | None:
    """Return why no PDF can be made here; None when it can."""
    try:
        import weasyprint  # noqa: F401
    except ImportError:
        return Message("report.no_weasyprint")
    except OSError as exc:  # it loads Pango when it is imported
        return message("report.no_pango", reason=str(exc).splitlines()[0])
    return None


def to_pdf(html: str) -> bytes:
    """Return a page as PDF; nothing is fetched from anywhere, and every link in it leads somewhere.

    Links to files beside the page are left out: the place of a PDF is unknown. So are those to places it does not have.
    """
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols=("data",))
    document = HTML(string=on_paper(html), url_fetcher=fetcher)
    made: bytes = document.write_pdf()
    return made


def on_paper(html: str) -> str:
    """Return a page with the words of links that lead nowhere on paper in the place of these."""

    def kept(link: re.Match[str]) -> str:
        target = next(part for part in link.groups()[:3] if part is not None).strip().lower()
        alive = target.startswith(("http://", "https://", "mailto:"))
        if target.startswith("#"):
            alive = re.search(rf"""\bid\s*=\s*["']?{re.escape(target[1:])}["'\s>]""", html, re.IGNORECASE) is not None
        return link[0] if alive else f'<span class="unlinked">{link[4]}</span>'

    return LINK.sub(kept, html)


def _outputs(notebook: Any) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.cell_type == "code" and SECTION in cell.metadata.get("tags", ()):
            yield from (_html(output) for output in cell.outputs)


def _html(output: Any) -> str:
    """Return an output as HTML: the richest form it has."""
    if output.output_type == "stream" and output.get("name") == "stderr":
        return ""  # warnings name folders of the server; they stay in the notebook
    if output.output_type == "stream":
        return f"<pre>{escape(_text(output.text))}</pre>"
    data = output.get("data", {})
    for kind in ("text/html", "image/svg+xml"):
        if kind in data:
            return _text(data[kind])
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            return f'<img alt="" src="data:{kind};base64,{_text(data[kind]).strip()}">'
    return f"<pre>{escape(_text(data['text/plain']))}</pre>" if "text/plain" in data else ""


def _text(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
