"""Everything the screen shows, built from controller events, and what each batch changed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from functools import singledispatchmethod
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chatter_tui.controller.events import (
    Acknowledged,
    BlockAdded,
    BlockChanged,
    BlockDeleted,
    Connected,
    Disconnected,
    DocumentChanged,
    Ended,
    Failed,
    HistoryAnswer,
    InviteAnswer,
    InvitesAnswer,
    Peer,
    PeerJoined,
    PeerLeft,
    PeersAnswer,
    PresenceChanged,
    Ready,
    Rejected,
    RoleChanged,
    SaveState,
    StatusAnswer,
    Synced,
)
from chatter_tui.markdown import Markdown
from chatter_tui.tui.model import news
from chatter_tui.tui.model.changes import Changes
from chatter_tui.tui.model.former import Former
from chatter_tui.tui.model.notices import Notice
from chatter_tui.tui.model.offers import Offers
from chatter_tui.tui.model.outbox import Outbox
from chatter_tui.tui.model.parsed import LookedUp, LookingUp, Parsed
from chatter_tui.tui.model.threads import Threads
from chatter_tui.tui.model.unread import MemoryReadMarks, Unread
from chatter_tui.tui.plural import plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from chatter_tui.blocks import Block
    from chatter_tui.controller.events import InviteState, Role, Status
    from chatter_tui.tui.model.drafts import Draft
    from chatter_tui.tui.model.notices import Severity
    from chatter_tui.tui.model.parsed import Told
    from chatter_tui.tui.model.unread import ReadMarks

LOG_LENGTH: Final = 1000  # notices that can be scrolled through


@dataclass(slots=True)
class Link:
    """The link to the master. While offline, `transport` is None, and `since` says since when.

    The next attempt is at `retry_at`, None if there is none.
    """

    transport: str | None = None
    latency: float | None = None
    since: float | None = None
    reason: str = ""
    retry_at: float | None = None


class Model:
    """A session as the screen shows it; only `apply` changes it on events."""

    def __init__(self, marks: ReadMarks | None = None) -> None:
        self.peer = ""
        self.name = ""
        self.role: Role | None = None
        self.session = ""
        self.document_name = ""
        self.folder: Path | None = None  # of the local copy
        self.copy_name = ""  # of the local copy
        # Whether `document_name` is the owner's name for it, not the local copy's.
        self.named = False
        self.invite: str | None = None  # the newest invite's line
        self.invites: tuple[InviteState, ...] = ()  # oldest first
        self.document = Markdown("")
        self.source = ""  # the document with its embedded blocks
        self._version = 0
        self.threads = Threads(self.document)
        self.unread = Unread(MemoryReadMarks() if marks is None else marks)
        self.outbox = Outbox()
        self.deleted: dict[str, Block] = {}  # by the user, in their last form
        self.offers = Offers()
        self.former = Former()
        self.peers: dict[str, Peer] = {}
        self.seen: dict[str, float] = {}
        self.link = Link()
        self.status: Status | None = None  # the last one received
        self.links: dict[str, Link] = {}  # by peer id, where known
        self.saved = True
        self.saved_at: float | None = None
        self.reason = ""  # the problem, in few words
        self.problem: str | None = None
        self.ended: str | None = None
        self.synced = False
        self.arranging = False  # whether the threads are being arranged, on another thread
        self.log: deque[Notice] = deque(maxlen=LOG_LENGTH)
        self._missed: int | None = None  # comments received since going offline, counted on return
        self._pending = 0  # unanswered changes of an earlier run
        self._now = 0.0
        self._changes = Changes()

    @property
    def pending(self) -> int:
        """The number of the user's changes that wait for the master."""
        return self.outbox.pending + self._pending

    @property
    def knows_nothing(self) -> bool:
        """Whether neither a comment has arrived yet nor the message that there are none."""
        return not self.synced and not self.threads.blocks

    @property
    def loading(self) -> bool:
        """Whether the initial state is still arriving."""
        return not self.synced and self.threads.is_stale

    @property
    def can_count(self) -> bool:
        """Whether the numbers of threads and comments mean anything yet."""
        return not (self.knows_nothing or self.loading)

    @property
    def here(self) -> int:
        """The number of people who are present."""
        return sum(peer.online for peer in self.peers.values())

    @property
    def owner(self) -> Peer | None:
        """The host."""
        return next((peer for peer in self.peers.values() if peer.role == "owner"), None)

    def typing_at(self, ids: Collection[str]) -> list[str]:
        """Return the names of others who are writing about one of these blocks."""
        return [
            peer.name
            for peer in self.peers.values()
            if peer.typing and peer.online and peer.id != self.peer and peer.block in ids
        ]

    def is_mine(self, block: Block) -> bool:
        """Whether the user wrote a block."""
        return block.author is not None and block.author == self.name

    def apply(self, events: Iterable[Told], now: float) -> Changes:
        """Apply events in order; `now` is in seconds since the epoch."""
        self._changes = Changes()
        self._now = now
        for event in events:
            self._apply(event)
        return self._changes

    def load_marks(self, changes: Changes) -> None:
        """Apply the stored read marks."""
        changes.cards |= self.unread.load(self.threads.blocks)
        changes.threads = changes.status = True

    def mark_read(self, ids: Iterable[str]) -> set[str]:
        """Mark blocks read; return those that were unread."""
        return self.unread.read(ids)

    def mark(self, ids: Iterable[str], *, read: bool) -> set[str]:
        """Mark blocks read or unread; return those that changed."""
        if read:
            return self.mark_read(ids)
        blocks = [self.threads.blocks[id_] for id_ in ids if id_ not in self.unread.ids]
        return {block.id for block in blocks if self.unread.unread(block)}

    @singledispatchmethod
    def _apply(self, event: object) -> None:
        """Ignore events that change nothing on screen."""

    @_apply.register(Ready)
    def _ready(self, event: Ready) -> None:
        self.session, self.peer, self.role = event.session, event.peer, event.role
        copy = Path(event.document)
        self.folder, self.copy_name = copy.parent, copy.name
        self.document_name = self.document_name if self.named else copy.name
        self.invite = event.invite or self.invite
        if event.invite is not None:
            self.link = Link("local")
        if event.name != self.name:
            self.name = event.name
            self._changes.cards |= self.unread.rename(event.name, self.threads.blocks)
        self._meet(Peer(event.peer, event.name, event.role))
        if event.asked:
            words = f"“{event.asked}” is taken in this session: you are {event.name}"
            self._note("name", words, toast=True)

    @_apply.register(Connected)
    def _connected(self, event: Connected) -> None:
        if self.synced and self.link.since is not None:
            self._missed = 0
        self.link = Link(event.transport)
        self._changes.status = True
        self._note("link", f"connected ({event.transport})")

    @_apply.register(Disconnected)
    def _disconnected(self, event: Disconnected) -> None:
        since = self.link.since if self.link.transport is None else self._now
        since = self._now if since is None else since
        retry_at = None if event.retry_in is None else self._now + event.retry_in
        self.link = Link(None, None, since, event.reason, retry_at)
        self._changes.status = True
        self._note("link", f"offline: {event.reason}", "warning")

    @_apply.register(Synced)
    def _synced(self, event: Synced) -> None:
        if not self.synced:
            self._note("link", f"{plural(event.blocks, 'comment')} received")
            self._changes.threads = True  # also to show that there are none
        if self._missed:
            text = f"{plural(self._missed, 'new comment')} came while you were offline"
            self._note("missed", text, toast=True)
        self._missed = None
        self.synced = True
        self._changes.status = True

    @_apply.register(BlockAdded)
    def _block_added(self, event: BlockAdded) -> None:
        block = event.block
        if block.id in self.threads.blocks:
            self._block_changed(BlockChanged(event.id, block, event.peer))
            return
        if not self.synced:
            self.threads.defer()
        self.threads.put(block)
        self._touch(block.id)
        if event.peer != self.peer or not event.peer:
            self.unread.add(block)
        self._changes.threads = self._changes.status = True
        if self.synced and not self._own(event.peer, block):
            self._say(news.added(self, block, self._now))
            if self._missed is not None:
                self._missed += 1

    @_apply.register(BlockChanged)
    def _block_changed(self, event: BlockChanged) -> None:
        block = event.block
        before = self.threads.blocks.get(block.id)
        if before is None:
            self._block_added(BlockAdded(event.id, block, event.peer))
            return
        self.threads.put(block)
        if self.is_mine(block):
            self.unread.remove(block.id)
        elif event.peer != self.peer or not event.peer:
            self.unread.change(before, block)
        self._touch(block.id)
        self._changes.threads = self._changes.status = True
        if self.synced and event.peer != self.peer:
            self._say(news.changed(self, before, block, self._who(event.peer), self._now))

    @_apply.register(BlockDeleted)
    def _block_deleted(self, event: BlockDeleted) -> None:
        self._touch(event.id)
        self.threads.remove(event.id)
        self.unread.remove(event.id)
        self.outbox.gone(event.id)
        if event.peer in {"", self.peer}:
            self.deleted[event.id] = event.block
        self._changes.threads = self._changes.status = True
        if event.peer and event.peer != self.peer:
            self._say(news.deleted(self, event.block, self._who(event.peer), self._now))

    @_apply.register(Acknowledged)
    def _acknowledged(self, event: Acknowledged) -> None:
        self._answered(event.id)
        change = self.outbox.acknowledged(event.id)
        self._changes.taken += [change] if change is not None else []
        self._changes.cards.add(event.id)
        self._changes.status = True

    @_apply.register(Rejected)
    def _rejected(self, event: Rejected) -> None:
        self._answered(event.id)
        self._give_back(self.outbox.refused(event.id, event.reason, event.block))
        self._changes.cards.add(event.id)
        self._note("rejected", f"rejected: {event.reason}", "error", toast=True, bell=True)

    @_apply.register(Failed)
    def _failed(self, event: Failed) -> None:
        self._give_back(self.outbox.failed(event.ref, event.message))
        self._note("failed", event.message, "error", toast=True)

    @_apply.register(PeerJoined)
    def _joined(self, event: PeerJoined) -> None:
        self._meet(event.peer)
        if self.synced and event.peer.id != self.peer:
            self._note("people", f"{event.peer.name} joined as {event.peer.role}")

    @_apply.register(PeerLeft)
    def _left(self, event: PeerLeft) -> None:
        self._meet(event.peer, online=False)
        self.links.pop(event.peer.id, None)
        self._note("people", f"{event.peer.name} left")

    @_apply.register(RoleChanged)
    def _role_changed(self, event: RoleChanged) -> None:
        self._meet(event.peer)
        mine = event.peer.id == self.peer
        if mine:
            self.role = event.peer.role
        who = "you are" if mine else f"{event.peer.name} is"
        concerns = mine or self.role == "owner"  # the owner made the change
        severity: Severity = "warning" if mine else "information"
        self._note("role", f"{who} {event.peer.role} now", severity, toast=concerns, bell=mine)

    @_apply.register(PresenceChanged)
    def _presence_changed(self, event: PresenceChanged) -> None:
        before, peer = self.peers.get(event.peer.id, event.peer), event.peer
        self._meet(peer)
        follow = peer.following == self.peer
        if follow and before.following != self.peer:
            self._note("followed", f"{peer.name} follows you", toast=True)
        elif not follow and before.following == self.peer:
            self._note("followed", f"{peer.name} no longer follows you")

    @_apply.register(PeersAnswer)
    def _peers(self, event: PeersAnswer) -> None:
        for peer in event.peers:
            known = replace(peer, transport=None, latency=None)  # as in other events
            if self.peers.get(peer.id) != known:
                self._meet(known)
            link = Link(peer.transport, peer.latency)
            if self.links.get(peer.id) != link:
                self.links[peer.id] = link
                self._changes.links.add(peer.id)

    @_apply.register(DocumentChanged)
    def _document_changed(self, event: DocumentChanged) -> None:
        self._parsed(Parsed.of(event, self.threads.resolver))

    @_apply.register(Parsed)
    def _parsed(self, parsed: Parsed) -> None:
        event, before = parsed.event, self._version
        # 0 for a first look, before the session has reported the version
        self._version = event.version
        if event.name:
            self.document_name, self.named = event.name, True
        self._changes.status = True
        if event.text == self.source:
            return
        if before:
            self.former.add(self.document.text)
        self.source = event.text
        self.document = parsed.markdown
        self.threads.show(parsed.resolver, parsed.places)
        self._changes.document = self._changes.threads = self._changes.status = True
        self._changes.grows, self._changes.leaves = not before, parsed.leaves
        if before:
            self._note("document", f"{event.name} changed (version {event.version})", toast=True)

    @_apply.register(LookingUp)
    def _looking_up(self, _: LookingUp) -> None:
        self.arranging = True

    @_apply.register(LookedUp)
    def _looked_up(self, event: LookedUp) -> None:
        self.arranging = False
        if event.resolver.document.text == self.document.text:
            self.threads.show(event.resolver)
            if event.arrangement is not None and self.threads.adopt(event.arrangement):
                self._changes.threads = True

    @_apply.register(SaveState)
    def _save_state(self, event: SaveState) -> None:
        if event.problem is not None and event.problem != self.problem:
            self._note("save", f"not saved: {event.problem}", "error", toast=True)
        self.saved, self.problem, self.reason = event.saved, event.problem, event.reason
        self._changes.status = True

    @_apply.register(HistoryAnswer)
    def _history(self, event: HistoryAnswer) -> None:
        self._changes.history = event.entries

    @_apply.register(InviteAnswer)
    def _invite(self, event: InviteAnswer) -> None:
        self.invite = self._changes.made = event.invite.line
        self.invites = (*self.invites, event.invite)
        self._changes.invites = True
        self._note("invite", f"made an invite for a {event.invite.role}")

    @_apply.register(InvitesAnswer)
    def _invites(self, event: InvitesAnswer) -> None:
        self.invites = tuple(event.invites)
        self._changes.invites = True

    @_apply.register(StatusAnswer)
    def _status(self, event: StatusAnswer) -> None:
        status = event.status
        self.role, self.status = status.role, status
        if status.transport is not None:
            self.link = Link(status.transport, status.latency)
        self._pending = max(status.pending - self.outbox.pending, 0)
        self.saved_at = status.saved_at
        self.outbox.includes(event.ref)
        if status.pending == 0 and event.ref == self.outbox.ticket:
            self._changes.cards |= self.outbox.settled()
        self._changes.status = True

    @_apply.register(Ended)
    def _ended(self, event: Ended) -> None:
        self.ended = event.reason
        self.link = Link(None, None, self._now, event.reason)
        self._changes.ended = self._changes.status = True
        self._note("ended", f"the session ended: {event.reason}", "warning", toast=True)

    def _answered(self, id_: str) -> None:
        """Note that a change is being answered.

        One that the outbox does not know is of an earlier run.
        """
        if self.outbox.state(id_) != "pending":
            self._pending = max(self._pending - 1, 0)

    def _touch(self, id_: str) -> None:
        """Note that a block changed, and the blocks above it, which show that."""
        self._changes.cards.add(id_)
        if not self.threads.is_stale and id_ in self.threads.blocks:
            self._changes.cards.update(above.block.id for above in self.threads.path(id_))

    def _own(self, peer: str, block: Block) -> bool:
        return (bool(peer) and peer == self.peer) or (not peer and self.is_mine(block))

    def _who(self, peer: str) -> str:
        return self.peers[peer].name if peer in self.peers else "somebody"

    def _meet(self, peer: Peer, *, online: bool | None = None) -> None:
        if online is False and peer.online:
            peer = Peer(peer.id, peer.name, peer.role, peer.color, online=False)
        for writes in (self.peers.get(peer.id), peer):
            at = writes.block if writes is not None and writes.typing else None
            if at is not None and at in self.threads.blocks:
                self._changes.cards |= {at, self.threads.root_of(at).block.id}
        self.peers[peer.id] = peer
        self.seen[peer.id] = self._now
        self._changes.people = self._changes.status = True

    def _give_back(self, draft: Draft | None) -> None:
        self._changes.status = True
        if draft is not None:
            self._changes.returned.append(draft)

    def _note(
        self,
        kind: str,
        text: str,
        severity: Severity = "information",
        *,
        toast: bool = False,
        bell: bool = False,
    ) -> None:
        self._say(Notice(self._now, kind, text, severity, toast, bell))

    def _say(self, notice: Notice | None) -> None:
        if notice is not None:
            self.log.append(notice)
            self._changes.notices.append(notice)
