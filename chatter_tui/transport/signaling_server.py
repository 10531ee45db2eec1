"""A server of y-webrtc's signaling protocol, hardened for the open internet.

JSON text frames, one object each. `subscribe` and `unsubscribe` carry `topics`; `publish` carries
a `topic` and anything else, and reaches every subscriber of the topic, the sender included, with
`clients`, their number, added; `ping` is answered by `pong`. Other types are ignored.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import TYPE_CHECKING, NoReturn, Protocol

from websockets.exceptions import ConnectionClosed

from chatter_tui.transport.web import WebServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from websockets.asyncio.server import ServerConnection


MAX_MESSAGE = 64 * 1024
"""Largest message in bytes; a sealed and encoded description has about three thousand."""

MAX_TOPICS = 64
"""Topics per connection."""

MAX_TOPIC = 256
"""Longest topic in characters."""

MAX_QUEUE = 256
"""Messages queued for a slow subscriber, beyond which it is disconnected."""

RATE, BURST = 50.0, 500.0
"""Messages per second in the long run, and at once; a y-webrtc room fills with a few hundred."""

IDLE_TIMEOUT = 60.0
"""Seconds of silence; y-webrtc's clients send a ping every fifteen."""


class Subscriber(Protocol):
    """A subscriber to topics."""

    def deliver(self, text: str) -> None:
        """Deliver a published message without waiting."""


class ProtocolViolation(Exception):  # noqa: N818 - the client's act, not a malfunction
    """The client broke the protocol, and is told the reason."""


class Hub:
    """Topics and their subscribers; `allows` decides which topics may exist."""

    def __init__(self, allows: Callable[[str], bool] = lambda _: True) -> None:
        self._allows = allows
        self._topics: defaultdict[str, set[Subscriber]] = defaultdict(set)

    def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Deliver what is published on `topic` to `subscriber`, if that topic may exist."""
        if self._allows(topic):
            self._topics[topic].add(subscriber)

    def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Stop delivering."""
        subscribers = self._topics.get(topic, set())
        subscribers.discard(subscriber)
        if not subscribers:
            self._topics.pop(topic, None)

    def publish(
        self,
        topic: str,
        message: Mapping[str, object],
        sender: Subscriber,  # noqa: ARG002 - for subclasses
    ) -> None:
        """Deliver a message to all subscribers of its topic."""
        subscribers = self._topics.get(topic)
        if subscribers:
            text = json.dumps({**message, "clients": len(subscribers)})
            for subscriber in tuple(subscribers):
                subscriber.deliver(text)


class _Client:
    """One connection: its topics, its rate and its queue."""

    def __init__(self, connection: ServerConnection, hub: Hub) -> None:
        self._connection = connection
        self._hub = hub
        self._topics: set[str] = set()
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(MAX_QUEUE)
        self._clock = asyncio.get_running_loop().time
        self._allowance = BURST
        self._heard_at = self._clock()

    def deliver(self, text: str) -> None:
        try:
            self._outgoing.put_nowait(text)
        except asyncio.QueueFull:
            self._connection.transport.abort()

    async def read(self) -> None:
        while True:
            async with asyncio.timeout(IDLE_TIMEOUT):
                data = await self._connection.recv(decode=False)
            self._limit_rate()
            self._handle(_parse(data))

    async def write(self) -> None:
        while True:
            await self._connection.send(await self._outgoing.get(), text=True)

    def leave(self) -> None:
        for topic in self._topics:
            self._hub.unsubscribe(topic, self)

    def _limit_rate(self) -> None:
        now = self._clock()
        self._allowance = min(BURST, self._allowance + (now - self._heard_at) * RATE) - 1
        self._heard_at = now
        if self._allowance < 0:
            raise ProtocolViolation("too many messages")

    def _handle(self, message: object) -> None:
        if not isinstance(message, dict):
            return
        kind, topic = message.get("type"), message.get("topic")
        if kind == "ping":
            self.deliver('{"type": "pong"}')
        elif kind == "publish" and isinstance(topic, str):
            self._hub.publish(topic, message, self)
        elif kind in ("subscribe", "unsubscribe"):
            topics = message.get("topics")
            for each in topics if isinstance(topics, list) else ():
                if isinstance(each, str):
                    self._change(kind, each)

    def _change(self, kind: str, topic: str) -> None:
        if kind == "unsubscribe":
            self._topics.discard(topic)
            self._hub.unsubscribe(topic, self)
            return
        if len(topic) > MAX_TOPIC or len(self._topics | {topic}) > MAX_TOPICS:
            raise ProtocolViolation("too many topics")
        self._topics.add(topic)
        self._hub.subscribe(topic, self)


class SignalingServer:
    """A standalone signaling server for any topic, without TLS: a proxy may add that.

    `origins` are the web pages whose scripts may use it; None means all.
    """

    def __init__(self, *, origins: Sequence[str] | None = None) -> None:
        self._hub = Hub()
        self._server = WebServer(self, origins=origins)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The IP addresses and ports where it listens."""
        return self._server.addresses

    async def listen(self, host: str, port: int) -> None:
        """Listen at another address.

        Raises:
            AddressInUseError: Another program listens there.
            ListenError: Listening failed otherwise.
        """
        await self._server.listen(host, port)

    async def close(self) -> None:
        """Stop."""
        await self._server.close("the signaling server stops")

    def has(self, path: str) -> bool:  # noqa: ARG002 - any path, as y-webrtc's server
        """Return whether a WebSocket may be opened at `path`: always."""
        return True

    def greeting(self) -> str:
        """Return the page for browsers."""
        return "This is a signaling server for chatter-tui and y-webrtc.\n"

    async def serve(self, connection: ServerConnection) -> None:
        """Serve an open WebSocket until it is closed."""
        await serve_signaling(connection, self._hub)


async def serve_signaling(connection: ServerConnection, hub: Hub) -> None:
    """Serve one connection until it ends, breaks the protocol or falls silent."""
    client = _Client(connection, hub)
    writing = asyncio.create_task(client.write())
    try:
        await client.read()
    except ConnectionClosed:
        pass
    except TimeoutError:
        await connection.close(1001, "silent for too long")
    except ProtocolViolation as violation:
        await connection.close(1008, str(violation))
    finally:
        client.leave()
        writing.cancel()
        await asyncio.wait([writing])


def _parse(data: bytes) -> object:
    if len(data) > MAX_MESSAGE:
        raise ProtocolViolation("message too large")

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(data, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise ProtocolViolation("not JSON") from error
