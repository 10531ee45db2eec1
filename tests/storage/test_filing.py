"""What a session wrote to a review's files is told from what others wrote there."""

import errno
from pathlib import Path

import pytest

from chatter_tui.blocks import Block, SourceFile
from chatter_tui.session.records import Noted
from chatter_tui.storage import Filing, ReviewFiles, StorageError
from chatter_tui.storage.session_folder import SessionFolder
from chatter_tui.storage.session_store import SessionStore

SESSION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"


def block(id_: str, content: str = "text", **values: object) -> Block:
    fields = {"id": id_, "type": "comment", "content": content, "status": "open", **values}
    return Block.of(fields).canonical()


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    (tmp_path / "plan.md").write_text("# Plan\n")
    store = SessionFolder(tmp_path).session(SESSION)
    store.commit([Noted({})])
    return store


def filing(store: SessionStore) -> Filing:
    return Filing(ReviewFiles.open(store.folder.directory / "plan.md"), store)


def sidecar(store: SessionStore) -> Path:
    return store.folder.directory / "plan.md.chatter"


def test_what_one_wrote_oneself_is_not_theirs(store: SessionStore) -> None:
    one = filing(store)
    one.save({"a": block("a"), "b": block("b")})
    one.save({"a": block("a", "edited")})
    assert one.theirs() == []
    assert filing(store).theirs() == []


