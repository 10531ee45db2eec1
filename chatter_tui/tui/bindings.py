"""Textual bindings created from the registry, with command ids so that they can be remapped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from chatter_tui.tui.commands import commands_in
from chatter_tui.tui.compat import bindings_of, set_bindings

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from chatter_tui.tui.commands import Where
    from chatter_tui.tui.keymap import Keymap


def bindings(*parts: Where) -> list[BindingType]:
    """Return bindings for the commands of some parts of the screen; each runs the action `run(id)`.

    They have `priority`: see `order`.
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


def rebind(node: DOMNode, keymap: Keymap) -> None:
    """Replace the default keys of a widget or screen by the user's."""
    if not keymap.changed:
        return
    made: list[BindingType] = []
    done: set[str] = set()
    for key, binding in bindings_of(node):
        if binding.id not in keymap.changed:
            made.append(replace(binding, key=key))
        elif binding.id not in done:
            done.add(binding.id)
            keys = keymap.changed[binding.id]
            made += [replace(binding, key=each, key_display=None) for each in keys]
    set_bindings(node, made)
