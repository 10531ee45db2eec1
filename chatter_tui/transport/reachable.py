"""The addresses of a listener that others may reach, for an invite."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST = 6  # users paste an invite as one line


def reachable(bound: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Replace "every interface" with this machine's addresses.

    The outward one comes first, then IPv4 before IPv6, and loopback last.
    """
    from chatter_tui.transport import ice  # noqa: PLC0415 - loads aiortc, as every listener does

    found = dict.fromkeys((host, port) for bound_host, port in bound for host in _hosts(bound_host))
    outward = ice.outward_address()
    return sorted(found, key=lambda place: (place[0] != outward, *_rank(place)))[:_MOST]


def _hosts(host: str) -> Iterator[str]:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        yield host
        return
    if not address.is_unspecified:
        yield host
        return
    import ifaddr  # noqa: PLC0415 - a megabyte, needed only for every interface

    for adapter in ifaddr.get_adapters():
        for each in adapter.ips:
            name = each.ip if isinstance(each.ip, str) else each.ip[0]
            own = ipaddress.ip_address(name)
            # A link-local address means nothing without its interface.
            if own.version == address.version and not own.is_link_local:
                yield name


def _rank(place: tuple[str, int]) -> tuple[bool, int]:
    try:
        address = ipaddress.ip_address(place[0])
    except ValueError:
        return (False, 4)
    return (address.is_loopback, address.version)
