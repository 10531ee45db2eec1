"""Leaving a host's screen: end, keep running in the background, come back, a line that drops."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.headless import Program, Programs, converged, programs
from tests.helpers.people import invite_of
from tests.helpers.terminal import Terminal, terminals

pytestmark = [pytest.mark.processes, pytest.mark.terminal]

PLAN = "# Plan\n\nWe deploy to production weekly.\n"


class Desk:
    """A host on a screen, clients without, and whatever runs in the host's background."""

    def __init__(self, root: Path, run: Programs, opened: list[Terminal]) -> None:
        self.folder = root / "host"
        self.folder.mkdir()
        (self.folder / "plan.md").write_text(PLAN)
        self.run = run
        self._opened = opened

    async def screen(self, *arguments: str, script: str = "") -> Terminal:
        terminal = Terminal(self.folder)
        self._opened.append(terminal)
        await terminal.start(*arguments, script=script)
        return terminal

    async def host(self, script: str = "") -> Terminal:
        arguments = ("host", "plan.md", "--listen", "127.0.0.1:0", "--name", "ana")
        terminal = await self.screen(*arguments, script=script)
        await terminal.wait_for("We deploy", "hosting")
        return terminal

    async def guest(self, host: Terminal, name: str) -> Program:
        invite = await invite_of(host)
        guest = await self.run.start(
            name, "join", "--headless", "--name", name, CHATTER_INVITE=invite
        )
        await guest.wait_for("synced")
        return guest

    async def command(self, *arguments: str) -> tuple[int, str]:
        """A command in the host's folder: its exit code and what it says."""
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chatter_tui", *arguments),
            cwd=self.folder,
            env={**os.environ, "XDG_DATA_HOME": str(self.folder / "data")},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await program.communicate()
        assert program.returncode is not None
        return program.returncode, said.decode()

    async def running(self) -> Any:
        """What `sessions` says of the process that runs the session."""
        code, said = await self.command("sessions", "--json")
        assert code == 0, said
        return json.loads(said)[0]["running"]

    async def end(self) -> None:
        running = await self.running() if (self.folder / ".chattermatter").exists() else None
        if running is not None:
            os.kill(running["pid"], signal.SIGKILL)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with programs(tmp_path) as run, terminals() as opened:
        desk = Desk(tmp_path, run, opened)
        yield desk
        await desk.end()


async def back(client: Program, do: Callable[[], Any]) -> None:
    """Wait until a client was disconnected by what `do` causes, and is connected again."""
    before = len(client.events)
    await do()
    async with asyncio.timeout(25):
        while True:
            names = [event["event"] for event in client.events[before:]]
            assert "ended" not in names, client
            if "disconnected" in names and "synced" in names[names.index("disconnected") :]:
                return
            await client.more_news(client.news)


async def test_a_session_goes_on_without_its_screen_and_comes_back(desk: Desk) -> None:
    host = await desk.host()
    bo, cy = await desk.guest(host, "bo"), await desk.guest(host, "cy")
    await host.wait_for("3 here")
    first = await bo.add("before")
    await host.wait_for("1 open")

    await host.keys("q")
    await host.wait_for("End the session?", "2 others", "background", "for everyone")

    async def keep_running() -> None:
        await host.keys("k")
        await asyncio.gather(
            host.wait_for("continues in the background", "chatter-tui resume", "exit=0")
        )

    await back(bo, keep_running)
    await cy.wait_for("disconnected", reason="the host is away")
    running = await desk.running()
    assert running["background"]
    second = await cy.add("while nobody looks")
    await cy.wait_for("acknowledged", id=second)
    await bo.wait_for("block_added", id=second)
    path = next((desk.folder / ".chattermatter" / "sessions").glob("*.log"))
    assert path.stat().st_mode & 0o077 == 0
    log = path.read_text()
    assert "in the background" in log
    assert "bo joined" in log
    assert "chatter://" not in log  # it would be a secret

    await host.close()  # the terminal it came from may go
    assert (await desk.running())["pid"] == running["pid"]

    again: list[Terminal] = []

    async def resume() -> None:
        again.append(await desk.screen("resume"))

    await back(bo, resume)
    await again[0].wait_for("We deploy", "hosting", "3 here", "2 open")
    after = await desk.running()
    assert not after["background"]
    assert after["pid"] != running["pid"]
    assert set(await converged(bo, cy)) == {first, second}

    await again[0].keys("q", "y")
    await again[0].wait_for("exit=0")
    assert await bo.ended() == 0
    assert "ended the session" in (await cy.wait_for("ended"))["reason"]
    assert await desk.running() is None


CLOSING = """
import os, signal
from chatter_tui.cli import background, main

def hear_no_more(pipe):
    for number in (signal.SIGHUP, signal.SIGTERM):
        os.kill(os.getpid(), number)
    pipe.close()
    return "ready"

background._said = hear_no_more
main()
"""


