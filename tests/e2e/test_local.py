"""`join` without an invite: what is hosted on this machine, and what is kept in this folder."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.helpers.headless import Program, Programs, programs
from tests.helpers.terminal import Terminal, terminals

pytestmark = [pytest.mark.processes, pytest.mark.terminal]


class Machine:
    """One user's machine: every folder's programs share the user's own data."""

    def __init__(self, root: Path, run: Programs) -> None:
        self.run = run
        self.data = root / "data"

    async def start(self, folder: str, *arguments: str) -> Program:
        return await self.run.start(folder, *arguments, XDG_DATA_HOME=str(self.data))

    async def host(self, folder: str = "host", *options: str) -> Program:
        (self.run.folder(folder) / "plan.md").write_text("# Plan\n\nWe deploy weekly.\n")
        arguments = ("--headless", "--listen", "127.0.0.1:0", "--name", "ana", *options)
        host = await self.start(folder, "host", "plan.md", *arguments)
        await host.wait_for("ready")
        return host

    async def join(self, folder: str, *arguments: str) -> tuple[int, str, str]:
        """`join` without a terminal: exit code, stdout, stderr."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chatter_tui", "join", *arguments),
            cwd=self.run.folder(folder),
            env={**os.environ, "XDG_DATA_HOME": str(self.data)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with programs(tmp_path) as run:
        yield Machine(tmp_path, run)


async def test_what_is_hosted_on_this_machine_is_listed_and_joined_by_its_id(
    machine: Machine,
) -> None:
    host = await machine.host()
    session = (await host.wait_for("ready"))["session"]
    code, out, err = await machine.join("bo")
    assert code == 0
    assert out == f"{session} · plan.md · hosted by ana in {machine.run.folder('host')}\n"
    assert "chatter-tui join SESSION" in err

    bo = await machine.start("bo", "join", "--headless", "--name", "bo", session[:20].lower())
    assert (await bo.wait_for("ready"))["role"] == "reviewer"
    own = await bo.add("joined by its id")
    await bo.wait_for("acknowledged", id=own)
    assert await bo.quit() == 0
    await host.kill()
    # The session of a killed host is no longer hosted; what is stored here can be resumed.
    code, out, _ = await machine.join("bo")
    assert code == 0
    assert "hosted" not in out
    assert out.startswith(f"{session} · plan.md · in this folder")
    assert out.endswith("you are reviewer\n")
    assert not list((machine.data / "chatter-tui" / "hosting").iterdir())


async def test_the_user_s_own_list_holds_no_secret_and_is_nobody_else_s(machine: Machine) -> None:
    host = await machine.host()
    invite = (await host.wait_for("ready"))["invite"]
    folder = machine.data / "chatter-tui" / "hosting"
    (entry,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    secret = invite.rpartition(".")[2]
    assert secret not in entry.read_text()
    entry.with_name("01NONSENSE.json").write_text('{"document": 7')
    entry.with_name("01OTHER.json").write_text(json.dumps({"document": "/gone/x", "owner": "eve"}))
    code, out, _ = await machine.join("bo")
    assert code == 0
    assert len(out.splitlines()) == 1


async def test_a_session_nobody_can_join_any_more_is_not_offered(machine: Machine) -> None:
    host = await machine.host()
    host.do("invites", ref=1)
    (invite,) = (await host.wait_for("invites", ref=1))["invites"]
    host.do("revoke", token=invite["token"], ref=2)
    await host.wait_for("revoke", ref=2)
    code, _, err = await machine.join("bo")
    assert code == 2
    assert "an invite is needed" in err
    host.do("invite", role="viewer", ref=3)
    await host.wait_for("invite", ref=3)
    session = (await host.wait_for("ready"))["session"]
    bo = await machine.start("bo", "join", "--headless", session)
    assert (await bo.wait_for("ready"))["role"] == "viewer"


async def test_a_script_is_told_what_is_missing(machine: Machine) -> None:
    code, out, err = await machine.join("bo", "--headless")
    assert (code, out) == (2, "")
    assert "an invite is needed" in err
    code, _, err = await machine.join("bo", "01ABCDEF")
    assert code == 3
    assert "no session 01ABCDEF" in err
    code, _, err = await machine.join("bo", "rubbish")
    assert code == 2
    assert "begins with chatter://" in err


async def test_at_a_terminal_one_chooses(machine: Machine) -> None:
    await machine.host("one")
    two = await machine.host("two")
    async with terminals() as opened:
        terminal = Terminal(machine.run.folder("bo"))
        opened.append(terminal)
        await terminal.start("join", "--name", "bo", XDG_DATA_HOME=str(machine.data))
        screen = await terminal.wait_for("Sessions on this machine", "Which one?")
        rows = [line for line in screen.splitlines() if "hosted by ana" in line]
        assert len(rows) == 2
        assert f"in {machine.run.folder('two')}"[:40] in rows[0]  # the newest first
        await terminal.type("1")
        await terminal.keys("Enter")
        await terminal.wait_for("We deploy weekly", "2 here")
        await two.wait_for("peer_joined", name="bo")
        await terminal.keys("q")
        await terminal.wait_for("exit=0")
        # In a member's own folder, the session is resumed as that member.
        again = Terminal(machine.run.folder("bo"))
        opened.append(again)
        await again.start("join", "--name", "bo", XDG_DATA_HOME=str(machine.data))
        await again.wait_for("Which one?")
        await again.keys("Enter")
        await again.wait_for("We deploy weekly", "2 here")
