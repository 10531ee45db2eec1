"""Validate, reject, rewrite and commit changes of a shared document; pure.

An update of a peer is decoded strictly before native code sees a byte (`codec`), checked part by
part against an index of the whole document (`screen`, `index`), read as intents (`intent`), in one
step where it is one new block as clients write it (`plain`), and
judged block by block (`rules`, `relations`); what is refused becomes tombstones of the same length
(`rewrite`); the result is tried on the document itself, which keeps it or is made anew without it (`document`).
"""

from chatter_tui.authority.authority import Authority
from chatter_tui.authority.codes import REASONS, SENTENCES, RejectCode, Violation, ViolationCode
from chatter_tui.authority.ledger import DeadSpan, Entry, Ledger, Owner
from chatter_tui.authority.limits import Limits
from chatter_tui.authority.roles import RIGHTS, Right, Role
from chatter_tui.authority.verdict import Author, Rejection, Verdict

__all__ = [
    "REASONS",
    "RIGHTS",
    "SENTENCES",
    "Author",
    "Authority",
    "DeadSpan",
    "Entry",
    "Ledger",
    "Limits",
    "Owner",
    "RejectCode",
    "Rejection",
    "Right",
    "Role",
    "Verdict",
    "Violation",
    "ViolationCode",
]
