"""QR codes in half blocks: two modules per text row."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

# Modules of the quiet zone: what the standard requires, then what readers accept.
_QUIET: Final = (4, 2, 1)
_SIGNS: Final = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}


@lru_cache(maxsize=8)
def qr_code(text: str, rows: int, columns: int) -> tuple[str, ...] | None:
    """Return the lines of a code, light on dark, or None if it would exceed the given size."""
    import segno  # noqa: PLC0415 - only needed here

    code = segno.make(text, error="l", micro=False, boost_error=False)
    modules = code.symbol_size(border=0)[0]
    for quiet in _QUIET:
        side = modules + 2 * quiet
        if side <= columns and (side + 1) // 2 <= rows:
            return _drawn([bytes(row) for row in code.matrix_iter(border=quiet)])
    return None


def _drawn(matrix: list[bytes]) -> tuple[str, ...]:
    if len(matrix) % 2:
        matrix.append(bytes(len(matrix[0])))
    return tuple(
        "".join(_SIGNS[bool(upper), bool(lower)] for upper, lower in zip(top, bottom, strict=True))
        for top, bottom in zip(matrix[::2], matrix[1::2], strict=True)
    )
