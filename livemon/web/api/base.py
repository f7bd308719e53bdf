"""Base of all handlers: arguments and JSON by their declared models, errors as RFC 9457 problem+json.

Routes live in their handlers, authorization in guard.py.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from tornado.web import Finish, HTTPError

from livemon.base.errors import (
    AccessError,
    CameraBusy,
    ConfigError,
    CopyError,
    LastAdmin,
    LivemonError,
    LockBusy,
    NoFootage,
    NotLoggedIn,
    ReportError,
    SearchError,
    SourceError,
    StoreError,
    ToolMissing,
    TooManyRequests,
    UnknownCamera,
    UnknownPrompt,
    UploadRefused,
)
from livemon.base.messages.catalog import accepted_languages, chosen_language, hint, text
from livemon.base.messages.message import Message, message
from livemon.base.roles import Proof
from livemon.base.texts import shown
from livemon.base.web_address import public_prefix
from livemon.web.api.etags import Changed, check_version, version_of
from livemon.web.api.guard import API_ROOT, READING
from livemon.web.api.operation import JSON
from livemon.web.api.refusal import HttpRefusal
from livemon.web.api.request_body import Receiving

WORTH_COMPRESSING = 1400
"""Bytes; less fits one packet anyway."""

UNAVAILABLE_RETRY_S = 5
"""A server that stops is mostly started again."""

Model = TypeVar("Model", bound=BaseModel)


class BadRequest(LivemonError):
    """An argument of a request is wrong."""

    title = "error.bad_request"


class NotThere(LivemonError):
    """The addressed object does not exist (yet, or any more)."""

    title = "error.not_found"


STATUS_OF: tuple[tuple[type[LivemonError], HTTPStatus], ...] = (
    (BadRequest, HTTPStatus.BAD_REQUEST),
    (NotThere, HTTPStatus.NOT_FOUND),
    (UnknownCamera, HTTPStatus.NOT_FOUND),
    (NoFootage, HTTPStatus.NOT_FOUND),
    (NotLoggedIn, HTTPStatus.UNAUTHORIZED),
    (TooManyRequests, HTTPStatus.TOO_MANY_REQUESTS),
    (LastAdmin, HTTPStatus.CONFLICT),
    (AccessError, HTTPStatus.FORBIDDEN),
    (Changed, HTTPStatus.PRECONDITION_FAILED),
    (SearchError, HTTPStatus.BAD_REQUEST),
    (ReportError, HTTPStatus.CONFLICT),
    (CameraBusy, HTTPStatus.CONFLICT),
    (UploadRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SourceError, HTTPStatus.CONFLICT),
    (ConfigError, HTTPStatus.BAD_REQUEST),
    (UnknownPrompt, HTTPStatus.BAD_REQUEST),
    (ToolMissing, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (LockBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (CopyError, HTTPStatus.SERVICE_UNAVAILABLE),
)


class ApiHandler(Receiving):
    """A handler that has the monitor and speaks JSON."""

    _version = ""

    async def prepare(self) -> None:
        """Refuse who may not, and arguments that are wrong or unknown, whether the method reads them or not."""
        await super().prepare()
        if self.operation is not None:
            self.query(self.operation.query)
            if url := self.monitor.leases.owner_url(self.camera_id or ""):
                await self._relayed_from([url])

    async def look_elsewhere(self, missing: NotThere) -> NoReturn:
        """Let another host answer that has the footage: a camera may have moved since.

        Raises
        ------
        Finish
            When one did.
        NotThere
            `missing`, when none has it either.
        """
        if await self._relayed_from(self.monitor.leases.other_urls):
            raise Finish
        raise missing

    async def _relayed_from(self, urls: Iterable[str]) -> bool:
        """Whether one of the hosts answered; a host that is asked by another one asks no third."""
        declared, who = self.operation, self.identity
        if self.relay is None or declared is None or not declared.relayed or (who and who.proof is Proof.HOST):
            return False
        for url in urls:
            if await self.relay.pass_on(self, url, self.below):
                return True
        return False

    async def head(self, *path: str) -> None:
        """Answer as to GET; Tornado leaves the body away."""
        answering = self.get(*path)
        if answering is not None:
            await answering

    def query(self, model: type[Model]) -> Model:
        """Return the query's arguments.

        Raises
        ------
        BadRequest
            When one is wrong, unknown, or given twice where one is taken.
        """
        asked: dict[str, Any] = {}
        for name, values in self.request.query_arguments.items():
            texts = [self.decode_argument(value, name) for value in values]
            field = model.model_fields.get(name)
            many = field is not None and get_origin(field.annotation) in (list, tuple)
            if not many and len(texts) > 1:
                raise BadRequest("api.given_twice", name=name, times=len(texts))
            asked[name] = texts if many else texts[0]
        return _validated(model, asked, "argument")

    def body(self, model: type[Model]) -> Model:
        """Return the request's JSON; BadRequest when it is not JSON, or invalid."""
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != JSON:
            raise HttpRefusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "http.send_json")
        try:
            found = json.loads(self.received)
        except (ValueError, RecursionError) as exc:
            raise BadRequest("api.not_json") from exc
        if not isinstance(found, dict):
            raise BadRequest("api.not_an_object")
        return _validated(model, found, "field")

    def tell(self, model: type[BaseModel], answer: dict[str, Any]) -> None:
        """Answer with JSON of the declared form."""
        self.set_header("Content-Type", f"{JSON}; charset=utf-8")
        self.write_text(model.model_validate(answer).model_dump_json())

    def tell_version(self, model: type[BaseModel], answer: dict[str, Any], shown: dict[str, Any] | None = None) -> None:
        """Answer with JSON of the declared form, of something that can be changed: its ETag is that of what it says.

        `shown` is the same answer in the caller's language; the ETag does not depend on it.
        """
        self._version = version_of(model.model_validate(answer).model_dump_json())
        text = model.model_validate(answer if shown is None else shown).model_dump_json()
        if self.request.method not in READING:
            self.set_header("Etag", self._version)  # Tornado sets it where it answers 304, too
        self.set_header("Content-Type", f"{JSON}; charset=utf-8")
        self.write_text(text)

    def check_version(self, model: type[BaseModel], answer: dict[str, Any]) -> None:
        """Refuse a change of an object that differs from the caller's version; see `livemon.web.api.etags`."""
        text = model.model_validate(answer).model_dump_json()
        check_version(self.request.headers.get("If-Match", ""), version_of(text))

    def compute_etag(self) -> str | None:
        """Return the version of the object, or a hash of the answer."""
        return self._version or super().compute_etag()

    def write_text(self, text: str) -> None:
        """Answer with text, compressed when the client takes it and it is worth it."""
        content = text.encode()
        self.add_header("Vary", "Accept-Encoding")
        if len(content) > WORTH_COMPRESSING and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            content = gzip.compress(content, 5, mtime=0)
        self.write(content)

    def absolute_url(self, path: str) -> str:
        """Return the address of another route of this API, under whatever prefix this request came in."""
        return f"{self.request.protocol}://{self.request.host}{self.prefix}{API_ROOT}/{path}"

    @property
    def language(self) -> str:
        """The language that the client asks for, as far as livemon has it."""
        return chosen_language(accepted_languages(self.request.headers.get("Accept-Language", "")))

    @property
    def prefix(self) -> str:
        """The path before this API's, as browsers see it: what came with the request, or what a proxy took off."""
        return self.request.path.partition(API_ROOT)[0] or public_prefix(
            self.monitor.settings.access, self.request.headers
        )

    def log_exception(self, *exc_info: Any) -> None:
        """Log unexpected errors; expected errors are answers, not stack traces."""
        if not isinstance(exc_info[1], LivemonError):
            super().log_exception(*exc_info)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Give expected errors their own status before Tornado answers 500."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, LivemonError):
            status_code = status_of(error)
        super().send_error(status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a problem: the error in a sentence, and its remedy."""
        error = kwargs.get("exc_info", (None, None))[1]
        problem: dict[str, Any] = {"type": "about:blank", "title": _phrase(status_code), "status": status_code}
        if isinstance(error, LivemonError):
            problem |= _told(error, self.language)
        elif isinstance(error, HttpRefusal):
            problem |= _said(error.said, self.language)
        elif isinstance(error, HTTPError) and error.log_message:
            problem["detail"] = error.log_message % error.args if error.args else error.log_message
        if status_code == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", 'Bearer realm="livemon"')
        if isinstance(error, TooManyRequests):
            self.set_header("Retry-After", str(math.ceil(error.wait_s)))
        if status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            self.set_header("Retry-After", str(UNAVAILABLE_RETRY_S))
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.methods()))
        self.set_header("Content-Type", "application/problem+json")
        self.set_header("Content-Language", self.language)
        self.add_header("Vary", "Accept-Language")
        # Half a character in an error's words must not leave the answer empty.
        self.finish(json.dumps(problem, ensure_ascii=False).encode("utf-8", "replace"))


def _told(error: LivemonError, language: str) -> dict[str, Any]:
    """Return the problem's text of an expected error: in a language, and by its code."""
    return {"title": text(Message(error.title), language), **_said(error.said, language)}


def _said(said: Message, language: str) -> dict[str, Any]:
    what_to_do = hint(said, language)
    told = {"detail": text(said, language), **({"hint": what_to_do} if what_to_do else {})}
    return {**told, "code": said.code}


def status_of(error: LivemonError) -> int:
    """Return the HTTP status for an expected error."""
    return next((status for kind, status in STATUS_OF if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def _validated(model: type[Model], found: dict[str, Any], what: str) -> Model:
    """Return values as a model has them; BadRequest that names each that is wrong."""
    try:
        return model.model_validate(found)
    except ValidationError as exc:
        secret = {field.alias or name for name, field in model.model_fields.items() if not field.repr}
        problems = [_problem(error, what, secret) for error in exc.errors(include_url=False)]
        known = [field.alias or name for name, field in model.model_fields.items()] or message("api.none")
        raise BadRequest(f"api.wrong_{what}s", problems=problems[:5], known=known) from exc


def _problem(error: Any, what: str, secret: set[str]) -> Message:
    """Return pydantic's error as a message, which does not repeat secrets."""
    name, kind, given = shown(".".join(str(part) for part in error["loc"])), error["type"], error["input"]
    wrong = shown(given) if isinstance(given, str) and name not in secret else ""
    values: dict[str, object] = {"name": name or what, "given": wrong}
    if kind == "missing":
        return message("api.missing", **values)
    if kind == "extra_forbidden":
        return message(f"api.unknown_{what}", **values)
    if kind == "string_unicode":
        return message("api.half_character", **values)
    if kind in ("enum", "literal_error"):
        choices = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return message("api.not_a_choice_given" if wrong else "api.not_a_choice", choices=choices, **values)
    if kind.startswith("date_"):
        return message("api.no_date_given" if wrong else "api.no_date", **values)
    if kind.startswith(("datetime", "timezone")):
        return message("api.no_time_given" if wrong else "api.no_time", **values)
    said = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    between = " " if said.startswith(("is ", "must ")) else ": "
    return message("api.wrong_given" if wrong else "api.wrong", problem=between + said, **values)


def _phrase(status_code: int) -> str:
    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return "Error"
