"""Navigation: threads, panes, search, the outline, back and forward."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.tui.model.outline import outline, place_of
from chatter_tui.tui.model.rows import shown
from chatter_tui.tui.model.search import Search

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.screens.review import Pane, ReviewScreen


class Navigation:
    """The commands of the group Move, and of the panes."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work
        self._seen = -1  # the document's cursor when a thread was last chosen

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {
            "thread.next": self._next_thread,
            "thread.previous": self._previous_thread,
            "thread.unread": self._next_unread,
            "thread.fold": self._fold,
            "thread.show-resolved": self._show_resolved,
            "pane.cross": self._cross,
            "pane.next": self._next_pane,
            "pane.previous": self._previous_pane,
            "pane.document": self._document_pane,
            "pane.threads": self._threads_pane,
            "people.open": self._people_pane,
            "jump.back": self._back,
            "jump.forward": self._forward,
            "outline.open": self._outline,
            "escape": self._escape,
            "repaint": self._repaint,
        }

    def jump(self, offset: int) -> None:
        """Go to an offset in the document, remembering the current one for going back."""
        self._work.jumps.leave(self._screen.document.cursor)
        self._screen.document.reveal(offset)

    def stay(self) -> None:
        """Note that a thread was chosen, so the document's cursor does not select another one."""
        self._seen = self._screen.document.cursor

    def follow_cursor(self) -> None:
        """Make the thread at the document's cursor the current one.

        The current position counts, since a message about an earlier move may be late.
        """
        offset = self._screen.document.cursor
        if offset == self._seen:
            return
        self._seen = offset
        model, current = self._work.model, self._screen.current
        root = None if current is None else model.threads.root_of(current).block.id
        marks = [m for m in self._screen.document.marks_at(offset) if m.id in model.threads.blocks]
        # Of nested marks, the shortest one counts.
        for mark in sorted(marks, key=lambda mark: (mark.end - mark.start, mark.id != root)):
            if mark.id == root:
                return
            if shown(model, self._work.view, model.threads[mark.id]):
                self._screen.select(mark.id, reveal=False)
                return

    # Threads

    async def _next_thread(self) -> None:
        self._step_thread(1)

    async def _previous_thread(self) -> None:
        self._step_thread(-1)

    def _step_thread(self, by: int) -> None:
        screen, model = self._screen, self._work.model
        roots = [root for root in model.threads.roots if shown(model, self._work.view, root)]
        if not roots:
            screen.sessions.tell_none("There are no threads to go to.")
            return
        ids = [root.block.id for root in roots]
        current = screen.current
        at = model.threads.root_of(current).block.id if current is not None else ""
        if screen.document.has_focus and not (at in ids and self.is_here(at)):
            # Without a current thread, the next one follows the cursor in the text.
            cursor = screen.document.cursor
            starts = [root.location.start if root.location else -1 for root in roots]
            after = [i for i, start in enumerate(starts) if start > cursor]
            before = [i for i, start in enumerate(starts) if 0 <= start < cursor]
            index = (after[0] if after else 0) if by > 0 else (before[-1] if before else -1)
        else:
            index = ids.index(at) + by if at in ids else 0
        self._work.jumps.leave(screen.document.cursor)
        screen.select(ids[index % len(ids)])

    def is_here(self, id_: str) -> bool:
        """Return whether a root's text is at the document's cursor, or has no place."""
        root = self._work.model.threads[id_]
        return root.location is None or _covers(root, self._screen.document.cursor)

    async def _next_unread(self) -> None:
        screen, model = self._screen, self._work.model
        order = [t.block.id for root in model.threads.roots for _, t in root.walk()]
        at = order.index(screen.current) if screen.current in order else 0
        unread = [id_ for id_ in order[at:] + order[:at] if id_ in model.unread.ids]
        if not unread:
            screen.sessions.tell_none("Nothing unread.")
            return
        self.uncover(unread[0])
        self._work.jumps.leave(screen.document.cursor)
        model.mark_read(unread[:1])
        screen.show_threads({unread[0]})
        screen.select(unread[0])
        if screen.hides_cards:
            screen.go_pane("threads")  # so that what is marked read is visible

    def uncover(self, id_: str) -> None:
        """Make a block's card visible, changing the filter and unfolding as needed."""
        work = self._work
        root = work.model.threads.root_of(id_)
        if not shown(work.model, work.view, root):
            work.view.filter = "all"
            work.view.resolved = work.view.resolved or root.block.status == "resolved"
        if root.block.id != id_ and work.view.is_folded(root):
            work.view.folded ^= {root.block.id}

    async def _fold(self) -> None:
        current = self._screen.current
        if current is None:
            return
        thread = self._work.model.threads.root_of(current)
        root = thread.block.id
        has_replies = any(reply.block.type != "reaction" for reply in thread.replies)
        if not has_replies and root not in self._work.view.folded:
            self._screen.sessions.tell("It has no replies to fold.")
            return
        self._work.view.folded ^= {root}
        self._screen.threads.go(root)
        self._screen.show_threads({root})

    async def _show_resolved(self) -> None:
        self._work.view.resolved = not self._work.view.resolved
        self._screen.show_threads()
        shown_or_hidden = "shown" if self._work.view.resolved else "hidden"
        self._screen.sessions.tell(f"Resolved threads are {shown_or_hidden}.")

    # Panes

    async def _cross(self) -> None:
        screen = self._screen
        if screen.pane == "people":
            peer = self._work.model.peers.get(screen.people.cursor)
            place = place_of(self._work.model, peer.section, peer.block) if peer else None
            if place is not None:
                self.jump(place)
                screen.go_pane("document")
            return
        if screen.pane == "threads" and screen.current is not None:
            screen.select(screen.current)
        screen.go_pane("document" if screen.pane == "threads" else "threads")

    async def _next_pane(self) -> None:
        self._turn(1)

    async def _previous_pane(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        panes: list[Pane] = ["document", "threads", "people"]
        self._screen.go_pane(panes[(panes.index(self._screen.pane) + by) % len(panes)])

    async def _document_pane(self) -> None:
        self._open("document")

    async def _threads_pane(self) -> None:
        self._open("threads")

    async def _people_pane(self) -> None:
        self._open("people")

    def _open(self, pane: Pane) -> None:
        screen = self._screen
        is_alone = screen.has_class("-zoom") or screen.has_class("-narrow")
        screen.set_class(screen.pane == pane and not is_alone, "-zoom")
        screen.go_pane(pane)

    # Elsewhere in the document

    async def _back(self) -> None:
        self._go(self._work.jumps.back(self._screen.document.cursor))

    async def _forward(self) -> None:
        self._go(self._work.jumps.forward(self._screen.document.cursor))

    def _go(self, place: int | None) -> None:
        if place is not None:
            self._screen.document.reveal(place)

    async def _outline(self) -> None:
        from chatter_tui.tui.screens.finder import Entry, FinderScreen  # noqa: PLC0415 - on demand

        work = self._work
        entries, at = [], ""
        here = work.model.document.section_at(self._screen.document.cursor)
        for section in outline(work.model):
            heading = section.heading
            counts = [f"{section.open} open"] if section.open else []
            counts += [f"{work.signs.unread}{section.unread}"] if section.unread else []
            people = f"{work.signs.online} {', '.join(section.people)}" if section.people else ""
            label = "  " * (heading.level - 1) + (heading.text or "(empty heading)")
            entries.append(Entry(str(heading.start), label, people, right=" ".join(counts)))
            at = str(heading.start) if heading == here else at
        screen = FinderScreen("Outline", entries, at, "The document has no headings.")
        await self._screen.app.push_screen(screen, self._chose_section)

    def _chose_section(self, chosen: str | None) -> None:
        if chosen is not None:
            self.jump(int(chosen))
            self._screen.go_pane("document")

    async def _escape(self) -> None:
        if self._screen.writing.escape():
            return
        if self._work.search:
            self._work.search = Search()
        elif self._screen.attaching.escape():
            pass
        elif self._work.view.filter != "all":
            self._work.view.filter = "all"
            self._screen.show_threads()
        elif self._screen.has_class("-zoom") and not self._screen.has_class("-narrow"):
            self._screen.remove_class("-zoom")
        elif self._screen.pane != "document":
            self._screen.go_pane("document")
        else:
            self._screen.welcomed()
        self._screen.bars.update()

    async def _repaint(self) -> None:
        self._screen.app.refresh(repaint=True, layout=True)


def _covers(root: Thread, offset: int) -> bool:
    return root.location is not None and root.location.start <= offset < max(
        root.location.end, root.location.start + 1
    )
