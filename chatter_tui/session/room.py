"""The links of a master: who is in the session, what each is sent, and effects in order."""

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
    """A channel to somebody, who is a member once that was proved."""

    binding: bytes
    opened: float
    heard: float
    pinged: float
    feed: Feed
    address: str = ""
    auth: Auth | None = None  # one that has to wait until `due`
    due: float = 0.0
    member: Member | None = None
    as_json: bool = False
    outdated: bool = False  # it was not told where somebody is, or of the document
    document: int = 0  # the version that was sent
    behind: bool = False  # the owner was told that it has what is not here
    latency: float | None = None
    updates: Bucket = field(default_factory=lambda: Bucket(UPDATE_RATE, UPDATE_BURST))
    others: Bucket = field(default_factory=lambda: Bucket(OTHER_RATE, OTHER_BURST))


class ProtocolError(Exception):
    """The peer broke the protocol: it gets the reason and is disconnected."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Room(Effects):
    """The members, their links, and what is to be done about them.

    Args:
        owner: the owner as a member.
        authority: holds what links are sent the state of.
        document: the document under review.
        members: those who were here in an earlier run, and may return.
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
        """Keep for the history what somebody did."""
        self.keep(Happened(deed, member.id, member.name, block, detail))

    # -- who is here ---------------------------------------------------------------------------

    def here(self, member: Member) -> bool:
        """Whether a member can be reached."""
        return member is self.owner or member.link is not None

    def author(self, member: Member) -> Author:
        """A member as the authority judges it."""
        return Author(member.id, member.name, Role(member.role))

    def others(self, member: Member) -> Iterator[Member]:
        """Whom a member sees here beside itself."""
        return (m for m in self.members.values() if m is not member and self.here(m) and m.is_shown)

    def opened(self, number: int, binding: bytes, now: float, address: str) -> None:
        """A channel is open, and nobody has said who they are."""
        self.links[number] = Link(binding, now, now, now, Feed(self._authority), address)

    def closed(self, number: int) -> None:
        """A channel is gone, and with it the member whose it was."""
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
        """Part from whoever breaks the protocol meanwhile."""
        try:
            yield
        except ProtocolError as error:
            self.drop(number, error.code, error.reason)
        except (MessageError, CodecError) as error:
            self.drop(number, "malformed", str(error))
        except Violation as error:
            self.drop(number, "violation", f"{error.reason} ({error.code})")

    def drop(self, number: int, code: str, reason: str) -> None:
        """Close a link with a reason."""
        self.send(number, Error(code, reason))
        self.forget(number, reason)

    def forget(self, number: int, reason: str) -> None:
        """Close a link that was told why."""
        self.do(Close(number, reason))
        self.closed(number)

    # -- what they are sent --------------------------------------------------------------------

    def send(self, number: int, message: Message) -> None:
        """To one link, whether or not there still is one."""
        link = self.links.get(number)
        as_json = link is not None and link.as_json
        self.do(Send(number, encode(message, as_json=as_json)))

    def broadcast(self, message: Message, skip: int | None = None) -> None:
        """To every member's link but `skip`; one that lags makes up for what may be left out."""
        by_format: dict[bool, list[int]] = {}
        for number, link in self.links.items():
            if number != skip and link.member is not None and not _leaves_out(link, message):
                by_format.setdefault(link.as_json, []).append(number)
        for as_json, numbers in by_format.items():
            self.do(Broadcast(tuple(numbers), encode(message, as_json=as_json)))

    def announce(self, action: Literal["join", "leave"], member: Member) -> None:
        """Tell everybody else that somebody came or went, and where they are."""
        about = Session(action, member.id, member.name, member.role, member.client_id)
        self.broadcast(about, member.link)
        entry = member.entry()
        if action == "leave":
            entry = replace(entry, presence=None)
        self.broadcast(Awareness(awareness.encode([entry])), member.link)

    def send_document(self, number: int) -> None:
        """The document as it is now."""
        document = self.document
        self.links[number].document = document.version
        self.send(number, Document(document.name, document.version, document.text))

    def proceed(self, number: int) -> None:
        """Send the next part of what a link asked for, or missed."""
        part = self.links[number].feed.proceed()
        if part:
            self.send(number, part)

    def drained(self, number: int) -> bool:
        """Nothing waits any more to be sent by a link; returns whether there are effects now."""
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
