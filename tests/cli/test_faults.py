"""What goes wrong is said in one line; help and completion say what would be right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatter_tui.cli.grammar import COMMANDS
from tests.cli.shell import DOCUMENT, Shell, fence


def test_each_fault_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("latin.md").write_bytes(b"ok\ncaf\xe9\n")
    Path("folder").mkdir()
    Path("loop.md").symlink_to("loop.md")
    Path("broken.md").write_text("text")
    Path("broken.md.chatter").mkdir()
    for name, code, message in (
        ("missing.md", 3, "there is no file missing.md"),
        ("folder", 1, "folder is a folder"),
        ("latin.md", 1, "latin.md is not UTF-8: byte 0xe9 on line 2"),
        ("loop.md", 1, "loop.md: "),
        ("broken.md", 1, "broken.md.chatter is a folder"),
        ("p.md/x", 1, "p.md/x: not a directory"),
        ("", 1, "is a folder"),
    ):
        for command in (
            ["list"],
            ["check", "--json"],
            ["strip"],
            ["add", "--content", "x"],
            ["resolve", "--json"],
        ):
            ran = shell(command[0], name, *(["1"] if command[0] == "resolve" else []), *command[1:])
            assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1), (command, ran)
            assert message in ran.err

    def denied(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied", "p.md")

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert shell("list", "p.md") == (1, "", "chatter-tui: p.md: permission denied\n")


def test_debug_shows_where_wherever_it_stands(shell: Shell) -> None:
    for arguments in (["--debug", "list", "missing.md"], ["list", "missing.md", "--debug"]):
        ran = shell(*arguments)
        assert ran.code == 3
        assert "Traceback" in ran.err


def test_an_error_nobody_foresaw_is_one_line_too(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise RuntimeError("surprise\n\x1b[31m")

    monkeypatch.setattr(Path, "read_bytes", fails)
    ran = shell("list", "p.md")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "internal error, RuntimeError: surprise ␛[31m (--debug shows where)" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["list"],
        ["list", "p.md", "--nonsense"],
        ["list", "p.md", "--status", "closed"],
        ["check", "p.md", "--fail-on", "x"],
        ["add", "p.md"],
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_two(shell: Shell, arguments: list[str]) -> None:
    ran = shell(*arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_help_lists_every_command_and_each_has_its_own(shell: Shell) -> None:
    listed = shell("--help").out
    for name, command in COMMANDS.items():
        assert name in listed
        if command.module in ("files", "changes"):
            assert "Usage: chatter-tui " + name in shell(name, "--help").out
    assert shell("--version").out.startswith("chatter-tui ")
    assert shell() == (2, listed, "")


def test_list_imports_nothing_of_a_session(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text(DOCUMENT)
    code = "import sys; from chatter_tui.cli.app import run; code = run(['list', 'p.md', '--json']); print(sorted(sys.modules)); sys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    modules = done.stdout
    assert "'chatter_tui.blocks'" in modules
    for name in (
        "textual",
        "aiortc",
        "pycrdt",
        "websockets",
        "asyncio",
        "sqlite3",
        "rich",
    ):
        assert f"'{name}'" not in modules


def test_nobody_reading_on_is_no_fault_to_tell(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text(DOCUMENT)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "chatter_tui", "list", "p.md", "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_the_shell_completes_ids_and_types(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text(DOCUMENT + "\n" + fence("abc") + "\n" + fence("xyz"))

    def completed(words: str) -> str:
        environment = {
            **os.environ, "_CHATTER_TUI_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": f"chatter-tui {words}",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "chatter_tui"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    assert "abc" in completed("resolve p.md a")
    assert "xyz" not in completed("resolve p.md a")
    assert "text of xyz" in completed("delete p.md ")
    assert "question" in completed("list p.md --type q")
    assert "resolve" in completed("res")
    assert completed("resolve missing.md a").strip() in ("", "_arguments '*: :(())'", "_files")
