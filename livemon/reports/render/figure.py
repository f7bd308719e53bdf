"""Common parts of the charts: a figure without a screen, the day's clock as its axis, colours, and clean SVG.

Text stays text, in the page's own font. Each chart is drawn once for wide and once for narrow pages, because scaled
letters cannot be read on a phone. The charts live in charts.py.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from livemon.base.datatypes import EventType, Severity
from livemon.reports.facts.day import Day
from livemon.reports.facts.windows import WindowState, local_hours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE, NARROW = 680, 350
"""Widths of a drawing in its own units, which are pixels where it is shown at that width."""

INK, QUIET, LINE = "#1f2328", "#5a6270", "#d5d9e0"
SCORE = "#1d4f91"
SEVERITY_MARKS = {Severity.DANGER: ("^", "#b42318"), Severity.WARNING: ("D", "#b45f06"), Severity.INFO: ("o", SCORE)}
"""Shape and colour: neither alone must be enough to tell them apart."""

TYPE_COLOURS = {EventType.SAFETY: "#b45f06", EventType.DEVELOPMENT: SCORE, EventType.ACTIVITY: "#9dbbe0"}
STATE_FILLS = {
    WindowState.COMPLETED: ("#4f7fb8", ""),
    WindowState.BY_RULE: ("#dbe6f3", "...."),
    WindowState.NO_PEOPLE: ("#dbe6f3", "oo"),
    WindowState.WAITING: ("#ead9a6", ""),
    WindowState.FAILED: ("#d98f6a", "xxxx"),
    WindowState.NOT_KEPT: ("#d5d9e0", "||||"),
    WindowState.NOT_RECORDED: ("#f1f2f5", "////"),
    WindowState.RECORDING: ("#ffffff", ""),
    WindowState.TO_COME: ("#ffffff", ""),
}
"""Colour and pattern of each state; the patterns tell them apart without colour."""

HATCH = "#a3aab6"
OWN_IDS = re.compile(r' id="(?!h[0-9a-f]{10}|p[0-9a-f]{10}|m[0-9a-f]{10}|C)[^"]*"')
"""Ids that nothing refers to; two drawings on a page would share them."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The day as a line: hours since its beginning."""

    day: Day

    @property
    def length_h(self) -> float:
        """Hours of the day: 23 to 25."""
        return (self.day.end_utc - self.day.start_utc).total_seconds() / 3600

    def at(self, moment: datetime) -> float:
        """Return where a moment stands."""
        return (moment - self.day.start_utc).total_seconds() / 3600

    def ticks(self, every_h: int) -> list[tuple[float, str]]:
        """Return the hours to be named: every so many, and the one after clocks changed, with the zone's name."""
        found: list[tuple[float, str]] = []
        near_h = every_h / 3
        changed_h, before = -near_h - 1, None
        for start, _ in local_hours(self.day.start_utc, self.day.end_utc, self.day.zone):
            local, at = start.astimezone(self.day.zone), self.at(start)
            if before is not None and local.utcoffset() != before:
                found = [one for one in found if at - one[0] > near_h]
                found.append((at, f"{local:%H} {local:%Z}"))
                changed_h = at
            elif local.hour % every_h == 0 and local.minute == 0 and at - changed_h > near_h:
                found.append((at, f"{local:%H}"))
            before = local.utcoffset()
        return [*found, (self.length_h, "24")]


@contextmanager
def drawing(width: int, height: int) -> Iterator[Figure]:
    """Open a figure of so many units, drawn with the page's letters."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Letters that matplotlib's own fonts lack are the page's business.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    style: Any = {
        "svg.fonttype": "none",
        "font.size": 10.5,
        "text.color": INK,
        "axes.edgecolor": LINE,
        "axes.linewidth": 0.8,
        "xtick.color": QUIET,
        "ytick.color": QUIET,
        "hatch.linewidth": 0.7,
        "hatch.color": HATCH,
        "patch.linewidth": 0,
    }
    with mpl.rc_context(style):
        yield Figure(figsize=(width / 72, height / 72), layout=None)


def to_svg(figure: Figure, name: str, described: str) -> str:
    """Return a figure as an SVG element for the page.

    Parameters
    ----------
    name
        Of the drawing, unlike any other on the page: patterns are found by it.
    described
        Description of the chart, for those who do not see it.
    """
    import warnings

    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.S)
    text = re.sub(r"<!--.*?-->\s*|<defs>\s*<style.*?</defs>\s*", "", text, flags=re.S)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    text = re.sub(r"\s+", " ", OWN_IDS.sub("", text))
    label = f'role="img" aria-label="{escape(described)}"'
    return re.sub(
        r'<svg ([^>]*?)width="[^"]*" ?', rf"<svg {label} \1", re.sub(r' height="[\d.]+pt"', "", text, count=1)
    )


def bare(axes: Axes, axis: Axis, every_h: int, *, labels: bool = True) -> None:
    """Give axes the day as their clock, and take away all lines but the ground."""
    axes.set_xlim(0, axis.length_h)
    ticks = axis.ticks(every_h)
    axes.set_xticks([at for at, _ in ticks], [label for _, label in ticks] if labels else [""] * len(ticks))
    axes.tick_params(length=3 if labels else 0, pad=3)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
