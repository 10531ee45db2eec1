"""The master's end of a session: admits peers, accepts changes, relays them.

The caller owns the links. It says when one opens, what arrives and when it is gone, calls `tick`
about once a second, and after each call carries out what `effects` hands over, in order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chatter_tui.authority import Role
from chatter_tui.replica.lib0 import decode_state_vector
from chatter_tui.session import presence, sync
from chatter_tui.session.admission import REFUSALS, Admission
from chatter_tui.session.deciding import Asked
from chatter_tui.session.effects import Close
from chatter_tui.session.events import (
    Acknowledged,
    DocumentChanged,
    Failed,
    Peer,
    Rejected,
    RoleChanged,
)
from chatter_tui.session.limits import DEAD_AFTER, MAX_AUTH, MAX_CLIENT_MESSAGE, PING_INTERVAL
from chatter_tui.session.messages import (
    Ack,
    Awareness,
    Document,
    Message,
    Ping,
    Pong,
    Reject,
    RejectedItem,
    Request,
    RoleChange,
    Session,
    Side,
    Sync,
)
from chatter_tui.session.records import Issued, Ledgered, Record
from chatter_tui.session.relaying import Relaying
from chatter_tui.session.requests import Requests
from chatter_tui.session.room import Link, ProtocolError, Room
from chatter_tui.session.wire import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from chatter_tui.authority import Authority, Verdict
    from chatter_tui.blocks import Block
    from chatter_tui.replica import Replica, Written
    from chatter_tui.session.awareness import Presence
    from chatter_tui.session.effects import Effect
    from chatter_tui.session.invites import Token
    from chatter_tui.session.members import Member

_RETRIED: Final = 100  # updates that one costs whose merging had to be undone, at least
_RELOADED: Final = 20  # blocks that are loaded in the time an ordinary update takes
_REFUSED: Final = 10  # blocks that are named and kept as refused in the time an update takes
_ASKED: Final = 25  # other messages: a client asks for the state once
_BEHIND: Final = (
    "{name} has changes that this disk has lost: was it restored from an older backup? What {name}"
    " wrote is sent again; what others wrote is in a file next to {name}'s copy until they return"
)
_CLOCK_JUMP: Final = 5.0  # seconds between ticks after which the machine itself was asleep


class Master:
    """One session's owner.

    Args:
        session: the session's id.
        owner: the owner as a member; its `client_id` is the authority's.
        authority: holds the blocks and judges every change.
        document: the document under review.
        tokens: invites by id.
        secret: makes the given number of random bytes.
        members: those who were here in an earlier run, and may return.
        epoch: rises when somebody else takes over as master.
    """

    def __init__(
        self,
        session: str,
        owner: Member,
        authority: Authority,
        document: DocumentChanged,
        tokens: Mapping[str, Token],
        *,
        secret: Callable[[int], bytes],
        members: Iterable[Member] = (),
        epoch: int = 1,
    ) -> None:
        self.session = session
        self.epoch = epoch
        self._authority = authority
        self._room = room = Room(owner, authority, document, members)
        self._relaying = relaying = Relaying(room, authority)
        self._admission = Admission(
            room, authority, relaying, session, tokens, secret=secret, epoch=epoch
        )
        self._requests = Requests(room, authority, relaying, self.set_document)
        self._ticked: float | None = None

    # -- what the caller asks ------------------------------------------------------------------

    @property
    def blocks(self) -> Mapping[str, Block]:
        """All blocks, as everybody will see them."""
        return self._authority.blocks

    @property
    def document(self) -> DocumentChanged:
        """The document as it is now."""
        return self._room.document

    @property
    def peers(self) -> list[Peer]:
        """Everybody who is here, the owner first."""
        room = self._room
        return [m.peer(online=True) for m in room.members.values() if room.here(m)]

    def link_of(self, peer_id: str) -> tuple[int, float | None] | None:
        """A peer's link and its last round trip in seconds; None for who has none, as the owner."""
        link = self._room.members[peer_id].link
        return None if link is None else (link, self._room.links[link].latency)

    def state(self) -> bytes:
        """The confirmed state as one Yjs update."""
        return self._authority.state()

    def records(self) -> list[Record]:
        """All that must be kept beside the state to take the session up again."""
        members = (member.enrolled() for member in self._room.members.values())
        tokens = (Issued(token) for token in self._admission.tokens.values())
        return [Ledgered(self._authority.ledger.since(0)), *members, *tokens]

    def effects(self) -> list[Effect]:
        """What to do now, in order; each is handed over once."""
        return self._room.effects()

    def secret_of(self, token: str) -> bytes | None:
        """The secret of an invite, for signaling: also who returns is found by it, once it is void."""
        known = self._admission.tokens.get(token)
        return known.secret if known else None

    def prepare(self) -> None:
        """Make what judging changes takes, if that is not done yet; showing blocks needs none."""
        self._authority.prepare()

    def preparing(self) -> Iterator[None]:
        """The same in steps, between which anything may be asked for."""
        return self._authority.preparing()

    def verify(self) -> Iterator[None]:
        """Make sure that the stored bytes read as the document does; write anew what would not.

        In steps, between which anything may happen. To be done now and then, before everything is
        written to disk: it costs about as much as loading the session.
        """
        if not (yield from self._authority.verifying()):
            self._relaying.publish(self._authority.repair(), self._room.owner)

    # -- links ---------------------------------------------------------------------------------

    def opened(self, link: int, binding: bytes, now: float, address: str = "") -> None:
        """A channel is open, from an IP address if it is known; nobody has said who they are."""
        self._room.opened(link, binding, now, address)

    def closed(self, link: int) -> None:
        """A channel is gone."""
        self._room.closed(link)

    def full(self, link: int) -> None:
        """So much waits to be sent by a link that changes are better made up for later."""
        if link in self._room.links:
            self._room.links[link].feed.full()

    def drained(self, link: int) -> bool:
        """Nothing waits any more to be sent by a link; returns whether there are effects now."""
        return self._room.drained(link)

    def received(self, link: int, data: bytes, now: float) -> float:
        """One whole message arrived; returns the seconds to wait before reading more from it."""
        state = self._room.links.get(link)
        if state is None:
            return 0.0
        state.heard = now
        with self._room.parting(link):
            if state.member is None:
                auth = decode(data, sender=Side.CLIENT, limit=MAX_AUTH)
                self._admission.hear(link, state, auth, now)
                return 0.0
            message = decode(data, sender=Side.CLIENT, limit=MAX_CLIENT_MESSAGE)
            return self._handle(link, state, state.member, message, now)
        return 0.0

    def tick(self, now: float) -> None:
        """Time passed: ask after quiet peers, part from silent ones."""
        asleep = self._ticked is not None and not 0 <= now - self._ticked < _CLOCK_JUMP
        self._ticked = now
        for number, link in list(self._room.links.items()):
            if asleep:  # it was this machine that was silent
                link.opened = link.heard = link.pinged = now
            if link.member is None:
                self._admission.tick(number, link, now)
            elif now - link.heard > DEAD_AFTER:
                reason = f"nothing received for {DEAD_AFTER} seconds"
                self._room.drop(number, "silent", reason)
            elif now - link.pinged >= PING_INTERVAL:
                link.pinged = now
                self._room.send(number, Ping(int(now * 1000)))

    # -- the owner's own -----------------------------------------------------------------------

    def write(self, change: Callable[[Replica], Written], now: float) -> Verdict:
        """Make a change as the owner; it takes the way of everybody's changes."""
        room, owner = self._room, self._room.owner
        verdict = self._authority.write(room.author(owner), change, now)
        self._relaying.publish(verdict, owner)
        refused = {item.block for item in verdict.rejected}
        for item in verdict.rejected:
            room.tell(Rejected(item.block, item.code, item.reason, None))
        for changed in verdict.changes:
            if changed.id not in refused:
                room.tell(Acknowledged(changed.id))
        return verdict

    def set_presence(self, presence_: Presence) -> None:
        """Say where the owner is, who cannot be hidden."""
        if presence_.typing:
            self.prepare()  # soon there is something to judge
        presence.say(self._room, presence_)

    def set_document(self, name: str, text: str) -> None:
        """The document's file has changed."""
        room = self._room
        room.document = DocumentChanged(name, room.document.version + 1, text)
        self._requests.outdated()
        room.tell(room.document)
        room.broadcast(Document(name, room.document.version, text))

    @property
    def deciding(self) -> int:
        """How many requests wait."""
        return len(self._requests)

    def ask(self, request: Request, now: float) -> None:
        """Ask as the owner for what the master does in its turn."""
        self._requests.take(Asked(self._room.owner, request, None), now)

    def rewritten(self, problem: str | None, now: float) -> None:
        """The document's file holds what the last `Rewrite` asked for, or cannot: `problem`."""
        self._requests.rewritten(problem, now)

    def reconsider(self, now: float) -> None:
        """Others changed the file before the last `Rewrite`, and `set_document` was told."""
        self._requests.reconsider(now)

    def adopt(self, blocks: Iterable[Block], deleted: Iterable[str], now: float) -> set[str]:
        """Take over blocks from the owner's files, and delete; returns the ids of what is refused.

        The files are the owner's, so what stands there is not judged but for its size.
        """
        owner = self._room.owner
        doomed = [id_ for id_ in deleted if id_ in self.blocks]
        verdicts = [self._authority.seed(blocks)]
        if doomed:
            author = self._room.author(owner)
            verdicts.append(
                self._authority.write(author, lambda replica: replica.delete(doomed), now)
            )
        for verdict in verdicts:
            self._relaying.publish(verdict, owner)
            for item in verdict.rejected:
                reason = f"block {item.block} stays on disk and is not shared: {item.reason}"
                self._room.tell(Failed(reason))
        return {item.block for verdict in verdicts for item in verdict.rejected}

    def set_role(self, peer_id: str, role: Role) -> None:
        """Give a member another role, from its next update on.

        Raises:
            KeyError: when there is no such member; ValueError: when it is the owner, or is to be.
        """
        room = self._room
        member = room.members[peer_id]
        if Role.OWNER in (member.role, role):
            raise ValueError("the owner stays the owner, and nobody else becomes it")
        member.role = role
        room.keep(member.enrolled())
        room.record("role", member, detail=role)
        room.broadcast(RoleChange(member.id, role))
        room.tell(RoleChanged(member.peer(online=room.here(member))))

    def remove(self, peer_id: str) -> None:
        """Part from a member for good.

        Raises:
            KeyError: when there is no such member; ValueError: when it is the owner.
        """
        room = self._room
        member = room.members[peer_id]
        if member is room.owner:
            raise ValueError("the owner cannot be removed")
        member.removed = True
        room.keep(member.enrolled())
        room.record("remove", member)
        if member.link is not None:
            room.drop(member.link, "removed", REFUSALS["removed"])

    def add_token(self, token: Token) -> None:
        """Make an invite usable, or change one."""
        self._admission.add_token(token)

    @property
    def invites(self) -> list[tuple[Token, list[str]]]:
        """Every invite ever made, the oldest first, and the names of those who joined with it."""
        return self._admission.invites()

    def revoke(self, token_id: str, *, revoked: bool = True) -> None:
        """Let nobody new join with an invite, or take that back; who is in stays in.

        Raises:
            KeyError: when there is no such invite.
        """
        self.add_token(replace(self._admission.tokens[token_id], revoked=revoked))

    def end(self, reason: str) -> None:
        """End the session for everybody."""
        owner = self._room.owner
        self._room.broadcast(Session("end", owner.id, owner.name, owner.role))
        self.pause(reason)

    def pause(self, reason: str) -> None:
        """Go away for a while: the clients work on, and come back when the session is resumed."""
        for link in self._room.links:
            self._room.do(Close(link, reason))

    # -- messages of members -------------------------------------------------------------------

    def _handle(
        self, number: int, link: Link, member: Member, message: Message, now: float
    ) -> float:
        if member.newcomer:
            # It has its resume secret, which nobody may ask for again: others may know its peer id.
            member.newcomer = False
            self._room.announce("join", member)
        match message:
            case Sync():
                return self._sync(number, link, member, message, now)
            case Awareness():
                presence.hear(self._room, member, message)
            case Request():
                self._requests.take(Asked(member, message, number), now)
                return link.updates.take(now)
            case Ping():
                self._room.send(number, Pong(message.stamp))
            case Pong():
                link.latency = max(0.0, now - message.stamp / 1000)
            case _:
                raise ProtocolError("unexpected", f"{message.TYPE} is not expected here")
        return link.others.take(now)

    def _sync(self, number: int, link: Link, member: Member, message: Sync, now: float) -> float:
        step = sync.decode(message.data)
        if step.step is sync.Step.STATE_VECTOR:
            behind = self._lacks(step.payload)
            if behind and not link.behind:
                link.behind = True
                self._room.tell(Failed(_BEHIND.format(name=member.name)))
            link.feed.ask(step.payload, behind=behind)
            self._room.proceed(number)
            return link.others.take(now, _ASKED)
        if step.step is sync.Step.DIFF or message.seq is None:
            raise ProtocolError("unexpected", "a client sends its changes as numbered updates")
        verdict = self._authority.receive(self._room.author(member), step.payload, now)
        self._relaying.publish(verdict, member, number)
        if verdict.accepted:
            self._room.send(number, Ack(message.seq))
        else:
            items = tuple(RejectedItem(i.block, i.code, i.reason) for i in verdict.rejected)
            self._room.send(number, Reject(message.seq, items, verdict.fixed or b"\0\0"))
        self._relaying.cascade(verdict)
        reloading = max(_RETRIED, len(self.blocks) // _RELOADED)
        refused = len(verdict.rejected) // _REFUSED  # a few bytes may delete what is others'
        return link.updates.take(now, 1 + refused + verdict.retried * reloading)

    def _lacks(self, vector: bytes) -> bool:
        """Whether a client has what is not here, as after a disk is restored from a copy."""
        here = decode_state_vector(self._authority.state_vector())
        return any(clock > here.get(id_, 0) for id_, clock in decode_state_vector(vector).items())
