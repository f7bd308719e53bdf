"""CamerasHandler: cameras and their settings; adding, changing, removing and erasing."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from pydantic import ConfigDict, Field

from livemon.base.clock import iso
from livemon.base.roles import Role
from livemon.base.settings.cameras import MOST_SOURCE_CHARS, MOST_ZONES, CameraSettings
from livemon.base.settings.models import ZoneRuleSettings, ZoneSettings
from livemon.base.settings.settings import CAMERA_ID
from livemon.base.texts import Line, Named
from livemon.cameras.added import settings_of
from livemon.cameras.rule_trial import TRIED_DAYS
from livemon.stream.redact import redact_url
from livemon.stream.sources.allowed_hosts import is_on_this_machine
from livemon.web.api import answers
from livemon.web.api.operation import RequestModel, ResponseModel, Scope, operation
from livemon.web.api.rows import Utc
from livemon.web.api.streams import StreamHandler

HIDDEN = ("nominal",)
"""Paths on the server's disk: not for the API to set."""

MOST_FIRED = 200
MOST_TRIED_DAYS = 31


class CameraChange(CameraSettings):
    """Settings of a camera; omitted fields stay as they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Line = Field(
        "",
        max_length=MOST_SOURCE_CHARS,
        description="rtsp, http or rtmp URL, a folder below camera_folders, or test-pattern.",
        repr=False,
    )
    nominal: None = Field(None, description="Set in livemon.toml only: it is a file on the server.")


class NewCamera(CameraChange):
    """A new camera."""

    id: str = Field(
        description="Letters, digits, - and _: its name in URLs and folders.", pattern=f"^{CAMERA_ID.pattern}$"
    )
    source: Named = Field(
        min_length=1,
        max_length=MOST_SOURCE_CHARS,
        description="rtsp, http or rtmp URL, a folder below camera_folders, or test-pattern.",
        repr=False,
    )
    start: bool = Field(True, description="Start it at once.")


class CameraTold(ResponseModel):
    """A camera's settings; credentials are left out of its source."""

    camera_id: str
    name: str
    source: str
    added: bool = Field(description="Whether it was added over the API; others stand in livemon.toml.")
    changed: list[str] = Field(description="Settings that were changed here and stand otherwise in livemon.toml.")
    settings: dict[str, Any]


class Checked(ResponseModel):
    """Preview of an erasure, and the confirmation token to send back."""

    camera_id: str
    rows: dict[str, int]
    files: dict[str, int]
    bytes: int
    confirmation: str


class Erased(ResponseModel):
    """Erased data; nothing is left."""

    camera_id: str
    rows: dict[str, int]
    files: dict[str, int]
    bytes: int


class ResetQuery(RequestModel):
    """Confirmation of a reset."""

    confirm: str = Field(max_length=400, description="`confirmation` of GET /reset.")


class RuleTrialAsked(RequestModel):
    """A zone rule, and on how many of the last days it is to be tried."""

    rule: ZoneRuleSettings
    zones: tuple[ZoneSettings, ...] | None = Field(
        None, max_length=MOST_ZONES, description="Zones that the rule may be of; the camera's own when not given."
    )
    days: float = Field(TRIED_DAYS, gt=0, le=MOST_TRIED_DAYS, description="How far back it is tried.")


class RuleFired(ResponseModel):
    """One time at which a rule would have fired."""

    start_utc: Utc
    end_utc: Utc
    people: int = Field(description="In the zone then.")


class RuleTrialTold(ResponseModel):
    """Result of trying a rule on the past."""

    camera_id: str
    since_utc: Utc
    until_utc: Utc
    count: int = Field(description="How often it would have fired.")
    watched_s: float = Field(description="Seconds, in the rule's hours, that were watched for people.")
    fired: list[RuleFired] = Field(description=f"The newest {MOST_FIRED} at most, in time order.")


class _CameraHandler(StreamHandler):
    def told(self, camera_id: str) -> dict[str, Any]:
        """Return a camera's settings as the API tells them."""
        camera = self.monitor.camera(camera_id)
        own = self.monitor.settings.cameras[camera_id]
        settings = json.loads(own.model_dump_json(exclude={"source", "name", *HIDDEN}))
        return {
            "camera_id": camera_id,
            "name": camera.name,
            "source": redact_url(own.source),
            "added": self.monitor.camera_registry.is_added(camera_id),
            "changed": list(self.monitor.camera_registry.changes(camera_id)),
            "settings": settings,
        }

    def problems(self) -> list[str]:
        """Return why cameras that the caller may see cannot be used, a sentence each."""
        unreadable = self.monitor.camera_registry.unreadable
        return [str(why) for camera_id, why in unreadable.items() if self.identity and self.identity.sees(camera_id)]


