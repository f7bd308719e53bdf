"""Serve the documentation site at /docs/, from the folder in which `make docs` builds it.

The API's own description is served by web/api/documents.py. Access to a file is decided by route_guard.py.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tornado.web import StaticFileHandler

from livemon.base.messages.catalog import accepted_languages, chosen_language, whole_text
from livemon.base.messages.message import message
from livemon.web.i18n.language import LANGUAGE_COOKIE
from livemon.web.pages.shell.documentation_site import SITE, is_built

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""No script of a page runs unless it is a file of the site."""


class DocumentationFiles(StaticFileHandler):
    """Answers with a file of the site; with its first page at /docs/."""

    async def get(self, path: str | None = None, include_body: bool = True) -> None:
        """Answer with a file, or say how to build the site."""
        if not is_built(self.root):
            self._say_not_built()
        elif path is None:  # links of pages are relative to the folder
            self.redirect("docs/")
        else:
            await super().get(path or "index.html", include_body)

    async def head(self, path: str | None = None) -> None:
        """Answer as `get`, without a body."""
        await self.get(path, include_body=False)

    def set_extra_headers(self, path: str) -> None:
        """Add the policy; browsers ask again, because the files keep their names when the site is built anew."""
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Cache-Control", "no-cache")

    def _say_not_built(self) -> None:
        kept = self.get_cookie(LANGUAGE_COOKIE, "") or ""
        language = chosen_language([kept, *accepted_languages(self.request.headers.get("Accept-Language", ""))])
        self.set_status(HTTPStatus.NOT_FOUND)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        if self.request.method != "HEAD":
            self.write(whole_text(message("server.docs_not_built"), language) + "\n")


def documentation_routes() -> list[tuple[str, type[DocumentationFiles], dict[str, Any]]]:
    """Return the routes of the site, for the server's patterns."""
    return [(address, DocumentationFiles, {"path": str(SITE)}) for address in (r"/docs", r"/docs/(.*)")]
