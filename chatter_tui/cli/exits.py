"""Exit codes, a stable interface for scripts."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The meaning of a command's exit code."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    CANNOT_CONNECT = 5
    INVITE = 6
    OPEN_THREADS = 10


_BY_CODE = {
    "": Exit.DONE,
    "taken-over": Exit.DONE,
    "failed": Exit.FAILED,
    "internal": Exit.FAILED,
    "damaged": Exit.FAILED,
    "newer": Exit.FAILED,
    "lost": Exit.FAILED,
    "held": Exit.FAILED,
    "not-found": Exit.NOT_FOUND,
    "cannot-connect": Exit.CANNOT_CONNECT,
    "unknown-invite": Exit.INVITE,
    "expired": Exit.INVITE,
    "used-up": Exit.INVITE,
    "revoked": Exit.INVITE,
}


def exit_code(ended: str) -> Exit:
    """Return the exit code for the code a session ended with; the master's refusals are 4."""
    return _BY_CODE.get(ended, Exit.REFUSED)
