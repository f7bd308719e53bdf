"""AddedCameras: cameras that are added, changed and taken away while livemon runs, beside those of livemon.toml.

For a camera of livemon.toml only the differences are kept: other settings follow the file. All lies encrypted in the
database, because a source may hold a password. Running cameras live in registry.py.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from livemon.base.clock import Clock
from livemon.base.errors import ConfigError, NotAllowed, UnknownCamera
from livemon.base.messages.message import Message, message
from livemon.base.secret_key import Secrets
from livemon.base.settings.cameras import CameraSettings, problems
from livemon.base.settings.settings import CAMERA_ID, Settings, same_but_for_case
from livemon.store import cameras
from livemon.store.session import Database
from livemon.stream.redact import redact_url

LONGEST_ID_MADE = 50
"""Characters that an id takes of a name; a number may follow."""


class AddedCameras:
    """Reads and writes added and changed cameras, and puts them into the settings that everybody shares.

    Attributes
    ----------
    unreadable
        Why a kept camera cannot be used, a sentence by id; the others run all the same.
    left_out
        Reasons why changes of a camera of livemon.toml are not in force, a sentence by id; it runs by the file.

    Raises
    ------
    ConfigError, StoreError
        When nothing that is sealed can be opened, or the database refuses.
    """

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._secrets = Secrets(settings.data_dir)
        self._added: dict[str, CameraSettings] = {}
        self._of_file = dict(settings.cameras)
        self.unreadable: dict[str, Message] = {}
        self.left_out: dict[str, Message] = {}
        # A camera that is in livemon.toml by now is that one.
        kept = cameras.sealed_cameras(database)
        for camera_id in kept.keys() - settings.cameras.keys():
            self._read(camera_id, kept)
        self._added = dict(sorted(self._added.items()))
        changed = {camera_id: own for camera_id in self._of_file if (own := self._with_changes(camera_id))}
        if self._added or changed:
            settings.replace_cameras({**self._of_file, **changed, **self._added})

    def _with_changes(self, camera_id: str) -> CameraSettings | None:
        """Return a camera of livemon.toml with the changes that are kept; None when there are none that can be used."""
        sealed = cameras.sealed_changes(self._database).get(camera_id)
        if sealed is None:
            return None
        try:
            changes = json.loads(self._secrets.open(sealed))
            return settings_of({**self._of_file[camera_id].model_dump(), **changes})
        except (ConfigError, ValueError, TypeError) as exc:
            cause = exc.said if isinstance(exc, ConfigError) else str(exc)
            self.left_out[camera_id] = message("camera.changes_left_out", camera=camera_id, cause=cause)
            return None

    def _read(self, camera_id: str, kept: Mapping[str, str]) -> None:
        try:
            self._refuse_case(camera_id, self._settings.cameras)
        except ConfigError as exc:
            self.unreadable[camera_id] = exc.said
            return
        try:
            self._added[camera_id] = CameraSettings.model_validate_json(self._secrets.open(kept[camera_id]))
        except ConfigError as exc:
            if not any(self._secrets.can_open(sealed) for sealed in kept.values()):
                raise  # another house's secret: it is to be put back, and no camera given up
            self.unreadable[camera_id] = message("camera.settings_not_opened", camera=camera_id, cause=exc.said)
        except ValidationError as exc:
            self.unreadable[camera_id] = message("camera.kept_settings_wrong", camera=camera_id, problems=problems(exc))

    def set_aside(self, camera_id: str, reason: Message) -> None:
        """Leave out a kept camera that cannot be used; `reason` says why."""
        del self._added[camera_id]
        self.unreadable[camera_id] = reason
        self._settings.replace_cameras({one: own for one, own in self._settings.cameras.items() if one != camera_id})

    def leave_out_changes(self, camera_id: str, reason: Message) -> None:
        """Run a camera of livemon.toml by the file's settings; `reason` says why."""
        self.left_out[camera_id] = message("camera.changes_left_out", camera=camera_id, cause=reason)
        self._settings.replace_cameras({**self._settings.cameras, camera_id: self._of_file[camera_id]})

    def changes(self, camera_id: str) -> tuple[str, ...]:
        """Return the names of the settings that were changed here and stand otherwise in livemon.toml."""
        base = self._of_file.get(camera_id)
        return () if base is None else tuple(_differences(base, self._settings.cameras[camera_id]))

    def of_file(self, camera_id: str) -> CameraSettings:
        """Return a camera's settings as livemon.toml has them.

        Raises
        ------
        UnknownCamera
            When it is not in the file.
        """
        if camera_id not in self._of_file:
            raise UnknownCamera(camera_id, sorted(self._of_file))
        return self._of_file[camera_id]

    def has_source_of_file(self, camera_id: str, source: str) -> bool:
        """Return whether a source is the one that livemon.toml gives this camera: it may be anywhere."""
        own = self._of_file.get(camera_id)
        return own is not None and own.source == source

    def is_added(self, camera_id: str) -> bool:
        """Whether a camera was added here, and can be removed here."""
        return camera_id in self._added

    def checked(self, camera_id: str, values: Mapping[str, Any]) -> CameraSettings:
        """Return the settings of a new camera.

        Raises
        ------
        ConfigError
            When the id is not a valid name, or is taken (also in other case), or a value is wrong; the sentence names
            each.
        """
        if not CAMERA_ID.fullmatch(camera_id):
            raise ConfigError("camera.wrong_id", camera=camera_id)
        if camera_id in self._settings.cameras or camera_id in self.unreadable:
            raise ConfigError("camera.exists", camera=camera_id)
        self._refuse_case(camera_id, (*self._settings.cameras, *self._recorded()))
        return settings_of(values)

    def free_id(self, name: str) -> str:
        """Return an id that no camera has, or had: the Latin letters and digits of a name, else ``camera-1`` ..."""
        base = "-".join(re.findall("[a-z0-9]+", name.lower()))[:LONGEST_ID_MADE]
        taken = {one.lower() for one in (*self._settings.cameras, *self.unreadable, *self._recorded())}
        taken |= {one.lower() for one in cameras.known_cameras(self._database)}
        tries = (f"{base or 'camera'}-{n}" for n in itertools.count(2 if base else 1))
        return base if base and base not in taken else next(one for one in tries if one not in taken)

    def _recorded(self) -> list[str]:
        """Return the ids of cameras of which something was recorded, also of those that were taken away."""
        return [path.name for path in (self._settings.data_dir / "cameras").glob("*")]

    def changed(self, camera_id: str, values: Mapping[str, Any]) -> CameraSettings:
        """Return a camera's settings with some of them changed.

        Raises
        ------
        UnknownCamera, ConfigError
            When there is no such camera, or a value is wrong.
        """
        if camera_id not in self._settings.cameras:
            raise UnknownCamera(camera_id, sorted(self._settings.cameras))
        return settings_of({**self._settings.cameras[camera_id].model_dump(), **values})

    def keep(self, camera_id: str, own: CameraSettings) -> None:
        """Write down a camera's settings, and let everybody see them."""
        told = (own.name or camera_id, redact_url(own.source))
        now = self._clock.now()
        if camera_id in self._of_file:
            differences = _differences(self._of_file[camera_id], own)
            sealed = self._secrets.seal(json.dumps(differences)) if differences else None
            cameras.keep_changes(self._database, camera_id, *told, sealed, now)
            self.left_out.pop(camera_id, None)
        else:
            cameras.keep_camera(self._database, camera_id, *told, self._secrets.seal(own.model_dump_json()), now)
            self._added[camera_id] = own
        self._settings.replace_cameras({**self._settings.cameras, camera_id: own})

    def forget(self, camera_id: str) -> None:
        """Take a camera away; its recordings stay.

        Raises
        ------
        UnknownCamera
            When there is no such camera.
        NotAllowed
            When it is in livemon.toml, which is the user's own.
        """
        if self.unreadable.pop(camera_id, None) is None:
            self._own(camera_id)
        own = self._added.pop(camera_id, None)
        name = own.name if own else ""
        cameras.keep_camera(self._database, camera_id, name or camera_id, "", None, self._clock.now())
        left = {other: settings for other, settings in self._settings.cameras.items() if other != camera_id}
        self._settings.replace_cameras(left)

    def _refuse_case(self, camera_id: str, others: Iterable[str]) -> None:
        other = same_but_for_case(camera_id, others)
        if other:
            raise ConfigError("camera.ids_differ_by_case", other=other, camera=camera_id)

    def _own(self, camera_id: str) -> None:
        if camera_id not in self._settings.cameras:
            raise UnknownCamera(camera_id, sorted(self._settings.cameras))
        if camera_id not in self._added:
            raise NotAllowed("camera.in_settings_file", camera=camera_id)


def _differences(base: CameraSettings, own: CameraSettings) -> dict[str, Any]:
    """Return the settings of `own` that `base` has otherwise, as they are written to JSON."""
    before = base.model_dump(mode="json")
    return {name: value for name, value in own.model_dump(mode="json").items() if value != before[name]}


def settings_of(values: Mapping[str, Any]) -> CameraSettings:
    """Return a camera's settings; ConfigError, which names each value that is wrong, when they cannot be."""
    try:
        return CameraSettings.model_validate(dict(values))
    except ValidationError as exc:
        raise ConfigError("camera.wrong_settings", problems=problems(exc)) from exc
