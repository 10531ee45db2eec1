"""Listen for peers where the host's user wants, on the next free port if necessary."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chatter_tui.session.invites import Address
from chatter_tui.transport import AddressInUseError, ListenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from chatter_tui.transport import Listener

_PORTS_TRIED: Final = 20  # from the default port on, if others on this machine host too


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how others reach a host.

    Port 0 means any port. With `strict`, for ports that the user asked for, a port in use is an
    error; otherwise the next free one is used.
    """

    addresses: tuple[Address, ...]
    certificate: Path
    signaling: Sequence[str] = ()
    ice_servers: Sequence[str] = ()
    strict: bool = False


async def listen(
    where: Listening,
    session: str,
    keys: Callable[[str], bytes | None],
    on_problem: Callable[[str], None],
) -> tuple[Listener, list[tuple[str, int]]]:
    """Return a started listener, for the caller to close, and the addresses it was started at.

    Args:
        where: Where to listen.
        session: The session id.
        keys: Returns the secret of an invite by its id, None if unknown.
        on_problem: Called with messages for the user.

    Raises:
        ListenError: There is no free port, or listening failed otherwise.
    """
    from chatter_tui.transport import Certificate, Listener  # noqa: PLC0415 - slow to import

    certificate = await asyncio.to_thread(Certificate.load, where.certificate)
    attempt = where.addresses
    for _ in range(_PORTS_TRIED):
        listener = Listener(
            session,
            listen=[(address.host, address.port) for address in attempt],
            certificate=certificate,
            keys=keys,
            signaling=where.signaling,
            ice_servers=where.ice_servers,
            on_problem=on_problem,
        )
        try:
            await listener.start()
        except AddressInUseError:
            if where.strict:
                raise
            attempt = tuple(Address(a.host, a.port + 1 if a.port else 0) for a in attempt)
        else:
            ports = [port for _, port in listener.addresses]
            return listener, [(a.host, a.port or ports[0]) for a in attempt]
    raise ListenError(f"no free port from {where.addresses[0].port} on: choose one with --listen")
