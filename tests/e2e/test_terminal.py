"""Host and join in real terminals of 80x24: what people see, type and get."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.helpers.headless import Program, programs
from tests.helpers.people import PLAN, invite_of, until_written
from tests.helpers.plain import Lines
from tests.helpers.terminal import Terminal, terminals

pytestmark = pytest.mark.terminal

Open = Callable[..., Awaitable[Terminal]]


@pytest.fixture
async def open_terminal(tmp_path: Path) -> AsyncIterator[Open]:
    async with terminals() as opened:

        async def start(folder: str, *arguments: str, **settings: object) -> Terminal:
            path = tmp_path / folder
            path.mkdir(exist_ok=True)
            terminal = Terminal(path)
            opened.append(terminal)
            await terminal.start(*arguments, **settings)  # type: ignore[arg-type]
            return terminal

        yield start


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    folder = tmp_path / "host"
    folder.mkdir()
    path = folder / "plan.md"
    path.write_text(PLAN)
    return path


async def test_two_people_review_one_document(open_terminal: Open, plan: Path) -> None:
    host = await open_terminal(
        "host", "host", "plan.md", "--listen", "127.0.0.1:0", "--name", "ana"
    )
    await host.wait_for("Rollout plan", "deploy to production", "hosting", "? help")
    invite = await invite_of(host)
    guest = await open_terminal("bo", "join", "-", "--name", "bo", piped=invite)
    await guest.wait_for("Rollout plan", "deploy to production", "direct")
    await host.wait_for("2 here")

    # bo comments on the paragraph, ana answers and resolves
    await guest.keys("J", "c")
    await guest.wait_for("Enter send")
    await guest.type("why weekly?")
    await guest.keys("Enter")
    await guest.wait_for(gone="Enter send")
    await host.wait_for("1 unread")
    await host.keys("Space")  # shows it, which the document alone would not
    await host.wait_for("why weekly?", "bo")
    await host.keys("r")
    await host.wait_for("Enter send")
    await host.type("because of the tests")
    await host.keys("Enter")
    await guest.keys("2")
    await guest.wait_for("why weekly?", "because of the tests", "ana")
    await host.wait_for("because of the tests", gone="Enter send")
    await host.keys("R")
    await host.wait_for("1 resolved")
    await guest.wait_for("1 resolved")

    await guest.keys("q")
    await guest.wait_for("exit=0")
    await host.wait_for("1 here")
    sidecar = (guest.folder / "plan.md.chatter").read_text()
    assert "because of the tests" in sidecar
    assert '"resolved"' in sidecar
    # The host's follows when it has been calm for a moment.
    await until_written(sidecar, plan.with_name("plan.md.chatter"))


async def test_a_rejected_comment_is_given_back(open_terminal: Open, plan: Path) -> None:
    """A race that the client's checks cannot foresee: a thread is deleted during a reply."""
    host = await Program.start(
        *("host", "plan.md", "--headless", "--listen", "127.0.0.1:0", "--name", "ana"),
        cwd=plan.parent,
    )
    try:
        invite = (await host.wait_for("ready"))["invite"]
        guest = await open_terminal("bo", "join", "--name", "bo", CHATTER_INVITE=invite)
        await guest.wait_for("Rollout plan", "direct")
        thread = await host.add("a thread")
        await guest.wait_for("1 unread")
        await guest.keys("n", "r")
        await guest.wait_for("Enter send")  # or what is typed would be keys once the thread is gone
        os.kill(await guest.pid(), signal.SIGSTOP)
        host.do("delete", id=thread)
        await host.wait_for("block_deleted", id=thread)
        await guest.type("my careful answer")
        await guest.keys("Enter")
        os.kill(await guest.pid(), signal.SIGCONT)
        # Whatever came first, the deletion or the answer: the text is not lost.
        await guest.wait_for("my careful answer")
    finally:
        await host.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_a_signal_leaves_the_terminal_as_it_was(
    open_terminal: Open, plan: Path, number: signal.Signals, code: int
) -> None:
    terminal = await open_terminal("host", "review", "plan.md")
    await terminal.wait_for("Rollout plan", "? help")
    os.kill(await terminal.pid(), number)
    screen = await terminal.wait_for(f"exit={code}")
    assert "Rollout plan" not in screen  # the alternate screen is left
    flags = await terminal._tmux("display-message", "-p", "#{alternate_on} #{mouse_any_flag}")
    assert flags.split() == ["0", "0"]


