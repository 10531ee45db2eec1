"""The commands that open a session: with and without the parser, they open the same one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chatter_tui.cli import app, grammar, opening

if TYPE_CHECKING:
    from chatter_tui.controller import SessionRun

INVITE = "chatter://192.0.2.7:4117/01J00000000000000000000000#AAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """What sessions are opened from: everything that the machine for them is given."""
    monkeypatch.chdir(tmp_path)
    for name in ("CHATTER_NAME", "CHATTER_PLAIN", "CHATTER_INVITE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "p.md").write_text("# Plan\n")
    monkeypatch.setattr(opening, "new_session", lambda: "01J00000000000000000000001")
    seen: list[Any] = []

    def run(make: Any, text: str = "", **how: Any) -> int:
        session: SessionRun = make()
        kept = ("_invite", "_reaching", "_name", "_path", "_listening", "_session")
        seen.append((type(session), {name: vars(session).get(name) for name in kept}, text, how))
        return 0

    monkeypatch.setattr(opening, "run_session", run)
    return seen


@pytest.mark.parametrize(
    "line",
    [["review", "p.md"], ["host", "p.md"], ["join", INVITE]],
    ids=lambda line: line[0],
)
def test_one_argument_needs_no_parser_and_means_the_same(
    opened: list[Any], line: list[str]
) -> None:
    without = app.at_once(line)
    assert without is not None
    assert without() == grammar.call(line) == 0
    assert opened[0] == opened[1]


@pytest.mark.parametrize(
    "line",
    [
        ["review"],
        ["review", "--help"],
        ["review", "p.md", "--plain"],
        ["join", "-"],
        ["list", "p.md"],
        ["--version"],
        [],
    ],
    ids=" ".join,
)
def test_all_else_is_parsed(opened: list[Any], line: list[str]) -> None:
    assert app.at_once(line) is None
    assert not opened


@pytest.mark.parametrize("name", ["CHATTER_NAME", "CHATTER_PLAIN", "_CHATTER_TUI_COMPLETE"])
def test_a_variable_that_may_set_an_option_needs_the_parser(
    opened: list[Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    assert app.at_once(["review", "p.md"]) is None
    assert not opened


def test_a_screen_starts_without_what_parses_command_lines(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text("# Plan\n")
    code = "import sys; from chatter_tui.cli.app import run; run(['review', 'p.md']); import chatter_tui.cli.screen; print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "'chatter_tui.tui.app'" in done.stdout
    assert "'typer'" not in done.stdout
