"""Side by side: reports of arms, with the pictures and the label, as HTML for a cell or a page; and prompts compared.

All text of models, labels and prompts is escaped. The cases live in cases.py, the page around them in page.py.
"""

from __future__ import annotations

import base64
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from livemon.base.datatypes import encode_jpeg
from livemon.base.errors import LivemonError
from livemon.lab.results.cases import ArmAnswer, Case
from livemon.lab.results.results import Results
from livemon.vlm.prompt import Prompt

PICTURES = 3
PICTURE_WIDTH = 240

STYLE = """
.lab { --line: #8886; font: 14px/1.45 system-ui, sans-serif; }
.lab table { border-collapse: collapse; width: 100%; margin: 8px 0; }
.lab th, .lab td { text-align: left !important; vertical-align: top; padding: 6px 10px;
  border-bottom: 1px solid var(--line); }
.lab td.n, .lab th.n { text-align: right !important; font-variant-numeric: tabular-nums; }
.lab .case { border: 1px solid var(--line); border-radius: 10px; padding: 10px 12px; margin: 10px 0; }
.lab .case.differs { border-left: 5px solid #c77700; }
.lab .pictures { display: flex; gap: 6px; flex-wrap: wrap; margin: 6px 0; }
.lab .pictures figure { margin: 0; font-size: 12px; }
.lab .pictures img { width: 200px; max-width: 100%; border-radius: 6px; display: block; }
.lab .chip { border-radius: 999px; padding: 1px 9px; font-size: 12px; font-weight: 600; color: #fff; }
.lab .danger { background: #b3261e; } .lab .warning { background: #8a5300; } .lab .info { background: #2a5db0; }
.lab .safe { background: #2e6b34; } .lab .quiet { opacity: .75; }
.lab del { background: #f5c2c0; color: #5c0f0b; }
.lab ins { background: #c1e7c6; color: #0c3d14; text-decoration: none; }
.lab .words { white-space: pre-wrap; font: 12px/1.5 ui-monospace, monospace; border: 1px solid var(--line);
  border-radius: 8px; padding: 8px 10px; overflow-x: auto; }
"""


@dataclass(frozen=True, slots=True)
class Html:
    """HTML that a notebook shows; `str` gives it as text."""

    text: str

    def _repr_html_(self) -> str:
        return f"<style>{STYLE}</style><div class='lab'>{self.text}</div>"

    def __str__(self) -> str:
        return self.text


def cases_html(results: Results, cases: Sequence[Case], most: int) -> str:
    """Return the first `most` cases; blocks: it decodes their pictures."""
    if not cases:
        return "<p class='quiet'>Nothing was labelled and nothing was told.</p>"
    shown = "".join(case_html(results, case) for case in cases[:most])
    left = len(cases) - most
    return shown + (f"<p class='quiet'>{left} more cases are not shown.</p>" if left > 0 else "")


def case_html(results: Results, case: Case) -> str:
    """Return one case: pictures, label, and what each arm said."""
    item = results.dataset.item(case.item)
    start = datetime.fromtimestamp(case.start_s, UTC)
    offset_s = (start - item.start_utc).total_seconds()
    label = case.label
    said = "<span class='quiet'>nothing is labelled here</span>"
    if label is not None:
        note = next((one.note for one in item.truths if one.start_utc == start and one.kind == label["kind"]), "")
        said = f"{_chip(label['severity'])} {escape(label['kind'])} <span class='quiet'>{escape(note)}</span>"
    rows = "".join(f"<tr><td>{escape(one.arm)}</td><td>{_said(one)}</td></tr>" for one in case.said)
    differs = " differs" if case.disagrees else ""
    return (
        f"<div class='case{differs}'><b>{escape(item.title or item.id)}</b>, {offset_s:.1f} s in"
        f"{_pictures(results, case)}<table><tr><th>Label</th><td>{said}</td></tr>{rows}</table></div>"
    )


def diff_html(before: Prompt, after: Prompt, names: tuple[str, str]) -> str:
    """Return two prompts as one text, what was taken away and what was added marked word by word."""
    one, two = (_words(prompt.to_toml()) for prompt in (before, after))
    parts: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(escape("".join(one[a:b])))
            continue
        gone, come = escape("".join(one[a:b])), escape("".join(two[c:d]))
        parts += [f"<del>{gone}</del>" if gone else "", f"<ins>{come}</ins>" if come else ""]
    title = f"<p><del>{escape(names[0])}</del> → <ins>{escape(names[1])}</ins></p>"
    return f"{title}<div class='words'>{''.join(parts)}</div>"


def _pictures(results: Results, case: Case) -> str:
    """Return pictures of the case; none, with the reason, when its footage is gone."""
    end_s = max(case.end_s, case.start_s)
    times = [case.start_s + (end_s - case.start_s) * share for share in (0.0, 0.5, 1.0)][:PICTURES]
    try:
        footage = results.place(results.dataset.item(case.item)).footage
        figures = []
        for at_s in dict.fromkeys(round(one, 1) for one in times):
            frame = footage.frame(datetime.fromtimestamp(min(at_s, _last_s(results, case)), UTC), PICTURE_WIDTH)
            data = base64.b64encode(encode_jpeg(frame.image, 70)).decode()
            figures.append(f"<figure><img alt='' src='data:image/jpeg;base64,{data}'>{frame.utc:%H:%M:%S}</figure>")
    except LivemonError as exc:
        return f"<p class='quiet'>{escape(exc.message)}</p>"
    return f"<div class='pictures'>{''.join(figures)}</div>"


def _last_s(results: Results, case: Case) -> float:
    """Return a moment that the item's last picture is still shown at."""
    return results.dataset.item(case.item).end_utc.timestamp() - 0.2


def _said(one: ArmAnswer) -> str:
    often = f" <span class='quiet'>in {one.of_repeats} repeats</span>" if one.of_repeats else ""
    if not one.verdict:
        return f"<span class='quiet'>said nothing</span>{often}"
    return f"{_chip(one.severity)} {escape(one.kind)}: {escape(one.title)}{often}"


def _chip(severity: str) -> str:
    return f"<span class='chip {escape(severity)}'>{escape(severity)}</span>"


def _words(text: str) -> list[str]:
    """Return the words of a text with the white space behind them."""
    words: list[str] = []
    for line in text.splitlines(keepends=True):
        words += [f"{word} " for word in line.rstrip("\n").split(" ")]
        words[-1] = words[-1][:-1] + ("\n" if line.endswith("\n") else "")
    return words


def table_html(columns: Iterable[str], rows: Iterable[Sequence[str]], numbers: int = 1) -> str:
    """Return a table; from column `numbers` on cells are numbers, and stand to the right."""
    head = "".join(f"<th{_right(i, numbers)}>{escape(name)}</th>" for i, name in enumerate(columns))
    body = "".join(
        f"<tr>{''.join(f'<td{_right(i, numbers)}>{escape(cell)}</td>' for i, cell in enumerate(row))}</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _right(column: int, numbers: int) -> str:
    return " class='n'" if column >= numbers else ""
