"""PromptRegistry: which prompts there are, and which is live for a camera.

There are shipped ones, files of the user's own, and versions kept in the database. The newest promotion wins over the
settings, which win over the shipped prompt of the camera's language. The prompt itself lives in vlm/prompt.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError, UnknownPrompt
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Purpose
from livemon.base.settings.settings import Settings
from livemon.store import prompts as store
from livemon.store.session import Database
from livemon.vlm.prompt import Prompt, default_name, load_prompt, make_prompt, shipped_prompts

SHORTEST_VERSION = 4
SETTING = {Purpose.LOOK: "look_prompt", Purpose.STUDY: "study_prompt"}
NOBODY = "settings"


@dataclass(frozen=True, slots=True)
class Live:
    """The live prompt of a camera, its name, and its author."""

    prompt: Prompt
    name: str
    by: str


class PromptRegistry:
    """Finds prompts by name or version. Its methods block briefly, and may be called from any thread."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._shipped = shipped_prompts()
        self._kept: set[str] = set()

    def named(self) -> dict[str, Prompt]:
        """Return the prompts that have a name: the shipped ones, and files in `prompts_dir`, which win.

        Invalid files are left out: one that is being written must not stop the others. `problems` names them.
        """
        return self._read()[0]

    def problems(self, cameras: Iterable[str] = ()) -> list[Message]:
        """Return the errors of files in `prompts_dir` and of the live prompts of these cameras."""
        live = [self.in_use(camera_id, purpose)[1] for camera_id in cameras for purpose in Purpose]
        return [*self._read()[1], *filter(None, live)]

    def get(self, name_or_version: str) -> Prompt:
        """Return the prompt of that name, or the kept one whose version begins so.

        Raises
        ------
        UnknownPrompt
            When there is none, or more than one.
        ConfigError
            When the file of that name is not a valid prompt.
        """
        file = self._files().get(name_or_version)
        if file is not None:
            return load_prompt(file)
        named = self.named()
        if name_or_version in named:
            return named[name_or_version]
        by_version = {prompt.version: prompt for prompt in named.values()}
        if len(name_or_version) >= SHORTEST_VERSION:
            for row in store.find_versions(self._database, name_or_version):
                by_version.setdefault(row.version, _from_content(row.content, row.version))
        found = [prompt for version, prompt in by_version.items() if version.startswith(name_or_version)]
        if len(found) != 1:
            raise UnknownPrompt(name_or_version, sorted(named), ambiguous=len(found) > 1)
        return found[0]

    def name_of(self, prompt: Prompt) -> str:
        """Return the name of a prompt; the beginning of its version when it has none."""
        names = [name for name, one in self.named().items() if one.version == prompt.version]
        kept = [row.name for row in store.find_versions(self._database, prompt.version)]
        return next(iter([*names, *kept]), prompt.version[:8])

    def live(self, camera_id: str, purpose: Purpose) -> Live:
        """Return the prompt that is live for a camera.

        Raises
        ------
        UnknownPrompt, ConfigError
            When the settings name one that is not there, or one for another purpose.
        """
        newest = next(iter(store.promotions(self._database, camera_id, purpose.value)), None)
        if newest is not None and newest.version is not None:
            rows = store.find_versions(self._database, newest.version)
            if not rows:
                raise UnknownPrompt(newest.version, sorted(self.named()))
            return Live(_from_content(rows[0].content, newest.version), rows[0].name, newest.by)
        camera = self._settings.cameras[camera_id]
        name = getattr(camera, SETTING[purpose]) or default_name(purpose, camera.language.value)
        prompt = self.get(name)
        require_purpose(prompt, purpose, name)
        return Live(prompt, name, NOBODY)

    def in_use(self, camera_id: str, purpose: Purpose) -> tuple[Live, Message | None]:
        """Return the prompt in use, and the error of the one that should be live; None when there is none.

        If the live one cannot be read, the shipped one is used (gateway.py).
        """
        try:
            return self.live(camera_id, purpose), None
        except (ConfigError, UnknownPrompt) as exc:
            return self.shipped(camera_id, purpose), message("prompt.not_usable", camera=camera_id, cause=exc.said)

    def check(self, name_or_version: str, purpose: Purpose) -> None:
        """Refuse what cannot be a camera's prompt; raises UnknownPrompt, ConfigError. Empty is the shipped one."""
        if name_or_version:
            require_purpose(self.get(name_or_version), purpose, name_or_version)

    def shipped(self, camera_id: str, purpose: Purpose) -> Live:
        """Return the prompt that comes with livemon in the camera's language: that one can always be read."""
        name = default_name(purpose, self._settings.cameras[camera_id].language.value)
        return Live(self._shipped[name], name, NOBODY)

    def keep(self, prompt: Prompt, name: str) -> str:
        """Keep a prompt in the database and return its version; harmless when it is kept already."""
        if prompt.version not in self._kept:
            store.keep_version(self._database, prompt.version, name, prompt.content, self._clock.now())
            self._kept.add(prompt.version)
        return prompt.version

    def promote(self, camera_id: str, name_or_version: str, *, by: str, note: str = "") -> Prompt:
        """Make a prompt live for a camera, from the next question on; no restart is needed.

        Raises
        ------
        UnknownPrompt
            When there is no such prompt.
        """
        prompt = self.get(name_or_version)
        version = self.keep(prompt, name_or_version if name_or_version in self.named() else self.name_of(prompt))
        store.promote(self._database, camera_id, prompt.purpose.value, version, self._clock.now(), by=by, note=note)
        return prompt

    def demote(self, camera_id: str, purpose: Purpose, *, by: str, note: str = "") -> None:
        """Give the choice back to the settings."""
        store.promote(self._database, camera_id, purpose.value, None, self._clock.now(), by=by, note=note)

    def roll_back(self, camera_id: str, purpose: Purpose, *, by: str, note: str = "") -> Live:
        """Restore the live prompt from before the newest change; returns it.

        Called again, it goes forth again.

        Raises
        ------
        ConfigError
            When nothing was ever promoted for this camera.
        """
        made = store.promotions(self._database, camera_id, purpose.value)
        if not made:
            raise ConfigError("prompt.never_promoted", camera=camera_id)
        # Repeated promotions of one version are one change.
        before = next((row.version for row in made[1:] if row.version != made[0].version), None)
        store.promote(self._database, camera_id, purpose.value, before, self._clock.now(), by=by, note=note)
        return self.live(camera_id, purpose)

    def history(self, camera_id: str, purpose: Purpose) -> pd.DataFrame:
        """Return the promotions for a camera, the newest first: from_utc, version, name, by, note.

        An empty version gives the choice to the settings.
        """
        names = {row.version: row.name for row in store.find_versions(self._database, "")}
        rows = [
            (row.from_utc, row.version or "", names.get(row.version or "", ""), row.by, row.note)
            for row in store.promotions(self._database, camera_id, purpose.value)
        ]
        return pd.DataFrame(rows, columns=["from_utc", "version", "name", "by", "note"])

    def table(self) -> pd.DataFrame:
        """Return all prompts, named ones first: name, version, purpose, language, and the cameras it is live for."""
        live: dict[str, list[str]] = {}
        for camera_id in self._settings.cameras:
            for purpose in Purpose:
                live.setdefault(self.in_use(camera_id, purpose)[0].prompt.version, []).append(camera_id)
        named = self.named()
        rows: list[tuple[str, str, str, str]] = [
            (name, prompt.version, prompt.purpose.value, prompt.language) for name, prompt in named.items()
        ]
        versions = {row[1] for row in rows}
        rows += [
            (row.name, row.version, row.purpose, row.language)
            for row in store.find_versions(self._database, "")
            if row.version not in versions
        ]
        columns = ["name", "version", "purpose", "language", "live_for"]
        return pd.DataFrame([(*row, ", ".join(dict.fromkeys(live.get(row[1], [])))) for row in rows], columns=columns)

    def diff(self, one: str, other: str) -> str:
        """Return the difference of two prompts, as a unified diff; empty when they are the same."""
        before, after = (self.get(name).to_toml().splitlines(keepends=True) for name in (one, other))
        return "".join(difflib.unified_diff(before, after, fromfile=one, tofile=other))

    def _files(self) -> dict[str, Path]:
        folder = self._settings.prompts_dir
        return {path.stem: path for path in sorted(folder.glob("*.toml"))} if folder.is_dir() else {}

    def _read(self) -> tuple[dict[str, Prompt], list[Message]]:
        """Return the named prompts, and the errors of the invalid files."""
        named, problems = dict(self._shipped), []
        for name, path in self._files().items():
            try:
                named[name] = load_prompt(path)
            except ConfigError as exc:
                problems.append(exc.said)
        return named, problems


def require_purpose(prompt: Prompt, purpose: Purpose, name: str) -> None:
    """Refuse a prompt that is for something else.

    Raises
    ------
    ConfigError
        Saying what it is for.
    """
    if prompt.purpose is not purpose:
        raise ConfigError(
            "prompt.wrong_purpose",
            name=name,
            purpose=prompt.purpose.value,
            wanted=purpose.value,
            setting=SETTING[purpose],
        )


def _from_content(content: dict[str, object], version: str) -> Prompt:
    """Return a kept prompt. Its schema may be an older one; it is asked with today's, and that is another version."""
    fields = {key: value for key, value in content.items() if key != "answer_schema"}
    return make_prompt(fields, f"version {version}")
