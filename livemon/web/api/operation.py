"""Declaration of a handler's method: its role, its arguments and its answer. Nothing is done here.

The guard in base.py and the OpenAPI document in openapi.py are both made of these declarations, so that neither can
differ from the method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from tornado.web import RequestHandler

from livemon.base.clock import iso
from livemon.base.roles import Role

Method = TypeVar("Method", bound=Callable[..., Any])

JSON = "application/json"
MOST_ROWS = 1000
MOST_ID = 2**62


class Scope(StrEnum):
    """Cameras that a caller must have the right to see."""

    CAMERA = "camera"
    """The camera in the path."""
    OWN = "own"
    """Anything: the handler answers with what concerns the caller's own cameras only."""
    ALL = "all"
    """All cameras."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route."""

    summary: str
    needs: Role | None
    scope: Scope
    query: type[BaseModel]
    body: type[BaseModel] | None
    answer: type[BaseModel] | None
    media: str
    status: HTTPStatus
    relayed: bool


class RequestModel(BaseModel):
    """Model of a request. An unknown argument is an error: it would be silently ignored otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ResponseModel(BaseModel):
    """Model of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class OpenResponseModel(ResponseModel):
    """Minimum of an answer: it is a row with all of its stored fields."""

    model_config = ConfigDict(extra="allow", frozen=True, ser_json_inf_nan="null")


class NoQuery(RequestModel):
    """No arguments."""


def operation(
    summary: str,
    needs: Role | None,
    *,
    scope: Scope = Scope.CAMERA,
    query: type[BaseModel] = NoQuery,
    body: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    media: str = JSON,
    status: HTTPStatus = HTTPStatus.OK,
    relayed: bool = False,
) -> Callable[[Method], Method]:
    """Declare a handler's method.

    Parameters
    ----------
    summary
        Summary of the operation, in a few words.
    needs
        The role that it takes; None lets anybody in.
    scope
        Cameras that the caller must have the right to see.
    query, body, answer
        Models of the query's arguments, of the request's JSON and of the answer's.
    media
        The answer's media type, when it is not JSON.
    status
        Of an answer when all went well.
    relayed
        Whether another host may be asked, with the footage of the camera in the path.
    """

    def declare(method: Method) -> Method:
        method.operation = Operation(  # type: ignore[attr-defined]
            summary, needs, scope, query, body, answer, media, status, relayed
        )
        return method

    return declare


def operation_of(handler: type, method: str) -> Operation | None:
    """Return a handler's declaration of a method; None when it has no such method, or no declaration."""
    written = getattr(handler, method.lower(), None)
    if method == "HEAD" and written is not RequestHandler.head:
        written = getattr(handler, "get", None)  # what may be read may be asked after
    return getattr(written, "operation", None)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("must be a time that a camera can have seen") from exc


def _only_text(value: Any) -> Any:
    # Pydantic takes numbers for seconds since 1970: a person who writes ?since=2026 does not mean that.
    if isinstance(value, str) and value.strip("+-.0123456789eE") == "":
        raise ValueError("must be a time with a zone such as 2026-11-23T08:00:00Z")
    return value


def _with_neighbours(day: date) -> date:
    if not date.min < day < date.max:
        raise ValueError("must be a date that a camera can have seen")
    return day


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only_text),
    AfterValidator(_in_utc),
    PlainSerializer(iso, return_type=str),
    Field(description="A time with an offset, RFC 3339.", examples=["2026-11-23T08:00:00Z"]),
]
Day = Annotated[
    date,
    AfterValidator(_with_neighbours),
    Field(description="A date.", examples=["2026-11-23"]),
]
Looked = Annotated[
    str | None, Field(description="Words that must all occur; quotation marks and operators mean nothing.")
]
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS, description="Most rows of the answer.")]
Cursor = Annotated[
    int | None, Field(ge=1, le=MOST_ID, description="`next_cursor` of the page before; the next page is answered.")
]
NextCursor = Annotated[int | None, Field(description="Asks for the next page; null when this is the last.")]
