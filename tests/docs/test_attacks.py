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
