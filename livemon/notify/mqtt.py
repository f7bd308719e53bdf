"""MqttBridge: cameras and their events as entities of Home Assistant, over an MQTT broker.

Discovery: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery. Notifications on telephones live in
policy.py and sender.py: a broker gets every event, and its automations decide.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from livemon.base.clock import Clock
from livemon.base.datatypes import Severity
from livemon.base.errors import ConfigError
from livemon.base.messages.catalog import ENGLISH, text
from livemon.base.messages.message import Message
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamState, StreamStatus
from livemon.base.tasks import survive
from livemon.detect.summary import RecentDetections
from livemon.notify.pictures import picture_of
from livemon.store import changes, detections
from livemon.store.changes import Change, ChangeKind
from livemon.store.day_queries import camera_names
from livemon.store.session import Database

if TYPE_CHECKING:
    import aiomqtt

DISCOVERY = "homeassistant"
"""Home Assistant listens here unless it was told otherwise."""
ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"
RUNNING, LOOKS = "running", "looks"
"""Switches: topics of their states; commands come to ``<topic>/set``."""
PRIVATE = "PRIVATE"
"""Payload of the button for an hour of privacy, where the switch sends ON and OFF."""
UNKNOWN = "None"
"""Home Assistant shows such a state as unknown."""
DANGER_OFF_S = 300
"""A danger is shown for this long; Home Assistant counts."""
PEOPLE_FOR = timedelta(minutes=2)
"""A person found in a picture counts for this long; then presence is unknown."""
PEOPLE_EVERY_S = 5.0
POLL_S = 1.0
AGAIN_S = 5.0
"""Before the next try to reach the broker."""
ASPECT = 16 / 9
"""Width by height of a usual picture: a track needs to be followed, and not measured."""
AT_ONCE = 200
BASE = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
LONGEST_STATE = 255
"""Characters of an entity's state in Home Assistant."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Address of the broker. `base` is the prefix of every topic."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None
    base: str


def broker_of(url: str) -> Broker:
    """Read ``mqtt://user:password@host:1883/base`` or ``mqtts://``.

    Raises
    ------
    ConfigError
        When it is not such an address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise ConfigError("notify.wrong_mqtt_address")
    tls = parts.scheme == "mqtts"
    user, password = (None if one is None else unquote(one) for one in (parts.username, parts.password))
    base = parts.path.strip("/") or "livemon"
    if not BASE.fullmatch(base):
        raise ConfigError("notify.wrong_mqtt_topic")
    return Broker(parts.hostname, port or (8883 if tls else 1883), tls, user, password, base)


def entities(base: str, camera_id: str, name: str, language: str = ENGLISH) -> Mapping[str, dict[str, Any]]:
    """Return the discovery messages of a camera, by topic; its entities are named in a language."""

    def named(code: str) -> str:
        return text(Message(code), language)

    own, node = f"{base}/{camera_id}", f"{base.replace('/', '_')}_{camera_id}"
    found: dict[str, dict[str, Any]] = {
        **_switches(own, named),
        "sensor/event": {
            "name": named("mqtt.last_event"),
            "state_topic": f"{own}/event",
            "value_template": f"{{{{ value_json.title[:{LONGEST_STATE}] }}}}",
            "json_attributes_topic": f"{own}/event",
        },
        "binary_sensor/danger": {
            "name": named("mqtt.danger"),
            "device_class": "safety",
            "state_topic": f"{own}/danger",
            "off_delay": DANGER_OFF_S,
        },
        "image/picture": {
            "name": named("mqtt.last_event"),
            "image_topic": f"{own}/picture",
            "content_type": "image/jpeg",
        },
        "sensor/state": {"name": named("mqtt.stream"), "entity_category": "diagnostic", "state_topic": f"{own}/state"},
        "binary_sensor/occupancy": {
            "name": named("mqtt.occupancy"),
            "device_class": "occupancy",
            "state_topic": f"{own}/people",
            "value_template": "{{ 'None' if value == 'None' else 'ON' if value | int > 0 else 'OFF' }}",
        },
        "sensor/people": {
            "name": named("mqtt.people"),
            "state_class": "measurement",
            "state_topic": f"{own}/people",
        },
    }
    shared = {
        "availability_topic": f"{base}/status",
        "device": {"identifiers": [node], "name": name, "manufacturer": "livemon"},
        "origin": {"name": "livemon"},
    }
    told = {}
    for key, entity in found.items():
        component, _, part = key.partition("/")
        topic = f"{DISCOVERY}/{component}/{node}/{part}/config"
        told[topic] = {**entity, **shared, "unique_id": f"{node}_{part}"}
    return told


def _switches(own: str, named: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """Return the switches and buttons of the camera whose topics begin with `own`."""
    return {
        "switch/running": {
            "name": named("mqtt.watching"),
            "state_topic": f"{own}/running",
            "command_topic": f"{own}/running/set",
        },
        "switch/looks": {
            "name": named("mqtt.looks"),
            "state_topic": f"{own}/looks",
            "command_topic": f"{own}/looks/set",
        },
        "button/private": {
            "name": named("mqtt.private_hour"),
            "command_topic": f"{own}/running/set",
            "payload_press": PRIVATE,
        },
    }


@dataclass(frozen=True, slots=True)
class CameraControls:
    """Actions of the switches and buttons; all but `statuses` block.

    Attributes
    ----------
    statuses
        Returns each camera's status, by id.
    start, stop, private
        Start a camera, stop it until it is started, and stop it for an hour.
    look
        Lets the model look at a camera's live pictures, or not.
    """

    statuses: Callable[[], Mapping[str, StreamStatus]]
    start: Callable[[str], object]
    stop: Callable[[str], object]
    private: Callable[[str], object]
    look: Callable[[str, bool], object]

    def command(self, switch: str, payload: str) -> Callable[[str], object] | None:
        """Return the action of a switch's payload; None for an unknown one."""
        return {
            (RUNNING, ON): self.start,
            (RUNNING, OFF): self.stop,
            (RUNNING, PRIVATE): self.private,
            (LOOKS, ON): lambda camera_id: self.look(camera_id, True),
            (LOOKS, OFF): lambda camera_id: self.look(camera_id, False),
        }.get((switch, payload))


