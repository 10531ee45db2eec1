"""The master's end of a session: admits peers, judges their changes and relays them.

The caller owns the links. It reports when a link opens, receives a message or closes, calls `tick`
about once a second, and after every call carries out the `effects`, in order.
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
from chatter_tui.session.reanchoring import Reanchoring
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

_RETRIED: Final = 100  # minimum cost, in updates, of one whose merge had to be undone
_RELOADED: Final = 20  # blocks that load in the time an ordinary update takes
_REFUSED: Final = 10  # rejected blocks that are reported in the time an update takes
_ASKED: Final = 25  # cost, in other messages, of asking for the state, which happens once
_BEHIND: Final = (
    "{name} has changes that this disk has lost: was it restored from an older backup? What {name}"
    " wrote is sent again; what others wrote is in a file next to {name}'s copy until they return"
)
_CLOCK_JUMP: Final = 5.0  # seconds between two ticks that mean this machine was asleep


class Master:
    """The owner's end of a session.

    Args:
        session: The session id.
        owner: The owner as a member; its `client_id` is the authority's.
        authority: Holds the blocks and judges every change.
        document: The document under review.
        tokens: Invites by id.
        secret: Returns the given number of random bytes.
        members: Members of earlier runs, who may return.
        epoch: Rises whenever another process takes over as master.
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
        self._reanchoring = Reanchoring(room, authority, relaying)
        self._ticked: float | None = None

    # -- state -------------------------------------------------------------------------------------

    @property
    def blocks(self) -> Mapping[str, Block]:
        """All blocks, as everybody will see them."""
        return self._authority.blocks

    @property
    def document(self) -> DocumentChanged:
        """The current document."""
        return self._room.document

    @property
    def peers(self) -> list[Peer]:
        """All participants who are present, the owner first."""
        room = self._room
        return [m.peer(online=True) for m in room.members.values() if room.here(m)]

    def link_of(self, peer_id: str) -> tuple[int, float | None] | None:
        """Return a peer's link and its last round trip in seconds; None without a link."""
        link = self._room.members[peer_id].link
        return None if link is None else (link, self._room.links[link].latency)

    def state(self) -> bytes:
        """Return the confirmed state as one Yjs update."""
        return self._authority.state()

    def records(self) -> list[Record]:
        """Return everything that must be stored beside the state to resume the session."""
        members = (member.enrolled() for member in self._room.members.values())
        tokens = (Issued(token) for token in self._admission.tokens.values())
        return [Ledgered(self._authority.ledger.since(0)), *members, *tokens]

    def effects(self) -> list[Effect]:
        """Return what the caller must do now, in order. Each effect is returned once."""
        return self._room.effects()

    def secret_of(self, token: str) -> bytes | None:
        """Return the secret of an invite, for signaling.

        Void ones count too: returning peers use them.
        """
        known = self._admission.tokens.get(token)
        return known.secret if known else None

    def prepare(self) -> None:
        """Build the state needed to judge changes, unless that is done.

        Showing blocks does not need it.
        """
        self._authority.prepare()

    def preparing(self) -> Iterator[None]:
        """Do the same in steps, between which any other method may be called."""
        return self._authority.preparing()

    def verify(self) -> Iterator[None]:
        """Check that the stored bytes decode to the current blocks, and rewrite those that do not.

        Runs in steps, between which any other method may be called. Call it now and then, before
        the state is written to disk; it costs about as much as loading the session.
        """
        if not (yield from self._authority.verifying()):
            self._relaying.publish(self._authority.repair(), self._room.owner)

    # -- links ---------------------------------------------------------------------------------

    def opened(self, link: int, binding: bytes, now: float, address: str = "") -> None:
        """Handle a new, unauthenticated channel from an IP address, if that is known."""
        self._room.opened(link, binding, now, address)

    def closed(self, link: int) -> None:
        """Handle the loss of a channel."""
        self._room.closed(link)

    def full(self, link: int) -> None:
        """Note that a link's queue is full: its updates are left out and caught up on later."""
        if link in self._room.links:
            self._room.links[link].feed.full()

    def drained(self, link: int) -> bool:
        """Note that a link's queue is empty; return whether there are effects to carry out."""
        return self._room.drained(link)

    def received(self, link: int, data: bytes, now: float) -> float:
        """Handle one whole message; return the seconds to wait before reading the link again."""
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
        """Ping quiet peers, and drop those that were silent for too long."""
        asleep = self._ticked is not None and not 0 <= now - self._ticked < _CLOCK_JUMP
        self._ticked = now
        for number, link in list(self._room.links.items()):
            if asleep:  # the silence was this machine's
                link.opened = link.heard = link.pinged = now
            if link.member is None:
                self._admission.tick(number, link, now)
            elif now - link.heard > DEAD_AFTER:
                reason = f"nothing received for {DEAD_AFTER} seconds"
                self._room.drop(number, "silent", reason)
            elif now - link.pinged >= PING_INTERVAL:
                link.pinged = now
                self._room.send(number, Ping(int(now * 1000)))

    # -- the owner's actions -----------------------------------------------------------------------

    def write(self, change: Callable[[Replica], Written], now: float) -> Verdict:
        """Make a change as the owner. It is judged like everybody's."""
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
        """Set the owner's presence. The owner cannot hide."""
        if presence_.typing:
            self.prepare()  # the owner's own comment will soon have to be judged
        presence.say(self._room, presence_)

    def set_document(self, name: str, text: str) -> None:
        """Replace the document after its file has changed; call `reanchor` soon."""
        room = self._room
        before = room.document
        room.document = DocumentChanged(name, before.version + 1, text)
        self._requests.outdated()
        self._reanchoring.edited(before.text)
        room.tell(room.document)
        room.broadcast(Document(name, room.document.version, text))

    def reanchor(self) -> Iterator[None]:
        """Re-anchor, in steps, the comments whose words were edited with the document."""
        return self._reanchoring.run()

    @property
    def deciding(self) -> int:
        """The number of waiting requests."""
        return len(self._requests)

    def ask(self, request: Request, now: float) -> None:
        """Queue a request of the owner's."""
        self._requests.take(Asked(self._room.owner, request, None), now)

    def rewritten(self, problem: str | None, now: float) -> None:
        """Report that the last `Rewrite` was carried out, or the problem that prevented it."""
        self._requests.rewritten(problem, now)

    def reconsider(self, now: float) -> None:
        """Report that the file had changed before the last `Rewrite`; call `set_document` first."""
        self._requests.reconsider(now)

    def adopt(self, blocks: Iterable[Block], deleted: Iterable[str], now: float) -> set[str]:
        """Take over added and deleted blocks from the owner's files.

        Return the ids of refused ones. The files belong to the owner, so only the size of their
        blocks is checked.
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
        """Change a member's role, effective from its next update.

        Raises:
            KeyError: There is no such member.
            ValueError: The member is the owner, or `role` is.
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
        """Remove a member for good.

        Raises:
            KeyError: There is no such member.
            ValueError: The member is the owner.
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
        """Add an invite, or replace the one with the same id."""
        self._admission.add_token(token)

    @property
    def invites(self) -> list[tuple[Token, list[str]]]:
        """All invites, oldest first, each with the names of the members who joined with it."""
        return self._admission.invites()

    def revoke(self, token_id: str, *, revoked: bool = True) -> None:
        """Revoke an invite, or restore it. Members who joined with it stay.

        Raises:
            KeyError: There is no such invite.
        """
        self.add_token(replace(self._admission.tokens[token_id], revoked=revoked))

    def end(self, reason: str) -> None:
        """End the session for everybody."""
        owner = self._room.owner
        self._room.broadcast(Session("end", owner.id, owner.name, owner.role))
        self.pause(reason)

    def pause(self, reason: str) -> None:
        """Close all links without ending the session. Clients keep working and reconnect later."""
        for link in self._room.links:
            self._room.do(Close(link, reason))

    # -- messages of members -------------------------------------------------------------------

    def _handle(
        self, number: int, link: Link, member: Member, message: Message, now: float
    ) -> float:
        if member.newcomer:
            # It has received its resume secret. That must not be issued twice: others may know its
            # peer id.
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
        refused = len(verdict.rejected) // _REFUSED  # a few bytes may delete many blocks of others
        return link.updates.take(now, 1 + refused + verdict.retried * reloading)

    def _lacks(self, vector: bytes) -> bool:
        """Return whether a client has updates that this master lacks, as after a restore."""
        here = decode_state_vector(self._authority.state_vector())
        return any(clock > here.get(id_, 0) for id_, clock in decode_state_vector(vector).items())
