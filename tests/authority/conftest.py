"""A session in memory, and a Node process with Yjs for what only the original can prove."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.authority.star import Star, block

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent / "node"
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "yjs-client" / "rebase.mjs"


class Node:
    """Yjs documents in a Node process, which handles one request at a time."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            ["node", "driver.mjs"],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, what: str, **parameters: object) -> dict[str, Any]:
        """Make a request; bytes are sent as base64."""
        request: dict[str, object] = {"do": what}
        for name, value in parameters.items():
            request[name] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the Node process ended"
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)


@pytest.fixture(scope="session")
def node_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the driver, the example it runs, and Yjs."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("needs node and npm to compare with Yjs itself")
    directory = tmp_path_factory.mktemp("node")
    for path in (*HERE.glob("*.json"), HERE / "driver.mjs", EXAMPLE):
        shutil.copy(path, directory)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm could not install Yjs: {done.stderr.strip()[-200:]}")
    return directory


@pytest.fixture
def node(node_directory: Path) -> Iterator[Node]:
    """A fresh Node process."""
    process = Node(node_directory)
    yield process
    process.close()


@pytest.fixture
def star() -> Star:
    """A session with blocks of two authors, and two more clients."""
    star = Star()
    star.authority.seed(
        [block("mine", "peer-0", "my 😀 text"), block("yours", "peer-1", "your text")]
    )
    star.join(7)
    star.join(8)
    return star
