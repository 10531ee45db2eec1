"""A link with delay and loss between two TUN interfaces, `left` and `right`, in user space.

    slow_link.py SECONDS LOSS    both for each direction; ends when its standard input does

Once it prints `ready`, the interfaces can be moved to other namespaces.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import random
import struct
import sys

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_LARGEST = 65536


class SlowLink:
    """Carries packets between two descriptors, some late, some never."""

    def __init__(self, delay: float, loss: float) -> None:
        self._delay = delay
        self._loss = loss
        self._loop = asyncio.get_running_loop()
        self._random = random.Random(1)

    def join(self, left: int, right: int) -> None:
        self._loop.add_reader(left, self._take, left, right)
        self._loop.add_reader(right, self._take, right, left)

    def _take(self, source: int, target: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while packet := os.read(source, _LARGEST):
                if self._random.random() >= self._loss:
                    self._loop.call_later(self._delay, self._put, target, packet)

    def _put(self, target: int, packet: bytes) -> None:
        with contextlib.suppress(OSError):  # the interface is down or full: another loss
            os.write(target, packet)


def tun(name: str) -> int:
    """Create a TUN interface, and return the descriptor for its packets."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return descriptor


async def main(delay: float, loss: float) -> None:
    SlowLink(delay, loss).join(tun("left"), tun("right"))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2])))
