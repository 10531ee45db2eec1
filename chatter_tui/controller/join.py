"""A client's session: a local copy, and a link to the master that is retried forever."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from chatter_tui.controller.commands import SetOnline
from chatter_tui.controller.compose import Refused
from chatter_tui.controller.events import (
    BlockAdded,
    Connected,
    Disconnected,
    DocumentChanged,
    Ended,
    Failed,
    Ready,
    Status,
    Synced,
)
from chatter_tui.controller.linking import Linking
from chatter_tui.controller.open_client import load_earlier, open_client
from chatter_tui.controller.session import LinkedSession
from chatter_tui.session.events import Joined, MachineEvent, MasterBehind
from chatter_tui.session.members import clean_name
from chatter_tui.session.messages import VERSION
from chatter_tui.session.phase import Phase
from chatter_tui.startup import garbage
from chatter_tui.storage import HeldError, LocalCopy, StorageError
from chatter_tui.storage.session_folder import SessionFolder
from chatter_tui.transport import SessionGoneError, Target, Transport, dial

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence, Sized
    from pathlib import Path

    from chatter_tui.authority import Role
    from chatter_tui.blocks import Block
    from chatter_tui.controller.commands import Command
    from chatter_tui.controller.compose import Change
    from chatter_tui.controller.events import Event, Peer
    from chatter_tui.session.client import Client
    from chatter_tui.session.effects import Rewrite
    from chatter_tui.session.invites import Invite
    from chatter_tui.session.records import Record
    from chatter_tui.storage.session_store import Stored
    from chatter_tui.transport import Channel


_FAREWELL: Final = 3.0  # seconds for the master to answer what was written just before leaving


@dataclass(frozen=True, slots=True)
class Reaching:
    """How a client reaches the master, beyond what the invite says."""

    transport: Transport = "auto"
    signaling: Sequence[str] = ()
    ice_servers: Sequence[str] = ()


class JoinSession(LinkedSession):
    """The session of a participant who joined.

    Args:
        invite: The master's addresses and the secret.
        name: The requested display name; the master makes it unique.
        directory: Where the local copy goes.
        reaching: How to connect.
    """

    def __init__(self, invite: Invite, name: str, directory: Path, reaching: Reaching) -> None:
        super().__init__()
        self._invite = invite
        self._reaching = reaching
        self._name = clean_name(name)
        folder = SessionFolder(directory)
        self._folder = folder
        self._store = folder.session(invite.session)
        self._client: Client | None = None
        self._copy: LocalCopy | None = None
        self._unwritten: str | None = None  # a document that could not be written yet
        self._joined = False
        self._kept: Mapping[str, str] = {}  # from an earlier run
        self._over: Ended | None = None
        self._ending = asyncio.Event()
        self._answered = asyncio.Event()  # no change awaits the master's answer
        self._linking = Linking(
            reaching.transport, dial=self._dial, serve=self.serve, lost=self._on_lost
        )

    # -- running -------------------------------------------------------------------------------

    async def run(self, commands: asyncio.Queue[Command], tell: Callable[[Event], None]) -> None:
        """Stay in the session until a command quits or the master ends it.

        The last event is `Ended`.
        """
        self._tell = tell
        try:
            with self._folder.attend(self._invite.session):
                earlier = await asyncio.to_thread(load_earlier, self._store)
                if earlier.damaged:
                    tell(
                        Failed(
                            f"{earlier.damaged}: it was set aside, and the host is asked for the state again"
                        )
                    )
                self._client = open_client(self._invite, self._name, earlier, self._notes())
                self._kept = earlier.stored.notes if earlier.stored else {}
                if earlier.whole:
                    self._announce(earlier.whole)
                resumes = earlier.whole is not None
                begins = earlier.stored is not None and not resumes
                del earlier  # large, and otherwise alive as long as the session
                async with self.carrying(
                    self._store,
                    self._save,
                    self._forget,
                    begins=begins,
                    resumes=resumes,
                ):
                    await self._work(commands)
        except HeldError as error:
            holder = error.holder or "another process"
            reason = f"this folder is already in the session, by {holder}; --dir chooses another"
            tell(Ended(reason, "failed"))
        except StorageError as error:
            tell(Ended(str(error), error.code))
        else:
            tell(self._over or Ended("you left the session"))

    async def _work(self, commands: asyncio.Queue[Command]) -> None:
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(self.tick()),
                group.create_task(self._stay_linked()),
                group.create_task(
                    self.watch_takeover(self._folder, self._invite.session, commands)
                ),
            ]
            executing = group.create_task(self.execute(commands))
            ending = group.create_task(self._ending.wait())
            await asyncio.wait((executing, ending), return_when=asyncio.FIRST_COMPLETED)
            if executing.done() and (told := executing.result()).reason:
                self._over = Ended(told.reason, told.code)
            await self._carrier.idle()  # the last requests leave before the link closes
            if self.machine.pending and self.machine.phase in (Phase.SYNCING, Phase.ONLINE):
                # They may have left on a link that is replaced at this very moment.
                self._answered.clear()
                answered = group.create_task(self._answered.wait())
                await asyncio.wait(
                    (answered, ending), timeout=_FAREWELL, return_when=asyncio.FIRST_COMPLETED
                )
                answered.cancel()
            for task in (*background, executing, ending):
                task.cancel()

    def _announce(self, stored: Stored) -> None:
        """Show what an earlier run left, before there is a link."""
        client, notes = self.machine, stored.notes
        self._joined = True
        self._linking.joined()
        self._copy = LocalCopy(self._folder.directory, notes["document"], self._store, notes)
        self._tell(self._ready())
        text = self._copy.read()
        if text is not None:
            self._tell(DocumentChanged(notes["document"], 0, text))
        for block in client.blocks.values():
            self._tell(BlockAdded(block.id, block, ""))
        self.ready.set()

    def _ready(self) -> Ready:
        mine, path = self.machine.credentials, self._copy.path.absolute() if self._copy else ""
        return Ready(self._invite.session, mine.peer_id, mine.name, self.role, str(path))

    def records(self) -> list[Record]:
        """Return everything that must be stored beside the state."""
        return self.machine.records()

    def _notes(self) -> dict[str, str]:
        reaching = self._reaching
        return {
            "kind": "client",
            "invite": str(self._invite),
            "transport": reaching.transport,
            "signaling": json.dumps(list(reaching.signaling)),
            "ice": json.dumps(list(reaching.ice_servers)),
        }

    async def _stay_linked(self) -> None:
        match await self._linking.run():
            case SessionGoneError() as gone:
                advice = "it has ended: ask the host for a new invite"
                self._end(Ended(f"{gone}; {advice}", "not-found"))
            case error:
                advice = "is the session still open? ask the host, then try again"
                self._end(Ended(f"{error}; {advice}", "cannot-connect"))

    def _dial(self, transport: Transport, timeout: float) -> AsyncGenerator[Channel, None]:
        invite = self._invite
        target = Target(
            invite.session,
            invite.token,
            invite.secret,
            [(address.host, address.port) for address in invite.addresses],
            self._reaching.signaling,
        )
        return dial(
            target,
            transport=transport,
            ice_servers=self._reaching.ice_servers,
            timeout=timeout,
        )

    def _on_lost(self, reason: str, retry_in: float | None) -> None:
        if not self._ending.is_set():
            self._tell(Disconnected(reason, retry_in))

    @property
    def spoilt(self) -> bool:
        """Whether native code failed on received data."""
        return self.machine.spoilt

    def link_closing(self) -> None:
        """Do not wait for links that were given up to close."""
        ending = [link.closing for link in self._links.values()]
        if None not in ending:
            self._linking.drop(ending[-1] or "")

    def ticked(self) -> None:
        """Look for a better connection to the master."""
        self._linking.watch(self._transport, self.machine.silence(time.time()))

    @property
    def _transport(self) -> str | None:
        """Return the transport of the link in use."""
        link = self._links.get(self.machine.link or 0)
        return link.channel.transport if link else None

    def _end(self, event: Ended) -> None:
        self._over = event
        self._ending.set()

    # -- interface of LinkedSession ----------------------------------------------------------------

    @property
    def machine(self) -> Client:
        """The client machine."""
        assert self._client is not None, "it is made before anything can ask"
        return self._client

    @property
    def name(self) -> str:
        """The name that the master assigned."""
        return self.machine.credentials.name

    @property
    def role(self) -> Role:
        """The role that the master assigned."""
        return self.machine.role

    def write(self, change: Change) -> bool:
        """Make a change as the user."""
        return self.machine.write(change) is not None

    def require_master(self) -> None:
        """Check that there is a link to the master.

        Raises:
            Refused: There is none.
        """
        if self.machine.phase is not Phase.ONLINE:
            raise Refused("only the host can do that, and it cannot be reached: try again later")

    def ask(self, action: str, block: str, text: str | None = None, *, confirmed: bool) -> None:
        """Make a request to the master."""
        self.machine.ask(action, block, text, confirmed=confirmed)

    def rewrite(self, effect: Rewrite) -> None:
        """Raise: only a master rewrites the document."""
        raise AssertionError(effect)

    def manage(self, command: Command) -> None:
        """Go offline or come back; refuse the owner's commands."""
        match command:
            case SetOnline(online=True):
                self._linking.come_back()
            case SetOnline(online=False):
                for link in self._links.values():
                    link.close("went offline")
                self._linking.leave()
            case _:
                raise Refused("only the owner of the session may do that")

    def told(self, event: MachineEvent) -> None:
        """Pass on the machine's event, and apply it to the local copy."""
        if not self.machine.pending:
            self._answered.set()
        match event:
            case Joined():
                self._on_joined(event)
                return
            case MasterBehind():
                self._on_master_behind(event)
                return
            case DocumentChanged(text=text):
                self._on_document(text)
            case Synced():
                self.ready.set()  # from now on, changes are sent
                garbage.spare()
            case Ended():
                self._end(event)
                return
            case _:
                pass
        self._tell(event)

    def _on_joined(self, event: Joined) -> None:
        if not self._joined:
            self._joined = True
            self._linking.joined()
            self._copy = LocalCopy(self._folder.directory, event.document, self._store, self._kept)
            asked = self._name if self._name != self.name else ""
            self._tell(replace(self._ready(), asked=asked))
        link = self._links.get(event.link)
        if link:  # otherwise it is gone already, which will be reported
            self._tell(Connected(link.channel.transport))

    def _on_master_behind(self, event: MasterBehind) -> None:
        """Report what happened, and save lost blocks of others to a file."""
        told = ["the host's disk was restored from an older backup, which is used here from now on"]
        if event.again:
            told.append(f"your changes to {_blocks(event.again)} are sent again")
        if event.back:
            told.append(f"blocks that had been deleted are back: {', '.join(event.back)}")
        if event.lost and self._copy:
            try:
                kept = self._copy.set_aside(event.lost)
            except StorageError as error:
                texts = [f"{block.author}: {block.content}" for block in event.lost]
                told.append(
                    f"it lacks blocks of others, which could not be saved here either ({error}): {texts}"
                )
            else:
                told.append(
                    f"it lacks {_blocks(event.lost)} that others wrote, until they return;"
                    f" saved in {kept}"
                )
        self._tell(Failed("; ".join(told)))

    def _on_document(self, text: str) -> None:
        if self._copy:
            self._unwritten = None
            before = self._copy.path
            try:
                self._copy.set_document(text)
                if self._copy.path != before:
                    told = f"{before.name} here is another text: the host's is in {self._copy.path}"
                    self._tell(Failed(told))
            except StorageError:
                self._unwritten = text  # retried and reported together with the blocks
        self.changed()

    def _save(self, blocks: Mapping[str, Block]) -> None:
        if self._copy is None:
            return
        if (text := self._unwritten) is not None:
            self._copy.set_document(text)
            self._unwritten = None
        self._copy.save(blocks)

    def _forget(self) -> None:
        if self._copy:
            self._copy.forget()

    def linked(self, peer: Peer) -> Peer:
        """Add the transport and latency of the client's own link, the only one it knows."""
        client = self.machine
        if peer.id != client.credentials.peer_id:
            return peer
        return replace(peer, transport=self._transport, latency=client.latency)

    def status(self) -> Status:
        """The session's current status."""
        client = self.machine
        return Status(
            self._invite.session,
            client.credentials.peer_id,
            client.credentials.name,
            client.role,
            self._copy.path.name if self._copy else "",
            self._transport,
            client.latency,
            client.pending,
            len(client.blocks),
            len(client.peers),
            self.saved,
            tuple(map(str, self._invite.addresses)),
            protocol=VERSION,
            saved_at=self.report.at,
            problem=None if self.report.problem is None else str(self.report.problem),
        )


def _blocks(some: Sized) -> str:
    return "1 block" if len(some) == 1 else f"{len(some)} blocks"
