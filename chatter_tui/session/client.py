"""A client's end of a session: its own view, what waits for an answer, and what it is told.

The caller owns the links. It says when one opens, what arrives and when it is gone, calls `tick`
about once a second, and after each call carries out what `effects` hands over, in order. One link
serves at a time; a newer one takes over once the master has let it in. Reading and writing go on
without a link.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Final

from chatter_tui.authority import Role
from chatter_tui.authority.codec import decode as decode_update
from chatter_tui.replica import CodecError, Fork, NativeFaultError
from chatter_tui.replica.fork import ForkError, differences
from chatter_tui.session import awareness, sync
from chatter_tui.session.awareness import Presence
from chatter_tui.session.company import Company
from chatter_tui.session.effects import Close, Effect, Send, Store, Tell
from chatter_tui.session.events import (
    Acknowledged,
    DocumentChanged,
    Ended,
    Failed,
    Joined,
    MachineEvent,
    Peer,
    PeerJoined,
    PeerLeft,
    PresenceChanged,
    Rejected,
    RoleChanged,
    SetBack,
    Synced,
)
from chatter_tui.session.invites import proof, same
from chatter_tui.session.limits import (
    DEAD_AFTER,
    MAX_MASTER_MESSAGE,
    MAX_STATE,
    PING_INTERVAL,
)
from chatter_tui.session.messages import (
    Ack,
    Answer,
    Auth,
    AuthOk,
    AuthRejected,
    Awareness,
    Document,
    Error,
    Message,
    MessageError,
    Ping,
    Pong,
    Reject,
    Request,
    RoleChange,
    Session,
    Side,
    Sync,
    decode,
    encode,
)
from chatter_tui.session.records import (
    Answered,
    Happened,
    Noted,
    Queued,
    Record,
    Replaced,
    Requeued,
    Update,
)
from chatter_tui.session.setback import difference, lacks_deletes
from chatter_tui.session.telling import deeds, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from chatter_tui.blocks import Block
    from chatter_tui.replica import Change, Pending, Replica, Written
    from chatter_tui.session.records import Deed


class Phase(StrEnum):
    """How far the link is."""

    OFFLINE = "offline"
    AUTHENTICATING = "authenticating"
    SYNCING = "syncing"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a client proves itself: with an invite's token, or as one who returns.

    `resume` is what the master gave at the first joining; `token` is empty without an invite.
    """

    peer_id: str
    name: str
    token: str = ""
    secret: bytes = b""
    resume: bytes = b""


@dataclass(slots=True)
class _Knock:
    """A link that the master has not let in yet."""

    binding: bytes
    since: float
    asked: bool = False
    client_id: int = 0  # which it was asked for with


class _UntrustedError(Exception):
    """What came is not what the protocol allows the master to send."""


_NOTHING: Final = b"\0"  # the state vector of who has nothing

_SPOILT: Final = (
    "the host sent a change that cannot be taken in: ask whether it is who you think it is. What came"
    " before is kept"
)

# A link closed for one of these would be closed again: the change that caused it is set aside.
_SET_ASIDE: Final = frozenset({"violation", "malformed"})


