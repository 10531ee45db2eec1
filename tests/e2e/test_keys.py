"""What keys do in real terminals, from one person to the other."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.helpers.headless import Program, Programs, programs
from tests.helpers.terminal import Terminal, terminals

pytestmark = pytest.mark.terminal

PLAN = """# Rollout plan

We deploy to production weekly, to one percent of visitors first.

## Risks

- the index may not fit into memory
- partners may notice
"""


class Desk:
    """People of one test, each in a folder of their own: on screen or without one."""

    def __init__(self, root: Path, started: Programs, opened: list[Terminal]) -> None:
        self._root = root
        self._started = started
        self._opened = opened

    def file(self, path: str, text: str) -> Path:
        """Write a file before somebody starts."""
        full = self._root / path
        full.parent.mkdir(exist_ok=True)
        full.write_text(text)
        return full

    async def screen(self, folder: str, *arguments: str, **environ: str) -> Terminal:
        """Somebody at a terminal wide enough for all panes."""
        path = self._root / folder
        path.mkdir(exist_ok=True)
        terminal = Terminal(path)
        self._opened.append(terminal)
        await terminal.start(*arguments, columns=120, rows=30, **environ)
        return terminal

    async def host(self, **environ: str) -> Terminal:
        """Ana, who hosts on screen."""
        self.file("host/plan.md", PLAN)
        arguments = ("host", "plan.md", "--listen", "127.0.0.1:0", "--name", "ana")
        host = await self.screen("host", *arguments, **environ)
        await host.wait_for("Rollout plan", "hosting")
        return host

    async def headless_host(self) -> tuple[Program, str]:
        """Ana, who hosts without a screen, and her invite."""
        host = await self._started.host(PLAN)
        return host, str((await host.wait_for("ready"))["invite"])

    async def headless_guest(self, name: str, invite: str) -> Program:
        """Somebody who joins without a screen."""
        arguments = ("join", "--headless", "--name", name)
        guest = await self._started.start(name, *arguments, CHATTER_INVITE=invite)
        await guest.wait_for("synced")
        return guest

    async def guest(self, name: str, invite: str, **environ: str) -> Terminal:
        """Somebody who joins on screen."""
        arguments = ("join", "--name", name)
        guest = await self.screen(name, *arguments, CHATTER_INVITE=invite, **environ)
        await guest.wait_for("Rollout plan", "direct")
        return guest


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with programs(tmp_path) as started, terminals() as opened:
        yield Desk(tmp_path, started, opened)


async def invite_of(host: Terminal) -> str:
    """Read the invite as a person does: `i` shows it."""
    await host.keys("i")
    screen = await host.wait_for("chatter://")
    await host.keys("Escape")
    await host.wait_for(gone="chatter://")
    match = re.search(r"chatter://\S+/[0-9A-Z]{26}#[\w-]{8}\.[\w-]{22}", screen)
    assert match, screen
    return match[0]


async def test_owner_changes_a_role_and_removes_a_person(desk: Desk) -> None:
    host = await desk.host()
    guest = await desk.guest("bo", await invite_of(host))
    await host.keys("4")
    await host.wait_for("bo reviewer")
    await host.keys("j", "-")
    await host.wait_for("bo is viewer now")
    await guest.wait_for("you are viewer now", "you bo (viewer)")
    await guest.keys("c")
    await guest.wait_for("a viewer may only read. Ask ana")
    await guest.keys("4", "j", "X")
    await guest.wait_for("only the owner may")

    await host.keys("+")
    await guest.wait_for("you are reviewer now")
    await host.keys("X")
    await host.wait_for("Remove bo?")
    await host.keys("y")
    await guest.wait_for("ended", "removed")
    await host.wait_for("bo reviewer", "gone", "1 here")
