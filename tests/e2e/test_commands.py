"""Every command of the registry, driven by its key between two people at real terminals.

One long session, for a start of two programs takes longer than most commands, in scenes that leave
the document as they found it. Who does a command says what comes of it, on the own screen or at the
other's: a command counts once it has been seen to work, and every one of the registry must.
"""

from __future__ import annotations

import base64
import os
import signal

import pytest

from chatter_tui.tui.commands import BY_ID
from tests.helpers.people import PLAN, Desk, Person, invite_of

pytestmark = pytest.mark.terminal

TEXT = PLAN + "\n## Rows\n\n" + "".join(f"Row {n} ends.\n\n" for n in range(1, 61))


@pytest.mark.timeout(240)
async def test_every_command_is_driven_by_its_key(desk: Desk, editor: str) -> None:
    driven: set[str] = set()
    ana = Person(await desk.host(TEXT, EDITOR=editor), driven)
    bo = Person(await desk.guest("bo", await invite_of(ana.terminal), EDITOR=editor), driven)
    await moving(ana, bo)
    await selecting(ana)
    await panes(ana)
    await writing(ana, bo)
    await reading(ana, bo)
    await correcting(ana, bo)
    await suggesting(ana, bo)
    await finding(ana, bo)
    await attaching(ana, bo)
    await following(ana, bo)
    await inviting(ana)
    await offline(ana, bo)
    await roles_and_leaving(ana, bo)
    assert driven == BY_ID.keys()


async def moving(ana: Person, bo: Person) -> None:
    """Commands on the document; the other person sees the section."""
    await ana.does("move.down", "▸   We deploy")
    await ana.does("move.up", "▸   # Rollout")
    await ana.does("block.next", "▸   We deploy")
    await ana.does("block.next", "▸   ## Risks")
    await ana.does("block.previous", "▸   We deploy")
    await ana.does("move.half-down", gone="▸   We deploy")
    await ana.does("move.half-up", "▸   first.")
    await ana.does("move.last", "Row 60 ends")
    await ana.does("move.page-up", gone="Row 60 ends")
    await ana.does("move.page-down", "Row 60 ends")
    await ana.does("move.first", "▸   # Rollout")
    await ana.does("move.last", "ana owner § Rows", at=bo)
    await ana.does("move.first", "ana owner § Rollout plan", at=bo)

    await ana.does("outline.open", "Outline", "Risks")
    await ana.terminal.type("risks")
    await ana.sees(">  Risks")
    await ana.keys("Enter")
    await ana.sees("▸   ## Risks")
    await ana.does("jump.back", "▸   # Rollout")
    await ana.does("jump.forward", "▸   ## Risks")
    await ana.does("view.theme", "Light now", "permanent")
    await ana.does("view.theme", "Dark now")
    await ana.does("view.source", "Document source")
    await ana.does("view.source", gone="Document source")

    await ana.does("search.open", "search the document")
    await ana.terminal.type("may")
    await ana.keys("Enter")
    await ana.sees("/may 1/2: n/N match", "▸   • the index may")
    await ana.does("search.next", "/may 2/2", "▸   • partners")
    await ana.does("search.previous", "/may 1/2", "▸   • the index may")
    await ana.does("escape", gone="n/N match")
    await ana.does("move.first", "▸   # Rollout")


