"""The document's headings with their threads and people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chatter_tui.startup.immutable import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.controller.events import Peer
    from chatter_tui.markdown import Heading
    from chatter_tui.tui.model.model import Model


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, the open threads and unread comments in its section, and who reads it."""

    heading: Heading
    open: int
    unread: int
    people: Sequence[str]


def outline(model: Model) -> list[Section]:
    """Return all sections in document order; threads count only in their innermost section."""
    document = model.document
    open_, unread = Counter[int](), Counter[int]()
    for root in model.threads.roots:
        if root.location is None:
            continue
        heading = document.section_at(root.location.start)
        if heading is not None:
            open_[heading.start] += root.block.status == "open"
            unread[heading.start] += sum(t.block.id in model.unread.ids for _, t in root.walk())
    return [
        Section(heading, open_[heading.start], unread[heading.start], _readers(model, heading))
        for heading in document.headings
        if heading.line >= document.front_matter
    ]


def place_of(model: Model, section: str | None, block: str | None) -> int | None:
    """Return the offset of somebody's presence: their thread's, or their heading's."""
    if block is not None and block in model.threads.blocks:
        location = model.threads.root_of(block).location
        if location is not None:
            return location.start
    if section is None:
        return None
    return next((h.start for h in model.document.headings if h.text == section), None)


def section_of(model: Model, peer: Peer) -> str | None:
    """Return the heading of the section that somebody reads, or writes about."""
    place = place_of(model, None, peer.block)
    heading = None if place is None else model.document.section_at(place)
    return peer.section if heading is None else heading.text


def _readers(model: Model, heading: Heading) -> Sequence[str]:
    return [
        peer.name
        for peer in model.peers.values()
        if peer.online and peer.id != model.peer and section_of(model, peer) == heading.text
    ]
