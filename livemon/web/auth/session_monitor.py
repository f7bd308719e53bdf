"""AuthorizedMonitor: rights of one visitor. It hands the monitor out only for a role that was checked.

Identifying the visitor does not belong here (monitor/authenticator.py). The API has a guard of its own
(web/api/guard.py).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol, TypeVar

import panel as pn

from livemon.base.clock import Clock
from livemon.base.errors import LivemonError, NotAllowed, NotLoggedIn
from livemon.base.messages.message import Message
from livemon.base.roles import Identity, Role
from livemon.base.stream_types import StreamStatus
from livemon.monitor.monitor import Monitor
from livemon.monitor.query_cache import FRESH_S
from livemon.store import event_search, reviews
from livemon.store.audit_log import Deed, note
from livemon.store.reviews import ReviewChange
from livemon.store.session import Database
from livemon.stream.sources.source import Source

PAGE = "page"

T = TypeVar("T")


class ViewedCamera(Protocol):
    """A camera as a page may read it; what changes a camera goes through `AuthorizedMonitor`."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def name(self) -> str:
        """Name for people."""
        ...

    @property
    def zones(self) -> Sequence[str]:
        """Names of its zones."""
        ...

    @property
    def running(self) -> bool:
        """Whether it is started."""
        ...

    @property
    def status(self) -> StreamStatus:
        """State of its stream, with the reason."""
        ...

    @property
    def waiting_segments(self) -> int:
        """Segments that wait for a look."""
        ...

    @property
    def source(self) -> Source:
        """Source of its picture."""
        ...


