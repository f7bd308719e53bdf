"""Texts of the Prompts page, as HTML and as options of a select. Pure; all text is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from html import escape

import pandas as pd

from livemon.base.model_types import Purpose
from livemon.inference.prompts import NOBODY
from livemon.web.i18n.language import short_day, tr

STYLES = """
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; width: 100%; }
th, td { text-align: left; padding: 6px 14px 6px 0; vertical-align: top; overflow-wrap: anywhere; }
th { font-size: 12px; font-weight: 500; opacity: .76; }
tbody tr { border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
code { font-size: 12.5px; } .quiet { opacity: .76; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; line-height: 1.5; margin: 8px 0 0; }
pre span { display: block; padding: 0 8px; }
.more { background: color-mix(in srgb, #1f9d63 20%, transparent); }
.less { background: color-mix(in srgb, #d92d20 18%, transparent); }
.place { opacity: .7; margin-top: 8px; }
@media (max-width: 560px) { .narrow { display: none; } }
"""
PURPOSES = {Purpose.LOOK.value: "live.looks", Purpose.STUDY.value: "cameras.studies"}
SHORT = 8
NARROW = " class='narrow'"
DASH = "\N{EN DASH}"


def live_html(live: pd.DataFrame, names: Mapping[str, str], zone: tzinfo | None) -> str:
    """Return the live prompts by camera; `names` are the cameras' display names."""
    rows = "".join(
        f"<tr><td>{escape(names.get(row['camera_id'], row['camera_id']))}</td><td>{tr(PURPOSES[row['purpose']])}</td>"
        f"<td>{escape(row['name'])} <code class='quiet'>{row['version'][:SHORT]}</code></td>"
        f"<td class='narrow'>{escape(_who(row['by']))}</td><td class='narrow'>{_when(row['since_utc'], zone)}</td></tr>"
        for row in live.to_dict("records")
    )
    return (
        f"<div class='wide'><table><thead><tr>{_head('page.camera')}{_head('cameras.for')}"
        f"{_head('page.prompt_title')}{_head('cameras.by', NARROW)}"
        f"{_head('cameras.since', NARROW)}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def history_html(history: pd.DataFrame, zone: tzinfo | None) -> str:
    """Return the promotions with time, author and note."""
    if not len(history):
        return f"<p class='quiet'>{tr('cameras.nothing_was_changed_here')}</p>"
    rows = "".join(
        f"<tr><td>{_when(row['from_utc'], zone)}</td><td>{_name(row['name'], row['version'])}</td>"
        f"<td>{escape(_who(row['by']))}</td><td>{escape(row['note'])}</td></tr>"
        for row in history.to_dict("records")
    )
    return (
        f"<div class='wide'><table><thead><tr>{_head('cameras.from')}{_head('page.prompt_title')}"
        f"{_head('cameras.by')}{_head('cameras.why')}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def diff_html(diff: str) -> str:
    """Return a unified diff with its lines coloured; a sentence when there is none."""
    if not diff:
        return f"<p class='quiet'>{tr('cameras.they_same')}</p>"
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    return f"<pre>{''.join(_line(line) for line in lines)}</pre>"


def prompt_options(table: pd.DataFrame) -> dict[str, str]:
    """Return versions by display name, in the form of a select."""
    return {
        f"{row['name']} ({tr(PURPOSES[row['purpose']])}, {row['version'][:SHORT]})": row["version"]
        for row in table.to_dict("records")
    }


def _head(name: str, look: str = "") -> str:
    return f"<th scope='col'{look}>{tr(name)}</th>"


def _line(line: str) -> str:
    look = {"+": "more", "-": "less", "@": "place"}.get(line[:1], "")
    said = {"more": "cameras.added_word", "less": "cameras.removed"}.get(look, "")
    label = f" aria-label='{tr(said)}: {escape(line[1:], quote=True)}'" if said else ""
    return f"<span class='{look}'{label}>{escape(line) or ' '}</span>"


def _who(by: str) -> str:
    return tr("cameras.by_settings") if by == NOBODY else by


def _name(name: str, version: str) -> str:
    if not version:
        return tr("cameras.as_in_settings")
    return f"{escape(name)} <code class='quiet'>{version[:SHORT]}</code>"


def _when(moment: pd.Timestamp | None, zone: tzinfo | None) -> str:
    if moment is None or pd.isna(moment):
        return DASH
    local = moment.astimezone(zone)
    return f"{short_day(local)} {local.year} {local:%H:%M}"
