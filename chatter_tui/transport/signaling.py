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
"""Seconds of silence before a ping, and again before the server counts as gone; as y-webrtc's."""

MAX_MESSAGE = 1024 * 1024
"""Largest message taken from a server, which relays other rooms' traffic as well."""


class SignalingError(Exception):
    """The signaling server cannot be reached, or is there no more."""


class Signaling:
    """A subscription to one topic; made by `subscribe`."""

    def __init__(self, connection: ClientConnection, topic: str) -> None:
        self._connection = connection
        self._topic = topic

    async def start(self) -> None:
        """Subscribe; raises `SignalingError`."""
        await self._send({"type": "subscribe", "topics": [self._topic]})

    async def publish(self, fields: Mapping[str, str]) -> None:
        """Publish to the topic, hearing it back as well; raises `SignalingError`."""
        await self._send({"type": "publish", "topic": self._topic, **fields})

    async def receive(self) -> dict[str, object]:
        """Return what is published to the topic next; raises `SignalingError`."""
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
    """Subscribe to `topic` at a `ws://` or `wss://` URL; raises `SignalingError`.

    What is published there is sealed, so no authority has to vouch for the server. `direct` goes
    past any proxy of the environment.
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
        # No goodbye: it could wait behind other rooms' messages, and the server needs none.
        connection.transport.abort()
        await connection.wait_closed()


def parse(data: bytes | str) -> object:
    """Read a message; None when it is not JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def explain(error: Exception) -> str:
    """Return why a connection failed, in words short enough for a list of attempts."""
    if isinstance(error, ssl.SSLError):
        return f"no TLS there ({error.reason})"
    if isinstance(error, ConnectionResetError):
        return "it hung up"
    if isinstance(error, socket.gaierror):
        return str(error.strerror).lower()
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno).lower()
    if isinstance(error, UnicodeError):  # a label that is empty or too long, in the codec's words
        return "no such host"
    return str(error) or type(error).__name__
