"""Limits of a session: sizes, counts and rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

AUTH_DEADLINE: Final = 10.0  # seconds from opening a link to `auth`
PING_INTERVAL: Final = 3.0
# Seconds without a byte. Silence shall be noticed within 10, and a busy caller that checks every
# second may be late. WebRTC itself takes 30.
DEAD_AFTER: Final = 8.5
MAX_PEERS: Final = 512  # present at the same time
MAX_MEMBERS: Final = 4096  # ever joined: a name, a secret and a role are stored for each
UPDATE_BURST: Final = 25  # more than anybody writes by hand
UPDATE_RATE: Final = 100.0  # per second after the burst, which leaves time for other peers
OTHER_BURST: Final = 100  # of messages that change nothing
OTHER_RATE: Final = 50.0  # per second after the burst
MAX_CLIENT_MESSAGE: Final = 2**20  # bytes; an update has at most 256 KiB
MAX_AUTH: Final = 16 * 1024  # bytes; at worst, reading the largest message takes half a second
MAX_MASTER_MESSAGE: Final = 16 * 2**20  # bytes
MAX_DOCUMENT: Final = 8 * 2**20  # bytes of UTF-8; it is sent as one message, possibly in base64
SYNC_PART: Final = 4 * 2**20  # bytes; a larger state is sent in parts
MAX_STATE: Final = 256 * 2**20  # bytes that a client assembles from parts


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at once, then `rate` per second."""

    rate: float
    burst: float
    level: float = 0.0
    since: float | None = None

    def take(self, now: float, cost: float = 1.0) -> float:
        """Take `cost` and return the seconds to wait before taking more."""
        if self.since is None:
            self.level = self.burst
        else:
            # The clock may be set back, which must not drain the bucket.
            self.level = min(self.burst, self.level + max(0.0, now - self.since) * self.rate)
        self.since = now
        self.level -= cost
        return max(0.0, -self.level / self.rate)
