"""Home Assistant over a real broker: discovery, events, a switch, and availability."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from livemon.base.clock import SystemClock
from livemon.base.datatypes import EventType, Observation, Severity
from livemon.base.detections import Detections, Person
from livemon.base.errors import ConfigError
from livemon.base.messages.message import Message
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamState, StreamStatus
from livemon.notify import mqtt as module
from livemon.notify.mqtt import CameraControls, MqttBridge, broker_of, entities
from livemon.store import detections, writes
from livemon.store.session import Database
from tests.detect.bodies import standing
from tests.ports import free_port
from tests.waiting import PATIENCE_S, wait_async

CAM = "hall"
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    made = Broker(tmp_path)
    made.start()
    yield made
    made.stop()


class Broker:
    """A mosquitto that wants a password."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        passwords = folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "livemon", "p@ss"], check=True)
        passwords.chmod(0o644)
        folder.chmod(0o755)
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nuser root\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen([str(MOSQUITTO), "-c", str(self._config)], stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[tuple[aiomqtt.Client, dict[str, bytes]]]:
        """A client that hears everything; the last message by topic."""
        heard: dict[str, bytes] = {}

        async def connected() -> bool:
            try:
                async with aiomqtt.Client("127.0.0.1", self.port, username="livemon", password="p@ss"):
                    return True
            except aiomqtt.MqttError:
                return False

        async with asyncio.timeout(PATIENCE_S):
            while not await connected():
                await asyncio.sleep(0.02)
        async with aiomqtt.Client("127.0.0.1", self.port, username="livemon", password="p@ss") as client:
            await client.subscribe("#", qos=1)

            async def hear() -> None:
                async for message in client.messages:
                    assert isinstance(message.payload, bytes)
                    heard[str(message.topic)] = message.payload

            task = asyncio.create_task(hear())
            yield client, heard
            task.cancel()


async def told(heard: dict[str, bytes], topic: str) -> bytes:
    """Wait for a topic's first message."""
    await wait_async(lambda: topic in heard, topic)
    return heard[topic]


class House:
    """One camera, and what the bridge did to it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.settings = Settings(
            data_dir=folder / "data",
            cameras={CAM: {"source": "test-pattern", "name": "Hall"}},
            mqtt_url=f"mqtt://livemon:p%40ss@127.0.0.1:{port}",
        )
        self.database, self.clock = Database(self.settings.database), SystemClock()
        writes.upsert_camera(self.database, CAM, "Hall", "", self.clock.now())
        live = StreamStatus(CAM, StreamState.LIVE, Message("stream.live"), self.clock.now())
        self.statuses = {CAM: live}
        self.did: list[tuple[str, str]] = []
        self.bridge = MqttBridge(
            self.settings,
            self.database,
            self.clock,
            CameraControls(
                lambda: self.statuses,
                lambda camera_id: self.did.append(("start", camera_id)),
                lambda camera_id: self.did.append(("stop", camera_id)),
                lambda camera_id: self.did.append(("private", camera_id)),
                lambda camera_id, looks: self.did.append((f"looks {looks}", camera_id)),
            ),
        )

    def happen(self, severity: Severity) -> None:
        now = self.clock.now()
        folder = self.settings.camera_dir(CAM) / "thumbnails"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.jpg").write_bytes(b"\xff\xd8picture")
        seen = Observation("fall", EventType.SAFETY, severity, "넘어짐", "On the floor.", 0.9, now, now, ())
        writes.add_event(self.database, CAM, seen, now, model="local", thumbnail="a.jpg")


@pytest.fixture
async def house(tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(module, "POLL_S", 0.02)
    monkeypatch.setattr(module, "AGAIN_S", 0.05)
    made = House(tmp_path, broker.port)
    yield made
    await made.bridge.stop()
    made.database.close()


async def test_a_camera_is_discovered_and_an_event_arrives_with_its_picture(house: House, broker: Broker) -> None:
    async with broker.listening() as (_, heard):
        await house.bridge.start()
        await wait_async(lambda: heard.get(f"livemon/{CAM}/running") == b"ON")
        config = json.loads(await told(heard, f"homeassistant/binary_sensor/livemon_{CAM}/danger/config"))
        assert (config["device"]["name"], config["availability_topic"]) == ("Hall", "livemon/status")
        assert await told(heard, "livemon/status") == b"online"
        assert await told(heard, f"livemon/{CAM}/state") == b"live"
        house.happen(Severity.WARNING)
        await wait_async(lambda: heard.get(f"livemon/{CAM}/picture") == b"\xff\xd8picture")
        event = json.loads(await told(heard, f"livemon/{CAM}/event"))
        assert (event["title"], event["severity"]) == ("넘어짐", "warning")
        assert f"livemon/{CAM}/danger" not in heard
        house.happen(Severity.DANGER)
        await wait_async(lambda: heard.get(f"livemon/{CAM}/danger") == b"ON")
        await house.bridge.stop()
        await wait_async(lambda: heard.get("livemon/status") == b"offline")


async def test_the_switch_stops_and_starts_and_shows_what_is_so(house: House, broker: Broker) -> None:
    async with broker.listening() as (client, heard):
        await house.bridge.start()
        await wait_async(lambda: heard.get(f"livemon/{CAM}/running") == b"ON")
        button = json.loads(await told(heard, f"homeassistant/button/livemon_{CAM}/private/config"))
        pressed = button["payload_press"]
        assert button["command_topic"] == f"livemon/{CAM}/running/set"
        for topic, payload in ((CAM, "OFF"), (CAM, "nonsense"), ("attic", "OFF"), (CAM, "ON"), (CAM, pressed)):
            await client.publish(f"livemon/{topic}/running/set", payload, qos=1)
        await wait_async(lambda: len(house.did) == 3)
        assert house.did == [("stop", CAM), ("start", CAM), ("private", CAM)]
        status = StreamStatus(CAM, StreamState.STOPPED, Message("stream.stopped"), house.clock.now())
        writes.tell_status(house.database, status, house.clock.now())
        await wait_async(lambda: heard.get(f"livemon/{CAM}/running") == b"OFF")


async def test_the_looks_of_the_model_have_a_switch(house: House, broker: Broker) -> None:
    async with broker.listening() as (client, heard):
        await house.bridge.start()
        await wait_async(lambda: heard.get(f"livemon/{CAM}/looks") == b"ON")
        switch = json.loads(await told(heard, f"homeassistant/switch/livemon_{CAM}/looks/config"))
        assert switch["state_topic"] == f"livemon/{CAM}/looks"
        for payload in ("OFF", "PRIVATE", "ON"):
            await client.publish(switch["command_topic"], payload, qos=1)
        await wait_async(lambda: len(house.did) == 2)
        assert house.did == [("looks False", CAM), ("looks True", CAM)]
        off = replace(house.statuses[CAM], looks=False)
        writes.tell_status(house.database, off, house.clock.now())
        await wait_async(lambda: heard.get(f"livemon/{CAM}/looks") == b"OFF")
        assert heard[f"livemon/{CAM}/running"] == b"ON"


async def test_how_many_people_there_are_is_told_and_unknown_is_not_nobody(
    house: House, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PEOPLE_EVERY_S", 0.02)
    people = f"livemon/{CAM}/people"
    async with broker.listening() as (_, heard):
        await house.bridge.start()
        await wait_async(lambda: heard.get(people) == b"None")
        config = json.loads(await told(heard, f"homeassistant/binary_sensor/livemon_{CAM}/occupancy/config"))
        assert (config["device_class"], config["state_topic"]) == ("occupancy", people)
        now = house.clock.now()

        def see(age_s: float, *there: Person) -> None:
            detections.add_detections(house.database, CAM, [Detections(now - timedelta(seconds=age_s), there)])

        see(60, replace(standing(0.5), score=0.06))  # a chair
        await wait_async(lambda: heard.get(people) == b"0")
        see(30, standing(0.3))  # not confirmed: it may be a person
        await wait_async(lambda: heard.get(people) == b"None")
        for age_s in (29.5, 29, 28.5):
            see(age_s, standing(0.3), standing(0.7))
        await wait_async(lambda: heard.get(people) == b"2")
        monkeypatch.setattr(module, "PEOPLE_FOR", timedelta(0))
        await wait_async(lambda: heard.get(people) == b"None")


async def test_an_event_that_goes_on_updates_its_state_and_alarms_no_second_time(house: House, broker: Broker) -> None:
    async with broker.listening() as (_, heard):
        await house.bridge.start()
        await wait_async(lambda: heard.get(f"livemon/{CAM}/running") == b"ON")
        house.happen(Severity.DANGER)
        await wait_async(lambda: heard.pop(f"livemon/{CAM}/danger", None) == b"ON")
        event = json.loads(await told(heard, f"livemon/{CAM}/event"))
        now = house.clock.now()
        writes.fold_event(house.database, event["id"], now, now)
        await wait_async(lambda: json.loads(heard[f"livemon/{CAM}/event"])["suppressed"] == 1)
        assert f"livemon/{CAM}/danger" not in heard


async def test_what_happens_while_the_broker_is_away_arrives_when_it_is_back(house: House, broker: Broker) -> None:
    async with broker.listening() as (_, heard):
        await house.bridge.start()
        await wait_async(lambda: heard.get("livemon/status") == b"online")
        await wait_async(lambda: f"livemon/{CAM}/running" in heard)
        broker.stop()
    house.happen(Severity.DANGER)
    broker.start()
    async with broker.listening() as (_, heard):
        await wait_async(lambda: f"livemon/{CAM}/event" in heard)
        assert await told(heard, "livemon/status") == b"online"


async def test_a_camera_that_is_removed_is_taken_away(house: House, broker: Broker) -> None:
    async with broker.listening() as (_, heard):
        await house.bridge.start()
        topics = list(entities("livemon", CAM, "Hall"))
        await wait_async(lambda: all(heard.get(topic) for topic in topics))
        house.statuses = {}
        await wait_async(lambda: all(heard.get(topic) == b"" for topic in topics))


@pytest.mark.parametrize(
    ("url", "port", "base"),
    [
        ("mqtt://broker", 1883, "livemon"),
        ("mqtts://broker/up/stairs/", 8883, "up/stairs"),
        ("mqtt://a:b@[::1]:1", 1, "livemon"),
    ],
)
def test_an_address_of_a_broker_is_read(url: str, port: int, base: str) -> None:
    found = broker_of(url)
    assert (found.port, found.base) == (port, base)


@pytest.mark.parametrize(
    "url", ["broker", "http://broker", "mqtt://", "mqtt://x:99999", "mqtt://x/a/+/b", "mqtt://x/%23"]
)
def test_an_address_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="LIVEMON_MQTT_URL"):
        broker_of(url)


def test_every_entity_has_what_home_assistant_needs() -> None:
    found: dict[str, dict[str, Any]] = dict(entities("up/stairs", CAM, "Hall"))
    ids = [entity["unique_id"] for entity in found.values()]
    assert len(set(ids)) == len(ids)
    for topic, entity in found.items():
        assert re.fullmatch(r"homeassistant/\w+/[A-Za-z0-9_-]+/\w+/config", topic)
        assert entity["origin"] == {"name": "livemon"} and entity["device"]["identifiers"]
        assert {"state_topic", "image_topic", "command_topic"} & set(entity)
