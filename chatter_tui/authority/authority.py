"""The authority: the only place that decides whether a change becomes part of the document."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from chatter_tui.authority.case import Case
from chatter_tui.authority.codec import NO_DELETES, clocks, decode, streaming
from chatter_tui.authority.codes import RejectCode, Violation, ViolationCode
from chatter_tui.authority.document import Applied, Document, write_anew
from chatter_tui.authority.index import Index
from chatter_tui.authority.ledger import MASTER, Ledger, Owner
from chatter_tui.authority.limits import Limits
from chatter_tui.authority.replies import Replies
from chatter_tui.authority.rewrite import Rewritten, erase, rewrite
from chatter_tui.authority.rules import judge_size
from chatter_tui.authority.screen import Screened, read, screen
from chatter_tui.authority.sections import Sections
from chatter_tui.authority.seeding import SHARE, joined, make_equal, write_apart
from chatter_tui.authority.shortcut import screen_new_block
from chatter_tui.authority.verdict import Author, Ruling, Verdict, rejections
from chatter_tui.replica import Change, NativeFaultError, Replica
from chatter_tui.replica.comparing import misread
from chatter_tui.replica.lib0 import MAX_CLOCK, decode_state_vector
from chatter_tui.replica.replica import NOTHING
from chatter_tui.startup.priority import giving_way

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from chatter_tui.blocks import Block
    from chatter_tui.replica import Written

# Rejections that the first merge does not reveal appear in the second, unless the update is made to
# prevent that: then it is rejected as a whole.
_ROUNDS = 2


class Authority:
    """The authoritative document, on which every update is staged before it counts.

    Updates are judged one after another. After each, the caller stores `Verdict.relays` and the new
    entries of `ledger` in one transaction, and only then sends what the verdict says.

    Args:
        client_id: Yjs client id of the master's own changes.
        state: The stored document, which must be trusted.
        ledger: What was stored beside it; entries are appended to it.
        limits: Limits on updates and the document.
        later: Whether to load only the blocks now; `prepare` or the first change builds the rest.

    Raises:
        ValueError: `client_id` belongs to a peer.
        CodecError: `state` was not written by an authority.
    """

    def __init__(
        self,
        client_id: int,
        *,
        state: bytes = b"",
        ledger: Ledger | None = None,
        limits: Limits | None = None,
        later: bool = False,
    ) -> None:
        self.client_id = client_id
        self.ledger = Ledger() if ledger is None else ledger
        self.limits = limits or Limits()
        # The owner may delete everything in one step; these limits protect against peers.
        self._own_limits = replace(self.limits, structs=MAX_CLOCK, ranges=MAX_CLOCK)
        if self.ledger.owners.get(client_id, MASTER) != MASTER:
            raise ValueError(f"client id {client_id} belongs to a peer")
        self.ledger.append(Owner(client_id, MASTER))
        self._document = Document(self.client_id, state or NOTHING)
        # Upper bound in bytes; tombstones are smaller than what they replace.
        self._size = len(state)
        self._unverified: set[str] = set()  # blocks that changed since the bytes were last checked
        self._misread: set[str] = set()  # blocks that the bytes decode to something else
        self._prepared = False
        self._steps: Iterator[None] | None = None  # the rest of the preparation
        if not later:
            self.prepare()

    def prepare(self) -> None:
        """Build what judging needs, unless that is done: about as much work as loading."""
        for _ in giving_way(self.preparing()):
            pass

    def preparing(self) -> Iterator[None]:
        """Do the same in steps; whatever needs the result earlier completes it in one go."""
        if not self._prepared:
            self._steps = self._steps or self._prepare()
            # Not `yield from`, which would close them together with this generator.
            for _ in self._steps:
                yield

    def _prepare(self) -> Iterator[None]:
        # Nothing changes meanwhile: a change completes the preparation first.
        index, replies = Index(), Replies()
        state = self.state()
        # Nobody will write under a client id that the master had before.
        owners = self.ledger.owners.items()
        spare = {id_ for id_, owner in owners if owner == MASTER and id_ != self.client_id}
        sections = Sections(spare)
        for _ in index.learning(sections.watch(streaming(state))):
            yield
        for id_, block in self.blocks.items():
            replies.update(Change(id_, None, block))
        yield
        rest, aside = sections.split(state)
        if aside:
            self._document = self._document.without(rest, aside, index.entries)
        self._document.state_vector()  # makes native code load the rest, too
        self._index, self._replies = index, replies
        self._compare_clocks()
        self._prepared, self._steps = True, None

    # -- reading -----------------------------------------------------------------------------

    @property
    def blocks(self) -> Mapping[str, Block]:
        """The authoritative blocks by id, always current."""
        return self._document.blocks

    def state(self) -> bytes:
        """Return the document as one Yjs update."""
        return self._document.state()

    def state_vector(self) -> bytes:
        """Return the document's state vector in Yjs's encoding."""
        return self._document.state_vector()

    def diff(self, state_vector: bytes) -> bytes:
        """Return what a replica with `state_vector` lacks, as an update.

        Raises:
            CodecError: `state_vector` is malformed.
        """
        return self._document.diff(state_vector)

    # -- changing ----------------------------------------------------------------------------

    def bind(self, client_id: int, peer: str) -> None:
        """Reserve a client id for a peer, permanently.

        Raises:
            Violation: It belongs to another peer, or the peer has too many.
        """
        owner = self.ledger.owners.get(client_id)
        if owner == peer:
            return
        if owner is not None or self._document.clock(client_id):
            raise Violation(ViolationCode.FOREIGN_CLIENT, f"{client_id}")
        if self.ledger.clients_of(peer) >= self.limits.clients:
            raise Violation(ViolationCode.TOO_MANY_CLIENTS, f"{client_id}")
        self.ledger.append(Owner(client_id, peer))

    def receive(self, author: Author, update: bytes, now: float) -> Verdict:
        """Judge a peer's update, and commit the parts that are accepted.

        Args:
            author: The peer.
            update: Untrusted bytes.
            now: Unix time.

        Raises:
            Violation: Nothing was committed, and the connection must be closed.
            ValueError: `author` has the id reserved for the master.
        """
        if author.id == MASTER:
            raise ValueError("a peer has an id")
        self.prepare()
        try:
            return self._decide(author, update, now)
        except Violation:
            raise
        except BaseException:  # interrupted: what was not committed has not happened
            self._document, self._prepared = self._document.reverted(), False
            self.prepare()
            raise

    def write(self, author: Author, change: Callable[[Replica], Written], now: float) -> Verdict:
        """Judge and commit a change of the master's own, by the same rules.

        `change` is called once, and calls one method of the replica: for several changes, `batch`,
        with the ids of the blocks. If its update is rejected, nothing is committed.
        """
        self.prepare()
        self._measure()
        try:
            applied = self._document.write(change)
            screened = self._screen(MASTER, applied.update)
            case = self._case(author, screened, now)
            case.judge_intents()
            if not case.refused and not case.judge_result(applied.changes):
                case.refuse_all()
            rewritten = rewrite(screened, {}, self._index)
        except Violation as violation:
            self._revert()
            touched = {change.id for change in applied.changes} or {""}
            too_large = violation.code == ViolationCode.TOO_LARGE
            code = RejectCode.TOO_LARGE if too_large else RejectCode.INVALID_BLOCK
            ruling = Ruling(code, violation.reason)
            return Verdict(rejections(dict.fromkeys(touched, ruling)))
        except BaseException:
            self._revert()
            raise
        if case.refused:
            self._revert()
            return Verdict(rejections(case.refused))
        return self._commit(case, rewritten, applied.update, applied)

    def seed(self, blocks: Iterable[Block]) -> Verdict:
        """Take over blocks from the owner's files, even invalid ones.

        Existing blocks are replaced. Only blocks that are too large to be shared are rejected.
        """
        wanted = {block.id: block for block in blocks}
        rulings = {id_: judge_size(block, self.limits) for id_, block in wanted.items()}
        refused = {id_: ruling for id_, ruling in rulings.items() if ruling}
        fit = {id_: block for id_, block in wanted.items() if id_ not in refused}
        if not (self._prepared or self._steps or self._size):
            return replace(self._begin(fit), rejected=rejections(refused))
        self.prepare()
        unused = [block for id_, block in fit.items() if id_ not in self._index.entries]
        apart = Verdict()
        if len(unused) > SHARE:
            update, known = write_apart(unused, self._spare_clients())
            apart = self._adopt(self._document.merge(update, known))
        adopted = self._amend(lambda replica: make_equal(replica, fit))
        relays = apart.relays + adopted.relays
        return Verdict(
            rejections(refused),
            relay=joined(*relays) if len(relays) > 1 else next(iter(relays), None),
            changes=apart.changes + adopted.changes,
        )

    def _begin(self, blocks: Mapping[str, Block]) -> Verdict:
        """Start with these blocks.

        Everything but the bytes and the blocks is built on the first change.
        """
        update, known = write_apart([*blocks.values()], self._spare_clients())
        self._document = Document(self.client_id, update, known, whole=True)
        self._size = len(update)
        self._unverified.update(known)
        changes = tuple(Change(id_, None, block) for id_, block in known.items())
        return Verdict(relay=update if known else None, changes=changes)

    def _spare_clients(self) -> Iterator[int]:
        """Yield unused client ids, each of which becomes one of the master's own."""
        for client in count(self.client_id + 1):
            if client not in self.ledger.owners and not self._document.clock(client):
                self.ledger.append(Owner(client, MASTER))
                yield client

    def amend(self, changes: Mapping[str, Mapping[str, str | None]]) -> Verdict:
        """Set or remove fields of blocks on the master's own authority, without judging.

        Raises:
            KeyError: There is no such block.
        """
        for id_ in changes:
            self.blocks[id_]  # all or nothing
        self.prepare()

        def change(replica: Replica) -> None:
            for id_, fields in changes.items():
                replica.set_fields(id_, fields)

        return self._amend(lambda replica: replica.batch(change, changes))

    def _screen(self, peer: str, update: bytes) -> Screened:
        limits = self._own_limits if peer == MASTER else self.limits
        known = (peer, self._index, self.ledger, limits)
        return screen_new_block(update, *known) or screen(read(update, limits), *known)

    def _case(self, author: Author, screened: Screened, now: float) -> Case:
        full = self._size > self.limits.state
        return Case(
            author, now, screened, self._index, self.blocks, self._replies, self.limits, full
        )

    def _measure(self) -> None:
        if self._size > self.limits.state:
            self._size = len(self.state())

    def _decide(self, author: Author, data: bytes, now: float) -> Verdict:
        self._measure()
        screened = self._screen(author.id, data)
        case = self._case(author, screened, now)
        if len(case.intents) > self.limits.touched:
            raise Violation(ViolationCode.TOO_LARGE, f"changes {len(case.intents)} blocks")
        case.judge_intents()
        self._document.need(case.intents, screened.structs)
        for round_ in range(_ROUNDS):
            rewritten = rewrite(screened, case.codes(), self._index)
            refused = len(case.refused)
            # Each update has only one encoding, so an unmodified one would be encoded as it came.
            update = data if screened.whole and not refused else rewritten.encode()
            applied = self._try(case, rewritten, update)
            if applied and len(case.refused) == refused:
                verdict = self._commit(case, rewritten, update, applied)
                return replace(verdict, retried=round_) if round_ else verdict
            self._revert()
            if not applied:
                break
        case.refuse_all()
        rewritten = erase(screened, case.codes(), RejectCode.UNMERGEABLE)
        update = rewritten.encode()
        verdict = self._commit(case, rewritten, update, self._document.merge(update))
        self._compare_clocks()
        return replace(verdict, retried=round_ + 1)

    def _try(self, case: Case, rewritten: Rewritten, update: bytes) -> Applied | None:
        """Stage an update on the document.

        Return None if it failed other than by new rejections.
        """
        try:
            # A new block under an unused id, each field written once, can only decode as expected.
            sure = case.screened.intents is not None and not case.refused
            known, expected = (case.expected, {}) if sure else ({}, case.expected)
            applied = self._document.merge(update, known, expected)
        except NativeFaultError:
            return None
        # A transaction reports everything that it moved, and clocks were equal before it. Checking
        # that is as good as comparing all clocks, which takes longer the more clients there are.
        if not self._in_step or not _alike(applied.update, rewritten, update):
            return None
        return applied if case.judge_result(applied.changes) else None

    def _revert(self) -> None:
        """Discard what is staged."""
        self._document = self._document.reverted()
        self._compare_clocks()

    def _compare_clocks(self) -> None:
        vector = decode_state_vector(self._document.state_vector())
        self._in_step = vector == self._index.vector()

    def _commit(self, case: Case, rewritten: Rewritten, update: bytes, applied: Applied) -> Verdict:
        self._learn(case, rewritten, applied)
        self._document.keep(update, applied.changes)
        self._size += len(update)
        rejected = rejections(case.refused)
        fixed = update if rejected else None
        relay = applied.update if applied.update != NOTHING else None
        removed = [change.id for change in applied.changes if not change.after]
        orphans = self._replies.below(removed) & self.blocks.keys() if removed else set()
        if not orphans:
            return Verdict(rejected, fixed, relay, None, applied.changes)
        cascade = self._amend(lambda replica: replica.delete(sorted(orphans)))
        return Verdict(rejected, fixed, relay, cascade.relay, applied.changes + cascade.changes)

    def _learn(self, case: Case, rewritten: Rewritten, applied: Applied) -> None:
        for client in rewritten.structs:
            if client not in self.ledger.owners:
                self.ledger.append(Owner(client, case.author.id))
        self._index.extend(rewritten.in_order())
        for span in rewritten.dead:
            self.ledger.append(span)
        self._index.deleted.update(applied.deletes)
        self._note(applied.changes)

    def _note(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._replies.update(change)
            self._unverified.add(change.id)
            if not change.after:
                self._index.forget(change.id)

    def _amend(self, change: Callable[[Replica], Written]) -> Verdict:
        """Change the document without judging."""
        try:
            return self._adopt(self._document.write(change))
        except BaseException:
            self._revert()
            raise

    def _adopt(self, applied: Applied) -> Verdict:
        """Commit the master's own staged change, and bring the index up to date."""
        if applied.update == NOTHING:
            return Verdict()
        self._document.keep(applied.update, applied.changes)
        self._index.learn(decode(applied.update))
        self._compare_clocks()
        self._note(applied.changes)
        return Verdict(relay=applied.update, changes=applied.changes)

    # -- checking ----------------------------------------------------------------------------

    def verifying(self) -> Generator[None, None, bool]:
        """Check, in steps, whether the stored bytes decode to these blocks.

        Return the answer at the end. Covers the blocks that changed since the last check, and takes
        about as long as loading the bytes. Blocks that change between the steps are left to the
        next check.
        """
        changed, self._unverified = self._unverified, set()
        expected = {id_: self.blocks.get(id_) for id_ in sorted(changed)}
        for state, blocks in self._document.portions(expected):
            for wrong in misread(state, blocks):
                self._misread |= wrong
                yield
        return not self._misread

    def repair(self) -> Verdict:
        """Rewrite texts that a replica loaded from the stored bytes would read differently.

        This happens only to runs that claim impossible neighbours, and affects only blocks of their
        author. The repair is an update of the master's own, for everyone to integrate.
        """
        self.prepare()
        ids = sorted(self._misread & self.blocks.keys())
        self._misread.clear()
        return self._amend(lambda replica: write_anew(replica, ids))


def _alike(applied: bytes, rewritten: Rewritten, update: bytes) -> bool:
    """Return whether a transaction moved exactly the clocks in `update`, encoded `rewritten`."""
    if applied == update:
        return True
    # Transactions report tombstones as deletions, which follow the structs.
    if not rewritten.deletes and applied.startswith(update[: -len(NO_DELETES)]):
        return True
    return clocks(applied) == rewritten.clocks()
