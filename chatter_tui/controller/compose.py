"""Turn commands into changes of a replica, after checking them.

The checks exist for better messages only: the master judges everything again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ulid import ULID

from chatter_tui.authority import Right, Role
from chatter_tui.blocks import (
    SPEC_VERSION,
    Block,
    BlockError,
    JSONError,
    dumps,
    strict_problems,
    timestamp_of,
)
from chatter_tui.controller.commands import Add, Anchor, Delete, Edit, Resolve
from chatter_tui.session.awareness import Presence
from chatter_tui.session.deciding import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chatter_tui.controller.commands import Accept, React, Reject, Revert, SetPresence
    from chatter_tui.replica import Replica, Written

    Blocks = Mapping[str, Block]
    Change = Callable[[Replica], Written]


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a malfunction
    """A command cannot be carried out; the message says why."""


def new_block(fields: Mapping[str, object], author: str) -> Block:
    """Create a block from JSON values, filling in identifying fields that are absent.

    Raises:
        Refused: A value is invalid.
    """
    filled: dict[str, object] = {
        "id": str(ULID()),
        "type": "comment",
        "author": author,
        "timestamp": timestamp_of(datetime.now(UTC)),
        "spec_version": SPEC_VERSION,
    }
    filled.update(fields)
    if filled["type"] != "reaction":
        filled.setdefault("status", "open")
    try:
        return Block.of(filled).canonical()
    except BlockError as error:
        raise Refused(str(error)) from error


def add(command: Add, blocks: Blocks, author: str, role: Role) -> tuple[Block, Change]:
    """Return a new block, and the change that adds it.

    Raises:
        Refused: It breaks a rule, and the command is not forced.
    """
    block = new_block(command.fields, author)
    if not command.force:
        _require(role.may(Right.CONTRIBUTE), f"a {role} may only read")
        _require(block.id not in blocks, f"there is a block {block.id} already")
        _require(block.author == author, "you can add blocks only in your own name")
        parent = block.parent_id
        _require(parent is None or parent in blocks, f"there is no block {parent} to reply to")
        _check(block)
    return block, lambda replica: replica.add([block])


def change(
    command: Edit | Resolve | Delete | Anchor, blocks: Blocks, author: str, role: Role
) -> Change:
    """Return the change that a command makes to an existing block.

    Raises:
        Refused: It breaks a rule, and the command is not forced.
    """
    match command:
        case Edit():
            return edit(command, blocks, author, role)
        case Resolve():
            return resolve(command, blocks, role)
        case Delete():
            return delete(command, blocks, author, role)
        case Anchor():
            return anchor(command, blocks, author, role)


def edit(command: Edit, blocks: Blocks, author: str, role: Role) -> Change:
    """Return the change that replaces a block's text.

    Raises:
        Refused: It breaks a rule, and the command is not forced.
    """
    block = _existing(blocks, command.id)
    if not command.force:
        _require(role.may(Right.EDIT_OWN), f"a {role} may only read")
        _require(
            block.author == author,
            f"this is {block.author or 'somebody'}'s: you can edit only your own",
        )
        _check(block.replace({"content": command.content}))
    return lambda replica: replica.edit(command.id, command.content)


def resolve(command: Resolve, blocks: Blocks, role: Role) -> Change:
    """Return the change that resolves or reopens a block.

    Raises:
        Refused: There is no such block, or the role may only read.
    """
    block = _existing(blocks, command.id)
    _require(role.may(Right.CONTRIBUTE), f"a {role} may only read")
    status = "resolved" if command.resolved else "open"
    fields = {} if block.status == status else {"status": dumps(status)}
    return lambda replica: replica.set_fields(command.id, fields)


def anchor(command: Anchor, blocks: Blocks, author: str, role: Role) -> Change:
    """Return the change that attaches a block elsewhere.

    Raises:
        Refused: It breaks a rule, and the command is not forced.
    """
    block = _existing(blocks, command.id)
    try:
        text = None if command.anchor is None else dumps(command.anchor)
    except JSONError as error:
        raise Refused(str(error)) from error
    if not command.force:
        own = block.author == author and role.may(Right.EDIT_OWN)
        _require(role.may(Right.CONTRIBUTE), f"a {role} may only read")
        _require(
            own or role.may(Right.ANCHOR_ANY),
            f"this is {block.author or 'somebody'}'s: only a moderator or the owner may attach it",
        )
        _check(block.replace({"anchor": command.anchor}))
    fields = {} if block.fields.get("anchor") == text else {"anchor": text}
    return lambda replica: replica.set_fields(command.id, fields)


def require_decidable(
    command: Accept | Reject | Revert, blocks: Blocks, author: str, role: Role
) -> None:
    """Check that the user may decide on a suggestion, or undo the decision.

    Raises:
        Refused: It breaks a rule, and the command is not forced.
    """
    block = _existing(blocks, command.id)
    if not command.force:
        _require(block.suggestion is not None, f"block {block.id} is not a suggestion")
        reason = refusal(type(command).__name__.lower(), block, author, role)
        _require(reason is None, reason or "")


def react(command: React, blocks: Blocks, author: str, role: Role) -> tuple[Block, Change]:
    """Return a reaction, and the change that adds it.

    Raises:
        Refused: It breaks a rule.
    """
    fields = {"type": "reaction", "parent_id": command.id, "content": command.content}
    return add(Add(fields), blocks, author, role)


def presence(command: SetPresence, role: Role) -> Presence:
    """Return the user's presence. At a block, the section is that of the block.

    Raises:
        Refused: A host wants to be hidden.
    """
    _require(not (command.hidden and role is Role.OWNER), "the host of a session is always visible")
    anchor = f"heading:{command.section}" if command.section else None
    return Presence(
        active_anchor=f"block:{command.block}" if command.block else anchor,
        typing=command.typing,
        following=command.following,
        hidden=command.hidden,
    )


def delete(command: Delete, blocks: Blocks, author: str, role: Role) -> Change:
    """Return the change that deletes a block and its replies.

    Raises:
        Refused: It breaks a rule, and the command is not forced.
    """
    block = _existing(blocks, command.id)
    doomed = _with_replies(command.id, blocks)
    if not command.force and not role.may(Right.DELETE_ANY):
        _require(role.may(Right.DELETE_OWN), f"a {role} may only read")
        _require(
            block.author == author,
            f"this is {block.author or 'somebody'}'s: you can delete only your own",
        )
        _require(
            len(doomed) == 1, "it has replies: only a moderator or the owner may delete it now"
        )
    return lambda replica: replica.delete(doomed)


def _with_replies(id_: str, blocks: Blocks) -> list[str]:
    """Return the ids of a block and of everything below it."""
    children: dict[str, list[str]] = {}
    for block in blocks.values():
        if block.parent_id is not None:
            children.setdefault(block.parent_id, []).append(block.id)
    found, seen = [id_], {id_}
    for parent in found:  # grows during the iteration
        fresh = [child for child in children.get(parent, ()) if child not in seen]
        seen.update(fresh)
        found += fresh
    return found


def _existing(blocks: Blocks, id_: str) -> Block:
    block = blocks.get(id_)
    if block is None:
        raise Refused(f"there is no block {id_}")
    return block


def _check(block: Block) -> None:
    problems = strict_problems(block)
    if problems:
        raise Refused("; ".join(problem.message for problem in problems))


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Refused(otherwise)
