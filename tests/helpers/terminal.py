"""The real program in a real terminal: keys in, the screen out, in a tmux server of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shlex
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

_numbers = itertools.count()
_OURS = {"TMUX", "COLUMNS", "LINES"}  # of the terminal that runs the tests, or invented by xdist


class Terminal:
    """A window; `folder` is where the program runs, with the first keys due for a `newcomer`."""

    def __init__(self, folder: Path, *, newcomer: bool = False) -> None:
        self._newcomer = newcomer
        self.written = bytearray()  # output of the program, including escape sequences
        self.folder = folder
        self._server = f"chatter-test-{os.getpid()}-{next(_numbers)}"
        self._output = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def start(
        self,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        piped: str = "",
        script: str = "",
        **environ: str,
    ) -> None:
        """Run `chatter-tui` with arguments, through a `script` if given, with a line `piped` to it.

        Its exit code is printed afterwards.
        """
        env = {
            "TERM": "tmux-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            **environ,
        }
        if not self._newcomer:
            known = Path(env["XDG_DATA_HOME"], "chatter-tui", "welcomed")
            known.parent.mkdir(parents=True, exist_ok=True)
            known.touch()
        settings = [f"-e{name}={value}" for name, value in env.items()]
        run = ["-c", script] if script else ["-m", "chatter_tui"]
        program = shlex.join([sys.executable, *run, *arguments])
        if piped:
            program = f"echo {shlex.quote(piped)} | {program}"
        fifo = self.folder / f"{self._server}.fifo"
        os.mkfifo(fifo)
        # The program starts once its output is being read, so that nothing is missed.
        command = f"cat {shlex.quote(str(fifo))}.go >/dev/null; {program}; echo exit=$?; cat"
        os.mkfifo(f"{fifo}.go")
        size = ("-x", str(columns), "-y", str(rows))
        await self._tmux(
            "new-session", "-d", *size, *settings, "-c", str(self.folder), "sh", "-c", command
        )
        await self._tmux("pipe-pane", "-O", f"cat > {shlex.quote(str(fifo))}")
        self._reader = asyncio.create_task(self._read(fifo))
        await asyncio.to_thread(Path(f"{fifo}.go").write_text, "go")

    async def keys(self, *keys: str) -> None:
        """Press keys one after another, by tmux's names."""
        await self._tmux("send-keys", *keys)

    async def type(self, text: str) -> None:
        """Type a text literally."""
        await self._tmux("send-keys", "-l", "--", text)

    async def paste(self, text: str) -> None:
        """Paste a text as a terminal does, with brackets if the program has requested them."""
        await self._tmux("set-buffer", "-b", "paste", "--", text)
        await self._tmux("paste-buffer", "-p", "-b", "paste")

    async def resize(self, columns: int, rows: int) -> None:
        await self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    async def screen(self, *, styled: bool = False) -> str:
        """Return what a user sees now."""
        return await self._tmux("capture-pane", "-p", *(["-e"] if styled else []))

    async def wait_for(self, *texts: str, gone: str = "", timeout: float = 20) -> str:
        """Return the screen once it shows all of `texts` and not `gone`."""
        seen = ""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    self._output.clear()
                    seen = await self.screen()
                    if all(text in seen for text in texts) and not (gone and gone in seen):
                        return seen
                    await self._output.wait()
        except TimeoutError:
            raise AssertionError(f"{texts} did not show (or {gone!r} stayed):\n{seen}") from None

    async def wrote(self, *texts: str, timeout: float = 20) -> None:
        """Wait until the program has written these, even if the screen does not show them."""
        async with asyncio.timeout(timeout):
            while not all(text.encode() in self.written for text in texts):
                self._output.clear()
                await self._output.wait()

    async def pid(self) -> int:
        """Return the process id of the program itself."""
        shell = int(await self._tmux("display-message", "-p", "#{pane_pid}"))
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(children[0])

    async def stopped(self, timeout: float = 20) -> int:
        """Wait until the program has stopped itself, and return its process id."""
        pid = await self.pid()
        async with asyncio.timeout(timeout):
            while _state(pid) != "T":  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.02)
        return pid

    async def close(self) -> None:
        """End the server, and everything that runs in it."""
        with contextlib.suppress(AssertionError):
            await self._tmux("kill-server")
        if self._reader:
            await self._reader

    async def _read(self, fifo: Path) -> None:
        reader = asyncio.StreamReader()
        file = await asyncio.to_thread(fifo.open, "rb", buffering=0)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), file
        )
        while data := await reader.read(65536):
            self.written += data
            self._output.set()
        transport.close()

    async def _tmux(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "tmux",
            *("-L", self._server, "-f", "/dev/null", *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name not in _OURS},
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode(errors="replace")


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@contextlib.asynccontextmanager
async def terminals() -> AsyncIterator[list[Terminal]]:
    """A list of terminals to append to; all are closed at the end."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    opened: list[Terminal] = []
    try:
        yield opened
    finally:
        await asyncio.gather(*(terminal.close() for terminal in opened))
