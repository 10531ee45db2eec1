"""Lists from the registry and the log: help, command list, event log."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from chatter_tui.tui.clock import span
from chatter_tui.tui.screens.finder import Entry, FinderScreen

if TYPE_CHECKING:
    from collections.abc import Iterable, Reversible

    from chatter_tui.controller.events import Role
    from chatter_tui.tui.commands import Command
    from chatter_tui.tui.keymap import Keymap
    from chatter_tui.tui.model.notices import Notice
    from chatter_tui.tui.signs import Signs

STYLES = {"information": "", "warning": "unread", "error": "bad"}


def help_screen(keymap: Keymap, role: Role | None, signs: Signs) -> FinderScreen:
    """Return a list of all commands by group, in which those not allowed are marked."""
    entries: list[Entry] = []
    for group, commands in groupby(keymap.commands, key=lambda command: command.group):
        entries.append(Entry("", group))
        entries += [_entry(command, role, signs) for command in commands]
    return FinderScreen("Help", entries)


def palette_screen(commands: Iterable[Command], role: Role | None, signs: Signs) -> FinderScreen:
    """Return a list of commands to run, in the given order until the user types."""
    entries = [_entry(command, role, signs) for command in commands]
    return FinderScreen("Commands", entries, ranked=True)


def log_screen(log: Reversible[Notice], now: float) -> FinderScreen:
    """Return a list of the notices, latest first."""
    entries = [
        Entry(str(i), notice.text, right=span(now - notice.at), style=STYLES[notice.severity])
        for i, notice in enumerate(reversed(log))
    ]
    return FinderScreen("Event log", entries, empty="Nothing has happened yet.")


def _entry(command: Command, role: Role | None, signs: Signs) -> Entry:
    refused = role is not None and role not in command.roles
    right = f"not as {role}" if refused else ""
    keys = signs.keys(command.shown_keys)
    return Entry(command.id, command.title, command.help, keys, right)
