"""The members and links of a master, and what is sent to them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from chatter_tui.authority import Author, Role, Violation
from chatter_tui.replica import CodecError
from chatter_tui.session import awareness
from chatter_tui.session.effects import Broadcast, Close, Effects, Send
from chatter_tui.session.events import PeerLeft
from chatter_tui.session.feed import Feed
from chatter_tui.session.limits import OTHER_BURST, OTHER_RATE, UPDATE_BURST, UPDATE_RATE, Bucket
from chatter_tui.session.messages import (
    Auth,
    Awareness,
    Document,
    Error,
    Message,
    MessageError,
    Session,
    Sync,
)
from chatter_tui.session.records import Happened
from chatter_tui.session.wire import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatter_tui.authority import Authority
    from chatter_tui.session.events import DocumentChanged
    from chatter_tui.session.members import Member
    from chatter_tui.session.records import Deed


@dataclass(slots=True)
class Link:
    """A channel to a peer, which becomes a member once it has authenticated."""

    binding: bytes
    opened: float
    heard: float
    pinged: float
    feed: Feed
    address: str = ""
    auth: Auth | None = None  # an attempt delayed until `due`
    due: float = 0.0
    member: Member | None = None
    as_json: bool = False
    outdated: bool = False  # missed an awareness update or a document
    document: int = 0  # the last version sent
    behind: bool = False  # the owner has been told that this peer has updates missing here
    latency: float | None = None
    updates: Bucket = field(default_factory=lambda: Bucket(UPDATE_RATE, UPDATE_BURST))
    others: Bucket = field(default_factory=lambda: Bucket(OTHER_RATE, OTHER_BURST))


class ProtocolError(Exception):
    """A peer broke the protocol: it is told why and disconnected."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Room(Effects):
    """The members, their links, and the effects to carry out.

    Args:
        owner: The owner as a member.
        authority: Holds the state that links are sent.
        document: The document under review.
        members: Members of earlier runs, who may return.
    """

    def __init__(
        self,
        owner: Member,
        authority: Authority,
        document: DocumentChanged,
        members: Iterable[Member],
    ) -> None:
        super().__init__()
        self.owner = owner
        self.document = document
        self.members = {owner.id: owner} | {member.id: member for member in members}
        self.links: dict[int, Link] = {}
        self._authority = authority

    def record(self, deed: Deed, member: Member, block: str = "", detail: str = "") -> None:
        """Store an entry of the history."""
        self.keep(Happened(deed, member.id, member.name, block, detail))

    # -- who is here ---------------------------------------------------------------------------

    def here(self, member: Member) -> bool:
        """Return whether a member is present."""
        return member is self.owner or member.link is not None

    def author(self, member: Member) -> Author:
        """Return a member as the authority sees it."""
        return Author(member.id, member.name, Role(member.role))

    def others(self, member: Member) -> Iterator[Member]:
        """Yield the present members that `member` can see."""
        return (m for m in self.members.values() if m is not member and self.here(m) and m.is_shown)

    def opened(self, number: int, binding: bytes, now: float, address: str) -> None:
        """Register a new, unauthenticated channel."""
        self.links[number] = Link(binding, now, now, now, Feed(self._authority), address)

    def closed(self, number: int) -> None:
        """Forget a channel; its member leaves, unless it has a newer link."""
        gone = self.links.pop(number, None)
        member = gone.member if gone else None
        if member is None or member.link != number:
            return
        member.link = None
        self.record("leave", member)
        self.tell(PeerLeft(member.peer(online=False)))
        member.presence = None
        if member.is_shown:
            self.announce("leave", member)

    @contextmanager
    def parting(self, number: int) -> Iterator[None]:
        """Drop the link if the block raises an error that is the peer's fault."""
        try:
            yield
        except ProtocolError as error:
            self.drop(number, error.code, error.reason)
        except (MessageError, CodecError) as error:
            self.drop(number, "malformed", str(error))
        except Violation as error:
            self.drop(number, "violation", f"{error.reason} ({error.code})")

    def drop(self, number: int, code: str, reason: str) -> None:
        """Close a link, telling the peer why."""
        self.send(number, Error(code, reason))
        self.forget(number, reason)

    def forget(self, number: int, reason: str) -> None:
        """Close a link whose peer has been told why."""
        self.do(Close(number, reason))
        self.closed(number)

    # -- sending -----------------------------------------------------------------------------------

    def send(self, number: int, message: Message) -> None:
        """Send to one link; a link that is gone is not an error."""
        link = self.links.get(number)
        as_json = link is not None and link.as_json
        self.do(Send(number, encode(message, as_json=as_json)))

    def broadcast(self, message: Message, skip: int | None = None) -> None:
        """Send to every member's link but `skip`.

        A lagging link catches up later on what may be skipped.
        """
        by_format: dict[bool, list[int]] = {}
        for number, link in self.links.items():
            if number != skip and link.member is not None and not _leaves_out(link, message):
                by_format.setdefault(link.as_json, []).append(number)
        for as_json, numbers in by_format.items():
            self.do(Broadcast(tuple(numbers), encode(message, as_json=as_json)))

    def announce(self, action: Literal["join", "leave"], member: Member) -> None:
        """Tell everybody else that a member came or went, with its presence."""
        about = Session(action, member.id, member.name, member.role, member.client_id)
        self.broadcast(about, member.link)
        entry = member.entry()
        if action == "leave":
            entry = replace(entry, presence=None)
        self.broadcast(Awareness(awareness.encode([entry])), member.link)

    def send_document(self, number: int) -> None:
        """Send the current document."""
        document = self.document
        self.links[number].document = document.version
        self.send(number, Document(document.name, document.version, document.text))

    def proceed(self, number: int) -> None:
        """Send the next part of the state that a link requested or missed."""
        part = self.links[number].feed.proceed()
        if part:
            self.send(number, part)

    def drained(self, number: int) -> bool:
        """Note that a link's queue is empty; return whether there are effects to carry out."""
        link = self.links.get(number)
        if link is None or link.member is None or not link.feed.lags:
            return False
        self.proceed(number)
        if link.feed.live and link.outdated:
            link.outdated = False
            entries = [other.entry() for other in self.others(link.member)]
            self.send(number, Awareness(awareness.encode(entries)))
            if link.document != self.document.version:
                self.send_document(number)
        return True


def _leaves_out(link: Link, message: Message) -> bool:
    match message:
        case Sync() if not link.feed.live:
            link.feed.miss()
            return True
        case Awareness() | Document() if link.feed.lags:
            link.outdated = True
            return True
        case Document():
            link.document = message.version
    return False
