"""The bars around the panes: session, panes, and available commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from chatter_tui.tui.clock import local_time
from chatter_tui.tui.commands import DECIDERS
from chatter_tui.tui.model.headline import Counts, link_text
from chatter_tui.tui.model.notices import excerpt
from chatter_tui.tui.plural import plural
from chatter_tui.tui.widgets.bars import Bar, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from chatter_tui.tui.screens.review import ReviewScreen


NAME: Final = 20  # cells of a name in the top line, which has more to say
# The footer's commands by priority; those that do not fit are omitted.
HINTS: Final = {
    "document": (
        *("move.down", "thread.next", "thread.unread", "comment.new", "comment.reply"),
        *("palette.open", "suggestion.new", "select.words", "pane.cross", "pane.next"),
    ),
    "threads": (
        *("comment.reply", "thread.resolve", "thread.next", "thread.unread", "pane.cross"),
        *("palette.open", "move.down", "thread.fold", "pane.next"),
    ),
    "people": (
        *("people.follow", "pane.cross", "people.raise", "people.remove", "presence.cycle"),
        *("palette.open", "move.down", "pane.next"),
    ),
    "composer": (
        *("composer.send", "composer.close", "composer.newline", "composer.type"),
        "composer.editor",
    ),
}


class Statusbars:
    """Keeps the bars and the panes' titles of a review screen up to date."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self.top = Bar("top")
        self.tabs = Bar("tabs", gap=1)
        self.footer = Bar("footer", gap=2)
        self.welcome = Bar("welcome", gap=2)
        self.welcome.display = screen.work.newcomer
        self._titled: dict[Widget, str] = {}

    def update(self) -> None:
        """Update what has changed; the rest costs nothing."""
        counts = Counts.of(self._screen.work.model)
        self.top.show(self._top(counts), self._alarms(counts))
        self.tabs.show(self._tabs(counts))
        # The key that lists all keys; while typing, `?` is text.
        typing = self._screen.is_typing
        lists = "palette.open" if typing else "help.open"
        help_ = self._screen.work.keymap.hint(lists, typing=typing)
        self.footer.show(self._hints(), [Part(help_, 0, "bold")] if help_ else [])
        self._titles()
        if self.welcome.display:
            self.welcome.show([Part("New here?", 0, "bold"), *self._first_steps()])

    def _first_steps(self) -> list[Part]:
        """Return the few keys that a newcomer needs."""
        model, key = self._screen.work.model, self._screen.work.keymap.key
        steps = {f"{key('help.open')} all keys": 0, f"{key('escape')} hides this": 2}
        steps |= {f"{key('move.down')}/{key('move.up')} move": 3}
        if model.role != "viewer":
            steps |= {f"{key('comment.new')} comments on the paragraph": 1}
        if model.threads.blocks:  # the threads may not be arranged yet
            steps |= {f"{key('thread.unread')} reads what is new": 4}
        elif model.invite is not None:
            steps |= {f"{key('invite.open')} invites others": 4}
        return [Part(text, rank) for text, rank in sorted(steps.items(), key=lambda s: -s[1])]

    def _top(self, counts: Counts) -> list[Part]:
        model, signs = self._screen.work.model, self._screen.work.signs
        parts = [Part(model.document_name or "…", 1, "bold")]
        owner = model.owner
        if model.invite is not None:
            parts.append(Part(f"{signs.online} host {excerpt(model.name, NAME)} (you)", 2))
        elif owner is not None and owner.id != model.peer:
            sign = signs.online if owner.online else signs.offline
            parts.append(Part(f"{sign} host {excerpt(owner.name, NAME)}", 2))
            parts.append(Part(f"you {excerpt(model.name, NAME)} ({model.role})", 3))
        if model.here:
            parts.append(Part(f"{model.here} here", 4))
        threads = f"{counts.open} open"
        if counts.orphans:
            orphans = plural(counts.orphans, "orphan")
            parts.append(Part(f"{threads} {signs.dot} {orphans}", 5))
        elif model.can_count:
            parts.append(Part(threads, 5))
        if model.saved and model.saved_at is not None:
            parts.append(Part(f"saved {local_time(model.saved_at)}", 6))
        return parts

    def _alarms(self, counts: Counts) -> list[Part]:
        work = self._screen.work
        model, signs = work.model, work.signs
        parts = []
        if counts.unread:
            parts.append(Part(f"{signs.unread}{counts.unread} unread", 0, "bold $text-accent"))
        offline = model.link.since is not None and model.ended is None
        if model.pending and not offline:  # while offline, the link shows how many are queued
            parts.append(Part(f"{signs.up}{model.pending} pending", 0, "bold $text-warning"))
        if not model.saved:
            reason = model.reason or "the disk fails"
            parts.append(Part(f"NOT SAVED: {excerpt(reason, 30)}", 0, "bold $text-error"))
        # A host needs no link.
        calm = model.link.transport is not None or model.role == "owner"
        style = "" if calm else "bold $text-error"
        return [*parts, Part(link_text(model, signs, work.clock()), 0, style)]

    def _tabs(self, counts: Counts) -> list[Part]:
        screen = self._screen
        unread = f" {screen.work.signs.unread}{counts.unread}" if counts.unread else ""
        names = {
            "document": "1 Document",
            "threads": f"2 Threads {self._threads()}{unread}",
            "outline": "3 Outline",
            "people": f"4 People {screen.work.model.here}",
        }
        return [
            Part(f" {name} ", rank, "bold reverse" if pane == screen.pane else "")
            for rank, (pane, name) in enumerate(names.items())
        ]

    def _threads(self) -> str:
        work = self._screen.work
        if not work.model.can_count:
            return work.signs.ellipsis
        total = len(work.model.threads.roots)
        label = work.view.label
        name = f" {work.signs.dot} {label}" if label else ""
        return f"{self._screen.rows.shown}/{total}{name}"

    def _titles(self) -> None:
        screen = self._screen
        titles: dict[Widget, str] = {
            screen.document: "Document" + (" source" if screen.document.raw else ""),
            screen.threads: f"Threads {self._threads()}",
            screen.people: f"People {screen.work.model.here}",
        }
        for pane, title in titles.items():
            if self._titled.get(pane) != title:
                self._titled[pane] = title
                pane.border_title = Content(title)

    def _match(self) -> str:
        """Return the position among the matches, ` 2/5`."""
        screen, search = self._screen, self._screen.work.search
        here: object = screen.document.cursor
        places: Sequence[object] = search.offsets
        if screen.pane == "threads":
            places, here = search.ids, screen.current
        at = f"{places.index(here) + 1}/" if here in places else ""
        return f" {at}{len(places)}"

    def _deciding(self) -> list[str]:
        """Return what can be done with the current suggestion, if it is open."""
        screen, key = self._screen, self._screen.work.keymap.key
        model = screen.work.model
        block = model.threads.blocks.get(screen.current or "")
        if block is None or block.suggestion is None or block.status != "open":
            return []
        look = [f"{key('suggestion.preview')} preview"]
        if model.role in DECIDERS:
            accept, reject = key("suggestion.accept"), key("suggestion.reject")
            return [*look, f"{accept} accept", f"{reject} reject"]
        withdraw = [f"{key('suggestion.reject')} withdraw"] if model.is_mine(block) else []
        return [*look, *withdraw]

    def _hints(self) -> list[Part]:
        screen, keymap = self._screen, self._screen.work.keymap
        writing, key = screen.writing.is_writing, keymap.key
        if screen.is_typing and not writing:
            return [Part(hint, rank) for rank, hint in enumerate(("Enter search", "Esc close"))]
        draft = screen.writing.draft
        useless = set() if draft is None or draft.kind == "comment" else {"composer.type"}
        if screen.work.model.role != "owner":
            useless |= {"people.raise", "people.remove"}
        ids = HINTS["composer" if writing else screen.pane]
        across = {"document": "thread", "threads": "text"}.get(screen.pane, "")
        words = {"pane.cross": across}
        hints = [keymap.hint(id_, words.get(id_, "")) for id_ in ids if id_ not in useless]
        if not writing and screen.pane == "threads":
            hints = [*self._deciding(), *hints]
        if screen.work.search and not writing:
            keys = f"{key('search.next')}/{key('search.previous')}"
            search = f"/{screen.work.search.needle}{self._match()}: {keys} match"
            hints = [search, f"{key('escape')} ends search", *hints]
        elif screen.writing.rejected is not None and not writing:
            edit, drop, keep = map(key, ("comment.edit", "comment.delete", "escape"))
            hints = [f"{edit} edit rejected text", f"{drop} drop it", f"{keep} keep draft", *hints]
        elif screen.document.selection is not None and not writing:
            pairs = (
                ("cursor.left", "cursor.right"),
                ("cursor.word-next", "cursor.word-previous"),
                ("move.down", "move.up"),
            )
            extend = " ".join(f"{key(one)}/{key(other)}" for one, other in pairs)
            hints = [f"{extend} extend", *map(keymap.hint, ("comment.new", "suggestion.new"))]
            hints.append(f"{key('select.end')} deselect")
        if screen.attaching.waits and not writing:
            choose = [f"{key('select.words')} select", f"{key('escape')} leave it"]
            chosen = screen.document.selection is not None
            hints = [f"{key('thread.attach')} attach here", *([] if chosen else choose), *hints]
        return [Part(hint, rank) for rank, hint in enumerate(filter(None, hints))]
