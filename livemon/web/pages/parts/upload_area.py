"""UploadArea: where videos are dropped for a camera that plays a folder. They go over the API (web/api/uploads.py)."""

from __future__ import annotations

from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui
import param
from panel.custom import JSComponent

from livemon.base.roles import Role
from livemon.stream.sources.folder import FakeLiveStreamGenerator
from livemon.web.api.guard import API_ROOT
from livemon.web.auth.session_monitor import AuthorizedMonitor
from livemon.web.i18n.language import tr, tr_all
from livemon.web.pages.parts.player import STATIC

WORDS = {
    "drop": "cameras.drop_videos_here_or",
    "choose": "cameras.choose_files",
    "cancel": "page.cancel",
    "receiving": "cameras.sending",
    "waiting": "cameras.waiting_for_its_turn",
    "checking": "cameras.being_checked",
    "converting": "cameras.being_converted",
    "done": "cameras.in_camera_queue",
    "refused": "cameras.was_not_taken",
    "cancelled": "cameras.cancelled",
    "lost": "cameras.connection_was_lost_bring",
}
NO_FOLDER = "cameras.no_camera_here_plays"


class UploadArea(JSComponent):
    """The drop area; see upload_area.js."""

    camera = param.String(default="", doc="For whom the videos are.")
    api = param.String(default=API_ROOT.lstrip("/"), doc="Relative to the page, so that a path prefix works.")
    words = param.Dict(default=WORDS)

    # Only a bundle and no _esm: Panel then serves it as a file of its own, which browsers cache.
    _bundle: ClassVar[Any] = STATIC / "upload_area.bundle.js"


class UploadDesk(pn.viewable.Viewer):
    """The drop area with the choice of a camera; `show` brings it up to date."""

    def __init__(self) -> None:
        super().__init__()
        self._area = UploadArea(words=tr_all(WORDS), sizing_mode="stretch_width", visible=False)
        self._camera = pmui.Select(
            label=tr("cameras.for"), options={}, size="small", width=260, margin=(6, 5), visible=False
        )
        self._none = pn.pane.HTML(
            f"<p style='opacity:.8;margin:4px 5px'>{tr(NO_FOLDER)}</p>", sizing_mode="stretch_width"
        )
        self._camera.param.watch(lambda event: self._area.param.update(camera=event.new or ""), "value")

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self._camera, self._none, self._area, sizing_mode="stretch_width", margin=0)

    def show(self, monitor: AuthorizedMonitor) -> None:
        """Offer the cameras that play a folder, and that the user may bring videos to."""
        options = {
            f"{camera.name} ({camera_id})": camera_id
            for camera_id, camera in monitor.cameras.items()
            if isinstance(camera.source, FakeLiveStreamGenerator) and monitor.may(Role.OPERATOR, camera_id)
        }
        if options != self._camera.options:
            value = self._camera.value if self._camera.value in options.values() else next(iter(options.values()), None)
            self._camera.param.update(options=options, value=value, visible=bool(options))
            self._area.visible, self._none.visible = bool(options), not options
