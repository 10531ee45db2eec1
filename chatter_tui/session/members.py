"""Members of a session: unique names, roles, and resume secrets."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chatter_tui.session.awareness import Entry
from chatter_tui.session.events import Peer
from chatter_tui.session.records import Enrolled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatter_tui.authority import Role
    from chatter_tui.session.awareness import Presence

MAX_NAME: Final = 32  # characters: a card and a people line must hold it
# Drawn as nothing, or as a space, though Unicode counts them as letters, marks and symbols.
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Distinct at 16 colours and legible on light and dark grounds; a theme maps them.
COLORS: Final = ("blue", "magenta", "green", "yellow", "cyan", "red")


@dataclass(slots=True)
class Member:
    """A peer as the master knows it, here or away."""

    id: str
    name: str
    role: Role
    color: str
    resume: bytes = b""
    client_id: int = 0
    link: int | None = None
    newcomer: bool = False  # it has not shown yet that it heard of being let in
    removed: bool = False
    presence: Presence | None = None
    hidden: bool = False  # to the others it has left, and still has when it comes back
    heard_clock: int = 0  # of the client's own awareness, which begins anew with each link
    clock: int = 0  # of what is sent on, which never goes back
    token: str = ""  # the invite it joined with

    @property
    def is_shown(self) -> bool:
        """Whether the others are told of it while it is here."""
        return not (self.hidden or self.newcomer)

    def entry(self) -> Entry:
        """Its awareness as it is sent on, newer than all before."""
        self.clock += 1
        return Entry(self.client_id, self.clock, self.presence)

    @classmethod
    def returning(cls, kept: Enrolled) -> Member:
        """One who was enrolled in an earlier run, and is away."""
        return cls(
            kept.peer,
            kept.name,
            kept.role,
            kept.color,
            kept.resume,
            removed=kept.removed,
            token=kept.token,
        )

    def enrolled(self) -> Enrolled:
        """What of it is kept on disk."""
        return Enrolled(
            self.id, self.name, self.role, self.color, self.resume, self.removed, self.token
        )

    def peer(self, *, online: bool) -> Peer:
        """What is shown of it."""
        presence = self.presence if online else None
        return Peer(
            self.id,
            self.name,
            self.role,
            self.color,
            presence.section if presence else None,
            presence.block if presence else None,
            presence is not None and presence.typing,
            online,
            presence.following if presence else None,
            online and self.hidden,
        )


def clean_text(text: str, most: int) -> str:
    """A line without control or invisible characters or runs of space, `most` characters long."""
    visible = "".join(
        " " if char.isspace() else char
        for char in _BLANK.sub("", text)
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return " ".join(unicodedata.normalize("NFC", visible).split())[:most].strip()


def clean_name(name: str) -> str:
    """A display name that can be shown anywhere."""
    return clean_text(name, MAX_NAME) or "guest"


def unique_name(name: str, taken: Iterable[str]) -> str:
    """`name`, with a number behind it when somebody has it (letter case does not tell apart)."""
    folded = {other.casefold() for other in taken}
    clean = clean_name(name)
    candidate, number = clean, 2
    while candidate.casefold() in folded:
        suffix = f"-{number}"
        candidate = clean[: MAX_NAME - len(suffix)] + suffix
        number += 1
    return candidate


def color_for(taken: Iterable[str]) -> str:
    """The colour that fewest have."""
    counts = list(taken)
    return min(COLORS, key=counts.count)
