"""The people pane: who is here, where they read, and who is typing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.startup.immutable import dataclass
from chatter_tui.tui.clock import span
from chatter_tui.tui.model.headline import speed
from chatter_tui.tui.model.outline import section_of
from chatter_tui.tui.model.showing import IDLE_AFTER
from chatter_tui.tui.text import safe_line
from chatter_tui.tui.widgets.cardlist import CardList
from chatter_tui.tui.widgets.lines import clip, spread, width_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller.events import Peer
    from chatter_tui.tui.model.model import Model
    from chatter_tui.tui.signs import Signs
    from chatter_tui.tui.widgets.lines import Line

ROOMY: Final = 56  # cells with room for a person's activity and link


@dataclass(frozen=True, slots=True)
class Remark:
    """A line in the list that is not about anybody."""

    text: str
    id: str = ""


class PeopleList(CardList["Peer | Remark"]):
    """The people pane: the user first, and those present before those who left.

    `key` returns a command's key for display.
    """

    def __init__(
        self,
        model: Model,
        signs: Signs,
        clock: Callable[[], float],
        key: Callable[[str], str],
    ) -> None:
        super().__init__(id="people")
        self.following = ""
        self._key = key
        self._model = model
        self._signs = signs
        self._clock = clock

    def update_people(self) -> None:
        """Show the current participants."""
        me = self._model.peer
        peers = sorted(
            self._model.peers.values(),
            key=lambda peer: (peer.id != me, not peer.online, peer.name.casefold(), peer.id),
        )
        alone = [Remark(self._alone)] if len(peers) == 1 and self._model.role == "owner" else []
        self.show([*peers, *alone], [peer.id for peer in peers])

    @property
    def _alone(self) -> str:
        if self._model.invite is None:
            return "chatter-tui host lets others join"
        return f"{self._key('invite.open')} shows an invite for others"

    def draw(self, item: Peer | Remark, width: int, *, current: bool) -> list[Line]:
        """See CardList."""
        signs = self._signs
        if isinstance(item, Remark):
            return [[(clip(f"   {item.text}", width, signs.ellipsis), "dim")]]
        cursor = current and self.has_focus
        here = (signs.online, "good") if item.online else (signs.offline, "dim")
        doing, link = self._doing(item), self._link(item)
        if link and doing and width >= ROOMY:
            doing = [*doing, (f" {signs.dot} ", "dim"), *link]
        right = doing or link
        what: Line = [
            (" you" if item.id == self._model.peer else "", "good"),
            (f" {item.role}", "dim"),
        ]
        # A long name is cut before what is said about the person.
        room = width - 4 - width_of([*what, *right]) - bool(right)
        name = clip(safe_line(item.name), max(min(room, width // 2), 8), signs.ellipsis)
        left: Line = [
            (signs.cursor if cursor else " ", "key"),
            here,
            (f" {name}", "author" if item.online else "dim"),
            *what,
        ]
        if item.id == self.following:
            left.append((" following", "unread"))
        if item.following == self._model.peer and item.online:
            left.append((" follows you", "unread"))
        if item.online and (section := section_of(self._model, item)):
            left.append((f" {signs.section} {safe_line(section)}", "quote"))
        return [spread(left, right, width - 1, signs.ellipsis)]

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
