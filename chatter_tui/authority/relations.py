"""Rules about the relations between an update's blocks and the existing ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.authority.codes import RejectCode
from chatter_tui.authority.verdict import Ruling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatter_tui.authority.replies import Replies
    from chatter_tui.blocks import Block


def keep_answered(
    removed: Iterable[str], blocks: Mapping[str, Block], replies: Replies
) -> dict[str, Ruling]:
    """Refuse to remove blocks with replies that stay, and so on up their threads."""
    going = set(removed)
    refused: dict[str, Ruling] = {}
    todo = list(going)
    while todo:
        id_ = todo.pop()
        if id_ in going and any(reply not in going for reply in replies.of(id_)):
            going.discard(id_)
            refused[id_] = Ruling(RejectCode.HAS_REPLIES)
            parent = blocks[id_].parent_id
            if parent is not None:
                todo.append(parent)
    return refused


def require_parents(
    created: Mapping[str, Block],
    refused: Iterable[str],
    blocks: Mapping[str, Block],
    gone: set[str],
) -> dict[str, Ruling]:
    """Refuse new blocks whose thread does not start at a root or at a block that stays.

    Args:
        created: The new blocks that are valid otherwise.
        refused: The new blocks of the same update that were rejected.
        blocks: The existing blocks.
        gone: Those among them that the update removes.
    """
    if _all_answer_what_stays(created, blocks, gone):
        return {}
    answers: dict[str, list[str]] = {}
    for id_, block in created.items():
        if block.parent_id is not None:
            answers.setdefault(block.parent_id, []).append(id_)
    refusals: dict[str, Ruling] = {}
    for parent in sorted(answers.keys() - created.keys()):
        if parent not in blocks or parent in gone:
            code = RejectCode.PARENT_REJECTED if parent in refused else RejectCode.PARENT_MISSING
            refusals.update(dict.fromkeys(answers[parent], Ruling(code)))
    _refuse_below(refusals, answers)
    rooted = {id_ for id_, block in created.items() if block.parent_id not in created}
    reached = rooted | _below(rooted, answers)
    circular = dict.fromkeys(created.keys() - reached, Ruling(RejectCode.THREAD_CYCLE))
    return refusals | circular


def _all_answer_what_stays(
    created: Mapping[str, Block], blocks: Mapping[str, Block], gone: set[str]
) -> bool:
    for block in created.values():
        parent = block.parent_id
        if parent is not None and (parent not in blocks or parent in gone or parent in created):
            return False
    return True


def _refuse_below(refusals: dict[str, Ruling], answers: Mapping[str, list[str]]) -> None:
    for id_ in _below(set(refusals), answers):
        refusals.setdefault(id_, Ruling(RejectCode.PARENT_REJECTED))


def _below(ids: set[str], answers: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(ids)
    while todo:
        fresh = [id_ for id_ in answers.get(todo.pop(), ()) if id_ not in found]
        found.update(fresh)
        todo += fresh
    return found
