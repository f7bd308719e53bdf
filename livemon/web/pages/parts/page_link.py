"""Lifeline: link of a page to its browser; above all it reloads the page after a lost connection.

Bokeh connects again by itself, to a new session when the old one is gone. The page would show the old one's pictures,
and half of its buttons would work. The page's reaction is in js/lifeline.js. The browser also keeps the language, and
light or dark, for the next page; the state of the page goes into its address.
"""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from livemon.web.pages.parts.player import STATIC


class Lifeline(JSComponent):
    """Nothing to see; one on each page."""

    language = param.String(default="", doc="The page's language, which the browser keeps when it was chosen.")
    title = param.String(default="livemon", doc="The title of the browser's tab.")
    dark = param.Boolean(default=False, doc="Whether the page is dark; the browser keeps it, or sets what it kept.")
    address = param.String(default="", doc="The query to put into the page's address; empty leaves it as it is.")
    look_at = param.String(default="", doc="A number that grows, and the CSS class of what is to be in sight.")
    drawn = param.Boolean(default=False, doc="From the browser: whether the page is drawn and at rest.")

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "lifeline.bundle.js"
