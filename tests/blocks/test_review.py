import json

from hypothesis import given, strategies as st

from chatter_tui.blocks import Location, Review, SourceFile
from tests.blocks.documents import Written, documents


def fence(id_: str, **values: object) -> str:
    return (
        "```chattermatter\n"
        + json.dumps({"id": id_, "type": "comment", "content": "x", **values})
        + "\n```\n"
    )


def review(document: str, sidecar: str | None = None) -> Review:
    return Review(SourceFile(document), None if sidecar is None else SourceFile(sidecar))


def test_document_and_sidecar_are_one_namespace() -> None:
    both = review("text\n\n" + fence("a"), fence("b", parent_id="a"))
    assert [block.id for block in both.blocks] == ["a", "b"]
    assert list(both.problems) == []
    assert [(depth, thread.block.id) for depth, thread in both.arrangement.walk()] == [
        (0, "a"),
        (1, "b"),
    ]


def test_the_sidecar_wins_and_the_last_in_a_file() -> None:
    both = review(
        fence("a") + fence("a", content="2"),
        "\n" + fence("a", content="3") + fence("a", content="4"),
    )
    assert [block.content for block in both.blocks] == ["4"]
    assert [(fault.file is both.sidecar, fault.problem.code, fault.problem.line) for fault in both.faults] == [
        (False, "duplicate-id", 1), (False, "duplicate-id", 4), (True, "duplicate-id", 2),
    ]  # fmt: skip
    assert {problem.severity for problem in both.problems} == {"error"}


def test_every_fault_has_its_line() -> None:
    document = (
        "# T\n\n"
        + fence("é")
        + "\n```chattermatter\n{\n```\n"
        + fence("r", parent_id="gone", type="odd")
    )
    both = review(
        document,
        fence("s", anchor={"type": "text", "exact": "gone"}) + fence("c", parent_id="c", status=1),
    )
    assert [(problem.code, problem.line, problem.block) for problem in both.problems] == [
        ("invalid-id", 3, "é"), ("malformed-json", 7, None), ("unknown-type", 10, "r"), ("orphan-parent", 10, "r"),
        ("unresolved-anchor", 1, "s"), ("invalid-field", 4, "c"), ("thread-cycle", 4, "c"),
    ]  # fmt: skip


def test_anchors_see_the_document_without_its_blocks() -> None:
    source = "one\n" + fence("a", anchor={"type": "text", "exact": "one\n\ntwo"}) + "two\n"
    only = review(source)
    assert only.text == "one\n\ntwo\n"
    (thread,) = only.arrangement.threads
    assert thread.location == Location(0, 8, "text")
    assert only.disk_span(thread.location) == ((1, 1), (5, 4))


def test_positions_are_those_of_the_file_on_disk() -> None:
    source = "\ufeffé👍x\r\n" + fence("a").replace("\n", "\r") + "\r\nlast"
    only = review(source)
    at = only.text.index("last")
    assert only.disk_position(0) == (1, 1)
    assert only.disk_position(2) == (1, 3)
    assert only.disk_position(at) == (6, 1)
    assert only.disk_position(at + 4) == (6, 5)


@given(documents())
def test_every_character_is_where_its_position_says(written: Written) -> None:
    only = review(written.text)
    lines = only.document.text.split("\n")
    spans = [stored.span for stored in only.document.blocks]
    for offset, char in enumerate(only.text):
        line, column = only.disk_position(offset)
        here = sum(len(row) + 1 for row in lines[: line - 1]) + column - 1
        if not any(start <= here < end for start, end in spans):
            assert only.document.text[here] == char


@given(documents(), st.data())
def test_every_word_left_keeps_its_line_and_column(written: Written, data: st.DataObject) -> None:
    only = review(written.text)
    words = [at for at, char in enumerate(only.text) if char.isalpha()]
    if words:
        at = data.draw(st.sampled_from(words))
        line, column = only.disk_position(at)
        assert only.document.text.split("\n")[line - 1][column - 1] == only.text[at]
        (first, second) = only.disk_span(Location(at, at + 1, "text"))
        assert (first, second) == ((line, column), (line, column + 1))
