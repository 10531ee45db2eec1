from hypothesis import given, strategies as st

from chatter_tui.blocks import Review, SourceFile
from chatter_tui.blocks.checking import check
from chatter_tui.blocks.fences import is_simple
from tests.blocks.documents import Written, documents

SIDECARS = st.lists(
    st.sampled_from(
        [
            '```chattermatter\n{"id": "a", "type": "comment", "content": "x"}\n```\n',
            '```chattermatter\n{"id": "b0", "type": "odd", "content": "x", "content": "y"}\n```\n',
            '\n\n```chattermatter\n{\n"id": "c", "type": "comment", "parent_id": "a", "content": "é"}\n```\n',
            '```chattermatter\n{"id": "d", "parent_id": "c", "type": "comment", "content": "x"}\n```\n',
            '```chattermatter\n{"id": "c", "parent_id": "d", "type": "comment", "content": "x"}\n```\n',
            "```chattermatter\n{]\n```\n",
            "```chattermatter\n\n```\n",
            '```chattermatter\n{"id": "open", "type": "comment", "content": "x"}\n',
            "some prose\n",
            '- <!--chattermatter {"id": "e", "type": "comment", "content": "x", "status": 1} -->\n',
        ]
    ),
    max_size=8,
).map("".join)


@given(
    documents() | st.just(Written("", [])),
    SIDECARS,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from([1, 150, 10_000]),
)
def test_files_have_the_same_faults_part_by_part(
    document: Written, sidecar: str, newline: str, bom: str, size: int
) -> None:
    files = [SourceFile(bom + text.replace("\n", newline)) for text in (document.text, sidecar)]
    checked = check(*(file.raw.encode() for file in files), size=size)
    expected = [
        (file is files[1], problem)
        for file, problem in Review(*files).faults
        if problem.code != "unresolved-anchor"
    ]
    assert [(bool(place.file), problem) for place, problem in checked.faults] == expected
    assert [place.line for place, _ in checked.faults] == [each.line for _, each in expected]
    assert list(checked.counts) == [len(file.blocks) for file in files]
    assert list(checked.simple) == [is_simple(file) for file in files]
