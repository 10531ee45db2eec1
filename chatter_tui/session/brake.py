"""Slows down whoever tries invites, without shutting out those who share an address with them.

A secret has 128 bits, so nobody guesses one; this keeps the attempts from costing anybody much. What
fails is remembered by what the attempts have in common. The next ones wait before they are looked
at, a good one among them too, but never longer than MAX_WAIT.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from chatter_tui.session.limits import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_WAIT: Final = 3.0  # seconds, which an honest client has the patience for
FREE: Final = 5  # failures in a row that cost nothing: lines are copied wrongly
_RATE: Final = 0.2  # failures a second that are forgotten
_REMEMBERED: Final = 1024  # addresses and invites, those tried last


class Brake:
    """How long an attempt has to wait, by its keys: an address, an invite."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, keys: Iterable[str], now: float) -> float:
        """The seconds until an attempt may be looked at."""
        found = [self._buckets[key] for key in keys if key in self._buckets]
        return min(MAX_WAIT, max((bucket.take(now, 0) for bucket in found), default=0.0))

    def failed(self, keys: Iterable[str], now: float) -> None:
        """An attempt has failed."""
        for key in keys:
            bucket = self._buckets.setdefault(key, Bucket(_RATE, FREE))
            bucket.take(now)
            # No debt that those who come later would have to pay.
            bucket.level = max(bucket.level, -MAX_WAIT * _RATE)
            self._buckets.move_to_end(key)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)


def neighbourhood(address: str) -> str:
    """What one who has this IP address has at least: an IPv6 one is any of a whole network."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False))
