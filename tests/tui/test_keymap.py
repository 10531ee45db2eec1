"""Keys a user chose: how they are read, what is refused and why, and that everything uses them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from textual.binding import Binding
from textual.keys import Keys, _character_to_key

from chatter_tui.controller.commands import Add
from chatter_tui.tui import keymap as keymap_module
from chatter_tui.tui.commands import COMMANDS, key_name
from chatter_tui.tui.keymap import Keymap, parse, read
from tests.tui.driver import review


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("?", "question_mark"),
        ("x", "x"),
        ("X", "X"),
        ("ä", "ä"),
        (",", "comma"),
        ("(", "("),
        ("Ctrl-D", "ctrl+d"),
        ("ctrl+d", "ctrl+d"),
        ("Space", "space"),
        (" ", "space"),
        ("PgDn", "pagedown"),
        ("Shift-Tab", "shift+tab"),
        ("f5", "f5"),
        ("F5", "f5"),
        ("Ctrl-Home", "ctrl+home"),
        ("alt+x", "alt+x"),
        ("less_than_sign", "less_than_sign"),
        ("<", "less_than_sign"),
        ("-", "minus"),
        ("+", "plus"),
        ("", None),
        ("xx", None),
        ("ctrl", None),
        ("hyper+x", None),
        ("shift+x", None),
        ("<ignore>", None),
        ("\x1b", None),
    ],
)
def test_names_of_keys(written: str, name: str | None) -> None:
    assert parse(written) == name


@pytest.mark.parametrize("key", sorted({key for command in COMMANDS for key in command.keys}))
def test_every_key_of_the_registry_can_be_written_as_it_is_shown(key: str) -> None:
    assert parse(key_name(key)) == key
    assert parse(key) == key


def test_every_key_that_can_be_written_is_one_to_textual() -> None:
    characters = [chr(code) for code in range(0x20, 0x7F)] + list("äßñ€")
    names = ["Space", "Esc", "F12", "Ctrl-X", "Ctrl-PgDn", "Alt-x", "Shift-Up", "Shift-Tab"]
    for name in characters + names:
        key = parse(name)
        assert key is not None
        made = Keymap({"undo": (key,)})
        (binding,) = Binding.make_bindings([Binding(made["undo"].keys[0], "")])
        assert binding.key == (_character_to_key(name) if len(name) == 1 else key)


def test_named_keys_are_textuals() -> None:
    assert {key.value for key in Keys} >= keymap_module._NAMED


@given(st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=8) | st.lists(st.text())))
def test_any_table_gives_a_keymap_without_clashes(table: dict[str, object]) -> None:
    keymap, problems = read(table)
    assert not list(keymap.clashes())
    assert len(problems) >= len(table.keys() - {command.id for command in COMMANDS})


IDS = st.sampled_from([command.id for command in COMMANDS])
KEYS = st.sampled_from(["x", "j", "ctrl+d", "Space", "Esc", "Enter", "?", "nope", "F2"])


@given(st.dictionaries(IDS, st.lists(KEYS, max_size=2), max_size=6))
def test_clashes_leave_the_defaults_of_whom_they_are_about(table: dict[str, list[str]]) -> None:
    keymap, problems = read(table)
    assert not list(keymap.clashes())
    for id_, keys in table.items():
        if id_ not in keymap.changed:
            assert any(id_ in problem for problem in problems), (id_, keys, problems)


def test_what_is_wrong_is_said_and_the_rest_holds() -> None:
    keymap, problems = read(
        {
            "thread.nxt": "x",
            "undo": "backspace-key",
            "thread.resolve": "c",
            "comment.reply": ["F7", "F8"],
            "composer.send": "x",
            "outline.open": "Ctrl-I",
            "leave": 5,
            "draft.list": [],
        }
    )
    assert problems == [
        "there is no command 'thread.nxt' (is it thread.next?)",
        "undo: there is no key 'backspace-key'",
        "composer.send: x is a letter that is typed there",
        "outline.open: Ctrl-I is Tab to a terminal",
        "leave: keys are a string or a list of strings",
        "c cannot be both comment.new and thread.resolve",
    ] or problems == [*problems[:5], "c cannot be both thread.resolve and comment.new"]
    assert keymap.changed == {"comment.reply": ("f7", "f8"), "draft.list": ()}


def test_keys_can_be_swapped() -> None:
    keymap, problems = read({"move.down": "k", "move.up": "j"})
    assert not problems
    assert (keymap.key("move.down"), keymap.key("move.up")) == ("k", "j")


CHOSEN, _ = read(
    {
        "thread.next": "f4",
        "comment.reply": ["Ctrl-R"],
        "move.down": "k",
        "move.up": "j",
        "composer.send": "Ctrl-E",
        "composer.newline": "Enter",
        "cursor.word-end": "E",
        "comment.outside": "f6",
        "help.open": "f1",
        "palette.open": [],
    }
)


async def test_chosen_keys_act_and_the_old_ones_do_not() -> None:
    async with review(app={"keymap": CHOSEN}) as driver:
        await driver.press("n")
        assert driver.screen.work.jumps.back(0) is None  # nothing was jumped to
        await driver.press("k", "k")
        down = driver.screen.document.cursor
        await driver.press("j")
        assert 0 < driver.screen.document.cursor < down
        await driver.press("f4", "f4")
        assert driver.screen.current == "01D"
        await driver.press("r")
        assert not driver.screen.writing.is_open
        await driver.press("ctrl+r")
        await driver.type("one")
        await driver.press("enter")
        await driver.type("two")
        await driver.press("ctrl+e")
        sent = [c.fields["content"] for c in driver.desk.log if isinstance(c, Add)]
        assert sent == ["one\ntwo"]


async def test_a_sibling_on_the_same_key_keeps_it() -> None:
    async with review(app={"keymap": CHOSEN}) as driver:
        await driver.press("/")
        await driver.type("production")
        await driver.press("enter")
        first = driver.screen.document.cursor
        await driver.press("n")  # the next match, though no longer the next thread
        assert driver.screen.document.cursor != first


async def test_footer_help_and_messages_name_the_chosen_keys() -> None:
    async with review(app={"keymap": CHOSEN}) as driver:
        footer = driver.text.splitlines()[-1]
        assert footer.endswith("F1 help")
        assert "k/j move" in footer
        assert "F4/p thread" in footer
        assert "commands" not in footer  # which have no key any more
        await driver.press("ctrl+r")
        await driver.wait(lambda: "No thread here" in driver.toast or driver.screen.writing.is_open)
        await driver.press("escape", "?")
        assert driver.app.screen is driver.screen
        await driver.press("f1")
        await driver.type("ctrl-r")
        assert driver.has("Ctrl-R", "Reply")


async def test_complaints_are_shown_at_the_start() -> None:
    async with review(app={"complaints": ["config.toml: there is no command 'x'"]}) as driver:
        assert "config.toml: there is no command 'x'" in driver.toast
        await driver.press("!")
        assert driver.has("there is no command 'x'")


def test_without_chosen_keys_nothing_changes() -> None:
    assert Keymap().commands == COMMANDS
