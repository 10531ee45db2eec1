"""The program in a terminal of 80 by 24: first paint, keys, bytes on the wire, idleness, memory."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chatter_tui.blocks import Block, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "enchmark"  # the cursor is on the first letter
PROSE = """the quick brown fox jumps over a lazy dog naïve 日本語 🎉 **bold** `code` *em* &amp; [link](/u)
a text of prose has a word in bold or in italics now and then but not in each of its rows and
it has some code some links and some names which look different yet most of it is plain
people who review it read long rows of words without any markup at all most of their time"""
WORDS = PROSE.split()
TRUECOLOR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
ANSI = {"TERM": "xterm"}


def text_of(lines: int) -> str:
    """A document of about as many lines, of every kind of block."""
    source = random.Random(3)
    blocks = [f"# B{MARKER}\n"]
    number = 2
    while number < lines:
        words = " ".join(source.choices(WORDS, k=30))
        block = source.choice(
            [
                f"## {words[:40]}\n",
                f"{words}\n{words}\n",
                f"- {words}\n- {words}\n",
                f"```python\ndef f(x):\n    return x + 1  # {words[:30]}\n```\n",
                f"| a | b |\n|---|---|\n| x | {words[:40]} |\n",
                f"> {words}\n",
            ]
        )
        blocks.append(block)
        number += block.count("\n") + 1
    return "\n".join(blocks)


def blocks_of(text: str, count: int) -> list[Block]:
    """As many blocks all over a text: two roots and a reply, a quarter of the roots resolved."""
    source, blocks, root = random.Random(5), [], ""
    for number in range(count):
        fields: dict[str, object] = {
            "id": f"01J{number:023}",
            "type": source.choice(["comment", "question"]),
            "author": source.choice(["ana", "bo", "cy"]),
            "timestamp": f"2026-01-{number % 28 + 1:02}T10:00:00Z",
            "content": f"Comment number {number}. " * (number % 5 + 1),
            "status": "open" if number % 4 else "resolved",
        }
        if number % 3 == 2:
            fields |= {"parent_id": root, "type": "comment", "status": "open"}
        else:
            at, root = len(text) * number // count, str(fields["id"])
            fields["anchor"] = anchor_of(text, at, at + 9)
        blocks.append(Block.of(fields))
    return blocks


def anchor_of(text: str, start: int, end: int) -> dict[str, object]:
    """An anchor of the shape that the program gives to a few words, made without any search."""
    anchor: dict[str, object] = {"type": "heading", "text": "some heading", "level": 2}
    for left, right in ((0, 16), (16, 0), (32, 32)):
        before, after = text[max(start - left, 0) : start], text[end : end + right]
        contexts = {"context_before": before, "context_after": after}
        kept = {name: context for name, context in contexts.items() if context}
        anchor = {"type": "text", "exact": text[start:end], **kept, "fallback": anchor}
    return anchor


class Terminal:
    """`chatter-tui review`, run by `module`, on a pty, whose output is counted and timed."""

    def __init__(
        self,
        path: Path,
        environ: dict[str, str],
        *,
        size: tuple[int, int] = (80, 24),
        module: tuple[str, ...] = ("chatter_tui",),
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
        own = {"LANG": "C.UTF-8", "XDG_DATA_HOME": str(path.parent / "data")}
        # As an installed program, which is not compiled at each start.
        own["PYTHONPYCACHEPREFIX"] = str(path.parents[1] / "pycache")
        self.began = time.perf_counter()
        self._child = subprocess.Popen(
            [sys.executable, "-m", *module, "review", str(path)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=kept | own | environ,
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait()
        os.close(self._master)

    def write(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read(self, timeout: float) -> bytes:
        ready, _, _ = select.select([self._master], [], [], timeout)
        return os.read(self._master, 65536) if ready else b""

    def until(self, text: str, timeout: float = 60) -> float:
        """Seconds from the start until some text is there."""
        seen = b""
        while text.encode() not in seen:
            seen += self.read(timeout)
            if time.perf_counter() - self.began > timeout:
                raise TimeoutError
        return time.perf_counter() - self.began

    def settle(self, quiet: float = 2) -> None:
        while self.read(quiet):
            pass

    def leave(self) -> None:
        """Quit, and wait for the end: it keeps the code of what was imported."""
        os.write(self._master, b"q")
        with suppress(OSError):  # the terminal is closed
            while self.read(10):
                pass
        self._child.wait(10)

    def press(self, key: str, times: int = 40) -> tuple[str, str]:
        """Milliseconds to the first byte, and bytes."""
        delays, sizes = [], []
        for _ in range(times):
            began = time.perf_counter()
            self.write(key)
            size = len(self.read(2))
            delays.append((time.perf_counter() - began) * 1000)
            while more := self.read(0.04):
                size += len(more)
            sizes.append(size)
        delays.sort()
        latency = f"{statistics.median(delays):.1f} / {delays[int(times * 0.95)]:.1f} ms"
        return latency, f"{statistics.median(sizes) / 1000:.1f} kB (most {max(sizes) / 1000:.1f})"

    def idle(self, seconds: float = 30) -> str:
        """Bytes and processor time while nothing is done."""
        before, until, count = self._cpu(), time.perf_counter() + seconds, 0
        while (left := until - time.perf_counter()) > 0:
            count += len(self.read(left))
        return f"{count} bytes, {(self._cpu() - before) / seconds:.2%} CPU"

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, what: str = "VmRSS") -> float:
        """Resident megabytes; of `VmHWM`, the most so far."""
        for line in Path(f"/proc/{self._child.pid}/status").read_text().splitlines():
            if line.startswith(what):
                return int(line.split()[1]) / 1024
        return 0


KEYS = {"line": "j", "half page": "\x04", "page": "\x1b[6~", "page up": "\x1b[5~", "word": "w"}


def run() -> list[tuple[str, str]]:
    """Measure; times of keys are median / 95 %, to the first byte that comes back."""
    rows = []
    for lines, blocks in ((60, 0), (20_000, 10_000)):
        name = f"{lines:,} lines, {blocks:,} blocks"
        with tempfile.TemporaryDirectory() as folder:
            text = text_of(lines)
            sidecar = SourceFile("").append(blocks_of(text, blocks)) if blocks else b""
            measured = _measure(_fresh(Path(folder), text, sidecar), large=blocks > 0)
        rows += [(f"{name}: {what}", figure) for what, figure in measured]
    return rows


def _fresh(folder: Path, text: str, sidecar: bytes) -> Iterator[Path]:
    """The same document in one new folder after another: what was killed is not gone on with."""
    for number in count():
        path = folder / str(number) / "document.md"
        path.parent.mkdir()
        path.write_text(text)
        if sidecar:
            path.with_name("document.md.chatter").write_bytes(sidecar)
        os.sync()  # no start waits for what was written before it
        yield path


def _measure(documents: Iterator[Path], *, large: bool) -> list[tuple[str, str]]:
    rows = []
    for when in ("before one has been left", "of later ones"):
        starts = []
        for _ in range(6):
            with Terminal(next(documents), TRUECOLOR) as terminal:
                starts.append(terminal.until(MARKER))
        rows.append((f"start to first paint, {when}", f"{statistics.median(starts[1:]):.2f} s"))
        with Terminal(next(documents), TRUECOLOR) as terminal:
            terminal.until("alone")
            terminal.leave()
    with Terminal(next(documents), TRUECOLOR) as terminal:
        terminal.until("alone")  # the session has begun
        terminal.settle()
        for name, key in KEYS.items():
            latency, size = terminal.press(key)
            rows.append((name, f"{latency}, {size}"))
        rows.append(("idle", terminal.idle()))
        rows.append(("memory", f"{terminal.memory():.0f} MB"))
    if large:
        with Terminal(next(documents), TRUECOLOR) as terminal:  # worked in as soon as it is there
            terminal.until("alone")
            terminal.settle()
            rows += [(f"memory {when}", f"{size:.0f} MB") for when, size in _worked_in(terminal)]
    with Terminal(next(documents), ANSI) as terminal:
        terminal.until("alone")
        terminal.settle()
        rows.append(("line, 16 colours", ", ".join(terminal.press("j"))))
    return rows


def _worked_in(terminal: Terminal) -> Iterator[tuple[str, float]]:
    """Read, write, resolve and look at everything; yield the megabytes after each."""
    terminal.press(KEYS["page"], 600)
    yield "after 600 pages", terminal.memory()
    for keys in (("g", "c"), ("r",), ("e",)):
        for key in (*keys, "a comment of one's own", "\r"):
            terminal.press(key, 1)
        terminal.settle()
    yield "after a comment, a reply and an edit", terminal.memory()
    for _ in range(10):
        terminal.press("n", 1)
        terminal.press("R", 1)
        terminal.press(KEYS["page"], 20)
    yield "after ten threads resolved", terminal.memory()
    for key in "?:ofIH!y@i":
        terminal.press(key, 1)
        terminal.press("\x1b", 1)
    yield "after all popups", terminal.memory()
    terminal.idle()
    yield "half a minute later", terminal.memory()
    yield "at most", terminal.memory("VmHWM")
