"""Texts of the Live page on one camera: its last day in numbers, and the reason for missing events.

Pure.

Its layout lives in web/pages/live.py; the states of a stream in states.py.
"""

from __future__ import annotations

from typing import Any

from livemon.base.stream_types import StreamStatus
from livemon.web.i18n.language import tr


def numbers_html(stats: dict[str, Any]) -> str:
    """Return the last day in numbers; dangers stand first, and are not counted as warnings."""
    events, looks = stats["events"], stats["looks"]
    failed = sum(count for state, count in looks.items() if state != "ok")
    numbers = [
        (str(events.get("danger", 0)), tr("live.dangers")),
        (str(events.get("warning", 0)), tr("live.warnings")),
        (str(sum(events.values())), tr("live.events")),
        (str(sum(looks.values())) + (tr("live.failed", n=failed) if failed else ""), tr("live.looks")),
        (_duration(stats["recorded_s"]), tr("live.archived")),
    ]
    cells = "".join(
        f"<div style='flex:1 1 60px;text-align:center'><div style='font-size:20px;font-weight:650'>{number}</div>"
        f"<div style='opacity:.7;font-size:12px'>{label}</div></div>"
        for number, label in numbers
    )
    row = "display:flex;flex-wrap:wrap;gap:6px 2px;padding-top:6px"
    return f"<div style='{row}' title='{tr('live.last_24_hours')}'>{cells}</div>"


def _duration(seconds: float) -> str:
    return tr("page.min", n=f"{seconds / 60:.0f}") if seconds < 3600 else tr("page.h", n=f"{seconds / 3600:.1f}")


def empty_reason(running: bool, status: StreamStatus) -> str:
    """Say why the table is empty: nothing seen is not the same as not looked."""
    if not running:
        return tr("live.camera_stopped_nothing_looked")
    looks = status.counters.get("looks", 0)
    if looks == 0:
        return tr("live.nothing_has_been_looked")
    return tr("live.looks_since_start_found", n=looks)
