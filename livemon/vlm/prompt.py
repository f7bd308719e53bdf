"""Prompt: instructions + template + answer schema + model options; its version is the hash of these.

Files become prompts, and prompts files, here. Templates are filled with a question in request.py, and the live prompt
of a camera is chosen in inference/prompts.py.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from livemon.base.errors import ConfigError
from livemon.base.model_types import Purpose
from livemon.base.texts import Paragraphs
from livemon.vlm.answers import SCHEMAS, LookAnswer, StudyAnswer
from livemon.vlm.options import ModelOptions
from livemon.vlm.schema import json_schema

SHIPPED = Path(__file__).with_name("prompts")
PLACEHOLDERS = frozenset(
    {"camera", "place", "local_time", "duration", "age", "stage", "zones", "last_seen", "pictures"}
)
VERSION_CHARS = 16
"""Hex characters of a version: 64 bits of a sha256, no two prompts of one house will meet."""


class Prompt(BaseModel):
    """The instructions of a model, and the form of its answer. Frozen: a change is another version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Purpose
    language: Literal["en", "ko"]
    answer: Literal["look", "study"]
    instructions: Paragraphs = Field(min_length=1, max_length=20_000)
    template: Paragraphs = Field(min_length=1, max_length=20_000)
    options: ModelOptions = ModelOptions()

    @field_validator("template")
    @classmethod
    def _placeholders_are_known(cls, text: str) -> str:
        template = Template(text)
        if not template.is_valid():
            raise ValueError("a '$' that begins no placeholder is written '$$'")
        unknown = set(template.get_identifiers()) - PLACEHOLDERS
        if unknown:
            raise ValueError(f"unknown ${', $'.join(sorted(unknown))}; known: ${', $'.join(sorted(PLACEHOLDERS))}")
        return text

    @model_validator(mode="after")
    def _answer_suits_purpose(self) -> Prompt:
        if self.answer != self.purpose.value:
            raise ValueError(f"a {self.purpose.value} prompt is answered as '{self.purpose.value}'")
        return self

    @property
    def schema_class(self) -> type[LookAnswer] | type[StudyAnswer]:
        """The pydantic model of the answer."""
        return SCHEMAS[self.answer]

    @property
    def content(self) -> Mapping[str, Any]:
        """Everything that the version is the hash of, as JSON values; the answer schema in full."""
        return {**self.model_dump(mode="json"), "answer_schema": json_schema(self.schema_class)}

    @property
    def version(self) -> str:
        """Content hash: the same words, schema and options are the same version, wherever they are kept."""
        canonical = json.dumps(self.content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:VERSION_CHARS]

    def changed(self, **fields: Any) -> Prompt:
        """Return another prompt that differs in these fields, its own or options: ``changed(frames=8)``.

        Raises
        ------
        ConfigError
            When the field is unknown, or its value is wrong.
        """
        own = {name: value for name, value in fields.items() if name not in ModelOptions.model_fields}
        options = {**self.options.model_dump(), **{name: fields[name] for name in fields if name not in own}}
        return make_prompt({**self.model_dump(), "options": options, **own}, "with these changes")

    def to_toml(self) -> str:
        """Return the prompt as a file that `load_prompt` reads."""
        options = self.options.model_dump(mode="json", exclude_defaults=True)
        lines = [f'{key} = "{getattr(self, key)}"' for key in ("purpose", "language", "answer")]
        lines += [f"{key} = {_multiline(getattr(self, key))}" for key in ("instructions", "template")]
        lines += ["[options]", *(f"{key} = {json.dumps(value)}" for key, value in options.items())]
        return "\n".join(lines) + "\n"


def load_prompt(path: Path) -> Prompt:
    """Read a prompt from a TOML file.

    Raises
    ------
    ConfigError
        When the file is missing, unreadable or no prompt; each wrong field is named.
    """
    try:
        return make_prompt(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError("prompt.not_readable", path=path, reason=exc) from exc


def make_prompt(fields: Mapping[str, Any], where: str) -> Prompt:
    """Return the prompt of these fields; `where` names it in errors.

    Raises
    ------
    ConfigError
        When a field is missing, unknown or wrong.
    """
    try:
        return Prompt.model_validate(fields)
    except ValidationError as exc:
        problems = "; ".join(
            f"{'.'.join(map(str, error['loc'])) or 'prompt'}: {error['msg'].removeprefix('Value error, ')}"
            for error in exc.errors(include_input=False)
        )
        raise ConfigError("prompt.wrong", prompt=where, problems=problems) from exc


def shipped_prompts() -> dict[str, Prompt]:
    """Return the prompts that come with livemon, by name: ``look_en``, ``study_ko`` ..."""
    return {path.stem: load_prompt(path) for path in sorted(SHIPPED.glob("*_*.toml"))}


def default_name(purpose: Purpose, language: str) -> str:
    """Return the name of the shipped prompt for a purpose in a language."""
    return f"{purpose.value}_{language}"


def _multiline(text: str) -> str:
    """Return a TOML string over several lines, without escapes where they are not needed."""
    if "'''" in text or "\r" in text:
        return json.dumps(text, ensure_ascii=False)
    return f"'''\n{text}\n'''"
