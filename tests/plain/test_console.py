"""The loop of plain mode: what was typed is dealt with in order, whatever ends it."""

from __future__ import annotations

import io
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from chatter_tui.controller.commands import Add
from chatter_tui.controller.events import Acknowledged
from chatter_tui.plain import console
from chatter_tui.plain.console import Console
from chatter_tui.tui.model.drafts import MemoryDrafts
from chatter_tui.tui.model.unread import MemoryReadMarks
from tests.tui.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller.commands import Command
    from chatter_tui.controller.events import Event


class Slow(Desk):
    """A session that answers nothing by itself."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.hold = True
        self.asked = threading.Event()

    def submit(self, command: Command) -> None:
        super().submit(command)
        if isinstance(command, Add):
            self.asked.set()


@pytest.mark.parametrize(
    ("answers", "sent", "kept"),
    [
        (True, ["first", "second\nand more"], []),
        (False, ["first"], ["comment document\nsecond\nand more\n."]),
    ],
)
def test_what_was_typed_before_a_signal_is_done_or_kept(
    monkeypatch: pytest.MonkeyPatch, answers: bool, sent: list[str], kept: list[str]
) -> None:
    monkeypatch.setattr(console, "on_signals", lambda _: None)
    monkeypatch.setattr(console, "PATIENCE", 5.0 if answers else 0.2)
    typed = "comment document first\ncomment document\nsecond\nand more\n.\n"
    desks: list[Slow] = []
    over = threading.Event()

    class Typed(io.StringIO):
        def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
            if line := super().readline(size):
                return line
            assert desks[0].asked.wait(10)
            review._items.put(signal.SIGTERM)
            if answers:
                desks[0].hold = False
                (first,) = desks[0].sent(Add)
                assert isinstance(first, Add)
                desks[0].emit(Acknowledged(str(first.fields["id"])))
            over.wait(10)
            return ""

    def open_session(tell: Callable[[Event], None]) -> Desk:
        desks.append(Slow(tell))
        return desks[0]

    drafts = MemoryDrafts()
    review = Console(open_session, drafts, MemoryReadMarks(), Typed(typed), io.StringIO())
    assert review.run() == 143
    over.set()
    adds = [command for command in desks[0].sent(Add) if isinstance(command, Add)]
    assert [command.fields["content"] for command in adds] == sent
    assert [draft.text for draft in drafts.all()] == kept
