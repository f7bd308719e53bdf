"""The OpenAPI 3.1 document, made from the handlers' declarations; nothing in it is written by hand.

openapi-pydantic gives the document its form, pydantic the schemas. It is served by documents.py.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from openapi_pydantic import (
    Components,
    Info,
    MediaType,
    OpenAPI,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Response,
    Schema,
    SecurityScheme,
    Server,
)
from openapi_pydantic import Operation as OpenApiOperation
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from livemon.web.api.answers import Problem
from livemon.web.api.guard import API_ROOT, SESSION_COOKIE, Guarded
from livemon.web.api.operation import JSON, Operation, operation_of

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
PROBLEM = "application/problem+json"
TEMPLATE = "#/components/schemas/{model}"
REFUSALS = (
    *(HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
    *(HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    *(HTTPStatus.PRECONDITION_FAILED, HTTPStatus.UNPROCESSABLE_ENTITY),
    *(HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""Further status codes of any operation."""

Routes = Sequence[tuple[str, type[Guarded]]]


def document(routes: Routes, parts: Mapping[str, str]) -> dict[str, Any]:
    """Return the document as JSON has it.

    Parameters
    ----------
    routes
        Templates and handlers.
    parts
        Patterns of the variable parts of a template, as regular expressions.
    """
    declared = [
        (template, handler, method, found)
        for template, handler in routes
        for method in METHODS
        if (found := operation_of(handler, method)) is not None
    ]
    schemas = _schemas([found for *_, found in declared])
    paths: dict[str, PathItem] = {}
    for template, handler, method, found in declared:
        item = paths.setdefault(template, PathItem())
        setattr(item, method.lower(), _operation(template, handler, method, found, parts))
    made = OpenAPI(
        openapi="3.1.1",
        info=Info(
            title="livemon",
            version=version("livemon"),
            description="Times are RFC 3339; null is unknown, never safe. HEAD answers wherever GET does. "
            "docs/api.md tells it in words.",
        ),
        servers=[Server(url=API_ROOT)],
        paths=paths,
        components=Components(
            schemas={name: Schema.model_validate(schema) for name, schema in schemas.items()},
            securitySchemes={
                "token": SecurityScheme(type="http", scheme="bearer", description="livemon token create"),
                "session": SecurityScheme(type="apiKey", security_scheme_in="cookie", name=SESSION_COOKIE),
            },
        ),
    )
    whole: dict[str, Any] = made.model_dump(mode="json", by_alias=True, exclude_none=True)
    # The library's Schema would rename what it does not know; pydantic's own JSON Schema is 3.1's dialect already.
    whole["components"]["schemas"] = schemas
    return whole


def _schemas(operations: Sequence[Operation]) -> dict[str, Any]:
    taken: set[type[BaseModel]] = {Problem, *(one.answer for one in operations if one.answer)}
    given: set[type[BaseModel]] = {one.body for one in operations if one.body}
    wanted: list[tuple[type[BaseModel], Any]] = []
    wanted += [(model, "serialization") for model in sorted(taken, key=_name)]
    wanted += [(model, "validation") for model in sorted(given, key=_name)]
    _, definitions = models_json_schema(wanted, ref_template=TEMPLATE)
    return dict(definitions["$defs"])


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _operation(
    template: str, handler: type[Guarded], method: str, found: Operation, parts: Mapping[str, str]
) -> OpenApiOperation:
    told = inspect.getdoc(getattr(handler, method.lower())) or ""
    needs = f"Needs the role {found.needs} of {_reach(found)}." if found.needs else "Anybody may ask."
    return OpenApiOperation(
        operationId=f"{method.lower()}_{re.sub(r'[^a-z0-9]+', '_', template.lower()).strip('_')}",
        summary=found.summary,
        description=f"{told.split(chr(10) * 2)[0]}\n\n{needs}",
        tags=[handler.__module__.rpartition(".")[2]],
        parameters=[*_path_parameters(template, parts), *_query_parameters(found.query), *_header_parameters(method)],
        requestBody=_body(found.body),
        responses=_responses(found, handler),
        security=[{"token": []}, {"session": []}] if found.needs else [],
    )


def _reach(found: Operation) -> str:
    return {"camera": "the camera", "own": "any camera", "all": "all cameras"}[found.scope.value]


def _path_parameters(template: str, parts: Mapping[str, str]) -> list[Parameter]:
    return [
        _parameter(name, "path", _path_schema(parts[name]), required=True)
        for name in re.findall(r"\{(\w+)\}", template)
    ]


def _path_schema(part: str) -> dict[str, Any]:
    # A parameter of a path has no slash in OpenAPI; those of ours that have one are said to be texts.
    return {"type": "string", **({} if "/" in part else {"pattern": f"^(?:{part})$"})}


def _query_parameters(model: type[BaseModel]) -> list[Parameter]:
    schema = model.model_json_schema()
    needed = schema.get("required", [])
    return [
        _parameter(name, "query", _inlined(shape, schema.get("$defs", {})), required=name in needed)
        for name, shape in schema.get("properties", {}).items()
    ]


def _header_parameters(method: str) -> list[Parameter]:
    if method != "PATCH":
        return []
    told = "The ETag of what you read; when it was changed since, nothing is changed and the answer is 412."
    return [_parameter("If-Match", "header", {"type": "string", "description": told}, required=False)]


def _parameter(name: str, place: str, schema: dict[str, Any], *, required: bool) -> Parameter:
    words = schema.pop("description", None)
    made = {"name": name, "in": place, "required": required, "schema": schema, "description": words}
    return Parameter.model_validate(made)


def _inlined(shape: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a schema with its references replaced; a query has no null, it leaves an argument away."""
    if isinstance(shape, list):
        return [_inlined(one, definitions) for one in shape]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        return _inlined(definitions[shape["$ref"].rpartition("/")[2]], definitions)
    made = {key: _inlined(value, definitions) for key, value in shape.items() if key not in ("title", "default")}
    choices = [one for one in made.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        made = {**{key: value for key, value in made.items() if key != "anyOf"}, **choices[0]}
    return made


def _body(model: type[BaseModel] | None) -> RequestBody | None:
    if model is None:
        return None
    return RequestBody(content={JSON: _content(model)}, required=True)


def _responses(found: Operation, handler: type[Guarded]) -> dict[str, Response | Reference]:
    media = JSON if found.media == JSON else str(getattr(handler, "media", found.media))
    content = None
    if found.answer is not None:
        content = {JSON: _content(found.answer)}
    elif found.media != JSON:
        content = {media: MediaType()}  # 3.1: content other than JSON has no schema
    answers: dict[str, Response | Reference] = {
        str(found.status.value): Response(description=found.summary, content=content)
    }
    for status in REFUSALS:
        answers[str(status.value)] = Response(description=status.phrase, content={PROBLEM: _content(Problem)})
    if found.media != JSON and content is not None:
        answers["206"] = Response(description="A range of it", content=content)
    answers["304"] = Response(description="Not changed")
    return answers


def _content(model: type[BaseModel]) -> MediaType:
    return MediaType(media_type_schema=Reference.model_validate({"$ref": TEMPLATE.format(model=model.__name__)}))
