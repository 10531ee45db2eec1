"""Comments stay on their words, for everybody, when the document is edited during a session."""

from __future__ import annotations

from chatter_tui.authority import Role
from chatter_tui.blocks import Block, Resolver, make_anchor
from chatter_tui.markdown import Markdown
from chatter_tui.session.messages import Request
from tests.session.test_deciding import PLAN, Desk, joined
from tests.session.world import assert_converged, block


class Editor(Desk):
    """A desk whose document is edited by other programs."""

    def edit(self, old: str, new: str) -> None:
        self.disk = self.disk.replace(old, new)
        self.master.set_document("plan.md", self.disk)
        self.reanchor()

    def reanchor(self) -> None:
        for _ in self.master.reanchor():
            pass
        self.settle()

    def comment(self, id_: str, exact: str, author: str = "bo") -> None:
        start = self.disk.index(exact)
        anchor = make_anchor(Markdown(self.disk), start, start + len(exact))
        self.authority.seed([block(id_, author, anchor=anchor)])
        self.settle()

    def words(self, id_: str) -> str | None:
        return words_of(self.disk, self.master.blocks[id_])


def words_of(text: str, on: Block) -> str | None:
    location = Resolver(Markdown(text)).resolve(on.anchor or {})
    if location is None or location.via != "text":
        return None
    return text[location.start : location.end]


def test_an_edit_inside_the_words_keeps_the_comment_there_for_everybody() -> None:
    desk = Editor(role=Role.VIEWER)
    desk.comment("c1", "We deploy weekly")
    desk.comment("c2", "fit into memory")
    (bo,) = joined(desk, "bo")
    before = desk.master.blocks["c2"]
    desk.edit("deploy", "ship it")
    assert desk.words("c1") == "We ship it weekly"
    assert words_of(desk.disk, bo.client.blocks["c1"]) == "We ship it weekly"
    assert desk.master.blocks["c2"] is before
    desk.edit("ship it", "deploy")
    assert desk.words("c1") == "We deploy weekly"
    desk.edit("We deploy weekly, on Tuesdays.", "")
    assert desk.words("c1") is None
    assert_converged(desk)


def test_accepting_a_suggestion_within_commented_words_keeps_the_comment() -> None:
    desk = Editor()
    desk.suggest("s1", "weekly", "every day")
    desk.comment("c1", "We deploy weekly, on Tuesdays.")
    bo, cy = joined(desk, "bo", "cy")
    desk.ask(bo, "accept", "s1")
    desk.reanchor()
    assert desk.words("c1") == "We deploy every day, on Tuesdays."
    assert desk.words("s1") == "every day"
    assert words_of(desk.disk, cy.client.blocks["c1"]) == "We deploy every day, on Tuesdays."
    desk.ask(bo, "revert", "s1")
    desk.reanchor()
    assert (desk.words("c1"), desk.words("s1")) == ("We deploy weekly, on Tuesdays.", "weekly")
    assert_converged(desk)


def test_what_is_attached_elsewhere_or_deleted_meanwhile_stays_so() -> None:
    desk = Editor()
    for id_ in ("c1", "c2", "c3"):
        desk.comment(id_, "We deploy weekly", "ana")
    desk.disk = PLAN.replace("deploy", "ship it")
    desk.master.set_document("plan.md", desk.disk)
    steps = desk.master.reanchor()
    next(steps)
    start = desk.disk.index("memory")
    elsewhere = make_anchor(Markdown(desk.disk), start, start + 6)
    desk.master.adopt([desk.master.blocks["c1"].replace({"anchor": elsewhere})], ["c2"], desk.now)
    # Another edit, before the comments have been re-anchored after the first.
    desk.disk = desk.disk.replace("weekly", "daily")
    desk.master.set_document("plan.md", desk.disk)
    desk.reanchor()
    for _ in steps:  # two may run at once: what is done is not done again
        pass
    desk.settle()
    assert desk.words("c1") == "memory"
    assert "c2" not in desk.master.blocks
    assert desk.words("c3") == "We ship it daily"


def test_blocks_in_the_document_are_not_taken_for_its_words() -> None:
    desk = Editor()
    desk.comment("c1", "We deploy weekly")
    inline = (
        '```chattermatter\n{"id": "x", "type": "comment", "content": "We deploy weekly"}\n```\n\n'
    )
    desk.edit("# Plan\n", f"# Plan\n\n{inline}")
    desk.edit("deploy", "ship it")
    assert desk.disk.count("ship it") == 2
    assert Resolver(Markdown(desk.disk.replace(inline, ""))) is not None
    master = desk.master.blocks["c1"]
    plain = PLAN.replace("deploy", "ship it").replace("# Plan\n", "# Plan\n\n")
    assert words_of(plain, master) == "We ship it weekly"


def test_an_owner_who_decides_sees_it_too() -> None:
    desk = Editor()
    desk.suggest("s1", "Tuesdays", "Mondays", author="bo")
    desk.comment("c1", "weekly, on Tuesdays")
    desk.master.ask(Request(0, "accept", "s1", None, confirmed=False), desk.now)
    desk.settle()
    desk.reanchor()
    assert desk.words("c1") == "weekly, on Mondays"
