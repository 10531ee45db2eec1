"""A document and its sidecar on disk, kept equal to a session's blocks.

Blocks that a session did not change stay byte for byte as they are, and a save without changes
writes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from chatter_tui.blocks import Block, BlockError, EncodingError, Review, SourceFile
from chatter_tui.blocks.checking import check
from chatter_tui.blocks.fences import fence_of, is_simple, last_fence, spliced, without
from chatter_tui.startup.priority import giving_way
from chatter_tui.storage.atomic import ChangedOnDiskError, Digest, read_file, replace_file
from chatter_tui.storage.errors import StorageError, storage_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from chatter_tui.blocks.fences import Buffer, Piece

    Contents = bytes | Sequence[Buffer]

SIDECAR_SUFFIX = ".chatter"
_FEW = 100  # blocks that are found one by one faster than all are parsed


class _File:
    """One file: its bytes and their parsed form, both loaded on demand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size: int | None = None  # in bytes; None if there is no file
        self._data: bytes | None = None  # the contents, unless they were dropped
        self._digest: Digest | None = None  # of the contents, once it was needed
        self._source: SourceFile | None = None
        self._before: SourceFile | None = None  # parsed from earlier bytes
        self._expected: Collection[Block] = ()  # blocks known to be in the bytes

    def read(self) -> bool:
        """Read the file; return whether it changed."""
        with storage_errors(self.path):
            data = read_file(self.path)
        if self._holds(data):
            self._data = data
            return False
        try:
            (data or b"").decode()
        except UnicodeDecodeError:
            raise StorageError(f"{self.path} is {_fault(data or b'')}") from None
        self._take(data)
        return True

    def is_current(self) -> bool:
        """Return whether the file still holds the contents, without loading them."""
        with storage_errors(self.path):
            return Digest.of_file(self.path) == (None if self.size is None else self.digest)

    def _holds(self, data: bytes | None) -> bool:
        """Return whether these are the contents."""
        if data is None or self.size != len(data):
            return data is None and self.size is None
        return self._data == data if self._data is not None else self.digest == Digest.of(data)

    @property
    def data(self) -> bytes:
        """The contents, empty if there is no file; read again if they were dropped.

        Raises:
            ChangedOnDiskError: The file no longer holds them.
            StorageError: It cannot be read.
        """
        if self._data is None and self.size is not None:
            with storage_errors(self.path):
                data = read_file(self.path)
            if not self._holds(data):
                raise ChangedOnDiskError(self.path)
            self._data = data
        return self._data or b""

    @property
    def digest(self) -> Digest:
        """The digest of the contents."""
        if self._digest is None:
            self._digest = Digest.of(self._data or b"")
        return self._digest

    def write(self, data: Contents, blocks: Collection[Block] = ()) -> None:
        """Write `data`, which contains some of `blocks` in a new form."""
        replace_file(self.path, data, expected=None if self.size is None else self.digest)
        if isinstance(data, bytes):
            self._take(data)
        else:
            self._take(b"")
            self.size, self._digest, self._data = sum(map(len, data)), Digest.of(*data), None
        self._expected = blocks

    def expect(self, blocks: Collection[Block]) -> None:
        """Note that the bytes contain `blocks`."""
        self._expected = blocks

    @property
    def source(self) -> SourceFile:
        """Return the parsed file. Parsing takes a while if there are many blocks."""
        if self._source is None:
            self._source = SourceFile.parse(self.data, self._before, self._expected)
            self._before = None
        return self._source

    @property
    def is_parsed(self) -> bool:
        """Whether the parsed form is in memory."""
        return self._source is not None

    def forget(self) -> None:
        """Free the parsed form, which needs ten times the memory of the bytes."""
        self._source = self._before = None

    def drop(self) -> None:
        """Free the contents, which are read again when they are needed."""
        _ = self.digest  # by which they are known
        self._data = None

    def _take(self, data: bytes | None) -> None:
        self._before = self._source or self._before
        self.size = None if data is None else len(data)
        self._data, self._digest, self._source, self._expected = data, None, None, ()


