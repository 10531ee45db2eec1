"""What keys do in real terminals, from one person to the other."""

from __future__ import annotations

import pytest

from tests.helpers.people import PLAN, Desk, invite_of, killed, until_kept
from tests.helpers.terminal import Terminal

pytestmark = pytest.mark.terminal


@pytest.mark.parametrize("command", ["review", "host"])
async def test_what_is_being_written_survives_kill_9(desk: Desk, command: str) -> None:
    path = desk.file("host/plan.md", PLAN)
    arguments = [command, "plan.md", "--name", "ana"]
    arguments += ["--listen", "127.0.0.1:0"] if command == "host" else []
    terminal = await desk.screen("host", *arguments)
    await terminal.wait_for("Rollout plan", "? help", gone="connecting")
    await terminal.keys("J", "c")
    await terminal.wait_for("Enter send")
    await terminal.type("my careful thought")
    await until_kept(path.parent, "drafts", "my careful thought")
    await killed(terminal)

    terminal = await desk.screen("host", *arguments)
    await terminal.wait_for("1 draft is here from before")
    await terminal.keys("J", "c")
    await terminal.wait_for("my careful thought", "Enter send")
    await terminal.type(", finished")
    await terminal.keys("Enter")
    await terminal.wait_for("my careful thought, finished", "1 open", gone="Enter send")


async def test_a_guest_killed_while_writing_finds_draft_and_read_marks(desk: Desk) -> None:
    host, invite = await desk.headless_host()
    first = await host.add("why weekly?")
    await host.add("why one percent?")
    guest = await desk.guest("bo", invite)
    await guest.wait_for("2 unread")
    await guest.keys("Space")
    await guest.wait_for("1 unread")
    await guest.keys("r")
    await guest.wait_for("Enter send")
    await guest.type("because")
    await until_kept(guest.folder, "drafts", "because")
    await until_kept(guest.folder, "read", first)
    await killed(guest)

    guest = await desk.guest("bo", invite)
    await guest.wait_for("1 draft is here", "1 unread")
    await guest.keys(":")
    await guest.wait_for("type to search")
    await guest.type("drafts")
    await guest.wait_for("Unsent texts")
    await guest.keys("Enter")
    await guest.wait_for("because", "to ana")
    await guest.keys("Enter")
    await guest.wait_for("Enter send")
    await guest.type(" of tests")
    await guest.keys("Enter")
    await host.until_blocks(3)
    assert "because of tests" in {block["content"] for block in (await host.blocks()).values()}


async def written_outside(terminal: Terminal, key: str, before: str, answer: str) -> None:
    """Write a text in the editor that a key opens, and send it."""
    await terminal.keys(key)
    await terminal.wait_for("the file has:", before, "what now?")
    flags = await terminal._tmux("display-message", "-p", "#{alternate_on} #{mouse_any_flag}")
    assert flags.split() == ["0", "0"]  # the editor has the terminal as the shell would give it
    await terminal.type(answer)
    await terminal.keys("Enter")
    await terminal.wait_for(answer, "and a second line", "Enter send", "Ctrl-P commands")
    flags = await terminal._tmux("display-message", "-p", "#{alternate_on}")
    assert flags.split() == ["1"]
    await terminal.paste(" pasted\nin brackets")
    await terminal.wait_for("and a second line pasted", "in brackets", "Enter send")
    await terminal.keys("Enter")
    await terminal.wait_for(answer, "✓", gone="Enter send")


async def test_writing_in_the_editor(desk: Desk, editor: str) -> None:
    terminal = await desk.host(EDITOR=editor)
    await terminal.keys("J")
    await written_outside(terminal, "E", "", "a comment from outside")
    await terminal.keys("2")
    await written_outside(terminal, "E", "a comment from outside", "my own comment edited")
    guest = await desk.headless_guest("bo", await invite_of(terminal))
    await guest.add("what do you mean?")
    await terminal.wait_for("1 unread")
    await terminal.keys("Space")
    await terminal.wait_for(gone="1 unread")
    await written_outside(terminal, "E", "", "an answer from outside")
    await guest.until_blocks(3)
    answers = [block for block in (await guest.blocks()).values() if "parent_id" in block]
    assert [block["content"] for block in answers] == [
        "an answer from outside\nand a second line pasted\nin brackets"
    ]
    await terminal.keys("r")
    await terminal.wait_for("Enter send")
    await terminal.type("begun here, ")
    await written_outside(terminal, "C-g", "begun here, ", "and finished there")


async def test_an_editor_that_is_not_there_is_said(desk: Desk) -> None:
    terminal = await desk.host(EDITOR="/nowhere/vim")
    await terminal.keys("E")
    await terminal.wait_for("The editor could not be run: set $EDITOR", "Enter send")
    await terminal.type("typed here then")
    await terminal.wait_for("typed here then")


