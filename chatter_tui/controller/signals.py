"""Signal handling that does not depend on the main thread."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MANY: Final = 64  # bytes per read, one for each signal


def on_signals(acts: Mapping[int, Callable[[], object]]) -> None:
    """Run a handler for each signal on a thread of its own. Call it once, on the main thread.

    Python runs ordinary handlers on the main thread between two of its instructions. A signal that
    arrives just before that thread blocks on a queue is handled when the queue has an item, which
    may be never.
    """
    told, tells = socket.socketpair()
    tells.setblocking(False)
    for number in acts:
        signal.signal(number, lambda *_: None)  # the default would end the program
    signal.set_wakeup_fd(tells.fileno(), warn_on_full_buffer=False)

    def listen() -> None:
        with told, tells:
            while numbers := told.recv(_MANY):
                for number in numbers:
                    if act := acts.get(number):
                        act()

    threading.Thread(target=listen, name="signals", daemon=True).start()
