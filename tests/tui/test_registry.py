"""The registry of commands is what the keys, the footer, the help and the documents say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.binding import Binding

from chatter_tui.authority import Role
from chatter_tui.tui.actions.finding import FILTERS
from chatter_tui.tui.commands import (
    BY_ID,
    COMMANDS,
    DECIDERS,
    EVERYONE,
    OWNER,
    WRITERS,
    commands_in,
)
from chatter_tui.tui.document.view import DocumentView
from chatter_tui.tui.keymap import Keymap
from chatter_tui.tui.screens.finder import Entry, EntryList, FinderScreen
from chatter_tui.tui.screens.help import help_screen
from chatter_tui.tui.signs import UNICODE
from chatter_tui.tui.widgets.cardlist import CardList
from chatter_tui.tui.widgets.composer import Composer
from scripts.keys import table
from tests.tui.desk import BLOCKS
from tests.tui.driver import Driver, review

ROOT = Path(__file__).resolve().parents[2]
RESERVED = {"ctrl+s", "ctrl+q", "ctrl+a", "ctrl+b"}


def bound(widget: type[DocumentView | CardList[object] | Composer]) -> dict[str, str]:  # type: ignore[type-var]
    return {
        binding.id: binding.key
        for binding in widget.BINDINGS
        if isinstance(binding, Binding) and binding.id is not None
    }


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(COMMANDS)


def test_the_document_pane_binds_the_keys_of_the_registry() -> None:
    keys = bound(DocumentView)
    expected = {c.id: ",".join(c.keys) for c in (*commands_in("panes"), *commands_in("document"))}
    assert keys == expected


def test_lists_and_composer_bind_the_keys_of_the_registry() -> None:
    assert bound(CardList) == {c.id: ",".join(c.keys) for c in commands_in("panes")}
    assert bound(Composer) == {c.id: ",".join(c.keys) for c in commands_in("composer")}


def test_no_key_does_two_things_at_once() -> None:
    assert list(Keymap().clashes()) == []


def test_no_key_that_terminals_and_multiplexers_keep() -> None:
    keys = {key for command in COMMANDS for key in command.keys}
    assert not keys & RESERVED
    assert not [key for key in keys if key.startswith(("alt+", "shift+")) and key != "shift+tab"]


async def test_every_command_runs_somewhere() -> None:
    async with review() as driver:
        for command in COMMANDS:
            if command.where in {"anywhere", "people"}:
                assert command.id in driver.screen.commands


def test_who_only_reads_sees_what_others_may() -> None:
    for command in COMMANDS:
        assert command.roles in {EVERYONE, WRITERS, DECIDERS, OWNER}


async def test_the_footer_never_drops_help() -> None:
    for width in (20, 60, 80, 200):
        async with review(size=(width, 24)) as driver:
            await driver.wait(lambda: driver.text.splitlines()[-1].endswith("? help"))


async def test_the_footer_says_what_can_be_done_where_one_is() -> None:
    async with review(size=(80, 24)) as driver:

        def footer() -> str:
            return driver.text.splitlines()[-1]

        assert "c comment  r reply  : commands" in footer()
        await driver.press("n", "2")
        assert "r reply  R resolve" in footer()
        assert "Enter text" in footer()
        await driver.press("4")
        assert "F follow" in footer()
        await driver.press("1", "slash")
        assert "Enter search  Esc close" in footer()
        await driver.press("escape")
    async with review(size=(60, 20)) as driver:
        await driver.press("C")
        last = driver.text.splitlines()[-1]
        assert "Enter send  Esc keep draft" in last  # rather than what is dispensable
        assert last.endswith("Ctrl-P commands")
        await driver.type("?")  # which is a letter there
        assert "? help" not in driver.text
        await driver.press("ctrl+p")
        assert driver.has("Commands")


async def test_windows_are_as_large_as_what_is_in_them() -> None:
    async with review() as driver:
        await driver.press("n", "y")
        assert driver.has("To the terminal's clipboard")
        await driver.press("escape", "o")
        assert driver.app.screen.query_one("#window").size.height < 15  # of 40 rows, for 3 sections


def test_filters_have_a_key_each() -> None:
    assert sorted(FILTERS) == sorted({"a", "o", "d", "u", "q", "s", "m", "i", "w"})


def test_the_documented_keys_are_these() -> None:
    assert (ROOT / "docs" / "keys.md").read_text() == table(), "run: python -m scripts.keys"


@pytest.mark.parametrize(
    ("words", "command"),
    [
        *(("outline", "outline.open"), ("search", "search.open"), ("$EDITOR", "comment.outside")),
        *(("clipboard", "copy.open"), ("remap", "keys.remap"), ("thread list", "pane.threads")),
        *(("JSON", "copy.open"), ("drafts", "draft.list"), ("unread", "thread.unread")),
        *(("resolve and reopen", "thread.resolve"), ("edit your comment", "comment.edit")),
        *(("follow", "people.follow"), ("filter", "filter.open"), ("undo", "undo")),
        ("invite", "invite.open"),
    ],
)
def test_the_words_people_search_for_find_a_command(words: str, command: str) -> None:
    entries = help_screen(Keymap(), Role.OWNER, UNICODE)._entries
    assert command in {entry.id for entry in entries if entry.matches(words.casefold().split())}


async def first_commands(driver: Driver, *keys: str) -> list[str]:
    """The commands at the top of the palette after some keys."""
    await driver.press(*keys, ":")
    entries = driver.app.screen.query_one(EntryList).items
    await driver.press("escape")
    return [entry.id for entry in entries[:4]]


async def test_the_palette_begins_with_what_is_likely_here() -> None:
    async with review(blocks=BLOCKS[:5]) as driver:
        assert (await first_commands(driver))[0] == "comment.new"
        deciding = ["suggestion.preview", "suggestion.accept", "suggestion.reject"]
        assert (await first_commands(driver, "n", "n"))[:3] == deciding
        assert (await first_commands(driver, "g", "v"))[:2] == ["comment.new", "suggestion.new"]
        assert "thread.resolve" in await first_commands(driver, "escape", "n", "2")
        assert (await first_commands(driver, "4"))[0] == "people.follow"
        await driver.press(":")
        await driver.type("invites")  # a name in full, among others that speak of it
        assert driver.app.screen.query_one(EntryList).cursor == "invite.list"
    async with review(role="viewer", name="me") as driver:
        await driver.press(":")
        entries = [entry.id for entry in driver.app.screen.query_one(EntryList).items]
        assert entries.index("search.open") < entries.index("comment.new")


async def test_a_long_entry_shows_whole_without_an_empty_row() -> None:
    async with review() as driver:
        entries = [Entry("1", "a long message " * 12), Entry("2", "the next")]
        driver.app.push_screen(FinderScreen("Event log", entries))
        await driver.wait(lambda: driver.has("the next"))
        shown = [line.strip("│ ") for line in driver.text.splitlines() if "│" in line]
        at = next(i for i, line in enumerate(shown) if "the next" in line)
        assert "a long message" in shown[at - 1]


async def test_enter_in_the_help_runs_what_is_chosen() -> None:
    async with review() as driver:
        for pane in "12":
            await driver.press(pane, "?")
            await driver.type("to the last line")
            await driver.press("enter")
        document, threads = driver.screen.document, driver.screen.threads
        assert document.cursor > 0
        assert threads.cursor == "01F"
        await driver.press("?")
        await driver.type("insert a line break")
        await driver.press("enter")
        assert "start writing first" in driver.toast
        await driver.press("?")
        await driver.type("remap")
        await driver.press("enter")
        assert "Your keys go into [keys] of" in driver.toast


def test_hints_name_the_keys_they_have() -> None:
    for command in COMMANDS:
        hint = Keymap().hint(command.id)
        assert bool(hint) == bool(command.hint)
        if hint:
            assert hint.split()[0].split("/")[0] in command.shown_keys.split()
            assert re.fullmatch(r"\S+ \S.*", hint)
