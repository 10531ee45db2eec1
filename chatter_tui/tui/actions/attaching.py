"""Reattach threads: to where their text moved, or to selected text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.blocks.anchors import make_anchor
from chatter_tui.controller.commands import Anchor
from chatter_tui.tui.model.notices import excerpt
from chatter_tui.tui.model.rights import attach_refusal
from chatter_tui.tui.screens.choice import ChoiceScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chatter_tui.blocks import Location
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.screens.review import ReviewScreen


class Attaching:
    """The command that reattaches a thread, and the thread that waits for its new place."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work
        self._waiting: str | None = None

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {"thread.attach": self._attach}

    @property
    def waits(self) -> bool:
        """Whether the user is choosing a new place for a thread."""
        return self._waiting is not None and self._waiting in self._work.model.threads.blocks

    def escape(self) -> bool:
        """Leave the thread where it is; return False if none waits."""
        waited, self._waiting = self.waits, None
        if waited:
            self._screen.sessions.tell("It stays where it is.")
        return waited

    async def _attach(self) -> None:
        if self.waits and self._waiting is not None and self._screen.pane == "document":
            self._attach_here(self._waiting)
            return
        model, current, tell = self._work.model, self._screen.current, self._screen.sessions.tell
        if current is None:
            self._screen.acting.nowhere()
            return
        root = model.threads.root_of(current)
        if (reason := attach_refusal(model, root.block)) is not None:
            tell(reason, "warning")
        elif (place := model.offers.of(model.document, root)) is not None:
            await self._offer(root, place)
        else:
            self._wait_for_place(root.block.id)

    async def _offer(self, root: Thread, place: Location) -> None:
        """Show where the text seems to be, and let the user confirm or choose another place."""
        document, id_ = self._work.model.document, root.block.id
        self._screen.navigation.jump(place.start)
        section = document.section_at(place.start)
        where = f" under “{section.text}”" if section is not None else ""
        words = excerpt(document.text[place.start : place.end])
        answers = {"y": f"to “{words}”{where}", "s": "to words that I select"}

        def answered(key: str | None) -> None:
            if key == "y" and document is self._work.model.document:
                self._attach_to(id_, place.start, place.end)
            elif key == "y":
                self._screen.sessions.tell("The document has changed: look again.", "warning")
            elif key == "s":
                self._wait_for_place(id_)

        text = excerpt(root.block.content, 200)
        await self._screen.app.push_screen(ChoiceScreen("Attach it?", answers, text), answered)

    def _wait_for_place(self, id_: str) -> None:
        self._waiting = id_
        self._screen.go_pane("document")
        select, attach, back = map(
            self._work.keymap.key, ("select.words", "thread.attach", "escape")
        )
        words = excerpt(self._work.model.threads.blocks[id_].content, 20)  # fits into 80 columns
        self._screen.sessions.tell(
            f"{select} selects where “{words}” belongs, {attach} attaches it, {back} leaves it."
        )

    def _attach_here(self, id_: str) -> None:
        start, end = self._screen.writing.span("comment")
        if start == end:
            self._screen.sessions.tell("There is no text here to attach it to.")
            return
        if not self._screen.writing.is_quotable("comment", start, end):
            return
        self._waiting = None
        self._screen.document.deselect()
        self._attach_to(id_, start, end)

    def _attach_to(self, id_: str, start: int, end: int) -> None:
        if id_ not in self._work.model.threads.blocks:
            self._screen.sessions.tell("The thread is gone.", "warning")
            return
        self._work.change(id_, Anchor(id_, make_anchor(self._work.model.document, start, end)))
        undo = self._work.keymap.key("undo")
        self._screen.sessions.tell(f"Attached: {undo} undoes it.")
        self._screen.select(id_)
        self._screen.bars.update()
