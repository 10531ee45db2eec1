"""Complete names in mentions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chatter_tui.tui.model.model import Model

SHOWN: Final = 5  # more fit into no border; another letter narrows them down
_MENTION: Final = re.compile(r"(?<!\w)@([^@]{0,32})$")  # names are no longer, and may hold spaces


class Completion(NamedTuple):
    """What has been typed after the `@`, and the names that begin so."""

    typed: str
    names: Sequence[str]


def known_names(model: Model) -> list[str]:
    """Names to mention: peers here, former peers and authors, without the user."""
    people = sorted(model.peers.values(), key=lambda peer: not peer.online)
    names = [peer.name for peer in people]
    names += [block.author for block in model.threads.blocks.values() if block.author]
    return [name for name in dict.fromkeys(names) if name != model.name]


def complete(before: str, names: Iterable[str]) -> Completion | None:
    """The names for the mention that ends the text `before` the cursor.

    None where none is begun, and where the only name that fits is there in full.
    """
    found = _MENTION.search(before)
    if found is None:
        return None
    typed = found[1]
    fits = [name for name in names if name.casefold().startswith(typed.casefold())]
    if not fits or fits == [typed]:
        return None
    return Completion(typed, fits[:SHOWN])
