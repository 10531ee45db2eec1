"""Presence and following in plain mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.controller.commands import SetPresence
from chatter_tui.tui.model.outline import place_of
from chatter_tui.tui.model.showing import LEVELS, next_level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatter_tui.controller.events import Peer
    from chatter_tui.plain.context import Context
    from chatter_tui.plain.reading import Reading
    from chatter_tui.tui.model.showing import Level


class Presence:
    """What the user shows of themselves, and whom they follow.

    `tell` prints what happens meanwhile.
    """

    def __init__(self, context: Context, reading: Reading, tell: Callable[[str], None]) -> None:
        self._context = context
        self._reading = reading
        self._tell = tell
        self._level: Level = "section"
        self._told = SetPresence()
        self._following = ""
        self._followed_to: int | None = None
        reading.moved = self.moved

    @property
    def commands(self) -> Mapping[str, Callable[[str], None]]:
        """The function for each command."""
        return {"presence.cycle": lambda _: self._cycle(), "people.follow": self._follow}

    def moved(self) -> None:
        """Share the section that the user reads, after they moved there themselves."""
        if self._following:
            self._following = ""
            self._context.say("No longer following.")
        self.show()

    def show(self) -> None:
        """Share the user's position."""
        model = self._context.model
        heading = model.document.section_at(self._reading.start)
        section = None if heading is None or self._level != "section" else heading.text
        hidden = self._level == "hidden"
        presence = SetPresence(section, following=self._following or None, hidden=hidden)
        if presence != self._told and model.role is not None:
            self._told = presence
            self._context.work.submit(presence)

    def _cycle(self) -> None:
        self._level = next_level(self._level, self._context.model.role)
        self._context.say(LEVELS[self._level])
        if self._level == "hidden":
            self.moved()
        else:
            self.show()

    # Following

    def _follow(self, name: str) -> None:
        if self._following and not name:
            self.moved()
        elif self._level == "hidden":
            self._context.say("You cannot follow while hidden: use presence first.")
        elif (peer := self._context.person(name)) is None:
            pass  # already printed
        elif peer.id == self._context.model.peer:
            self._context.say("This is you.")
        elif not peer.online:
            self._context.say(f"{peer.name} is not here.")
        else:
            self._following, self._followed_to = peer.id, None
            self._context.say(f"Following {peer.name}, who can see it: any move stops it.")
            self.show()
            self.go_after()

    def go_after(self) -> None:
        """Read where the followed person reads, if that has changed."""
        if not self._following:
            return
        peer = self._context.model.peers.get(self._following)
        if peer is None or not peer.online:
            self._following = ""
            self._tell("No longer following: they have left.")
            self.show()
            return
        place = place_of(self._context.model, peer.section, peer.block)
        if place is not None and place != self._followed_to:
            self._followed_to = place
            for line in self._read_there(peer, place):
                self._tell(line)
            self.show()

    def _read_there(self, peer: Peer, place: int) -> list[str]:
        first, *rest = self._reading.put(place)
        return [f"{peer.name} reads: {first}", *rest]
