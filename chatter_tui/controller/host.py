"""A master's session: files, listener and links around the master machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from chatter_tui.authority import Role
from chatter_tui.controller.carrying import in_turns
from chatter_tui.controller.commands import (
    GetInvites,
    MakeInvite,
    Quit,
    RemovePeer,
    RevokeInvite,
    SetRole,
)
from chatter_tui.controller.compose import Refused
from chatter_tui.controller.events import (
    BlockAdded,
    Ended,
    Failed,
    InviteAnswer,
    Ready,
    Status,
    Synced,
)
from chatter_tui.controller.hosted_files import HostedFiles, require_shareable
from chatter_tui.controller.inviting import Inviting, new_token
from chatter_tui.controller.listening import listen
from chatter_tui.controller.open_master import open_master
from chatter_tui.controller.recovery import OPEN, recover
from chatter_tui.controller.session import LinkedSession
from chatter_tui.session.events import Joined, MachineEvent, MasterBehind
from chatter_tui.session.invites import Address
from chatter_tui.session.members import COLORS, Member, clean_name
from chatter_tui.session.messages import VERSION, Request
from chatter_tui.session.records import Noted
from chatter_tui.startup import garbage
from chatter_tui.storage import Filing, HeldError, ReviewFiles, StorageError
from chatter_tui.storage.hosting import hosting
from chatter_tui.storage.session_folder import SessionFolder
from chatter_tui.transport import ListenError, reachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chatter_tui.controller.commands import Command
    from chatter_tui.controller.compose import Change
    from chatter_tui.controller.events import Event, Peer
    from chatter_tui.controller.listening import Listening
    from chatter_tui.session.effects import Rewrite
    from chatter_tui.session.master import Master
    from chatter_tui.session.records import Record
    from chatter_tui.storage.session_store import SessionStore
    from chatter_tui.transport import Listener

DEFAULT_PORT = 4117
_SHOWN = 0.5  # seconds that showing a session may take after the start
_SHOWN_EACH = 0.0003  # seconds more for each of its blocks, even beside other programs
_LOOK = 5  # ticks between checks of this machine's addresses


class HostSession(LinkedSession):
    """The session of a document's owner; without `listening`, a review without others.

    Args:
        session: The session id, a ULID.
        path: The document.
        name: The owner's display name.
        listening: Where others join.
        role: The role that the first invite grants.
        resumes: Whether to continue a stored session.
        detached: Whether it runs in the background, so that `resume` may take it over.
    """

    rest = 3.0

    def __init__(
        self,
        session: str,
        path: Path,
        name: str,
        listening: Listening | None,
        *,
        role: Role = Role.REVIEWER,
        resumes: bool = False,
        detached: bool = False,
    ) -> None:
        super().__init__()
        self._session = session
        self._path = path
        self._listening = listening
        self._resumes = resumes
        self._detached = detached
        self._quit = Quit()
        self._owner = Member(f"owner-{session}", clean_name(name), Role.OWNER, COLORS[0])
        self._token = new_token(MakeInvite(role), time.time())
        self._inviting: Inviting | None = None
        self._ticks = 0
        self._judges = False  # whether the machine has been prepared to judge changes
        self._listened: list[tuple[str, int]] = []
        self._master: Master | None = None
        self._requested = 0
        self._files: HostedFiles | None = None

    # -- running -------------------------------------------------------------------------------

    async def run(self, commands: asyncio.Queue[Command], tell: Callable[[Event], None]) -> None:
        """Host until a command quits; the last event is `Ended`."""
        self._tell = tell
        try:
            async with contextlib.AsyncExitStack() as stack:
                await self._run(commands, stack)
        except HeldError as error:
            holder = error.holder or "another process"
            reason = f"{self._path.name} is already hosted, by {holder}: chatter-tui resume moves it here"
            tell(Ended(reason, "failed"))
        except StorageError as error:
            tell(Ended(str(error), error.code))
        except ListenError as error:
            tell(Ended(str(error), "failed"))
        else:
            ended = "you ended the session" if self._quit.ends else "the session can be resumed"
            tell(Ended(self._quit.reason or ended, self._quit.code))

    async def _run(
        self, commands: asyncio.Queue[Command], stack: contextlib.AsyncExitStack
    ) -> None:
        files = await asyncio.to_thread(ReviewFiles.open, self._path)
        folder = SessionFolder(files.path.parent)
        stack.enter_context(folder.host(files.path.name))
        stack.enter_context(folder.attend(self._session, detached=self._detached))
        store = folder.session(self._session)
        stored = None
        if self._resumes:
            stored = await asyncio.to_thread(store.load)
        else:
            for message in await asyncio.to_thread(recover, folder, files):
                self._tell(Failed(message))
        if self._listening is not None:
            require_shareable(self._path, files.document)
        filing = await asyncio.to_thread(Filing, files, store)
        with garbage.off_while_loading():
            theirs = filing.theirs()
            self._master, self._owner, self._token = open_master(
                self._session,
                filing,
                theirs,
                stored,
                self._tell,
                owner=self._owner,
                token=self._token,
            )
            listener = await self._listen(stack)
            if listener:
                stack.enter_context(hosting(self._session, files.path, self._owner.name))
            self._announce(files, listener)
        hosted = HostedFiles(filing, self, self._master, shared=self._listening is not None)
        self._files = hosted
        resumes = stored is not None and not theirs
        del theirs  # large, and otherwise alive as long as the session
        async with self.carrying(
            store, hosted.save, hosted.forget, begins=not resumes, resumes=resumes
        ):
            if stored and not stored.notes.get(OPEN) and filing.untouched:
                filing.settled(self.machine.blocks)
            elif stored:
                self.changed()  # the files may be older than the session
            await self._work(commands, listener, hosted, folder)
        if self.saved:
            await asyncio.to_thread(self._leave, store)

    def _leave(self, store: SessionStore) -> None:
        """Delete the store if the files hold everything, as after a review without others."""
        if self._listening is None:
            store.remove()
        else:
            store.commit([Noted({OPEN: ""})])
            store.close()

    def records(self) -> list[Record]:
        """Return everything that must be stored beside the state."""
        where = self._listening
        notes = {
            "kind": "master",
            OPEN: "yes",
            "document": self._path.name,
            "owner": self._owner.name,
            "role": Role.OWNER.value,
            "invite": self._token.id,
            "epoch": str(self.machine.epoch),
        }
        if where:
            notes |= {
                "addresses": json.dumps(self._listened),
                "certificate": str(where.certificate),
                "signaling": json.dumps(list(where.signaling)),
                "ice": json.dumps(list(where.ice_servers)),
            }
        return [Noted(notes), *self.machine.records()]

    async def _listen(self, stack: contextlib.AsyncExitStack) -> Listener | None:
        if self._listening is None:
            return None
        listener, self._listened = await listen(
            self._listening, self._session, self.machine.secret_of, self._on_problem
        )
        stack.push_async_callback(listener.close)
        return listener

    def _on_problem(self, message: str) -> None:
        self.say(Failed(message))

    def _announce(self, files: ReviewFiles, listener: Listener | None) -> None:
        owner, tell = self._owner, self._tell
        invite = None
        if listener:
            self._inviting = Inviting(
                self._session,
                self.machine,
                lambda: [Address(*place) for place in reachable(listener.addresses)],
            )
            invite = self._inviting.line(self._token)
        path = str(files.path.absolute())
        tell(Ready(self._session, owner.id, owner.name, owner.role, path, invite))
        tell(self.machine.document)
        for block in self.machine.blocks.values():
            tell(BlockAdded(block.id, block, ""))
        tell(Synced(len(self.machine.blocks)))
        self.ready.set()

    async def _work(
        self,
        commands: asyncio.Queue[Command],
        listener: Listener | None,
        files: HostedFiles,
        folder: SessionFolder,
    ) -> None:
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(self.tick()),
                group.create_task(files.run()),
                group.create_task(self._catch_up(files)),
                group.create_task(self.watch_takeover(folder, self._session, commands)),
            ]
            if listener:
                background.append(group.create_task(self._accept(listener, group)))
            self._quit = await self.execute(commands)
            while self.machine.deciding:  # earlier requests are completed first
                await self._carrier.idle()
                await files.rewritten()
            for _ in self.machine.reanchor():  # comments on words that were just edited
                pass
            if self._quit.ends:
                self.machine.end("the host ended the session")
            else:
                self.machine.pause("the host is away")
            self.carry()
            for task in background:
                task.cancel()

    async def _catch_up(self, files: HostedFiles) -> None:
        """Do what can wait until everything is shown, and takes as long again."""
        await asyncio.sleep(_SHOWN)
        if self._listening is not None:  # a review without others may never write
            self._judges = True
            with garbage.off_while_loading():
                await in_turns(self.machine.preparing())
        await files.look()  # edits made before watching began
        # Checking the files takes about as long as parsing them, and would delay the first keys.
        await asyncio.sleep(_SHOWN_EACH * len(self.machine.blocks))
        await files.tell_problems()
        garbage.give_back()

    async def _accept(self, listener: Listener, group: asyncio.TaskGroup) -> None:
        while True:
            group.create_task(self.serve(await listener.accept()))

    # -- interface of LinkedSession ----------------------------------------------------------------

    @property
    def machine(self) -> Master:
        """The master machine."""
        assert self._master is not None, "it is made before anything can ask"
        return self._master

    @property
    def name(self) -> str:
        """The owner's name."""
        return self._owner.name

    @property
    def role(self) -> Role:
        """The owner's role."""
        return Role.OWNER

    def write(self, change: Change) -> bool:
        """Make a change as the owner."""
        if not self._judges:
            self._judges = True
            with garbage.off_while_loading():
                for _ in self.machine.preparing():
                    pass
        verdict = self.machine.write(change, time.time())
        return bool(verdict.changes or verdict.rejected)

    def require_master(self) -> None:
        """Do nothing: the host is the master."""

    def ask(self, action: str, block: str, text: str | None = None, *, confirmed: bool) -> None:
        """Make a request to this master, queued with everybody's."""
        self._requested += 1
        request = Request(self._requested, action, block, text, confirmed)
        self.machine.ask(request, time.time())

    def rewrite(self, effect: Rewrite) -> None:
        """Rewrite the document in the background."""
        assert self._files, "whoever asks has been opened"
        self._files.rewrite(effect)

    def manage(self, command: Command) -> None:
        """Change roles, remove peers or manage invites."""
        try:
            match command:
                case SetRole(peer, role):
                    self.machine.set_role(peer, Role(role))
                case RemovePeer(peer):
                    self.machine.remove(peer)
                case MakeInvite() | RevokeInvite() | GetInvites():
                    self._invite(command)
                case _:
                    raise Refused("this cannot be done here")
        except KeyError as error:
            raise Refused(f"there is no peer {error.args[0]}") from error
        except ValueError as error:
            raise Refused(str(error)) from error

    def _invite(self, command: MakeInvite | RevokeInvite | GetInvites) -> None:
        if self._inviting is None:
            raise Refused("nobody can join a review without a session: chatter-tui host starts one")
        answer = self._inviting.obey(command)
        self.carry()  # it must be on disk before anyone hears of it
        if isinstance(answer, InviteAnswer):
            self._latest(answer.invite.token)
        self.say(answer)

    def _latest(self, token: str) -> None:
        """Make this the invite that is shown first."""
        self._token = next(known for known, _ in self.machine.invites if known.id == token)
        self.keep(Noted({"invite": token}))

    def ticked(self) -> None:
        """Check from time to time whether this machine has changed its address."""
        self._ticks += 1
        if self._inviting and self._ticks % _LOOK == 0:
            for event in self._inviting.look():
                self.say(event)

    def link_full(self, link: int) -> None:
        """Tell the machine that a peer reads too slowly."""
        self.machine.full(link)

    def link_drained(self, link: int) -> None:
        """Tell the machine that a peer has read everything."""
        if self.machine.drained(link):
            self.carry()

    def told(self, event: MachineEvent) -> None:
        """Pass an event on to the user."""
        assert not isinstance(event, Joined | MasterBehind), "a master follows nobody"
        self._tell(event)

    def linked(self, peer: Peer) -> Peer:
        """Add the transport and latency of a peer's link."""
        found = self.machine.link_of(peer.id)
        if found is None or found[0] not in self._links:
            return peer
        link, latency = found
        return replace(peer, transport=self._links[link].channel.transport, latency=latency)

    def status(self) -> Status:
        """The session's current status."""
        machine = self.machine
        return Status(
            self._session,
            self._owner.id,
            self._owner.name,
            self._owner.role,
            machine.document.name,
            "local",
            None,
            machine.deciding,
            len(machine.blocks),
            len(machine.peers),
            self.saved,
            self._inviting.addresses if self._inviting else (),
            self._inviting.usable(time.time()) if self._inviting else 0,
            protocol=VERSION,
            saved_at=self.report.at,
            problem=None if self.report.problem is None else str(self.report.problem),
        )
