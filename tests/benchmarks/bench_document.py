"""The document pane in a terminal of 80 by 24: first paint, keys, bytes on the wire, memory."""

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
from pathlib import Path
from typing import Self

from textual.app import App, ComposeResult

from chatter_tui.markdown import Markdown
from chatter_tui.tui.document.marks import Mark
from chatter_tui.tui.document.view import DocumentView

MARKER = "enchmark"  # the cursor is on the first letter
PROSE = """the quick brown fox jumps over a lazy dog naïve 日本語 🎉 **bold** `code` *em* &amp; [link](/u)
a text of prose has a word in bold or in italics now and then but not in each of its rows and
it has some code some links and some names which look different yet most of it is plain
people who review it read long rows of words without any markup at all most of their time"""
WORDS = PROSE.split()


def text_of(lines: int) -> str:
    """A document of about as many lines, of every kind of block."""
    source = random.Random(3)
    blocks = [f"# B{MARKER}\n"]
    count = 2
    while count < lines:
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
        count += block.count("\n") + 1
    return "\n".join(blocks)


class Reader(App[None]):
    """The pane alone."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.animation_level = "none"
        self.text = Path(path).read_text()

    def compose(self) -> ComposeResult:
        yield DocumentView()

    def on_mount(self) -> None:
        view = self.query_one(DocumentView)
        view.focus()
        view.load(self.text)
        view.mark([Mark(at, at + 9, str(at)) for at in range(600, len(self.text), 600)])


class Terminal:
    """A child process on a pty, whose output is counted and timed."""

    def __init__(self, path: str, columns: int = 80, rows: int = 24) -> None:
        self.began = time.perf_counter()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("NO_COLOR", None)
        code = "import sys; from tests.benchmarks.bench_document import Reader; Reader(sys.argv[1]).run()"
        self._child = subprocess.Popen(
            [sys.executable, "-c", code, path],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait()
        os.close(self._master)

    def read(self, timeout: float) -> bytes:
        ready, _, _ = select.select([self._master], [], [], timeout)
        return os.read(self._master, 65536) if ready else b""

    def until(self, text: str, timeout: float = 30) -> float:
        """Seconds from the start until some text is there."""
        seen = b""
        while text.encode() not in seen:
            seen += self.read(timeout)
            if time.perf_counter() - self.began > timeout:
                raise TimeoutError
        return time.perf_counter() - self.began

    def settle(self, quiet: float = 0.5) -> None:
        while self.read(quiet):
            pass

    def press(self, key: str, times: int = 40) -> tuple[str, str]:
        """Median milliseconds to the first byte, and bytes at the median and at most."""
        delays, sizes = [], []
        for _ in range(times):
            began = time.perf_counter()
            os.write(self._master, key.encode())
            size = len(self.read(2))
            delays.append((time.perf_counter() - began) * 1000)
            while more := self.read(0.04):
                size += len(more)
            sizes.append(size)
        delays.sort()
        latency = f"{statistics.median(delays):.1f} ms (95 %: {delays[int(times * 0.95)]:.1f})"
        return latency, f"{statistics.median(sizes) / 1000:.1f} kB (most {max(sizes) / 1000:.1f})"

    def memory(self) -> float:
        """Resident megabytes."""
        for line in Path(f"/proc/{self._child.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0


KEYS = {"line": "j", "half page": "\x04", "page": "\x1b[6~", "page up": "\x1b[5~", "word": "w"}


def run() -> list[tuple[str, str]]:
    rows = []
    for lines in (500, 20_000):
        text = text_of(lines)
        began = time.perf_counter()
        Markdown(text)
        rows.append((f"{lines} lines: parsed in", f"{(time.perf_counter() - began) * 1000:.0f} ms"))
        with tempfile.NamedTemporaryFile("w", suffix=".md") as file:
            file.write(text)
            file.flush()
            with Terminal(file.name) as terminal:
                seconds = terminal.until(MARKER)
                rows.append((f"{lines} lines: process start to first paint", f"{seconds:.2f} s"))
                terminal.settle()
                for name, key in KEYS.items():
                    latency, size = terminal.press(key)
                    rows.append((f"{lines} lines: {name}", f"{latency}, {size}"))
                rows.append((f"{lines} lines: memory", f"{terminal.memory():.0f} MB"))
    return rows