class AuthorizedMonitor:
    """Holds a monitor and checks the visitor before each use of it.

    A login that ends, and a user who is removed, see nothing more within seconds. `check` and `act` return the monitor,
    so code that forgets to ask has nothing to call.

    Parameters
    ----------
    monitor
        The process's monitor.
    identify
        Returns the visitor's identity; raises NotLoggedIn when the login has ended.
    """

    def __init__(self, monitor: Monitor, identify: Callable[[], Identity]) -> None:
        self._monitor = monitor
        self._identify = identify
        self.clock: Clock = monitor.clock

    @property
    def identity(self) -> Identity:
        """Identity of the visitor; raises NotLoggedIn when the login ended."""
        return self._identify()

    @property
    def asks_login(self) -> bool:
        """Whether visitors log in at all."""
        return not self._monitor.authenticator.open

    @property
    def zone(self) -> tzinfo | None:
        """The time zone of the pages; the machine's when None."""
        return self._monitor.settings.zone

    @property
    def zone_name(self) -> str:
        """The same for a browser, as an IANA name."""
        return self._monitor.settings.zone_name

    @property
    def cameras(self) -> Mapping[str, ViewedCamera]:
        """Their cameras, by id."""
        identity = self.identity
        return {camera_id: camera for camera_id, camera in self._monitor.cameras.items() if identity.sees(camera_id)}

    def camera(self, camera_id: str) -> ViewedCamera:
        """Return one of their cameras; NotAllowed for another, whether there is such a camera or not."""
        return self.check(Role.VIEWER, camera_id).camera(camera_id)

    @property
    def unreadable_cameras(self) -> Mapping[str, Message]:
        """Why cameras of theirs that were added cannot be used, by id."""
        found = self._monitor.camera_registry.unreadable
        return {camera_id: why for camera_id, why in found.items() if self.may(Role.VIEWER, camera_id)}

    def start(self, camera_id: str) -> StreamStatus:
        """Start a camera, if they may."""
        return self.act("start", camera_id).start(camera_id)

    def stop(self, camera_id: str) -> StreamStatus:
        """Stop a camera, if they may; the status names them."""
        return self.act("stop", camera_id).stop(camera_id, by=self.identity.shown_name)

    def pause(self, camera_id: str, until: datetime | timedelta) -> StreamStatus:
        """Pause a camera, if they may; as `stop`."""
        return self.act("pause", camera_id).pause(camera_id, until, by=self.identity.shown_name)

    def review_events(self, ids: Sequence[int], said: Mapping[str, Any]) -> list[ReviewChange]:
        """Keep a person's verdict or note; nothing is written when one event is of a camera not theirs.

        Returns
        -------
        list of ReviewChange
            For `undo_reviews`.

        Raises
        ------
        NotAllowed, NotLoggedIn, StoreError
            When they may not, or the database refuses.
        """
        return reviews.review_events(self._may_review(ids), ids, said, self.clock.now(), self.identity.name)

    def undo_reviews(self, changes: Sequence[ReviewChange]) -> int:
        """Take verdicts back, and return how many; raises as `review_events`."""
        database = self._may_review([change.event_id for change in changes])
        return reviews.undo_reviews(database, changes, self.clock.now())

    def _may_review(self, ids: Sequence[int]) -> Database:
        database = self._monitor.database
        for camera_id in sorted(event_search.cameras_of(database, ids)):
            self.act("review events", camera_id)
        return database

    def may(self, role: Role, camera_id: str | None) -> bool:
        """Whether they may do what needs a role on a camera, or on all of them."""
        try:
            return self.identity.may(role, camera_id)
        except LivemonError:
            return False

    def check(self, role: Role, camera_id: str | None) -> Monitor:
        """Return the monitor, for the role's actions on a camera, or on all of them when None.

        Raises
        ------
        NotAllowed, NotLoggedIn
            When they may not.
        """
        identity = self.identity
        if identity.may(role, camera_id):
            return self._monitor
        if camera_id is None:
            raise NotAllowed("access.not_allowed_page", name=identity.name, role=role)
        raise NotAllowed("access.not_allowed", name=identity.name, role=role, camera=camera_id)

    def act(self, action: str, camera_id: str | None, role: Role = Role.OPERATOR) -> Monitor:
        """Check the role and write the action into the audit log; blocks briefly.

        Returns and raises as `check`.
        """
        outcome = 200
        try:
            return self.check(role, camera_id)
        except NotAllowed:
            outcome = 403
            raise
        finally:
            note(self._monitor.database, Deed(action, self.identity, PAGE, outcome, camera_id or ""), self.clock.now())

    def read(
        self, cameras: Sequence[str], key: Hashable, read: Callable[[Monitor], T], *, fresh_s: float = FRESH_S
    ) -> T:
        """Return what `read` returns, once for all sessions that may see the cameras; see `QueryCache.get`.

        Parameters
        ----------
        cameras
            All that the reading shows something of.
        """
        _ = self.identity  # a login that ended reads nothing, also where there is no camera
        for camera_id in cameras:
            self.check(Role.VIEWER, camera_id)
        return self._monitor.query_cache.get(key, lambda: read(self._monitor), fresh_s=fresh_s)

    def version(self) -> int:
        """Return the number of the newest change; see `QueryCache.version`."""
        return self._monitor.query_cache.version()

    def is_old(self, version: int) -> bool:
        """Whether something may have changed since `version`."""
        return self._monitor.query_cache.is_old(version)

    def forget(self, name: str) -> None:
        """Read anew what begins with this name in its key."""
        self._monitor.query_cache.forget(name)


def visit(monitor: Monitor) -> AuthorizedMonitor:
    """Return the monitor as the visitor who opens this page may see it.

    Raises
    ------
    NotLoggedIn
        When the page is served without livemon's guard, so that no login was asked for.
    """
    if not monitor.pages_guarded:
        raise NotLoggedIn("access.no_guard")
    document = pn.state.curdoc
    context = None if document is None else document.session_context
    # The server signed the token, so a browser cannot name another visitor (web/server/route_guard.py).
    return of_session(monitor, "" if context is None else str(context.token_payload.get("visitor", "")))


def of_session(monitor: Monitor, key: str) -> AuthorizedMonitor:
    """Return the monitor as a browser session may see it.

    Parameters
    ----------
    key
        Of the session (`Authenticator.by_session`); not used while livemon asks for no login.
    """

    def identify() -> Identity:
        if monitor.authenticator.open:
            return Identity.local()
        found = monitor.authenticator.by_session(key) if key else None
        if found is None:
            raise NotLoggedIn("access.logged_out")
        return found

    return AuthorizedMonitor(monitor, identify)


def unattended(monitor: Monitor) -> AuthorizedMonitor:
    """Return the monitor for pages that are built and shown to no visitor (web/server/warm_up.py)."""
    return AuthorizedMonitor(monitor, Identity.local)
