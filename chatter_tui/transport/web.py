"""A WebSocket service on any number of addresses, behind one gate."""

from __future__ import annotations

import asyncio
import http
import logging
from typing import TYPE_CHECKING, Protocol

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Origin

from chatter_tui.transport.gate import BACKLOG, Gate
from chatter_tui.transport.websocket import CLOSE_TIMEOUT, MAX_QUEUE, WRITE_LIMIT, close

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from websockets.http11 import Request, Response

HANDSHAKE_TIMEOUT = 5.0
"""Seconds for TLS, and again for HTTP, before an idle connection is cut."""

STRANGER_MESSAGE = 128 * 1024
"""Largest message of a stranger in bytes: an incomplete one is kept until its rest arrives."""

# Strangers' errors are expected, and Python would print them to the screen.
_logger = logging.getLogger(f"{__name__}.websockets")
_logger.addHandler(logging.NullHandler())
_logger.propagate = False


class Service(Protocol):
    """What a server serves."""

    def has(self, path: str) -> bool:
        """Return whether a WebSocket may be opened at `path`."""

    def greeting(self) -> str:
        """Return the page for browsers."""

    async def serve(self, connection: ServerConnection) -> None:
        """Serve an open WebSocket until it is closed."""


class WebServer:
    """Serves a `Service`, over TLS if given a context.

    `origins` are the web pages that may open a WebSocket, None for all. Programs name no origin and
    are always allowed.
    """

    def __init__(
        self,
        service: Service,
        *,
        tls: ssl.SSLContext | None = None,
        gate: Gate | None = None,
        origins: Sequence[str] | None = None,
    ) -> None:
        self._origins = None if origins is None else [None, *map(Origin, origins)]
        self._service = service
        self._tls = tls
        self._gate = gate or Gate()
        self._servers: list[Server] = []
        self._connections: set[ServerConnection] = set()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The IP addresses and ports where it listens."""
        names = [s.getsockname() for server in self._servers for s in server.sockets]
        return [(name[0], name[1]) for name in names]

    async def listen(self, host: str, port: int) -> None:
        """Listen at another address; an empty host means every interface, port 0 any port.

        Raises:
            AddressInUseError: Another program listens there.
            ListenError: Listening failed otherwise.
        """
        for listening in self._gate.listen(host, port):
            server = await serve(
                self._serve,
                sock=listening,
                backlog=BACKLOG,
                ssl=self._tls,
                process_request=self._route,
                compression=None,
                server_header=None,
                origins=self._origins,
                open_timeout=HANDSHAKE_TIMEOUT,
                close_timeout=CLOSE_TIMEOUT,
                ping_interval=None,
                max_size=STRANGER_MESSAGE,
                max_queue=MAX_QUEUE,
                write_limit=WRITE_LIMIT,
                logger=_logger,
            )
            self._servers.append(server)

    async def close(self, reason: str = "") -> None:
        """Close all connections, in whatever state, and stop listening."""
        for server in self._servers:
            server.close(close_connections=False)
        await asyncio.gather(*(close(each, reason, 1001) for each in tuple(self._connections)))
        await self._gate.end()
        await asyncio.gather(*(server.wait_closed() for server in self._servers))

    async def _serve(self, connection: ServerConnection) -> None:
        self._connections.add(connection)
        try:
            await self._service.serve(connection)
        finally:
            self._connections.discard(connection)

    def _route(self, connection: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" not in request.headers:
            return connection.respond(http.HTTPStatus.OK, self._service.greeting())
        if not self._service.has(request.path):
            return connection.respond(http.HTTPStatus.NOT_FOUND, "There is no such session here.\n")
        return None