CRASHING = """
from chatter_tui.cli import main
from chatter_tui.tui.screens.review import ReviewScreen

async def crash(self, id_):
    secret = "a secret"
    raise ZeroDivisionError("by \\x1b[2J")

as_it_was = ReviewScreen.action_run
ReviewScreen.action_run = lambda self, id_: (as_it_was if id_ == "comment.new" else crash)(self, id_)
main()
"""


async def test_a_crash_leaves_the_terminal_as_it_was_and_keeps_what_one_writes(
    open_terminal: Open, plan: Path
) -> None:
    terminal = await open_terminal("host", "review", "plan.md", script=CRASHING)
    await terminal.wait_for("Rollout plan", "? help", "alone")
    await terminal.keys("c")
    await terminal.wait_for("Enter send")
    # In one go, so that the crash finds keys the composer has not dealt with.
    await terminal.keys(*"half", "Space", "a", "Space", *"thought", "C-p")
    screen = await terminal.wait_for("exit=1")
    lines = screen.splitlines()
    assert (
        lines[0] == "chatter-tui: internal error, ZeroDivisionError: by ␛[2J (--debug shows where)"
    )
    assert "a secret" not in screen
    flags = await terminal._tmux("display-message", "-p", "#{alternate_on} #{mouse_any_flag}")
    assert flags.split() == ["0", "0"]
    (draft,) = (terminal.folder / ".chattermatter").rglob("*draft*/*")
    assert "half a thought" in draft.read_text()


async def test_ctrl_z_gives_the_terminal_back_for_a_while(open_terminal: Open, plan: Path) -> None:
    terminal = await open_terminal("host", "review", "plan.md")
    await terminal.wait_for("Rollout plan", "? help")
    await terminal.keys("c")
    await terminal.wait_for("Enter send")
    await terminal.type("half a thought")
    await terminal.keys("Escape")
    await terminal.wait_for("? help", gone="Enter send")
    await terminal.keys("C-z")
    await terminal.wait_for(gone="? help")
    pid = await terminal.stopped()
    os.kill(pid, signal.SIGCONT)
    await terminal.wait_for("Rollout plan", "? help")
    await terminal.keys("c")
    await terminal.wait_for("half a thought")
    # Bytes that are no text, as a terminal writes that is set to Latin-1, and a letter in halves.
    await terminal.keys("-H", "ff", "c3")
    await terminal.wait_for("half a thought\ufffd")
    await terminal.keys("-H", "a9")
    await terminal.wait_for("half a thought\ufffdé")
    os.kill(pid, signal.SIGTERM)
    await terminal.wait_for("exit=143")


async def test_a_terminal_that_is_gone_takes_the_program_with_it(
    open_terminal: Open, plan: Path
) -> None:
    host = await Program.start(
        *("host", "plan.md", "--headless", "--listen", "127.0.0.1:0", "--name", "ana"),
        cwd=plan.parent,
    )
    try:
        invite = (await host.wait_for("ready"))["invite"]
        guest = await open_terminal("bo", "join", "--name", "bo", CHATTER_INVITE=invite)
        await guest.wait_for("Rollout plan", "direct")
        ended = os.pidfd_open(await guest.pid())
        gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(ended, gone.set)
        await guest.close()
        for number in range(40):  # what would be drawn fills whatever waits to be written
            host.do("add", block={"content": f"nobody sees {number}"})
        await asyncio.wait_for(gone.wait(), 20)
        asyncio.get_running_loop().remove_reader(ended)
        os.close(ended)
        await host.wait_for("peer_left", name="bo")
    finally:
        await host.close()


async def test_keys_that_wait_when_a_signal_comes_are_no_failure(
    open_terminal: Open, plan: Path
) -> None:
    terminal = await open_terminal("host", "review", "plan.md")
    await terminal.wait_for("Rollout plan", "? help")
    program = await terminal.pid()
    os.kill(program, signal.SIGSTOP)
    await terminal.keys("c", "Escape", "/", "Escape", "?", "Escape", "c")
    os.kill(program, signal.SIGTERM)
    os.kill(program, signal.SIGCONT)
    assert "internal error" not in await terminal.wait_for("exit=143")


