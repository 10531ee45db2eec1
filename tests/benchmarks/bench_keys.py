"""Line keys at 25 a second, from the key to its output: at rest, while loading, and while the document is edited."""

from __future__ import annotations

import os
import runpy
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chatter_tui.blocks import SourceFile
from tests.benchmarks.bench_document import MARKER, TRUECOLOR, Terminal, blocks_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

LINES, BLOCKS = 20_000, 10_000
SIZES: Final = ((80, 24), (120, 40))
EDITS: Final = 4
PAUSE: Final = 0.04  # seconds between keys


class Keyed(Terminal):
    """A review that notes when the effect of each key has been written."""

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self._notes = path.with_name("notes")
        self._notes.touch()
        self._sent: list[float] = []
        self._path = path
        module = ("tests.benchmarks.bench_keys", str(self._notes))
        super().__init__(path, TRUECOLOR, size=size, module=module)

    def strike(self, seconds: float) -> str:
        """Press `j` for some seconds; return the median, 95th percentile and longest delay."""
        first, until = len(self._sent), time.perf_counter() + seconds
        while (now := time.perf_counter()) < until:
            self._sent.append(now)
            self.write("j")
            while (left := now + PAUSE - time.perf_counter()) > 0:
                self.read(left)
        written = self._written()
        while len(written) < len(self._sent):
            self.read(PAUSE)
            written = self._written()
        pairs = zip(written[first:], self._sent[first:], strict=False)
        delays = sorted((done - sent) * 1000 for done, sent in pairs)
        p95 = delays[int(len(delays) * 0.95)]
        return f"{statistics.median(delays):.0f} / {p95:.0f} / {delays[-1]:.0f} ms"

    def edit(self, number: int) -> None:
        """Edit the middle of the document as another program does."""
        text = self._path.read_text()
        at = text.index("\n", len(text) // 2 + 3000 * number)
        new = self._path.with_name("new")
        new.write_text(f"{text[:at]} edited {number}{text[at:]}")
        new.replace(self._path)

    def _written(self) -> list[float]:
        return [float(line) for line in self._notes.read_text().splitlines()]


def run() -> list[tuple[str, str]]:
    """Measure; median / 95 % / longest."""
    text = text_of(LINES)
    sidecar = SourceFile("").append(blocks_of(text, BLOCKS))
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "document" / "document.md"
            path.parent.mkdir()
            path.write_text(text)
            path.with_name("document.md.chatter").write_bytes(sidecar)
            figures = _measure(path, size)
        rows += [(f"{size[0]}x{size[1]}: keys {when}", figure) for when, figure in figures]
    return rows


def _measure(path: Path, size: tuple[int, int]) -> list[tuple[str, str]]:
    rows = []
    with Keyed(path, size) as terminal:
        terminal.until(MARKER)
        rows.append(("for 6 s from the first paint on", terminal.strike(6)))
        terminal.settle()
        rows.append(("at rest", terminal.strike(4)))
        for number in range(EDITS):
            editor = threading.Timer(0.1, terminal.edit, (number,))
            editor.start()
            rows.append((f"for 4 s from an edit on ({number + 1})", terminal.strike(4)))
            editor.join()
    return rows


def main() -> None:
    """Run the program given by the rest of the command line."""
    descriptor = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_APPEND)

    def note() -> None:
        os.write(descriptor, f"{time.perf_counter():.6f}\n".encode())

    _watch(note)
    runpy.run_module("chatter_tui", run_name="__main__", alter_sys=True)


def _watch(note: Callable[[], None]) -> None:
    from chatter_tui.tui.document.view import DocumentView
    from chatter_tui.tui.keyboard import KeyboardDriver

    down, write = DocumentView.action_down, KeyboardDriver.write
    handled = []

    def watched_down(self: DocumentView) -> None:
        down(self)
        handled.append(self)

    def watched_write(self: KeyboardDriver, data: str) -> Any:
        write(self, data)
        while handled:
            handled.pop()
            note()

    DocumentView.action_down = watched_down  # type: ignore[method-assign]
    KeyboardDriver.write = watched_write  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