async def test_working_offline_by_choice_and_while_the_host_is_away(desk: Desk) -> None:
    host, invite = await desk.headless_host()
    guest = await desk.guest("bo", invite)
    await guest.keys(":")
    await guest.wait_for("type to search")
    await guest.type("go offline")
    await guest.wait_for("stay offline")
    await guest.keys("Enter")
    await guest.wait_for("offline 0:0")
    await guest.keys("C")
    await guest.wait_for("Enter send")
    await guest.type("written on a train")
    await guest.keys("Enter")
    await guest.wait_for("1 queued", "written on a train")
    await guest.keys(":")
    await guest.wait_for("type to search")
    await guest.type("go online")
    await guest.wait_for("Reconnect now")
    await guest.keys("Enter")
    await guest.wait_for("direct", "✓", gone="queued")
    assert [block["content"] for block in (await host.blocks()).values()] == ["written on a train"]

    await host.kill()
    await guest.wait_for("offline 0:0", "retry 0:0")
    await guest.wait_for("? help")


async def test_a_rejected_comment_is_kept_dropped_retried_and_edited(desk: Desk) -> None:
    """Written offline by a reviewer who is a viewer by the time it arrives."""
    host, invite = await desk.headless_host()
    guest = await desk.guest("bo", invite)
    peer = next(p for p in (await host.ask("peers"))["peers"] if p["name"] == "bo")["peer"]

    async def choose(command: str, then: str) -> None:
        await guest.keys(":")
        await guest.wait_for("type to search")
        await guest.type(command)
        await guest.wait_for(f" {command} ", "> ")
        await guest.keys("Enter")
        await guest.wait_for(then, gone="type to search")

    async def reject(text: str) -> None:
        host.do("role", peer=peer, role="reviewer")
        await guest.wait_for("you bo (reviewer)")
        await choose("Go offline", "offline 0:0")
        await guest.keys("C")
        await guest.wait_for("Enter send")
        await guest.type(text)
        await guest.keys("Enter")
        await guest.wait_for("1 queued")
        host.do("role", peer=peer, role="viewer")
        await choose("Go online", "rejected: ")
        # The toast may be one of before; the footer speaks of what lies open now.
        toast = "e edit · e Enter retry · D y drop · Esc keep"
        await guest.wait_for(text, toast, "e edit rejected text")

    await reject("first")
    await guest.keys("Escape")
    await guest.wait_for("Draft kept", gone="e edit rejected text")
    host.do("role", peer=peer, role="reviewer")
    await guest.wait_for("you bo (reviewer)")
    await guest.keys("C")
    await guest.wait_for("first", "Enter send")
    await guest.keys("Enter")  # retried from the drafts
    await host.until_blocks(1)

    await reject("second")
    await guest.keys("D")
    await guest.wait_for("Drop the rejected text?", "second")
    await guest.keys("y")
    await guest.wait_for(gone="second")

    await reject("third")
    host.do("role", peer=peer, role="reviewer")
    await guest.wait_for("you bo (reviewer)")
    await guest.keys("e", "Enter")
    await host.until_blocks(2)
    await guest.wait_for("third", gone="Enter send")

    await reject("fourth")
    host.do("role", peer=peer, role="reviewer")
    await guest.wait_for("you bo (reviewer)")
    await guest.keys("e")
    await guest.wait_for("Enter send")
    await guest.type(" and more")
    await guest.keys("Enter")
    await host.until_blocks(3)
    contents = [block["content"] for block in (await host.blocks()).values()]
    assert sorted(contents) == ["first", "fourth and more", "third"]


async def test_keys_of_ones_own_and_what_is_wrong_with_them(desk: Desk) -> None:
    desk.file("host/plan.md", PLAN)
    config = desk.file("host/config/chatter-tui/config.toml", "")
    config.write_text(
        '[keys]\n"comment.new" = "F5"\n"comment.nwe" = "x"\nundo = "j"\n[look]\ntheme = "light"\n'
    )
    host = await desk.screen("host", "host", "plan.md", "--listen", "127.0.0.1:0", "--name", "ana")
    await host.wait_for("hosting", "F5 comment", "(is it comment.new?)", "j cannot be both")
    await host.keys("J", "F5")
    await host.wait_for("Enter send")
    await host.type("by another key")
    await host.keys("Enter")
    await host.wait_for("by another key", "1 open", gone="Enter send")
    assert b"48;2;224;224;224" in host.written
    assert b"48;2;18;18;18" not in host.written
    await host.keys("u")  # which stays what it was
    await host.wait_for("Undone", "0 open")


async def test_newcomers_see_the_first_keys_once(desk: Desk) -> None:
    desk.newcomers = True
    ana = await desk.host()
    await ana.wait_for(
        "New here?", "i invites others", "No comments yet", "i shows an invite for others"
    )
    await ana.keys("Escape")
    await ana.wait_for(gone="New here?")
    await ana.keys("J")
    await ana.keys("c")
    await ana.wait_for("Enter send")
    await ana.type("my first comment")
    await ana.keys("Enter")
    await ana.wait_for("1 open", gone="Enter send")
    await ana.keys("q")
    await ana.wait_for("End the session?")
    await ana.keys("y")
    await ana.wait_for("exit=0")
    again = await desk.host()
    await again.wait_for("my first comment")
    assert "New here?" not in await again.screen()
