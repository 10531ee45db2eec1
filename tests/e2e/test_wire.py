"""What goes over the line to a terminal: colours, the mouse, and nothing that a document holds."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
from pathlib import Path

import pytest

from tests.helpers.headless import Program
from tests.helpers.people import PLAN, invite_of
from tests.helpers.terminal import terminals

pytestmark = pytest.mark.terminal

HOSTILE = (
    "# Plan \x1b]0;pwned\x07 \x9b2J\x1b[2J\x1b]52;c;cHduZWQ=\x07 \u202egnp.exe\u2066\n\n"
    + ("a" + "\u0301" * 300 + " [/nope] [@click=app.quit]x[/]\n\n")
    + ("x" * 1_000_000 + "\n\nThe end.\n")
)


async def sent(
    folder: Path, text: str, until: bytes, environ: dict[str, str], keys: bytes = b""
) -> bytes:
    """Everything sent to a terminal of 80x24 until something shows, and to the end of it."""
    (folder / "plan.md").write_text(text)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chatter_tui", "review", "plan.md", "--name", "ana"),
        cwd=folder,
        env=kept | {"LANG": "C.UTF-8", "XDG_DATA_HOME": str(folder / "data"), **environ},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    os.set_blocking(master, False)
    seen = b""
    ready = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(master, ready.set)
    ended = asyncio.create_task(process.wait())
    try:
        async with asyncio.timeout(50):
            while not ended.done():
                with contextlib.suppress(OSError):  # nothing yet, or nothing any more
                    seen += os.read(master, 65536)
                if b"alone" in seen and keys:
                    os.write(master, keys)
                    keys = b""
                elif until and b"alone" in seen and until in seen:
                    process.terminate()
                    until = b""
                ready.clear()
                waits = asyncio.create_task(ready.wait())
                await asyncio.wait({ended, waits}, return_when=asyncio.FIRST_COMPLETED)
                waits.cancel()
            with contextlib.suppress(OSError):
                while more := os.read(master, 65536):
                    seen += more
            assert await ended == 143
    finally:
        loop.remove_reader(master)
        os.close(master)
        if process.returncode is None:
            process.kill()
            await process.wait()
    return seen


def colours(data: bytes) -> set[str]:
    """The kinds of colour that are asked for: `default`, `16`, `256`, `rgb`."""
    kinds = set()
    for parameters in re.findall(rb"\x1b\[([\d;:]*)m", data):
        codes = [int(code or 0) for code in re.split(rb"[;:]", parameters)]
        while codes:
            code = codes.pop(0)
            if code in (38, 48):
                kinds.add({2: "rgb", 5: "256"}[codes[0]])
                del codes[: 4 if codes[0] == 2 else 2]
            elif code in (39, 49):
                kinds.add("default")
            elif 30 <= code <= 47 or 90 <= code <= 107:
                kinds.add("16")
    return kinds


@pytest.mark.parametrize(
    ("environ", "kinds"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, {"rgb"}),
        ({"TERM": "xterm-256color"}, {"256"}),
        ({"TERM": "xterm"}, {"16"}),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1", "LANG": "C"}, set()),
    ],
)
async def test_no_more_than_the_terminal_has(
    tmp_path: Path, environ: dict[str, str], kinds: set[str]
) -> None:
    data = await sent(tmp_path, PLAN, b"ollout plan", environ)
    assert colours(data) - ({"default"} if kinds else set()) == kinds
    assert data.isascii() is (environ.get("LANG") == "C")


@pytest.mark.parametrize("far", [False, True])
async def test_the_mouse_is_left_alone_over_ssh(tmp_path: Path, far: bool) -> None:
    over = {"SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"} if far else {}
    data = await sent(tmp_path, PLAN, b"ollout plan", {"TERM": "xterm-256color", **over})
    assert (b"\x1b[?1003h" in data or b"\x1b[?1000h" in data) is not far


async def test_a_hostile_document_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    data = await sent(tmp_path, HOSTILE, b"he end.", environ, b"G")
    assert b"\x1b]0;pwned" not in data
    assert b"\x1b]52;" not in data
    text = data.decode(errors="replace")
    assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "[/nope]" in text or "The end." in text


async def test_a_terminal_that_stalls_holds_up_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "plan.md").write_text(PLAN)
    async with terminals() as opened:
        from tests.helpers.terminal import Terminal

        host = Terminal(folder)
        opened.append(host)
        await host.start("host", "plan.md", "--listen", "127.0.0.1:0", "--name", "ana", columns=200)
        await host.wait_for("Rollout plan", "hosting")
        invite = await invite_of(host)
        (tmp_path / "bo").mkdir()
        guest = await Program.start(
            *("join", "--headless", "--name", "bo"), cwd=tmp_path / "bo", CHATTER_INVITE=invite
        )
        server = int(await host._tmux("display-message", "-p", "#{pid}"))
        try:
            await guest.wait_for("synced")
            os.kill(server, signal.SIGSTOP)  # from now on nobody reads what the host draws
            for number in range(300):
                guest.do("add", block={"id": f"n{number}", "content": f"{number} " + "words " * 99})
            await guest.wait_for("acknowledged", id="n299", timeout=40)
        finally:
            os.kill(server, signal.SIGCONT)
            await guest.close()
        await host.wait_for("300 unread", timeout=40)


async def rests(pid: int) -> None:
    """Wait until a process does nothing."""
    async with asyncio.timeout(20):
        before, same = -1, 0
        while same < 3:
            spent = sum(
                map(int, Path(f"/proc/{pid}/stat").read_text().split(") ")[1].split()[11:13])
            )
            same = same + 1 if spent == before else 0
            before = spent
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("stalled", [False, True])
async def test_a_terminal_that_goes_without_a_word_takes_the_program_with_it(
    tmp_path: Path, stalled: bool
) -> None:
    """A program without a controlling terminal gets no signal when its terminal goes."""
    (tmp_path / "plan.md").write_text(PLAN)
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chatter_tui", "review", "plan.md", "--name", "ana"),
        cwd=tmp_path,
        env=os.environ | {"XDG_DATA_HOME": str(tmp_path / "data"), "TERM": "xterm"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        seen = b""
        while b"alone" not in seen:
            seen += await asyncio.to_thread(os.read, master, 65536)
        if stalled:  # until the screen waits for what is not read
            os.write(master, b"c")
            while b"Enter send" not in seen:
                seen += await asyncio.to_thread(os.read, master, 65536)
            os.write(master, b"half a thought")
            for columns in range(80, 140):
                size = struct.pack("HHHH", 24, columns, 0, 0)
                fcntl.ioctl(master, termios.TIOCSWINSZ, size)
                process.send_signal(signal.SIGWINCH)
                await rests(process.pid)
        os.close(master)
        async with asyncio.timeout(30):
            assert await process.wait() == 128 + signal.SIGHUP
        if stalled:
            (draft,) = (tmp_path / ".chattermatter").rglob("*draft*/*")
            assert "half a thought" in draft.read_text()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
