"""The common part of host and client sessions: a machine, its links and its storage."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from chatter_tui.controller.carrying import Carrier, KeepAll, Say, in_turns
from chatter_tui.controller.commands import (
    Command,
    Quit,
)
from chatter_tui.controller.compose import Refused
from chatter_tui.controller.events import (
    Acknowledged,
    Rejected,
    Status,
)
from chatter_tui.controller.executing import Executor
from chatter_tui.controller.keeping import Keeper
from chatter_tui.controller.links import Link
from chatter_tui.controller.saving import Saver, SaveReport
from chatter_tui.session.effects import Admit, Broadcast, Close, Rewrite, Send, Store, Tell
from chatter_tui.startup import garbage
from chatter_tui.storage import StorageError
from chatter_tui.transport import ChannelClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from chatter_tui.blocks import Block
    from chatter_tui.controller.carrying import Act
    from chatter_tui.controller.compose import Change
    from chatter_tui.controller.events import Event, Peer, Role
    from chatter_tui.controller.machine import Machine
    from chatter_tui.session.events import MachineEvent
    from chatter_tui.session.records import Record
    from chatter_tui.storage.session_folder import SessionFolder
    from chatter_tui.storage.session_store import HistoryEntry, SessionStore
    from chatter_tui.transport import Channel

_TICK: Final = 1.0  # seconds between ticks of the machine
_LONG: Final = 0.02  # seconds of CPU time for one message, a hundred times the usual


class LinkedSession(ABC):
    """Connects a machine to its links, its storage and the user.

    After an expensive message, its sender is not read for `rest` times as long as it took.
    """

    rest = 0.0

    def __init__(self) -> None:
        self._links: dict[int, Link] = {}
        self._numbered = 0
        self._executor = Executor(self)
        self._tell: Callable[[Event], None] = lambda _event: None
        self._carrier = Carrier(self._act)
        self.report = SaveReport(lambda _event: None)
        self._keeper: Keeper | None = None
        self._saver: Saver[Mapping[str, Block]] | None = None
        self._due = asyncio.Event()
        self.ready = asyncio.Event()

    # -- implemented by host and client ------------------------------------------------------------

    @property
    @abstractmethod
    def machine(self) -> Machine:
        """The machine; only valid once it has been created."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The user's name in the session."""

    @property
    @abstractmethod
    def role(self) -> Role:
        """The user's role."""

    @abstractmethod
    def status(self) -> Status:
        """The session's current status."""

    @abstractmethod
    def linked(self, peer: Peer) -> Peer:
        """Return a peer with what is known about its link to the master."""

    @abstractmethod
    def write(self, change: Change) -> bool:
        """Make a change as the user; return False if it changed nothing."""

    @abstractmethod
    def require_master(self) -> None:
        """Check that the master can be asked now.

        Raises:
            Refused: It cannot.
        """

    @abstractmethod
    def ask(self, action: str, block: str, text: str | None = None, *, confirmed: bool) -> None:
        """Make a request to the master; the answer comes as an event for the block."""

    @abstractmethod
    def rewrite(self, effect: Rewrite) -> None:
        """Rewrite the document's file, and report the outcome to the machine."""

    @abstractmethod
    def manage(self, command: Command) -> None:
        """Execute an owner's command.

        Raises:
            Refused: The user may not, or it cannot be done.
        """

    @abstractmethod
    def records(self) -> list[Record]:
        """Return everything that must be stored beside the state to resume the session."""

    @property
    def spoilt(self) -> bool:
        """Whether the machine's state is worse than the stored one and must not be stored."""
        return False

    def link_closing(self) -> None:  # noqa: B027 - optional
        """Called when the machine closes a link, which may take a while."""

    def link_full(self, link: int) -> None:  # noqa: B027 - optional
        """Called when a link's send queue is full."""

    def link_drained(self, link: int) -> None:  # noqa: B027 - optional
        """Called when a link's send queue is empty."""

    def ticked(self) -> None:  # noqa: B027 - optional
        """Called about once a second, after the machine's tick."""

    @abstractmethod
    def told(self, event: MachineEvent) -> None:
        """Handle an event of the machine and pass it on."""

    # -- links ---------------------------------------------------------------------------------

    async def serve(self, channel: Channel) -> str:
        """Run a channel as a link until it closes; return why."""
        self._numbered += 1
        number = self._numbered
        link = self._links[number] = Link(
            channel, partial(self.link_full, number), partial(self.link_drained, number)
        )
        writer = asyncio.create_task(link.run(), name=f"link {number} out")
        reason = "closed"
        try:
            self.machine.opened(number, channel.binding, time.time(), channel.address)
            self.carry()
            while True:
                data = await channel.receive()
                began = time.thread_time()
                wait = self.machine.received(number, data, time.time())
                self.carry()
                spent = time.thread_time() - began
                if self.rest and spent > _LONG:
                    wait = max(wait, spent * self.rest)
                # Even without a wait, other tasks get a turn after every message.
                await asyncio.sleep(wait)
                await self._carrier.room()
        except ChannelClosed as closed:
            reason = closed.reason or "closed"
        finally:
            self.machine.closed(number)
            self.carry()
            link.close(reason)
            await writer
            del self._links[number]
        return reason

    async def tick(self) -> None:
        """Tick the machine forever."""
        while True:
            await asyncio.sleep(_TICK)
            self.machine.tick(time.time())
            self.carry()
            self.ticked()

    async def watch_takeover(
        self, folder: SessionFolder, session: str, commands: asyncio.Queue[Command]
    ) -> None:
        """Leave when another process of this user asks to take the session over."""
        while True:
            asked = await asyncio.to_thread(folder.asked, session)
            if asked is not None:
                ends = asked == "end"
                told = ("", "") if ends else ("it continues in another process", "taken-over")
                commands.put_nowait(Quit(True, ends, *told))
                return
            await asyncio.sleep(_TICK)

    def carry(self) -> None:
        """Carry out the machine's effects."""
        effects = self.machine.effects()
        self._carrier.take(effects)
        if any(isinstance(effect, Store) for effect in effects):
            self.changed()
        if self._keeper and self._keeper.wants_all() and not self.spoilt:
            self._due.set()

    async def _renew(self) -> None:
        """Store the whole session whenever that is due, forever."""
        while True:
            await self._due.wait()
            self._due.clear()
            await in_turns(self.machine.verify())
            self._carrier.take(self.machine.effects())
            if not self.spoilt:
                self._carrier.take([KeepAll(self.records(), self.machine.state())])

    def _act(self, effect: Act) -> None:
        links = self._links
        match effect:
            case Send(number, data):
                self._send((number,), data)
            case Broadcast(numbers, data):
                self._send(numbers, data)
            case Admit(number) if number in links:
                links[number].channel.admitted()
            case Close(number, reason) if number in links:
                links[number].close(reason)
                self.link_closing()
            case Tell(Acknowledged() | Rejected() as answer):
                self.told(self._executor.answering(answer))
            case Tell(event):
                self.told(event)
            case Say(answer):
                self._tell(answer)
            case Rewrite():
                self.rewrite(effect)

    def _send(self, numbers: tuple[int, ...], data: bytes) -> None:
        for number in numbers:
            if (link := self._links.get(number)) is not None:
                link.send(data)

    def say(self, event: Event) -> None:
        """Report an event to the user, after all earlier ones."""
        self._carrier.take([Say(event)])

    def keep(self, record: Record) -> None:
        """Store a record."""
        self._carrier.take([Store(record)])

    @asynccontextmanager
    async def carrying(
        self,
        store: SessionStore,
        save: Callable[[Mapping[str, Block]], object],
        forget: Callable[[], object],
        *,
        begins: bool,
        resumes: bool,
    ) -> AsyncIterator[None]:
        """Carry out effects and store the session until the context exits, which completes them.

        Args:
            store: The session's store.
            save: Writes the blocks to the review's files.
            forget: Frees what `save` has cached; called when nothing has changed for a while.
            begins: Whether `store` lacks the machine's state.
            resumes: Whether `store` has the state but lacks records.
        """
        report = self.report = SaveReport(self._tell)
        keeper = self._keeper = Keeper(store, report)
        saver = self._saver = Saver(
            lambda: dict(self.machine.blocks), save, report, partial(_rest, forget)
        )
        if begins:
            await keeper.begin(self.records(), self.machine.state())
        elif resumes:
            await keeper.keep(self.records())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carrier.run(keeper))
                group.create_task(saver.run())
                renewing = group.create_task(self._renew())
                try:
                    yield
                finally:
                    renewing.cancel()
                    self.carry()
                    if (store.exists or not keeper.saved) and not self.spoilt:
                        self._carrier.take([KeepAll(self.records(), self.machine.state())])
                    self._carrier.finish()
                    saver.finish()
        finally:
            await asyncio.to_thread(store.close)

    def changed(self) -> None:
        """Note that the files are older than the session."""
        if self._saver:
            self._saver.changed()

    @property
    def saved(self) -> bool:
        """Whether everything is on disk."""
        return all(kept is None or kept.saved for kept in (self._keeper, self._saver))

    # -- commands ------------------------------------------------------------------------------

    async def execute(self, commands: asyncio.Queue[Command]) -> Quit:
        """Execute commands until one quits, and return that one."""
        return await self._executor.run(commands)

    async def history(self) -> list[HistoryEntry]:
        """Return the stored history, once everything done so far is on disk.

        Raises:
            Refused: It cannot be read.
        """
        self.carry()
        await self._carrier.idle()
        assert self._keeper, "commands are executed while something keeps the session"
        try:
            return await asyncio.to_thread(self._keeper.history)
        except StorageError as error:
            raise Refused(f"the history cannot be read: {error}") from error


def _rest(forget: Callable[[], object]) -> None:
    forget()
    garbage.give_back()
