"""A document and its sidecar on disk, kept equal to a session's blocks.

Whatever a session did not change stays byte for byte as it is, and a save that changes nothing
writes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from chatter_tui.blocks import Block, BlockError, EncodingError, Problem, Review, SourceFile
from chatter_tui.storage.atomic import ChangedOnDiskError, read_file, replace_file
from chatter_tui.storage.errors import StorageError, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

SIDECAR_SUFFIX = ".chatter"


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
        self._document_bytes: bytes | None = None
        self._sidecar_bytes: bytes | None = None
        self._document = self._sidecar = SourceFile("")

    @classmethod
    def open(cls, path: Path, *, may_edit_document: bool = True) -> Self:
        """Read both files.

        Raises:
            StorageError: when there is no readable UTF-8 document, or the sidecar is none.
        """
        files = cls(path, may_edit_document=may_edit_document)
        files._read()
        if files._document_bytes is None:
            raise StorageError(f"there is no file {path}", "not-found")
        return files

    @property
    def document(self) -> str:
        """The document as it is on disk, its own blocks included."""
        return (self._document_bytes or b"").decode()

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
        return Review(self._document, self._sidecar)

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
        with storage_errors(self.sidecar_path):
            document, sidecar = self._wanted(blocks)
            written = False
            if sidecar != (self._sidecar_bytes or b""):
                replace_file(self.sidecar_path, sidecar, expected=self._sidecar_bytes)
                self._sidecar_bytes, self._sidecar = sidecar, SourceFile.parse(sidecar)
                written = True
            if document != self._document_bytes and document is not None:
                replace_file(self.path, document, expected=self._document_bytes)
                self._document_bytes, self._document = document, SourceFile.parse(document)
                written = True
        return written

    def rewrite(self, before: str, after: str) -> None:
        """Put another text in the place of the document as a whole, its own blocks included.

        Raises:
            ChangedOnDiskError: when the document is not `before`, or not any more.
            StorageError: when it cannot be written.
        """
        with storage_errors(self.path):
            if self.document != before:
                raise ChangedOnDiskError(self.path)
            data = after.encode()
            replace_file(self.path, data, expected=self._document_bytes)
            self._document_bytes, self._document = data, SourceFile.parse(data)

    def _wanted(self, blocks: Mapping[str, Block]) -> tuple[bytes | None, bytes]:
        """What the two files should hold."""
        inline, aside = _by_id(self._document), _by_id(self._sidecar)
        doomed = self._shared - blocks.keys()
        in_document: dict[str, Block | None] = {}
        in_sidecar: dict[str, Block | None] = dict.fromkeys(doomed & aside.keys())
        new: list[Block] = []
        if self._may_edit_document:
            in_document = dict.fromkeys(doomed & inline.keys())
        for id_, block in blocks.items():
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
        document = self._document_bytes
        if in_document:
            document = _rewritten(self._document, in_document)
        sidecar = self._sidecar_bytes or b""
        if in_sidecar or new:
            sidecar = _rewritten(self._sidecar, in_sidecar, sorted(new, key=_age))
        return document, sidecar

    @property
    def complete(self) -> bool:
        """Whether both files hold something: one that does not may be about to be written."""
        return bool(self._document_bytes and self._sidecar_bytes)

    def reread(self) -> None:
        """Look again at what is on disk.

        Raises:
            StorageError: when it cannot be read; what was read before stays.
        """
        self._read()

    def _read(self) -> None:
        with storage_errors(self.path):
            data = read_file(self.path)
            if data != self._document_bytes:
                self._document, self._document_bytes = _parse(data), data
        with storage_errors(self.sidecar_path):
            data = read_file(self.sidecar_path)
            if data != self._sidecar_bytes:
                self._sidecar, self._sidecar_bytes = _parse(data), data


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


def _by_id(file: SourceFile) -> dict[str, Block]:
    return {stored.block.id: stored.block for stored in file.blocks}


def _rewritten(
    file: SourceFile, changes: Mapping[str, Block | None], new: Iterable[Block] = ()
) -> bytes:
    try:
        data = file.rewrite(changes, new)
    except BlockError as error:
        raise StorageError(str(error)) from error
    doomed = {id_ for id_, block in changes.items() if block is None}
    # A duplicate that stood before the block that counted would come back in its place.
    while doomed and (again := doomed & _by_id(left := SourceFile.parse(data)).keys()):
        data = left.rewrite(dict.fromkeys(again))
    return data


def _parse(data: bytes | None) -> SourceFile:
    try:
        return SourceFile.parse(data or b"")
    except EncodingError as error:
        raise StorageError(str(error)) from error


def _age(block: Block) -> tuple[timedelta, str]:
    return (block.instant or timedelta(0), block.id)
