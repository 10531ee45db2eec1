"""The signaling server: y-webrtc's protocol for the well-behaved, the door for others."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from chatter_tui.transport import SignalingServer, signaling_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Client:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self) -> Any:
        return json.loads(await self.connection.recv())

    async def settled(self) -> list[Any]:
        """Return what arrives before the answer to a ping, by when all before it was handled."""
        await self.say(type="ping")
        heard = []
        while (message := await self.hear()) != {"type": "pong"}:
            heard.append(message)
        return heard


@pytest.fixture
async def server() -> AsyncIterator[SignalingServer]:
    server = SignalingServer()
    await server.listen("127.0.0.1", 0)
    yield server
    await server.close()


@pytest.fixture
async def clients(server: SignalingServer) -> AsyncIterator[tuple[Client, Client]]:
    url = f"ws://127.0.0.1:{server.addresses[0][1]}/any/path?query"
    async with connect(url, proxy=None) as one, connect(url, proxy=None) as other:
        yield Client(one), Client(other)


async def test_reaches_subscribers_with_their_number(clients: tuple[Client, Client]) -> None:
    one, other = clients
    await one.say(type="subscribe", topics=["room", "hall", 7])
    assert await one.settled() == []
    await other.say(type="publish", topic="room", data={"any": ["thing", None]}, extra=1)
    expected = {"type": "publish", "topic": "room", "data": {"any": ["thing", None]}, "extra": 1}
    assert await one.settled() == [expected | {"clients": 1}]
    assert await other.settled() == []


async def test_a_publisher_hears_itself_when_subscribed(clients: tuple[Client, Client]) -> None:
    for client in clients:
        await client.say(type="subscribe", topics=["room"])
        assert await client.settled() == []
    await clients[0].say(type="publish", topic="room")
    for client in clients:
        assert await client.hear() == {"type": "publish", "topic": "room", "clients": 2}


async def test_unsubscribing_and_leaving_end_it(clients: tuple[Client, Client]) -> None:
    one, other = clients
    await one.say(type="subscribe", topics=["a", "b"])
    await one.say(type="unsubscribe", topics=["a", "unknown"])
    assert await one.settled() == []
    await other.say(type="subscribe", topics=["b"])
    await other.say(type="publish", topic="a")
    await other.say(type="publish", topic="b")
    assert [message["clients"] for message in await other.settled()] == [2]
    assert [message["topic"] for message in await one.settled()] == ["b"]
    await one.connection.close()
    async with asyncio.timeout(2):
        while (await heard(other, "b"))["clients"] != 1:
            pass


async def heard(client: Client, topic: str) -> Any:
    await client.say(type="publish", topic=topic)
    return await client.hear()


async def test_binary_frames_are_read_as_well(clients: tuple[Client, Client]) -> None:
    await clients[0].connection.send(b'{"type": "ping"}')
    assert await clients[0].hear() == {"type": "pong"}


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        7,
        "ping",
        {},
        {"type": "dance"},
        {"type": ["ping"]},
        {"type": "publish"},
        {"type": "publish", "topic": 7},
        {"type": "subscribe"},
        {"type": "subscribe", "topics": 7},
    ],
)
async def test_what_means_nothing_is_ignored(
    message: object, clients: tuple[Client, Client]
) -> None:
    await clients[0].connection.send(json.dumps(message))
    assert await clients[0].settled() == []


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        pytest.param(["{"], "not JSON", id="malformed"),
        pytest.param([b"\xff\xfe"], "not JSON", id="not text"),
        pytest.param(["[" * 60_000], "not JSON", id="nested"),
        pytest.param(["NaN"], "not JSON", id="no JSON number"),
        pytest.param(["9" * 60_000], "not JSON", id="long number"),
        pytest.param([" " * 70_000], "too large", id="large"),
        pytest.param(["7"] * 1000, "too many messages", id="flood"),
        pytest.param(
            [json.dumps({"type": "subscribe", "topics": ["x" * 257]})], "topics", id="long topic"
        ),
        pytest.param(
            [json.dumps({"type": "subscribe", "topics": [str(i) for i in range(65)]})],
            "topics",
            id="many topics",
        ),
    ],
)
async def test_whoever_breaks_the_rules_is_sent_away_alone(
    frames: list[str | bytes], reason: str, clients: tuple[Client, Client]
) -> None:
    one, other = clients
    await other.say(type="subscribe", topics=["room"])
    with pytest.raises(ConnectionClosed) as closed:
        await flood(one.connection, frames)
    assert closed.value.rcvd is not None
    assert reason in closed.value.rcvd.reason
    assert (await heard(other, "room"))["clients"] == 1


async def flood(connection: ClientConnection, frames: list[str | bytes]) -> None:
    for frame in frames:
        await connection.send(frame)
    while True:
        await connection.recv()


async def test_who_does_not_read_is_cut_and_others_hear_on(
    clients: tuple[Client, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signaling_server, "BURST", 1e9)
    slow, fast = clients
    for client in clients:
        await client.say(type="subscribe", topics=["room"])
        assert await client.settled() == []
    number = 2
    while number == 2:  # until the buffers of the operating system are full as well
        await fast.say(type="publish", topic="room", data="x" * 60_000)
        number = (await fast.hear())["clients"]
    with pytest.raises(ConnectionClosed):
        await flood(slow.connection, [])


async def test_who_is_silent_for_long_is_sent_away(
    monkeypatch: pytest.MonkeyPatch, clients: tuple[Client, Client]
) -> None:
    monkeypatch.setattr(signaling_server, "IDLE_TIMEOUT", 0.05)
    assert await clients[0].settled() == []
    with pytest.raises(ConnectionClosed, match="silent"):
        await clients[0].connection.recv()


EDITOR, EVIL = Origin("https://editor.example"), Origin("https://evil.example")


@pytest.mark.parametrize(
    ("named", "origin"),
    [(None, EVIL), ([EDITOR], EDITOR), ([EDITOR], None)],  # without names as y-webrtc's own server
)
async def test_web_pages_that_may_use_it(named: list[str] | None, origin: Origin | None) -> None:
    async with page(named, origin) as client:
        assert await client.settled() == []


async def test_web_pages_that_may_not_use_it() -> None:
    with pytest.raises(InvalidStatus, match="403"):
        async with page([EDITOR], EVIL):
            pass


@asynccontextmanager
async def page(named: list[str] | None, origin: Origin | None) -> AsyncIterator[Client]:
    server = SignalingServer(origins=named)
    await server.listen("127.0.0.1", 0)
    try:
        url = f"ws://127.0.0.1:{server.addresses[0][1]}"
        async with connect(url, proxy=None, origin=origin) as connection:
            yield Client(connection)
    finally:
        await server.close()
