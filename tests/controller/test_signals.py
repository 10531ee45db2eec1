"""Signals while the main thread waits for something that never comes."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.processes

# A signal that another thread gets wakes the main one no more than one that comes right before it
# begins to wait.
PROGRAM = """
import queue, signal, threading
from functools import partial
from chatter_tui.controller.signals import on_signals

heard = queue.SimpleQueue()
on_signals({number: partial(heard.put, number) for number in (signal.SIGTERM, signal.SIGHUP)})

def send():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
        signal.pthread_kill(threading.get_ident(), number)

threading.Thread(target=send).start()
print(*(signal.Signals(heard.get()).name for _ in range(3)))
"""


def test_each_signal_is_heard_while_the_main_thread_waits() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("SIGTERM SIGHUP SIGTERM\n", "")
