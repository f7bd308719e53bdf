"""The live player as a Panel component. Its JavaScript is built from livemon/web/js into static/ beside this module.

The notebook's player is web/widgets/player.py; both mount the same player_core.js.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from livemon.base.errors import ToolMissing
from livemon.web.i18n.language import tr_all
from livemon.web.pages.parts.player_text import PLAYER_WORDS

STATIC = Path(__file__).parent / "static"


def built_player(name: str) -> Path:
    """Return a built bundle.

    Raises
    ------
    ToolMissing
        When the player was never built in this checkout.
    """
    path = STATIC / f"{name}.bundle.js"
    if not path.is_file():
        raise ToolMissing("tool.player_not_built")
    return path


class PlayerPane(JSComponent):
    """A live HLS picture that shows LIVE with its latency, or its error, and recovers by itself.

    It rests while out of sight: a picture that is scrolled away, or in a hidden tab, loads nothing.
    """

    src = param.String(default="", doc="Playlist address, relative to the page; empty when nothing streams.")
    notice = param.String(default="", doc="What to say while there is no picture.")
    offline = param.Boolean(default=False, doc="Whether no new picture is being made; `notice` says why.")
    past = param.String(default="", doc="Playlist address of what was recorded; with it the player has its bar.")
    camera = param.String(default="", doc="Which camera it is; a snapshot's file is called so.")
    frames = param.String(default="", doc="Address of single pictures by their time; with it the bar shows small ones.")
    latest = param.String(default="", doc="Address of the newest picture, shown while the player connects.")
    markers = param.List(default=[], doc="Moments on the bar: seconds since 1970, colour, words, rank of severity.")
    track = param.Dict(default={}, doc="What the bar shows of the last two hours, as `parts.live_track` returns it.")
    moment = param.String(default="", doc="Which moment is played, in ISO 8601, from and to the browser; empty is now.")
    zone = param.String(default="", doc="IANA name of the zone in which times are written; empty is the browser's.")
    words = param.Dict(default=PLAYER_WORDS)
    status = param.Dict(default={}, doc="From the browser: state, detail, latency_s.")

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "panel_player.bundle.js"

    def __init__(self, **params: Any) -> None:
        super().__init__(**{"words": tr_all(PLAYER_WORDS), **params})
