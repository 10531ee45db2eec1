"""The master's end of a session: who may come in, what is accepted, who is told.

The caller owns the links. It says when one opens, what arrives and when it is gone, calls `tick`
about once a second, and after each call carries out what `effects` hands over, in order.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from chatter_tui.authority import Author, Role, Violation
from chatter_tui.blocks import Review, SourceFile
from chatter_tui.blocks.suggestions import Unfit
from chatter_tui.replica import CodecError
from chatter_tui.replica.lib0 import decode_state_vector
from chatter_tui.session import awareness, sync
from chatter_tui.session.brake import MAX_WAIT, Brake, neighbourhood
from chatter_tui.session.deciding import MAX_ASKED, MAX_TRIES, Asked, decide
from chatter_tui.session.effects import Admit, Close, Effect, Rewrite, Send, Store, Tell
from chatter_tui.session.events import (
    Acknowledged,
    DocumentChanged,
    Failed,
    Peer,
    PeerJoined,
    PeerLeft,
    PresenceChanged,
    Rejected,
    RoleChanged,
    SessionEvent,
)
from chatter_tui.session.feed import Feed
from chatter_tui.session.invites import Token, proof, same
from chatter_tui.session.limits import (
    AUTH_DEADLINE,
    DEAD_AFTER,
    MAX_CLIENT_MESSAGE,
    MAX_PEERS,
    PING_INTERVAL,
    Bucket,
)
from chatter_tui.session.members import Member, color_for, unique_name
from chatter_tui.session.messages import (
    VERSION,
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
    RejectedItem,
    Request,
    RoleChange,
    Session,
    Side,
    Sync,
    decode,
    encode,
)
from chatter_tui.session.records import Happened, Issued, Ledgered, Record, Update
from chatter_tui.session.telling import deeds, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from chatter_tui.authority import Authority, Verdict
    from chatter_tui.blocks import Block
    from chatter_tui.blocks.suggestions import Decided
    from chatter_tui.replica import Replica, Written
    from chatter_tui.session.awareness import Presence
    from chatter_tui.session.records import Deed

_GUESSES: Final = frozenset({"unknown-invite", "unknown-peer", "wrong-secret"})
_RETRIED: Final = 100  # updates
_ASKED: Final = 25  # other messages: a client asks for the state once
_BEHIND: Final = (
    "{name} has what this disk has lost: was it restored from an older copy? What {name} wrote is"
    " sent again; what others wrote is in a file beside {name}'s copy until they come back"
)
_CLOCK_JUMP: Final = 5.0  # seconds between ticks after which the machine itself was asleep

REFUSALS: Final[Mapping[str, str]] = {
    "unknown-invite": "this session does not know the invite: ask the host for a new one",
    "expired": "the invite has expired: ask the host for a new one",
    "used-up": "the invite has been used up: ask the host for a new one",
    "revoked": "the invite has been revoked: ask the host for a new one",
    "wrong-secret": "the invite's secret is wrong: copy the whole line again",
    "unknown-peer": "the host does not know you any more: join with an invite",
    "peer-id-taken": "this peer id belongs to somebody: join as a new peer",
    "removed": "the host has removed you from this session: ask them if that was a mistake",
    "version": "the host runs another version of the protocol: use the same chatter-tui",
    "full": "the session is full: try again when somebody has left",
}


@dataclass(slots=True)
class _Link:
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
    latency: float | None = None
    updates: Bucket = field(default_factory=lambda: Bucket(rate=200, burst=600))
    others: Bucket = field(default_factory=lambda: Bucket(rate=50, burst=100))


class _ProtocolError(Exception):
    """The peer broke the protocol: it gets the reason and is disconnected."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


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
        self.document = document
        self.epoch = epoch
        self._authority = authority
        self._owner = owner
        self._members = {owner.id: owner} | {member.id: member for member in members}
        self._tokens = dict(tokens)
        self._secret = secret
        self._links: dict[int, _Link] = {}
        self._brake = Brake()
        self._effects: list[Effect] = []
        self._ticked: float | None = None
        self._ended = False
        self._ledgered = len(authority.ledger)
        self._asked: deque[Asked] = deque()
        self._rewriting: Decided | None = None  # what the first of them waits for
        self._decided_on = document
        self._review: Review | None = None  # the document, once somebody asks about it

    # -- what the caller asks ------------------------------------------------------------------

    @property
    def blocks(self) -> Mapping[str, Block]:
        """All blocks, as everybody will see them."""
        return self._authority.blocks

    @property
    def peers(self) -> list[Peer]:
        """Everybody who is here, the owner first."""
        return [m.peer(online=True) for m in self._members.values() if self._here(m)]

    def link_of(self, peer_id: str) -> tuple[int, float | None] | None:
        """A peer's link and its last round trip in seconds; None for who has none, as the owner."""
        link = self._members[peer_id].link
        return None if link is None else (link, self._links[link].latency)

    def state(self) -> bytes:
        """The confirmed state as one Yjs update."""
        return self._authority.state()

    def records(self) -> list[Record]:
        """All that must be kept beside the state to take the session up again."""
        members = (member.enrolled() for member in self._members.values())
        tokens = (Issued(token) for token in self._tokens.values())
        return [Ledgered(self._authority.ledger.since(0)), *members, *tokens]

    def effects(self) -> list[Effect]:
        """What to do now, in order; each is handed over once."""
        effects, self._effects = self._effects, []
        return effects

    def secret_of(self, token: str) -> bytes | None:
        """The secret of an invite that may still be used, for signaling."""
        known = self._tokens.get(token)
        return known.secret if known else None

    def prepare(self) -> None:
        """Make what judging changes takes, if that is not done yet; showing blocks needs none."""
        self._authority.prepare()

    def verify(self) -> None:
        """Make sure that the stored bytes read as the document does; write anew what would not.

        To be called now and then, before everything is written to disk: it costs about as much as
        loading the session.
        """
        if not self._authority.verify():
            self._publish(self._authority.repair(), self._owner, None)

    # -- links ---------------------------------------------------------------------------------

    def opened(self, link: int, binding: bytes, now: float, address: str = "") -> None:
        """A channel is open, from an IP address if it is known; nobody has said who they are."""
        self._links[link] = _Link(binding, now, now, now, Feed(self._authority), address)

    def closed(self, link: int) -> None:
        """A channel is gone."""
        gone = self._links.pop(link, None)
        member = gone.member if gone else None
        if member is None or member.link != link:
            return
        member.link = None
        self._record("leave", member)
        self._tell(PeerLeft(member.peer(online=False)))
        member.presence = None
        if not member.hidden:
            self._announce("leave", member)

    def full(self, link: int) -> None:
        """So much waits to be sent by a link that changes are better made up for later."""
        if link in self._links:
            self._links[link].feed.full()

    def drained(self, link: int) -> bool:
        """Nothing waits any more to be sent by a link; returns whether there are effects now."""
        state = self._links.get(link)
        if state is None or state.member is None or not state.feed.lags:
            return False
        self._proceed(link, state)
        if state.feed.live and state.outdated:
            state.outdated = False
            others = [
                member.entry()
                for member in self._members.values()
                if self._here(member) and member is not state.member and not member.hidden
            ]
            self._send(link, Awareness(awareness.encode(others)))
            if state.document != self.document.version:
                self._send_document(link, state)
        return True

    def received(self, link: int, data: bytes, now: float) -> float:
        """One whole message arrived; returns the seconds to wait before reading more from it."""
        state = self._links.get(link)
        if state is None:
            return 0.0
        state.heard = now
        with self._parting(link):
            message = decode(data, sender=Side.CLIENT, limit=MAX_CLIENT_MESSAGE)
            if state.member is None:
                self._authenticate(link, state, message, now)
                return 0.0
            return self._handle(link, state, state.member, message, now)
        return 0.0

    @contextmanager
    def _parting(self, link: int) -> Iterator[None]:
        """Part from whoever breaks the protocol meanwhile."""
        try:
            yield
        except _ProtocolError as error:
            self._drop(link, error.code, error.reason)
        except (MessageError, CodecError) as error:
            self._drop(link, "malformed", str(error))
        except Violation as error:
            self._drop(link, "violation", f"{error.reason} ({error.code})")

    def tick(self, now: float) -> None:
        """Time passed: ask after quiet peers, part from silent ones."""
        asleep = self._ticked is not None and not 0 <= now - self._ticked < _CLOCK_JUMP
        self._ticked = now
        for link, state in list(self._links.items()):
            if asleep:  # it was this machine that was silent
                state.opened = state.heard = state.pinged = now
            if state.auth is not None:
                if not 0 < state.due - now <= MAX_WAIT:
                    with self._parting(link):
                        self._look_at(link, state, state.auth, now)
            elif state.member is None:
                if now - state.opened > AUTH_DEADLINE:
                    self._drop(link, "auth-timeout", "no authentication within 10 seconds")
            elif now - state.heard > DEAD_AFTER:
                self._drop(link, "silent", "not heard for 10 seconds")
            elif now - state.pinged >= PING_INTERVAL:
                state.pinged = now
                self._send(link, Ping(int(now * 1000)))

    # -- the owner's own -----------------------------------------------------------------------

    def write(self, change: Callable[[Replica], Written], now: float) -> Verdict:
        """Make a change as the owner; it takes the way of everybody's changes."""
        verdict = self._authority.write(self._author(self._owner), change, now)
        self._publish(verdict, self._owner, None)
        refused = {item.block for item in verdict.rejected}
        for item in verdict.rejected:
            self._tell(Rejected(item.block, item.code, item.reason, None))
        for changed in verdict.changes:
            if changed.id not in refused:
                self._tell(Acknowledged(changed.id))
        return verdict

    def set_presence(self, presence: Presence) -> None:
        """Say where the owner is, who cannot be hidden."""
        owner = self._owner
        owner.presence = replace(presence, name=owner.name, color=owner.color, hidden=False)
        self._broadcast(Awareness(awareness.encode([owner.entry()])))
        self._tell(PresenceChanged(owner.peer(online=True)))

    def set_document(self, name: str, text: str) -> None:
        """The document's file has changed."""
        self.document = DocumentChanged(name, self.document.version + 1, text)
        self._review = None
        self._tell(self.document)
        self._broadcast(Document(name, self.document.version, text))

    @property
    def deciding(self) -> int:
        """How many requests wait."""
        return len(self._asked)

    def ask(self, request: Request, now: float) -> None:
        """Ask as the owner for what the master does in its turn."""
        self._take_request(Asked(self._owner, request, None), now)

    def rewritten(self, problem: str | None, now: float) -> None:
        """The document's file holds what the last `Rewrite` asked for, or cannot: `problem`."""
        decided, self._rewriting = self._rewriting, None
        asked = self._asked.popleft()
        if problem is not None or decided is None or decided.review is None:
            self._answer(asked, "failed", problem or "the document could not be written")
        else:
            if self.document is self._decided_on:  # else there is a later one by now
                self.set_document(self.document.name, decided.review.document.raw)
                self._review = decided.review
            self._carry_out(asked, decided)
        self._decide(now)

    def reconsider(self, now: float) -> None:
        """Others changed the file before the last `Rewrite`, and `set_document` was told."""
        self._rewriting = None
        asked = self._asked[0]
        asked.tries += 1
        if asked.tries == MAX_TRIES:
            self._answer(self._asked.popleft(), "failed", "the document keeps changing on disk")
        self._decide(now)

    def adopt(self, blocks: Iterable[Block], deleted: Iterable[str], now: float) -> set[str]:
        """Take over blocks from the owner's files, and delete; returns the ids of what is refused.

        The files are the owner's, so what stands there is not judged but for its size.
        """
        doomed = [id_ for id_ in deleted if id_ in self.blocks]
        verdicts = [self._authority.seed(blocks)]
        if doomed:
            author = self._author(self._owner)
            verdicts.append(
                self._authority.write(author, lambda replica: replica.delete(doomed), now)
            )
        for verdict in verdicts:
            self._publish(verdict, self._owner, None)
            for item in verdict.rejected:
                self._tell(Failed(f"block {item.block} stays on disk, unshared: {item.reason}"))
        return {item.block for verdict in verdicts for item in verdict.rejected}

    def set_role(self, peer_id: str, role: Role) -> None:
        """Give a member another role, from its next update on.

        Raises:
            KeyError: when there is no such member; ValueError: when it is the owner, or is to be.
        """
        member = self._members[peer_id]
        if Role.OWNER in (member.role, role):
            raise ValueError("the owner stays the owner, and nobody else becomes it")
        member.role = role
        self._keep(member.enrolled())
        self._record("role", member, detail=role)
        self._broadcast(RoleChange(member.id, role))
        self._tell(RoleChanged(member.peer(online=self._here(member))))

    def remove(self, peer_id: str) -> None:
        """Part from a member for good.

        Raises:
            KeyError: when there is no such member; ValueError: when it is the owner.
        """
        member = self._members[peer_id]
        if member is self._owner:
            raise ValueError("the owner cannot be removed")
        member.removed = True
        self._keep(member.enrolled())
        self._record("remove", member)
        if member.link is not None:
            self._drop(member.link, "removed", REFUSALS["removed"])

    def add_token(self, token: Token) -> None:
        """Make an invite usable, or change one."""
        self._tokens[token.id] = token
        self._keep(Issued(token))

    @property
    def invites(self) -> list[tuple[Token, list[str]]]:
        """Every invite ever made, the oldest first, and the names of those who joined with it."""
        joined: dict[str, list[str]] = {id_: [] for id_ in self._tokens}
        for member in self._members.values():
            if member.token in joined:
                joined[member.token].append(member.name)
        return [(token, joined[token.id]) for token in self._tokens.values()]

    def revoke(self, token_id: str, *, revoked: bool = True) -> None:
        """Let nobody new join with an invite, or take that back; who is in stays in.

        Raises:
            KeyError: when there is no such invite.
        """
        self.add_token(replace(self._tokens[token_id], revoked=revoked))

    def end(self, reason: str) -> None:
        """End the session for everybody."""
        self._ended = True
        owner = self._owner
        self._broadcast(Session("end", owner.id, owner.name, owner.role))
        for link in list(self._links):
            self._effects.append(Close(link, reason))

    def pause(self, reason: str) -> None:
        """Go away for a while: the clients work on, and come back when the session is resumed."""
        for link in list(self._links):
            self._effects.append(Close(link, reason))

    # -- authentication ------------------------------------------------------------------------

    def _authenticate(self, link: int, state: _Link, message: Message, now: float) -> None:
        if not isinstance(message, Auth) or state.auth is not None:
            raise _ProtocolError("auth-first", "the first message must be auth, and the only one")
        state.as_json = message.format == "json"
        if message.version != VERSION:
            self._refuse(link, "version")
            return
        wait = self._brake.wait(self._shared(state, message), now)
        if wait:
            state.auth, state.due = message, now + wait
        else:
            self._look_at(link, state, message, now)

    def _shared(self, state: _Link, auth: Auth) -> list[str]:
        """What this attempt to get in may have in common with others."""
        target = f"invite {auth.token}" if auth.token in self._tokens else ""
        if not auth.token and auth.peer_id in self._members:
            target = f"peer {auth.peer_id}"
        return [key for key in (neighbourhood(state.address), target) if key]

    def _look_at(self, link: int, state: _Link, message: Auth, now: float) -> None:
        state.auth = None
        known = self._members.get(message.peer_id)
        secret, refusal = self._check(message, known, state.binding, now)
        if secret is None:
            if refusal in _GUESSES:
                self._brake.failed(self._shared(state, message), now)
            self._refuse(link, refusal)
            return
        self._authority.bind(message.client_id, message.peer_id)
        self._keep_ledger()
        member = known or self._admit(message)
        member.client_id, member.heard_clock = message.client_id, -1
        replaced = member.link
        member.link, state.member = link, member
        self._effects.append(Admit(link))
        self._welcome(link, member, secret, state.binding)
        if replaced is not None and replaced in self._links:
            self._links[replaced].member = None
            self._drop(replaced, "replaced", "a newer link of this peer took over")
        else:
            self._record("join", member)
            self._tell(PeerJoined(member.peer(online=True)))
            if not member.hidden:
                self._announce("join", member)

    def _check(
        self, auth: Auth, known: Member | None, binding: bytes, now: float
    ) -> tuple[bytes | None, str]:
        """The secret that `auth` proved to know, or None and why it is refused."""
        if not auth.token:
            if known is None or not known.resume:
                return None, "unknown-peer"
            secret = known.resume
            refusal: str | None = "removed" if known.removed else None
        else:
            token = self._tokens.get(auth.token)
            if token is None:
                return None, "unknown-invite"
            secret, refusal = token.secret, token.refusal(now)
            if known is not None and known.newcomer and known.token == auth.token:
                refusal = "removed" if known.removed else None  # it may have missed the answer
            elif known is not None or not auth.peer_id:
                refusal = "peer-id-taken"
            elif refusal is None and len(self._members) >= MAX_PEERS:
                refusal = "full"
        # Nobody learns more than this without the secret.
        expected = proof(secret, "client", self.session, auth.peer_id, binding)
        if not same(expected, auth.proof):
            refusal = "wrong-secret"
        return (None, refusal) if refusal else (secret, "")

    def _admit(self, auth: Auth) -> Member:
        token = self._tokens[auth.token]
        if token.used() != token:
            self.add_token(token.used())
        others = self._members.values()
        member = Member(
            auth.peer_id,
            unique_name(auth.name, (other.name for other in others)),
            token.role,
            color_for(other.color for other in others),
            self._secret(16),
            token=token.id,
            newcomer=True,
        )
        self._members[member.id] = member
        self._keep(member.enrolled())
        return member

    def _welcome(self, link: int, member: Member, secret: bytes, binding: bytes) -> None:
        self._send(
            link,
            AuthOk(
                proof(secret, "master", self.session, member.id, binding),
                member.id,
                member.name,
                member.role,
                self.session,
                self._owner.name,
                self.document.name,
                self.epoch,
                member.resume,
            ),
        )
        for other in self._members.values():
            if other is not member and self._here(other) and not other.hidden:
                self._send(link, Session("join", other.id, other.name, other.role, other.client_id))
        here = [
            other.entry() for other in self._members.values() if other.presence and not other.hidden
        ]
        self._send(link, Awareness(awareness.encode(here)))
        self._send_document(link, self._links[link])

    def _refuse(self, link: int, code: str) -> None:
        self._send(link, AuthRejected(code, REFUSALS[code]))
        self._forget(link, REFUSALS[code])

    # -- messages of members -------------------------------------------------------------------

    def _handle(
        self, link: int, state: _Link, member: Member, message: Message, now: float
    ) -> float:
        member.newcomer = False  # it has its resume secret, and nobody else may ask for that again
        match message:
            case Sync():
                return self._sync(link, state, member, message, now)
            case Awareness():
                self._awareness(member, message)
            case Request():
                self._take_request(Asked(member, message, link), now)
                return state.updates.take(now)
            case Ping():
                self._send(link, Pong(message.stamp))
            case Pong():
                state.latency = max(0.0, now - message.stamp / 1000)
            case _:
                raise _ProtocolError("unexpected", f"{message.TYPE} is not expected here")
        return state.others.take(now)

    def _sync(self, link: int, state: _Link, member: Member, message: Sync, now: float) -> float:
        step = sync.decode(message.data)
        if step.step is sync.Step.STATE_VECTOR:
            behind = self._lacks(step.payload)
            if behind:
                self._tell(Failed(_BEHIND.format(name=member.name)))
            state.feed.ask(step.payload, behind=behind)
            self._proceed(link, state)
            return state.others.take(now, _ASKED)
        if step.step is sync.Step.DIFF or message.seq is None:
            raise _ProtocolError("unexpected", "a client sends its changes as numbered updates")
        verdict = self._authority.receive(self._author(member), step.payload, now)
        self._publish(verdict, member, link)
        if verdict.accepted:
            self._send(link, Ack(message.seq))
        else:
            items = tuple(RejectedItem(i.block, i.code, i.reason) for i in verdict.rejected)
            self._send(link, Reject(message.seq, items, verdict.fixed or b"\0\0"))
        self._cascade(verdict)
        # What had to be tried again cost as much as a hundred ordinary updates.
        return state.updates.take(now, _RETRIED if verdict.retried else 1)

    def _lacks(self, vector: bytes) -> bool:
        """Whether a client has what is not here, as after a disk is restored from a copy."""
        here = decode_state_vector(self._authority.state_vector())
        return any(clock > here.get(id_, 0) for id_, clock in decode_state_vector(vector).items())

    # -- requests: one after another, each on the document as it is in its turn ------------------

    def _take_request(self, asked: Asked, now: float) -> None:
        if len(self._asked) >= MAX_ASKED:
            self._answer(asked, "busy", "too much is asked at once: try again")
            return
        self._asked.append(asked)
        self._decide(now)

    def _decide(self, now: float) -> None:
        while self._asked and self._rewriting is None:
            asked = self._asked[0]
            if self._review is None:
                self._review = Review(SourceFile(self.document.text))
            try:
                author = self._author(asked.member)
                decided = decide(asked.request, author, self.blocks, self._review, now)
            except Unfit as unfit:
                self._answer(self._asked.popleft(), unfit.code, str(unfit))
            else:
                if decided.review is None:
                    self._carry_out(self._asked.popleft(), decided)
                else:
                    self._rewriting, self._decided_on = decided, self.document
                    after = decided.review.document.raw
                    self._effects.append(Rewrite(self.document.text, after))

    def _carry_out(self, asked: Asked, decided: Decided) -> None:
        block = self.blocks.get(asked.request.block_id)
        if block is not None:  # it may have been deleted while the file was written
            verdict = self._authority.amend({block.id: decided.fields})
            self._publish(verdict, asked.member, None)
        self._answer(asked)

    def _answer(self, asked: Asked, code: str = "", reason: str = "") -> None:
        block = asked.request.block_id
        if asked.link is not None:
            self._send(asked.link, Answer(asked.request.id, code, reason))
        elif code:
            self._tell(Rejected(block, code, reason, None))
        else:
            self._tell(Acknowledged(block))

    def _publish(self, verdict: Verdict, member: Member, link: int | None) -> None:
        """Keep and relay what a change did, before its author is answered."""
        for update in verdict.relays:
            self._keep(Update(update))
        self._keep_ledger()
        for item in verdict.rejected:
            self._record("reject", member, item.block, item.code)
        for deed in deeds(verdict.changes, member.id, member.name):
            self._keep(deed)
        if verdict.relay:
            for part in sync.parts(sync.Step.UPDATE, verdict.relay, member.id):
                self._broadcast(part, link)
        if link is None:
            self._cascade(verdict)
        for event in told(verdict.changes, member.id):
            self._tell(event)

    def _cascade(self, verdict: Verdict) -> None:
        """Send everybody, the author of the change too, what the authority did on its own."""
        if verdict.cascade:
            for part in sync.parts(sync.Step.UPDATE, verdict.cascade, self._owner.id):
                self._broadcast(part)

    def _awareness(self, member: Member, message: Awareness) -> None:
        for entry in awareness.decode(message.data):
            # Only one's own entry counts, and name and colour are the session's to say.
            if entry.client_id != member.client_id or entry.clock <= member.heard_clock:
                continue
            member.heard_clock = entry.clock
            if entry.presence is None:
                member.presence = None
            else:
                member.presence = replace(entry.presence, name=member.name, color=member.color)
            hidden = member.presence is not None and member.presence.hidden
            if hidden != member.hidden:
                member.hidden = hidden
                self._announce("leave" if hidden else "join", member)
            elif not hidden:
                self._broadcast(Awareness(awareness.encode([member.entry()])), member.link)
            self._tell(PresenceChanged(member.peer(online=True)))

    def _announce(self, action: Literal["join", "leave"], member: Member) -> None:
        """Tell everybody else that somebody came or went, and where they are."""
        about = Session(action, member.id, member.name, member.role, member.client_id)
        self._broadcast(about, member.link)
        entry = member.entry()
        if action == "leave":
            entry = replace(entry, presence=None)
        self._broadcast(Awareness(awareness.encode([entry])), member.link)

    # -- inside --------------------------------------------------------------------------------

    def _here(self, member: Member) -> bool:
        return member is self._owner or member.link is not None

    def _author(self, member: Member) -> Author:
        return Author(member.id, member.name, Role(member.role))

    def _keep(self, record: Record) -> None:
        self._effects.append(Store(record))

    def _keep_ledger(self) -> None:
        entries = self._authority.ledger.since(self._ledgered)
        if entries:
            self._ledgered += len(entries)
            self._keep(Ledgered(entries))

    def _record(self, deed: Deed, member: Member, block: str = "", detail: str = "") -> None:
        self._keep(Happened(deed, member.id, member.name, block, detail))

    def _tell(self, event: SessionEvent) -> None:
        self._effects.append(Tell(event))

    def _send(self, link: int, message: Message) -> None:
        state = self._links.get(link)
        as_json = state is not None and state.as_json
        self._effects.append(Send(link, encode(message, as_json=as_json)))

    def _send_document(self, link: int, state: _Link) -> None:
        state.document = self.document.version
        self._send(link, Document(self.document.name, self.document.version, self.document.text))

    def _proceed(self, link: int, state: _Link) -> None:
        part = state.feed.proceed()
        if part:
            self._send(link, part)

    def _broadcast(self, message: Message, skip: int | None = None) -> None:
        """To every member's link but `skip`; one that lags makes up for what may be left out."""
        binary: bytes | None = None
        for link, state in self._links.items():
            if link == skip or state.member is None or self._leaves_out(state, message):
                continue
            if state.as_json:
                self._effects.append(Send(link, encode(message, as_json=True)))
            else:
                binary = binary or encode(message)
                self._effects.append(Send(link, binary))

    def _leaves_out(self, state: _Link, message: Message) -> bool:
        match message:
            case Sync() if not state.feed.live:
                state.feed.miss()
                return True
            case Awareness() | Document() if state.feed.lags:
                state.outdated = True
                return True
            case Document():
                state.document = message.version
        return False

    def _drop(self, link: int, code: str, reason: str) -> None:
        self._send(link, Error(code, reason))
        self._forget(link, reason)

    def _forget(self, link: int, reason: str) -> None:
        self._effects.append(Close(link, reason))
        self.closed(link)
