"""One holder at a time, and none that outlives its process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatter_tui.storage import HeldError
from chatter_tui.storage.lock import hold

HOLDER = """
import sys, time
from pathlib import Path
from chatter_tui.storage.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def test_the_second_is_told_who_holds_and_since_when(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = holder(path)
    with pytest.raises(HeldError, match=f"process {process.pid} since 20") as raised, hold(path):
        pass
    assert raised.value.holder is not None
    assert raised.value.holder.pid == process.pid
    end(process)
    assert not path.exists()
    with hold(path):
        pass


def test_a_killed_holder_holds_no_more(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = holder(path)
    process.send_signal(signal.SIGKILL)
    end(process)
    assert path.exists()
    with hold(path):
        assert str(os.getpid()) in path.read_text()
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"garbage", b"[1]", b"[[], {}]", b"\xff"])
def test_a_holder_that_says_nothing_sensible_still_holds(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lock"
    with hold(path):
        path.write_bytes(content)
        with pytest.raises(HeldError, match="another process"), hold(path):
            pass


def test_a_lock_file_deleted_by_somebody_can_be_claimed_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path):
        path.unlink()
    with hold(path):
        pass