async def test_a_session_in_the_background_can_be_ended_from_there(desk: Desk) -> None:
    # the terminal is closed as soon as a background session is requested
    host = await desk.host(CLOSING)
    bo = await desk.guest(host, "bo")
    await host.keys("q", "k")
    assert "internal error" not in await host.wait_for("exit=0")
    await bo.wait_for("disconnected")
    own = await bo.add("kept")
    await bo.wait_for("acknowledged", id=own)
    code, said = await desk.command("end")
    assert (code, said) == (0, "")
    assert await bo.ended() == 0
    assert "kept" in (desk.folder / "plan.md.chatter").read_text()
    code, said = await desk.command("end")
    assert code == 3
    assert "not hosted now" in said


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_a_line_that_drops_leaves_the_session_to_be_resumed(
    desk: Desk, number: signal.Signals
) -> None:
    host = await desk.host()
    bo = await desk.guest(host, "bo")
    own = await bo.add("before")
    await bo.wait_for("acknowledged", id=own)
    os.kill(await host.pid(), number)
    await host.wait_for(f"exit={128 + number}")
    await bo.wait_for("disconnected", reason="the host is away")
    bo.do("add", block={"id": "meanwhile", "content": "nobody is there"})
    again = await desk.screen("resume")
    await again.wait_for("hosting", "2 here", "2 open")
    await bo.wait_for("acknowledged", id="meanwhile")
    assert not [event for event in bo.events if event["event"] == "ended"]


IN_ONE_GO = """
from chatter_tui.cli import main
from chatter_tui.tui.widgets import composer

composer.PAUSE = 1000.0  # whatever is written is written within it
main()
"""


async def test_a_session_comes_over_from_a_screen_that_hangs_on_a_dead_line(desk: Desk) -> None:
    host = await desk.host(script=IN_ONE_GO)
    bo = await desk.guest(host, "bo")
    await host.wait_for(gone="chatter://")
    await host.keys("C")
    await host.wait_for("Enter send")
    await host.type("old words")
    await host.wait_for("old words")
    code, said = await desk.command("resume")
    assert code == 1
    assert "--take-over" in said
    again = await desk.screen("resume")
    await again.wait_for("on another screen, process", "[Y/n]")

    async def take_over() -> None:
        await again.keys("y", "Enter")
        await again.wait_for("hosting", "2 here")

    await back(bo, take_over)
    assert (await desk.running())["pid"] == await again.pid()
    await host.wait_for("it continues in another process")
    # What is written here from now on is kept: the previous screen does not overwrite it.
    await again.keys("C")
    await again.wait_for("old words", "Enter send")
    await again.keys("End")
    await again.type(" and new ones")
    await again.keys("Escape")
    await again.wait_for(gone="Enter send")
    await host.type(" too late")
    await host.wait_for("old words too late")
    os.kill(await host.pid(), signal.SIGTERM)
    await host.wait_for("it continues in another process", "old words too late", "exit=0")
    (drafts,) = (desk.folder / ".chattermatter" / "drafts").glob("*.json")
    await again.keys("q", "y")
    await again.wait_for("exit=0")
    assert "old words and new ones" in drafts.read_text()


async def test_what_runs_in_the_background_outlives_its_terminal_and_a_kill(desk: Desk) -> None:
    host = await desk.host()
    bo = await desk.guest(host, "bo")
    await host.keys("q", "k")
    await host.wait_for("exit=0")
    await bo.wait_for("disconnected")
    own = await bo.add("one")
    await bo.wait_for("acknowledged", id=own)
    os.kill((await desk.running())["pid"], signal.SIGKILL)
    second = await bo.add("two")
    again = await desk.screen("resume")
    await again.wait_for("hosting", "2 here", "2 open")
    await bo.wait_for("acknowledged", id=second)


async def test_what_cannot_go_on_in_the_background_is_said_and_nothing_is_lost(desk: Desk) -> None:
    host = await desk.host()
    bo = await desk.guest(host, "bo")
    own = await bo.add("before")
    await bo.wait_for("acknowledged", id=own)
    session = (await bo.wait_for("ready"))["session"]
    (desk.folder / ".chattermatter" / "sessions" / f"{session}.log").mkdir()
    await host.keys("q", "k")
    said = "".join((await host.wait_for("exit=1")).splitlines())  # the path breaks it anywhere
    assert "could not continue in the background" in said
    assert "chatter-tui resume" in said
    again = await desk.screen("resume")
    await again.wait_for("hosting", "2 here", "1 open")
    assert not [event for event in bo.events if event["event"] == "ended"]


async def test_a_client_s_session_comes_over_from_another_screen_too(desk: Desk) -> None:
    host = await desk.host()
    bo = await desk.guest(host, "bo")
    own = await bo.add("mine")
    await bo.wait_for("acknowledged", id=own)
    again = await desk.run.resume("bo", "--take-over")
    assert await bo.ended() == 0
    assert (await bo.wait_for("ended"))["reason"] == "it continues in another process"
    await again.wait_for("synced", blocks=1)
    assert (await again.wait_for("ready"))["peer"] == (await bo.wait_for("ready"))["peer"]
    await host.wait_for("2 here")
