"""The rules of a session: what a role may do to a block, and what makes a block valid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.authority.codes import RejectCode
from chatter_tui.authority.roles import Right
from chatter_tui.authority.verdict import Author, Ruling
from chatter_tui.blocks import CANONICAL_ORDER, Block, JSONError, loads, strict_problems
from chatter_tui.blocks.suggestions import DECISION, decision_of
from chatter_tui.replica.replica import CONTENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.authority.intent import Intent
    from chatter_tui.authority.limits import Limits
    from chatter_tui.blocks import Problem

# Some files spell `parent_id` as `thread`. A map may not hold `id`, which is its key.
_IMMUTABLE: Final = frozenset(
    {"id", "type", "author", "parent_id", "thread", "timestamp", "spec_version"}
)
_KNOWN: Final = frozenset(CANONICAL_ORDER)


def judge_intent(
    intent: Intent, author: Author, before: Block | None, *, used: bool
) -> Ruling | None:
    """Judge by role and ownership what an update intends to do to a block.

    Args:
        intent: The intent.
        author: The sender.
        before: The existing block, if any.
        used: Whether a block ever had this id.
    """
    if not author.role.may(Right.CONTRIBUTE):
        return Ruling(RejectCode.READ_ONLY)
    if intent.entries:
        return _judge_new(intent, used=used)
    if before is None:
        return Ruling(RejectCode.BLOCK_DELETED)
    if intent.removed:
        return _judge_removal(author, before)
    return _judge_change(intent, author, before)


def _judge_new(intent: Intent, *, used: bool) -> Ruling | None:
    if used or intent.entries > 1:
        return Ruling(RejectCode.REUSED_ID)
    for name in sorted(intent.written & {"id", DECISION}):
        return Ruling(RejectCode.IMMUTABLE_FIELD, name)
    if intent.texts > 1 or (intent.created and not intent.texts):
        return Ruling(RejectCode.INVALID_BLOCK, "it has no text, or several")
    return None


def _judge_removal(author: Author, before: Block) -> Ruling | None:
    own = before.author == author.name
    if author.role.may(Right.DELETE_ANY) or (own and author.role.may(Right.DELETE_OWN)):
        return None
    return Ruling(RejectCode.NOT_YOURS)


def _judge_change(intent: Intent, author: Author, before: Block) -> Ruling | None:
    fixed = _IMMUTABLE | {CONTENT, DECISION}
    if decision_of(before) is not None:  # nobody may change what was accepted
        fixed |= {"suggestion"}
    for name in sorted(intent.written & fixed):
        return Ruling(RejectCode.IMMUTABLE_FIELD, name)
    needs_own = intent.written - {"status"}
    if author.role.may(Right.ANCHOR_ANY):
        needs_own -= {"anchor"}
    own = before.author == author.name and author.role.may(Right.EDIT_OWN)
    if not own and (needs_own or intent.edited):
        return Ruling(RejectCode.NOT_YOURS)
    if intent.edited and before.type == "reaction":
        return Ruling(RejectCode.IMMUTABLE_FIELD, "a reaction is removed, not edited")
    return None


def judge_block(
    after: Block, before: Block | None, author: Author, now: float, limits: Limits
) -> Ruling | None:
    """Judge a block's new form: it must be valid, or at least no worse than before.

    So a block with a fault from a file can still be resolved.
    """
    if ruling := _judge_values(after, before, limits):
        return ruling
    if before is None:
        return _judge_origin(after, author, now, limits)
    for name in sorted(_IMMUTABLE):
        if after.fields.get(name) != before.fields.get(name):
            return Ruling(RejectCode.IMMUTABLE_FIELD, name)
    return None


def judge_size(block: Block, limits: Limits) -> Ruling | None:
    """Return why a block from a file is too large to be shared; None if it is not."""
    size = sum(len(text.encode()) for text in block.fields.values())
    if size > limits.update or any(len(name) > limits.name for name in block.fields):
        return Ruling(RejectCode.TOO_LARGE)
    return None


def _judge_values(after: Block, before: Block | None, limits: Limits) -> Ruling | None:
    old = before.fields if before else {}
    # The format's checks cover the fields they know.
    for name in sorted(after.fields.keys() - _KNOWN):
        text = after.fields[name]
        if old.get(name) != text:
            try:
                loads(text)
            except JSONError as error:
                return Ruling(RejectCode.INVALID_BLOCK, f"{name}: {error}")
    found = _problems(after, limits)
    known = {problem.message for problem in _problems(before, limits)} if found and before else ()
    for problem in found:
        if problem.message not in known:
            too_large = problem.code == "limit"
            code = RejectCode.TOO_LARGE if too_large else RejectCode.INVALID_BLOCK
            return Ruling(code, problem.message)
    return None


def _judge_origin(after: Block, author: Author, now: float, limits: Limits) -> Ruling | None:
    if after.author != author.name:
        return Ruling(RejectCode.WRONG_AUTHOR)
    if after.instant is not None and after.instant.total_seconds() > now + limits.ahead:
        return Ruling(RejectCode.FUTURE_TIMESTAMP)
    return None


def _problems(block: Block, limits: Limits) -> Sequence[Problem]:
    return strict_problems(
        block,
        content_bytes=limits.content,
        field_bytes=limits.field,
        field_count=limits.fields,
        name_length=limits.name,
        depth=limits.depth,
    )
