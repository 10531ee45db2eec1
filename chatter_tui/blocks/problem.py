"""Problems in a block or file: the format's codes and their severity."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Code = Literal[
    "malformed-json",
    "missing-field",
    "invalid-field",
    "invalid-id",
    "duplicate-id",
    "orphan-parent",
    "thread-cycle",
    "unresolved-anchor",
    "unknown-type",
    "limit",
    "unclosed-html",
]
Severity = Literal["error", "warning"]

# Caused by editing the document or by a newer tool, not by a mistake in the file.
WARNINGS: Final[frozenset[Code]] = frozenset({"unresolved-anchor", "unknown-type"})


class Problem(NamedTuple):
    """A fault with its location (block id and 1-based line, if known) and severity."""

    code: Code
    severity: Severity
    block: str | None
    line: int | None
    message: str

    @classmethod
    def of(
        cls, code: Code, message: str, *, block: str | None = None, line: int | None = None
    ) -> Problem:
        """Create a problem with the severity of its code."""
        return cls(code, "warning" if code in WARNINGS else "error", block, line, message)


class BlockError(ValueError):
    """A text or values do not make a block; `code` is the format's."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
