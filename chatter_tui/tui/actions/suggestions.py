"""Preview suggestions and decide on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.blocks.suggestions import decision_of
from chatter_tui.controller.commands import Accept, Reject
from chatter_tui.tui.model.drafts import Draft
from chatter_tui.tui.model.rights import decide_refusal, refusal, reject_refusal
from chatter_tui.tui.model.suggestions import explained, fit, fits
from chatter_tui.tui.screens.choice import ChoiceScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from chatter_tui.blocks.suggestions import Fit
    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.changes import Changes
    from chatter_tui.tui.screens.review import ReviewScreen


class Suggestions:
    """The commands about suggestions."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work
        self._taken: list[str] = []  # suggestions decided by the user and not reported yet

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {
            "suggestion.preview": self._preview,
            "suggestion.accept": self._accept,
            "suggestion.reject": self._reject,
            "suggestion.accept-all": self._accept_all,
        }

    def after(self, changes: Changes) -> None:
        """Say how to undo the decisions, once all have been made."""
        self._taken += [c.id for c in changes.taken if isinstance(c, Accept | Reject)]
        if self._taken and not self._work.model.outbox.deciding:
            taken, self._taken = self._taken, []
            undo = self._work.keymap.key("undo")
            what = "it" if len(taken) == 1 else f"all {len(taken)}"
            self._screen.sessions.tell(f"{self._outcome(taken)}: {undo} undoes {what}.")

    def _outcome(self, ids: Collection[str]) -> str:
        """Return the outcome shared by suggestions in one word, if there is one."""
        blocks = self._work.model.threads.blocks
        decisions = (decision_of(blocks[id_]) for id_ in ids if id_ in blocks)
        outcomes = {decision.outcome for decision in decisions if decision is not None}
        return outcomes.pop().capitalize() if len(outcomes) == 1 else "Decided"

    @property
    def _next(self) -> str:
        key = self._work.keymap.key
        if self._work.keymap["suggestion.next"].keys:
            return key("suggestion.next")
        return f"{key('kind.next')} then s"

    def _current(self) -> Thread | None:
        """Return the current suggestion, or that of the current thread.

        Shows a message if there is none.
        """
        current, model = self._screen.current, self._work.model
        if current is None:
            self._screen.sessions.tell(f"No suggestion here: {self._next} goes to one.")
            return None
        for thread in (model.threads[current], model.threads.root_of(current)):
            if thread.block.suggestion is not None:
                return thread
        self._screen.sessions.tell(f"This is not a suggestion: {self._next} goes to one.")
        return None

    async def _preview(self) -> None:
        thread = self._current()
        if thread is not None:
            await self._show(thread)

    async def _show(self, thread: Thread) -> None:
        """Open the preview; deciding there confirms what it shows."""
        from chatter_tui.tui.screens.preview import PreviewScreen  # noqa: PLC0415 - on demand

        id_, shown = thread.block.id, fit(self._work.model, thread)

        async def decided(command: str | None) -> None:
            threads = self._work.model.threads
            if command is None or id_ not in threads.blocks:
                return
            why_not = refusal(self._work.model, self._work.keymap[command])
            if why_not is not None:
                self._screen.sessions.tell(why_not, "warning")
            elif command == "suggestion.accept":
                await self._accept_this(threads[id_], shown)
            else:
                await self._reject_this(threads[id_])

        screen = PreviewScreen(self._work, thread, shown)
        await self._screen.app.push_screen(screen, decided)

    # Accepting

    async def _accept(self) -> None:
        thread = self._current()
        if thread is not None:
            await self._accept_this(thread, None)

    async def _accept_this(self, thread: Thread, seen: Fit | None) -> None:
        """Accept a suggestion, or show one that needs confirmation and is not as it was `seen`."""
        model, block = self._work.model, thread.block
        if self._is_settled(thread) or block.suggestion is None:
            return
        found = fit(model, thread)
        if found.state == "stale":
            text = explained(model, found)
            self._screen.sessions.tell(f"It cannot be accepted: {text}.", "warning")
        elif found.state in {"moved", "overlaps"} and found != seen:
            await self._show(thread)
        else:
            confirmed = found == seen
            accept = Accept(block.id, block.suggestion.replacement, confirmed=confirmed)
            model.mark_read([block.id])
            self._work.change(block.id, accept)
            self._screen.show_threads({block.id})

    async def _accept_all(self) -> None:
        model = self._work.model
        found = fits(model)
        apply = [block for block, fitting in found if fitting.state == "applies"]
        left = len(found) - len(apply)
        others = (
            f"{left} more moved, overlap or are stale: look at those one by one." if left else ""
        )
        if not apply:
            self._screen.sessions.tell(f"No suggestion applies. {others}".strip())
            return

        def answered(key: str | None) -> None:
            if key == "y":
                changes = [Accept(b.id, b.suggestion.replacement) for b in apply if b.suggestion]
                self._work.change_all(changes, f"accepted {number}")
                self._screen.threads.touch([block.id for block in apply])
                self._screen.bars.update()

        number = f"{len(apply)} suggestion{'s' if len(apply) > 1 else ''}"
        choice = ChoiceScreen("Accept all that apply?", {"y": f"accept {number}"}, others)
        await self._screen.app.push_screen(choice, answered)

    # Rejecting

    async def _reject(self) -> None:
        thread = self._current()
        if thread is not None:
            await self._reject_this(thread)

    async def _reject_this(self, thread: Thread) -> None:
        if (reason := reject_refusal(self._work.model, thread.block)) is not None:
            self._screen.sessions.tell(reason, "warning")
        elif not self._is_settled(thread):
            await self._screen.writing.begin(Draft("rejection", target=thread.block.id))

    def _is_settled(self, thread: Thread) -> bool:
        """Return whether it can no longer be decided; shows why."""
        reason = decide_refusal(self._work.model, thread.block)
        if reason is not None:
            self._screen.sessions.tell(reason)
        return reason is not None
