"""A client's copy stays where it belongs and never takes the place of something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.storage.local_copy import LocalCopy, safe_name
from chatter_tui.storage.session_folder import SessionFolder


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("plan.md", "plan.md"),
        ("../../etc/passwd", "passwd.md"),
        ("/etc/cron.d/x", "x.md"),
        ("Makefile", "Makefile.md"),
        ("conftest.py", "conftest.py.md"),
        ("plan.md.chatter", "plan.md.chatter.md"),
        ("notes.TXT", "notes.TXT"),
        ("計" * 100 + ".md", "計" * 39 + ".md"),
        ("..\\..\\x.md", "x.md"),
        ("..", "document.md"),
        ("", "document.md"),
        (".bashrc", "bashrc.md"),
        (".md", "md.md"),
        ("a\x1b]0;x\x07\n.md", "a_]0;x__.md".replace("]", "_").replace(";", "_")),
        ("Plän für 2026.md", "Plän für 2026.md"),
    ],
)
def test_the_name_is_a_plain_file_name(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_what_somebody_wrote_into_a_copy_stays_and_the_copy_goes_on_elsewhere(
    tmp_path: Path,
) -> None:
    store = SessionFolder(tmp_path).session("01JZZZZZZZZZZZZZZZZZZZZZZZ")
    copy = LocalCopy(tmp_path, "plan.md", store)
    copy.set_document("one")
    copy.set_document("two")
    assert (tmp_path / "plan.md").read_text() == "two"
    copy = LocalCopy(tmp_path, "plan.md", store, store.notes())
    texts = {}
    for number in range(3):
        mine = copy.path
        mine.write_text(f"my own {number}")
        texts[mine] = f"my own {number}"
        copy.set_document(f"of the host {number}")
        copy.set_document(f"of the host {number}, again")
        assert copy.path.read_text() == f"of the host {number}, again"
        assert {path: path.read_text() for path in texts} == texts
        copy = LocalCopy(tmp_path, "plan.md", store, store.notes())
    assert len({*texts, copy.path}) == 4
    store.close()


@given(st.text(max_size=300))
@settings(max_examples=300)
def test_any_name_stays_in_its_folder(name: str) -> None:
    path = Path("/folder") / safe_name(name)
    assert path.parent == Path("/folder")
    assert path.name not in ("", ".", "..")
    assert not path.name.startswith(".")
    assert len(path.name.encode()) <= 120
    assert "\0" not in path.name
