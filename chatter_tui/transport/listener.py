"""The host's side: one TLS port for signaling and WebSocket, and all incoming channels."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from functools import partial
from typing import TYPE_CHECKING, Self

from chatter_tui.transport import ice
from chatter_tui.transport.answerer import Answerer
from chatter_tui.transport.channel import CLIENT_MESSAGE, MASTER_MESSAGE
from chatter_tui.transport.gate import Gate
from chatter_tui.transport.negotiation import Settings
from chatter_tui.transport.signaling import SignalingError, subscribe
from chatter_tui.transport.signaling_server import Hub, serve_signaling
from chatter_tui.transport.tasks import Crew
from chatter_tui.transport.web import WebServer
from chatter_tui.transport.websocket import WebSocketChannel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from websockets.asyncio.server import ServerConnection

    from chatter_tui.transport.certificate import Certificate
    from chatter_tui.transport.channel import Channel
    from chatter_tui.transport.signaling_server import Subscriber

MAX_WAITING = 256
"""Channels waiting to be accepted, and offers to be examined; beyond that the host is busy."""

QUIET = 600.0
"""Seconds between two reports that connections are refused."""

RECONNECT_DELAY = 5.0
"""Seconds before a signaling server is tried again."""


class _Desk(Hub):
    """Signaling on the host's own port, for its session only.

    Sealed envelopes go to the host alone: if they were published to everyone, a hundred clients
    coming back at once would cause ten thousand messages.
    """

    def __init__(self, session: str) -> None:
        super().__init__(session.__eq__)
        self._session = session
        self.messages: asyncio.Queue[tuple[Mapping[str, object], Subscriber]] = asyncio.Queue(
            MAX_WAITING
        )

    def publish(self, topic: str, message: Mapping[str, object], sender: Subscriber) -> None:
        if "to" not in message:
            super().publish(topic, message, sender)
        elif topic == self._session:
            with contextlib.suppress(asyncio.QueueFull):  # the offer will be repeated
                self.messages.put_nowait((message, sender))


class Listener:
    """Accepts channels to one session, by WebRTC and WebSocket.

    Use it as an asynchronous context manager, or call `start` and `close`. `keys` returns the
    secret of an invite by its id, None if there is none. `signaling` are further servers to be
    reached through. `on_problem` is told once when one of them cannot be reached, and when
    connections are refused.
    """

    def __init__(
        self,
        session: str,
        *,
        listen: Sequence[tuple[str, int]],
        certificate: Certificate,
        keys: Callable[[str], bytes | None],
        signaling: Sequence[str] = (),
        ice_servers: Sequence[str] = (),
        on_problem: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._on_problem = on_problem
        self._session = session
        self._listen = listen
        self._certificate = certificate
        self._signaling = signaling
        self._ice_servers = [ice.ice_server(url) for url in ice_servers]
        self._gate = Gate(on_refused=self._on_refused)
        # Web pages have no business here, even those open in a browser on this machine.
        self._server = WebServer(self, tls=certificate.context, gate=self._gate, origins=())
        self._refused_at = -math.inf
        self._desk = _Desk(session)
        self._answerer = Answerer(session, keys, self._settings, self._deliver)
        self._waiting: asyncio.Queue[Channel] = asyncio.Queue(MAX_WAITING)
        self._channels: set[Channel] = set()
        self._crew = Crew()
        self._closing = False

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The IP addresses and ports where it listens."""
        return self._server.addresses

    async def start(self) -> None:
        """Start to listen.

        Raises:
            AddressInUseError: Another program listens there.
            ListenError: Listening failed otherwise.
        """
        try:
            for host, port in self._listen:
                await self._server.listen(host, port)
        except BaseException:
            await self._server.close()
            raise
        self._crew.start(self._answer_here())
        for url in self._signaling:
            self._crew.start(self._answer_at(url))

    async def accept(self) -> Channel:
        """Return the next channel, which the caller closes.

        Waits forever once the listener is closed.
        """
        return await self._waiting.get()

    async def close(self, reason: str = "") -> None:
        """Stop listening and close all channels, accepted or not; takes a few seconds at most."""
        self._closing = True
        await self._crew.cancel()
        await asyncio.gather(*(channel.close(reason) for channel in tuple(self._channels)))
        await self._answerer.close()
        await self._server.close(reason)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def has(self, path: str) -> bool:
        """Return whether a WebSocket may be opened at `path`."""
        return path in {"/signal", f"/session/{self._session}"}

    def greeting(self) -> str:
        """Return the page for browsers."""
        return "This is a chatter-tui session. Join it with: chatter-tui join INVITE\n"

    async def serve(self, connection: ServerConnection) -> None:
        """Serve an open WebSocket until it is closed."""
        assert connection.request is not None
        if connection.request.path == "/signal":
            await serve_signaling(connection, self._desk)
        else:
            address, port = connection.remote_address[:2]
            channel = WebSocketChannel(
                connection,
                self._certificate.fingerprint,
                max_send=MASTER_MESSAGE,
                on_admitted=partial(self._admit, connection, address, port),
            )
            await self._deliver(channel)
            await connection.wait_closed()

    def _admit(self, connection: ServerConnection, address: str, port: int) -> None:
        self._gate.vouch(address, port)
        connection.protocol.max_message_size = CLIENT_MESSAGE

    def _on_refused(self, address: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._refused_at > QUIET:
            self._refused_at = now
            self._on_problem(f"too many connections from {address}: more are turned away")

    def _settings(self, offer: str) -> Settings:
        hosts = [host for host, _ in self.addresses]
        return Settings(
            ice.listening_addresses(hosts, offer),
            max_send=MASTER_MESSAGE,
            max_receive=CLIENT_MESSAGE,
            ice_servers=self._ice_servers,
        )

    async def _deliver(self, channel: Channel) -> None:
        """Offer a channel to `accept`, and wait until it is closed."""
        if self._closing or self._waiting.full():
            await channel.close("the host is busy")
            return
        self._channels.add(channel)
        self._waiting.put_nowait(channel)
        try:
            await channel.wait_closed()
        finally:
            self._channels.discard(channel)

    async def _answer_here(self) -> None:
        while True:
            message, sender = await self._desk.messages.get()

            async def publish(fields: Mapping[str, str], sender: Subscriber = sender) -> None:
                answer = {"type": "publish", "topic": self._session, **fields}
                sender.deliver(json.dumps(answer))

            await self._answerer.handle(message, publish)

    async def _answer_at(self, url: str) -> None:
        reported = False
        while True:
            try:
                async with subscribe(url, self._session) as signaling:
                    reported = False
                    while True:
                        message = await signaling.receive()
                        await self._answerer.handle(message, signaling.publish)
            except SignalingError as error:
                if not reported:
                    self._on_problem(f"signaling server {url}: {error}")
                reported = True
            await asyncio.sleep(RECONNECT_DELAY)
