"""A module from the archive is the module that its own file would give."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# Imports two modules of the folder, tells what they are, and renews the archive like a program
# that missed many.
PROGRAM = """
import inspect, json, sys
from chatter_tui.startup import archive
archive.MISSED = int(sys.argv[2])
kept = archive.Archive(sys.argv[1])
sys.meta_path.insert(0, kept)
import sample, sample.part
told = []
for module in (sample, sample.part):
    spec = module.__spec__
    facts = {name: getattr(module, name, None) for name in ("__name__", "__file__", "__path__")}
    facts |= {name: getattr(module, name) for name in ("__package__", "__cached__", "VALUE")}
    facts["spec"] = [spec.name, spec.origin, spec.cached, spec.parent, spec.has_location]
    facts["source"] = inspect.getsource(module.function)
    facts["code"] = [module.function.__code__.co_filename, module.function.__doc__]
    facts["data"] = len(spec.loader.get_data(spec.origin))
    told.append(facts)
kept.renew()
kept.close()
print(json.dumps({"facts": told, "from": type(sample.__spec__.loader).__name__}))
"""
MODULE = 'VALUE = {}\n\ndef function():\n    """Says why."""\n    return VALUE\n'


class Kept:
    """A folder with a package, an archive, and programs that use both."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.archive = folder, folder / "archive"
        self.package = folder / "package"
        (self.package / "sample").mkdir(parents=True)
        self.write("__init__", 1)
        self.write("part", 2)

    def write(self, module: str, value: int) -> None:
        (self.package / "sample" / f"{module}.py").write_text(MODULE.format(value))

    def forget_compiled(self) -> None:
        shutil.rmtree(self.package / "sample" / "__pycache__")

    def run(self, *, missed: int = 1, **environ: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(self.archive), str(missed)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self.package)} | environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=50,
        )
        assert not done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def values(self, path: str | None = None) -> tuple[list[int], bool]:
        """Return the values in the modules, and whether the first came from the archive."""
        told = self.run(PYTHONPATH=path or str(self.package))
        return [facts["VALUE"] for facts in told["facts"]], told["from"] == "_Loader"


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_a_module_is_what_it_is_without_the_archive(kept: Kept) -> None:
    before = kept.run()
    kept.forget_compiled()
    after = kept.run()
    assert before["from"] == "SourceFileLoader"
    assert after["from"] == "_Loader"
    assert before["facts"] == after["facts"]
    assert not (kept.package / "sample" / "__pycache__").exists()  # nor was it missed


def test_a_changed_source_is_read(kept: Kept) -> None:
    assert kept.values() == ([1, 2], False)
    kept.write("__init__", 12)
    assert kept.values() == ([12, 2], False)
    assert kept.values() == ([12, 2], True)
    part = kept.package / "sample" / "part.py"
    kept.write("part", 3)  # as long as before
    later = part.stat().st_mtime_ns + 10**9  # Python's own files are compared in seconds
    os.utime(part, ns=(later, later))
    assert kept.values() == ([12, 3], True)


def test_a_removed_source_is_gone(kept: Kept) -> None:
    kept.run()
    (kept.package / "sample" / "part.py").unlink()
    with pytest.raises(subprocess.CalledProcessError) as error:
        kept.run()
    assert "ModuleNotFoundError: No module named 'sample.part'" in error.value.stderr


def test_another_search_path_is_another_archive(kept: Kept, tmp_path: Path) -> None:
    kept.run()
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(kept.package, elsewhere)
    kept.write("part", 5)
    assert kept.values(f"{elsewhere}:{kept.package}") == ([1, 2], False)


def test_what_is_broken_or_cut_is_not_used(kept: Kept) -> None:
    kept.run()
    whole = kept.archive.read_bytes()
    end = len(whole)
    index = end - 8 - int.from_bytes(whole[-8:], "big")
    cut = [whole[:length] for length in (0, 5, 100, index, end - 100, end - 1)]
    lengths = [whole[:-8] + number.to_bytes(8, "big") for number in (0, 7, end * 2, 2**63)]
    for broken in (*cut, *lengths, bytes(index) + whole[index:], b"\xff" * 200):
        kept.archive.write_bytes(broken)
        values, _ = kept.values()
        assert values == [1, 2]


def test_it_is_written_only_when_that_is_worthwhile_and_wanted(kept: Kept) -> None:
    kept.run(missed=1_000_000)
    kept.run(PYTHONDONTWRITEBYTECODE="1")
    assert not kept.archive.exists()
    kept.archive.mkdir()  # it cannot be written, and leaves nothing behind
    kept.run()
    assert {each.name for each in kept.folder.iterdir()} == {"archive", "package"}
    kept.archive.rmdir()
    kept.run()
    written = kept.archive.stat().st_mtime_ns
    kept.run()
    assert kept.archive.stat().st_mtime_ns == written


def test_the_program_uses_one(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPYCACHEPREFIX": str(tmp_path)}
    told = []
    for options in ([], ["-v"]):
        done = subprocess.run(
            [sys.executable, *options, "-m", "chatter_tui", "--version"],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=50,
        )
        told.append(done)
    assert told[0].stdout == told[1].stdout
    assert not told[0].stderr
    assert len([*tmp_path.rglob("*.modules")]) == 1
    (imported,) = [line for line in told[1].stderr.splitlines() if "import 'typer'" in line]
    assert "archive._Loader" in imported
