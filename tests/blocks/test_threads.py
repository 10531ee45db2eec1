from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st

from chatter_tui.blocks import Block, Resolver, Thread, arrange
from chatter_tui.markdown import Markdown

DOCUMENT = Markdown("# One\n\nfirst words\n\n# Two\n\nsecond words\n")
EARLY, LATE = "2026-01-01T08:00:00Z", "2026-01-01T12:00:00+03:00"


def block(id_: str, **values: object) -> Block:
    return Block.of({"id": id_, "type": "comment", "content": "x", **values})


def text(exact: str) -> dict[str, str]:
    return {"type": "text", "exact": exact}


def outline(*blocks: Block) -> list[str]:
    arrangement = arrange(blocks, Resolver(DOCUMENT))
    return [f"{'.' * depth}{thread.block.id}" for depth, thread in arrangement.walk()]


def faults(*blocks: Block) -> list[tuple[str, str | None]]:
    return [(p.code, p.block) for p in arrange(blocks, Resolver(DOCUMENT)).problems]


def test_roots_stand_by_place_then_time_then_file_and_orphans_last() -> None:
    assert outline(
        block("orphan", anchor=text("gone"), timestamp=EARLY),
        block("second", anchor=text("second"), timestamp=EARLY),
        block("late", anchor=text("first"), timestamp=LATE),
        block("early", anchor=text("first words"), timestamp=EARLY),
        block("heading", anchor={"type": "heading", "text": "One"}),
        block("whole 2", timestamp=LATE),
        block("whole 3", timestamp=LATE),
        block("whole 1", timestamp=EARLY),
        block("unknown", anchor={"type": "offset"}),
    ) == [
        "whole 1",
        "whole 2",
        "whole 3",
        "heading",
        "early",
        "late",
        "second",
        "unknown",
        "orphan",
    ]


def test_replies_stand_by_time_then_file_wherever_they_are() -> None:
    assert outline(
        block("3", parent_id="root", timestamp=LATE),
        block("2", parent_id="root", timestamp=EARLY, anchor=text("second")),
        block("2.2", parent_id="2", timestamp=LATE),
        block("2.1", parent_id="2", timestamp=LATE.replace("12:00:00+03", "09:00:00+01")),
        block("1", parent_id="root"),
        block("root", anchor=text("first")),
    ) == ["root", ".1", ".2", "..2.1", "..2.2", ".3"]


def test_a_parent_that_is_not_there_makes_a_root() -> None:
    blocks = block("a", parent_id="gone"), block("b", parent_id="a")
    assert outline(*blocks) == ["a", ".b"]
    assert faults(*blocks) == [("orphan-parent", "a")]


def test_all_on_a_cycle_become_roots_and_what_hangs_off_it_stays() -> None:
    blocks = (
        block("self", parent_id="self"), block("a", parent_id="b"), block("b", parent_id="c"),
        block("c", parent_id="a"), block("off", parent_id="b"), block("off2", parent_id="off"),
    )  # fmt: skip
    assert outline(*blocks) == ["self", "a", "b", ".off", "..off2", "c"]
    assert faults(*blocks) == [("thread-cycle", name) for name in ("self", "a", "b", "c")]


def test_what_points_nowhere_is_an_orphan_and_what_points_to_all_is_not() -> None:
    blocks = block("gone", anchor=text("gone")), block("all"), block("odd", anchor="odd")
    arrangement = arrange(blocks, Resolver(DOCUMENT))
    assert {t.block.id: t.orphaned for t in arrangement.threads} == {
        "all": False,
        "odd": False,
        "gone": True,
    }
    assert [(p.code, p.severity, p.block) for p in arrangement.problems] == [
        ("unresolved-anchor", "warning", "gone")
    ]


def test_the_last_of_equal_ids_counts() -> None:
    assert [
        t.block.content
        for _, t in arrange([block("a"), block("a", content="y")], Resolver(DOCUMENT)).walk()
    ] == ["y"]


def test_a_chain_of_fifty_thousand_replies() -> None:
    blocks = [block(str(n), parent_id=str(n - 1) if n else None) for n in range(50_000)]
    arrangement = arrange(reversed(blocks), Resolver(DOCUMENT))
    assert len(arrangement.threads) == 1
    assert [(depth, t.block.id) for depth, t in arrangement.walk()] == [
        (n, str(n)) for n in range(50_000)
    ]
    assert repr(arrangement.threads[0]) == "Thread('0', 1 replies)"
    assert arrangement.threads[0] == arrangement.threads[0]


def test_a_cycle_of_fifty_thousand() -> None:
    blocks = [block(str(n), parent_id=str((n + 1) % 50_000)) for n in range(50_000)]
    arrangement = arrange(blocks, Resolver(DOCUMENT))
    assert len(arrangement.threads) == len(arrangement.problems) == 50_000


# --- against a naive reference --------------------------------------------------------------------

parents = st.lists(st.none() | st.integers(0, 14), min_size=1, max_size=14)
anchors = st.sampled_from(
    [None, text("first"), text("second"), text("gone"), {"type": "block_index", "index": 2}]
)


@st.composite
def graphs(draw: st.DrawFn) -> list[Block]:
    blocks = []
    for number, parent in enumerate(draw(parents)):
        values: dict[str, object] = {"parent_id": None if parent is None else str(parent)}
        if anchor := draw(anchors):
            values["anchor"] = anchor
        if (hours := draw(st.none() | st.integers(0, 3))) is not None:
            values["timestamp"] = (
                datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
            ).isoformat()
        blocks.append(block(str(number), **values))
    return draw(st.permutations(blocks))


@given(graphs())
def test_any_graph_of_parents_makes_the_threads_a_naive_reading_makes(blocks: list[Block]) -> None:
    by_id = {b.id: b for b in blocks}

    def ancestors(b: Block) -> list[str]:
        seen: list[str] = []
        while b.parent_id is not None and b.parent_id in by_id and b.parent_id not in seen:
            seen.append(b.parent_id)
            b = by_id[b.parent_id]
        return seen

    def is_root(b: Block) -> bool:
        return b.parent_id not in by_id or b.id in ancestors(b)

    def rank(b: Block) -> tuple[timedelta, int]:
        return b.instant or timedelta.min, blocks.index(b)

    def check(thread: Thread) -> None:
        replies = sorted(
            (b for b in blocks if b.parent_id == thread.block.id and not is_root(b)), key=rank
        )
        assert [reply.block for reply in thread.replies] == replies
        for reply in thread.replies:
            check(reply)

    resolver = Resolver(DOCUMENT)
    arrangement = arrange(blocks, resolver)
    assert {t.block.id for t in arrangement.threads} == {b.id for b in blocks if is_root(b)}
    assert sorted(t.block.id for _, t in arrangement.walk()) == sorted(by_id)
    for thread in arrangement.threads:
        check(thread)

    def place(b: Block) -> tuple[int, int]:
        if b.anchor is None:
            return 0, 0
        location = resolver.resolve(b.anchor)
        return (2, 0) if location is None else (1, location.start)

    keys = [(*place(t.block), *rank(t.block)) for t in arrangement.threads]
    assert all(one < other for one, other in pairwise(keys))
    assert {p.block for p in arrangement.problems if p.code == "thread-cycle"} == {
        b.id for b in blocks if b.id in ancestors(b)
    }
    assert {p.block for p in arrangement.problems if p.code == "orphan-parent"} == {
        b.id for b in blocks if b.parent_id is not None and b.parent_id not in by_id
    }
