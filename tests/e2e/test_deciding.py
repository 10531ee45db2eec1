"""Suggestions, orphans, undo and unread by keys, between two people at real terminals."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.test_keys import PLAN, Desk, desk, invite_of, killed
from tests.helpers.terminal import Terminal

__all__ = ["desk"]
pytestmark = pytest.mark.terminal

DAILY = PLAN.replace("weekly", "daily")


async def until(path: Path, text: str) -> None:
    """Wait until a file holds a text."""
    async with asyncio.timeout(20):
        while path.read_text() != text:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.05)


async def select(terminal: Terminal, words: str) -> None:
    """Search for a word of the document and select it."""
    await terminal.keys("/")
    await terminal.type(words)
    await terminal.keys("Enter")
    await terminal.wait_for(f"/{words} ", "ends search")
    await terminal.keys("Escape")
    await terminal.wait_for(gone="ends search")
    await terminal.keys("v")
    await terminal.wait_for("deselect")


async def suggest(terminal: Terminal, words: str, replacement: str) -> None:
    """Suggest another word for one of the document."""
    await select(terminal, words)
    await terminal.keys("s")
    await terminal.wait_for("Enter send")
    await terminal.keys("C-a", "C-k")
    await terminal.type(replacement)
    await terminal.keys("Enter")
    await terminal.wait_for(f"+ {replacement}", gone="Enter send")
    await terminal.wait_for("✓", gone="pending")


async def choose(terminal: Terminal, command: str, then: str) -> None:
    """Run a command of the palette."""
    await terminal.keys(":")
    await terminal.wait_for("type to search")
    await terminal.type(command)
    await terminal.wait_for(f" {command} ", "> ")
    await terminal.keys("Enter")
    await terminal.wait_for(then, gone="type to search")


async def test_accepted_by_the_host_and_taken_back(desk: Desk) -> None:
    host = await desk.host()
    guest = await desk.guest("bo", await invite_of(host))
    await suggest(guest, "weekly", "daily")
    await host.wait_for("1 unread")
    await host.keys("Space", "d")
    await host.wait_for("applies: under “Rollout plan”", "[-weekly-]{+daily+}", "a accept")
    await host.keys("a")
    await host.wait_for("production daily", gone="Suggestion by")
    await guest.wait_for("production daily", "ana accepted your suggestion")
    await until(host.folder / "plan.md", DAILY)
    await until(guest.folder / "plan.md", DAILY)
    await guest.keys("Z")
    await guest.wait_for("accepted", "“daily”")
    await guest.keys("2", "a")
    await guest.wait_for("only the owner or a moderator may")

    await host.keys("u")
    await host.wait_for("Undone: accepted", "production weekly")
    await guest.wait_for("production weekly", "reopened your suggestion")
    await until(host.folder / "plan.md", PLAN)


async def test_rejected_with_a_reason_and_withdrawn(desk: Desk) -> None:
    host = await desk.host()
    guest = await desk.guest("bo", await invite_of(host))
    await suggest(guest, "weekly", "daily")
    await host.wait_for("1 unread")
    await host.keys("Space", "x")
    await host.wait_for("Rejection of bo", "Enter send")
    await host.type("Partners want it weekly")
    await host.keys("Enter")
    await guest.wait_for("ana rejected your suggestion")
    await guest.keys("Z")
    await guest.wait_for("rejected")
    await suggest(guest, "memory", "RAM")
    await guest.keys("2", "x")
    await guest.wait_for("Rejection of bo", "Enter send")
    await guest.keys("Enter")
    await guest.wait_for("withdrawn")
    await host.keys("Z")
    await host.wait_for("withdrawn", "rejected")
    await until(host.folder / "plan.md", PLAN)


async def test_all_that_apply_at_once(desk: Desk) -> None:
    host = await desk.host()
    guest = await desk.guest("bo", await invite_of(host))
    await suggest(guest, "weekly", "daily")
    await suggest(guest, "memory", "RAM")
    await host.wait_for("2 unread")
    await choose(host, "Accept all that apply", "accept 2 suggestions")
    await host.keys("y")
    await guest.wait_for("production daily", "fit into RAM")
    both = DAILY.replace("memory", "RAM")
    await until(host.folder / "plan.md", both)
    await until(guest.folder / "plan.md", both)
    await host.keys("u")
    await guest.wait_for("production weekly", "fit into memory")
    await until(host.folder / "plan.md", PLAN)


async def test_alone_and_again_after_a_crash(desk: Desk) -> None:
    path = desk.file("host/plan.md", PLAN)
    alone = await desk.screen("host", "review", "plan.md", "--name", "ana")
    await alone.wait_for("Rollout plan", "? help", gone="connecting")
    await suggest(alone, "weekly", "daily")
    await alone.keys("2", "a")
    await alone.wait_for("production daily")
    await until(path, DAILY)
    await alone.keys("Z")
    await alone.wait_for("accepted")
    await killed(alone)
    alone = await desk.screen("host", "review", "plan.md", "--name", "ana")
    await alone.wait_for("production daily", "? help", gone="connecting")
    await alone.keys("Z")
    await alone.wait_for("accepted", "“daily”")


async def test_an_orphan_is_attached_and_that_is_undone(desk: Desk) -> None:
    host = await desk.host()
    guest = await desk.guest("bo", await invite_of(host))
    await select(guest, "partners")
    await guest.keys("c")
    await guest.wait_for("Enter send")
    await guest.type("which partners?")
    await guest.keys("Enter")
    await host.wait_for("which partners?")
    path = host.folder / "plan.md"
    path.write_text(PLAN.replace("- partners may notice\n", "- customers may notice\n"))
    await guest.wait_for("customers may notice")
    await guest.keys("2", "A")
    await guest.wait_for("A attach here")
    await select(guest, "customers")
    await guest.keys("A")
    await guest.wait_for("Attached", "“customers”")
    await host.wait_for("“customers”")
    await guest.keys("u")
    await guest.wait_for("Undone: attached elsewhere", "“partners”")
    await host.wait_for("“partners”")


async def test_several_steps_are_undone_before_the_eyes_of_another(desk: Desk) -> None:
    host = await desk.host()
    guest = await desk.guest("bo", await invite_of(host))
    await guest.keys("C")
    await guest.wait_for("Enter send")
    await guest.type("first thought")
    await guest.keys("Enter")
    await host.wait_for("first thought")
    await guest.wait_for("✓", gone="Enter send")
    await guest.keys("2", "e")
    await guest.wait_for("Enter send")
    await guest.type(" and more")
    await guest.keys("Enter")
    await host.wait_for("first thought and more")
    await guest.wait_for(gone="Enter send")
    await guest.keys("D")
    await guest.wait_for("u brings it back")
    await host.wait_for(gone="first thought")
    await guest.keys("u")
    await guest.wait_for("Undone: deleted")
    await host.wait_for("first thought and more")
    await guest.keys("u")
    await host.wait_for("first thought", gone="and more")
    await guest.keys("u")
    await host.wait_for(gone="first thought")
    await guest.keys("u")
    await guest.wait_for("There is nothing to undo")


async def test_unread_walks_and_survives_a_crash_and_an_edit_meanwhile(desk: Desk) -> None:
    host, invite = await desk.headless_host()
    first = await host.add("why weekly?", anchor={"type": "text", "exact": "weekly"})
    await host.add("what if it does not fit?", anchor={"type": "text", "exact": "memory"})
    guest = await desk.guest("bo", invite)
    await guest.wait_for("2 unread")
    await guest.keys("2", "j", "k", "j")  # passing over marks nothing
    await guest.keys("o")
    await guest.wait_for("Rollout plan", "Risks", "●1")
    await guest.keys("Escape")
    await guest.wait_for("2 unread", gone="type to search")
    await guest.keys("Space")
    await guest.wait_for("1 unread")
    await guest.keys("Space")
    await guest.wait_for(gone="1 unread")
    await guest.keys("Space")
    await guest.wait_for("Nothing unread")
    await killed(guest)
    host.do("edit", id=first, content="why weekly and not daily?")
    await host.wait_for("block_changed", id=first)
    guest = await desk.guest("bo", invite)
    await guest.wait_for("why weekly and not daily?", "1 unread")
