"""The client's end of a session.

The caller owns the links. It reports when a link opens, receives a message or closes, calls `tick`
about once a second, and after every call carries out the `effects`, in order. One link serves at a
time; a newer one takes over once the master has admitted it. Reading and writing continue offline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.authority import Role
from chatter_tui.authority.codec import decode as decode_update
from chatter_tui.replica import CodecError, NativeFaultError
from chatter_tui.session import sync
from chatter_tui.session.authentication import Authentication, ImpostorError, UntrustedError
from chatter_tui.session.effects import Close, Effects, Send
from chatter_tui.session.events import (
    Acknowledged,
    DocumentChanged,
    Ended,
    Joined,
    Peer,
    Rejected,
    Synced,
)
from chatter_tui.session.limits import (
    DEAD_AFTER,
    MAX_MASTER_MESSAGE,
    MAX_STATE,
    PING_INTERVAL,
)
from chatter_tui.session.merging import Merging
from chatter_tui.session.messages import (
    Ack,
    Answer,
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
)
from chatter_tui.session.participants import Participants, role_of
from chatter_tui.session.phase import Phase
from chatter_tui.session.records import Noted
from chatter_tui.session.wire import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chatter_tui.blocks import Block
    from chatter_tui.replica import Fork, Pending, Replica, Written
    from chatter_tui.session.authentication import Credentials
    from chatter_tui.session.awareness import Presence
    from chatter_tui.session.effects import Effect
    from chatter_tui.session.records import Record


_NOTHING: Final = b"\0"  # the state vector of an empty document

_SPOILT: Final = (
    "the host sent a change that cannot be applied: check that it is who you think it is. Earlier"
    " changes are kept"
)

_INTERCEPTED: Final = "the connection to the host is being intercepted"

# The change that made the master close the link would do so again, so it is withdrawn.
_SET_ASIDE: Final = frozenset({"violation", "malformed"})


class Client:
    """A participant who joined with an invite.

    Args:
        session: The session id.
        credentials: The client's credentials.
        fork: The confirmed state with the client's own changes on top, possibly from an earlier
            run. No other run may use its client id: changes that an older copy of the disk does not
            contain may have been sent under it.
        new_client_id: Returns an unused Yjs client id.
        role: The role in the previous run, valid until the master confirms or changes it.
        notes: Facts of the caller's that are stored with the client's identity.
        deferred: Own updates of an earlier run whose confirmed state was lost. They are queued
            after the next sync; `fork` must not have reused their sequence numbers.
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
        self.phase = Phase.OFFLINE
        self.latency: float | None = None
        self.spoilt = False  # native code failed on received data: the state must not be stored
        self._notes = dict(notes or {})
        self._effects = effects = Effects()
        self._authentication = Authentication(effects, session, credentials)
        self._participants = Participants(
            effects,
            self._authentication,
            role,
            fork.client_id,
            phase=lambda: self.phase,
            send=self._send,
        )
        self._merging = Merging(
            effects,
            fork,
            peer_id=credentials.peer_id,
            name_of=self._participants.name_of,
            new_client_id=new_client_id,
            deferred=deferred,
        )
        self._link: int | None = None
        self._heard = self._pinged = 0.0
        self._document: DocumentChanged | None = None
        self._anew = False  # the whole state has been requested
        self._parts = bytearray()  # the parts of an incomplete `sync` message
        self._requests: dict[int, Request] = {}  # unanswered, by id
        self._requested = 0

    # -- state -------------------------------------------------------------------------------------

    @property
    def credentials(self) -> Credentials:
        """The current credentials, with the name that the master assigned."""
        return self._authentication.credentials

    @property
    def blocks(self) -> Mapping[str, Block]:
        """What the user sees: the confirmed blocks with the client's own changes on top."""
        return self._merging.blocks

    @property
    def pending(self) -> int:
        """The number of local changes and requests without an answer."""
        return len(self._merging.pending) + len(self._requests)

    @property
    def role(self) -> Role:
        """This client's role, as far as is known."""
        return self._participants.role

    @property
    def peers(self) -> list[Peer]:
        """All participants who are present, this client first."""
        return self._participants.all

    @property
    def link(self) -> int | None:
        """The link in use."""
        return self._link

    def silence(self, now: float) -> float:
        """Return the seconds since the master was last heard; 0 when offline."""
        return 0.0 if self._link is None else now - self._heard

    def state(self) -> bytes:
        """Return the confirmed state as one Yjs update."""
        return self._merging.state()

    def records(self) -> list[Record]:
        """Return everything that must be stored beside the state to resume the session."""
        return [self._who(), self._merging.queue()]

    def effects(self) -> list[Effect]:
        """Return what the caller must do now, in order. Each effect is returned once."""
        return self._effects.effects()

    # -- link ----------------------------------------------------------------------------------

    def opened(self, link: int, binding: bytes, now: float, address: str = "") -> None:
        """Handle a new channel.

        It takes over from an earlier one once the master has admitted it.
        """
        del address  # the master identifies itself by its proof, not its address
        self._authentication.opened(link, binding, now)
        if self._link is None:
            self.phase = Phase.AUTHENTICATING
        self._authentication.ask(self._merging.client_id)

    def closed(self, link: int) -> None:
        """Handle the loss of a channel."""
        if link == self._link:
            self._link, self.latency = None, None
        elif not self._authentication.closed(link):
            return
        if self._link is None:
            waits = bool(self._authentication.links)
            self.phase = Phase.AUTHENTICATING if waits else Phase.OFFLINE
        if self.phase is Phase.OFFLINE:
            self._participants.part()
        self._authentication.ask(self._merging.client_id)

    def received(self, link: int, data: bytes, now: float) -> float:
        """Handle one whole message. Always returns 0: a client does not throttle its master."""
        waits = link in self._authentication.links
        if link != self._link and not waits:
            return 0.0
        try:
            message = decode(data, sender=Side.MASTER, limit=MAX_MASTER_MESSAGE)
            if waits:
                self._handle_auth(link, message, now)
            else:
                self._heard = now
                self._handle(message, now)
        except (MessageError, CodecError, UntrustedError) as error:
            self._part(link, f"the host sent something unreadable: {error}")
        except ImpostorError as error:
            self._part(link, str(error))
        except NativeFaultError:
            self.spoilt = True
            self._leave(Ended(_SPOILT, "failed"))
        return 0.0

    def tick(self, now: float) -> None:
        """Ping a quiet master, and drop links on which nothing was heard for too long."""
        for link in self._authentication.unanswered(now):
            self._part(link, "the host does not answer")
        if self._link is None:
            return
        if now < self._heard:  # the clock was set back, which says nothing about the master
            self._heard = self._pinged = now
        elif now - self._heard > DEAD_AFTER:
            self._part(self._link, "the host does not answer")
        elif now - self._pinged >= PING_INTERVAL:
            self._pinged = now
            self._send(Ping(int(now * 1000)))

    def verify(self) -> Iterator[None]:
        """Check, in steps, that the bytes to be stored decode to what is shown.

        If they do not, show what they decode to.
        """
        return self._merging.refreshing()

    # -- local changes -----------------------------------------------------------------------------

    def write(self, change: Callable[[Replica], Written]) -> Pending | None:
        """Make a local change; return None if it changed nothing."""
        pending = self._merging.write(change)
        if pending and self.phase is Phase.ONLINE:
            self._submit(pending)
        return pending

    def ask(self, action: str, block: str, text: str | None, *, confirmed: bool) -> None:
        """Send a request to the master, and repeat it on every new link until it is answered."""
        self._requested += 1
        request = Request(self._requested, action, block, text, confirmed or None)
        self._requests[request.id] = request
        if self.phase is Phase.ONLINE:
            self._send(request)

    def set_presence(self, presence: Presence) -> None:
        """Set this client's presence; the master fills in name and colour."""
        self._participants.set_presence(presence)

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
                self._merging.acknowledged(message.seq)
            case Reject():
                # Raises on what native code must not see, as in `_sync`.
                decode_update(message.fixed)
                self._merging.rejected(message)
            case Answer():
                self._answered(message)
            case _:
                self._handle_news(message)

    def _handle_news(self, message: Message) -> None:
        match message:
            case Awareness():
                self._participants.hear(message)
            case Document():
                document = DocumentChanged(message.name, message.version, message.text)
                if document != self._document:  # a link that takes over repeats it
                    self._document = document
                    self._effects.tell(document)
            case Session():
                self._session(message)
            case RoleChange():
                self._role_change(message)
            case _:
                raise UntrustedError(f"unexpected {message.TYPE}")

    def _handle_auth(self, link: int, message: Message, now: float) -> None:
        match message:
            case AuthRejected():
                self._refused(link, message)
            case Error():  # not authenticated: this may not be the host
                self._part(link, message.reason)
            case AuthOk():
                self._authentication.require_proof(link, message)
                self._participants.role = role_of(message.role)
                self._serve_by(link, self._authentication.admitted(link, message), now)
                self._effects.keep(self._who())
                notes = {"document": message.document, "owner": message.owner}
                self._effects.keep(Noted(notes))
                self._effects.tell(Joined(self._participants.me, message.document, link))
                self._participants.appear()
                self._ask(self._merging.state_vector())
                self._authentication.ask(self._merging.client_id)
            case _:
                raise UntrustedError(f"unexpected {message.TYPE}")

    def _serve_by(self, link: int, client_id: int, now: float) -> None:
        """Switch to an admitted link.

        Whatever the old one still carries is requested or sent again.
        """
        if self._link is not None:
            self._effects.do(Close(self._link, "a newer link took over"))
        self._link, self.phase, self.latency = link, Phase.SYNCING, None
        self._heard = self._pinged = now
        self._parts, self._anew = bytearray(), False
        self._participants.expect(client_id)

    def _refused(self, link: int, message: AuthRejected) -> None:
        if self._link is not None or self._authentication.refused(message.code):
            # The secret was accepted on an earlier link.
            intercepted = message.code == "wrong-secret"
            self._part(link, _INTERCEPTED if intercepted else message.reason)
        else:
            self._leave(Ended(message.reason, message.code))

    def _ask(self, vector: bytes) -> None:
        self._send(Sync(sync.encode(sync.Step.STATE_VECTOR, vector)))

    def _sync(self, message: Sync) -> None:
        self._parts += message.data
        if len(self._parts) > MAX_STATE:
            raise UntrustedError("more than a session may hold")
        if message.more:
            return
        data, self._parts = bytes(self._parts), bytearray()
        step = sync.decode(data)
        if step.step is sync.Step.STATE_VECTOR:
            raise UntrustedError("a master does not ask for state")
        decode_update(step.payload)  # native code would crash on some of what this refuses
        if step.step is sync.Step.DIFF:
            self._caught_up(step.payload, behind=message.behind is True)
        else:
            self._merging.take(step.payload, message.peer or "")

    def _caught_up(self, update: bytes, *, behind: bool) -> None:
        if self._anew:
            self._anew = False
            self._merging.begin_anew(update)
        elif behind or self._merging.lacks_deletes(update):
            self._anew = True
            self._ask(_NOTHING)
            return
        else:
            self._merging.catch_up(update)
        self.phase = Phase.ONLINE
        self._participants.settle()
        self._effects.tell(Synced(len(self.blocks)))
        for pending in self._merging.pending:
            self._submit(pending)
        for request in self._requests.values():
            self._send(request)

    def _answered(self, message: Answer) -> None:
        request = self._requests.pop(message.id, None)
        if request is None:
            return
        if message.code:
            self._effects.tell(Rejected(request.block_id, message.code, message.reason, None))
        else:
            self._effects.tell(Acknowledged(request.block_id))

    def _session(self, message: Session) -> None:
        match message.action:
            case "end":
                self._leave(Ended(f"{message.name} ended the session"))
            case "join":
                self._participants.join(message)
            case _:
                self._participants.leave(message)

    def _role_change(self, message: RoleChange) -> None:
        role = role_of(message.role)
        if message.peer_id == self.credentials.peer_id:
            self._participants.role = role
            self._effects.keep(self._who())
        self._participants.change_role(message.peer_id, role)

    def _error(self, message: Error) -> None:
        if message.code in _SET_ASIDE:
            self._merging.set_aside(message.code, message.reason)
        if message.code == "removed":
            self._leave(Ended(message.reason, message.code))

    # -- internals ---------------------------------------------------------------------------------

    def _submit(self, pending: Pending) -> None:
        self._send(Sync(sync.encode(sync.Step.UPDATE, pending.update), pending.seq))

    def _leave(self, event: Ended) -> None:
        self._effects.tell(event)  # first, so that nobody reopens the links closed below
        for link in (self._link, *self._authentication.links):
            if link is not None:
                self._part(link, event.reason)

    def _part(self, link: int, reason: str) -> None:
        self._effects.do(Close(link, reason))
        self.closed(link)

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

    def _send(self, message: Message) -> None:
        if self._link is not None:
            self._effects.do(Send(self._link, encode(message)))
