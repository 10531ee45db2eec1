"""docs/attacks.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
DOCUMENT = (TESTS.parent / "docs" / "attacks.md").read_text()


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`((?:\w+/)+(?:test_\w+\.py)?)(?:::(\w+))?`", DOCUMENT)
    assert len(named) > 30
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (TESTS / file).exists()
        or (name and not re.search(rf"def {name}\b", (TESTS / file).read_text()))
    ]
    assert not missing


def test_every_row_names_a_test() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| ")]
    rows = [row for row in rows if not row.startswith(("| tries", "| ---"))]
    assert len(rows) > 25
    assert not [row for row in rows if not re.search(r"`(?:\w+/)+(?:test_\w+\.py)?", row)]
