"""A client's authentication on each link: prove itself to the master, and check its proof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chatter_tui.session.effects import Send
from chatter_tui.session.invites import proof, same
from chatter_tui.session.limits import DEAD_AFTER
from chatter_tui.session.messages import Auth
from chatter_tui.session.wire import encode

if TYPE_CHECKING:
    from chatter_tui.session.effects import Effects
    from chatter_tui.session.messages import AuthOk


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


class UntrustedError(Exception):
    """What came is not what the protocol allows the master to send."""


class ImpostorError(Exception):
    """Whoever lets one in is not the master."""

    def __init__(self) -> None:
        super().__init__("who answers there is not the host: it does not know the invite's secret")


@dataclass(slots=True)
class _Waiting:
    """A link that the master has not admitted yet."""

    binding: bytes
    since: float
    asked: bool = False
    client_id: int = 0  # which it was asked for with


class Authentication:
    """The links that wait to be let in, one of which is asked for at a time.

    With the first answer comes the resume secret, by which the next is asked for.

    Args:
        effects: takes the messages to send.
        session: the session's id.
        credentials: how one proves oneself to begin with.
    """

    def __init__(self, effects: Effects, session: str, credentials: Credentials) -> None:
        self.credentials = credentials
        self._effects = effects
        self._session = session
        self._waiting: dict[int, _Waiting] = {}
        self._forgotten = False  # whether the master said that it knows no such peer

    @property
    def links(self) -> list[int]:
        """The links that wait, the oldest first."""
        return list(self._waiting)

    def opened(self, link: int, binding: bytes, now: float) -> None:
        """A channel is open."""
        self._waiting[link] = _Waiting(binding, now)

    def closed(self, link: int) -> bool:
        """A channel is gone; returns whether it was waiting."""
        return self._waiting.pop(link, None) is not None

    def ask(self, client_id: int) -> None:
        """Ask for the oldest link to be let in, unless it has been."""
        link, waiting = next(iter(self._waiting.items()), (0, None))
        if waiting is None or waiting.asked:
            return
        waiting.asked, waiting.client_id = True, client_id
        mine = self.credentials
        token = "" if self._returns else mine.token
        shown = proof(self._key, "client", self._session, mine.peer_id, waiting.binding)
        auth = Auth(token, shown, mine.peer_id, mine.name, client_id)
        self._effects.do(Send(link, encode(auth)))

    def unanswered(self, now: float) -> list[int]:
        """The links on which the master has not answered for too long."""
        silent = []
        for link, waiting in self._waiting.items():
            if not waiting.asked or now < waiting.since:
                waiting.since = now  # those who wait for their turn keep nobody waiting
            elif now - waiting.since > DEAD_AFTER:
                silent.append(link)
        return silent

    def require_proof(self, link: int, message: AuthOk) -> None:
        """Make sure that it is the master who lets one in.

        Raises:
            ImpostorError: when that is not shown.
            UntrustedError: when one could not come back.
        """
        binding = self._waiting[link].binding
        expected = proof(self._key, "master", self._session, self.credentials.peer_id, binding)
        if not same(expected, message.proof):
            raise ImpostorError
        if not message.resume:
            raise UntrustedError("it gave no resume secret")

    def admitted(self, link: int, message: AuthOk) -> int:
        """A link serves from now on; returns the client id that it was asked for with."""
        self._forgotten = False
        self.credentials = replace(self.credentials, name=message.name, resume=message.resume)
        return self._waiting.pop(link).client_id

    def refused(self, code: str) -> bool:
        """The master let nobody in by a link; returns whether to try again in another way."""
        if code == "unknown-peer" and self._returns and self.credentials.token:
            # Its disk may be an older copy; who has an invite is let in as before.
            self._forgotten = True
            return True
        if code == "peer-id-taken" and self._forgotten:
            self._forgotten = False  # it was somebody else who did not know it
            return True
        # A secret that was right before is right: what differs is what each end sees of the channel.
        return code == "wrong-secret" and self._returns

    @property
    def _returns(self) -> bool:
        return bool(self.credentials.resume) and not self._forgotten

    @property
    def _key(self) -> bytes:
        return self.credentials.resume if self._returns else self.credentials.secret
