"""Real `chatter-tui --headless` processes, driven as outside programs drive them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

Event = dict[str, Any]

TOLD_AT_ONCE = ("--transport", "websocket")
"""For peers that reconnect after a host was killed: WebRTC notices only after nine seconds."""


class Program:
    """A process: commands in, events out, and its stderr."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.events: list[Event] = []
        self.stderr = b""
        self._news = asyncio.Condition()
        self._read = 0
        self._readers = [
            asyncio.create_task(self._read_events()),
            asyncio.create_task(self._read_errors()),
        ]

    @classmethod
    async def start(
        cls, *arguments: str, cwd: Path, module: str = "chatter_tui", **environ: str
    ) -> Program:
        env = {name: value for name, value in os.environ.items() if not name.startswith("CHATTER")}
        env |= {"XDG_DATA_HOME": str(cwd / "data"), "XDG_CONFIG_HOME": str(cwd / "config")}
        env |= {"PYTHONDEVMODE": "", **environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            cwd=cwd,
            env=env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=64 * 2**20,
        )
        return cls(process)

    async def _read_events(self) -> None:
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            async with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    async def _read_errors(self) -> None:
        assert self.process.stderr
        self.stderr = await self.process.stderr.read()

    def do(self, name: str, **fields: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"do": name, **fields}).encode() + b"\n")

    def hang_up(self) -> None:
        """Stop reading its output, as a consumer that has died."""
        transport: asyncio.SubprocessTransport = self.process._transport  # type: ignore[attr-defined]
        out = transport.get_pipe_transport(1)
        assert out is not None
        out.close()

    def write(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)

    async def wait_for(self, event: str, timeout: float = 25, **fields: object) -> Event:
        """Return the first event with this name and these fields, including past ones."""

        wanted = {"event": event, **fields}
        looked_at = 0

        def found() -> Event | None:
            nonlocal looked_at
            while looked_at < len(self.events):
                each = self.events[looked_at]
                if all(name in each and each[name] == value for name, value in wanted.items()):
                    return each
                looked_at += 1
            return None

        async with asyncio.timeout(timeout), self._news:
            while (event_found := found()) is None:
                if self._readers[0].done():
                    raise AssertionError(f"{event} {fields} never came; {self}")
                await self._news.wait()
        return event_found

    @property
    def news(self) -> int:
        """Return the number of events that are not answers."""
        return sum(event["event"] not in ("blocks", "peers", "status") for event in self.events)

    async def more_news(self, than: int) -> None:
        """Wait until there are more than `than` such events."""
        async with self._news:
            while self.news <= than and not self._readers[0].done():
                await self._news.wait()

    async def until_blocks(self, count: int, timeout: float = 25) -> None:
        """Wait until there are `count` blocks."""
        async with asyncio.timeout(timeout):
            while True:
                news = self.news
                if len(await self.blocks()) >= count:
                    return
                await self.more_news(news)

    async def until_saved(self) -> None:
        """Wait until everything is in the files."""
        async with asyncio.timeout(25):
            while not (await self.ask("status"))["saved"]:
                pass

    async def ask(self, name: str) -> Event:
        """Return the answer to a question."""
        self._read += 1
        self.do(name, ref=self._read)
        return await self.wait_for(name, ref=self._read)

    async def blocks(self) -> dict[str, Event]:
        return {block["id"]: block for block in (await self.ask("blocks"))["blocks"]}

    async def add(self, content: str, **block: object) -> str:
        """Add a block, wait for the answer, and return its id."""
        before = len(self.events)
        self.do("add", block={"content": content, **block})
        async with asyncio.timeout(25), self._news:
            while True:
                for event in self.events[before:]:
                    if event["event"] == "block_added" and event["block"]["content"] == content:
                        return str(event["id"])
                    assert event["event"] != "error", event
                await self._news.wait()

    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def quit(self, timeout: float = 15) -> int:
        self.do("quit")
        return await self.ended(timeout)

    async def ended(self, timeout: float = 15) -> int:
        async with asyncio.timeout(timeout):
            code = await self.process.wait()
            await asyncio.gather(*self._readers)
        return code

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        await self.ended()

    async def close(self) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        await self.ended()

    def __repr__(self) -> str:
        tail = "\n".join(map(str, self.events[-12:]))
        return f"<{self.process.pid}: {tail}\nstderr: {self.stderr.decode(errors='replace')}>"


class Programs:
    """Starts processes, each in its own folder, and ends them all."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.running: list[Program] = []

    def folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        return folder

    async def start(self, name: str, *arguments: str, **environ: str) -> Program:
        program = await Program.start(*arguments, cwd=self.folder(name), **environ)
        self.running.append(program)
        return program

    async def host(self, text: str = "# Plan\n\nWe deploy weekly.\n", *options: str) -> Program:
        document = self.folder("host") / "plan.md"
        if not document.exists():
            document.write_text(text)
        return await self.start(
            "host",
            "host",
            "plan.md",
            "--headless",
            "--listen",
            "127.0.0.1:0",
            "--name",
            "ana",
            *options,
        )

    async def join(self, host: Program, name: str, *options: str) -> Program:
        invite = (await host.wait_for("ready"))["invite"]
        return await self.start(
            name, "join", "--headless", "--name", name, *options, CHATTER_INVITE=invite
        )

    async def resume(self, name: str, *options: str) -> Program:
        return await self.start(name, "resume", "--headless", *options)

    async def command(self, name: str, *arguments: str) -> tuple[int, bytes]:
        """Run another command; return its exit code and what it prints."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "chatter_tui",
            *arguments,
            cwd=self.folder(name),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        printed, _ = await process.communicate()
        return await process.wait(), printed

    async def output(self, name: str, *arguments: str) -> Any:
        """What a command prints, as JSON."""
        code, printed = await self.command(name, *arguments, "--json")
        assert code == 0
        return json.loads(printed)

    async def close(self) -> None:
        await asyncio.gather(*(program.close() for program in self.running))


async def converged(*all_: Program, timeout: float = 25) -> dict[str, Event]:
    """Return everybody's blocks, once they are equal and nothing waits for an answer."""
    async with asyncio.timeout(timeout):
        while True:
            news = [program.news for program in all_]
            pending = [(await program.ask("status"))["pending"] for program in all_]
            states = [await program.blocks() for program in all_]
            if not any(pending) and all(state == states[0] for state in states):
                return states[0]
            waits = [
                asyncio.create_task(program.more_news(seen))
                for program, seen in zip(all_, news, strict=True)
            ]
            _, others = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)


@contextlib.asynccontextmanager
async def programs(root: Path) -> AsyncIterator[Programs]:
    started = Programs(root)
    try:
        yield started
    finally:
        await started.close()
