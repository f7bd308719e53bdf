"""A Bokeh client without a browser: it opens a page as a visitor does and connects with the page's own token."""

from __future__ import annotations

import re
from urllib.request import Request, urlopen

from bokeh.client import ClientSession
from bokeh.util.token import get_session_id

from tests.waiting import PATIENCE_S


class PageSession(ClientSession):
    """A connection to the session of a page.

    Parameters
    ----------
    url
        Of the page.
    page_token
        From the page's HTML.
    """

    def __init__(self, url: str, page_token: str) -> None:
        socket = re.sub("^http", "ws", url).split("?")[0].rstrip("/") + "/ws"
        super().__init__(session_id=get_session_id(page_token), websocket_url=socket)
        self._page_token = page_token

    @property
    def token(self) -> str:
        return self._page_token


def page_token(url: str, **headers: str) -> str:
    """The token that a page carries."""
    with urlopen(Request(url, headers=headers), timeout=PATIENCE_S) as answer:
        found = re.search(r'"token":"([^"]+)"', answer.read().decode())
    assert found
    return found[1]


def open_page(url: str, token: str = "") -> PageSession:
    """Open a page, or connect to one that is open, and pull what it shows."""
    session = PageSession(url, token or page_token(url))
    session.pull()
    return session
