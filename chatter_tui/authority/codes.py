"""Rejection and violation codes, with one sentence each."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class RejectCode(StrEnum):
    """Why a change to a block is rejected; the sender's client rolls it back."""

    READ_ONLY = "read-only"
    NOT_YOURS = "not-yours"
    HAS_REPLIES = "has-replies"
    IMMUTABLE_FIELD = "immutable-field"
    INVALID_BLOCK = "invalid-block"
    WRONG_AUTHOR = "wrong-author"
    FUTURE_TIMESTAMP = "future-timestamp"
    REUSED_ID = "reused-id"
    PARENT_MISSING = "parent-missing"
    PARENT_REJECTED = "parent-rejected"
    THREAD_CYCLE = "thread-cycle"
    BLOCK_DELETED = "block-deleted"
    DEPENDS_ON_REJECTED = "depends-on-rejected"
    TOO_LARGE = "too-large"
    TOO_MANY_BLOCKS = "too-many-blocks"
    UNMERGEABLE = "unmergeable"


class ViolationCode(StrEnum):
    """Why an update is discarded as a whole and its sender disconnected."""

    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    FOREIGN_CONTENT = "foreign-content"
    GAP = "gap"
    FOREIGN_CLIENT = "foreign-client"
    TOO_MANY_CLIENTS = "too-many-clients"
    UNKNOWN_REFERENCE = "unknown-reference"
    MISPLACED = "misplaced"
    SPLIT_CHARACTER = "split-character"


REASONS: Final[Mapping[RejectCode, str]] = {
    RejectCode.READ_ONLY: "Viewers cannot change anything.",
    RejectCode.NOT_YOURS: "Only its author may change this.",
    RejectCode.HAS_REPLIES: "It has replies, so only a moderator may delete it.",
    RejectCode.IMMUTABLE_FIELD: "This field cannot change after a block was added.",
    RejectCode.INVALID_BLOCK: "The block would not be valid.",
    RejectCode.WRONG_AUTHOR: "The author must be your name in the session.",
    RejectCode.FUTURE_TIMESTAMP: "The timestamp is more than a day ahead: check this machine's clock.",
    RejectCode.REUSED_ID: "There is, or was, a block with this id.",
    RejectCode.PARENT_MISSING: "The block it replies to no longer exists.",
    RejectCode.PARENT_REJECTED: "The block it replies to was rejected.",
    RejectCode.THREAD_CYCLE: "These blocks form a cycle of replies.",
    RejectCode.BLOCK_DELETED: "The block was deleted meanwhile.",
    RejectCode.DEPENDS_ON_REJECTED: "It depends on a change that was rejected.",
    RejectCode.TOO_LARGE: "The block is larger than this session allows.",
    RejectCode.TOO_MANY_BLOCKS: "The session has as many blocks as it allows.",
    RejectCode.UNMERGEABLE: "The change cannot be merged with the changes of others.",
}

SENTENCES: Final[Mapping[ViolationCode, str]] = {
    ViolationCode.TOO_LARGE: "The update is larger than this session allows.",
    ViolationCode.MALFORMED: "The update is not a Yjs update.",
    ViolationCode.FOREIGN_CONTENT: "The update contains content that is not part of a block.",
    ViolationCode.GAP: "The update skips an earlier change of its client.",
    ViolationCode.FOREIGN_CLIENT: "The update uses the client id of another peer.",
    ViolationCode.TOO_MANY_CLIENTS: "The peer has used too many client ids.",
    ViolationCode.UNKNOWN_REFERENCE: "The update refers to something that does not exist.",
    ViolationCode.MISPLACED: "The update puts something in an invalid place.",
    ViolationCode.SPLIT_CHARACTER: "The update splits a character.",
}


class Violation(Exception):  # noqa: N818 -- the protocol's word for it
    """An update was discarded, and its connection must be closed.

    `detail` is for the log; peers are told the code and its sentence only.
    """

    def __init__(self, code: ViolationCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail

    @property
    def reason(self) -> str:
        """The sentence for users."""
        return SENTENCES[self.code]
