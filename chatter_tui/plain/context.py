"""State shared by the typed commands: the review, the current comment, and the output."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from chatter_tui.tui.text import safe, safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chatter_tui.blocks.threads import Thread
    from chatter_tui.controller.commands import Command
    from chatter_tui.controller.events import Peer
    from chatter_tui.tui.model.drafts import Draft
    from chatter_tui.tui.model.model import Model
    from chatter_tui.tui.model.outbox import Change
    from chatter_tui.tui.workspace import Workspace


@dataclass(slots=True)
class Context:
    """A review in plain mode.

    `out` prints one line. `current` is the comment read last, to which replies go. `confirm` runs on a
    `yes` on the next line. `asked` counts unanswered questions to the session.
    """

    work: Workspace
    out: Callable[[str], None]
    current: str | None = None
    confirm: Callable[[], None] | None = None
    left: bool = False
    asked: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)
    _ids: dict[int, str] = field(default_factory=dict)
    _count: count[int] = field(default_factory=lambda: count(1))

    @property
    def model(self) -> Model:
        """The review."""
        return self.work.model

    def say(self, *lines: str) -> None:
        """Print lines, made safe for the terminal."""
        for line in lines:
            for part in safe(line).split("\n"):
                self.out(safe_line(part))

    def number(self, id_: str) -> int:
        """The permanent number of a comment."""
        if id_ not in self._numbers:
            self._numbers[id_] = next(self._count)
            self._ids[self._numbers[id_]] = id_
        return self._numbers[id_]

    def number_all(self) -> None:
        """Number all comments, in display order."""
        for root in self.model.threads.roots:
            for _, thread in root.walk():
                self.number(thread.block.id)

    def find(self, number: str) -> Thread | None:
        """The comment with a number; prints a message if there is none."""
        words = number.lstrip("#")
        id_ = self._ids.get(int(words)) if words.isascii() and words.isdecimal() else None
        if id_ is None or id_ not in self.model.threads.blocks:
            self.say(f"There is no comment {number}: threads lists them with their numbers.")
            return None
        return self.model.threads[id_]

    def current_thread(self) -> Thread | None:
        """The current comment; prints a message if there is none."""
        if self.current is not None and self.current in self.model.threads.blocks:
            return self.model.threads[self.current]
        self.say("No comment has been read yet: next thread reads one.")
        return None

    def person(self, name: str) -> Peer | None:
        """The peer with a name; prints a message if there is none."""
        if not name:
            self.say("Who? Give the name after the command.")
            return None
        everybody = self.model.peers.values()
        found = [p for p in everybody if p.name.casefold() == name.casefold()]
        if not found:
            self.say(f"Nobody here is called {name}: people lists everybody.")
        return found[0] if found else None

    def inquire(self, question: Command) -> None:
        """Send a question to the session; further input waits for the answer."""
        self.asked += 1
        self.work.submit(question)

    def change(self, id_: str, change: Change, draft: Draft | None = None) -> None:
        """Send a change to a block."""
        self.work.change(id_, change, draft)
        if self.model.link.transport is None:
            self.say("You are offline: it will be sent when you reconnect.")

    def ask(self, question: str, then: Callable[[], None]) -> None:
        """Ask for confirmation before something that cannot be undone."""
        self.confirm = then
        self.say(f"{question} Type yes to do it.")

    def list(self, lines: Iterable[str], empty: str) -> None:
        """Print lines, or `empty` if there are none."""
        found = list(lines)
        self.say(*(found or [empty]))
