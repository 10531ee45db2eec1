"""Requests to the master, over the wire: who may, on which text, and what everybody sees of it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.authority import Role
from chatter_tui.blocks import Block, make_anchor
from chatter_tui.blocks.suggestions import decision_of
from chatter_tui.markdown import Markdown
from chatter_tui.session.deciding import CODES, MAX_ASKED, MAX_TRIES
from chatter_tui.session.effects import Effect, Rewrite
from chatter_tui.session.events import Acknowledged, DocumentChanged, Rejected
from chatter_tui.session.messages import Request
from tests.session.world import End, World, assert_converged, block

PLAN = "# Plan\n\nWe deploy weekly, on Tuesdays.\n\nThe index may not fit into memory.\n"


class Desk(World):
    """A world whose document lies on a disk that somebody else may write to."""

    def __init__(self, text: str = PLAN, **token: object) -> None:
        super().__init__(**{"role": Role.MODERATOR, **token})
        self.rewrites: list[Rewrite] = []
        self.disk = text
        self.held: list[Rewrite] | None = None  # while the disk is busy
        self.full = False
        self.master.set_document("plan.md", text)
        self.settle()

    def carry_master(self) -> None:
        super().carry_master()
        while self.rewrites and self.held is None:
            self.write_disk(self.rewrites.pop(0))

    def _carry_master(self, effect: Effect) -> None:
        if isinstance(effect, Rewrite):
            (self.rewrites if self.held is None else self.held).append(effect)
        else:
            super()._carry_master(effect)

    def write_disk(self, effect: Rewrite) -> None:
        if self.full:
            self.master.rewritten("no space left", self.now)
        elif self.disk != effect.before:
            self.master.set_document("plan.md", self.disk)
            self.master.reconsider(self.now)
        else:
            self.disk = effect.after
            self.master.rewritten(None, self.now)
        self.carry_master()

    def suggest(self, id_: str, original: str, replacement: str, author: str = "ana") -> Block:
        start = self.disk.index(original)
        made = block(
            id_,
            author,
            type="suggestion",
            anchor=make_anchor(Markdown(self.disk), start, start + len(original)),
            suggestion={"original": original, "replacement": replacement},
        )
        self.authority.seed([made])
        self.settle()
        return made

    def ask(
        self,
        end: End | None,
        action: str,
        id_: str,
        *,
        confirmed: bool = False,
        settle: bool = True,
    ) -> None:
        if end is None:
            self.master.ask(Request(0, action, id_, None, confirmed), self.now)
        else:
            end.client.ask(action, id_, None, confirmed=confirmed)
            self.carry(end)
        if settle:
            self.settle()

    def codes(self, end: End) -> list[str]:
        return [event.code for event in end.told(Rejected) if isinstance(event, Rejected)]


def joined(desk: Desk, *names: str) -> list[End]:
    """People who join, and have everything that was seeded."""
    return [desk.join(name) for name in names]


def test_accepting_changes_document_and_block_for_everybody() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily")
    bo, cy = joined(desk, "bo", "cy")
    desk.ask(bo, "accept", "s1")
    assert desk.disk == PLAN.replace("weekly", "daily")
    for told in (desk.events, bo.events, cy.events):
        documents = [event for event in told if isinstance(event, DocumentChanged)]
        assert documents[-1].text == desk.disk
    decision = decision_of(cy.client.blocks["s1"])
    assert decision is not None
    assert (decision.outcome, decision.by) == ("accepted", "bo")
    assert bo.told(Acknowledged)[-1:] == [Acknowledged("s1")]
    assert not bo.client.pending
    assert_converged(desk)

    desk.ask(bo, "revert", "s1")
    assert desk.disk == PLAN
    assert cy.client.blocks["s1"].status == "open"
    assert decision_of(cy.client.blocks["s1"]) is None
    assert_converged(desk)


def test_the_owner_goes_the_same_way() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily")
    (bo,) = joined(desk, "bo")
    desk.ask(None, "accept", "s1")
    assert desk.disk == PLAN.replace("weekly", "daily")
    assert Acknowledged("s1") in desk.events
    decision = decision_of(bo.client.blocks["s1"])
    assert decision is not None
    assert decision.by == "ana"
    desk.ask(None, "accept", "s1")
    assert [event.code for event in desk.told(Rejected)] == ["decided"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("role", "author", "action", "code"),
    [
        (Role.MODERATOR, "ana", "accept", None),
        (Role.MODERATOR, "ana", "reject", None),
        (Role.MODERATOR, "bo", "reject", None),
        (Role.REVIEWER, "bo", "accept", "not-allowed"),
        (Role.REVIEWER, "ana", "accept", "not-allowed"),
        (Role.REVIEWER, "ana", "reject", "not-allowed"),
        (Role.REVIEWER, "bo", "reject", None),
        (Role.VIEWER, "bo", "reject", "not-allowed"),
        (Role.VIEWER, "ana", "accept", "not-allowed"),
        (Role.MODERATOR, "ana", "revert", "not-decided"),
        (Role.MODERATOR, "ana", "fly", "unknown-action"),
    ],
)
def test_who_may_decide(role: Role, author: str, action: str, code: str | None) -> None:
    desk = Desk(role=role)
    desk.suggest("s1", "weekly", "daily", author)
    (bo,) = joined(desk, "bo")
    desk.ask(bo, action, "s1")
    assert desk.codes(bo) == ([] if code is None else [code])
    assert desk.disk == (
        PLAN.replace("weekly", "daily") if action == "accept" and not code else PLAN
    )
    outcome = decision_of(desk.master.blocks["s1"])
    assert (outcome is None) == (code is not None)
    assert_converged(desk)


def test_what_is_not_there_cannot_be_decided_on() -> None:
    desk = Desk()
    (bo,) = joined(desk, "bo")
    desk.ask(bo, "accept", "gone")
    assert desk.codes(bo) == ["unknown-block"]


def test_of_two_at_once_on_one_text_one_is_refused() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily")
    desk.suggest("s2", "deploy weekly", "never deploy")
    bo, cy = joined(desk, "bo", "cy")
    desk.held = []
    desk.ask(bo, "accept", "s1", confirmed=True)
    desk.ask(cy, "accept", "s2", confirmed=True)
    (rewrite,), desk.held = desk.held, None  # the second waits for the first
    desk.write_disk(rewrite)
    desk.settle()
    assert (desk.codes(bo), desk.codes(cy)) == ([], ["stale"])
    assert desk.disk == PLAN.replace("weekly", "daily")
    assert_converged(desk)


def test_a_change_on_disk_at_the_last_moment_is_decided_on_anew() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily")
    (bo,) = joined(desk, "bo")
    desk.disk = PLAN + "\nAnd more.\n"
    desk.ask(bo, "accept", "s1")
    assert desk.disk == PLAN.replace("weekly", "daily") + "\nAnd more.\n"
    desk.suggest("s2", "daily", "hourly")
    desk.disk = "# Nothing is left\n"
    desk.ask(bo, "accept", "s2")
    assert desk.codes(bo) == ["stale"]
    assert desk.disk == "# Nothing is left\n"
    assert desk.master.document.text == desk.disk


def test_a_document_that_never_rests_or_cannot_be_written_is_told() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily")
    (bo,) = joined(desk, "bo")
    desk.held = []
    desk.ask(bo, "accept", "s1")
    for _ in range(MAX_TRIES):
        desk.master.reconsider(desk.now)
        desk.carry_master()
    desk.held = None
    desk.settle()
    assert desk.codes(bo) == ["failed"]
    desk.full = True
    desk.ask(bo, "accept", "s1")
    assert desk.codes(bo) == ["failed", "failed"]
    assert desk.master.blocks["s1"].status == "open"
    desk.full = False
    desk.ask(bo, "accept", "s1")
    assert desk.disk == PLAN.replace("weekly", "daily")


def test_only_what_one_has_seen_is_accepted() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily")
    (bo,) = joined(desk, "bo")
    bo.client.ask("accept", "s1", "hourly", confirmed=False)
    desk.carry(bo)
    desk.settle()
    assert desk.codes(bo) == ["changed"]
    bo.client.ask("accept", "s1", "daily", confirmed=False)
    desk.carry(bo)
    desk.settle()
    assert desk.master.blocks["s1"].status == "resolved"


def test_a_request_whose_answer_was_lost_is_asked_again() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily")
    (bo,) = joined(desk, "bo")
    desk.ask(bo, "accept", "s1", settle=False)
    desk.step_up(bo)
    desk.disconnect(bo)
    assert desk.disk == PLAN.replace("weekly", "daily")
    assert bo.client.pending == 1
    desk.connect(bo)
    desk.settle()
    assert desk.codes(bo) == ["decided"]
    assert not bo.client.pending
    assert_converged(desk)


def test_nobody_but_the_master_writes_a_decision() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily", "bo")
    (bo,) = joined(desk, "bo")
    forged = '{"outcome": "accepted", "by": "ana"}'
    bo.client.write(lambda replica: replica.set_fields("s1", {"decision": forged}))
    desk.carry(bo)
    desk.write(bo, block("s2", "bo", decision={"outcome": "accepted", "by": "ana"}))
    desk.settle()
    assert desk.codes(bo) == ["immutable-field", "immutable-field"]
    desk.ask(bo, "accept", "s1")
    other = '{"original": "Plan", "replacement": "daily"}'
    bo.client.write(lambda replica: replica.set_fields("s1", {"suggestion": other}))
    desk.carry(bo)
    desk.settle()
    assert desk.codes(bo)[2:] == ["immutable-field"]
    desk.ask(bo, "revert", "s1")
    assert desk.disk == PLAN
    assert_converged(desk)


def test_a_flood_of_requests_is_bounded() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily")
    (bo,) = joined(desk, "bo")
    desk.held = []
    for _ in range(MAX_ASKED + 5):
        desk.ask(bo, "accept", "s1")
    assert desk.codes(bo) == ["busy"] * 5
    (rewrite,), desk.held = desk.held, None
    desk.write_disk(rewrite)
    desk.settle()
    assert set(desk.codes(bo)) == {"busy", "decided"}
    assert set(desk.codes(bo)) <= set(CODES)


def test_what_is_deleted_while_the_file_is_written_stays_deleted() -> None:
    desk = Desk()
    desk.suggest("s1", "weekly", "daily")
    (bo,) = joined(desk, "bo")
    desk.held = []
    desk.ask(bo, "accept", "s1")
    desk.master.write(lambda replica: replica.delete(["s1"]), desk.now)
    (rewrite,), desk.held = desk.held, None
    desk.write_disk(rewrite)
    desk.settle()
    assert "s1" not in bo.client.blocks
    assert desk.disk == PLAN.replace("weekly", "daily")
    assert_converged(desk)


ACTIONS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["accept", "reject", "revert", "edit", "link", "step"]),
        st.integers(0, 4),
        st.booleans(),
    ),
    max_size=30,
)


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(1, 4)), min_size=5, max_size=5), ACTIONS)
@settings(max_examples=60)
def test_whatever_is_asked_at_once_the_document_says_what_the_blocks_say(
    wanted: list[tuple[int, int]], actions: list[Any]
) -> None:
    """Every word is in the document as it was, or replaced by the one suggestion accepted for it."""
    words = [f"word{number}" for number in range(16)]
    text = " ".join(words) + "\n"
    desk = Desk(text)
    covered: dict[str, set[int]] = {}
    for number, (start, length) in enumerate(wanted):
        desk.suggest(f"s{number}", " ".join(words[start : start + length]), f"new{number}")
        covered[f"s{number}"] = set(range(start, start + length))
    ends = joined(desk, "bo", "cy")
    rng = random.Random(0)
    for who, action, which, confirmed in actions:
        end = ends[who] if who < 2 else None
        if action == "edit":
            desk.disk += f"\nline {which}\n"  # by another program, unnoticed as yet
        elif action == "link" and end is not None and end.link is not None:
            desk.disconnect(end)
            desk.connect(end)
        elif action == "step":
            busy = [each for each in ends if each.link is not None and each.up]
            if busy:
                desk.step_up(rng.choice(busy))
        elif action in {"accept", "reject", "revert"}:
            desk.ask(end, action, f"s{which}", confirmed=confirmed, settle=False)
    desk.settle()
    assert_converged(desk)
    accepted = {
        id_
        for id_ in covered
        if (decision := decision_of(desk.master.blocks[id_])) and decision.outcome == "accepted"
    }
    expected: list[str] = []
    for number, word in enumerate(words):
        owners = [id_ for id_ in accepted if number in covered[id_]]
        assert len(owners) < 2, "two on the same text were both applied"
        if not owners:
            expected.append(word)
        elif number == min(covered[owners[0]]):
            expected.append(f"new{owners[0][1:]}")
    assert desk.disk.split("\n")[0] == " ".join(expected)
