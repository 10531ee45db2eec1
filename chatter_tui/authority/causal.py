"""Causal order of the structs of several clients: each after the ones it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chatter_tui.authority.codec import Id, Struct


class CausalCycleError(ValueError):
    """Structs refer to each other in a cycle, or one to itself or a later one of its client."""


def references(struct: Struct) -> tuple[Id, ...]:
    """Return the items that a struct refers to: its neighbours or, without any, its parent."""
    if struct.origin:
        return (struct.origin, struct.right) if struct.right else (struct.origin,)
    if struct.right:
        return (struct.right,)
    return (struct.parent,) if isinstance(struct.parent, tuple) else ()


def causal_order(groups: Mapping[int, Sequence[Struct]]) -> Iterator[Struct]:
    """Yield the structs of all clients, each after the ones it refers to.

    Linear in the number of structs. References to items outside the groups are ignored.

    Raises:
        CausalCycleError: There is no such order.
    """
    done = dict.fromkeys(groups, 0)

    def met(client: int, clock: int) -> bool:
        group = groups.get(client, ())
        at = done.get(client, 0)
        return at == len(group) or clock < group[at].clock

    def blocker_of(struct: Struct) -> Id | None:
        for client, clock in references(struct):
            own = client == struct.client and clock < struct.clock
            if not own and not met(client, clock):
                return client, clock
        return None

    for first in groups:
        # The clients on the current path, each with the clock that the previous one waits for.
        waiting: dict[int, int | None] = {first: None}
        while waiting:
            client, needed = next(reversed(waiting.items()))
            at = done[client]
            if at == len(groups[client]) or (needed is not None and met(client, needed)):
                waiting.popitem()
                continue
            struct = groups[client][at]
            blocker = blocker_of(struct)
            if blocker is None:
                done[client] += 1
                yield struct
            elif blocker[0] in waiting:
                raise CausalCycleError(f"{struct.client}:{struct.clock}")
            else:
                waiting[blocker[0]] = blocker[1]
