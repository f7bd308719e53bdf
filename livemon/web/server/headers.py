"""Security headers of every answer of the server, including Panel's pages and files.

The API's own answers set theirs first (web/api/guard.py); existing headers stay.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from tornado.httputil import HTTPHeaders
from tornado.web import Application, OutputTransform

from livemon.base.errors import ConfigError
from livemon.monitor.monitor import Monitor
from livemon.web.api.guard import HTTPS_ONLY

PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""Scripts run when they are files of this server, or are part of the page as it was sent.

docs/adr/0011 says what Panel needs and why.
"""
SCRIPT = re.compile(rb"<script\b([^>]*>.*?</script>)", re.DOTALL | re.IGNORECASE)


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none at all, browsers send a form without its origin
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def harden(application: Application, monitor: Monitor) -> None:
    """Let every answer of a server carry the headers."""
    more = {"Strict-Transport-Security": HTTPS_ONLY} if monitor.settings.access.https else {}

    class Headers(OutputTransform):
        def transform_first_chunk(
            self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
        ) -> tuple[int, HTTPHeaders, bytes]:
            for name, value in {**HEADERS, **more}.items():
                if name not in headers:
                    headers[name] = value
            if "Content-Security-Policy" not in headers:
                nonce = secrets.token_urlsafe(16)
                headers["Content-Security-Policy"] = PAGE_POLICY.format(nonce=nonce)
                if finishing and headers.get("Content-Type", "").startswith("text/html"):
                    chunk = SCRIPT.sub(rb'<script nonce="%s"\1' % nonce.encode(), chunk)
                    headers["Content-Length"] = str(len(chunk))
            if "Server" in headers:
                del headers["Server"]  # the version is not public
            return status_code, headers, chunk

    application.add_transform(Headers)


def login_for_panel_serve(monitor: Monitor) -> None:
    """Put livemon's login and headers into the server that `panel serve` is about to make.

    Panel offers its command no other way: an `--auth-module` could be forgotten, and the footage would be open.
    """
    import bokeh.server.server
    from bokeh.server.tornado import BokehTornado
    from panel.config import config

    from livemon.web.server.http_server import LimitedHTTPServer
    from livemon.web.server.login import LivemonAuth
    from livemon.web.server.page_thread import build_beside
    from livemon.web.server.route_guard import guard_routes, session_options
    from livemon.web.server.sessions import let_go_at_once

    made = BokehTornado.__init__

    def guarded(self: Any, *args: Any, **kwargs: Any) -> None:
        if config.reuse_sessions:
            raise ConfigError("server.reuses_sessions")
        refused = ("exclude_headers", "exclude_cookies", "generate_session_ids")
        kept = {name: value for name, value in kwargs.items() if name not in refused}
        made(self, *args, **{**kept, **session_options(monitor), "auth_provider": LivemonAuth(monitor)})
        guard_routes(self, monitor)
        harden(self, monitor)
        let_go_at_once(self)
        build_beside(self)

    BokehTornado.__init__ = guarded
    bokeh.server.server.HTTPServer = LimitedHTTPServer
