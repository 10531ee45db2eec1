"""Parse documents off the screen's thread, which a long one would block."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final, TypeAlias

from chatter_tui.blocks import Review, SourceFile
from chatter_tui.blocks.anchors import Resolver, first_quote
from chatter_tui.blocks.threads import arrange
from chatter_tui.controller.events import (
    BlockAdded,
    BlockChanged,
    BlockDeleted,
    DocumentChanged,
    Synced,
)
from chatter_tui.markdown import Markdown
from chatter_tui.startup.immutable import dataclass
from chatter_tui.tui.document.leaves import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chatter_tui.blocks import Block
    from chatter_tui.blocks.threads import Arrangement
    from chatter_tui.controller.events import Event
    from chatter_tui.tui.document.glyphs import Glyphs
    from chatter_tui.tui.document.leaves import Leaf
    from chatter_tui.tui.model.threads import Place

FIRST_LENGTH: Final = 30_000  # characters: several screens, parsed within a frame


@dataclass(frozen=True, slots=True)
class Parsed:
    """A changed document, its parsed text, and the resolver of anchors in it.

    `leaves` are its leaf blocks and `places` the anchors of all blocks, if known: the type of an
    anchor and its location, or None for a block without an anchor.
    """

    event: DocumentChanged
    resolver: Resolver
    leaves: Sequence[Leaf] = ()
    places: Mapping[str, Place | None] = field(default_factory=dict)

    @classmethod
    def of(cls, event: DocumentChanged, before: Resolver) -> Parsed:
        """Parse a document, on any thread; `before` resolved anchors in the previous one."""
        return cls(event, before.after(Review(SourceFile(event.text)).markdown))

    @property
    def markdown(self) -> Markdown:
        """The parsed document without its embedded blocks; anchors refer to it."""
        return self.resolver.document


@dataclass(frozen=True, slots=True)
class LookingUp:
    """Everything has arrived, and `LookedUp` follows when the threads are arranged."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The resolved anchors of all blocks so far in the current document.

    `arrangement` has all of them as threads, the first time; the receiver owns it.
    """

    resolver: Resolver
    arrangement: Arrangement | None = None


# What the screen receives.
Told: TypeAlias = "Event | Parsed | LookingUp | LookedUp"


class Parser:
    """Processes a session's events on its thread, and does what would delay keys."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._resolver = Resolver(Markdown(""))
        self._quotes: list[str] = []  # of anchors that are not resolved yet
        self._blocks: dict[str, Block] = {}
        self._synced = False

    def take(self, event: Event) -> Iterator[Told]:
        """Yield what the screen receives in place of an event."""
        match event:
            case DocumentChanged():
                self._resolver = Parsed.of(event, self._resolver).resolver
                resolver, places = self._look_up(), self._places() if self._synced else {}
                found = leaves(resolver.document, self._glyphs)
                resolver.document.forget_tokens()
                yield Parsed(event, resolver, found, places)
                return
            case BlockDeleted():
                self._blocks.pop(event.id, None)
            case BlockAdded() | BlockChanged():
                self._blocks[event.block.id] = event.block
                if (anchor := event.block.anchor) and (quote := first_quote(anchor)):
                    self._quotes.append(quote)
            case Synced():
                yield LookingUp()
                resolver, blocks = self._look_up(), () if self._synced else self._blocks.values()
                self._synced = True
                yield LookedUp(resolver, arrange(blocks, resolver) if blocks else None)
        yield event

    def _places(self) -> dict[str, Place | None]:
        blocks = self._blocks.values()
        anchored = (((b.id, str(a["type"])), a) for b in blocks if (a := b.anchor) is not None)
        found = self._resolver.resolve_all(anchored)
        return dict.fromkeys(self._blocks) | {id_: (kind, where) for (id_, kind), where in found}

    def _look_up(self) -> Resolver:
        self._resolver.prepare(self._quotes)
        self._quotes.clear()
        return self._resolver.copy()


def beginning(text: str) -> str:
    """Return the part of a text to show before the rest is parsed: whole lines, or everything."""
    return text if len(text) <= FIRST_LENGTH else text[: text.rfind("\n", 0, FIRST_LENGTH) + 1]
