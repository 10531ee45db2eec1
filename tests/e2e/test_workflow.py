"""The whole workflow by keys, in real terminals, from one person to the other."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.test_keys import PLAN, Desk, invite_of
from tests.helpers.headless import programs
from tests.helpers.terminal import Terminal, terminals

pytestmark = pytest.mark.terminal


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with programs(tmp_path) as started, terminals() as opened:
        yield Desk(tmp_path, started, opened)


async def write(terminal: Terminal, key: str, text: str) -> None:
    """Write something with a key that opens the composer, and have it taken."""
    await terminal.keys(key)
    await terminal.wait_for("Enter send")
    await terminal.type(text)
    await terminal.keys("Enter")
    await terminal.wait_for(text.split("\n", 1)[0][:30], gone="Enter send")


async def test_commenting_replying_reacting_and_settling(desk: Desk) -> None:
    ana = await desk.host()
    bo = await desk.guest("bo", await invite_of(ana))

    # On a paragraph, on selected words, on whole blocks, on the document; a question.
    await ana.keys("J")
    await write(ana, "c", "about the paragraph")
    await ana.keys("g", "J", "w", "w", "w", "v")
    await ana.wait_for("extend")
    await write(ana, "c", "about a word")
    await ana.wait_for("“production”")
    await ana.keys("g", "J", "V", "J")
    await write(ana, "c", "about two blocks")
    await write(ana, "C", "about all of it")
    await ana.keys("C", "Tab")
    await ana.wait_for("Question on the document")
    await ana.type("is it all?")
    await ana.keys("Enter")
    await bo.wait_for("5 open", "●5 unread")

    # Reading: Space goes through what is unread, moving does not.
    await bo.keys("n", "p", "n")
    await bo.wait_for("●5 unread")
    await bo.keys("Space")
    await bo.wait_for("●4 unread")
    await bo.keys("m")
    await bo.wait_for("●5 unread")
    await bo.keys("M")
    await bo.wait_for("5 marked read", gone="●5 unread")

    # A reply that mentions somebody, its name completed: the other one is told aloud.
    await bo.keys("t", "q")
    await bo.keys("r")
    await bo.wait_for("Enter send", "Reply to ana")
    await bo.type("ask @an")
    await bo.wait_for("[ana]")
    await bo.keys("Tab")
    await bo.type("please")
    await bo.keys("Enter")
    await ana.wait_for("bo mentions you: “ask @ana please”", "●1 unread")
    await ana.wrote("\a", "\x1b]9;chatter-tui: bo mentions you: “ask @ana please”\a")

    # Reactions, given and taken back; resolving and reopening; one's own edited, taken back, deleted.
    await ana.keys("Space")
    await ana.wait_for(gone="●1 unread")
    await ana.keys("+")
    await ana.wait_for("React")
    await ana.keys("a")
    await ana.wait_for("agree ana")
    await bo.wait_for("agree ana")
    await ana.keys("+")
    await ana.wait_for("agree (take back)")
    await ana.keys("a")
    await bo.wait_for(gone="agree ana")
    await ana.keys("R")
    await bo.wait_for("4 open", "1 resolved: Z shows them")
    await bo.keys("Z")
    await bo.wait_for("Resolved threads are shown", "is it all?")
    await ana.keys("u")
    await ana.wait_for("Undone: ", "5 open")
    await ana.keys("2")
    await write(bo, "r", "and another reply")
    await bo.keys("e")
    await bo.wait_for("Enter send")
    await bo.type(", edited")
    await bo.keys("Enter")
    await ana.wait_for("and another reply, edited")
    await bo.keys("u")
    await bo.wait_for("Undone: ")
    await ana.wait_for("and another reply", gone=", edited")
    await bo.keys("D")
    await ana.wait_for(gone="and another reply")  # nobody has replied: it is not asked for
    await bo.keys("u")
    await ana.wait_for("and another reply")
    await bo.keys("p")
    await bo.keys("e")
    await bo.wait_for("one edits only one's own")


async def test_moving_about_and_finding(desk: Desk) -> None:
    path = desk.file("host/plan.md", PLAN)
    terminal = await desk.screen("host", "review", "plan.md", "--name", "ana")
    await terminal.wait_for("Rollout plan", "alone", "No comments yet")
    await terminal.keys("J")
    await write(terminal, "c", "why weekly?")
    await terminal.keys("g", "J", "J", "J")
    await terminal.keys("C", "Tab")
    await terminal.wait_for("Question on")
    await terminal.type("why at all?")
    await terminal.keys("Enter")
    await terminal.wait_for("why at all?", "2 open", gone="Enter send")

    await terminal.keys("o")
    await terminal.wait_for("Outline", "Rollout plan", "1 open")
    await terminal.type("risks")
    await terminal.keys("Enter")
    await terminal.keys("S")
    await terminal.wait_for("Document source")
    await terminal.keys("S")
    await terminal.wait_for(gone="Document source")
    await terminal.keys("<")
    await terminal.keys(">")

    await terminal.keys("/")
    await terminal.wait_for("search the document")
    await terminal.type("may")
    await terminal.keys("Enter")
    await terminal.wait_for("/may 1/2: n/N match")
    await terminal.keys("n", "N", "Escape")
    await terminal.wait_for(gone="n/N match")
    await terminal.keys("/")
    await terminal.type("zebra")
    await terminal.keys("Enter")
    await terminal.wait_for("“zebra” is not found", gone="n/N match")

    await terminal.keys("f")
    await terminal.wait_for("all             2", "questions       1", "AI              0")
    await terminal.keys("q")
    await terminal.wait_for("Threads 1/2 · questions", gone="why weekly?")
    await terminal.keys("Escape")  # alone: with a key close behind it would be Alt
    await terminal.wait_for("why weekly?")
    await terminal.keys("f", "w")
    await terminal.wait_for("Show threads by", "2 threads")
    await terminal.keys("Enter")
    await terminal.wait_for("Threads 2/2 · by ana")
    await terminal.keys("Escape")
    await terminal.wait_for(gone="by ana")

    await terminal.keys("t")
    await terminal.wait_for("To the next", "question  1", "mention  0")
    await terminal.keys("o")
    await terminal.wait_for("There is no orphan")

    await terminal.keys("2")
    await terminal.keys("2")  # again: the whole screen
    await terminal.wait_for(gone="percent of visitors")
    await terminal.keys("Escape")
    await terminal.wait_for("percent of visitors")
    await terminal.keys("n", "z", "z", "C-l")
    await terminal.wait_for("why weekly?")

    await terminal.keys("?")
    await terminal.wait_for("Help", "type to search")
    await terminal.type("half a page")
    await terminal.wait_for("Ctrl-D", gone="Outline")
    await terminal.keys("Escape")
    await terminal.wait_for(gone="type to search")
    await terminal.keys("!")
    await terminal.wait_for("Event log", "is not found")
    await terminal.keys("Escape")
    await terminal.wait_for(gone="Event log")

    await terminal.keys("n", "y")
    await terminal.wait_for("text of the comment")
    await terminal.keys("y")
    await terminal.wait_for("Sent to the terminal's clipboard")
    copied = [base64.b64encode(text.encode()).decode() for text in ("why weekly?", "why at all?")]
    assert any(f"\x1b]52;c;{text}".encode() in terminal.written for text in copied)

    await terminal.keys("q")
    await terminal.wait_for("exit=0")
    assert "why weekly?" in path.with_name("plan.md.chatter").read_text()


async def test_following_hiding_and_typing_are_seen_by_the_others(desk: Desk) -> None:
    ana = await desk.host()
    bo = await desk.guest("bo", await invite_of(ana))
    await ana.keys("J")
    await write(ana, "c", "why weekly?")
    await bo.wait_for("●1 unread")

    await ana.keys("F")
    await ana.wait_for("Follow", "bo")
    await ana.keys("Enter")
    await ana.wait_for("Following bo, who sees it")
    await bo.wait_for("ana follows you", "ana owner follows you")
    await bo.keys("G")
    await ana.wait_for("bo reviewer following § Risks", "ana you owner § Risks")
    await ana.keys("g")
    await ana.wait_for("No longer following")
    await bo.wait_for(gone="ana owner follows you")

    await bo.keys("p", "r")
    await bo.wait_for("Enter send")
    await bo.type("bec")
    await ana.wait_for("bo typing…")
    await bo.keys("Escape")
    await ana.wait_for(gone="bo typing…")

    await bo.keys("P")
    await bo.wait_for("Others see only that you are here")
    await ana.wait_for("bo reviewer", gone="bo reviewer §")
    cy = await desk.guest("cy", await invite_of(ana))
    await cy.wait_for("3 here", "bo reviewer")
    await bo.keys("P")
    await bo.wait_for("To others you have left", "hidden")
    await cy.wait_for("2 here")
    await ana.wait_for("bo reviewer", "hidden")
    await bo.keys("F")
    await bo.wait_for("nobody is followed unseen")
    await bo.keys("P")
    await cy.wait_for("3 here", "bo reviewer §")


async def test_newcomers_see_the_first_keys_once(desk: Desk) -> None:
    desk.newcomers = True
    ana = await desk.host()
    await ana.wait_for(
        "New here?", "i invites others", "No comments yet", "i shows an invite for others"
    )
    await ana.keys("Escape")
    await ana.wait_for(gone="New here?")
    await ana.keys("J")
    await write(ana, "c", "my first comment")
    await ana.keys("q")
    await ana.wait_for("End the session?")
    await ana.keys("y")
    await ana.wait_for("exit=0")
    again = await desk.host()
    await again.wait_for("my first comment")
    assert "New here?" not in await again.screen()


async def copied(terminal: Terminal, text: str) -> None:
    """Send what is selected to the clipboard, and wait until it has arrived there."""
    await terminal.keys("y")
    await terminal.wait_for("selected text")
    await terminal.keys("y")
    await terminal.wrote(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a")
    await terminal.wait_for("extend", gone="selected text")


async def test_motions_and_selections(desk: Desk) -> None:
    text = "# Long\n\nWe deploy it weekly.\n\n" + "".join(
        f"Row {n} ends.\n\n" for n in range(1, 61)
    )
    desk.file("host/plan.md", text)
    terminal = await desk.screen("host", "review", "plan.md", "--name", "ana")
    await terminal.wait_for("We deploy", "alone")
    await terminal.keys("J", "v")
    await terminal.wait_for("extend")
    await copied(terminal, "We")
    for key, expected in (
        ("e", "We deploy"),
        ("l", "We deploy "),
        ("h", "We deploy"),
        ("w", "We deploy it"),
        ("$", "We deploy it weekly."),
        ("0", "We"),
    ):
        await terminal.keys(key)
        await copied(terminal, expected)
    await terminal.keys("v")  # again: no selection
    await terminal.wait_for(gone="extend")
    await terminal.keys("$", "b", "v")
    await copied(terminal, "weekly")
    await terminal.keys("V", "J")
    await copied(terminal, "We deploy it weekly.\n\nRow 1 ends.")
    await terminal.keys("K")
    await copied(terminal, "We deploy it weekly.")
    await terminal.keys("Escape")
    await terminal.wait_for(gone="extend")

    await terminal.keys("G")
    await terminal.wait_for("Row 60 ends")
    await terminal.keys("PPage")
    await terminal.wait_for(gone="Row 60 ends")
    await terminal.keys("NPage")
    await terminal.wait_for("Row 60 ends")
    await terminal.keys("g")
    await terminal.wait_for("We deploy")
    await terminal.keys("C-d", "C-d", "C-d")
    await terminal.wait_for(gone="We deploy")
    await terminal.keys("C-u", "C-u", "C-u")
    await terminal.wait_for("We deploy")
    await terminal.keys("End")
    await terminal.wait_for("Row 60 ends")
    await terminal.keys("Home")
    await terminal.wait_for("We deploy")


async def test_commands_without_a_key_are_run_by_their_names(desk: Desk) -> None:
    ana = await desk.host()
    bo = await desk.headless_guest("bo", await invite_of(ana))
    question = await bo.add("why, @ana?", type="question")
    await bo.add("gone?", anchor={"type": "text", "exact": "no longer there"})
    await ana.wait_for("●2 unread", "1 orphan")
    for name, shown in (
        ("next question", "why, @ana?"),
        ("next orphan", "gone?"),
        ("next mention", "why, @ana?"),
    ):
        await ana.keys(":")
        await ana.wait_for("type to search")
        await ana.type(name)
        await ana.wait_for("To the next")
        await ana.keys("Enter")
        await ana.wait_for(shown, gone="type to search")
    await write(ana, "r", "because")
    answer = next(block for block in (await bo.blocks()).values() if block["content"] == "because")
    assert answer["parent_id"] == question
    await ana.keys(":")
    await ana.wait_for("type to search")
    await ana.type("remap")
    await ana.wait_for("Where one writes down keys")
    await ana.keys("Enter")
    await ana.wait_for("“chatter-tui keys” checks what you write into [keys] of /")