class Client:
    """One who joined.

    Args:
        session: the session's id.
        credentials: how one proves oneself.
        fork: the confirmed state with one's own changes on top, perhaps those of an earlier run.
            Its client id is used by no other run: what an older copy of a disk does not know of
            may have been written already.
        new_client_id: makes a Yjs client id nobody has.
        role: what one was in an earlier run, until the master says what one is now.
        notes: plain facts of the caller's that are kept with who one is.
        deferred: own updates of an earlier run whose confirmed state has been lost; they are
            queued once the master has sent it again. The fork has not given their numbers away.
    """

    def __init__(
        self,
        session: str,
        credentials: Credentials,
        fork: Fork,
        *,
        new_client_id: Callable[[], int],
        role: Role = Role.VIEWER,
        notes: Mapping[str, str] | None = None,
        deferred: Sequence[bytes] = (),
    ) -> None:
        self.session = session
        self.credentials = credentials
        self.phase = Phase.OFFLINE
        self.latency: float | None = None
        self.spoilt = False  # the state is not to be kept: native code failed on what came
        self.role = role
        self._notes = dict(notes or {})
        self._fork = fork
        self._deferred = deferred
        self._new_client_id = new_client_id
        self._link: int | None = None
        self._knocks: dict[int, _Knock] = {}
        self._heard = self._pinged = 0.0
        self._company = Company()
        self._document: DocumentChanged | None = None
        self._presence = Presence()
        self._clock = 0
        self._shown_as = fork.client_id  # in awareness: what the link was authenticated with
        self._anew = False  # whether the master is asked for everything
        self._forgotten = False  # whether the master said that it knows no such peer
        self._parts = bytearray()  # of a sync message that is not complete
        self._requests: dict[int, Request] = {}  # without an answer
        self._requested = 0
        self._effects: list[Effect] = []

    # -- what the caller asks ------------------------------------------------------------------

    @property
    def blocks(self) -> Mapping[str, Block]:
        """What the user sees: the confirmed blocks with one's own changes on top."""
        return self._fork.blocks

    @property
    def pending(self) -> int:
        """Own changes and requests that the master has not answered."""
        return len(self._fork.pending) + len(self._requests)

    @property
    def peers(self) -> list[Peer]:
        """Everybody who is here, oneself first."""
        return [self._self(), *self._company.peers]

    @property
    def link(self) -> int | None:
        """The link that serves."""
        return self._link

    def silence(self, now: float) -> float:
        """Seconds since the master was heard on the link that serves; 0 without one."""
        return 0.0 if self._link is None else now - self._heard

    def state(self) -> bytes:
        """The confirmed state as one Yjs update."""
        return self._fork.state()

    def records(self) -> list[Record]:
        """All that must be kept beside the state to take the session up again."""
        return [self._who(), Requeued(self._queue())]

    def effects(self) -> list[Effect]:
        """What to do now, in order; each is handed over once."""
        effects, self._effects = self._effects, []
        return effects

    # -- link ----------------------------------------------------------------------------------

    def opened(self, link: int, binding: bytes, now: float, address: str = "") -> None:
        """A channel to the master is open; it takes over from an earlier one once it is let in."""
        del address  # who hosts shows by proof
        self._knocks[link] = _Knock(binding, now)
        if self._link is None:
            self.phase = Phase.AUTHENTICATING
        self._knock()

    def closed(self, link: int) -> None:
        """A channel is gone."""
        if link == self._link:
            self._link, self.latency = None, None
        elif self._knocks.pop(link, None) is None:
            return
        if self._link is None:
            self.phase = Phase.AUTHENTICATING if self._knocks else Phase.OFFLINE
        if self.phase is Phase.OFFLINE:
            self._effects += [Tell(PeerLeft(peer)) for peer in self._company.part()]
        self._knock()

    def received(self, link: int, data: bytes, now: float) -> float:
        """One whole message arrived; a client never waits before reading more."""
        if link != self._link and link not in self._knocks:
            return 0.0
        try:
            message = decode(data, sender=Side.MASTER, limit=MAX_MASTER_MESSAGE)
            if link in self._knocks:
                self._handle_auth(link, message, now)
            else:
                self._heard = now
                self._handle(message, now)
        except (MessageError, CodecError, _UntrustedError) as error:
            self._part(link, f"the host sent something unreadable: {error}")
        except NativeFaultError:
            self.spoilt = True
            self._leave(Ended(_SPOILT, "failed"))
        return 0.0

    def tick(self, now: float) -> None:
        """Time passed: ask after a quiet master, part from a silent one."""
        for link, knock in list(self._knocks.items()):
            if not knock.asked or now < knock.since:
                knock.since = now  # those who wait for their turn keep nobody waiting
            elif now - knock.since > DEAD_AFTER:
                self._part(link, "the host does not answer")
        if self._link is None:
            return
        if now < self._heard:  # the clock was set back, which says nothing of the master
            self._heard = self._pinged = now
        elif now - self._heard > DEAD_AFTER:
            self._part(self._link, "the host does not answer")
        elif now - self._pinged >= PING_INTERVAL:
            self._pinged = now
            self._send(Ping(int(now * 1000)))

    def verify(self) -> Iterator[None]:
        """Make sure that the bytes to be stored read as what is shown, and show what they say.

        In steps, as for a master, though there is only one.
        """
        self._tell_changes(self._rebuilding(self._fork.refresh), "")
        yield

    # -- one's own -----------------------------------------------------------------------------

    def write(self, change: Callable[[Replica], Written]) -> Pending | None:
        """Make a change of one's own; None when it changed nothing."""
        pending = self._fork.write(change)
        if pending:
            self._keep(Queued(pending.seq, pending.update))
            self._tell_changes(pending.changes, self.credentials.peer_id)
            if self.phase is Phase.ONLINE:
                self._submit(pending)
        return pending

    def ask(self, action: str, block: str, text: str | None, *, confirmed: bool) -> None:
        """Ask the master for what only it may do; asked again on a new link until it answers."""
        self._requested += 1
        request = Request(self._requested, action, block, text, confirmed or None)
        self._requests[request.id] = request
        if self.phase is Phase.ONLINE:
            self._send(request)

    def set_presence(self, presence: Presence) -> None:
        """Say where one is; name and colour are the master's to fill in."""
        self._presence = presence
        self._tell(PresenceChanged(self._self()))
        if self.phase in (Phase.SYNCING, Phase.ONLINE):
            self._send_presence()

    # -- messages ------------------------------------------------------------------------------

    def _handle(self, message: Message, now: float) -> None:
        match message:
            case Ping():
                self._send(Pong(message.stamp))
            case Pong():
                self.latency = max(0.0, now - message.stamp / 1000)
            case Error():
                self._error(message)
            case Sync():
                self._sync(message)
            case Ack():
                self._ack(message.seq)
            case Reject():
                self._reject(message)
            case Answer():
                self._answered(message)
            case _:
                self._handle_news(message)

    def _handle_news(self, message: Message) -> None:
        match message:
            case Awareness():
                self._awareness(message)
            case Document():
                document = DocumentChanged(message.name, message.version, message.text)
                if document != self._document:  # a link that takes over brings the same again
                    self._document = document
                    self._tell(document)
            case Session():
                self._session(message)
            case RoleChange():
                self._role_change(message)
            case _:
                raise _UntrustedError(f"unexpected {message.TYPE}")

    def _knock(self) -> None:
        """Ask for one link at a time to be let in: with the first answer comes the resume secret."""
        link, knock = next(iter(self._knocks.items()), (0, None))
        if knock is None or knock.asked:
            return
        knock.asked, knock.client_id = True, self._fork.client_id
        mine = self.credentials
        token = "" if self._returns else mine.token
        shown = proof(self._key(), "client", self.session, mine.peer_id, knock.binding)
        auth = Auth(token, shown, mine.peer_id, mine.name, knock.client_id)
        self._effects.append(Send(link, encode(auth)))

    def _handle_auth(self, link: int, message: Message, now: float) -> None:
        if isinstance(message, AuthRejected):
            self._refused(link, message)
        elif isinstance(message, Error):  # whoever says it may not be the host
            self._part(link, message.reason)
        elif isinstance(message, AuthOk):
            mine, binding = self.credentials, self._knocks[link].binding
            expected = proof(self._key(), "master", self.session, mine.peer_id, binding)
            if not same(expected, message.proof):
                raise _UntrustedError("it does not know the invite's secret")
            if not message.resume:
                raise _UntrustedError("it gives no way to return")
            self.role = _role(message.role)
            self._forgotten = False
            self.credentials = replace(mine, name=message.name, resume=message.resume)
            self._serve_by(link, now)
            self._keep(self._who())
            self._keep(Noted({"document": message.document, "owner": message.owner}))
            self._tell(Joined(self._self(), message.document, link))
            self._send_presence()
            self._ask(self._fork.state_vector())
            self._knock()
        else:
            raise _UntrustedError(f"unexpected {message.TYPE}")

    def _serve_by(self, link: int, now: float) -> None:
        """Let a link serve. What an older one still carries is asked for or sent again."""
        if self._link is not None:
            self._effects.append(Close(self._link, "a newer link took over"))
        self._shown_as = self._knocks.pop(link).client_id
        self._link, self.phase, self.latency = link, Phase.SYNCING, None
        self._heard = self._pinged = now
        self._parts, self._anew = bytearray(), False
        self._company.expect()

    def _refused(self, link: int, message: AuthRejected) -> None:
        if self._link is not None:
            self._part(link, message.reason)
        elif message.code == "unknown-peer" and self._returns and self.credentials.token:
            # Its disk may be an older copy; who has an invite is let in as before.
            self._forgotten = True
            self._part(link, message.reason)
        elif message.code == "peer-id-taken" and self._forgotten:
            self._forgotten = False  # it was somebody else who did not know it
            self._part(link, message.reason)
        else:
            self._leave(Ended(message.reason, message.code))

    def _ask(self, vector: bytes) -> None:
        self._send(Sync(sync.encode(sync.Step.STATE_VECTOR, vector)))

    def _sync(self, message: Sync) -> None:
        self._parts += message.data
        if len(self._parts) > MAX_STATE:
            raise _UntrustedError("more than a session may hold")
        if message.more:
            return
        data, self._parts = bytes(self._parts), bytearray()
        step = sync.decode(data)
        if step.step is sync.Step.STATE_VECTOR:
            raise _UntrustedError("a master does not ask for state")
        decode_update(step.payload)  # native code would die of some of what it refuses
        if step.step is sync.Step.DIFF:
            self._caught_up(step.payload, behind=message.behind is True)
        else:
            changes = self._fork.apply(step.payload)
            self._keep(Update(step.payload))
            self._tell_changes(changes, message.peer or "")

    def _caught_up(self, update: bytes, *, behind: bool) -> None:
        if self._anew:
            self._begin_anew(update)
        elif behind or lacks_deletes(update, self._fork.deletes()):
            self._anew = True
            self._ask(_NOTHING)
            return
        else:
            changes = self._rebuilding(lambda: self._resync(update))
            self._keep(Update(update))
            self._tell_changes(changes, "")
        self.phase = Phase.ONLINE
        self._effects += [Tell(PeerLeft(peer)) for peer in self._company.settle()]
        self._tell(Synced(len(self._fork.blocks)))
        for pending in self._fork.pending:
            self._submit(pending)
        for request in self._requests.values():
            self._send(request)

    def _begin_anew(self, state: bytes) -> None:
        """Take the master's state in place of one's own, and make again what it lacks."""
        before, unsent = dict(self._fork.blocks), self._fork.pending
        self._fork.apply(state)
        together = self._fork.blocks
        self._fork = Fork(self._new_client_id(), state)
        self._anew = False
        found = difference(together, self._fork.confirmed, unsent, self.credentials.name)
        self._keep(Replaced(state))
        for _, change in found.changes:
            self._fork.write(change)
        self._keep(Requeued(self._queue()))
        self._tell_changes(differences(before, self._fork.blocks), "")
        if found:
            again = tuple(id_ for id_, _ in found.changes)
            self._tell(SetBack(again, tuple(found.lost), tuple(found.back)))

    def _ack(self, seq: int) -> None:
        pending = self._fork.acknowledge(seq)
        if pending:
            self._keep(Update(pending.update))
            self._keep(Answered(seq))
            for change in pending.changes:
                self._tell(Acknowledged(change.id))

    def _reject(self, message: Reject) -> None:
        decode_update(message.fixed)
        pending: Pending | None = None

        def roll_back() -> tuple[Change, ...]:
            nonlocal pending
            rolled = self._fork.reject(message.seq, message.fixed)
            pending = rolled.pending
            return rolled.changes

        changes = self._rebuilding(roll_back)
        self._keep(Update(message.fixed))
        self._keep(Answered(message.seq))
        self._tell_rollback(changes)
        if pending is not None:
            self._tell_rejected(pending, message)

    def _answered(self, message: Answer) -> None:
        request = self._requests.pop(message.id, None)
        if request is None:
            return
        if message.code:
            self._tell(Rejected(request.block_id, message.code, message.reason, None))
        else:
            self._tell(Acknowledged(request.block_id))

    def _tell_rejected(self, pending: Pending, message: Reject) -> None:
        refused = {item.block_id: item for item in message.items}
        whole = refused.get("")
        for change in pending.changes:
            item = refused.get(change.id, whole)
            if item:
                self._record("reject", self._self(), change.id, item.code)
                self._tell(Rejected(change.id, item.code, item.reason, change.after))
            else:
                self._tell(Acknowledged(change.id))

    def _awareness(self, message: Awareness) -> None:
        for entry in awareness.decode(message.data):
            moved = self._company.move(entry)
            if moved:
                self._tell(PresenceChanged(moved))

    def _session(self, message: Session) -> None:
        if message.action == "end":
            self._leave(Ended(f"{message.name} ended the session"))
        elif message.action == "join":
            named = Peer(message.peer_id, message.name, _role(message.role))
            peer = self._company.join(named, message.client_id)
            if peer and self.phase is Phase.ONLINE:  # before that: who was here already
                self._record("join", peer)
            if peer:
                self._tell(PeerJoined(peer))
        else:
            gone = self._company.leave(message.peer_id)
            if gone:
                self._record("leave", gone)
                self._tell(PeerLeft(gone))

    def _role_change(self, message: RoleChange) -> None:
        role = _role(message.role)
        if message.peer_id == self.credentials.peer_id:
            self.role = role
            self._keep(self._who())
            self._record("role", self._self(), detail=role)
            self._tell(RoleChanged(self._self()))
        elif message.peer_id in self._company:
            peer = self._company.promote(message.peer_id, role)
            self._record("role", peer, detail=role)
            self._tell(RoleChanged(peer))

    def _error(self, message: Error) -> None:
        if message.code in _SET_ASIDE:
            self._set_aside(message)
        if message.code == "removed":
            self._leave(Ended(message.reason, message.code))

    def _set_aside(self, message: Error) -> None:
        """Go on under a new client id; what was not answered becomes text to try again."""
        lost, changes = self._fork.rename(self._new_client_id())
        self._keep(self._who())
        self._keep(Requeued())
        self._tell_rollback(changes)
        for pending in lost:
            for change in pending.changes:
                self._record("reject", self._self(), change.id, message.code)
                self._tell(Rejected(change.id, message.code, message.reason, change.after))

    def _resync(self, update: bytes) -> tuple[Change, ...]:
        changes = self._fork.resync(update)
        if not self._deferred:
            return changes
        restored = [self._fork.restore(own).changes for own in self._deferred]
        self._deferred = ()
        self._keep(Requeued(self._queue()))
        return tuple(chain(changes, *restored))

    def _queue(self) -> tuple[Queued, ...]:
        deferred = (Queued(number, own) for number, own in enumerate(self._deferred, 1))
        return (*deferred, *(Queued(each.seq, each.update) for each in self._fork.pending))

    # -- inside --------------------------------------------------------------------------------

    def _rebuilding(self, rebuild: Callable[[], tuple[Change, ...]]) -> tuple[Change, ...]:
        try:
            return rebuild()
        except ForkError as error:
            self._set_aside(Error("violation", str(error)))
            self._tell(Failed("your unsent changes could not be kept in order; they are drafts"))
            return ()

    @property
    def _returns(self) -> bool:
        return bool(self.credentials.resume) and not self._forgotten

    def _key(self) -> bytes:
        return self.credentials.resume if self._returns else self.credentials.secret

    def _self(self) -> Peer:
        mine, presence = self.credentials, self._presence
        return Peer(
            mine.peer_id,
            mine.name,
            self.role,
            section=presence.section,
            block=presence.block,
            typing=presence.typing,
            online=self.phase in (Phase.SYNCING, Phase.ONLINE),
            following=presence.following,
            hidden=presence.hidden,
        )

    def _submit(self, pending: Pending) -> None:
        self._send(Sync(sync.encode(sync.Step.UPDATE, pending.update), pending.seq))

    def _send_presence(self) -> None:
        self._clock += 1
        entry = awareness.Entry(self._shown_as, self._clock, self._presence)
        self._send(Awareness(awareness.encode([entry])))

    def _leave(self, event: Ended) -> None:
        self._tell(event)  # first: what ends is not to be made again
        for link in (self._link, *self._knocks):
            if link is not None:
                self._part(link, event.reason)

    def _part(self, link: int, reason: str) -> None:
        self._effects.append(Close(link, reason))
        self.closed(link)

    def _tell(self, event: MachineEvent) -> None:
        self._effects.append(Tell(event))

    def _tell_changes(self, changes: Iterable[Change], peer: str) -> None:
        changes = tuple(changes)
        for deed in deeds(changes, peer, self._name_of(peer)) if peer else ():
            self._keep(deed)
        self._effects += [Tell(event) for event in told(changes, peer)]

    def _tell_rollback(self, changes: Iterable[Change]) -> None:
        self._effects += [Tell(event) for event in told(changes, self.credentials.peer_id)]

    def _name_of(self, peer: str) -> str:
        if peer == self.credentials.peer_id:
            return self.credentials.name
        return self._company[peer].name if peer in self._company else ""

    def _record(self, deed: Deed, peer: Peer, block: str = "", detail: str = "") -> None:
        self._keep(Happened(deed, peer.id, peer.name, block, detail))

    def _who(self) -> Noted:
        mine = self.credentials
        return Noted(
            self._notes
            | {
                "peer": mine.peer_id,
                "name": mine.name,
                "role": self.role,
                "resume": mine.resume.hex(),
            }
        )

    def _keep(self, record: Record) -> None:
        self._effects.append(Store(record))

    def _send(self, message: Message) -> None:
        if self._link is not None:
            self._effects.append(Send(self._link, encode(message)))


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError as error:
        raise _UntrustedError(f"unknown role {name!r}") from error
