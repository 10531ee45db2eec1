"""Validate, reject, rewrite and commit changes to a shared document, without I/O.

A peer's update is decoded strictly before native code sees it (`codec`), each part is checked
against an index of the whole document (`screen`, `index`), and the parts are sorted into intents by
block (`intent`). An update that is one new block in the usual form takes a shortcut through these
steps (`shortcut`). Each block is judged (`rules`, `relations`), and rejected parts become tombstones
of the same length (`rewrite`). The result is staged on the document itself, which keeps it or is
rebuilt without it (`document`).
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