async def copied(person: Person, text: str) -> None:
    """Send what is selected to the clipboard, and wait until it has arrived there."""
    await person.does("copy.open", "selected text")
    await person.keys("y")
    await person.terminal.wrote(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a")
    await person.sees("extend", gone="selected text")


async def selecting(ana: Person) -> None:
    """What is selected is what is copied."""
    await ana.does("block.next", "▸   We deploy")
    await ana.does("select.words", "extend")
    await copied(ana, "We")
    for id_, text in (
        ("cursor.word-end", "We deploy"),
        ("cursor.right", "We deploy "),
        ("cursor.left", "We deploy"),
        ("cursor.word-next", "We deploy to"),
        ("cursor.row-end", "We deploy to production weekly, to one percent of visitors "),
        ("cursor.row-start", "We"),
    ):
        await ana.does(id_, "extend")
        await copied(ana, text)
    await ana.does("select.words", gone="extend")
    await ana.does("cursor.row-end", "▸   We deploy")
    await ana.does("cursor.word-previous", "▸   We deploy")
    await ana.does("select.words", "extend")
    await copied(ana, "visitors")
    await ana.does("select.blocks", "extend")
    await copied(ana, TEXT.split("\n\n")[1])
    await ana.does("select.end", gone="extend")
    await ana.does("move.first", "▸   # Rollout")


async def panes(ana: Person) -> None:
    """The parts of the screen, and what opens over them."""
    await ana.does("people.open", "X remove")
    await ana.does("pane.previous", gone="X remove")
    await ana.does("pane.next", "X remove")
    await ana.does("pane.document", gone="X remove")
    await ana.does("pane.threads", "Threads")
    await ana.does("pane.threads", gone="percent of visitors")  # again: the whole screen
    await ana.does("escape", "percent of visitors")
    await ana.does("pane.document", "▸   # Rollout")
    await ana.does("repaint", "▸   # Rollout")
    await ana.does("help.open", "Help", "type to search")
    await ana.terminal.type("half a page")
    await ana.sees("Ctrl-D", gone="Outline")
    await ana.keys("Escape")
    await ana.sees(gone="type to search")
    await ana.does("palette.open", "type to search")
    await ana.keys("Escape")
    await ana.sees(gone="type to search")
    await ana.does("log.open", "Event log", "bo joined as reviewer")
    await ana.keys("Escape")
    await ana.sees(gone="Event log")
    await ana.does("status.open", "Addresses", "127.0.0.1:", "1 can be used")
    await ana.keys("Escape")
    await ana.sees(gone="Addresses")
    await ana.does("keys.remap", "Your keys go into [keys] of")
    await ana.does("suspend", "a stopped host would keep them waiting")


async def writing(ana: Person, bo: Person) -> None:
    """Comments in every way of writing them, seen by the other."""
    await ana.does("block.next", "▸   We deploy")
    await ana.writes("comment.new", "about the paragraph")
    await bo.sees("about the paragraph", "●1 unread")
    await ana.does("comment.document", "Comment on the document")
    await ana.does("composer.type", "Question on the document")
    await ana.terminal.type("is it")
    await ana.sees("is it")
    await ana.does("composer.newline", "is it")
    await ana.terminal.type("all?")
    await ana.does("composer.close", "Draft kept", gone="Enter send")
    await ana.does("draft.list", "is it")
    await ana.keys("Enter")
    await ana.sees("Enter send", "all?")
    await ana.does("composer.send", "all?", at=bo)
    await bo.sees("2 open", "●2 unread")

    await ana.does("comment.outside", "the file has:", "what now?")
    await ana.terminal.type("from outside")
    await ana.keys("Enter")
    await ana.sees("from outside", "and a second line", "Enter send")
    await ana.does("composer.editor", "the file has:", "and a second line", "what now?")
    await ana.terminal.type("from outside twice")
    await ana.keys("Enter")
    await ana.sees("from outside twice", "Enter send")
    await ana.does("composer.send", "from outside twice", "●3 unread", at=bo)


async def reading(ana: Person, bo: Person) -> None:
    """Unread comments, threads one after another, folding."""
    await bo.keys("n", "p", "n")  # passing over marks nothing
    await bo.does("thread.next", "●3 unread")
    await bo.does("thread.previous", "●3 unread")
    await bo.does("thread.unread", "●2 unread")
    await bo.does("thread.read", "●3 unread")
    await bo.does("thread.read-all", "3 marked read", gone="●3 unread")
    await bo.keys("g")
    await bo.does("kind.next", "To the next", "question  1")
    await bo.keys("q")
    await bo.sees("all?")
    await bo.does("comment.reply", "Enter send", "Reply to ana")
    await bo.terminal.type("ask @an")
    await bo.sees("[ana]")
    await bo.keys("Tab")
    await bo.terminal.type("please")
    await bo.does("composer.send", "bo mentions you: “ask @ana please”", "●1 unread", at=ana)
    await ana.terminal.wrote("\a", "\x1b]9;chatter-tui: bo mentions you: “ask @ana please”\a")
    await ana.does("mention.next", "ask @ana please")
    await ana.does("thread.fold", gone="    ask @ana please")
    await ana.does("thread.fold", "ask @ana please")
    await ana.does("thread.unread", gone="●1 unread")
    await ana.does("question.next", "all?")
    await ana.does("pane.cross", "all?")
    await ana.does("history.open", "History", "added")
    await ana.keys("Escape")
    await ana.sees(gone="History")


async def correcting(ana: Person, bo: Person) -> None:
    """Reactions, resolving, edits and deletions, and each of them undone."""
    await bo.keys("1", "2")
    await ana.keys("1", "2")
    await ana.does("mention.next", "ask @ana please")
    await ana.does("comment.react", "React")
    await ana.keys("a")
    await bo.sees("agree ana")
    await ana.does("undo", gone="agree ana", at=bo)
    await ana.does("thread.resolve", "2 open", "1 resolved: Z shows them", at=bo)
    await bo.does("thread.show-resolved", "Resolved threads are shown", "all?")
    await bo.does("thread.show-resolved", "are hidden", "1 resolved: Z shows them")
    await ana.does("undo", "3 open", "ask @ana please", at=bo)
    await bo.does("comment.document", "Enter send")
    await bo.terminal.type("my own thought")
    await bo.does("composer.send", "my own thought", "4 open", at=ana)
    await bo.sees("4 open", gone="Enter send")  # `e` edits the comment that is visible
    await bo.does("comment.edit", "Enter send")
    await bo.terminal.type(", edited")
    await bo.does("composer.send", "my own thought, edited", at=ana)
    await bo.does("comment.delete", "u undoes it")
    await ana.sees("3 open", gone="my own thought")
    await bo.does("undo", "my own thought, edited", at=ana)
    await bo.does("undo", "my own thought", gone=", edited", at=ana)
    await bo.does("undo", "3 open", gone="my own thought", at=ana)


async def select(person: Person, words: str) -> None:
    """Search for a word of the document and select it."""
    await person.keys("2", "1", "/")
    await person.terminal.type(words)
    await person.keys("Enter")
    await person.sees(f"/{words} ", "ends search")
    await person.does("escape", gone="ends search")
    await person.does("select.words", "deselect")


async def suggest(person: Person, words: str, replacement: str) -> None:
    """Suggest another word for one of the document."""
    await select(person, words)
    await person.does("suggestion.new", "Enter send")
    await person.keys("C-a", "C-k")
    await person.terminal.type(replacement)
    await person.does("composer.send", f"+ {replacement}", gone="Enter send")


async def suggesting(ana: Person, bo: Person) -> None:
    """Suggestions looked at, accepted, rejected, withdrawn, accepted together, and all undone."""
    plan = ana.terminal.folder / "plan.md"
    await suggest(bo, "weekly", "daily")
    await ana.sees("●1 unread")
    await ana.does("suggestion.next", "+ daily")
    await ana.does("suggestion.preview", "applies: under “Rollout plan”", "[-weekly-]{+daily+}")
    await ana.keys("Escape")
    await ana.sees(gone="applies: under")
    await ana.does("suggestion.accept", "Accepted: u undoes it", gone="●1 unread")
    await bo.sees("production daily", "ana accepted your suggestion")
    assert "daily" in plan.read_text()
    await bo.keys("1", "2")
    await bo.does("suggestion.accept", "only the owner or a moderator may")
    await ana.does("undo", "production weekly", "reopened your suggestion", at=bo)
    await ana.does("suggestion.next", "+ daily")
    await ana.does("suggestion.reject", "Rejection of bo", "Enter send")
    await ana.terminal.type("Partners want it weekly")
    await ana.does("composer.send", "ana rejected your suggestion", at=bo)

    await suggest(bo, "memory", "RAM")
    await bo.does("suggestion.reject", "Withdrawal of bo", "Enter send")
    await bo.does("composer.send", "3 open", gone="Enter send", at=ana)
    await suggest(bo, "weekly", "daily")
    await suggest(bo, "partners", "customers")
    await ana.sees("5 open")
    await ana.does("suggestion.accept-all", "accept 2 suggestions")
    await ana.keys("y")
    await bo.sees("production daily", "customers may")
    await ana.sees("Accepted: u undoes all 2")
    await ana.does("undo", "production weekly", "partners may", at=bo)
    assert plan.read_text() == TEXT
    await bo.keys("u", "u")  # suggestions of their own
    await ana.sees("3 open")


async def finding(ana: Person, bo: Person) -> None:
    """Filters, and what is copied of a thread."""
    await ana.does("filter.open", "questions       1", "AI              0")
    await ana.keys("q")
    await ana.sees("· questions", gone="about the paragraph")
    await ana.does("escape", "about the paragraph")
    await ana.does("question.next", "all?")
    await ana.does("copy.open", "whole thread as text", "invite")
    await ana.keys("y")
    await ana.sees("Sent to the terminal's clipboard")
    await ana.terminal.wrote(base64.b64encode(b"is it\nall?").decode())
    await ana.does("orphan.next", "There is no orphan")


async def attaching(ana: Person, bo: Person) -> None:
    """An orphan attached to other words."""
    await select(ana, "notice")
    await ana.writes("comment.new", "will they?")
    await bo.sees("will they?")
    plan = ana.terminal.folder / "plan.md"
    changed = TEXT.replace("partners may notice", "customers may see")
    plan.write_text(changed.replace("## Risks", "## Dangers"))  # no heading to fall back to
    await ana.sees("customers may see", "1 orphan")
    # The others are still on their words, though what follows them has another name.
    await ana.does("orphan.next", "▌  will they?")
    await ana.does("thread.attach", "A attach here")
    await select(ana, "customers")
    await ana.does("thread.attach", "“customers”", at=bo)
    await ana.sees("Attached")
    await ana.does("undo", "1 orphan", gone="“customers”", at=bo)
    plan.write_text(TEXT)
    await bo.sees("partners may notice", gone="1 orphan")


async def following(ana: Person, bo: Person) -> None:
    """Follow somebody, who sees it; and share less presence."""
    await ana.keys("2", "1", "g")
    await bo.keys("2", "1", "g")
    await ana.does("people.follow", "Follow", "bo")
    await ana.keys("Enter")
    await bo.sees("ana follows you", "ana owner follows you")
    await bo.does("move.last", "bo reviewer following § Rows", "ana you owner § Rows", at=ana)
    await ana.keys("g")
    await bo.sees(gone="ana owner follows you")
    await bo.does("comment.document", "Enter send")
    await bo.terminal.type("bec")
    await ana.sees("typing…")
    await bo.does("composer.close", "Draft kept", gone="Enter send")
    await bo.does("presence.cycle", "Others see only that you are here")
    await ana.sees("bo reviewer", gone="bo reviewer §")
    await bo.does("presence.cycle", "bo reviewer", "hidden", at=ana)
    await bo.does("people.follow", "cannot follow while hidden")
    await bo.does("presence.cycle", "bo reviewer §", at=ana)


async def inviting(ana: Person) -> None:
    """Invites made, shown and listed."""
    await ana.does("invite.new", "New invite", "[reviewer]")
    await ana.keys("Enter")
    await ana.sees("chatter://", "Joins as reviewer")
    await ana.keys("Escape")
    await ana.sees(gone="chatter://")
    await ana.does("invite.open", "chatter://", "Joins as reviewer")
    await ana.keys("Escape")
    await ana.sees(gone="chatter://")
    await ana.does("invite.list", "Invites", "joined: bo")
    await ana.keys("Escape")
    await ana.sees(gone="joined: bo")


async def offline(ana: Person, bo: Person) -> None:
    """What is written away from the host arrives on return; a guest may be stopped for a while."""
    await bo.does("session.offline", "offline 0:0")
    await bo.does("comment.document", "bec", "Enter send")
    await bo.terminal.type("ause of a train")
    await bo.does("composer.send", "1 queued")
    await bo.does("session.online", "because of a train", at=ana)
    await bo.sees("direct", gone="queued")
    await bo.does("suspend", gone="? help")
    os.kill(await bo.terminal.stopped(), signal.SIGCONT)
    await bo.sees("? help", "direct")


async def roles_and_leaving(ana: Person, bo: Person) -> None:
    """A role lowered and raised, somebody removed, and the end."""
    await ana.does("people.open", "X remove")
    await ana.keys("j")
    await ana.does("people.lower", "you are viewer now", "you bo (viewer)", at=bo)
    await bo.does("comment.new", "a viewer may only read. Ask ana")
    await ana.sees("bo viewer")  # raising begins from the role that is shown
    await ana.does("people.raise", "you are reviewer now", at=bo)
    await bo.keys("4")
    await bo.does("people.remove", "only the owner may")
    await ana.does("people.remove", "Remove bo?")
    await ana.keys("y")
    await bo.sees("ended", "removed")
    await ana.sees("bo reviewer", "gone", "1 here")
    await bo.does("leave", "the host has removed you", "exit=4")
    await ana.does("leave", "End the session?")
    await ana.keys("y")
    await ana.sees("exit=0")
