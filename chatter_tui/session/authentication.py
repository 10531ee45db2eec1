"""Mutual authentication on a client's links."""

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
    """How a client proves its identity: with an invite, or a resume secret from an earlier join.

    `resume` was issued by the master at the first join; `token` is empty without an invite.
    """

    peer_id: str
    name: str
    token: str = ""
    secret: bytes = b""
    resume: bytes = b""


class UntrustedError(Exception):
    """The master sent something that the protocol does not allow."""


class ImpostorError(Exception):
    """The other end accepted the client but could not prove that it is the master."""

    def __init__(self) -> None:
        super().__init__("the other end is not the host: it does not know the invite's secret")


@dataclass(slots=True)
class _Waiting:
    """A link that the master has not admitted yet."""

    binding: bytes
    since: float
    asked: bool = False
    client_id: int = 0  # the Yjs client id that `auth` named


class Authentication:
    """The links that wait for admission. Only one `auth` is in flight at a time.

    The first answer brings the resume secret, which authenticates the links after it.

    Args:
        effects: Collects the messages to send.
        session: The session id.
        credentials: The client's initial credentials.
    """

    def __init__(self, effects: Effects, session: str, credentials: Credentials) -> None:
        self.credentials = credentials
        self._effects = effects
        self._session = session
        self._waiting: dict[int, _Waiting] = {}
        self._forgotten = False  # the master answered `unknown-peer`

    @property
    def links(self) -> list[int]:
        """The waiting links, oldest first."""
        return list(self._waiting)

    def opened(self, link: int, binding: bytes, now: float) -> None:
        """Register a channel that has opened."""
        self._waiting[link] = _Waiting(binding, now)

    def closed(self, link: int) -> bool:
        """Forget a channel; return whether it was waiting."""
        return self._waiting.pop(link, None) is not None

    def ask(self, client_id: int) -> None:
        """Send `auth` on the oldest waiting link, unless that has been done."""
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
        """Return the links on which `auth` has gone unanswered for too long."""
        silent = []
        for link, waiting in self._waiting.items():
            if not waiting.asked or now < waiting.since:
                waiting.since = now  # not asked yet, or the clock was set back: start counting now
            elif now - waiting.since > DEAD_AFTER:
                silent.append(link)
        return silent

    def require_proof(self, link: int, message: AuthOk) -> None:
        """Check the master's proof.

        Raises:
            ImpostorError: The proof is wrong.
            UntrustedError: The master issued no resume secret.
        """
        binding = self._waiting[link].binding
        expected = proof(self._key, "master", self._session, self.credentials.peer_id, binding)
        if not same(expected, message.proof):
            raise ImpostorError
        if not message.resume:
            raise UntrustedError("it gave no resume secret")

    def admitted(self, link: int, message: AuthOk) -> int:
        """Take a link off the waiting list; return the Yjs client id that its `auth` named."""
        self._forgotten = False
        self.credentials = replace(self.credentials, name=message.name, resume=message.resume)
        return self._waiting.pop(link).client_id

    def refused(self, code: str) -> bool:
        """Handle a refusal; return whether to try again with other credentials."""
        if code == "unknown-peer" and self._returns and self.credentials.token:
            # The master may run on an older copy of its disk; the invite still lets the client in.
            self._forgotten = True
            return True
        if code == "peer-id-taken" and self._forgotten:
            self._forgotten = False  # the refusal came from another master
            return True
        # The resume secret was accepted before, so it is right: the two ends see different
        # channels.
        return code == "wrong-secret" and self._returns

    @property
    def _returns(self) -> bool:
        return bool(self.credentials.resume) and not self._forgotten

    @property
    def _key(self) -> bytes:
        return self.credentials.resume if self._returns else self.credentials.secret
