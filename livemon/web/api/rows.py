"""Rows of tables as models: their fields are the columns that the readers in store/ and reports/ declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, create_model

from livemon.reports.facts.windows import TIME
from livemon.web.api.operation import ResponseModel

Utc = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="RFC 3339, UTC.")]
Date = Annotated[str, Field(json_schema_extra={"format": "date"})]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Rows = list[dict[str, Any]]

TYPES: Mapping[str, Any] = {
    "str": str,
    "bool": bool,
    "int64": int,
    "Int64": int | None,
    "float64": float | None,
    "object": Any,
    TIME: Utc | None,
}


def row_model(
    name: str, columns: Mapping[str, str], without: tuple[str, ...] = (), /, **more: Any
) -> type[ResponseModel]:
    """Return the model of a table's rows; a number or time that is not known is null.

    Parameters
    ----------
    columns
        As readers declare them: pandas' type by name.
    without
        Columns that the API does not tell.
    more
        Fields besides: type by name, also in the place of a column's.
    """
    fields = {column: TYPES[kind] for column, kind in columns.items() if column not in without} | more
    return create_model(name, __base__=ResponseModel, **{field: (kind, ...) for field, kind in fields.items()})  # type: ignore[call-overload,no-any-return]
