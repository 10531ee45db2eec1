"""State shared by the screen and the commands: the model, the view of it, the session."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

from chatter_tui.blocks import Block
from chatter_tui.controller.commands import Add, GetStatus
from chatter_tui.tui.keymap import Keymap
from chatter_tui.tui.model.jumps import Jumps
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.model.outbox import target
from chatter_tui.tui.model.rows import View
from chatter_tui.tui.model.search import Search
from chatter_tui.tui.model.undo import Undo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from chatter_tui.controller.commands import Command
    from chatter_tui.tui.model.drafts import Draft, Drafts
    from chatter_tui.tui.model.outbox import Change
    from chatter_tui.tui.model.undo import Undone
    from chatter_tui.tui.options import Options
    from chatter_tui.tui.signs import Signs


Leaving = Literal["pause", "end", "keep"]


class Session(Protocol):
    """A running review, as implemented by `SessionController`."""

    def start(self) -> None:
        """Start; events follow."""

    def submit(self, command: Command) -> None:
        """Submit a command without waiting for it."""

    def close(self, timeout: float = 5.0, *, ends: bool = False) -> object:
        """Leave, waiting for at most `timeout` seconds; a host may end the session for everyone."""


async def _now(done: Callable[[], bool]) -> bool:
    return done()


@dataclass(slots=True)
class Workspace:
    """Everything about a review except the widgets.

    `clock` returns seconds since the epoch, `new_id` a new block id. `leaving` says what happens to
    a hosted session when the screen goes, and `keeps` whether it can go on without one. A
    `newcomer` is shown the first keys; `welcomed` is called when they have been seen. `catch_up`
    applies events until a condition holds, and returns whether it does. `hold_keys` makes input
    wait until `let_keys_go`.
    """

    submit: Callable[[Command], None]
    drafts: Drafts
    options: Options
    signs: Signs
    clock: Callable[[], float]
    new_id: Callable[[], str]
    keymap: Keymap = field(default_factory=Keymap)
    model: Model = field(default_factory=Model)
    view: View = field(default_factory=View)
    search: Search = field(default_factory=Search)
    undo: Undo = field(default_factory=Undo)
    jumps: Jumps = field(default_factory=Jumps)
    keeps: bool = False
    newcomer: bool = False
    welcomed: Callable[[], None] = lambda: None
    catch_up: Callable[[Callable[[], bool]], Awaitable[bool]] = _now
    hold_keys: Callable[[], None] = lambda: None
    let_keys_go: Callable[[], object] = lambda: None
    leaving: Leaving = "pause"
    undos: int = 0  # requested before it is known what they would undo
    _looked: int = -1  # the last change that the session has been asked to confirm as shown

    def change(self, id_: str, change: Change, draft: Draft | None = None) -> None:
        """Send a change to block `id_`; its state is on the card until it is answered."""
        if isinstance(change, Add):
            change = self._on_current_words(change)
        self.undo.record(self.model, [change])
        self.send(id_, change, draft)

    def _on_current_words(self, change: Add) -> Add:
        """Return a new comment on the words as they are by now: the text may have been edited."""
        if "anchor" not in change.fields:
            return change
        block = Block.of(change.fields)
        found = self.model.former.anchored(block, self.model.threads.resolver)
        if found is block or found.anchor is None:
            return change
        return replace(change, fields={**change.fields, "anchor": found.anchor})

    def change_all(self, changes: Sequence[Change], what: str) -> None:
        """Send changes that form one action; `what` describes it for undoing."""
        self.undo.record(self.model, changes, what)
        for change in changes:
            self.send(target(change), change)

    def mark(self, ids: Iterable[str], *, read: bool) -> set[str]:
        """Mark blocks read or unread; return those that changed."""
        marked = self.model.mark(ids, read=read)
        self.undo.record_marks(marked, read=read)
        return marked

    def wish_undo(self) -> None:
        """Request an undo, which `undo_due` permits once what is shown includes the last action."""
        self.undos += 1

    @property
    def undo_due(self) -> bool:
        """Return whether to `take_back` now; ask the session for what is not known yet."""
        if self.undos:
            self.ask()
        return self.undos > 0 and self.model.outbox.all_seen

    def ask(self) -> None:
        """Ask the session for the state of changes that is not known yet."""
        outbox = self.model.outbox
        if not outbox.all_seen and self._looked != outbox.ticket:
            self._looked = outbox.ticket
            self.submit(GetStatus(outbox.ticket))

    def take_back(self) -> Undone | None:
        """Undo the last action and return what it was; None if there is none.

        Raises:
            Stays: It cannot be undone.
        """
        self.undos = max(self.undos - 1, 0)
        undone = self.undo.pop(self.model, self.new_id)
        for change in undone.changes if undone is not None else ():
            self.send(target(change), change)
        if undone is not None and undone.marking is not None:
            self.model.mark(undone.marking.ids, read=undone.marking.read)
        return undone

    def send(self, id_: str, change: Change, draft: Draft | None = None) -> None:
        """Send a change that cannot be undone, such as an undo itself."""
        change = replace(change, ref=self.model.outbox.next_ticket())
        self.model.outbox.sent(id_, change, draft)
        self.submit(change)
