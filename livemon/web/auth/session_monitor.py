"""AuthorizedMonitor: the monitor as one visitor may see it, so that a browser's messages cannot ask for more.

Identifying the visitor does not belong here (monitor/authenticator.py). The API has a guard of its own
(web/api/guard.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import panel as pn

from livemon.base.errors import LivemonError, NotAllowed, NotLoggedIn
from livemon.base.roles import Identity, Role
from livemon.base.stream_types import StreamStatus
from livemon.cameras.camera import Camera
from livemon.monitor.monitor import Monitor
from livemon.store.audit_log import Deed, note

PAGE = "page"


class AuthorizedMonitor(Monitor):
    """A monitor that shows somebody their own cameras, and lets them do what their role allows.

    Every reader of a camera passes `camera` or `_known`, and both ask who is there: a login that ends, and a user who
    is removed, see nothing more within seconds.

    Parameters
    ----------
    monitor
        The process's monitor, of which everything is shared.
    visitor
        The key of the browser's session (`doorman.session_key`); not used while livemon asks for no login.
    """

    def __init__(self, monitor: Monitor, visitor: str) -> None:
        self.__dict__.update(vars(monitor))
        self._visitor = visitor

    @property
    def identity(self) -> Identity:
        """Who is there.

        Raises
        ------
        NotLoggedIn
            When their login ended.
        """
        if self.authenticator.open:
            return Identity.local()
        found = self.authenticator.by_session(self._visitor) if self._visitor else None
        if found is None:
            raise NotLoggedIn("access.logged_out")
        return found

    @property
    def cameras(self) -> Mapping[str, Camera]:
        """Their cameras, by id."""
        identity = self.identity
        return {
            camera_id: camera for camera_id, camera in self.camera_registry.cameras.items() if identity.sees(camera_id)
        }

    def camera(self, camera_id: str) -> Camera:
        """Return one of their cameras; NotAllowed for another, whether there is such a camera or not."""
        self.check(Role.VIEWER, camera_id)
        return super().camera(camera_id)

    def start(self, camera_id: str) -> StreamStatus:
        """Start a camera, if they may."""
        self.act("start", camera_id)
        return super().start(camera_id)

    def stop(self, camera_id: str, *, by: str = "") -> StreamStatus:
        """Stop a camera, if they may; it is theirs to have done."""
        self.act("stop", camera_id)
        return super().stop(camera_id, by=self.identity.shown_name)

    def pause(self, camera_id: str, until: datetime | timedelta, *, by: str = "") -> StreamStatus:
        """Pause a camera, if they may; as `stop`."""
        self.act("pause", camera_id)
        return super().pause(camera_id, until, by=self.identity.shown_name)

    def may(self, role: Role, camera_id: str | None) -> bool:
        """Whether they may do what needs a role on a camera, or on all of them."""
        try:
            return self.identity.may(role, camera_id)
        except LivemonError:
            return False

    def check(self, role: Role, camera_id: str | None) -> None:
        """Refuse what they may not, on a camera or on all of them; raises NotAllowed, NotLoggedIn."""
        if not self.identity.may(role, camera_id):
            if camera_id is None:
                raise NotAllowed("access.not_allowed_page", name=self.identity.name, role=role)
            raise NotAllowed("access.not_allowed", name=self.identity.name, role=role, camera=camera_id)

    def act(self, action: str, camera_id: str | None, role: Role = Role.OPERATOR) -> None:
        """Refuse who has not the role on a camera, or on all, and write down what is done; blocks briefly."""
        try:
            self.check(role, camera_id)
            outcome = 200
        except NotAllowed:
            outcome = 403
            raise
        finally:
            note(self.database, Deed(action, self.identity, PAGE, outcome, camera_id or ""), self.clock.now())

    def _known(self, camera_id: str) -> str:
        self.check(Role.VIEWER, camera_id)
        return super()._known(camera_id)


def visit(monitor: Monitor) -> AuthorizedMonitor:
    """Return the monitor as whoever opens this page may see it.

    Raises
    ------
    NotLoggedIn
        When nobody asked who that is: the page is served without livemon's guard.
    """
    if not monitor.pages_guarded:
        raise NotLoggedIn("access.no_guard")
    document = pn.state.curdoc
    context = None if document is None else document.session_context
    # The server signed the token, so a browser cannot name another visitor (web/server/route_guard.py).
    return AuthorizedMonitor(monitor, "" if context is None else str(context.token_payload.get("visitor", "")))