class ReviewFiles:
    """A document with its sidecar.

    Args:
        path: The document. The sidecar is beside it.
        may_edit_document: Whether to edit blocks inside the document in place. Otherwise their new
            form goes to the sidecar, which takes precedence.
    """

    def __init__(self, path: Path, *, may_edit_document: bool = True) -> None:
        self.path = path
        self.sidecar_path = path.with_name(path.name + SIDECAR_SUFFIX)
        self._may_edit_document = may_edit_document
        # Ids of the session's blocks; others in the files are not its business.
        self._shared: set[str] = set()
        self._document, self._sidecar = _File(path), _File(self.sidecar_path)
        self._settled: Mapping[str, Block] = {}  # what the files, as they are, are known to hold
        # The number of blocks in the sidecar, if all are plain fences and the document has none.
        self._fences: int | None = None
        self.news = False  # whether the last read found changes
        self.sidecar_news = False  # the same of the sidecar

    @classmethod
    def open(cls, path: Path, *, may_edit_document: bool = True) -> Self:
        """Read both files.

        Raises:
            StorageError: There is no readable UTF-8 document, or the sidecar is not one.
        """
        files = cls(path, may_edit_document=may_edit_document)
        files.reread()
        if files._document.size is None:
            raise StorageError(f"there is no file {path}", "not-found")
        return files

    @property
    def document(self) -> str:
        """The document on disk, including its embedded blocks."""
        return self._document.data.decode()

    @property
    def digest(self) -> str:
        """A digest of both files."""
        return f"{self._document.digest.hex} {self._sidecar.digest.hex}"

    @property
    def blocks(self) -> Sequence[Block]:
        """The effective blocks of both files, in file order."""
        return self._review.blocks

    def check(self) -> Sequence[str]:
        """Return what is wrong in the files, and where; takes a while.

        That an edit of the document made orphans is not wrong.

        Raises:
            ChangedOnDiskError: A file has changed since it was read.
            StorageError: A file cannot be read.
        """
        files = self._document, self._sidecar
        checked = check(*(file.data for file in files))
        inline, aside = checked.counts
        self._fences = aside if checked.simple[1] and not inline else None
        return [
            f"{files[place.file].path.name}"
            f"{'' if place.line is None else f', line {place.line}'}: {problem.message}"
            for place, problem in checked.faults
            if problem.severity == "error"
        ]

    @property
    def _review(self) -> Review:
        return Review(self._document.source, self._sidecar.source)

    def share(self, ids: Iterable[str]) -> None:
        """Note that an earlier run shared these blocks: those missing from a save are deleted."""
        self._shared.update(ids)

    def save(self, blocks: Mapping[str, Block]) -> bool:
        """Write `blocks` to the files; return False if nothing had to be written.

        Blocks that were never in the session are kept.

        Raises:
            ChangedOnDiskError: A file has changed since it was read.
            StorageError: A file cannot be written; the other one may have been.
        """
        self._shared |= blocks.keys()
        doomed = self._shared - blocks.keys()
        fresh = {id_: b for id_, b in blocks.items() if self._settled.get(id_) is not b}
        written = False
        if fresh or not self._settled or doomed & self._settled.keys():
            with storage_errors(self.sidecar_path):
                wanted: Sequence[tuple[_File, Contents]] | None
                wanted = self._patched(fresh, doomed & self._settled.keys())
                if wanted is None:
                    wanted = self._wanted(fresh, doomed)
                self.drop()  # what is about to be replaced
                for file, data in wanted:
                    file.write(data, fresh.values())
                    written = True
            if self._fences is not None:
                self._fences = len(blocks)
                self._free()
        self._settled = dict(blocks)
        return written

    def restore(self, text: str) -> bool:
        """Write the document if there was none when it was read; return False if there was one.

        Raises:
            ChangedOnDiskError: There is one by now.
            StorageError: It cannot be written.
        """
        if self._document.size is not None:
            return False
        with storage_errors(self.path):
            self._document.write(text.encode())
        self._settled = {}
        return True

    def rewrite(self, before: str, after: str) -> None:
        """Replace the whole document, including its embedded blocks.

        Raises:
            ChangedOnDiskError: The document is not, or no longer, `before`.
            StorageError: It cannot be written.
        """
        with storage_errors(self.path):
            if self.document != before:
                raise ChangedOnDiskError(self.path)
            self._document.write(after.encode())
            self._settled = {}

    def _patched(
        self, fresh: Mapping[str, Block], doomed: Collection[str]
    ) -> Sequence[tuple[_File, Contents]] | None:
        """Return the same as `_wanted` without parsing all blocks; None when that is not possible."""
        exact = self._fences == len(self._settled)  # every fence is one of the session's
        if not self._sidecar.size or not exact or len(fresh) > _FEW or len(doomed) > 1:
            return None
        data = self._sidecar.data
        new: list[Buffer] = [data]  # joined only as far as it must be searched again
        parts: list[tuple[Piece, bytes]] = []
        for id_ in fresh.keys() & self._settled.keys():
            if (piece := fence_of(data, id_)) is None:
                return None
            old = piece.source.blocks[0].block
            if not same(old, fresh[id_]):
                parts.append((piece, piece.source.rewrite({id_: _in_order_of(old, fresh[id_])})))
        if parts:
            new = spliced(data, parts)
        for id_ in doomed:
            data = b"".join(new)
            if (piece := fence_of(data, id_)) is None:
                return None
            new = spliced(data, [without(data, piece)])
        if added := sorted((fresh[id_] for id_ in fresh.keys() - self._settled.keys()), key=_age):
            data = b"".join(new)
            if (last := last_fence(data)) is None:
                return None
            new = spliced(data, [(last, last.source.append(added))])
        return [(self._sidecar, new)] if len(new) > 1 else []

    def _wanted(self, fresh: Mapping[str, Block], doomed: set[str]) -> list[tuple[_File, bytes]]:
        """Return the new contents of the files that change, the sidecar first."""
        inline, aside = _by_id(self._document.source), _by_id(self._sidecar.source)
        ours = aside.keys() <= self._shared
        self._fences = len(aside) if ours and self._is_simple() else None
        in_document: dict[str, Block | None] = {}
        in_sidecar: dict[str, Block | None] = dict.fromkeys(doomed & aside.keys())
        new: list[Block] = []
        if self._may_edit_document:
            in_document = dict.fromkeys(doomed & inline.keys())
        for id_, block in giving_way(fresh.items()):
            if id_ in aside:
                if not same(aside[id_], block):
                    in_sidecar[id_] = _in_order_of(aside[id_], block)
            elif id_ not in inline:
                new.append(block)
            elif not same(inline[id_], block):
                if self._may_edit_document:
                    in_document[id_] = _in_order_of(inline[id_], block)
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

    def _is_simple(self) -> bool:
        return not self._document.source.blocks and is_simple(self._sidecar.source)

    @property
    def complete(self) -> bool:
        """Whether both files have contents; an empty one may be about to be written."""
        return bool(self._document.size and self._sidecar.size)

    def settled(self, blocks: Mapping[str, Block]) -> None:
        """Note that the files, as read, hold exactly `blocks`."""
        self._settled = dict(blocks)
        self._sidecar.expect(self._settled.values())

    def is_current(self) -> bool:
        """Return whether the files are as they were read or written last.

        Raises:
            StorageError: They cannot be read.
        """
        return self._document.is_current() and self._sidecar.is_current()

    def reread(self) -> None:
        """Read the files again.

        Raises:
            StorageError: They cannot be read; what was read before is kept.
        """
        for file in (self._document, self._sidecar):
            if file.read():
                self._settled = {}
                self._fences = None
                self.news = True
                self.sidecar_news |= file is self._sidecar

    def forget(self) -> None:
        """Free the parsed files until blocks are needed again."""
        if self._document.is_parsed and self._sidecar.is_parsed:
            self._fences = len(self._sidecar.source.blocks) if self._is_simple() else None
        self._free()

    def drop(self) -> None:
        """Free the sidecar's contents, five megabytes with ten thousand blocks, until needed again."""
        self._sidecar.drop()

    def _free(self) -> None:
        self._document.forget()
        self._sidecar.forget()
        self.drop()
        if self._settled:  # which makes parsing three times as fast
            self._sidecar.expect(self._settled.values())


def same(one: Block, other: Block) -> bool:
    """Return whether two blocks are equal but for spelling of content and order of fields."""
    if one.fields.keys() != other.fields.keys() or one.content != other.content:
        return False
    return all(one.fields[name] == other.fields[name] for name in one.fields if name != "content")


def _in_order_of(old: Block, new: Block) -> Block:
    """Return `new` with the field order of `old`, and its spelling of unchanged content."""
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
    # Deleting the block that counts would bring an earlier duplicate back.
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
