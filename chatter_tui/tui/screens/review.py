"""The review screen: panes and bars, and where events and commands meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal

from textual import on
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import Screen

from chatter_tui.tui.actions.acting import NOT_SHOWN, Acting
from chatter_tui.tui.actions.attaching import Attaching
from chatter_tui.tui.actions.finding import Finding
from chatter_tui.tui.actions.history import History
from chatter_tui.tui.actions.inviting import Inviting
from chatter_tui.tui.actions.navigation import Navigation
from chatter_tui.tui.actions.people import People
from chatter_tui.tui.actions.presence import Presence
from chatter_tui.tui.actions.sessions import EARLY, Sessions
from chatter_tui.tui.actions.suggestions import Suggestions
from chatter_tui.tui.actions.writing import Writing
from chatter_tui.tui.bindings import bindings, rebind
from chatter_tui.tui.commands import BY_ID
from chatter_tui.tui.compat import Sized
from chatter_tui.tui.document.marks import Mark
from chatter_tui.tui.document.view import DocumentView
from chatter_tui.tui.model.outline import place_of
from chatter_tui.tui.model.rights import refusal
from chatter_tui.tui.model.rows import Rows
from chatter_tui.tui.screens.choice import ChoiceScreen
from chatter_tui.tui.status import Statusbars
from chatter_tui.tui.widgets.cardlist import CardList
from chatter_tui.tui.widgets.cards import CardPainter
from chatter_tui.tui.widgets.documentpane import DocumentPane
from chatter_tui.tui.widgets.people import PeopleList
from chatter_tui.tui.widgets.threadlist import ThreadList
from chatter_tui.tui.widgets.toasts import Toasts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Size

    from chatter_tui.blocks.threads import Thread
    from chatter_tui.tui.model.changes import Changes
    from chatter_tui.tui.model.notices import Notice
    from chatter_tui.tui.widgets.composer import Composer
    from chatter_tui.tui.widgets.searchbar import SearchBar
    from chatter_tui.tui.workspace import Workspace

Pane = Literal["document", "threads", "people"]

PANES: Final[tuple[Pane, ...]] = ("document", "threads", "people")
TICK: Final = 1.0  # seconds; lines are redrawn only if their text changes
AGES: Final = 20  # ticks between updates of the ages on the cards
# Possible for any role: the text is the user's own.
ON_REJECTED: Final = {"comment.edit", "comment.delete"}
AFTER_SEARCH: Final = {"search.next", "search.previous"}  # they share keys with threads
# About the current comment, and so about one that was just sent.
ABOUT_CURRENT: Final = {
    *("comment.reply", "comment.edit", "comment.delete", "comment.react", "comment.outside"),
    *("suggestion.preview", "suggestion.accept", "suggestion.reject"),
    *("thread.resolve", "thread.read", "thread.attach", "thread.fold", "copy.open"),
}
# About all threads, which are not arranged while they arrive: that would delay keys.
ABOUT_ALL: Final = {
    *("thread.next", "thread.previous", "thread.unread", "thread.read-all", "outline.open"),
    *("kind.next", "question.next", "suggestion.next", "mention.next", "orphan.next"),
    *("filter.open", "suggestion.accept-all"),
}
SILENT: Final = 2  # ticks without news while loading, after which threads are shown all the same
ASK: Final = 5  # ticks between requests for the session's status


class ReviewScreen(Sized, Screen[None]):
    """Wide: document, threads and people side by side. Narrow: one of them at a time.

    Created for the terminal's `size`, so that it need not be styled again.
    """

    BINDINGS: ClassVar = bindings("people", "anywhere")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as in Textual
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-low"), (30, "-high")]  # noqa: RUF012 - as above

    def __init__(self, workspace: Workspace, size: Size) -> None:
        width = _class(self.HORIZONTAL_BREAKPOINTS, size.width)
        height = _class(self.VERTICAL_BREAKPOINTS, size.height)
        super().__init__(classes=f"-pane-document {width} {height}")
        self.work = workspace
        self.pane: Pane = "document"
        signs, clock = workspace.signs, workspace.clock
        self.document = DocumentPane(ascii=workspace.options.ascii, id="document")
        attach = workspace.keymap.key("thread.attach")
        painter = CardPainter(workspace.model, signs, attach)
        self.threads = ThreadList(painter, clock, "threads")
        self.people = PeopleList(workspace.model, signs, clock, workspace.keymap.key)
        self.toasts = Toasts(clock, "toasts")
        self.bars = Statusbars(self)
        self.navigation = Navigation(self)
        self.finding = Finding(self)
        self.writing = Writing(self)
        self.acting = Acting(self)
        self.attaching = Attaching(self)
        self.sessions = Sessions(self)
        self.presence = Presence(self)
        self.inviting = Inviting(self)
        self.history = History(self)
        self.suggestions = Suggestions(self)
        self._commands = {
            **self.navigation.commands,
            **self.finding.commands,
            **self.writing.commands,
            **self.acting.commands,
            **self.attaching.commands,
            **self.sessions.commands,
            **self.presence.commands,
            **People(self).commands,
            **self.inviting.commands,
            **self.history.commands,
            **self.suggestions.commands,
        }
        self._ticks = 0
        self._styled = False
        self.rows = Rows()
        self._held: set[str] = set()  # changed blocks that are not shown yet
        self._waits = 0  # ticks until the threads are shown without those that are missing
        self._placed = 0
        for node in (self, self.document, self.threads, self.people):
            rebind(node, workspace.keymap)

    def compose(self) -> ComposeResult:
        """See Screen."""
        yield self.bars.top
        yield self.bars.tabs
        yield self.bars.welcome
        with Container(id="body"):
            yield self.document
            with Vertical(id="side"):
                yield self.threads
                yield self.people
        yield self.bars.footer
        yield self.toasts

    def on_mount(self) -> None:
        """See Screen."""
        self.document.border_title = Content("Document")
        self.refresh_all()
        self.set_focus(self.document)
        self.set_interval(TICK, self._tick)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """See Screen; at first, everything has just been styled when it was mounted."""
        event.refresh_styles = event.refresh_styles and self._styled
        self._styled = True

    def welcomed(self) -> bool:
        """Remove the newcomer's line for good; return False if it is not there."""
        if not self.bars.welcome.display:
            return False
        self.bars.welcome.display = False
        self.work.welcomed()
        return True

    # Events of the session

    def apply(self, changes: Changes, *, more: bool = False) -> None:
        """Show what a batch of events changed, and nothing else; `more` are waiting already."""
        if changes.document:
            document, leaves = self.work.model.document, changes.leaves
            self.document.show(document, leaves, grows=changes.grows)
        self.document.named(self.work.model.document_name)
        if changes.threads or (changes.cards and self.work.view.filter == "unread"):
            self._held |= changes.cards
            loading = self.work.model.loading
            # Until everything is here, or nothing came for so long.
            self._waits = SILENT if loading and not more else 0
            if not loading:
                self.show_threads(keep=True)
        elif changes.cards:
            self.threads.touch(changes.cards)
        if changes.people:
            self.people.update_people()
        elif changes.links:
            self.people.touch(changes.links)
        if changes.people or changes.document:
            self._show_others()
        self.acting.undo_due()
        self.writing.after(changes)
        self.suggestions.after(changes)
        self.inviting.after(changes)
        self.history.after(changes)
        self.presence.after(changes)
        self.bars.update()
        if isinstance(self.app.screen, ChoiceScreen):
            self.app.screen.renew()
        self._announce(changes.notices)

    def _announce(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            if notice.toast:
                self.toasts.push(notice)
            if notice.bell:
                self.sessions.ring(notice.text)

    def show_threads(
        self, changed: set[str] | frozenset[str] = frozenset(), *, keep: bool = False
    ) -> None:
        """Show the current threads, in the list and in the document.

        `changed` are blocks that look different, in addition to those changed by events. Others may,
        too, unless `keep`.
        """
        model, threads = self.work.model, self.work.model.threads
        ids = self._held | changed
        if model.loading:  # arranging what has arrived so far would delay keys
            self._held = ids
            return
        self._held = set()
        roots = threads.roots
        placed, self._placed = self._placed, threads.placed
        if placed != self._placed:  # everything was rearranged, as for another document
            ids |= threads.moved
            threads.moved.clear()
            self.document.mark(filter(None, map(self._mark, roots)))
        else:
            touched = {id_: threads.root_of(id_) for id_ in ids & threads.blocks.keys()}
            ids |= {root.block.id for root in touched.values()}
            marks = {root.block.id: self._mark(root) for root in touched.values()}
            self.document.remark(dict.fromkeys(ids) | marks)
        keep = keep and placed == self._placed
        self.threads.edit(self.rows.edits(model, self.work.view, ids), ids, keep=keep)
        self._show_current()
        self.bars.update()

    def _mark(self, root: Thread) -> Mark | None:
        if root.location is None:
            return None
        kind: Literal["open", "resolved", "suggestion"] = "open"
        if root.block.status == "resolved":
            kind = "resolved"
        elif root.block.type == "suggestion":
            kind = "suggestion"
        mine = self.work.model.is_mine(root.block)
        return Mark(root.location.start, root.location.end, root.block.id, kind, mine)

    def refresh_all(self) -> None:
        """Show everything again."""
        self.document.show(self.work.model.document)
        self.document.named(self.work.model.document_name)
        self.show_threads()
        self.people.update_people()
        self._show_others()

    def say(self, notice: Notice) -> None:
        """Show a message of the screen's own and add it to the log."""
        self.work.model.log.append(notice)
        self.toasts.push(notice)

    def _show_others(self) -> None:
        model = self.work.model
        positions = {}
        for peer in model.peers.values():
            place = place_of(model, peer.section, peer.block)
            if peer.online and peer.id != model.peer and place is not None:
                positions[peer.name] = (place, peer.color)
        self.document.others(positions)

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See DOMNode; some keys mean different things in different places."""
        if action != "run":
            return super().check_action(action, parameters)
        id_ = str(parameters[0])
        if self.is_typing and id_ not in {"leave", "palette.open"}:
            return False
        # `has_focus` is updated by a message, possibly later than the next key.
        if id_ in {"escape", "comment.edit"} and self.focused is self.document:
            return self.document.selection is None  # they move or end the selection
        if BY_ID[id_].where == "people":
            return self.focused is self.people
        if id_ == "comment.react" and self.focused is self.people:
            return False  # there, `+` is about people
        return id_ in self._commands and (bool(self.work.search) or id_ not in AFTER_SEARCH)

    @property
    def hides_cards(self) -> bool:
        """Whether the document has the whole screen."""
        return self.pane == "document" and (self.has_class("-narrow") or self.has_class("-zoom"))

    @property
    def is_typing(self) -> bool:
        """Whether keys are text."""
        return self.focused is not None and self.focused.id in {"composer", "search"}

    async def action_run(self, id_: str) -> None:
        """Run a command of the registry, or say why that is not allowed."""
        command = BY_ID[id_]
        mine = id_ in ON_REJECTED and self.writing.rejected is not None
        if not mine and (reason := refusal(self.work.model, command)) is not None:
            self.sessions.tell(reason, "warning")
            return
        if id_ in ABOUT_ALL and self.work.model.loading:
            self.sessions.tell(EARLY)
            return
        if id_ in ABOUT_CURRENT and not mine and not await self.writing.shown():
            self.sessions.tell(NOT_SHOWN)
            return
        if command.group == "Move":
            self.presence.stop_following()
        await self._commands[id_]()

    @property
    def commands(self) -> frozenset[str]:
        """The ids of all commands available here."""
        return frozenset(self._commands)

    # Panes and the current thread

    def go_pane(self, pane: Pane) -> None:
        """Focus a pane, showing it if necessary."""
        self.set_class(pane == "document", "-pane-document")
        self.set_class(pane == "threads", "-pane-threads")
        self.set_class(pane == "people", "-pane-people")
        self.pane = pane
        panes = {"document": self.document, "threads": self.threads, "people": self.people}
        self.set_focus(panes[pane])
        self.bars.update()

    def select(self, id_: str, *, reveal: bool = True) -> None:
        """Make a block's thread the current one, and show where it points."""
        self.threads.go(id_)
        self._show_current()
        location = self.work.model.threads.root_of(id_).location
        if reveal and location is not None:
            self.document.reveal(location.start)
        self.navigation.stay()

    @property
    def current(self) -> str | None:
        """The current block: at the cursor of the thread list."""
        cursor = self.threads.cursor
        return cursor if cursor in self.work.model.threads.blocks else None

    def _show_current(self) -> None:
        current = self.current
        root = None if current is None else self.work.model.threads.root_of(current).block.id
        self.document.current(root)

    @on(CardList.Moved, "#threads")
    def _thread_moved(self, event: CardList.Moved) -> None:
        event.stop()
        self._show_current()
        self.bars.update()  # it shows what can be done with a suggestion
        if self.threads.has_focus and self.has_class("-wide") and self.current is not None:
            location = self.work.model.threads.root_of(self.current).location
            if location is not None:
                self.document.reveal(location.start)
        if event.by_key:
            self.presence.stop_following()
        self.presence.moved()

    @on(DocumentView.CursorMoved)
    def _document_moved(self, event: DocumentView.CursorMoved) -> None:
        event.stop()
        if self.document.has_focus:
            self.navigation.follow_cursor()
        self.presence.moved()

    # Messages of what is mounted on demand: the composer and the search line

    def on_text_area_changed(self) -> None:
        """Note that the user types; the composer is the only text area."""
        self.presence.typed()

    def on_composer_sent(self, message: Composer.Sent) -> None:
        """Send a text."""
        self.writing.send(message.draft)

    def on_composer_closed(self, message: Composer.Closed) -> None:
        """Keep a text."""
        self.writing.close(message.draft)

    def on_composer_paused(self, message: Composer.Paused) -> None:
        """Keep a text while it is written."""
        self.writing.paused(message.draft)

    def on_composer_editor_wanted(self, message: Composer.EditorWanted) -> None:
        """Write a text in an editor."""
        self.writing.lend(message.draft)

    def on_search_bar_searched(self, message: SearchBar.Searched) -> None:
        """Search."""
        self.finding.search(message.bar)

    def on_search_bar_closed(self, message: SearchBar.Closed) -> None:
        """Search no more."""
        self.finding.search_closed(message.bar)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Update the footer, which shows what can be done where the focus is."""
        late = event.widget is not self.focused  # the focus has moved on since
        if not late and event.widget.id in PANES and event.widget.id != self.pane:
            self.go_pane(PANES[PANES.index(event.widget.id)])
        self.bars.update()
        self.presence.moved()

    def on_resize(self) -> None:
        """Update the bars, which have more or less room."""
        self.call_after_refresh(self.bars.update)

    def _tick(self) -> None:
        self._ticks += 1
        self.presence.tick()
        if self._waits and not self.work.model.arranging:
            self._waits -= 1
            if not self._waits:
                _ = self.work.model.threads.roots  # they are arranged now
                self.show_threads()
        if self._ticks % ASK == 0:
            self.sessions.ask()
        if self._ticks % AGES == 0:
            self.threads.tick()
            self.people.tick()
        self.bars.update()


def _class(breakpoints: Iterable[tuple[int, str]], cells: int) -> str:
    """Return the class of the highest breakpoint that a size reaches."""
    return max((least, name) for least, name in breakpoints if cells >= least)[1]
