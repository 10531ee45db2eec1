"""A review's files, and a record of what the session wrote to them.

The record tells external edits from the session's own writes, even if the session was killed
between two writes.
"""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from chatter_tui.blocks import Block
from chatter_tui.startup.immutable import dataclass
from chatter_tui.startup.priority import giving_way
from chatter_tui.storage.atomic import ChangedOnDiskError
from chatter_tui.storage.errors import StorageError
from chatter_tui.storage.review_files import same

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chatter_tui.storage.review_files import ReviewFiles
    from chatter_tui.storage.session_store import SessionStore

_ABSENT = ""
_Known: TypeAlias = "Block | str"  # in JSON until it is needed; `_ABSENT` if there is no block
_PART = 1_000  # blocks
_TRIES = 5  # attempts, since another program may write between reading and writing


@dataclass(frozen=True, slots=True)
class Theirs:
    """A block that was edited externally, before and after; None where it is absent."""

    id: str
    before: Block | None
    after: Block | None


class Filing:
    """Writes the files of a review and tracks what it wrote.

    Args:
        files: The document and sidecar.
        store: Records what the files contain.
        alone: Whether to overwrite external edits of the session's blocks.

    Raises:
        StorageError: The record of an earlier run cannot be read.
    """

    def __init__(self, files: ReviewFiles, store: SessionStore, *, alone: bool = False) -> None:
        self.files = files
        self._alone = alone
        self._lock = threading.Lock()
        self._store = store
        # For each block, the forms that the files may contain without an external edit: several
        # when it is unknown whether a write took place.
        self._known: dict[str, list[_Known]]
        self._known, self._digest = store.files() if store.exists else ({}, "")  # type: ignore[assignment]  # lists of texts
        self._saved: dict[str, Block] = {}  # what `_known` is known to equal
        self._unnoted: set[str] = set()  # known, but not recorded in the store
        self._refused: dict[str, Block] = {}
        files.share(self._known)

    @property
    def untouched(self) -> bool:
        """Whether the files are, byte for byte, as the session last wrote them."""
        return self._digest == self.files.digest

    def settled(self, blocks: Mapping[str, Block]) -> None:
        """Note that the files hold exactly `blocks`, the session's blocks."""
        self._saved = dict(blocks)
        self.files.settled(blocks)

    def theirs(self) -> list[Theirs]:
        """Return the external edits since the session last wrote, as of the last read.

        Blocks that are missing along with their whole file count as lost, not as deleted.
        """
        found = self._theirs()
        self.files.forget()
        return found

    def _theirs(self) -> list[Theirs]:
        self.files.news = False
        if self.untouched:
            return []
        found: list[Theirs] = []
        disk = {block.id: block.canonical() for block in giving_way(self.files.blocks)}
        for id_, after in giving_way(disk.items()):
            known = self._blocks(id_)
            if after != self._refused.get(id_) and not any(b and same(b, after) for b in known):
                found.append(Theirs(id_, next((b for b in reversed(known) if b), None), after))
        if not self.files.complete:
            return found
        gone = (id_ for id_ in self._known.keys() - disk.keys() if _ABSENT not in self._known[id_])
        return found + [Theirs(id_, self._blocks(id_)[-1], None) for id_ in gone]

    def found(self, blocks: Iterable[Block], session: Mapping[str, Block]) -> None:
        """Note that `blocks`, as read from the files, belong to the session from now on."""
        begins = not self._known
        settled: dict[str, Block] = {}
        for block in blocks:
            known = session.get(block.id)
            if known is not None and same(known, block):
                settled[block.id] = known
            self._known[block.id] = [settled.get(block.id, block)]
            self._unnoted.add(block.id)
        if begins:  # otherwise the files may hold more that differs from the session
            self.files.settled(settled)

    def refused(self, blocks: Iterable[Block]) -> None:
        """Note that `blocks` stay in the files without belonging to the session."""
        self._refused.update((block.id, block) for block in blocks)

    def problems(self) -> Sequence[str]:
        """Return what is wrong in the files, and where. This can take a while.

        Raises:
            StorageError: The files cannot be read.
        """
        with self._lock:
            try:
                return self.files.check()
            except ChangedOnDiskError:  # they are about to be looked at
                return ()
            finally:
                self.files.drop()

    def sidecar_edited(self) -> bool:
        """Return whether somebody else has written the sidecar since this was asked last."""
        with self._lock:
            edited, self.files.sidecar_news = self.files.sidecar_news, False
            return edited

    def forget(self) -> None:
        """Free the parsed files until they are needed again.

        Waits for another thread that uses them.
        """
        with self._lock:
            self.files.forget()

    def look(self) -> list[Theirs]:
        """Read the files again and return the external edits, which are known from then on.

        Raises:
            StorageError: The files cannot be read.
        """
        with self._lock:
            if self.files.is_current() and not self.files.news:
                return []
            self.files.reread()
            return self._take() if self.files.news else []

    def _take(self) -> list[Theirs]:
        theirs = self._theirs()
        if theirs:
            self._digest = ""  # the files are no longer as the session left them
        for item in theirs:
            if item.after:
                self._known[item.id] = [item.after]
            else:
                self._known.pop(item.id)
            self._unnoted.add(item.id)
            self._saved.pop(item.id, None)
        return theirs

    def save(self, blocks: Mapping[str, Block]) -> list[Theirs]:
        """Write `blocks` to the files, or return the external edits if there are any.

        Raises:
            StorageError: The files cannot be written.
        """
        with self._lock:
            for _ in range(_TRIES):
                try:
                    self._save(blocks)
                except ChangedOnDiskError:
                    self.files.reread()
                    theirs = [] if self._alone else self._take()
                    if theirs:
                        return theirs
                else:
                    return []
        raise StorageError(f"{self.files.path} and its sidecar keep changing on disk")

    def restore(self, text: str) -> bool:
        """Write a document that has been removed; return False if there is one, or nothing is lost.

        Raises:
            StorageError: The document cannot be written.
        """
        with self._lock:
            try:
                return bool(text) and self.files.restore(text)
            except ChangedOnDiskError:
                return False  # another program was faster

    def rewrite(self, before: str, after: str) -> list[Theirs] | None:
        """Replace the document's text `before` with `after`.

        Return None if that was done. If the document is no longer `before`, nothing is written and
        the external edits are returned.

        Raises:
            StorageError: The document cannot be written.
        """
        with self._lock:
            try:
                self.files.rewrite(before, after)
            except ChangedOnDiskError:
                self.files.reread()
                return self._take()
        return None

    def _save(self, blocks: Mapping[str, Block]) -> None:
        changed: dict[str, Block | None] = {
            id_: block
            for id_, block in blocks.items()
            if self._saved.get(id_) is not block
            and (id_ in self._unnoted or not self._holds(id_, block))
        }
        changed |= dict.fromkeys(self._known.keys() - blocks.keys())
        if changed:
            new = changed.keys() - self._known.keys()
            for texts in _in_parts(changed):
                absent = dict.fromkeys(new & texts.keys(), _ABSENT)
                self._store.filing([*absent.items(), *texts.items()])
            for id_, block in changed.items():
                self._known.setdefault(id_, [_ABSENT]).append(block or _ABSENT)
        self.files.save(blocks)
        self._note(changed)
        for id_, block in changed.items():
            if block is None:
                self._known.pop(id_, None)
            else:
                self._known[id_] = [block]
        self._saved = dict(blocks)

    def _holds(self, id_: str, block: Block) -> bool:
        """Return whether the files are known to hold exactly this block."""
        match self._known.get(id_):
            case [Block() as known]:
                return known == block
            case [text]:
                return text == block.to_line()
        return False

    def _note(self, changed: Mapping[str, Block | None]) -> None:
        # The next run must look at the files again to judge what was refused now.
        digest = "" if self._refused else self.files.digest
        if not changed and digest == self._digest:
            return
        for texts in _in_parts(changed):
            self._store.filed(texts, digest)
        self._unnoted -= changed.keys()
        self._digest = digest

    def _blocks(self, id_: str) -> list[Block | None]:
        known = self._known.get(id_, [])
        return [
            item if isinstance(item, Block) else Block.from_json(item).canonical() if item else None
            for item in known
        ]


def _in_parts(blocks: Mapping[str, Block | None]) -> Iterator[dict[str, str]]:
    """Yield the blocks as JSON in parts, as all of them may be large.

    The last part may be empty.
    """
    items = iter(blocks.items())
    full = True
    while full:
        part = dict(islice(items, _PART))
        yield {id_: block.to_line() if block else _ABSENT for id_, block in part.items()}
        full = len(part) == _PART
