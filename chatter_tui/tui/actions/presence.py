"""Presence: share the current place, and follow others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.controller.commands import SetPresence
from chatter_tui.tui.compat import once
from chatter_tui.tui.model.outline import place_of
from chatter_tui.tui.model.showing import LEVELS, next_level

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chatter_tui.tui.model.changes import Changes
    from chatter_tui.tui.model.showing import Level
    from chatter_tui.tui.screens.review import ReviewScreen

PAUSE: Final = 0.5  # seconds from a move to telling the others: nobody reads faster
TYPING: Final = 5.0  # seconds after a key press during which the user counts as typing


class Presence:
    """Sharing the user's presence, and following peers."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work
        self._level: Level = "section"
        self._told = SetPresence()
        self._telling = False
        self._typed = float("-inf")
        self._following = ""
        self._followed_to = -1

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {"people.follow": self._follow, "presence.cycle": self._cycle}

    @property
    def level(self) -> Level:
        """How much presence the user shares."""
        return self._level

    # Telling the others

    def moved(self) -> None:
        """Send the user's place to the others soon."""
        document = self._screen.document
        if self._following and document.cursor != self._followed_to:
            self.stop_following()
        if not self._telling:
            self._telling = True
            once(self._screen, PAUSE, self._tell)

    def typed(self) -> None:
        """Note that a key was typed in the composer."""
        self._typed = self._work.clock()
        if not self._told.typing:
            self.moved()

    def tick(self) -> None:
        """Stop showing the user as typing after a pause."""
        if self._told.typing and not self._is_typing:
            self.moved()

    def after(self, changes: Changes) -> None:
        """Go where the followed peer went; send the user's place once there is a document."""
        if changes.people and self._following:
            self._go_after()
        if changes.document:  # the cursor moves with its text, which is not a move by the user
            self._followed_to = self._screen.document.cursor
        # The document may be available before the session, when nobody could be told.
        if changes.document or (changes.people and self._told == SetPresence()):
            self.moved()

    @property
    def _is_typing(self) -> bool:
        writing = self._screen.writing.is_writing
        return writing and self._work.clock() - self._typed < TYPING

    def _tell(self) -> None:
        self._telling = False
        presence = self._presence()
        if presence != self._told and self._work.model.role is not None:
            self._told = presence
            self._work.submit(presence)

    def _presence(self) -> SetPresence:
        following = self._following or None
        if self._level != "section":
            return SetPresence(following=following, hidden=self._level == "hidden")
        screen, typing = self._screen, self._is_typing
        heading = self._work.model.document.section_at(screen.document.cursor)
        section = heading.text if heading is not None else None
        block = screen.current if screen.pane == "threads" else None
        if typing:  # the thread being written about, wherever the cursor is
            block = screen.writing.target
        return SetPresence(section, block, typing, following=following)

    async def _cycle(self) -> None:
        self._level = next_level(self._level, self._work.model.role)
        if self._level == "hidden":
            self.stop_following()
        self._screen.sessions.tell(LEVELS[self._level])
        self._screen.people.update_people()
        self.moved()

    # Following

    async def _follow(self) -> None:
        from chatter_tui.tui.screens.finder import Entry, FinderScreen  # noqa: PLC0415 - on demand

        model = self._work.model
        if self._following:
            self.stop_following()
            return
        if self._level == "hidden":
            key = self._work.keymap.key("presence.cycle")
            self._screen.sessions.tell(f"You cannot follow while hidden: {key} changes that.")
            return
        chosen = model.peers.get(self._screen.people.cursor)
        if self._screen.pane == "people" and chosen is not None and chosen.id != model.peer:
            self._start_following(chosen.id)
            return
        others = [p for p in model.peers.values() if p.online and p.id != model.peer]
        entries = [Entry(p.id, p.name, p.section or "", right=p.role) for p in others]
        finder = FinderScreen("Follow", entries, empty="Nobody else is here.")
        await self._screen.app.push_screen(finder, self._start_following)

    def _start_following(self, peer: str | None) -> None:
        found = self._work.model.peers.get(peer or "")
        if found is None:
            return
        tell = self._screen.sessions.tell
        if not found.online:
            tell(f"{found.name} is not here.")
            return
        self._following = self._screen.people.following = found.id
        self._followed_to = self._screen.document.cursor
        tell(f"Following {found.name}, who can see it: any move stops it.")
        self._screen.people.update_people()
        self._go_after()
        self.moved()

    def stop_following(self) -> None:
        """Stop following."""
        if self._following:
            self._following = self._screen.people.following = ""
            self._screen.people.update_people()
            self._screen.sessions.tell("No longer following.")
            self.moved()

    def _go_after(self) -> None:
        peer = self._work.model.peers.get(self._following)
        if peer is None or not peer.online:
            self.stop_following()
            return
        place = place_of(self._work.model, peer.section, peer.block)
        if place is not None and place != self._followed_to:
            self._followed_to = place
            self._screen.document.reveal(place)
