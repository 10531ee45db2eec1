"""Textual bindings made from the registry, each with its command's id so that it can be remapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from chatter_tui.tui.commands import commands_in

if TYPE_CHECKING:
    from chatter_tui.tui.commands import Where


def bindings(*parts: Where) -> list[BindingType]:
    """Bindings for the commands of some parts of the screen; each runs the action `run(id)`.

    They are `priority` ones: see `order`.
    """
    return [
        Binding(
            ",".join(command.keys),
            f"run({command.id!r})",
            command.title,
            id=command.id,
            priority=True,
        )
        for part in parts
        for command in commands_in(part)
        if command.keys
    ]
