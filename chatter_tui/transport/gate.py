"""Listening sockets that limit the number of connections before any cost of TLS."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CONNECTIONS = 512
"""Total connections: a hundred peers, each with signaling, stay well below 1024 files."""

MAX_STRANGERS = 128
"""Unvouched connections from one address, which may be that of a whole office."""

PATIENCE = 2.0
"""Seconds before a stranger must give way to others from its address when there is no room."""

BACKLOG = 1024
"""Connections that the system queues.

When the queue overflows, clients hang: forever if their last handshake packet is dropped, and for
many seconds if they get no answer.
"""


_REFUSALS = 50  # at a time, so that others are served in between


class ListenError(Exception):
    """Cannot listen; the message says why."""


class AddressInUseError(ListenError):
    """Another program listens on that port."""


class Gate:
    """Counts connections over any number of listening sockets, and can end them all.

    Connections are strangers until `vouch` is called for them. When there is no room, a newcomer
    replaces the oldest stranger from the address that has the most, so a flood from one address
    only displaces itself. `on_refused` is called with the address of each connection that finds no
    room or has to give way.
    """

    def __init__(
        self,
        *,
        max_connections: int = MAX_CONNECTIONS,
        max_strangers: int = MAX_STRANGERS,
        patience: float = PATIENCE,
        on_refused: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._on_refused = on_refused
        self._max_connections = max_connections
        self._max_strangers = max_strangers
        self._patience = patience
        self._inside: set[_Connection] = set()
        self._leaving = 0  # connections that were told to leave
        # By address, oldest first, then by port.
        self._strangers: defaultdict[str, dict[int, _Connection]] = defaultdict(dict)
        self._left = asyncio.Event()

    def listen(self, host: str, port: int) -> list[socket.socket]:
        """Return sockets that listen at `host`; an empty host means every interface.

        Raises:
            AddressInUseError: Another program listens there.
            ListenError: Listening failed otherwise.
        """
        if host:
            return [self._listen(host, port)]
        sockets: list[socket.socket] = [self._listen("0.0.0.0", port)]  # noqa: S104 - requested
        with contextlib.suppress(ListenError):  # a machine may have no IPv6
            sockets.append(self._listen("::", sockets[0].getsockname()[1]))
        return sockets

    async def end(self) -> None:
        """End all connections, in whatever state, and wait until they are gone."""
        for connection in tuple(self._inside):
            connection.hang_up()
        while self._inside:
            self._left.clear()
            await self._left.wait()

    def enter(self, connection: _Connection) -> bool:
        """Admit a connection if there is room, or if another one can be made to leave."""
        address, port = connection.peer
        here = len(self._strangers[address])
        if here >= self._max_strangers:
            fits = self._make_room(address, self._patience)
        elif len(self._inside) - self._leaving >= self._max_connections:
            crowd = max(self._strangers, key=lambda other: len(self._strangers[other]))
            # Among equals, nobody has to leave immediately.
            alike = len(self._strangers[crowd]) <= here + 1
            fits = self._make_room(crowd, self._patience if alike else 0.0)
        else:
            fits = True
        if not fits:
            self._forget(address)
            self._on_refused(address)
            return False
        self._inside.add(connection)
        self._strangers[address][port] = connection
        return True

    def vouch(self, address: str, port: int) -> None:
        """Mark the connection from an address and port as a member's, which need not give way."""
        self._strangers[address].pop(port, None)
        self._forget(address)

    def leave(self, connection: _Connection) -> None:
        """Free the place of a connection."""
        if connection in self._inside:
            self._inside.discard(connection)
            self._leaving -= connection.leaving
            address, port = connection.peer
            if self._strangers[address].get(port) is connection:
                del self._strangers[address][port]
            self._forget(address)
            self._left.set()

    def _make_room(self, address: str, patience: float) -> bool:
        """End the oldest stranger from an address, if it has been there for `patience` seconds."""
        first = next(iter(self._strangers[address].values()), None)
        if first is None or time.monotonic() - first.since < patience:
            return False
        del self._strangers[address][first.peer[1]]
        first.leaving = True
        self._leaving += 1
        first.hang_up()
        self._on_refused(address)
        return True

    def _forget(self, address: str) -> None:
        if not self._strangers[address]:
            del self._strangers[address]

    def _listen(self, host: str, port: int) -> _Listening:
        try:
            family, _, _, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
        except OSError as error:
            raise ListenError(f"{host} is not an address to listen on: {error.strerror}") from error
        listening = _Listening(family, self)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
            listening.setblocking(False)
        except OSError as error:
            listening.close()
            kind = AddressInUseError if error.errno == errno.EADDRINUSE else ListenError
            raise kind(f"cannot listen on {host} port {port}: {error.strerror}") from error
        return listening


class _Listening(socket.socket):
    def __init__(self, family: int, gate: Gate) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._gate = gate

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept the next connection that is admitted; others are closed."""
        for _ in range(_REFUSALS):
            accepted, address = super().accept()
            connection = _Connection.adopt(accepted, self._gate, (address[0], address[1]))
            if self._gate.enter(connection):
                return connection, address
            connection.close()
        raise ConnectionAbortedError("too many connections")


class _Connection(socket.socket):
    """A connected socket that tells the gate when it is closed."""

    peer: tuple[str, int]  # IP address and port
    since: float  # when it was accepted
    leaving = False  # it was told to leave
    _gate: Gate

    @classmethod
    def adopt(cls, accepted: socket.socket, gate: Gate, peer: tuple[str, int]) -> Self:
        family = accepted.family
        self = cls(family, socket.SOCK_STREAM, fileno=accepted.detach())
        self._gate = gate
        self.peer = peer
        self.since = time.monotonic()
        return self

    def hang_up(self) -> None:
        """End the connection; its server notices and closes it."""
        with contextlib.suppress(OSError):  # already disconnected
            self.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        self._gate.leave(self)
