"""The place of an item in the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from chatter_tui.authority.codec import Id
    from chatter_tui.authority.codes import RejectCode


class Container(NamedTuple):
    """What an item is part of: a block's entry in the root map, one of its fields, or its text.

    `owner` is the item that holds the map or text; None for an entry. `field` is None for a run of
    text.
    """

    block: str
    field: str | None = None
    owner: Id | None = None

    @property
    def is_entry(self) -> bool:
        """Whether it is an entry of the root map: the block itself."""
        return self.owner is None

    @property
    def is_text(self) -> bool:
        """Whether it is a run of a block's text."""
        return self.owner is not None and self.field is None


class Lost(NamedTuple):
    """Where an item would be, had its surroundings not been rejected or deleted before."""

    block: str
    code: RejectCode
