"""A document and its sidecar on disk, kept equal to a session's blocks.

Whatever a session did not change stays byte for byte as it is, and a save that changes nothing
writes nothing.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from chatter_tui.blocks import Block, BlockError, EncodingError, Problem, Review, SourceFile
from chatter_tui.storage.atomic import ChangedOnDiskError, read_file, replace_file
from chatter_tui.storage.errors import StorageError, storage_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

SIDECAR_SUFFIX = ".chatter"


class _File:
    """One of the two: its bytes, None if there is no file, and what they say once it is asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data: bytes | None = None
        self._source: SourceFile | None = None
        self._before: SourceFile | None = None  # what was here was like that
        self._expected: Collection[Block] = ()  # what is known to be written there

    def read(self) -> bool:
        """Look at what is on disk; False when it is as it was."""
        with storage_errors(self.path):
            data = read_file(self.path)
        if data == self.data:
            return False
        try:
            (data or b"").decode()
        except UnicodeDecodeError:
            raise StorageError(f"{self.path} is {_fault(data or b'')}") from None
        self._take(data)
        return True

    def write(self, data: bytes, blocks: Collection[Block] = ()) -> None:
        """Make it hold `data`, in which some of these blocks are new."""
        replace_file(self.path, data, expected=self.data)
        self._take(data)
        self._expected = blocks

    def expect(self, blocks: Collection[Block]) -> None:
        """It is known to hold these blocks."""
        self._expected = blocks

    @property
    def source(self) -> SourceFile:
        """What the bytes say, which takes a while when there are many blocks."""
        if self._source is None:
            self._source = SourceFile.parse(self.data or b"", self._before, self._expected)
            self._before = None
        return self._source

    def forget(self) -> None:
        """Let go of what the bytes say: it takes ten times as much memory, and can be read again."""
        self._source = self._before = None

    def _take(self, data: bytes | None) -> None:
        self._before = self._source or self._before
        self.data, self._source, self._expected = data, None, ()


