"""Messages of the protocol: one frozen class each, with its wire type and who may send it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, Literal

VERSION: Final = 1


class MessageError(ValueError):
    """The bytes are no message, or not one that this side may receive."""


class Side(StrEnum):
    """Who may send a message."""

    MASTER = "master"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Message:
    """What all messages share: a type on the wire and who may send it."""

    TYPE: ClassVar[str] = ""
    SENDERS: ClassVar[frozenset[Side]] = frozenset()


_BOTH = frozenset(Side)
_MASTER = frozenset({Side.MASTER})
_CLIENT = frozenset({Side.CLIENT})


@dataclass(frozen=True, slots=True)
class Auth(Message):
    """The first message on a link: who one is and the proof of having been invited."""

    TYPE = "auth"
    SENDERS = _CLIENT
    token: str
    proof: bytes
    peer_id: str
    name: str
    client_id: int
    version: int = VERSION
    format: str = "msgpack"


@dataclass(frozen=True, slots=True)
class AuthOk(Message):
    """The master's proof, and what one is in the session."""

    TYPE = "auth_ok"
    SENDERS = _MASTER
    proof: bytes
    peer_id: str
    name: str
    role: str
    session: str
    owner: str
    document: str
    epoch: int
    resume: bytes
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class AuthRejected(Message):
    """The link is refused; the master closes it after this."""

    TYPE = "auth_rejected"
    SENDERS = _MASTER
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Document(Message):
    """The document under review, whole."""

    TYPE = "document"
    SENDERS = _MASTER
    name: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Sync(Message):
    """A Yjs sync protocol message.

    `seq` numbers a client's updates; on a relay `peer` names who made the change. With `more`,
    `data` is a part, and what follows goes on with it. `behind` says that the client has what the
    master lacks.
    """

    TYPE = "sync"
    SENDERS = _BOTH
    data: bytes
    seq: int | None = None
    peer: str | None = None
    more: bool | None = None
    behind: bool | None = None


@dataclass(frozen=True, slots=True)
class Ack(Message):
    """Update `seq` is accepted and on the master's disk."""

    TYPE = "ack"
    SENDERS = _MASTER
    seq: int


@dataclass(frozen=True, slots=True)
class RejectedItem(Message):
    """One block of a rejected update; an empty id stands for one that is not known any more."""

    block_id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reject(Message):
    """Update `seq` is rejected, at least in part; `fixed` is what took its place."""

    TYPE = "reject"
    SENDERS = _MASTER
    seq: int
    items: tuple[RejectedItem, ...]
    fixed: bytes


@dataclass(frozen=True, slots=True)
class Awareness(Message):
    """A Yjs awareness update: where peers are."""

    TYPE = "awareness"
    SENDERS = _BOTH
    data: bytes


@dataclass(frozen=True, slots=True)
class Session(Message):
    """Somebody joined or left, or the session ended."""

    TYPE = "session"
    SENDERS = _MASTER
    action: Literal["join", "leave", "end"]
    peer_id: str
    name: str
    role: str
    client_id: int = 0


@dataclass(frozen=True, slots=True)
class RoleChange(Message):
    """A peer's role is another from the next update on."""

    TYPE = "role_change"
    SENDERS = _MASTER
    peer_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Request(Message):
    """Asks the master to do what only it may: docs/protocol.md has the actions.

    `text` is the replacement one has seen; `confirmed` says that one knows how the suggestion fits.
    """

    TYPE = "request"
    SENDERS = _CLIENT
    id: int
    action: str
    block_id: str
    text: str | None = None
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True)
class Answer(Message):
    """Request `id` is done, or refused for the reason that `code` stands for."""

    TYPE = "answer"
    SENDERS = _MASTER
    id: int
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Error(Message):
    """Why the master closes the link, the last message on it."""

    TYPE = "error"
    SENDERS = _MASTER
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ping(Message):
    """Are you there? `stamp` comes back in the answer."""

    TYPE = "ping"
    SENDERS = _BOTH
    stamp: int


@dataclass(frozen=True, slots=True)
class Pong(Message):
    """The answer to a ping, with its stamp."""

    TYPE = "pong"
    SENDERS = _BOTH
    stamp: int


MESSAGES: Final[dict[str, type[Message]]] = {
    kind.TYPE: kind
    for kind in (
        Auth,
        AuthOk,
        AuthRejected,
        Document,
        Sync,
        Ack,
        Reject,
        Awareness,
        Session,
        RoleChange,
        Request,
        Answer,
        Error,
        Ping,
        Pong,
    )
}
