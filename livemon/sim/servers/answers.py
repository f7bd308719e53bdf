"""Answers of a stand-in: the scripted text, or a canned one from the request's schema, and faults that spoil it.

Shared by both servers. Finish reasons and their words belong to each server.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from livemon.sim.servers.faults import Fault
from livemon.sim.servers.records import Refused
from livemon.sim.servers.schemas import CANNED, NoExample, Schema, example, resolve, violations

Answer = str | dict[str, Any] | list[Any]
Script = Answer | Callable[[dict[str, Any]], Answer]


class BadScript(Exception):
    """A scripted answer could not be given; the message says why."""


class Answers:
    """The answers to give: scripted ones in order, of which the last stays; canned ones when there are none."""

    def __init__(self) -> None:
        self._scripts: list[Script] = []

    def script(self, scripts: tuple[Script, ...]) -> None:
        """Replace what is to be answered; nothing means canned answers."""
        self._scripts = list(scripts)

    def next(self, request: dict[str, Any], schema: Schema | None, *, wants_json: bool) -> str:
        """Return the next answer's text.

        Parameters
        ----------
        request
            Argument of a callable script.
        schema
            JSON Schema that the answer must obey, when the request had one.
        wants_json
            Whether the request asked for JSON.

        Raises
        ------
        BadScript
            When a scripted value does not obey the schema, or none can be made up. Text goes out as it is.
        """
        scripts = self._scripts
        if not scripts:
            return canned(schema, wants_json=wants_json)
        script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        answer = _call(script, request) if callable(script) else script
        if isinstance(answer, str):
            return answer
        if schema is not None and (wrong := violations(answer, schema)):
            raise BadScript(
                f"The scripted answer does not obey the request's schema: {'; '.join(wrong)}. "
                "Script it as text to send it all the same."
            )
        return json.dumps(answer, ensure_ascii=False)


def _call(script: Callable[[dict[str, Any]], Answer], request: dict[str, Any]) -> Answer:
    try:
        return script(request)
    except Refused as refused:
        refused.scripted = True
        raise
    except Exception as exc:
        raise BadScript(f"The scripted answer failed: {exc!r}.") from exc


def canned(schema: Schema | None, *, wants_json: bool) -> str:
    """Return an answer that declares itself canned.

    Raises
    ------
    BadScript
        When no example of the schema can be made up.
    """
    if schema is None:
        return json.dumps({"canned": CANNED}) if wants_json else f"This is a {CANNED}."
    try:
        return json.dumps(example(schema), ensure_ascii=False)
    except NoExample as exc:
        raise BadScript(f"The stand-in cannot make up an answer: {exc}. Script one.") from exc


def spoil(text: str, fault: Fault, schema: Schema | None) -> str:
    """Return `text` as a fault leaves it; faults that do not concern the text leave it alone."""
    match fault:
        case Fault.CUT:
            return text[: len(text) // 2]
        case Fault.FENCED:
            return f"```json\n{text}\n```"
        case Fault.PROSE:
            return f'\ufeff<think>It could be {{}} or {{"events": []}}.</think>Here is the answer:\n{text}\nBye {{:}}'
        case Fault.INVALID_JSON:
            return f"Here is the answer: {text.rstrip('}')},"
        case Fault.TWO_JSONS:
            return f"{text}\n{text}"
        case Fault.MISSING_FIELD | Fault.EXTRA_FIELD | Fault.WRONG_ENUM | Fault.WRONG_TYPE | Fault.ODD_FIELDS:
            try:
                value = json.loads(text)
            except json.JSONDecodeError:
                return text
            spoilt = _odd(value) if fault is Fault.ODD_FIELDS else _spoil_value(value, fault, schema or {})
            return json.dumps(spoilt, ensure_ascii=False)
    return text


ODD = {"confidence": "0.9", "box_2d": [1003, -2, 1000.0, None], "frames": ["1"], "location": None}


def _odd(value: Any) -> Any:
    """Return the value with odd forms wherever a field has one of the usual names, and its severities in capitals."""
    if isinstance(value, list):
        return [_odd(each) for each in value]
    if not isinstance(value, dict):
        return value
    odd = {name: ODD.get(name, _odd(each)) for name, each in value.items()}
    return {name: each.upper() if name == "severity" else each for name, each in odd.items()}


def _spoil_value(value: Any, fault: Fault, schema: Schema) -> Any:
    if not isinstance(value, dict) or not value:
        return [value]
    value = copy.deepcopy(value)
    first = next((name for name in value if name in schema.get("required", [])), next(iter(value)))
    if fault is Fault.MISSING_FIELD:
        del value[first]
    elif fault is Fault.EXTRA_FIELD:
        value["unexpected"] = CANNED
    elif fault is Fault.WRONG_TYPE or not _break_enum(value, schema, schema):
        value[first] = {"canned": CANNED} if not isinstance(value[first], dict) else CANNED
    return value


def _break_enum(value: Any, schema: Schema, root: Schema) -> bool:
    """Change the first value that has an enum, in place; tells whether there was one."""
    schema = _inner(schema, root)
    children: list[tuple[Any, Any, Schema]] = []
    if isinstance(value, dict):
        children = [(name, each, schema.get("properties", {}).get(name, {})) for name, each in value.items()]
    elif isinstance(value, list):
        children = [(index, each, schema.get("items", {})) for index, each in enumerate(value)]
    for place, each, its in children:
        if isinstance(each, str) and _inner(its, root).get("enum"):
            value[place] = "CANNED_VALUE_OUTSIDE_THE_ENUM"
            return True
        if _break_enum(each, its, root):
            return True
    return False


def _inner(schema: Schema, root: Schema) -> Schema:
    """Follow references, and take the option of a nullable schema that is not null."""
    schema = resolve(schema, root)
    options = [resolve(option, root) for option in schema.get("anyOf", [])]
    return next((option for option in options if option.get("type") != "null"), schema)
