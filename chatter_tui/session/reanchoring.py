"""Keep comments on their words when the document is edited during a session."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.blocks import Review, SourceFile, dumps
from chatter_tui.blocks.reanchoring import reanchored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chatter_tui.authority import Authority
    from chatter_tui.blocks import Block
    from chatter_tui.session.relaying import Relaying
    from chatter_tui.session.room import Room


class _Edit(NamedTuple):
    """An edit of the document: the text before and after, and the block ids at that time."""

    before: str
    after: str
    blocks: tuple[str, ...]


class Reanchoring:
    """The edits of the document whose comments have not been re-anchored yet."""

    def __init__(self, room: Room, authority: Authority, relaying: Relaying) -> None:
        self._room = room
        self._authority = authority
        self._relaying = relaying
        self._edits: deque[_Edit] = deque()

    def edited(self, before: str) -> None:
        """Note that the document has been edited; `before` is its previous text."""
        after, blocks = self._room.document.text, self._authority.blocks
        if before != after and blocks:
            self._edits.append(_Edit(before, after, tuple(blocks)))

    def run(self) -> Iterator[None]:
        """Re-anchor comments as the owner, in steps between which anything may happen."""
        while self._edits:
            edit = self._edits[0]
            found, blocks = [], self._authority.blocks
            here = [blocks[id_] for id_ in edit.blocks if id_ in blocks]
            for item in _reanchored(edit, here):
                if item is not None:
                    found.append((item[0], dumps(item[1])))
                yield
            self._publish(found)
            if self._edits and self._edits[0] is edit:  # nobody else has run this meanwhile
                self._edits.popleft()

    def _publish(self, found: list[tuple[Block, str]]) -> None:
        blocks, largest = self._authority.blocks, self._authority.limits.field
        fields: dict[str, Mapping[str, str | None]] = {}
        for before, anchor in found:
            block = blocks.get(before.id)  # possibly deleted, or anchored elsewhere
            is_same = block is not None and block.fields.get("anchor") == before.fields["anchor"]
            if is_same and len(anchor.encode()) <= largest:
                fields[before.id] = {"anchor": anchor}
        if fields:
            self._relaying.publish(self._authority.amend(fields), self._room.owner)


def _reanchored(
    edit: _Edit, blocks: Sequence[Block]
) -> Iterator[tuple[Block, dict[str, object]] | None]:
    before, after = Review(SourceFile(edit.before)), Review(SourceFile(edit.after))
    return reanchored(before.text, after.text, lambda: after.markdown, blocks)
