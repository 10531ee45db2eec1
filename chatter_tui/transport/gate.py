"""Listening sockets that let in a bounded number of connections, before TLS costs anything."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CONNECTIONS = 512
"""Connections altogether: a hundred peers, each with signaling, stay well below 1024 files."""

MAX_PER_ADDRESS = 128
"""Connections from one address, behind which a whole office may sit."""


class ListenError(Exception):
    """Cannot listen; the message tells a person why."""


class AddressInUseError(ListenError):
    """Another program listens on that port."""


class Gate:
    """Counts connections over any number of listening sockets, and can end them all.

    `on_refused` is told the address of each that finds no room.
    """

    def __init__(
        self,
        *,
        max_connections: int = MAX_CONNECTIONS,
        max_per_address: int = MAX_PER_ADDRESS,
        on_refused: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._on_refused = on_refused
        self._max_connections = max_connections
        self._max_per_address = max_per_address
        self._inside: set[_Connection] = set()
        self._per_address: Counter[str] = Counter()
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
            with contextlib.suppress(OSError):  # not connected any more
                connection.shutdown(socket.SHUT_RDWR)
        while self._inside:
            self._left.clear()
            await self._left.wait()

    def enter(self, connection: _Connection, address: str) -> bool:
        """Let a connection in, if there is room."""
        if (
            len(self._inside) >= self._max_connections
            or self._per_address[address] >= self._max_per_address
        ):
            self._on_refused(address)
            return False
        self._inside.add(connection)
        self._per_address[address] += 1
        return True

    def leave(self, connection: _Connection, address: str) -> None:
        """Make room for another."""
        if connection in self._inside:
            self._inside.discard(connection)
            self._per_address -= Counter([address])
            self._left.set()

    def _listen(self, host: str, port: int) -> _Listening:
        try:
            family, _, _, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
        except OSError as error:
            raise ListenError(f"{host} is no address to listen on: {error.strerror}") from error
        listening = _Listening(family, self)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind(address)
            listening.listen(100)
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
        """Accept a connection; one too many is closed, as if the client had given up."""
        accepted, address = super().accept()
        connection = _Connection.adopt(accepted, self._gate, address[0])
        if not self._gate.enter(connection, address[0]):
            connection.close()
            raise ConnectionAbortedError("too many connections")
        return connection, address


class _Connection(socket.socket):
    """A connected socket that tells the gate when it is closed."""

    _gate: Gate
    _address: str

    @classmethod
    def adopt(cls, accepted: socket.socket, gate: Gate, address: str) -> Self:
        family = accepted.family
        self = cls(family, socket.SOCK_STREAM, fileno=accepted.detach())
        self._gate = gate
        self._address = address
        return self

    def close(self) -> None:
        super().close()
        self._gate.leave(self, self._address)
