"""One update being judged: what is known of it, and which blocks' parts are rejected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatter_tui.authority.codes import RejectCode
from chatter_tui.authority.intent import gather
from chatter_tui.authority.relations import keep_answered, require_parents
from chatter_tui.authority.roles import Right
from chatter_tui.authority.rules import judge_block, judge_intent
from chatter_tui.authority.verdict import Author, Ruling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatter_tui.authority.index import Index
    from chatter_tui.authority.intent import Intent
    from chatter_tui.authority.limits import Limits
    from chatter_tui.authority.replies import Replies
    from chatter_tui.authority.screen import Screened
    from chatter_tui.blocks import Block
    from chatter_tui.replica import Change

_MOST_AT_ONCE = 8  # concurrent values of one field that are judged one by one
_AT_ONCE = "its parts were written at the same time"


@dataclass(slots=True)
class Case:
    """One update, judged first by its structs and then by its result.

    `refused` maps rejected blocks to the reasons; `expected` are the blocks after the update, as
    far as can be predicted; `changes` are those that merging made.
    """

    author: Author
    now: float
    screened: Screened
    index: Index
    blocks: Mapping[str, Block]  # without the update
    replies: Replies
    limits: Limits
    full: bool  # whether nothing may be added
    intents: dict[str, Intent] = field(init=False)
    refused: dict[str, Ruling] = field(init=False)
    expected: dict[str, Block] = field(init=False, default_factory=dict)
    changes: tuple[Change, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        self.intents = gather(self.screened, self.index)
        self.refused = {id_: Ruling(code) for id_, code in self.screened.refused.items()}

    # -- by intent ---------------------------------------------------------------------------

    def judge_intents(self) -> None:
        """Judge what the update intends; this finds most rejections."""
        for id_, intent in self.intents.items():
            if id_ not in self.refused:
                before = self.blocks.get(id_)
                used = id_ in self.index.entries
                ruling = judge_intent(intent, self.author, before, used=used) or self._foresee(
                    id_, intent, before
                )
                if ruling:
                    self.refused[id_] = ruling
        self._limit_blocks()
        self._relate(self.expected)

    def _foresee(self, id_: str, intent: Intent, before: Block | None) -> Ruling | None:
        if intent.removed or not (intent.created or before):
            return None
        after = intent.predict(id_, before)
        if intent.alternatives > 1:
            return self._foresee_all(id_, intent, before)
        if after.type == "reaction" and len(intent.runs) > 1:
            return Ruling(RejectCode.UNMERGEABLE, _AT_ONCE)
        self.expected[id_] = after
        if before and intent.edited and intent.least_bytes(before) > self.limits.content:
            return Ruling(RejectCode.TOO_LARGE)
        return self._judge(after, before)

    def _foresee_all(self, id_: str, intent: Intent, before: Block | None) -> Ruling | None:
        """Judge all values that one peer's client ids wrote concurrently, whichever will win.

        Merging to find the winner, and rejecting it then, would cost as much as loading the
        document. In an existing block, each field is valid or invalid independently.
        """
        if before is None or intent.alternatives > _MOST_AT_ONCE:
            return Ruling(RejectCode.UNMERGEABLE, _AT_ONCE)
        for choice in range(intent.alternatives):
            if ruling := self._judge(intent.predict(id_, before, choice), before):
                return ruling
        return None

    def _limit_blocks(self) -> None:
        room = 0 if self.full else self.limits.blocks - len(self.blocks)
        for id_, intent in self.intents.items():
            if intent.created and id_ not in self.refused:
                room -= 1
                if room < 0:
                    self.refused[id_] = Ruling(RejectCode.TOO_MANY_BLOCKS)

    def _relate(self, after: Mapping[str, Block]) -> None:
        removed: set[str] = set()
        created: dict[str, Block] = {}
        for id_, intent in self.intents.items():
            if id_ not in self.refused:
                if intent.removed:
                    removed.add(id_)
                if intent.created and id_ in after:
                    created[id_] = after[id_]
        if removed and not self.author.role.may(Right.DELETE_ANY):
            answered = keep_answered(removed, self.blocks, self.replies)
            self.refused |= answered
            removed -= answered.keys()
            created = {id_: block for id_, block in created.items() if id_ not in answered}
        if created:
            self.refused |= require_parents(created, self.refused, self.blocks, removed)

    # -- by result ---------------------------------------------------------------------------

    def judge_result(self, changes: tuple[Change, ...]) -> bool:
        """Judge the merged blocks, which may add rejections.

        Return False if the merge itself failed.
        """
        self.changes = changes
        after = {change.id: change.after for change in changes}
        foreseen = not self.refused
        for change in changes:
            if change.id in self.refused or change.id not in self.intents:
                return False
            if change.after and change.after is not self.expected.get(change.id):
                foreseen = False
                ruling = self._judge(change.after, change.before)
                if ruling:
                    self.refused[change.id] = ruling
        for id_, intent in self.intents.items():
            if id_ not in self.refused:
                gone = intent.removed or (id_ not in self.blocks and not intent.created)
                there = after[id_] is not None if id_ in after else id_ in self.blocks
                if gone == there:
                    return False
        if not foreseen:  # otherwise all blocks would be checked against each other again
            self._relate({id_: block for id_, block in after.items() if block})
        return True

    def refuse_all(self) -> None:
        """Reject the whole update."""
        for id_ in self.intents:
            self.refused.setdefault(id_, Ruling(RejectCode.UNMERGEABLE))
        self.changes = ()

    # -- the outcome -------------------------------------------------------------------------

    def codes(self) -> dict[str, RejectCode]:
        """The rejected blocks and their codes."""
        return {id_: ruling.code for id_, ruling in self.refused.items()}

    def _judge(self, after: Block, before: Block | None) -> Ruling | None:
        return judge_block(after, before, self.author, self.now, self.limits)