class MqttBridge:
    """Tells one broker of one database's cameras. Its coroutines run on the monitor's engine loop."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        controls: CameraControls,
    ) -> None:
        url = settings.mqtt_url.get_secret_value()
        self._broker = broker_of(url) if url else None
        self._settings = settings
        self._database = database
        self._clock = clock
        self._controls = controls
        self._task: asyncio.Task[None] | None = None
        self._shown: set[str] = set()
        self._people: dict[str, str] = {}
        self._events: dict[str, int] = {}
        self._position: int | None = None

    async def start(self) -> None:
        """Begin; harmless when begun, or without a broker."""
        if self._broker is not None and self._task is None:
            self._task = asyncio.create_task(self._run(self._broker), name="mqtt")

    async def stop(self) -> None:
        """Stop; the broker says that livemon is offline."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self, broker: Broker) -> None:
        while True:
            await survive(self._talk(broker), "MQTT")
            await self._clock.sleep(AGAIN_S)

    async def _talk(self, broker: Broker) -> None:
        """Talk to the broker until the connection breaks."""
        import aiomqtt

        status = f"{broker.base}/status"
        client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.user,
            password=broker.password,
            tls_context=ssl.create_default_context() if broker.tls else None,
            will=aiomqtt.Will(status, OFFLINE, qos=1, retain=True),
        )
        try:
            async with client:
                await client.publish(status, ONLINE, qos=1, retain=True)
                for switch in (RUNNING, LOOKS):
                    await client.subscribe(f"{broker.base}/+/{switch}/set", qos=1)
                self._shown.clear()
                self._people.clear()
                try:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._follow(client, broker.base))
                        group.create_task(self._count(client, broker.base))
                        group.create_task(self._obey(client, broker.base))
                finally:
                    await client.publish(status, OFFLINE, qos=1, retain=True)
        except* aiomqtt.MqttError as exc:
            reason = exc.exceptions[0]
            raise ConnectionError(f"the broker {broker.host}:{broker.port} cannot be used: {reason}") from exc

    async def _follow(self, client: aiomqtt.Client, base: str) -> None:
        """Publish cameras and what happens."""
        if self._position is None:
            self._position = (await asyncio.to_thread(changes.kept_ids, self._database))[1]
        while True:
            await self._publish_cameras(client, base)
            for change in await asyncio.to_thread(changes.read, self._database, self._position, AT_ONCE):
                await self._publish(client, base, change)
                self._position = change.id
            await self._clock.sleep(POLL_S)

    async def _publish_cameras(self, client: aiomqtt.Client, base: str) -> None:
        """Publish cameras that are new, and take away those that are gone."""
        statuses = self._controls.statuses()
        if set(statuses) == self._shown:
            return
        names = await asyncio.to_thread(camera_names, self._database)
        for camera_id in self._shown - set(statuses):
            for topic in entities(base, camera_id, ""):
                await client.publish(topic, "", qos=1, retain=True)
        for camera_id in set(statuses) - self._shown:
            for topic, entity in entities(
                base, camera_id, names.get(camera_id, camera_id), self._settings.report.language or ENGLISH
            ).items():
                await client.publish(topic, json.dumps(entity), qos=1, retain=True)
            status = statuses[camera_id]
            await self._publish_state(client, base, camera_id, status.state.value, looks=status.looks)
        self._shown = set(statuses)

    async def _publish(self, client: aiomqtt.Client, base: str, change: Change) -> None:
        own = f"{base}/{change.camera_id}"
        if change.kind == ChangeKind.STATUS:
            looks = bool(change.payload.get("looks", True))
            await self._publish_state(client, base, change.camera_id, str(change.payload["state"]), looks=looks)
        elif change.kind == ChangeKind.EVENT and not change.payload.get("is_new"):
            if self._events.get(change.camera_id) == change.payload.get("id"):  # the one that is shown goes on
                await self._publish_event(client, own, change)
        elif change.kind == ChangeKind.EVENT:
            self._events[change.camera_id] = int(change.payload.get("id") or 0)
            await self._publish_event(client, own, change)
            if Severity.read(change.severity) is Severity.DANGER:
                await client.publish(f"{own}/danger", ON, qos=1)
            thumbnail = str(change.payload.get("thumbnail") or "")
            picture = await asyncio.to_thread(picture_of, self._settings, change.camera_id, thumbnail)
            if picture:
                await client.publish(f"{own}/picture", picture, qos=1, retain=True)

    async def _publish_event(self, client: aiomqtt.Client, own: str, change: Change) -> None:
        told = {name: value for name, value in change.payload.items() if name not in ("thumbnail", "repeats")}
        await client.publish(f"{own}/event", json.dumps(told, ensure_ascii=False), qos=1, retain=True)

    async def _count(self, client: aiomqtt.Client, base: str) -> None:
        """Publish how many people each camera sees, when that changes."""
        while True:
            for camera_id in self._controls.statuses():
                people = await asyncio.to_thread(self._people_seen, camera_id)
                if self._people.get(camera_id) != people:
                    await client.publish(f"{base}/{camera_id}/people", people, qos=1, retain=True)
                    self._people[camera_id] = people
            await self._clock.sleep(PEOPLE_EVERY_S)

    def _people_seen(self, camera_id: str) -> str:
        """Return how many people are there, by the newest pictures that were searched for them.

        Unknown when these are old, or a person is seen but not confirmed: what looks like one may be a chair.
        """
        now = self._clock.now()
        found = detections.detections_between(self._database, camera_id, now - PEOPLE_FOR, now)
        if not found:
            return UNKNOWN
        recent, newest = RecentDetections(()), found[-1].utc
        recent.take(found, ASPECT)
        people = recent.around(newest, newest).people
        return UNKNOWN if people is None else str(people)

    async def _publish_state(
        self, client: aiomqtt.Client, base: str, camera_id: str, state: str, *, looks: bool
    ) -> None:
        running = OFF if state == StreamState.STOPPED else ON
        for topic, value in (("state", state), (RUNNING, running), (LOOKS, ON if looks else OFF)):
            await client.publish(f"{base}/{camera_id}/{topic}", value, qos=1, retain=True)

    async def _obey(self, client: aiomqtt.Client, base: str) -> None:
        """Do what switches and buttons ask for; what cannot be done shows in the camera's state."""
        async for message in client.messages:
            camera_id, _, rest = str(message.topic).removeprefix(f"{base}/").partition("/")
            payload = message.payload.decode(errors="replace") if isinstance(message.payload, bytes) else ""
            command = self._controls.command(rest.removesuffix("/set"), payload)
            if command is not None and camera_id in self._controls.statuses():
                await survive(_call(command, camera_id), f"MQTT, {camera_id}")


async def _call(command: Callable[[str], object], camera_id: str) -> None:
    await asyncio.to_thread(command, camera_id)
