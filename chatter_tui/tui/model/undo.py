"""The user's last actions, and how to undo each.

An action is stored as the changes that were sent and what was there before. Whether it still
applies is determined when it is undone: what was rejected, or undone by others, is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chatter_tui.blocks import loads
from chatter_tui.blocks.suggestions import DECISION, decision_of
from chatter_tui.controller.commands import (
    Accept,
    Add,
    Anchor,
    Delete,
    Edit,
    Reject,
    Resolve,
    Revert,
)
from chatter_tui.tui.commands import DECIDERS
from chatter_tui.tui.model.notices import excerpt
from chatter_tui.tui.model.outbox import target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chatter_tui.blocks import Block
    from chatter_tui.tui.model.model import Model
    from chatter_tui.tui.model.outbox import Change

DEPTH: Final = 100
_TRIES: Final = 3  # attempts to undo an action, after which earlier ones can be undone
_WORDS: Final[Mapping[type, str]] = {
    Edit: "edit of",
    Delete: "deleted",
    Anchor: "attached elsewhere",
    Accept: "accepted",
    Reject: "rejected",
}


class Stays(Exception):  # noqa: N818 - an answer, not a malfunction
    """The last action cannot be undone: the message says why.

    `later` says that it may become possible.
    """

    def __init__(self, message: str, *, later: bool = False) -> None:
        super().__init__(message)
        self.later = later


@dataclass(frozen=True, slots=True)
class Marking:
    """Blocks that were marked read or unread."""

    ids: frozenset[str]
    read: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """The last action in words, and the changes that undo it, in order."""

    what: str
    changes: Sequence[Change] = ()
    marking: Marking | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """A change, the block before it, and the ids of everything that a deletion removed."""

    change: Change | Marking
    before: Block | None = None
    gone: tuple[str, ...] = ()
    mine: bool = True


@dataclass(slots=True)
class _Action:
    """An action in steps; `ids` are of the blocks that the attempts to undo it changed."""

    what: str
    steps: tuple[_Step, ...]
    tries: int = 0
    ids: frozenset[str] = frozenset()


class Undo:
    """A stack of actions, each of one or more steps."""

    def __init__(self) -> None:
        self._stack: list[_Action] = []
        self._taken: list[_Action] = []  # undone, though the master may reject that
        self._again: dict[str, str] = {}  # ids of deleted blocks and their recreated versions

    def record(self, model: Model, changes: Iterable[Change], what: str = "") -> None:
        """Remember changes that form one action, before they are made."""
        steps = tuple(self._step(model, change) for change in changes)
        if steps:
            self._push(what or _in_words(steps[0]), steps)

    def record_marks(self, ids: Iterable[str], *, read: bool) -> None:
        """Remember that blocks were marked read or unread."""
        marked = frozenset(ids)
        if marked:
            kind = "read" if read else "unread"
            what = f"marked {kind}" if len(marked) == 1 else f"{len(marked)} marked {kind}"
            self._push(what, (_Step(Marking(marked, read)),))

    def pop(self, model: Model, new_id: Callable[[], str]) -> Undone | None:
        """Return the last action that still applies, or None.

        Raises:
            Stays: It cannot be undone. It is dropped, unless that may change later.
        """
        self._look_back(model)
        while self._stack:
            action = self._stack[-1]
            try:
                inverses = [self._inverse(model, step, new_id) for step in reversed(action.steps)]
            except Stays as stays:
                if not stays.later:
                    self._stack.pop()
                raise
            self._stack.pop()
            changes = [change for inverse in inverses for change in inverse]
            markings = [change for change in changes if isinstance(change, Marking)]
            if changes:
                commands = [change for change in changes if not isinstance(change, Marking)]
                action.tries, action.ids = action.tries + 1, frozenset(map(target, commands))
                self._taken.append(action)
                return Undone(action.what, commands, markings[0] if markings else None)
        return None

    def _look_back(self, model: Model) -> None:
        """Put back actions whose undoing was rejected, a limited number of times."""
        waiting: list[_Action] = []
        for action in reversed(self._taken):
            states = {model.outbox.state(id_) for id_ in action.ids}
            if "rejected" in states and action.tries < _TRIES:
                self._stack.append(action)
            elif "pending" in states:
                waiting.append(action)
        self._taken = waiting[::-1]

    def _push(self, what: str, steps: tuple[_Step, ...]) -> None:
        self._stack.append(_Action(what, steps))
        del self._stack[:-DEPTH]

    def _step(self, model: Model, change: Change) -> _Step:
        if isinstance(change, Add):
            return _Step(change)
        threads = model.threads
        gone: tuple[str, ...] = ()
        if isinstance(change, Delete):
            gone = tuple(thread.block.id for _, thread in threads[change.id].walk())
        before = threads.blocks[change.id]
        return _Step(change, before, gone, mine=model.is_mine(before))

    def _inverse(
        self, model: Model, step: _Step, new_id: Callable[[], str]
    ) -> Sequence[Change | Marking]:
        """Return the changes that undo a step; none if it no longer applies."""
        change = step.change
        if isinstance(change, Marking):
            return self._unmark(model, change)
        if isinstance(change, Delete):
            return self._restore(model, step, new_id)
        block = model.threads.blocks.get(self._now(model, target(change)))
        if block is None:
            return ()
        if isinstance(change, Add):
            return self._take_away(model, block)
        if isinstance(change, (Accept, Reject)):
            return self._reopen(model, block, change)
        assert step.before is not None, "only what is added was not there before"
        return _changed_back(block, change, step.before)

    def _take_away(self, model: Model, block: Block) -> Sequence[Change]:
        if not _is_all_mine(model, block.id):
            raise Stays(f"Others have answered “{excerpt(block.content)}”: it stays.")
        return [Delete(block.id)]

    def _reopen(self, model: Model, block: Block, change: Accept | Reject) -> Sequence[Change]:
        if block.id in model.outbox.deciding:
            raise Stays("The host has not answered yet: try again in a moment.", later=True)
        undone: list[Change] = []
        decision = decision_of(block)
        if decision is not None and decision.by == model.name:
            if decision.outcome != "withdrawn" and model.role not in DECIDERS:
                raise Stays("Only the owner or a moderator may undo this.", later=True)
            if model.link.transport is None:
                words = "Only the host can undo this: try again once you are online."
                raise Stays(words, later=True)
            undone.append(Revert(block.id))
        reply = self._now(model, change.reply or "") if isinstance(change, Reject) else ""
        if reply in model.threads.blocks and _is_all_mine(model, reply):
            undone.append(Delete(reply))  # even if only the rejection itself was refused
        return undone

    def _restore(self, model: Model, step: _Step, new_id: Callable[[], str]) -> Sequence[Change]:
        """Recreate the user's deleted blocks under new ids: an id is never used twice."""
        blocks = model.threads.blocks
        if step.before is None or self._now(model, step.before.id) in blocks:
            return ()
        made: list[Change] = []
        present = set(blocks)
        for gone in step.gone:
            # Its last form, which may not have been shown yet when its deletion was sent.
            block = model.deleted.get(gone)
            if block is None:
                continue
            name = self._now(model, gone)
            parent = None if block.parent_id is None else self._now(model, block.parent_id)
            if (
                name in blocks
                or not model.is_mine(block)
                or not (parent is None or parent in present)
            ):
                continue
            id_ = new_id()
            self._again[name] = id_
            present.add(id_)
            fields = {name: loads(text) for name, text in block.fields.items() if name != DECISION}
            made.append(Add(fields | {"id": id_} | ({"parent_id": parent} if parent else {})))
        return made

    def _unmark(self, model: Model, marking: Marking) -> Sequence[Marking]:
        blocks, unread = model.threads.blocks, model.unread.ids
        ids = {self._now(model, id_) for id_ in marking.ids}
        ids = {id_ for id_ in ids if id_ in blocks and (id_ in unread) != marking.read}
        return [Marking(frozenset(ids), not marking.read)] if ids else ()

    def _now(self, model: Model, id_: str) -> str:
        """Return the current id of a block: the old one if its recreation was rejected."""
        names = [id_]
        while names[-1] in self._again:
            names.append(self._again[names[-1]])
        blocks = model.threads.blocks
        return next((name for name in reversed(names) if name in blocks), names[-1])


