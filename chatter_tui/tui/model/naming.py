"""Complete names in mentions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from chatter_tui.tui.model.model import Model

SHOWN: Final = 5  # as many as fit into the border; another letter narrows them down
# Names have at most 32 characters, and may contain spaces.
_MENTION: Final = re.compile(r"(?<!\w)@([^@]{0,32})$")


class Completion(NamedTuple):
    """What was typed after the `@`, and the names that begin with it."""

    typed: str
    names: Sequence[str]


def known_names(model: Model) -> list[str]:
    """Return names to mention: current and former peers and authors, without the user."""
    people = sorted(model.peers.values(), key=lambda peer: not peer.online)
    names = [peer.name for peer in people]
    names += [block.author for block in model.threads.blocks.values() if block.author]
    return [name for name in dict.fromkeys(names) if name != model.name]


def complete(before: str, names: Callable[[], Iterable[str]]) -> Completion | None:
    """Return completions for the mention that ends the text `before` the cursor.

    None if there is no mention, or if the only name that fits is complete. `names` is called only
    if there is a mention: it may look at every block.
    """
    found = _MENTION.search(before)
    if found is None:
        return None
    typed = found[1]
    fits = [name for name in names() if name.casefold().startswith(typed.casefold())]
    if not fits or fits == [typed]:
        return None
    return Completion(typed, fits[:SHOWN])
