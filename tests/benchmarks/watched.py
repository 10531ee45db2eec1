"""A host that records how long it takes itself, apart from what its clients cause.

    python -m tests.benchmarks.watched NOTES host …

A line is a name and milliseconds: `answer` is from reading a client's change until everybody has
been sent it and its author the answer; `turn` is how long the session's loop did not look at its
sockets.
"""

from __future__ import annotations

import os
import runpy
import statistics
import sys
import time
from collections import defaultdict, deque
from pathlib import Path
from selectors import DefaultSelector
from typing import TYPE_CHECKING, Any, Final

from chatter_tui.controller.session import LinkedSession
from chatter_tui.session.master import Master
from chatter_tui.session.messages import Ack, Reject, Side, Sync
from chatter_tui.session.wire import decode

if TYPE_CHECKING:
    from tests.helpers.headless import Program, Programs

_ROOT: Final = Path(__file__).parents[2]
_LONG: Final = 0.005  # seconds; shorter turns are not recorded


class Watch:
    """What a watched host recorded since `begin`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = 0

    def begin(self) -> None:
        """Ignore what was recorded so far."""
        self._start = self._path.stat().st_size

    def noted(self, name: str) -> list[float]:
        """Return the milliseconds under a name, shortest first."""
        lines = self._path.read_bytes()[self._start :].decode().splitlines()
        pairs = (line.split() for line in lines)
        return sorted(float(ms) for what, ms in pairs if what == name)

    def figures(self, what: str) -> list[tuple[str, str]]:
        """Return the host's own part of `what`, and its loop's longest turn."""
        answers, turns = self.noted("answer"), self.noted("turn") or [0.0]
        p50, p99 = statistics.median(answers), answers[int(len(answers) * 0.99)]
        return [
            (
                f"{what}: of that the host's own part, p50 / p99 / most",
                f"{p50:.1f} / {p99:.1f} / {answers[-1]:.1f} ms",
            ),
            (f"{what}: longest turn of the host's loop", f"{turns[-1]:.1f} ms"),
        ]


async def watched_host(run: Programs, **environ: str) -> tuple[Program, Watch]:
    """Start a host of `plan.md`, which is created if necessary."""
    folder = run.folder("host")
    if not (folder / "plan.md").exists():
        (folder / "plan.md").write_text("# Plan\n")
    notes = folder / "notes"
    notes.touch()
    arguments = ("host", "plan.md", "--headless", "--listen", "127.0.0.1:0", "--name", "ana")
    environ |= {"module": "tests.benchmarks.watched", "PYTHONPATH": str(_ROOT)}
    host = await run.start("host", str(notes), *arguments, **environ)
    return host, Watch(notes)


def main() -> None:
    """Watch the program given by the rest of the command line."""
    descriptor = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_APPEND)

    def note(name: str, seconds: float) -> None:
        os.write(descriptor, f"{name} {seconds * 1000:.3f}\n".encode())

    _watch_answers(note)
    _watch_turns(note)
    runpy.run_module("chatter_tui", run_name="__main__", alter_sys=True)


def _watch_answers(note: Any) -> None:
    received, send = Master.received, LinkedSession._send
    began: defaultdict[int, deque[float]] = defaultdict(deque)

    def watched_received(self: Master, link: int, data: bytes, now: float) -> float:
        start = time.perf_counter()
        message = decode(data, sender=Side.CLIENT)
        if isinstance(message, Sync) and message.seq is not None:
            began[link].append(start)
        return received(self, link, data, now)

    def watched_send(self: LinkedSession, numbers: tuple[int, ...], data: bytes) -> None:
        send(self, numbers, data)
        waiting = began.get(numbers[0]) if len(numbers) == 1 and len(data) < 2**16 else None
        if waiting and isinstance(decode(data, sender=Side.MASTER), Ack | Reject):
            note("answer", time.perf_counter() - waiting.popleft())

    Master.received = watched_received  # type: ignore[method-assign]
    LinkedSession._send = watched_send  # type: ignore[method-assign]


def _watch_turns(note: Any) -> None:
    select = DefaultSelector.select
    since: dict[int, float] = {}

    def watched(self: DefaultSelector, timeout: float | None = None) -> Any:
        now = time.perf_counter()
        if (turn := now - since.get(id(self), now)) > _LONG:
            note("turn", turn)
        found = select(self, timeout)
        since[id(self)] = time.perf_counter()
        return found

    DefaultSelector.select = watched  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
