"""Real `chatter-tui --plain` processes on pipes: lines in, lines out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path


class Lines:
    """A process; `wait_for` continues after the last line it found."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []

    @classmethod
    async def start(cls, *arguments: str, cwd: Path, **environ: str) -> Lines:
        cwd.mkdir(exist_ok=True)
        env = {name: value for name, value in os.environ.items() if not name.startswith("CHATTER")}
        env |= {"XDG_DATA_HOME": str(cwd / "data"), "LANG": "C.UTF-8", **environ}
        env.pop("LC_ALL", None)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chatter_tui", *arguments, "--plain"),
            cwd=cwd,
            env=env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=2**24,
        )
        return cls(process)

    def type(self, *lines: str) -> None:
        assert self.process.stdin
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())

    async def wait_for(self, text: str, timeout: float = 25) -> str:
        """Return the next line that contains `text`."""
        assert self.process.stdout
        try:
            async with asyncio.timeout(timeout):
                while line := (await self.process.stdout.readline()).decode():
                    self.said.append(line.rstrip("\n"))
                    if text in line:
                        return line.rstrip("\n")
        except TimeoutError:
            pass
        raise AssertionError(f"{text!r} was not said; " + "\n".join(self.said))

    async def rest(self, timeout: float = 20) -> tuple[int, str, str]:
        """Close the input; return the exit code and the rest of stdout and stderr."""
        assert self.process.stdin
        self.process.stdin.close()
        async with asyncio.timeout(timeout):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, out.decode(), err.decode()

    async def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
