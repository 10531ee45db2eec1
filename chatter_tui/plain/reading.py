"""Read passages and threads, and search, in plain mode."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final, get_args

from chatter_tui.plain.passages import Passages
from chatter_tui.plain.words import summary, whole
from chatter_tui.tui.document.shift import Shift
from chatter_tui.tui.model.kinds import KINDS, list_of
from chatter_tui.tui.model.outline import outline
from chatter_tui.tui.model.rows import Filter, shown
from chatter_tui.tui.model.search import Search
from chatter_tui.tui.plural import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chatter_tui.blocks.threads import Thread
    from chatter_tui.plain.context import Context

FILTERS: Final[Mapping[str, Filter]] = {name.casefold(): name for name in get_args(Filter)}


class Reading:
    """The current position in the document, and the commands that change it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._text = ""
        self._passages = Passages(context.model.document)
        self._at = -1  # the number of the passage read last; -1 before the first
        self._search = Search()
        self.moved: Callable[[], None] = lambda: None  # called when the user moves
        self.selection: tuple[int, int] | None = None

    @property
    def commands(self) -> Mapping[str, Callable[[str], None]]:
        """The function for each command."""
        return {
            "lines.next": lambda _: self._step(1),
            "lines.previous": lambda _: self._step(-1),
            "lines.read": self._read,
            "lines.where": lambda _: self._where(),
            "move.first": lambda _: self._go(0),
            "move.last": lambda _: self._go(len(self._passages) - 1),
            "outline.open": self._outline,
            "search.open": self._find,
            "search.next": lambda _: self._match(1),
            "search.previous": lambda _: self._match(-1),
            "thread.next": lambda _: self._step_thread(1),
            "thread.previous": lambda _: self._step_thread(-1),
            "thread.unread": lambda _: self._unread(),
            "pane.threads": self._threads,
            "lines.go": self._go_thread,
            "pane.cross": lambda _: self._cross(),
            "select.words": self._select,
            **{f"{kind}.next": partial(self._next_of, kind) for kind in KINDS.values()},
        }

    @property
    def span(self) -> tuple[int, int]:
        """Return the source span for a new comment: the selection, or else the passage."""
        return self.selection or self._passages.span(max(self._at, 0))

    @property
    def start(self) -> int:
        """Return the offset of the passage read last."""
        return self._passages.span(max(self._at, 0))[0]

    def put(self, offset: int) -> list[str]:
        """Set the position without the user having moved; return what to print."""
        self._at = self._passages.at(offset)
        self.selection = None
        return list(self._aloud(self._at))

    def document_changed(self) -> None:
        """Keep the position after the text has changed."""
        new, old = self._context.model.document.text, self._text
        start = self._passages.span(self._at)[0] if self._at >= 0 else 0
        self._text = new
        self._passages = Passages(self._context.model.document)
        if self._at >= 0:
            self._at = self._passages.at(Shift(old, new)(start))
        self.selection = None

    # The document

    def _step(self, by: int) -> None:
        to = self._at + by
        if not 0 <= to < max(len(self._passages), 1):
            self._context.say("The end of the document." if by > 0 else "The beginning.")
        else:
            self._go(to)

    def _go(self, number: int) -> None:
        self._at = max(number, 0)
        self.selection = None
        self.moved()
        self._context.say(*self._aloud(self._at))

    def _aloud(self, number: int) -> Iterator[str]:
        yield from self._passages.lines(number)
        start, end = self._passages.reach(number)
        here = [
            self._context.number(root.block.id)
            for root in self._context.model.threads.roots
            if root.location is not None
            and start <= root.location.start < end
            and shown(self._context.model, self._context.work.view, root)
        ]
        if here:
            yield f"{'Thread' if len(here) == 1 else 'Threads'} here: {', '.join(map(str, here))}."

    def _read(self, argument: str) -> None:
        count = len(self._passages)
        if not argument:
            self._go(self._at)
        elif argument.isdecimal() and argument.isascii() and 0 < int(argument) <= count:
            self._go(int(argument) - 1)
        elif argument in ("all", "section"):
            first = max(self._at, 0)
            self._go(first)
            for number in range(first + 1, count):
                lines = list(self._aloud(number))
                if argument == "section" and lines[0].startswith("Heading "):
                    break
                self._at = number
                self._context.say(*lines)
            self.moved()
        else:
            self._context.say(f"Read what? A number from 1 to {count}, section, or all.")

    def _where(self) -> None:
        document = self._context.model.document
        if not len(self._passages):
            self._context.say("The document is empty.")
            return
        start = self._passages.span(max(self._at, 0))[0]
        section = document.section_at(start)
        under = f", under “{section.text}”" if section is not None else ""
        line = document.position(start)[0] + 1
        number = max(self._at, 0) + 1
        self._context.say(f"Passage {number} of {len(self._passages)}, line {line}{under}.")

    def _outline(self, argument: str) -> None:
        sections = outline(self._context.model)
        if argument:
            if argument.isdecimal() and argument.isascii() and 0 < int(argument) <= len(sections):
                self._go(self._passages.at(sections[int(argument) - 1].heading.start))
            else:
                self._context.say(f"There is no heading {argument}: outline lists them.")
            return
        lines = []
        for number, section in enumerate(sections, 1):
            parts = [f"{number}: level {section.heading.level}, {section.heading.text}"]
            parts += [f"{section.open} open"] if section.open else []
            parts += [f"{section.unread} unread"] if section.unread else []
            parts += [f"{', '.join(section.people)} here"] if section.people else []
            lines.append(", ".join(parts))
        self._context.list(lines, "The document has no headings.")

    def _select(self, argument: str) -> None:
        if not argument:
            self.selection = None
            self._context.say("Nothing is selected: comments are about the whole passage.")
        elif self.select(argument):
            self.moved()

    def select(self, argument: str) -> bool:
        """Select words of the passage; return whether they were found."""
        text = self._context.model.document.text
        start, end = self._passages.span(max(self._at, 0))
        # The spoken text has no markup, but the source may have some between the words.
        pattern = re.compile(r"[\W_]+".join(map(re.escape, argument.split())), re.IGNORECASE)
        found = [match.span() for match in pattern.finditer(text, start, end)]
        if not found:
            self._context.say(f"“{argument}” is not in this passage.")
            return False
        at = (found.index(self.selection) + 1) % len(found) if self.selection in found else 0
        self.selection = found[at]
        which = f", {at + 1} of {len(found)}" if len(found) > 1 else ""
        self._context.say(f"Selected{which}: “{text[slice(*found[at])]}”.")
        return True

    # Searching

    def _find(self, argument: str) -> None:
        if argument:
            self._search = Search.of(argument, self._context.model)
        self._match(1)

    def _match(self, by: int) -> None:
        search = self._search
        if not search:
            self._context.say("Search for what? search TEXT")
            return
        start, end = self._passages.reach(max(self._at, 0))
        offset = search.offset(end - 1 if by > 0 and self._at >= 0 else start - (by > 0), by)
        if offset is not None:
            self._go(self._passages.at(offset))
        ids = [self._context.number(id_) for id_ in search.ids]
        if ids:
            self._context.say(f"In comments too: {', '.join(map(str, ids))}.")
        elif offset is None:
            self._context.say(f"“{search.needle}” is not found.")

    # Threads

    def _shown(self) -> list[Thread]:
        model, view = self._context.model, self._context.work.view
        return [root for root in model.threads.roots if shown(model, view, root)]

    def _threads(self, argument: str) -> None:
        model, view = self._context.model, self._context.work.view
        kind, _, author = argument.partition(" ")
        if argument and (kind.casefold() not in FILTERS or (kind == "author") != bool(author)):
            self._context.say(f"Which threads? {', '.join(FILTERS)} and their name.")
            return
        if argument:
            view.filter, view.author = FILTERS[kind.casefold()], author
            view.resolved = view.filter == "all"
        now = self._context.work.clock()
        found = self._shown()
        lines = [summary(model, root, self._context.number(root.block.id), now) for root in found]
        hidden = len(model.threads.roots) - len(found)
        if hidden:
            lines.append(f"{plural(hidden, 'thread')} not shown: threads all shows everything.")
        self._context.list(lines, "No threads.")

    def _step_thread(self, by: int) -> None:
        model = self._context.model
        roots = self._shown()
        if not roots:
            self._context.say("There are no threads to go to.")
            return
        ids = [root.block.id for root in roots]
        current = self._context.current
        known = current is not None and current in model.threads.blocks
        at = model.threads.root_of(current).block.id if known and current else ""
        if at in ids:
            self._show(roots[(ids.index(at) + by) % len(ids)])
            return
        start = self._passages.span(self._at)[0] if self._at >= 0 else 0
        places = [root.location.start if root.location else -1 for root in roots]
        after = [i for i, place in enumerate(places) if place >= start]
        before = [i for i, place in enumerate(places) if 0 <= place < start]
        self._show(roots[(after[0] if after else 0) if by > 0 else (before[-1] if before else -1)])

    def _unread(self) -> None:
        model = self._context.model
        order = [t.block.id for root in model.threads.roots for _, t in root.walk()]
        current = self._context.current
        at = order.index(current) if current in order else 0
        unread = [id_ for id_ in order[at:] + order[:at] if id_ in model.unread.ids]
        if not unread:
            self._context.say("Nothing unread.")
            return
        self._say_one(model.threads[unread[0]])
        model.mark_read(unread[:1])
        if left := len(unread) - 1:
            self._context.say(f"{left} more unread.")

    def _next_of(self, kind: str, _: str) -> None:
        model, current = self._context.model, self._context.current
        wanted = set(list_of(model, kind))
        order = [t.block.id for root in model.threads.roots for _, t in root.walk()]
        at = order.index(current) + 1 if current in order else 0
        found = next((id_ for id_ in order[at:] + order[:at] if id_ in wanted), None)
        if found is None:
            self._context.say(f"There is no {kind} that is open.")
        else:
            self._show(model.threads[found])

    def _go_thread(self, argument: str) -> None:
        thread = self._context.find(argument)
        if thread is not None:
            self._show(thread)

    def _show(self, thread: Thread) -> None:
        """Print a comment and everything below it; it becomes the current one."""
        self._say_one(thread)
        for depth, reply in thread.walk():
            if depth and reply.block.type != "reaction":
                self._say_whole(reply)

    def _say_one(self, thread: Thread) -> None:
        self._context.current = thread.block.id
        self.moved()
        above = next(iter(self._context.model.threads.path(thread.block.id)), None)
        if above is not None:
            number = self._context.number(above.block.id)
            self._context.say(f"In reply to {number} by {above.block.author or 'somebody'}.")
        self._say_whole(thread)

    def _say_whole(self, thread: Thread) -> None:
        number = self._context.number(thread.block.id)
        self._context.say(*whole(self._context.model, thread, number, self._context.work.clock()))

    def _cross(self) -> None:
        thread = self._context.current_thread()
        if thread is None:
            return
        location = self._context.model.threads.root_of(thread.block.id).location
        if location is None:
            self._context.say("This thread is about no passage of the document.")
        else:
            self._go(self._passages.at(location.start))
