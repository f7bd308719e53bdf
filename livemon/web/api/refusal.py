"""Refusals that HTTP itself has a status for: another method, a body too long. Each carries a code and values.

Refusals for what livemon knows are errors of livemon.base.errors; base.py writes both as problems.
"""

from __future__ import annotations

from http import HTTPStatus

from tornado.web import HTTPError

from livemon.base.messages.message import message


class HttpRefusal(HTTPError):
    """A status and a message.

    Parameters
    ----------
    status
        Of the answer.
    code
        The name of the sentence in the catalogs: ``http.send_json``.
    values
        The given value.
    """

    def __init__(self, status: HTTPStatus, code: str, /, **values: object) -> None:
        self.said = message(code, **values)
        super().__init__(status, "%s", self.said)
