"""Messages of the protocol: one frozen class each, with its wire type and senders."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, Literal

VERSION: Final = 1


class MessageError(ValueError):
    """The bytes are not a message, or not one that this side may receive."""


class Side(StrEnum):
    """The two ends of a link."""

    MASTER = "master"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Message:
    """Base of all messages: a type on the wire, and the sides that may send it."""

    TYPE: ClassVar[str] = ""
    SENDERS: ClassVar[frozenset[Side]] = frozenset()


_BOTH = frozenset(Side)
_MASTER = frozenset({Side.MASTER})
_CLIENT = frozenset({Side.CLIENT})


@dataclass(frozen=True, slots=True)
class Auth(Message):
    """The first message on a link: the peer's identity, and proof that it was invited."""

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
    """The master's proof, and the peer's name, role and resume secret."""

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
    """The master refuses the peer, and closes the link after this."""

    TYPE = "auth_rejected"
    SENDERS = _MASTER
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Document(Message):
    """The whole document under review."""

    TYPE = "document"
    SENDERS = _MASTER
    name: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Sync(Message):
    """A message of the Yjs sync protocol, or a part of one.

    `seq` numbers a client's updates; on a relay, `peer` is the author of the change. With `more`,
    the next message continues `data`. `behind` says that the client has updates that the master
    lacks.
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
    """One block of a rejected update. The id is empty if the block cannot be identified."""

    block_id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reject(Message):
    """Update `seq` is rejected at least in part; apply the update `fixed` in its place."""

    TYPE = "reject"
    SENDERS = _MASTER
    seq: int
    items: tuple[RejectedItem, ...]
    fixed: bytes


@dataclass(frozen=True, slots=True)
class Awareness(Message):
    """A Yjs awareness update: the presence of peers."""

    TYPE = "awareness"
    SENDERS = _BOTH
    data: bytes


@dataclass(frozen=True, slots=True)
class Session(Message):
    """A peer joined or left, or the session ended."""

    TYPE = "session"
    SENDERS = _MASTER
    action: Literal["join", "leave", "end"]
    peer_id: str
    name: str
    role: str
    client_id: int = 0


@dataclass(frozen=True, slots=True)
class RoleChange(Message):
    """A peer has another role from its next update on."""

    TYPE = "role_change"
    SENDERS = _MASTER
    peer_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Request(Message):
    """A request for something that only the master can do; docs/protocol.md lists the actions.

    `text` is the replacement that the user has seen. `confirmed` says that the user knows that the
    text has moved or that suggestions overlap.
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
    """Request `id` is done, or refused for the reason given by `code`."""

    TYPE = "answer"
    SENDERS = _MASTER
    id: int
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Error(Message):
    """The reason why the master closes the link; its last message."""

    TYPE = "error"
    SENDERS = _MASTER
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ping(Message):
    """A request for a `Pong` with the same `stamp`."""

    TYPE = "ping"
    SENDERS = _BOTH
    stamp: int


@dataclass(frozen=True, slots=True)
class Pong(Message):
    """The answer to a `Ping`."""

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
