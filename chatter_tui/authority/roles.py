"""Roles and their rights."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Right(StrEnum):
    """Something a role allows."""

    READ = "read"  # see the document, the blocks and each other
    CONTRIBUTE = "contribute"  # add, reply, react, resolve, reopen
    EDIT_OWN = "edit-own"  # content, suggestion, anchor, metadata, fields of other tools
    ANCHOR_ANY = "anchor-any"  # re-attach anybody's block
    DELETE_OWN = "delete-own"  # while it has no replies
    DELETE_ANY = "delete-any"
    DECIDE = "decide"  # accept or reject suggestions
    MANAGE = "manage"  # roles, invites, removing a peer, ending the session


class Role(StrEnum):
    """The role of a peer in a session."""

    OWNER = "owner"
    MODERATOR = "moderator"
    REVIEWER = "reviewer"
    VIEWER = "viewer"

    def may(self, right: Right) -> bool:
        """Return whether this role has `right`."""
        return right in RIGHTS[self]


_VIEW = frozenset({Right.READ})
_REVIEW = _VIEW | {Right.CONTRIBUTE, Right.EDIT_OWN, Right.DELETE_OWN}
_MODERATE = _REVIEW | {Right.ANCHOR_ANY, Right.DELETE_ANY, Right.DECIDE}

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.OWNER: _MODERATE | {Right.MANAGE},
    Role.MODERATOR: _MODERATE,
    Role.REVIEWER: _REVIEW,
    Role.VIEWER: _VIEW,
}
