"""`keys`: the configuration as the command line tells of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatter_tui.cli.app import run
from chatter_tui.storage.user_config import UserConfig, load_config, user_config


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = user_config()
    assert path == tmp_path / "chatter-tui" / "config.toml"
    path.parent.mkdir()
    return path


def test_without_a_file_the_defaults_hold(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys"]) == 0
    out = capsys.readouterr().out
    assert "thread.next" in out
    assert f"0 changed (*) in {config}" in out


def test_keys_of_ones_own(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(
        '[keys]\n"thread.next" = "Ctrl-N"\nundo = ["Ctrl-U", "U"]\nmove.half-up = []\n'
    )
    assert run(["keys", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    keys = {each["id"]: each["keys"] for each in found["commands"] if each["changed"]}
    assert keys == {"thread.next": ["Ctrl-N"], "undo": ["Ctrl-U", "U"], "move.half-up": []}
    assert found["problems"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[keys]\n"no.such" = "x"', "config.toml: there is no command 'no.such'"),
        ("[keys\n", "config.toml: Expected"),
        ("keys = 5", "keys must be a table"),
        ("\xff", "config.toml"),
        ('[keys]\nundo = "q"', "q cannot be both"),
        ("[notify]\nbell = 1", "notify.bell is true or false"),
        ("[notify]\nbeep = true", "no setting notify.beep"),
        ('[look]\ntheme = "blue"', "look.theme is dark, light or terminal"),
        ("[look]\nascii = 1", "look.ascii is true or false"),
        ("[key]", "no setting 'key'"),
    ],
)
def test_what_is_wrong_is_one_line_and_the_defaults_hold(
    config: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    config.write_bytes(text.encode("latin-1"))
    assert run(["keys"]) == 1
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert says in line
    assert "0 changed" in captured.out


def test_sounds_can_be_turned_off(config: Path) -> None:
    assert load_config(config) == UserConfig()
    config.write_text("[notify]\nbell = false\n")
    assert load_config(config) == UserConfig(bell=False)


def test_what_is_right_holds_beside_what_is_wrong(config: Path) -> None:
    config.write_text('[look]\ntheme = "light"\nmouse = "off"\n[notify]\ndesktop = false\n')
    problems = ("config.toml: look.mouse is true or false",)
    assert load_config(config) == UserConfig(theme="light", desktop=False, problems=problems)


def test_the_folder_of_the_document_has_no_say(
    config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    for name in ("config.toml", ".chatter-tui.toml"):
        (folder / name).write_text('[keys]\nundo = "Q"\n')
    monkeypatch.chdir(folder)
    assert run(["keys"]) == 0
    assert "0 changed" in capsys.readouterr().out