class CamerasHandler(_CameraHandler):
    """/cameras."""

    @operation("The status of every camera", Role.VIEWER, scope=Scope.OWN, answer=answers.Cameras)
    async def get(self) -> None:
        """Answer with the status of every camera that the caller may see."""
        seen = [one for one in self.monitor.cameras.values() if self.identity and self.identity.sees(one.id)]
        told = {"cameras": [self.describe(camera.status) for camera in seen], "problems": self.problems()}
        self.tell(answers.Cameras, told)

    @operation(
        "Add a camera",
        Role.ADMIN,
        scope=Scope.ALL,
        body=NewCamera,
        answer=CameraTold,
        status=HTTPStatus.CREATED,
    )
    async def post(self) -> None:
        """Add a camera and answer with its settings."""
        asked = self.body(NewCamera)
        values = asked.model_dump(exclude_unset=True, exclude={"id", "start"})
        self.deed_detail = f"camera {asked.id}"
        await self.blocking(self.monitor.camera_registry.add, asked.id, **values)
        if asked.start:
            await self.blocking(self.monitor.start, asked.id)
        self.set_status(HTTPStatus.CREATED)
        self.set_header("Location", self.absolute_url(f"cameras/{asked.id}"))
        self.tell_version(CameraTold, self.told(asked.id))


class OneCameraHandler(_CameraHandler):
    """/cameras/{camera_id}."""

    @operation("A camera's settings", Role.OPERATOR, answer=CameraTold)
    async def get(self, camera_id: str) -> None:
        """Answer with the camera's settings."""
        self.tell_version(CameraTold, self.told(camera_id))

    @operation("Change a camera", Role.ADMIN, body=CameraChange, answer=CameraTold)
    async def patch(self, camera_id: str) -> None:
        """Change what is given; a camera that runs is started afresh."""
        values = self.body(CameraChange).model_dump(exclude_unset=True)
        if is_on_this_machine(str(values.get("source") or "")):
            self.require(Role.ADMIN)

        def change() -> None:
            with self.monitor.changing:
                self.check_version(CameraTold, self.told(camera_id))
                self.monitor.camera_registry.change(camera_id, **values)

        await self.blocking(change)
        self.tell_version(CameraTold, self.told(camera_id))

    @operation("Take a camera away", Role.ADMIN, status=HTTPStatus.NO_CONTENT)
    async def delete(self, camera_id: str) -> None:
        """Stop it and forget its settings; what was recorded of it stays: reset it before when that shall go, too."""
        await self.blocking(self.monitor.camera_registry.remove, camera_id)
        self.set_status(HTTPStatus.NO_CONTENT)


class CameraChangesHandler(_CameraHandler):
    """/cameras/{camera_id}/changes."""

    @operation("Take back what was changed of a camera of livemon.toml", Role.ADMIN, answer=CameraTold)
    async def delete(self, camera_id: str) -> None:
        """Let it be as it stands in livemon.toml, and answer with its settings."""

        def revert() -> None:
            with self.monitor.changing:
                self.monitor.camera_registry.revert(camera_id)

        await self.blocking(revert)
        self.tell_version(CameraTold, self.told(camera_id))


class RuleTrialHandler(_CameraHandler):
    """/cameras/{camera_id}/zone-rule-trial."""

    @operation("Try a zone rule on the last days", Role.OPERATOR, body=RuleTrialAsked, answer=RuleTrialTold)
    async def post(self, camera_id: str) -> None:
        """Answer with how often the rule would have fired; nothing is changed."""
        asked = self.body(RuleTrialAsked)
        camera = self.monitor.camera(camera_id)
        zones = self.monitor.settings.cameras[camera_id].zones if asked.zones is None else asked.zones
        own = settings_of({"source": "", "zones": zones, "zone_rules": (asked.rule,)})
        trial = await self.blocking(camera.try_rule, own.zone_rules[0], own.zones, asked.days)
        fired = [
            {"start_utc": iso(one.start_utc), "end_utc": iso(one.end_utc), "people": one.people}
            for one in trial.firings
        ]
        told = {"since_utc": iso(trial.since_utc), "until_utc": iso(trial.until_utc), "watched_s": trial.watched_s}
        self.tell(RuleTrialTold, {"camera_id": camera_id, **told, "count": len(fired), "fired": fired[-MOST_FIRED:]})


class ResetHandler(_CameraHandler):
    """/reset/{camera_id}."""

    @operation("What a reset would erase", Role.ADMIN, answer=Checked)
    async def get(self, camera_id: str) -> None:
        """Answer with what there is of the camera, and a confirmation that is good once, for five minutes."""
        found = await self.blocking(self.monitor.eraser.inventory, camera_id)
        confirmation = await self.blocking(self.monitor.eraser.confirmation, camera_id)
        kept = {"rows": found.rows, "files": found.files, "bytes": found.bytes}
        self.tell(Checked, {"camera_id": camera_id, **kept, "confirmation": confirmation})

    @operation("Erase all that was recorded of a camera", Role.ADMIN, query=ResetQuery, answer=Erased)
    async def delete(self, camera_id: str) -> None:
        """Erase it and answer with what was removed."""
        confirmation = self.query(ResetQuery).confirm
        removed = await self.blocking(self.monitor.eraser.reset, camera_id, confirmation)
        self.deed_detail = f"{sum(removed.rows.values())} rows, {sum(removed.files.values())} files erased"
        self.tell(
            Erased, {"camera_id": camera_id, "rows": removed.rows, "files": removed.files, "bytes": removed.bytes}
        )
