"""The owner's commands about people: change roles, remove a peer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.controller.commands import RemovePeer, SetRole
from chatter_tui.tui.model.rights import GRANTABLE
from chatter_tui.tui.screens.choice import ChoiceScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chatter_tui.controller.events import Peer
    from chatter_tui.tui.screens.review import ReviewScreen


class People:
    """The commands of the people pane; `rights` has checked that the user is the owner."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._work = screen.work

    @property
    def commands(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The function for each command."""
        return {
            "people.raise": self._raise,
            "people.lower": self._lower,
            "people.remove": self._remove,
        }

    async def _raise(self) -> None:
        self._step(1)

    async def _lower(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        peer = self._chosen()
        if peer is None:
            return
        step = GRANTABLE.index(peer.role) + by
        if 0 <= step < len(GRANTABLE):
            self._work.submit(SetRole(peer.id, GRANTABLE[step]))
        else:
            remove = self._work.keymap.key("people.remove")
            end = "highest role you can give" if by > 0 else f"lowest role: {remove} removes"
            self._screen.sessions.tell(f"{peer.name} is {peer.role}, the {end}.")

    async def _remove(self) -> None:
        peer = self._chosen()
        if peer is None:
            return

        def answered(key: str | None) -> None:
            if key == "y":
                self._work.submit(RemovePeer(peer.id))
                self._screen.sessions.tell(f"{peer.name} is removed.")

        question, text = f"Remove {peer.name}?", "They are disconnected; what they wrote stays."
        choice = ChoiceScreen(question, {"y": f"remove this {peer.role}"}, text)
        await self._screen.app.push_screen(choice, answered)

    def _chosen(self) -> Peer | None:
        """The person at the cursor, other than the user; shows a message if there is none."""
        screen, model = self._screen, self._work.model
        if screen.pane != "people":
            screen.go_pane("people")
            screen.sessions.tell("Choose somebody first, then do it again.")
            return None
        peer = model.peers.get(screen.people.cursor)
        if peer is None or peer.role == "owner":
            down = self._work.keymap.key("move.down")
            text = f"This is you: the owner stays the owner. {down} goes to the others."
            screen.sessions.tell(text)
            return None
        return peer
