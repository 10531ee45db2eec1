"""A master's document and sidecar on disk, which other programs may edit."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from chatter_tui.controller.carrying import in_turns
from chatter_tui.controller.events import Failed
from chatter_tui.controller.intake import merge
from chatter_tui.controller.watching import WatchError, changes
from chatter_tui.session.limits import MAX_DOCUMENT
from chatter_tui.storage import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from chatter_tui.blocks import Block
    from chatter_tui.controller.session import LinkedSession
    from chatter_tui.session.effects import Rewrite
    from chatter_tui.session.master import Master
    from chatter_tui.storage import Filing, Theirs

# Seconds that another program may take between removing a document and writing it.
_AWAY: Final = 2.0


class HostedFiles:
    """Writes the session's blocks to the files, and merges external edits into the session.

    Created on the session's loop, and used there except for `save` and `forget`.

    Args:
        filing: The files.
        session: The session, whose machine is `machine`.
        machine: The master.
        shared: Whether others join, so that the document must fit into a message.
    """

    def __init__(
        self, filing: Filing, session: LinkedSession, machine: Master, *, shared: bool
    ) -> None:
        self._filing = filing
        self._session = session
        self._machine = machine
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self._rewrites: asyncio.Queue[Rewrite] = asyncio.Queue()
        self._edited = asyncio.Event()
        self._told: Sequence[str] = ()  # the problems that were there last
        filing.sidecar_edited()  # before it was opened, which does not count

    def save(self, blocks: Mapping[str, Block]) -> None:
        """Write the files, on any thread, unless they were edited externally; then merge that.

        Raises:
            StorageError: They cannot be written.
        """
        theirs = self._filing.save(blocks)
        if theirs:
            self._loop.call_soon_threadsafe(self._take_in, theirs)

    def forget(self) -> None:
        """Free what only writing needs; may be called on any thread."""
        self._filing.forget()

    def rewrite(self, effect: Rewrite) -> None:
        """Rewrite the document in the background, and report the outcome to the machine."""
        self._rewrites.put_nowait(effect)

    async def rewritten(self) -> None:
        """Wait until no rewrite is left."""
        await self._rewrites.join()

    async def run(self) -> None:
        """Carry out rewrites and watch the files, forever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rewrite())
            group.create_task(self._watch())
            group.create_task(self._reanchor())

    async def look(self) -> None:
        """Merge external edits made so far."""
        try:
            theirs = await asyncio.to_thread(self._filing.look)
        except StorageError as error:  # possibly in the middle of being written
            self._session.say(Failed(str(error)))
        else:
            self._take_in(theirs)

    async def tell_problems(self) -> None:
        """Report new problems in the files. Finding them can take a while."""
        try:
            problems = await asyncio.to_thread(self._filing.problems)
        except StorageError as error:
            problems = [str(error)]
        for problem in problems:
            if problem not in self._told:
                self._session.say(Failed(problem))
        self._told = problems

    async def _rewrite(self) -> None:
        machine = self._machine
        while True:
            effect = await self._rewrites.get()
            try:
                self._require_fit(effect.after)
                theirs = await asyncio.to_thread(self._filing.rewrite, effect.before, effect.after)
            except StorageError as error:
                machine.rewritten(str(error), time.time())
            else:
                if theirs is None:
                    machine.rewritten(None, time.time())
                    self._edited.set()
                else:
                    self._take_in(theirs)
                    machine.reconsider(time.time())
            self._session.carry()
            self._rewrites.task_done()

    async def _reanchor(self) -> None:
        """Keep comments on words that are edited, forever."""
        while True:
            await self._edited.wait()
            self._edited.clear()
            await in_turns(self._machine.reanchor())
            self._session.changed()
            self._session.carry()

    async def _watch(self) -> None:
        files = self._filing.files
        try:
            async for _ in changes(files.path, files.sidecar_path):
                await self.look()
                if self._filing.sidecar_edited():
                    await self.tell_problems()
                if not files.document:
                    await self._bring_back()
        except WatchError as error:
            message = f"changes of {files.path.name} on disk cannot be watched: {error}"
            self._session.say(Failed(message))

    async def _bring_back(self) -> None:
        """Restore the document if it stays missing: without it the session could not be resumed.

        One that was emptied is another program's business, and may be about to be written.
        """
        await asyncio.sleep(_AWAY)
        await self.look()
        text, name = self._machine.document.text, self._filing.files.path.name
        try:
            if await asyncio.to_thread(self._filing.restore, text):
                self._session.say(Failed(f"{name} was removed and has been restored"))
            elif text and not self._filing.files.document:
                said = f"{name} is empty on disk; here is the text it had before"
                self._session.say(Failed(said))
        except StorageError as error:
            message = f"{name} was removed and cannot be restored: {error}"
            self._session.say(Failed(message))

    def _take_in(self, theirs: list[Theirs]) -> None:
        files, machine = self._filing.files, self._machine
        if files.document not in ("", machine.document.text):
            try:
                self._require_fit(files.document)
                machine.set_document(files.path.name, files.document)
                self._edited.set()
            except StorageError as error:
                self._session.say(Failed(str(error)))
        if theirs:
            intake = merge(theirs, machine.blocks)
            refused = machine.adopt(intake.wanted, intake.deleted, time.time())
            self._filing.refused(block for block in intake.wanted if block.id in refused)
            for conflict in intake.conflicts:
                self._session.say(Failed(conflict))
        self._session.changed()  # a file may be missing, too
        self._session.carry()

    def _require_fit(self, document: str) -> None:
        if self._shared:
            require_shareable(self._filing.files.path, document)


def require_shareable(path: Path, document: str) -> None:
    """Check that a document can be sent to peers.

    Raises:
        StorageError: It is too large.
    """
    if len(document.encode()) > MAX_DOCUMENT:
        size = MAX_DOCUMENT // 2**20
        raise StorageError(f"{path} is larger than {size} MiB: too large to share")