def _is_all_mine(model: Model, id_: str) -> bool:
    return all(model.is_mine(thread.block) for _, thread in model.threads[id_].walk())


def _changed_back(block: Block, change: Change, before: Block) -> Sequence[Change]:
    match change:
        case Edit(content=content):
            stands = block.content == content != before.content
            return [Edit(block.id, before.content)] if stands else ()
        case Resolve(resolved=resolved):
            stands = (block.status == "resolved") == resolved and before.status != block.status
            if resolved and decision_of(block) is not None:
                stands = False  # resolved by the decision
            return [Resolve(block.id, not resolved)] if stands else ()
        case Anchor(anchor=anchor):
            value = before.value("anchor")
            old = value if isinstance(value, dict) else None
            return [Anchor(block.id, old)] if block.value("anchor") == anchor != old else ()
        case _:
            return ()


def _in_words(step: _Step) -> str:
    change = step.change
    if isinstance(change, Add):
        kind = str(change.fields.get("type", "comment"))
        kind = "reply" if kind == "comment" and "parent_id" in change.fields else kind
        return f"{kind} “{excerpt(str(change.fields.get('content', '')))}”"
    words = "" if step.before is None else f" “{excerpt(step.before.content)}”"
    if isinstance(change, Resolve):
        return ("resolved" if change.resolved else "reopened") + words
    if isinstance(change, Reject) and step.mine:
        return "withdrawn" + words
    return _WORDS.get(type(change), "change of") + words
