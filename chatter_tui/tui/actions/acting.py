"""Acting on the current comment: resolve, delete, react, mark as read, and undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.controller.commands import Add, Delete, Resolve
from chatter_tui.tui.model.notices import excerpt
from chatter_tui.tui.model.rights import comes_back, delete_refusal
from chatter_tui.tui.model.undo import Stays
from chatter_tui.tui.screens.choice import ChoiceScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chatter_tui.tui.screens.review import ReviewScreen

NOT_SHOWN: Final = "What you have sent is not shown yet: try again in a moment."
_REACTIONS: Final = {"+": "+1", "-": "-1", "a": "agree", "d": "disagree"}


class Acting:
    """The commands that act on comments without writing text."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {
            "comment.delete": self._delete,
            "comment.react": self._react,
            "thread.resolve": self._resolve,
            "thread.read": self._mark_read,
            "thread.read-all": self._mark_all_read,
            "undo": self._undo,
        }

    def nowhere(self) -> None:
        """Say that there is no current comment."""
        key = self._work.keymap.key("thread.next")
        self._screen.sessions.tell(f"No thread here: {key} goes to the next one.")

    async def _resolve(self) -> None:
        current = self._screen.current
        if current is None:
            self.nowhere()
            return
        root = self._work.model.threads.root_of(current).block
        if not await self._is_told(root.id):
            return
        root = self._work.model.threads.blocks.get(root.id, root)
        resolves = root.status == "open"
        self._work.change(root.id, Resolve(root.id, resolves))
        self._screen.threads.touch([root.id])
        if self._screen.hides_cards:  # otherwise nothing shows which thread it was
            done, key = "Resolved" if resolves else "Reopened", self._work.keymap.key("undo")
            self._screen.sessions.tell(f"{done} “{excerpt(root.content)}”: {key} undoes it.")
        self._screen.bars.update()

    async def _is_told(self, id_: str) -> bool:
        """Return whether a block still exists, and is shown as the sent changes make it."""
        outbox = self._work.model.outbox
        if outbox.state(id_) == "pending" and not outbox.all_seen:
            self._work.ask()
            if not await self._work.catch_up(lambda: outbox.all_seen):
                self._screen.sessions.tell(NOT_SHOWN)
                return False
        return id_ in self._work.model.threads.blocks

    async def _delete(self) -> None:
        if (draft := self._screen.writing.rejected) is not None:
            await self._ask(
                "Drop the rejected text?", draft.text, lambda: self._screen.writing.drop(draft)
            )
            return
        current = self._screen.current
        if current is None:
            self.nowhere()
            return
        block = self._work.model.threads.blocks[current]
        if (reason := delete_refusal(self._work.model, block)) is not None:
            self._screen.sessions.tell(reason, "warning")
            return
        if comes_back(self._work.model, block):
            self._work.change(current, Delete(current))
            key = self._work.keymap.key("undo")
            words = excerpt(block.content)
            self._screen.sessions.tell(f"Deleted “{words}”: {key} undoes it.")
            return
        replies = sum(1 for _ in self._work.model.threads[current].walk()) - 1
        question = "Delete this?" if not replies else f"Delete this and {replies} below it?"
        await self._ask(
            question, block.content, lambda: self._work.change(current, Delete(current))
        )

    async def _ask(self, question: str, text: str, then: Callable[[], None]) -> None:
        def answered(key: str | None) -> None:
            if key == "y":
                then()

        choice = ChoiceScreen(question, {"y": "yes"}, excerpt(text))
        await self._screen.app.push_screen(choice, answered)

    async def _react(self) -> None:
        current = self._screen.current
        if current is None:
            self.nowhere()
            return

        given = {
            reply.block.content: reply.block.id
            for reply in self._work.model.threads[current].replies
            if reply.block.type == "reaction" and self._work.model.is_mine(reply.block)
        }

        def answered(key: str | None) -> None:
            if key is None:
                return
            if (before := given.get(_REACTIONS[key])) is not None:
                self._work.change(before, Delete(before))
                return
            id_ = self._work.new_id()
            fields = {"id": id_, "type": "reaction", "content": _REACTIONS[key]}
            self._work.change(id_, Add({**fields, "parent_id": current}))

        answers = {
            key: f"{sign} (remove)" if sign in given else sign for key, sign in _REACTIONS.items()
        }
        await self._screen.app.push_screen(ChoiceScreen("React", answers), answered)

    async def _mark_read(self) -> None:
        current, model = self._screen.current, self._work.model
        if current is None:
            return
        if not self._work.mark([current], read=current in model.unread.ids):
            self._screen.sessions.tell("Your own comments are never unread.")
        self._screen.show_threads({current})

    async def _mark_all_read(self) -> None:
        news = self._work.mark(tuple(self._work.model.unread.ids), read=True)
        self._screen.document.seen()
        self._screen.show_threads(news)
        self._screen.sessions.tell(f"{len(news)} marked read.")

    async def _undo(self) -> None:
        self._work.wish_undo()
        self.undo_due()
        if self._work.model.role is None and self._work.undos:
            self._screen.sessions.tell("It is undone once the session is there.")

    def undo_due(self) -> None:
        """Undo what was requested before it was known what that is."""
        while self._work.undo_due:
            self._take_back()

    def _take_back(self) -> None:
        try:
            undone = self._work.take_back()
        except Stays as stays:
            self._screen.sessions.tell(str(stays), "warning")
            return
        if undone is None:
            self._screen.sessions.tell("There is nothing to undo.")
            return
        if undone.marking is not None:
            self._screen.show_threads(undone.marking.ids)
        self._screen.threads.touch([c.id for c in undone.changes if not isinstance(c, Add)])
        self._screen.sessions.tell(f"Undone: {undone.what}.")
        self._screen.bars.update()