class ReviewFiles:
    """A document with its sidecar.

    Args:
        path: the document; the sidecar stands beside it.
        may_edit_document: whether blocks that stand in the document itself are changed there;
            else their changed form goes to the sidecar, which wins.
    """

    def __init__(self, path: Path, *, may_edit_document: bool = True) -> None:
        self.path = path
        self.sidecar_path = path.with_name(path.name + SIDECAR_SUFFIX)
        self._may_edit_document = may_edit_document
        self._shared: set[str] = set()  # ids that the session had: the others are not its business
        self._document, self._sidecar = _File(path), _File(self.sidecar_path)
        self._settled: Mapping[str, Block] = {}  # what the files, as they are, are known to hold
        self.news = False  # whether there was something else to read than before

    @classmethod
    def open(cls, path: Path, *, may_edit_document: bool = True) -> Self:
        """Read both files.

        Raises:
            StorageError: when there is no readable UTF-8 document, or the sidecar is none.
        """
        files = cls(path, may_edit_document=may_edit_document)
        files.reread()
        if files._document.data is None:
            raise StorageError(f"there is no file {path}", "not-found")
        return files

    @property
    def document(self) -> str:
        """The document as it is on disk, its own blocks included."""
        return (self._document.data or b"").decode()

    @property
    def digest(self) -> str:
        """What stands for the bytes of both files."""
        both = (hashlib.sha256(file.data or b"") for file in (self._document, self._sidecar))
        return " ".join(each.hexdigest() for each in both)

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks of both files that count, in the order of the files."""
        return self._review.blocks

    @property
    def problems(self) -> Sequence[Problem]:
        """What is wrong with them."""
        return self._review.problems

    @property
    def _review(self) -> Review:
        return Review(self._document.source, self._sidecar.source)

    def share(self, ids: Iterable[str]) -> None:
        """These blocks were in the session in an earlier run, so without it they are deleted."""
        self._shared.update(ids)

    def save(self, blocks: Mapping[str, Block]) -> bool:
        """Make the files hold `blocks`; False when they did already.

        Blocks in the files that the session never had stay.

        Raises:
            ChangedOnDiskError: when somebody else changed a file since it was read.
            StorageError: when a file cannot be written; the other may have been.
        """
        self._shared |= blocks.keys()
        doomed = self._shared - blocks.keys()
        fresh = {id_: b for id_, b in blocks.items() if self._settled.get(id_) is not b}
        written = False
        if fresh or not self._settled or doomed & self._settled.keys():
            with storage_errors(self.sidecar_path):
                for file, data in self._wanted(fresh, doomed):
                    file.write(data, fresh.values())
                    written = True
        self._settled = dict(blocks)
        return written

    def restore(self, text: str) -> bool:
        """Write the document if there was none when it was read; False when there was one.

        Raises:
            ChangedOnDiskError: when there is one by now.
            StorageError: when it cannot be written.
        """
        if self._document.data is not None:
            return False
        with storage_errors(self.path):
            self._document.write(text.encode())
        self._settled = {}
        return True

    def rewrite(self, before: str, after: str) -> None:
        """Put another text in the place of the document as a whole, its own blocks included.

        Raises:
            ChangedOnDiskError: when the document is not `before`, or not any more.
            StorageError: when it cannot be written.
        """
        with storage_errors(self.path):
            if self.document != before:
                raise ChangedOnDiskError(self.path)
            self._document.write(after.encode())
            self._settled = {}

    def _wanted(self, fresh: Mapping[str, Block], doomed: set[str]) -> list[tuple[_File, bytes]]:
        """What the files should hold, of those that do not; the sidecar comes first."""
        inline, aside = _by_id(self._document.source), _by_id(self._sidecar.source)
        in_document: dict[str, Block | None] = {}
        in_sidecar: dict[str, Block | None] = dict.fromkeys(doomed & aside.keys())
        new: list[Block] = []
        if self._may_edit_document:
            in_document = dict.fromkeys(doomed & inline.keys())
        for id_, block in fresh.items():
            if id_ in aside:
                if not same(aside[id_], block):
                    in_sidecar[id_] = in_order_of(aside[id_], block)
            elif id_ not in inline:
                new.append(block)
            elif not same(inline[id_], block):
                if self._may_edit_document:
                    in_document[id_] = in_order_of(inline[id_], block)
                else:
                    new.append(block)
        wanted: list[tuple[_File, bytes]] = []
        if in_sidecar or new:
            wanted.append(
                (self._sidecar, _rewritten(self._sidecar, in_sidecar, sorted(new, key=_age)))
            )
        if in_document:
            wanted.append((self._document, _rewritten(self._document, in_document)))
        return [(file, data) for file, data in wanted if data != file.data]

    @property
    def complete(self) -> bool:
        """Whether both files hold something: one that does not may be about to be written."""
        return bool(self._document.data and self._sidecar.data)

    def settled(self, blocks: Mapping[str, Block]) -> None:
        """The files, as they were read, hold `blocks`."""
        self._settled = dict(blocks)
        self._sidecar.expect(self._settled.values())

    def reread(self) -> None:
        """Look again at what is on disk.

        Raises:
            StorageError: when it cannot be read; what was read before stays.
        """
        for file in (self._document, self._sidecar):
            if file.read():
                self._settled = {}
                self.news = True

    def forget(self) -> None:
        """Let go of what was made of the bytes, for as long as nobody asks about blocks."""
        self._document.forget()
        self._sidecar.forget()
        if self._settled:  # which is then read from these, in a third of the time
            self._sidecar.expect(self._settled.values())


def same(one: Block, other: Block) -> bool:
    """Whether two blocks hold the same, however their content is spelled and fields are ordered."""
    if one.fields.keys() != other.fields.keys() or one.content != other.content:
        return False
    return all(one.fields[name] == other.fields[name] for name in one.fields if name != "content")


def in_order_of(old: Block, new: Block) -> Block:
    """`new` with its fields in the order of `old`, and the old spelling of a content that stayed."""
    fields = {name: new.fields[name] for name in old.fields if name in new.fields}
    fields |= {name: text for name, text in new.fields.items() if name not in fields}
    if old.content == new.content and "content" in old.fields:
        fields["content"] = old.fields["content"]
    return Block(fields)


def _by_id(source: SourceFile) -> dict[str, Block]:
    return {stored.block.id: stored.block for stored in source.blocks}


def _rewritten(
    file: _File, changes: Mapping[str, Block | None], new: Iterable[Block] = ()
) -> bytes:
    try:
        data = file.source.rewrite(changes, new)
    except BlockError as error:
        raise StorageError(str(error)) from error
    doomed = {id_ for id_, block in changes.items() if block is None}
    # A duplicate that stood before the block that counted would come back in its place.
    while doomed and (again := doomed & _by_id(left := SourceFile.parse(data, file.source)).keys()):
        data = left.rewrite(dict.fromkeys(again))
    return data


def _fault(data: bytes) -> str:
    try:
        SourceFile.parse(data)
    except EncodingError as error:
        return str(error)
    return "not UTF-8"


def _age(block: Block) -> tuple[timedelta, str]:
    return (block.instant or timedelta(0), block.id)
