"""People of a session, at real terminals and without, and what they do by command."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

from chatter_tui.tui.commands import BY_ID, KEY_NAMES
from tests.helpers.headless import Program, Programs
from tests.helpers.terminal import Terminal

PLAN = """# Rollout plan

We deploy to production weekly, to one percent of visitors first.

## Risks

- the index may not fit into memory
- partners may notice
"""


class Desk:
    """The people of a test, each in their own folder, on screen or without one."""

    def __init__(self, root: Path, started: Programs, opened: list[Terminal]) -> None:
        self._root = root
        self._started = started
        self._opened = opened
        self.newcomers = False  # whether the first keys are due
        self.columns, self.rows = 120, 30  # of terminals: wide enough for all panes

    def file(self, path: str, text: str) -> Path:
        """Write a file before anybody starts."""
        full = self._root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)
        return full

    async def screen(self, folder: str, *arguments: str, **environ: str) -> Terminal:
        """Start somebody at a terminal."""
        path = self._root / folder
        path.mkdir(exist_ok=True)
        terminal = Terminal(path, newcomer=self.newcomers)
        self._opened.append(terminal)
        await terminal.start(*arguments, columns=self.columns, rows=self.rows, **environ)
        return terminal

    async def host(self, text: str = PLAN, **environ: str) -> Terminal:
        """Start Ana, who hosts on screen."""
        self.file("host/plan.md", text)
        arguments = ("host", "plan.md", "--listen", "127.0.0.1:0", "--name", "ana")
        host = await self.screen("host", *arguments, **environ)
        await host.wait_for("deploy to production", "hosting")
        return host

    async def headless_host(self) -> tuple[Program, str]:
        """Start Ana, who hosts without a screen, and return her invite."""
        host = await self._started.host(PLAN)
        return host, str((await host.wait_for("ready"))["invite"])

    async def headless_guest(self, name: str, invite: str) -> Program:
        """Start somebody who joins without a screen."""
        arguments = ("join", "--headless", "--name", name)
        guest = await self._started.start(name, *arguments, CHATTER_INVITE=invite)
        await guest.wait_for("synced")
        return guest

    async def guest(self, name: str, invite: str, **environ: str) -> Terminal:
        """Start somebody who joins on screen."""
        arguments = ("join", "--name", name)
        guest = await self.screen(name, *arguments, CHATTER_INVITE=invite, **environ)
        await guest.wait_for("deploy to production", "direct")
        return guest


async def invite_of(host: Terminal) -> str:
    """Read the invite as a person does, with `i`."""
    await host.keys("i")
    screen = await host.wait_for("chatter://")
    await host.keys("Escape")
    await host.wait_for(gone="chatter://")
    joined = re.sub(r"\s*│?\s*\n\s*│?\s*", "", screen[screen.index("chatter://") :])
    match = re.match(r"chatter://\S+/[0-9A-Z]{26}#[\w-]{8}\.[\w-]{22}", joined)
    assert match, screen
    return match[0]


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""  # not yet there, or no longer


async def until_written(text: str, *paths: Path) -> None:
    """Wait until files hold a text, byte for byte, whether they are there already or not."""
    async with asyncio.timeout(20):
        while {*map(_bytes_of, paths)} != {text.encode()}:  # noqa: ASYNC110 - a file sends no events
            await asyncio.sleep(0.05)


async def until_kept(folder: Path, kind: str, *texts: str) -> None:
    """Wait until `drafts` or `read` marks have been stored, in the background."""
    async with asyncio.timeout(20):
        while not any(  # noqa: ASYNC110 - a file sends no events
            all(text.encode() in kept for text in texts)
            for kept in map(_bytes_of, folder.glob(f".chattermatter/{kind}/*.json"))
        ):
            await asyncio.sleep(0.05)


async def killed(terminal: Terminal) -> None:
    """Kill the program, as a crash or the kernel does."""
    os.kill(await terminal.pid(), signal.SIGKILL)
    await terminal.wait_for("exit=137")


# Textual's names of keys mapped to tmux's, where those differ from the key's label.
_TMUX = KEY_NAMES | {
    "escape": "Escape",
    "shift+tab": "BTab",
    "pagedown": "NPage",
    "pageup": "PPage",
    "down": "Down",
    "up": "Up",
    "left": "Left",
    "right": "Right",
}


class Person:
    """Somebody at a terminal; `driven` collects the ids of the commands they used successfully."""

    def __init__(self, terminal: Terminal, driven: set[str]) -> None:
        self.terminal = terminal
        self._driven = driven

    async def does(self, id_: str, *shows: str, gone: str = "", at: Person | None = None) -> str:
        """Run a command by its key, or by its title if it has none, and wait for the result.

        The result is what is then shown (`shows`) or `gone`, here or `at` somebody else's terminal.
        """
        assert shows or gone, "what comes of it?"
        command = BY_ID[id_]
        if command.keys:
            await self.terminal.keys(*map(tmux_key, command.keys[:1]))
        else:
            await self.terminal.keys(":")
            await self.terminal.wait_for("type to search")
            await self.terminal.type(command.title)
            await self.terminal.wait_for(f"{'>':11}{command.title}")
            await self.terminal.keys("Enter")
        seen = await (at or self).terminal.wait_for(*shows, gone=gone)
        self._driven.add(id_)
        return seen

    async def sees(self, *shows: str, gone: str = "") -> str:
        """Wait until the screen shows texts."""
        return await self.terminal.wait_for(*shows, gone=gone)

    async def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        await self.terminal.keys(*keys)

    async def writes(self, id_: str, text: str) -> None:
        """Write a text with a command that opens the composer, and send it."""
        await self.does(id_, "Enter send")
        await self.terminal.type(text)
        await self.does("composer.send", text[:30], gone="Enter send")


def tmux_key(key: str) -> str:
    """Return tmux's name of a command's key."""
    return _TMUX.get(key, key.replace("ctrl+", "C-"))
