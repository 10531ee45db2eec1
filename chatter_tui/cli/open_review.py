"""A document and its sidecar, as the commands on files use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.blocks import Block, BlockError, EncodingError, Review, SourceFile
from chatter_tui.cli.exits import Exit
from chatter_tui.cli.failure import Failure
from chatter_tui.storage.atomic import read_file, replace_file
from chatter_tui.storage.review_files import SIDECAR_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class OpenReview:
    """A document and its sidecar on disk. Naming the sidecar opens its document.

    Raises:
        Failure: One of them cannot be read.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix == SIDECAR_SUFFIX and path.with_suffix("").is_file():
            path = path.with_suffix("")
        self.path = path
        self.sidecar_path = path.with_name(path.name + SIDECAR_SUFFIX) if path.name else path
        document = _read(path)
        if document is None:
            raise Failure(f"there is no file {path}", Exit.NOT_FOUND)
        self._data = {path: document, self.sidecar_path: _read(self.sidecar_path)}
        sidecar = self._data[self.sidecar_path]
        self.review = Review(
            _parse(path, document),
            None if sidecar is None else _parse(self.sidecar_path, sidecar),
        )

    def path_of(self, file: SourceFile) -> Path:
        """Return the path of one of the two files."""
        return self.path if file is self.review.document else self.sidecar_path

    def find(self, prefix: str) -> Block:
        """Return the block whose id has a prefix.

        Raises:
            Failure: There is none, or more than one.
        """
        places = self.review.places
        if prefix in places:
            return places[prefix].stored.block
        found = [id_ for id_ in places if id_.startswith(prefix)] if prefix else []
        if not found:
            raise Failure(f"{self.path} has no comment {prefix!r}", Exit.NOT_FOUND)
        if len(found) > 1:
            some = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
            raise Failure(f"{prefix!r} is a prefix of more than one id: {some}", Exit.USAGE)
        return places[found[0]].stored.block

    def replace(self, block: Block) -> None:
        """Replace the block with the same id."""
        file = self.review.places[block.id].file
        self._write(file, {block.id: block})

    def decide(self, block: Block, review: Review | None) -> None:
        """Write a decided suggestion, and the document if the decision changes it."""
        if review is None:
            self.replace(block)
        elif self.review.places[block.id].file is self.review.document:
            self._write(review.document, {block.id: block}, path=self.path)
        else:
            self._save(self.path, review.document.raw.encode())
            self.replace(block)

    def delete(self, ids: Iterable[str]) -> None:
        """Delete blocks, including duplicates of their ids."""
        doomed = frozenset(ids)
        for file in self.review.files:
            data, left = b"", file
            # Deleting the block that counts makes a duplicate count.
            while here := doomed.intersection(stored.block.id for stored in left.blocks):
                data = left.rewrite(dict.fromkeys(here))
                left = SourceFile.parse(data)
            if left is not file:
                self._save(self.path_of(file), data)

    def append(self, block: Block, *, inline: bool) -> None:
        """Append a new block to the document or to its sidecar."""
        if inline:
            self._write(self.review.document, {}, [block])
        elif self.review.sidecar is not None:
            self._write(self.review.sidecar, {}, [block])
        else:
            self._save(self.sidecar_path, SourceFile("").append([block]))

    def _write(
        self,
        file: SourceFile,
        changes: Mapping[str, Block | None],
        new: Iterable[Block] = (),
        *,
        path: Path | None = None,
    ) -> None:
        path = path or self.path_of(file)
        try:
            data = file.rewrite(changes, new)
        except BlockError as error:
            raise Failure(f"{path}: {error}") from error
        self._save(path, data)

    def _save(self, path: Path, data: bytes) -> None:
        replace_file(path, data, expected=self._data[path])


def _read(path: Path) -> bytes | None:
    try:
        return read_file(path)
    except IsADirectoryError:
        raise Failure(f"{path} is a folder; name a Markdown file") from None


def _parse(path: Path, data: bytes) -> SourceFile:
    try:
        return SourceFile.parse(data)
    except EncodingError as error:
        raise Failure(f"{path} is {error}; save it as UTF-8") from error
