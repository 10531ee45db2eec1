"""What is decided and read survives a crash."""

from __future__ import annotations

import pytest

from tests.helpers.people import PLAN, Desk, killed, until_kept, until_written
from tests.helpers.terminal import Terminal

pytestmark = pytest.mark.terminal

DAILY = PLAN.replace("weekly", "daily")


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


async def test_alone_and_again_after_a_crash(desk: Desk) -> None:
    path = desk.file("host/plan.md", PLAN)
    alone = await desk.screen("host", "review", "plan.md", "--name", "ana")
    await alone.wait_for("Rollout plan", "? help", gone="connecting")
    await suggest(alone, "weekly", "daily")
    await alone.keys("2", "a")
    await alone.wait_for("production daily")
    await until_written(DAILY, path)
    await alone.keys("Z")
    await alone.wait_for("accepted")
    await killed(alone)
    alone = await desk.screen("host", "review", "plan.md", "--name", "ana")
    await alone.wait_for("production daily", "? help", gone="connecting")
    await alone.keys("Z")
    await alone.wait_for("accepted", "“daily”")


async def test_unread_walks_and_survives_a_crash_and_an_edit_meanwhile(desk: Desk) -> None:
    host, invite = await desk.headless_host()
    first = await host.add("why weekly?", anchor={"type": "text", "exact": "weekly"})
    second = await host.add("what if it does not fit?", anchor={"type": "text", "exact": "memory"})
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
    await until_kept(guest.folder, "read", first, second)
    await killed(guest)
    host.do("edit", id=first, content="why weekly and not daily?")
    await host.wait_for("block_changed", id=first)
    guest = await desk.guest("bo", invite)
    await guest.wait_for("why weekly and not daily?", "1 unread")
