"""Whatever bytes arrive: a verdict or a violation, never a crash, and all replicas stay equal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COUNT = int(os.environ.get("CHATTER_HOSTILE", "20000"))
HERE = Path(__file__).parent


# In processes of their own, since native code that reads bad bytes may take its process with it.
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.timeout(60 + COUNT // 100)
def test_hostile_updates(seed: int) -> None:
    command = [sys.executable, "-X", "faulthandler", str(HERE / "hostile.py")]
    done = subprocess.run(
        [*command, str(seed), str(COUNT // 2)],
        cwd=HERE.parents[1],
        env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    counts = {
        words.strip(): int(number)
        for number, words in (line.split(maxsplit=1) for line in done.stdout.splitlines())
    }
    assert counts["accepted"] > COUNT // 100, "the attacks must come from where edits are allowed"
    assert counts["rejected"] > COUNT // 100
    assert counts["honest"] > COUNT // 100
    assert sum(counts[name] for name in counts if name.startswith("violation")) > COUNT // 10
