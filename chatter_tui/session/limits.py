"""Limits of a session: sizes, counts and rates; rates are token buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

AUTH_DEADLINE: Final = 10.0  # seconds until `auth` must have come
PING_INTERVAL: Final = 3.0
# Seconds without a byte, so that it is noticed within 10: who looks every second may be busy and
# late. WebRTC alone takes 30.
DEAD_AFTER: Final = 8.5
MAX_PEERS: Final = 512  # here at a time
MAX_MEMBERS: Final = 4096  # who ever joined: of each a name, a secret and a role are kept
UPDATE_BURST: Final = 25  # at once, more than anybody writes by hand
UPDATE_RATE: Final = 100.0  # a second after that: others, and their machines, have time in between
OTHER_BURST: Final = 100  # of messages that change nothing
OTHER_RATE: Final = 50.0  # a second after that
MAX_CLIENT_MESSAGE: Final = 2**20  # bytes; an update is at most 256 KiB
MAX_AUTH: Final = 16 * 1024  # bytes; reading the largest message takes half a second, at worst
MAX_MASTER_MESSAGE: Final = 16 * 2**20  # bytes
MAX_DOCUMENT: Final = 8 * 2**20  # bytes of UTF-8; it goes in one message, as base64 perhaps
SYNC_PART: Final = 4 * 2**20  # bytes; larger states go in parts
MAX_STATE: Final = 256 * 2**20  # bytes that a client puts together from parts


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at once, `rate` a second after that."""

    rate: float
    burst: float
    level: float = 0.0
    since: float | None = None

    def take(self, now: float, cost: float = 1.0) -> float:
        """Take `cost` and return the seconds to wait before taking more: back-pressure."""
        if self.since is None:
            self.level = self.burst
        else:
            # Clocks may be set back; that must not drain the bucket.
            self.level = min(self.burst, self.level + max(0.0, now - self.since) * self.rate)
        self.since = now
        self.level -= cost
        return max(0.0, -self.level / self.rate)
