"""Run the benchmarks and print their figures: all, or those of the given topics.

    just bench [--json FILE] [TOPIC ...]

Figures are for comparison with docs/benchmarks.md on one machine, not between machines.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table


def main() -> None:
    here = Path(__file__).parent
    topics = sorted(path.stem.removeprefix("bench_") for path in here.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(topics))
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.topics) - set(topics):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    console = Console()
    figures: dict[str, dict[str, str]] = {}
    for topic in arguments.topics or topics:
        module = importlib.import_module(f"tests.benchmarks.bench_{topic}")
        before = empty_loop()
        rows: list[tuple[str, str]] = module.run()
        speed = f"{before:.0f} / {empty_loop():.0f} ms"
        rows.append(("a million empty rounds, before / after", speed))
        figures[topic] = dict(rows)
        table = Table(title=topic, title_justify="left", show_header=False)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def empty_loop() -> float:
    """Measure the current speed of the machine: CPU time of a million empty rounds, in ms."""
    start = time.process_time()
    for _ in range(1_000_000):
        pass
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    main()
