"""Signal handling that works whatever the main thread waits for."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MANY: Final = 64  # bytes, one for each signal that came


def on_signals(acts: Mapping[int, Callable[[], object]]) -> None:
    """Have the act of each signal carried out, on a thread of its own, whenever it comes.

    To be called once, on the main thread. That one runs Python's handlers only between two of its
    instructions: of a signal that comes right before it waits for a queue it would hear when the
    queue has something, which may be never.
    """
    told, tells = socket.socketpair()
    tells.setblocking(False)
    for number in acts:
        signal.signal(number, lambda *_: None)  # else it would end the program
    signal.set_wakeup_fd(tells.fileno(), warn_on_full_buffer=False)

    def listen() -> None:
        with told, tells:
            while numbers := told.recv(_MANY):
                for number in numbers:
                    if act := acts.get(number):
                        act()

    threading.Thread(target=listen, name="signals", daemon=True).start()
