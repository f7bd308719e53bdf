"""The kiosk page: the live pictures for a wall screen, without navigation, with a frame and optional sound at a danger.

It is the Live page's address with `kiosk=1`. The tiles are parts/wall.py's; one camera with controls is live.py's.
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui
import param
from panel.custom import JSComponent

from livemon.base.errors import LivemonError
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import beside, tr, tr_all, tr_message
from livemon.web.pages.parts.player import STATIC, PlayerPane, built_player
from livemon.web.pages.parts.wall import Tiles, Wall, dangers_now
from livemon.web.pages.shell.nav import LIVE, Nav
from livemon.web.pages.shell.page import asked_for, follow, make_page, prepare_page, status_html

TICK_MS = 1000

KIOSK = "kiosk"
"""The name in the address."""

WORDS = {
    "sound_off": "live.sound_off",
    "sound_on": "live.sound_on",
    "full_screen": "live.full_screen",
    "leave": "live.leave_kiosk",
}


class KioskTools(JSComponent):
    """Buttons, red frame and sound; see kiosk.js."""

    dangers = param.List(default=[], doc="Dangers that count now, [id, words] each; a new id is sounded.")
    leave = param.String(default="./", doc="Address of the page to go back to, relative to this one.")
    words = param.Dict(default=WORDS)

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "kiosk.bundle.js"


class KioskPage(pn.viewable.Viewer):
    """The page of one browser session.

    Parameters
    ----------
    monitor
        The process's monitor, as who opens the page may see it.
    nav
        The page's frame; its links are not seen.
    """

    def __init__(self, monitor: AuthorizedMonitor, nav: Nav) -> None:
        super().__init__()
        for bundle in ("panel_player", "kiosk"):
            built_player(bundle)  # a sentence now is better than an empty box later
        self._monitor = monitor
        self.nav = nav
        self._asked = asked_for("camera")
        query = f"?{urlencode({'camera': self._asked})}" if self._asked else ""
        self.tools = KioskTools(leave=nav.live + query, words=tr_all(WORDS), width=0, height=0, margin=0)
        self._problem = pn.pane.HTML("", sizing_mode="stretch_width", visible=False, styles={"font-size": "28px"})
        self.wall = Wall(monitor, only=self._asked, kiosk=True)

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self.tools, self._problem, self.wall, sizing_mode="stretch_width", margin=0)

    def read(self) -> Tiles | LivemonError:
        """Read the cameras' latest events; blocks some milliseconds after each change."""
        try:
            return self.wall.read()
        except LivemonError as exc:
            return exc

    def show(self, tiles: Tiles | LivemonError) -> None:
        """Put a reading on the page; what did not change is not sent."""
        if isinstance(tiles, LivemonError):
            problem = status_html("#d92d20", tr("page.cannot_read"), tr_message(tiles.said))
        elif tiles:
            problem = ""
        elif self._asked:
            problem = status_html("#b54708", tr("page.no_camera"), tr("day.there_no_camera", name=self._asked))
        else:
            problem = status_html("#b54708", tr("page.no_camera"), tr("page.add_one_on_cameras"))
        if self._problem.object != problem:
            self._problem.param.update(object=problem, visible=bool(problem))
        if isinstance(tiles, LivemonError):
            return
        self.wall.show(tiles)
        dangers = dangers_now(self._monitor, tiles)
        if dangers != self.tools.dangers:
            self.tools.dangers = dangers

    async def tick(self) -> None:
        """Bring the page up to date."""
        self.show(await beside(self.read))


def kiosk_page(monitor: AuthorizedMonitor, live: str = "./") -> pmui.Page:
    """Return the page for the session that is being opened; `live` is the live page's address, relative to it."""
    prepare_page()
    view = KioskPage(monitor, Nav(LIVE, live, monitor))
    page = make_page(view.nav, view, has_bar=False, early=[PlayerPane])
    # The page is sent as it is now; changes follow once it is drawn.
    view.show(view.read())
    follow(view.nav, view.tick, TICK_MS)
    return page