def test_a_folder_that_cannot_be_written_is_what_is_reported(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    fresh = SessionFolder(store.folder.directory / "elsewhere").session(SESSION)
    one = Filing(filing(store).files, fresh)
    monkeypatch.setattr(Path, "mkdir", fail)
    with pytest.raises(StorageError, match="Read-only file system") as raised:
        one.save({"a": block("a")})
    assert raised.value.reason == "read-only file system"


def test_edits_additions_and_deletions_of_others_are_theirs(store: SessionStore) -> None:
    filing(store).save({"a": block("a"), "b": block("b"), "c": block("c")})
    text = sidecar(store).read_text().replace('"id": "c"', '"id": "new"')
    edited = text.replace('"content": "text"', '"content": "theirs"', 1)
    sidecar(store).write_text(edited)
    found = {item.id: item for item in filing(store).theirs()}
    assert found.keys() == {"a", "c", "new"}
    assert found["a"].before == block("a")
    assert found["a"].after == block("a", "theirs")
    assert found["c"].after is None
    assert found["new"].before is None


@pytest.mark.parametrize("left", [None, b""])
def test_a_sidecar_that_is_lost_deletes_nothing_and_is_written_again(
    store: SessionStore, left: bytes | None
) -> None:
    one = filing(store)
    blocks = {"a": block("a"), "b": block("b")}
    one.save(blocks)
    before = sidecar(store).read_bytes()
    sidecar(store).unlink()
    if left is not None:
        sidecar(store).write_bytes(left)
    assert one.look() == []
    assert one.save(blocks) == []
    assert sidecar(store).read_bytes() == before


@pytest.mark.parametrize("forgets", [False, True])
def test_what_others_changed_before_a_save_comes_first_and_is_not_overwritten(
    store: SessionStore, forgets: bool
) -> None:
    one = filing(store)
    one.save({"a": block("a"), "b": block("b")})
    if forgets:
        one.forget()
    text = sidecar(store).read_text()
    sidecar(store).write_text(text.replace('"content": "text"', '"content": "theirs"', 1))
    (theirs,) = one.save({"a": block("a"), "b": block("b", "mine")})
    assert theirs.after == block("a", "theirs")
    assert '"mine"' not in sidecar(store).read_text()
    assert one.save({"a": block("a", "theirs"), "b": block("b", "mine")}) == []
    contents = {found.id: found.content for found in ReviewFiles.open(one.files.path).blocks}
    assert contents == {"a": "theirs", "b": "mine"}


def test_another_spelling_of_the_same_is_nobodys_change(store: SessionStore) -> None:
    filing(store).save({"a": block("a")})
    text = sidecar(store).read_text()
    sidecar(store).write_text(text.replace('"content": "text"', '"content":   "\\u0074ext"'))
    assert filing(store).theirs() == []


def test_what_was_forgotten_stays_byte_for_byte(store: SessionStore) -> None:
    filing(store).save({"a": block("a"), "b": block("b")})
    text = sidecar(store).read_text().replace('"content": "text"', '"content":   "\\u0074ext"', 1)
    sidecar(store).write_text(text + "\nA line that is no block.\n")
    one = filing(store)
    one.save({"a": block("a"), "b": block("b", "mine")})
    one.forget()
    one.save({"a": block("a"), "b": block("b", "mine again"), "c": block("c")})
    written = sidecar(store).read_text()
    assert '"content":   "\\u0074ext"' in written
    assert "A line that is no block." in written
    assert '"mine again"' in written
    assert [found.id for found in ReviewFiles.open(one.files.path).blocks] == ["a", "b", "c"]


@pytest.mark.parametrize("written", [False, True])
def test_a_write_that_may_or_may_not_have_happened_is_ones_own(
    store: SessionStore, written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {"a": block("a"), "b": block("b")}
    after = {"a": block("a", "edited"), "c": block("c")}
    one = filing(store)
    one.save(before)
    save = ReviewFiles.save

    def stop(files: ReviewFiles, blocks: dict[str, Block]) -> bool:
        if written:
            save(files, blocks)
        raise StorageError("the power went")

    monkeypatch.setattr(ReviewFiles, "save", stop)
    with pytest.raises(StorageError):
        one.save(after)
    monkeypatch.undo()
    again = filing(store)
    assert again.theirs() == []
    again.save(after)
    assert {found.id for found in ReviewFiles.open(again.files.path).blocks} == {"a", "c"}


def test_a_block_found_in_the_files_is_the_sessions_and_one_refused_is_not(
    store: SessionStore,
) -> None:
    filing(store).save({"a": block("a"), "b": block("b")})
    other = SessionFolder(store.folder.directory).session("01JAAAAAAAAAAAAAAAAAAAAAAA")
    other.commit([Noted({})])
    one = filing(other)
    assert {item.id for item in one.theirs()} == {"a", "b"}
    one.found([block("a")], {"a": block("a")})
    one.refused([block("b")])
    assert one.theirs() == []
    before = sidecar(store).read_bytes()
    one.save({"a": block("a")})
    assert sidecar(store).read_bytes() == before
    one.save({})
    assert [found.id for found in ReviewFiles.open(one.files.path).blocks] == ["b"]


def test_files_that_nobody_touched_are_known_without_being_read(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing(store).save({"a": block("a"), "b": block("b")})
    again = filing(store)
    with monkeypatch.context() as patch:
        patch.setattr(SourceFile, "parse", lambda *_: pytest.fail("it was read"))
        assert again.untouched
        assert again.theirs() == []
        again.settled({"a": block("a"), "b": block("b")})
        assert again.save({**again._saved}) == []
    assert again.save({**again._saved, "c": block("c")}) == []
    assert filing(store).untouched
    sidecar(store).write_text(sidecar(store).read_text().replace('"text"', '"other"', 1))
    assert [item.id for item in filing(store).theirs()] == ["a"]


def test_a_change_that_is_undone_is_two_changes(store: SessionStore) -> None:
    one = filing(store)
    one.save({"a": block("a")})
    before = sidecar(store).read_text()
    sidecar(store).write_text(before.replace('"text"', '"theirs"'))
    assert [item.after for item in one.look()] == [block("a", "theirs")]
    sidecar(store).write_text(before)
    assert [item.after for item in one.look()] == [block("a")]


def test_what_stays_unshared_is_judged_again_in_the_next_run(store: SessionStore) -> None:
    one = filing(store)
    one.save({"a": block("a")})
    text = sidecar(store).read_text()
    sidecar(store).write_text(text + "\n" + text.replace('"a"', '"b"'))
    (theirs,) = one.look()
    assert theirs.after is not None
    one.refused([theirs.after])
    one.save({"a": block("a", "edited")})
    assert [item.id for item in filing(store).theirs()] == ["b"]


def test_a_save_that_changes_nothing_leaves_the_files_alone(store: SessionStore) -> None:
    one = filing(store)
    one.save({"a": block("a")})
    before = sidecar(store).stat()
    one.save({"a": block("a")})
    again = filing(store)
    again.save({"a": block("a")})
    after = sidecar(store).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_sidecar_put_back_as_it_was_is_a_change_of_others(store: SessionStore) -> None:
    one = filing(store)
    one.save({"a": block("a")})
    before = sidecar(store).read_bytes()
    assert one.look() == []
    one.save({"a": block("a", "edited")})
    sidecar(store).write_bytes(before)
    assert [item.after for item in one.look()] == [block("a")]
    assert one.look() == []


def test_a_change_seen_while_the_other_file_cannot_be_read_is_told_when_it_can(
    store: SessionStore,
) -> None:
    one = filing(store)
    one.save({"a": block("a")})
    plan = store.folder.directory / "plan.md"
    plan.write_bytes(SourceFile("# Plan\n").append([block("b")]))
    kept = sidecar(store).read_bytes()
    sidecar(store).write_bytes(b"\xff")
    with pytest.raises(StorageError):
        one.look()
    sidecar(store).write_bytes(kept)
    assert [item.id for item in one.look()] == ["b"]


def test_what_is_taken_in_leaves_what_was_deleted_before_to_the_next_save(
    store: SessionStore,
) -> None:
    one = filing(store)
    one.save({"a": block("a"), "b": block("b")})
    text = sidecar(store).read_text()
    sidecar(store).write_text(text.replace('"content": "text"', '"content": "theirs"', 1))
    again = filing(store)
    theirs = [item.after for item in again.theirs() if item.after]
    assert [after.id for after in theirs] == ["a"]
    session = {after.id: after for after in theirs}  # `b` was deleted before a crash
    again.found(theirs, session)
    again.save(session)
    assert [found.id for found in ReviewFiles.open(again.files.path).blocks] == ["a"]


def test_problems_say_where_they_are_and_orphans_are_none(store: SessionStore) -> None:
    orphan = block("a", anchor={"type": "text", "exact": "gone"})
    broken = b"```chattermatter\n{]\n```\n"
    sidecar(store).write_bytes(SourceFile("").append([orphan]) + b"\n" + broken)
    (problem,) = filing(store).problems()
    line = sidecar(store).read_text().count("\n") - broken.count(b"\n") + 1
    assert problem.startswith(f"plan.md.chatter, line {line}: ")


def test_a_sidecar_edited_after_it_was_read_and_dropped_is_merged(store: SessionStore) -> None:
    sidecar(store).write_bytes(SourceFile("").append([block("a"), block("b")]))
    files = filing(store)
    session = {item.id: item.after for item in files.theirs() if item.after}
    files.found(session.values(), session)
    assert files.save(session) == []
    assert files.look() == []
    sidecar(store).write_bytes(SourceFile("").append([block("a"), block("c")]))
    assert files.problems() == ()  # neither one nor the other is what was read
    theirs = files.save(session | {"a": block("a", content="mine")})
    assert {(item.id, item.after is None) for item in theirs} == {("b", True), ("c", False)}