@pytest.mark.parametrize(("columns", "rows"), [(20, 5), (1, 1), (60, 20), (200, 60)])
async def test_any_size_is_survived(
    open_terminal: Open, plan: Path, columns: int, rows: int
) -> None:
    terminal = await open_terminal("host", "review", "plan.md")
    await terminal.wait_for("Rollout plan", "? help")
    await terminal.resize(columns, rows)
    await terminal.keys("j", "Tab", "c", "Escape", "?", "Escape")
    await terminal.resize(80, 24)
    await terminal.wait_for("? help")
    os.kill(await terminal.pid(), signal.SIGTERM)
    await terminal.wait_for("exit=143")


ATTACKS = (
    "\x1b]52;c;cHduZWQ=\x07",
    "\x1b]0;pwned\x07",
    "\x1b[2J\x1b[H",
    "\x9b2J",
    "[/nope]",
    "[@click=app.quit]x[/]",
    "\u202edesrever",
    "\x07\x08\x0b\x0c\r",
)


async def test_what_peers_write_never_acts(open_terminal: Open, plan: Path) -> None:
    host = await Program.start(
        *("host", "plan.md", "--headless", "--listen", "127.0.0.1:0"),
        *("--name", "[bold]हिन्दी[/nope]"),
        cwd=plan.parent,
    )
    try:
        invite = (await host.wait_for("ready"))["invite"]
        guest = await open_terminal("bo", "join", "--name", "bo", CHATTER_INVITE=invite)
        await guest.wait_for("Rollout plan", "direct")
        for number, attack in enumerate(ATTACKS):
            host.do("add", block={"id": f"a{number}", "content": f"attack {attack} over"})
            await host.wait_for("acknowledged", id=f"a{number}")
        host.do("presence", section="[/nope]\x1b[2J")
        host.do("add", block={"id": "last", "content": "[@click=app.quit]last words[/]"})
        screen = await guest.wait_for(f"{len(ATTACKS) + 1} unread")
        top = screen.splitlines()[0]  # to the last cell: nothing is wider than we count it
        assert re.fullmatch(
            r" plan.md +. host \[bold\]हिन्दी\[/nope\] .*direct( \d+ ms)?", top.rstrip()
        )
        await guest.keys("2", "G")
        await guest.wait_for("last words")
        await guest.keys("3")
        await guest.wait_for("Outline", "type to search")
        await guest.keys("Escape")
        await guest.wait_for(gone="type to search")
        await guest.keys("1", "j", "k")
        await guest.wait_for("deploy to production", "? help")
        title = await guest._tmux("display-message", "-p", "#{pane_title}")
        assert "pwned" not in title
        buffers = await guest._tmux("list-buffers")
        assert "pwned" not in buffers
    finally:
        await host.close()


async def test_without_a_terminal_one_is_told_what_to_do(open_terminal: Open, plan: Path) -> None:
    script = "import os; os.environ['TERM'] = 'dumb'; from chatter_tui.cli import main; main()"
    terminal = await open_terminal("host", "review", "plan.md", script=script)
    await terminal.wait_for("--plain", "exit=2")
    program = await Program.start("review", "plan.md", cwd=plan.parent)
    assert await program.ended() == 2
    assert b"--headless" in program.stderr


async def test_an_unreachable_host_is_said_in_every_way_to_join(
    open_terminal: Open, tmp_path: Path
) -> None:
    """On screen once that is left; together, as each goes on trying for a while."""
    line = "chatter://127.0.0.1:9/01JZZZZZZZZZZZZZZZZZZZZZZZ#aaaaaaaa." + "b" * 22
    terminal = await open_terminal("bo", "join", line)
    async with programs(tmp_path) as run:
        lines = await Lines.start("join", line, cwd=tmp_path / "cy")
        try:
            program = await run.start("di", "join", "--headless", CHATTER_INVITE=line)
            reason = (await program.wait_for("ended", timeout=50))["reason"]
            assert "is the session still open?" in reason
            assert await program.ended() == 5
            code, _, err = await lines.rest(timeout=50)
            assert code == 5
            assert err.startswith("chatter-tui: ")
        finally:
            await lines.close()
    screen = await terminal.wait_for("exit=5", timeout=50)
    assert "isthesessionstillopen?" in "".join(screen.split())  # however it is wrapped
