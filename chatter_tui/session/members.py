"""Members of a session: unique names, roles and resume secrets."""

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

MAX_NAME: Final = 32  # characters that fit on a card and in the list of people
# Drawn as nothing or as a space, although Unicode classifies them as letters, marks and symbols.
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Distinct in 16 colours and legible on light and dark backgrounds; a theme maps them.
COLORS: Final = ("blue", "magenta", "green", "yellow", "cyan", "red")


@dataclass(slots=True)
class Member:
    """A peer as the master knows it, present or away."""

    id: str
    name: str
    role: Role
    color: str
    resume: bytes = b""
    client_id: int = 0
    link: int | None = None
    newcomer: bool = False  # has not shown yet that it received its admission
    removed: bool = False
    presence: Presence | None = None
    hidden: bool = False  # has left as far as others can see, also after it comes back
    heard_clock: int = 0  # of the client's own awareness, which restarts with each link
    clock: int = 0  # of the relayed awareness, which never goes back
    token: str = ""  # the id of the invite it joined with

    @property
    def is_shown(self) -> bool:
        """Whether others see it while it is present."""
        return not (self.hidden or self.newcomer)

    def entry(self) -> Entry:
        """Return its awareness entry to relay, with a newer clock than all before."""
        self.clock += 1
        return Entry(self.client_id, self.clock, self.presence)

    @classmethod
    def returning(cls, kept: Enrolled) -> Member:
        """Create a member of an earlier run, who is away."""
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
        """Return its record for storage."""
        return Enrolled(
            self.id, self.name, self.role, self.color, self.resume, self.removed, self.token
        )

    def peer(self, *, online: bool) -> Peer:
        """Return what is shown of it."""
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
    """Return one line without control or invisible characters, of at most `most` characters."""
    visible = "".join(
        " " if char.isspace() else char
        for char in _BLANK.sub("", text)
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return " ".join(unicodedata.normalize("NFC", visible).split())[:most].strip()


def clean_name(name: str) -> str:
    """Return a display name that is safe to show anywhere."""
    return clean_text(name, MAX_NAME) or "guest"


def unique_name(name: str, taken: Iterable[str]) -> str:
    """Return `name`, with a number appended if it is taken, ignoring case."""
    folded = {other.casefold() for other in taken}
    clean = clean_name(name)
    candidate, number = clean, 2
    while candidate.casefold() in folded:
        suffix = f"-{number}"
        candidate = clean[: MAX_NAME - len(suffix)] + suffix
        number += 1
    return candidate


def color_for(taken: Iterable[str]) -> str:
    """Return the least used colour."""
    counts = list(taken)
    return min(COLORS, key=counts.count)
