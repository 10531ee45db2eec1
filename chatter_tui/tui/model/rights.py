"""Why a command is refused before it is sent: the master would refuse it too, but later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.blocks.suggestions import decision_of
from chatter_tui.tui.commands import DECIDERS, OWNER

if TYPE_CHECKING:
    from chatter_tui.blocks import Block
    from chatter_tui.tui.commands import Command
    from chatter_tui.tui.model.model import Model

GRANTABLE: Final = ("viewer", "reviewer", "moderator")
"""The roles that an owner can grant, lowest first."""


def refusal(model: Model, command: Command) -> str | None:
    """Return why the user's role does not allow a command; None if it does."""
    if model.role is None:
        # What is written before the session is there waits for it, provided that the document is
        # known.
        reads = bool(model.document.text) and "reviewer" in command.roles
        return None if reads or "viewer" in command.roles else "Not in the session yet."
    if model.ended is not None and "viewer" not in command.roles:
        return "The session is over: nothing can be sent any more."
    if model.role in command.roles:
        return None
    host = model.owner.name if model.owner is not None else "the host"
    if command.roles == OWNER:
        return f"{command.title}: only the owner may, and you are a {model.role}. Ask {host}."
    if command.roles == DECIDERS and model.role != "viewer":
        return (
            f"{command.title}: only the owner or a moderator may, and you are a {model.role}."
            f" Ask {host}."
        )
    return f"{command.title}: a {model.role} may only read. Ask {host} for another role."


def edit_refusal(model: Model, block: Block) -> str | None:
    """Return why the user may not edit a block, or None."""
    if model.is_mine(block):
        return None
    return f"This is {block.author or 'somebody'}'s: you can edit only your own."


def delete_refusal(model: Model, block: Block) -> str | None:
    """Return why the user may not delete a block and its replies, or None."""
    if model.role in DECIDERS:
        return None
    if not model.is_mine(block):
        return f"This is {block.author or 'somebody'}'s: you can delete only your own."
    if model.threads[block.id].replies:
        return "It has replies: only a moderator may delete it now."
    return None


def comes_back(model: Model, block: Block) -> bool:
    """Return whether undoing a deletion would restore a block and everything below it.

    Nobody can write again what others wrote, or what the master decided.
    """
    below = (thread.block for _, thread in model.threads[block.id].walk())
    return all(model.is_mine(each) and decision_of(each) is None for each in below)


def reject_refusal(model: Model, block: Block) -> str | None:
    """Return why the user may not reject a suggestion, or None."""
    if model.role in DECIDERS or model.is_mine(block):
        return None
    host = model.owner.name if model.owner is not None else "the host"
    return f"Only the owner or a moderator may reject others' suggestions. Say so in a reply, or ask {host}."


def attach_refusal(model: Model, block: Block) -> str | None:
    """Return why the user may not reattach a block, or None."""
    if model.role in DECIDERS or model.is_mine(block):
        return None
    return f"This is {block.author or 'somebody'}'s: only a moderator may attach it elsewhere."


def invite_refusal(model: Model, otherwise: str) -> str | None:
    """Return why there are no invites, or None; `otherwise` is the message for a guest."""
    if model.invite is not None:
        return None
    if model.role is None:
        return "The session is not open yet: try again in a moment."
    alone = "You review alone: chatter-tui host lets others join."
    return alone if model.role == "owner" else otherwise


def decide_refusal(model: Model, block: Block) -> str | None:
    """Return why nothing can be decided on a suggestion now, or None."""
    decision = decision_of(block)
    if block.id in model.outbox.deciding:
        return "The host has not answered yet: try again in a moment."
    if decision is not None:
        return f"It is {decision.outcome} already, by {decision.by or 'somebody'}."
    if block.status == "resolved":
        return "It is resolved: reopen it first."
    if model.link.transport is None:
        return "Only the host decides on suggestions: try again once you are online."
    return None
