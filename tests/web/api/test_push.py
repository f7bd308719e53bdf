"""Push over real sockets: told at once, resumed without a gap, slow ones dropped, and only what is one's own."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from livemon.base.datatypes import Severity
from livemon.base.roles import Role
from livemon.base.settings.settings import Settings
from livemon.monitor import change_feed
from livemon.monitor.monitor import Monitor
from livemon.store import reviews, tokens, writes
from livemon.web.api import push as handlers
from tests.conftest import FAST, MORNING, seen
from tests.days import CAM
from tests.waiting import PATIENCE_S, wait_async
from tests.web.api.houses import OTHER, House, with_a_login
from tests.web.api.test_api import Client

PATH = "/api/live-monitoring/push"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    more = {OTHER: settings.cameras[CAM]}
    with Monitor(settings.model_copy(update={"cameras": {**settings.cameras, **more}}), profile=FAST) as made:
        yield made


async def connected(url: str, query: str = "", **headers: str) -> WebSocketClientConnection:
    address = url.replace("http://", "ws://") + PATH + query
    return await websocket_connect(HTTPRequest(address, headers=headers, request_timeout=PATIENCE_S))


async def heard(client: WebSocketClientConnection, wait_s: float = PATIENCE_S) -> dict[str, Any]:
    """The next message that is no heartbeat."""
    while True:
        async with asyncio.timeout(wait_s):
            text = await client.read_message()
        assert text is not None, (client.close_code, client.close_reason)
        message: dict[str, Any] = json.loads(text)
        if message["kind"] != "heartbeat":
            return message


def add(monitor: Monitor, minute: int = 0, camera_id: str = CAM) -> int:
    return writes.add_event(monitor.database, camera_id, seen(60 * minute), MORNING, model="local")


async def test_an_event_is_told_as_the_api_answers_it(monitor: Monitor) -> None:
    client = await connected(monitor.serve().url)
    hello = await heard(client)
    assert hello["kind"] == "hello" and hello["data"]["heartbeat_s"] == 15
    event = await asyncio.to_thread(add, monitor)
    told = await heard(client)
    assert (told["kind"], told["camera_id"], told["data"]["id"], told["data"]["is_new"]) == ("event", CAM, event, True)
    assert told["cursor"] == hello["cursor"] + 1
    await asyncio.to_thread(reviews.review_events, monitor.database, [event], {"label": "wrong"}, MORNING)
    again = await heard(client)
    assert (again["data"]["label"], again["data"]["is_new"]) == ("wrong", False)
    client.close()


async def test_who_comes_back_misses_nothing(monitor: Monitor) -> None:
    url = monitor.serve().url
    first = await connected(url)
    await heard(first)
    await asyncio.to_thread(add, monitor)
    cursor = (await heard(first))["cursor"]
    first.close()
    missed = [await asyncio.to_thread(add, monitor, minute) for minute in (1, 2, 3)]
    back = await connected(url, f"?cursor={cursor}")
    await heard(back)
    assert [(await heard(back))["data"]["id"] for _ in missed] == missed
    back.close()


async def test_one_hears_of_what_one_subscribed_to(monitor: Monitor) -> None:
    client = await connected(monitor.serve().url, f"?camera_id={OTHER}&kind=event&severity=warning")
    await heard(client)

    def happen() -> None:
        add(monitor)
        add(monitor, 1, OTHER)
        grave = seen(120, severity=Severity.DANGER)
        writes.add_event(monitor.database, OTHER, grave, MORNING, model="local")

    await asyncio.to_thread(happen)
    told = await heard(client)
    assert (told["camera_id"], told["data"]["severity"]) == (OTHER, "danger")
    await client.write_message(json.dumps({"subscribe": {"camera_id": [CAM]}}))
    assert (await heard(client))["kind"] == "subscribed"
    await asyncio.to_thread(add, monitor, 3)
    assert (await heard(client))["camera_id"] == CAM
    await client.write_message("{")
    assert (await heard(client))["kind"] == "problem"
    await client.write_message(json.dumps({"subscribe": {"camera_id": ["nobody"]}}))
    assert "no camera" in (await heard(client))["data"]["detail"]
    client.close()


async def test_a_cameras_status_is_told(monitor: Monitor) -> None:
    client = await connected(monitor.serve().url, "?kind=status")
    await heard(client)
    await asyncio.to_thread(monitor.start, CAM)
    while (told := (await heard(client))["data"])["state"] != "live":  # a state that is over at once may go untold
        assert told["state"] == "starting"
    await asyncio.to_thread(monitor.stop, CAM)
    while (await heard(client))["data"]["state"] != "stopped":
        pass
    client.close()


async def test_quiet_times_have_heartbeats(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "HEARTBEAT_S", 0.2)
    client = await connected(monitor.serve().url)
    kinds = [json.loads(str(await client.read_message()))["kind"] for _ in range(3)]
    assert kinds == ["hello", "heartbeat", "heartbeat"]
    client.close()


async def test_a_client_that_takes_nothing_in_is_dropped_and_others_are_not_kept_waiting(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "WRITE_S", 0.5)
    url = monitor.serve().url
    parts = urlsplit(url)
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.connect((parts.hostname or "", parts.port or 0))
    key = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\nSec-WebSocket-Version: 13"
    )
    lazy.sendall(f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}\r\n\r\n".encode())
    quick = await connected(url)
    await heard(quick)

    def flood() -> None:
        long = replace(seen(0), description="x" * 3900)
        for _ in range(1500):
            writes.add_event(monitor.database, CAM, long, MORNING, model="local")

    flooding = asyncio.create_task(asyncio.to_thread(flood))
    cursors = [(await heard(quick))["cursor"] for _ in range(1500)]
    await flooding
    assert cursors == list(range(cursors[0], cursors[0] + 1500)), "nothing missed, nothing twice"
    await wait_async(lambda: monitor.change_feed.ended["slow"] and monitor.change_feed.subscribers <= 1)
    lazy.close()
    quick.close()


async def test_a_stopping_server_says_goodbye(monitor: Monitor) -> None:
    client = await connected(monitor.serve().url)
    await heard(client)
    await asyncio.to_thread(monitor.close)
    told = await heard(client)
    assert told["kind"] == "goodbye" and "stopping" in told["data"]["reason"]
    assert await client.read_message() is None
    assert client.close_code == 1001


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    with Monitor(with_a_login(settings), profile=FAST) as made:
        yield House(made)


async def test_one_hears_only_of_ones_own_cameras(house: House) -> None:
    token = house.token(Role.VIEWER, frozenset({OTHER}))
    client = await connected(house.url, Authorization=f"Bearer {token}")
    await heard(client)
    await asyncio.to_thread(add, house.monitor, 0, CAM)
    mine = await asyncio.to_thread(add, house.monitor, 1, OTHER)
    assert (await heard(client))["data"]["id"] == mine
    with pytest.raises(HTTPClientError, match="403"):
        await connected(house.url, f"?camera_id={CAM}", Authorization=f"Bearer {token}")
    client.close()


async def test_a_revoked_token_hears_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "CHECK_S", 0.2)
    client = await connected(house.url, Authorization=f"Bearer {house.token(Role.VIEWER)}")
    await heard(client)
    tokens.revoke_token(house.monitor.database, 1, MORNING)
    house.monitor.authenticator.forget_seen()
    assert (await heard(client))["kind"] == "goodbye"
    assert await client.read_message() is None
    assert client.close_code == 1008


async def test_nobody_takes_all_places(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_feed, "MOST_OF_ONE", 2)
    anna, ben = (house.monitor.authenticator.new_token(name, Role.VIEWER, None, None)[1] for name in ("anna", "ben"))
    mine = [await connected(house.url, Authorization=f"Bearer {anna}") for _ in range(2)]
    for client in mine:
        await heard(client)
    with pytest.raises(HTTPClientError) as refused:
        await connected(house.url, Authorization=f"Bearer {anna}")
    assert refused.value.code == 429
    events = await asyncio.to_thread(house.ask, "/push/events", "GET", anna)
    assert events.status == 429 and int(events.headers["Retry-After"]) >= 1
    (await connected(house.url, Authorization=f"Bearer {ben}")).close()
    mine[0].close()
    while house.monitor.change_feed.subscribers > 1:
        await asyncio.sleep(0.01)
    assert (await heard(await connected(house.url, Authorization=f"Bearer {anna}")))["kind"] == "hello"


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_page_of_another_site_may_not_listen(house: House, origin: str) -> None:
    own = {"Authorization": f"Bearer {house.token(Role.VIEWER)}"}
    with pytest.raises(HTTPClientError, match="403"):
        await connected(house.url, Origin=origin, **own)
    with pytest.raises(HTTPClientError, match="401"):
        await connected(house.url)


def sent_events(url: str, *headers: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Server-Sent Events with their ids, heartbeats left out."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE_S) as raw:
        lines = "\r\n".join([f"GET {PATH}/events?kind=event HTTP/1.1", "Host: 127.0.0.1", *headers])
        raw.sendall(lines.encode() + b"\r\n\r\n")
        with raw.makefile("r", encoding="utf-8") as stream:
            cursor = -1
            for line in stream:
                name, _, value = line.strip().partition(": ")
                if name == "id":
                    cursor = int(value)
                elif name == "data":
                    yield cursor, json.loads(value)


def test_the_same_is_told_as_server_sent_events(monitor: Monitor) -> None:
    url = monitor.serve().url
    before = add(monitor)
    told = sent_events(url)
    assert next(told)[1]["kind"] == "hello"
    event = add(monitor, 1)
    cursor, message = next(told)
    assert (message["data"]["id"], message["cursor"]) == (event, cursor)
    told.close()  # type: ignore[attr-defined]
    again = sent_events(url, f"Last-Event-ID: {cursor - 2}")
    assert [next(again)[1]["data"].get("id") for _ in range(3)] == [None, before, event]
    again.close()  # type: ignore[attr-defined]


def test_what_is_no_websocket_is_told_where_to_go(monitor: Monitor) -> None:
    reply = Client(monitor.serve().url)("/push")
    assert reply.status == 400 and "push/events" in reply.json["hint"]
