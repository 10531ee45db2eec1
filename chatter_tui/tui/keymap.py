"""The user's key bindings for the registry's commands, and errors in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

from chatter_tui.tui.commands import BY_ID, COMMANDS, KEY_NAMES, key_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatter_tui.tui.commands import Command

Keyed = tuple[str, ...]

# Parts of the screen that share keys: in each of these, a key must have one meaning.
_PLACES: Final = {
    "document": {"panes", "document", "anywhere"},
    "threads": {"panes", "threads", "anywhere"},
    "people": {"panes", "people", "anywhere"},
    "composer": {"composer"},
}
WHILE_TYPING: Final = {"leave", "palette.open"}  # commands available everywhere, even while typing
# Keys that terminals cannot distinguish from another.
_SAME: Final = {"ctrl+i": "Tab", "ctrl+m": "Enter", "ctrl+h": "Backspace"}
_NAMES: Final = {" ": "space"} | {shown.casefold(): name for name, shown in KEY_NAMES.items()}
_MODIFIERS: Final = ("ctrl", "alt", "shift")
_NAMED: Final = {
    *("escape", "enter", "tab", "space", "backspace", "insert", "delete"),
    *("home", "end", "pageup", "pagedown", "up", "down", "left", "right"),
    *(f"f{number}" for number in range(1, 25)),
}


class Keymap:
    """All commands with their current keys; `changed` are the user's own, by command id."""

    def __init__(self, changed: Mapping[str, Keyed] | None = None) -> None:
        self.changed = dict(changed or {})
        self.commands = tuple(
            replace(command, keys=self.changed.get(command.id, command.keys))
            for command in COMMANDS
        )
        self._by_id = {command.id: command for command in self.commands}

    def __getitem__(self, id_: str) -> Command:
        return self._by_id[id_]

    def key(self, id_: str) -> str:
        """Return a command's key for display, or its name if it has none."""
        command = self._by_id[id_]
        return key_name(command.keys[0]) if command.keys else f"“{command.title}”"

    def hint(self, id_: str, word: str = "", *, typing: bool = False) -> str:
        """Return the footer's text for a command, `n/p thread`; empty if it has no key or word.

        `word` replaces the command's own. While `typing`, only keys that write nothing count.
        """
        command = self._by_id[id_]
        usable = [key for key in command.keys if not (typing and printable(key))]
        keys = [key_name(usable[0])] if usable and command.hint else []
        if keys and command.beside and (other := self._by_id[command.beside]).keys:
            keys.append(key_name(other.keys[0]))
        return f"{'/'.join(keys)} {word or command.hint}" if keys else ""

    def clashes(self) -> Iterator[tuple[str, str, str]]:
        """Yield keys with two meanings at once, and the ids of the two commands."""
        seen = set()
        for place, parts in _PLACES.items():
            heard: dict[str, list[str]] = {}
            for command in self.commands:
                if command.where in parts or (place == "composer" and command.id in WHILE_TYPING):
                    for key in command.keys:
                        heard.setdefault(key, []).append(command.id)
            for key, ids in heard.items():
                for pair in combinations(ids, 2):
                    if (key, pair) not in seen and frozenset(pair) not in _SHARED:
                        seen.add((key, pair))
                        yield key, *pair


# Commands that can share keys, because only one of them is possible at a time: a match or a thread,
# the end of a word or a comment to edit, people or a comment.
_SHARED: Final = frozenset(
    map(
        frozenset,
        [
            ("search.next", "thread.next"),
            ("cursor.word-end", "comment.edit"),
            ("select.end", "escape"),
            ("comment.react", "people.raise"),
        ],
    )
)


def read(table: Mapping[str, object]) -> tuple[Keymap, list[str]]:
    """Return the keymap for a table of command ids and keys, and the problems in it.

    Invalid entries are ignored: the default keys are kept.
    """
    problems: list[str] = []
    changed: dict[str, Keyed] = {}
    for id_, value in table.items():
        if id_ not in BY_ID:
            problems.append(f"there is no command {id_!r}{_likely(id_)}")
            continue
        keys, wrong = _keys(BY_ID[id_], value)
        problems += wrong
        if not wrong:
            changed[id_] = keys
    while clashes := list(Keymap(changed).clashes()):
        for key, *ids in clashes:
            problems.append(f"{key_name(key)} cannot be both {ids[0]} and {ids[1]}")
            for id_ in ids:
                changed.pop(id_, None)
    return Keymap(changed), problems


def _keys(command: Command, value: object) -> tuple[Keyed, list[str]]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(key, str) for key in listed):
        return (), [f"{command.id}: keys are a string or a list of strings"]
    keys, problems = list[str](), list[str]()
    for name in listed:
        key = parse(name)
        if key is None:
            problems.append(f"{command.id}: there is no key {name!r}")
        elif key in _SAME:
            problems.append(f"{command.id}: {key_name(key)} is {_SAME[key]} to a terminal")
        elif command.where == "composer" and len(printable(key)) == 1:
            problems.append(f"{command.id}: {key_name(key)} is a letter that is typed there")
        elif key not in keys:
            keys.append(key)
    return tuple(keys), problems


def parse(name: str) -> str | None:
    """Return Textual's name of a key written as displayed (`Ctrl-D`, `?`, `PgDn`) or as in Textual."""
    if len(name) == 1:
        return _NAMES.get(name, name if name.isprintable() else None)
    *modifiers, key = name.replace("+", "-").casefold().split("-")
    key = _NAMES.get(key, key)
    if not all(modifier in _MODIFIERS for modifier in modifiers):
        return None
    if modifiers == ["shift"] and len(key) == 1:
        return None  # a capital is a key of its own
    if key not in _NAMED and not (modifiers and len(key) == 1 and key.isalnum()):
        return key if not modifiers and key in KEY_NAMES else None
    return "+".join([*modifiers, key])


def printable(key: str) -> str:
    """Return the character that a key writes, or an empty string."""
    if len(key) == 1:
        return key
    shown = KEY_NAMES.get(key, "")
    return " " if key == "space" else shown if len(shown) == 1 and shown not in "↓↑←→" else ""


def _likely(id_: str) -> str:
    """Return a question with the id that was probably meant, if there is a similar one."""
    words = Counter(id_.casefold())
    best = max(COMMANDS, key=lambda command: (words & Counter(command.id)).total())
    alike = (words & Counter(best.id)).total() >= 0.8 * max(len(id_), len(best.id))
    return f" (is it {best.id}?)" if alike else ""
