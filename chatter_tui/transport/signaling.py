"""A client of y-webrtc's signaling protocol: one topic on one server."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from chatter_tui.transport.certificate import client_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

PING_INTERVAL = 15.0
"""Seconds of silence before a ping, and again before the server counts as gone; as in y-webrtc."""

MAX_MESSAGE = 1024 * 1024
"""Largest message accepted from a server, in bytes; it also relays other rooms' traffic."""


class SignalingError(Exception):
    """The signaling server cannot be reached, or the connection to it has ended."""


class Signaling:
    """A subscription to one topic, created by `subscribe`."""

    def __init__(self, connection: ClientConnection, topic: str) -> None:
        self._connection = connection
        self._topic = topic

    async def start(self) -> None:
        """Subscribe.

        Raises:
            SignalingError: The connection failed.
        """
        await self._send({"type": "subscribe", "topics": [self._topic]})

    async def publish(self, fields: Mapping[str, str]) -> None:
        """Publish to the topic, which includes this subscriber.

        Raises:
            SignalingError: The connection failed.
        """
        await self._send({"type": "publish", "topic": self._topic, **fields})

    async def receive(self) -> dict[str, object]:
        """Return the next message published to the topic.

        Raises:
            SignalingError: The connection failed.
        """
        while True:
            message = await self._receive()
            if (
                isinstance(message, dict)
                and message.get("type") == "publish"
                and message.get("topic") == self._topic
            ):
                return message

    async def _receive(self) -> object:
        for silent in (False, True):
            try:
                async with asyncio.timeout(PING_INTERVAL):
                    return parse(await self._connection.recv(decode=False))
            except TimeoutError:
                if not silent:
                    await self._send({"type": "ping"})
            except ConnectionClosed as error:
                raise SignalingError("the signaling server closed the connection") from error
        raise SignalingError("the signaling server went silent")

    async def _send(self, message: Mapping[str, object]) -> None:
        try:
            await self._connection.send(json.dumps(message))
        except ConnectionClosed as error:
            raise SignalingError("the signaling server closed the connection") from error


@asynccontextmanager
async def subscribe(url: str, topic: str, *, direct: bool = False) -> AsyncIterator[Signaling]:
    """Subscribe to `topic` at a `ws://` or `wss://` URL.

    What is published is sealed, so the server's certificate is not verified. `direct` bypasses the
    environment's proxies.

    Raises:
        SignalingError: The connection failed.
    """
    try:
        connection = await connect(
            url,
            ssl=client_context() if url.startswith("wss:") else None,
            proxy=None if direct else True,
            compression=None,
            ping_interval=None,
            max_size=MAX_MESSAGE,
        )
    except (OSError, WebSocketException, ValueError) as error:
        raise SignalingError(explain(error)) from error
    try:
        signaling = Signaling(connection, topic)
        await signaling.start()
        yield signaling
    finally:
        # No closing handshake: it could wait behind other rooms' messages, and the server does not
        # need it.
        connection.transport.abort()
        await connection.wait_closed()


def parse(data: bytes | str) -> object:
    """Parse a message; return None if it is not JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def explain(error: Exception) -> str:
    """Return why a connection failed, in few words."""
    if isinstance(error, ssl.SSLError):
        return f"no TLS there ({error.reason})"
    if isinstance(error, ConnectionResetError):
        return "it hung up"
    if isinstance(error, socket.gaierror):
        return str(error.strerror).lower()
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno).lower()
    # An empty or overlong label in a host name, as the codec words it.
    if isinstance(error, UnicodeError):
        return "no such host"
    return str(error) or type(error).__name__
