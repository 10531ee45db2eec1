"""Listening sockets that bound the number of connections before TLS costs anything."""

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
"""Connections altogether: a hundred peers, each with signaling, stay well below 1024 files."""

MAX_STRANGERS = 128
"""Connections from one address, behind which a whole office may sit, that nobody has vouched for."""

PATIENCE = 2.0
"""Seconds that a stranger has before it gives way to others from its address, if there is no room."""

BACKLOG = 1024
"""Connections that the system holds until they are looked at; those of whom it drops the last
handshake would wait for ever, and those it does not answer for many seconds."""


_REFUSALS = 50  # at a time: others are served in between


class ListenError(Exception):
    """Cannot listen; the message tells a person why."""


class AddressInUseError(ListenError):
    """Another program listens on that port."""


class Gate:
    """Counts connections over any number of listening sockets, and can end them all.

    Whoever comes is a stranger until `vouch`. Where there is no room, a newcomer takes the place of
    the stranger that has been one for longest, from the address that has most of them: the sender
    of many connections stands in its own way. `on_refused` is told the address of each that finds
    no room or has to give way.
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
        self._leaving = 0  # of those inside: they were told to go
        # By address, the longest there first; the ports tell them apart.
        self._strangers: defaultdict[str, dict[int, _Connection]] = defaultdict(dict)
        self._left = asyncio.Event()

    def listen(self, host: str, port: int) -> list[socket.socket]:
        """Return sockets listening at `host`, an empty one standing for every interface.

        Raises `AddressInUseError` or `ListenError`.
        """
        if host:
            return [self._listen(host, port)]
        sockets: list[socket.socket] = [self._listen("0.0.0.0", port)]  # noqa: S104 - asked for
        with contextlib.suppress(ListenError):  # a machine may have no IPv6
            sockets.append(self._listen("::", sockets[0].getsockname()[1]))
        return sockets

    async def end(self) -> None:
        """End what is still connected, in whatever state, and wait until it is gone."""
        for connection in tuple(self._inside):
            connection.hang_up()
        while self._inside:
            self._left.clear()
            await self._left.wait()

    def enter(self, connection: _Connection) -> bool:
        """Let a connection in, if there is room or somebody has to make some."""
        address, port = connection.peer
        here = len(self._strangers[address])
        if here >= self._max_strangers:
            fits = self._make_room(address, self._patience)
        elif len(self._inside) - self._leaving >= self._max_connections:
            crowd = max(self._strangers, key=lambda other: len(self._strangers[other]))
            # Among equals nobody has to go at once.
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
        """Whoever is connected from there has shown to be a member: it stays."""
        self._strangers[address].pop(port, None)
        self._forget(address)

    def leave(self, connection: _Connection) -> None:
        """Make room for another."""
        if connection in self._inside:
            self._inside.discard(connection)
            self._leaving -= connection.leaving
            address, port = connection.peer
            if self._strangers[address].get(port) is connection:
                del self._strangers[address][port]
            self._forget(address)
            self._left.set()

    def _make_room(self, address: str, patience: float) -> bool:
        """Have the stranger leave that came first from an address, if that was long enough ago."""
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
        """Accept the next connection that is let in; others are closed, as if they had given up."""
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
    leaving = False  # it was told to go
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
        """End the connection; whoever serves it notices and closes it."""
        with contextlib.suppress(OSError):  # not connected any more
            self.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        self._gate.leave(self)
