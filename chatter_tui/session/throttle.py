"""Slow down guesses at invites without locking out peers that share an address with the attacker.

A secret has 128 bits, so guessing is hopeless; this bounds the cost of the attempts. Failures are
counted per network and per invite. Further attempts with the same key are delayed, correct ones
included, by at most MAX_WAIT.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from chatter_tui.session.limits import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_WAIT: Final = 3.0  # seconds that an honest client may have to wait
FREE: Final = 5  # failures in a row without delay: people mistype invites
_RATE: Final = 0.2  # failures forgotten per second
_REMEMBERED: Final = 1024  # most recent keys


class Throttle:
    """The delay of attempts by key; a key is a network, an invite or a peer."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, keys: Iterable[str], now: float) -> float:
        """Return the seconds until an attempt may be examined."""
        found = [self._buckets[key] for key in keys if key in self._buckets]
        return min(MAX_WAIT, max((bucket.take(now, 0) for bucket in found), default=0.0))

    def failed(self, keys: Iterable[str], now: float) -> None:
        """Record a failed attempt."""
        for key in keys:
            bucket = self._buckets.setdefault(key, Bucket(_RATE, FREE))
            bucket.take(now)
            # Bound the debt, which later attempts with the same key would have to pay.
            bucket.level = max(bucket.level, -MAX_WAIT * _RATE)
            self._buckets.move_to_end(key)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)


def neighbourhood(address: str) -> str:
    """Return the smallest block a client controls: its IPv4 address, or its IPv6 /64 network."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False))
