"""Who is in the session, where they read, and who types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.tui.clock import span
from chatter_tui.tui.model.headline import speed
from chatter_tui.tui.model.outline import section_of
from chatter_tui.tui.text import safe_line
from chatter_tui.tui.widgets.cardlist import CardList
from chatter_tui.tui.widgets.lines import clip, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller.events import Peer
    from chatter_tui.tui.model.model import Model
    from chatter_tui.tui.signs import Signs
    from chatter_tui.tui.widgets.lines import Line

ROOMY: Final = 56  # cells in which there is room for what somebody does and for their link
IDLE_AFTER: Final = 180.0  # seconds without a move; idle is not gone


class PeopleList(CardList["Peer"]):
    """The people pane: oneself first, who is here before who left."""

    def __init__(self, model: Model, signs: Signs, clock: Callable[[], float], id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.following = ""
        self._model = model
        self._signs = signs
        self._clock = clock

    def update_people(self) -> None:
        """Show everybody as they are now."""
        me = self._model.peer
        peers = sorted(
            self._model.peers.values(),
            key=lambda peer: (peer.id != me, not peer.online, peer.name.casefold(), peer.id),
        )
        self.show(peers, [peer.id for peer in peers])

    def draw(self, item: Peer, width: int, *, current: bool) -> list[Line]:
        """See CardList."""
        signs = self._signs
        cursor = current and self.has_focus
        here = (signs.online, "good") if item.online else (signs.offline, "dim")
        name = clip(safe_line(item.name), max(width // 2, 8), signs.ellipsis)
        left: Line = [
            (signs.cursor if cursor else " ", "key"),
            here,
            (f" {name}", "author" if item.online else "dim"),
            (" you" if item.id == self._model.peer else "", "good"),
            (f" {item.role}", "dim"),
        ]
        if item.id == self.following:
            left.append((" following", "unread"))
        if item.following == self._model.peer and item.online:
            left.append((" follows you", "unread"))
        if item.online and (section := section_of(self._model, item)):
            left.append((f" {signs.section} {safe_line(section)}", "quote"))
        doing, link = self._doing(item), self._link(item)
        if link and doing and width >= ROOMY:
            doing = [*doing, (f" {signs.dot} ", "dim"), *link]
        return [spread(left, doing or link, width, signs.ellipsis)]

    def _doing(self, peer: Peer) -> Line:
        if not peer.online:
            return [("gone", "dim")]
        if peer.hidden:
            return [("hidden", "dim")]
        if peer.typing:
            return [(f"typing{self._signs.ellipsis}", "unread")]
        quiet = self._clock() - self._model.seen.get(peer.id, self._clock())
        if quiet >= IDLE_AFTER and peer.id != self._model.peer:
            return [(f"idle {span(quiet)}", "dim")]
        return []

    def _link(self, peer: Peer) -> Line:
        link = self._model.links.get(peer.id)
        text = speed(link) if link is not None else ""
        return [(text, "dim")] if text else []
