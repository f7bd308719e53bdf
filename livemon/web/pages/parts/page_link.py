"""Lifeline: what each page arranges with its browser, above all whether the server still has its session.

Bokeh connects again by itself, but to a new session when the old one is gone; the page would go on showing the old
one's pictures, and half of its buttons would work. What the page does about it is lifeline.js's: it loads itself again.
The browser also keeps the language, and light or dark, for the next page; what the page shows goes into its address.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from livemon.web.pages.parts.player import STATIC


class Lifeline(JSComponent):
    """Nothing to see; one on each page."""

    session = param.String(default="", doc="Which session this is; known to nobody else.")
    asked = param.Integer(default=0, doc="From the browser: how often it asked.")
    language = param.String(default="", doc="The page's language, which the browser keeps when it was chosen.")
    dark = param.Boolean(default=False, doc="Whether the page is dark; the browser keeps it, or sets what it kept.")
    address = param.String(default="", doc="The query to put into the page's address; empty leaves it as it is.")
    look_at = param.String(default="", doc="A number that grows, and the CSS class of what is to be in sight.")
    drawn = param.Boolean(default=False, doc="From the browser: whether the page is drawn and at rest.")
    answer = param.String(default="", doc="The session, and the question's number.")

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "lifeline.bundle.js"

    def __init__(self, **params: Any) -> None:
        super().__init__(session=secrets.token_hex(8), **params)
        self.param.watch(self._on_asked, "asked")

    def _on_asked(self, event: Any) -> None:
        self.answer = f"{self.session} {event.new}"
