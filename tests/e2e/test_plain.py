"""Reviews in plain mode, as real processes: what is printed, and that it is plain lines only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from chatter_tui.blocks import make_anchor
from chatter_tui.markdown import Markdown
from tests.helpers.headless import Programs
from tests.helpers.plain import Lines

pytestmark = pytest.mark.processes

PLAN = """# Rollout plan

We deploy to production weekly, to **one percent** of ~~users~~ visitors first.

- the index may not fit into memory
- [x] partners know

| step | who |
| --- | --- |
| first | ana |

```python
x = 1
```

> see [the page](https://example.org/a)
"""

Open = Callable[..., Awaitable[Lines]]


@pytest.fixture
async def open_lines(tmp_path: Path) -> AsyncIterator[Open]:
    opened: list[Lines] = []

    async def start(folder: str, *arguments: str, **environ: str) -> Lines:
        lines = await Lines.start(*arguments, cwd=tmp_path / folder, **environ)
        opened.append(lines)
        return lines

    yield start
    await asyncio.gather(*(lines.close() for lines in opened))


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "ana").mkdir()
    path = tmp_path / "ana" / "plan.md"
    path.write_text(PLAN)
    return path


async def test_a_document_is_read_in_words(open_lines: Open, plan: Path) -> None:
    lines = await open_lines("ana", "review", "plan.md", "--name", "ana")
    lines.type("read all")
    code, out, err = await lines.rest()
    assert (code, err) == (0, "")
    said = out.splitlines()
    assert said[0] == "plan.md. You are ana, owner."
    assert said[said.index("Heading 1: Rollout plan") :] == [
        "Heading 1: Rollout plan",
        "We deploy to production weekly, to one percent of [struck out: users] visitors first.",
        "Item: the index may not fit into memory",
        "Task, done: partners know",
        "Table, 1 row: step; who",
        "Row 1: step: first; who: ana",
        "Code, python, 1 line:",
        "x = 1",
        "Quote: see the page (https://example.org/a)",
    ]


async def test_two_people_review_in_lines(open_lines: Open, plan: Path) -> None:
    host = await open_lines("ana", "host", "plan.md", "--listen", "127.0.0.1:0", "--name", "ana")
    invite = (await host.wait_for("Invite: ")).removeprefix("Invite: ")
    guest = await open_lines("bo", "join", "--name", "bo", CHATTER_INVITE=invite)
    assert await guest.wait_for("You are bo") == "plan.md, hosted by ana. You are bo, reviewer."
    await host.wait_for("Bo joined as reviewer.")

    guest.type("", "next", "select one percent", "question why so few?")
    await guest.wait_for("Done: 1.")
    assert await host.wait_for("asked") == "1: bo asked: why so few?"
    host.type("next unread", "reply because of the tests")
    assert "on “one percent”" in await host.wait_for("1: bo asked")
    await host.wait_for("Done: 2.")
    assert await guest.wait_for("2: ana") == "2: ana replied to you: because of the tests"
    host.type("resolve")
    await host.wait_for("Resolved: 1.")
    await guest.wait_for("Ana resolved “why so few?”.")
    guest.type("suggest another", "withdraw")
    await guest.wait_for("Done: 3.")
    await guest.wait_for("Withdrawn: 3.")
    guest.type("people")
    await guest.wait_for("bo, you, reviewer")
    await guest.wait_for("ana, owner")
    guest.type("threads all")
    await guest.wait_for("(resolved)")

    # What cannot be undone is asked first.
    host.type("leave")
    await host.wait_for("End the session for everyone? 1 other person here.")
    host.type("no", "leave", "yes")
    assert (await host.rest())[0] == 0
    await guest.wait_for("The session ended")
    guest.type("comment too late", "leave")
    await guest.wait_for("The session is over")
    assert (await guest.rest())[0] == 0
    assert '"exact": "one percent"' in plan.with_name("plan.md.chatter").read_text()
    assert '"resolved"' in plan.with_name("plan.md.chatter").read_text()


RISKS = """# Plan

We deploy weekly.

## Risks

Test coverage is at 61 %, which is not enough for payments.

The index may not fit into memory.
"""


async def test_inviting_following_and_attaching_in_lines(
    run: Programs, open_lines: Open, plan: Path
) -> None:
    plan.write_text(RISKS)
    host = await open_lines("ana", "host", "plan.md", "--listen", "127.0.0.1:0", "--name", "ana")
    invite = (await host.wait_for("Invite: ")).removeprefix("Invite: ")
    bo = await run.start("bo", "join", "--headless", "--name", "bo", CHATTER_INVITE=invite)
    await bo.wait_for("synced")

    # Invites: made for a role, listed with who came by them, revoked and good again.
    host.type("new invite boss", "new invite viewer 7d 1 the auditors")
    await host.wait_for("boss is not a role")
    made = await host.wait_for("Invite 2, viewer, 6 d 23 h left, 1 more person, “the auditors”")
    assert "chatter://" in made
    host.type("revoke 2", "invites")
    await host.wait_for("Invite 2 is revoked")
    assert "any number of people, joined by bo" in await host.wait_for("1: reviewer")
    await host.wait_for("2: viewer, revoked, “the auditors”")
    host.type("revoke 2", "revoke 3", "invite")
    await host.wait_for("Invite 2 is valid again")
    await host.wait_for("There is no invite 3")
    await host.wait_for("chatter://")

    # Following: seen by the followed person, and ended by the follower's own move.
    host.type("follow cy", "follow bo")
    await host.wait_for("Nobody here is called cy")
    await host.wait_for("Following bo, who can see it")
    peers = {p["name"]: p["peer"] for p in (await bo.ask("peers"))["peers"]}
    ana, me = peers["ana"], peers["bo"]
    await bo.wait_for("presence", peer=ana, following=me)
    bo.do("presence", section="Risks")
    await host.wait_for("bo reads: Heading 2: Risks")
    host.type("next", "next")
    await host.wait_for("No longer following.")
    await host.wait_for("The index may not fit")
    await bo.wait_for("presence", peer=ana, following=None)

    # Orphans: for one, the moved text is offered as its place; the other is attached to given
    # words.
    start, end = RISKS.index("Test"), RISKS.index("payments.")
    anchor = make_anchor(Markdown(RISKS), start, end)
    await bo.add("is that so?", anchor=anchor)
    gone = await bo.add("how large is it?", anchor={"type": "text", "exact": "memory"})
    await host.wait_for("how large is it?")
    changed = RISKS.replace("at 61 %, which", "at 60 %, which").replace("memory", "RAM")
    plan.write_text(changed)
    await host.wait_for("changed (version 2)")
    host.type("next orphan", "attach")
    await host.wait_for("the text has changed since: “Test coverage")
    await host.wait_for("Test coverage is at 60 %")
    assert "under “Risks”? Type yes" in await host.wait_for("Attach it to “Test coverage")
    host.type("yes")
    await host.wait_for("Attached to “Test coverage")
    host.type("next orphan", "attach", "last", "attach RAM")
    await host.wait_for("how large is it?")
    await host.wait_for("attach WORDS of it, or attach here")
    await host.wait_for("Attached to “RAM”: undo reverses it.")
    await bo.wait_for("block_changed", id=gone)
    host.type("next orphan", "undo", "next orphan")
    await host.wait_for("There is no orphan")
    await host.wait_for("Undone: attached elsewhere")
    await host.wait_for("how large is it?")


async def test_news_waits_while_one_writes_and_is_not_lost(
    run: Programs, open_lines: Open, plan: Path
) -> None:
    host = await run.host()
    invite = (await host.wait_for("ready"))["invite"]
    guest = await open_lines("bo", "join", "--name", "bo", CHATTER_INVITE=invite)
    await guest.wait_for("You are bo")
    guest.type("comment document")
    await guest.wait_for("A line with only a dot sends")
    await host.add("first news")
    guest.type("my text", ".read")
    await guest.wait_for("my text")
    guest.type(".")
    assert "asked" not in await guest.wait_for("first news")
    await guest.wait_for("Done")
    guest.type("quiet on")
    await guest.wait_for("held back")
    await host.add("second news")
    said = ""
    while "2 unread" not in said:
        guest.type("status")
        said = await guest.wait_for("unread")
    assert not any("second news" in line for line in guest.said)
    guest.type("news")
    await guest.wait_for("second news")


async def test_what_is_written_survives_a_signal(open_lines: Open, plan: Path) -> None:
    lines = await open_lines("ana", "review", "plan.md", "--name", "ana")
    lines.type("comment", "a long", "thought", ".read")
    await lines.wait_for("thought")
    lines.process.send_signal(signal.SIGTERM)
    assert await lines.process.wait() == 143  # before the input ends, which would be leaving
    again = await open_lines("ana", "review", "plan.md", "--name", "ana")
    await again.wait_for("1 draft from before")
    again.type("drafts 1", ".")
    await again.wait_for("So far:")
    await again.wait_for("Done: 1.")
    again.type("1", "leave")
    code, out, _ = await again.rest()
    assert code == 0
    assert "a long\nthought\n" in out


async def test_what_no_disk_has_is_printed_on_leaving(open_lines: Open, plan: Path) -> None:
    plan.with_name("plan.md.chatter").symlink_to(plan.with_name("gone") / "x")
    lines = await open_lines("ana", "review", "plan.md", "--name", "ana")
    lines.type("comment document a precious thought")
    await lines.wait_for("Not saved")
    lines.type("leave")
    assert "not saved" in await lines.wait_for("Leave?")
    code, out, err = await lines.rest()
    assert code == 1
    assert out.endswith("Written here, and not saved:\na precious thought\n")
    assert "not saved: there is no file" in err


async def test_a_viewer_is_told_why_not(run: Programs, open_lines: Open, plan: Path) -> None:
    host = await run.host("# Plan\n", "--role", "viewer")
    invite = (await host.wait_for("ready"))["invite"]
    guest = await open_lines("bo", "join", "--name", "bo", CHATTER_INVITE=invite)
    guest.type("comment no", "help comment.new")
    await guest.wait_for("a viewer may only read")
    guest.type("help suggest")
    await guest.wait_for("(not as viewer)")


async def test_nobody_makes_it_do_anything_but_print_lines(
    run: Programs, open_lines: Open, plan: Path
) -> None:
    host = await run.host("# Pl\x1b]0;pwned\x07an \u202eevil\n\n" + "x" * 1_000_000 + "\n")
    invite = (await host.wait_for("ready"))["invite"]
    guest = await open_lines("bo", "join", "--name", "bo", CHATTER_INVITE=invite)
    await guest.wait_for("You are bo")
    await host.add("\x1b[2J\x9b2J\r\x08 [/nope] \u2066 over\n1: ana lied")
    guest.type("unread", "read all", "people", "leave")
    code, out, _ = await guest.rest()
    assert code == 0
    assert "x" * 1_000_000 in out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out)


async def test_on_a_terminal_too_there_is_no_escape_and_ctrl_c_ends_nothing(plan: Path) -> None:
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chatter_tui", "review", "plan.md", "--plain", "--name", "ana"),
        cwd=plan.parent,
        env=os.environ | {"XDG_DATA_HOME": str(plan.parent / "data"), "TERM": "xterm-256color"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    os.set_blocking(master, False)
    seen = b""
    ready = asyncio.Event()
    asyncio.get_running_loop().add_reader(master, ready.set)

    async def until(text: bytes) -> None:
        nonlocal seen
        while text not in seen:
            await asyncio.wait_for(ready.wait(), 25)
            ready.clear()
            with contextlib.suppress(BlockingIOError):
                seen += os.read(master, 65536)

    try:
        await until(b"help lists the commands")
        os.write(master, b"comment\n")
        await until(b"A line with only a dot sends")
        os.write(master, b"begun\n.read\n")
        await until(b".read\r\nbegun")
        process.send_signal(signal.SIGINT)
        await until(b"Kept as a draft")
        process.send_signal(signal.SIGINT)
        await until(b"The command leave ends the review")
        os.write(master, b"leave\n")
        await until(b"Type yes")  # for the draft
        os.write(master, b"yes\n")
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)
    assert b"\x1b" not in seen
