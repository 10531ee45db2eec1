"""`demo`: a sample document, a host on screen, and a second reviewer in its own process."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.controller import SessionRun
    from chatter_tui.controller.events import Event


def demo(
    *,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep", metavar="FOLDER", help="Keep the document and its comments in this folder."
        ),
    ] = None,
) -> int:
    """Review a sample document with a second peer, who joins over real WebRTC on this machine."""
    from chatter_tui.cli.opening import new_session  # noqa: PLC0415
    from chatter_tui.cli.running import run_session  # noqa: PLC0415
    from chatter_tui.controller.events import Ready  # noqa: PLC0415

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_folder(keep))
        document = folder / "rollout.md"
        if not document.exists():
            sample = files("chatter_tui.demo").joinpath("rollout.md").read_bytes()
            document.write_bytes(sample)
        # The guest's copy and the certificate are removed in any case.
        aside = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatter-guest-")))
        guests = stack.enter_context(_guests())

        def bring_guest(event: Event) -> None:
            if isinstance(event, Ready) and event.invite:
                guests.append(_start_guest(event.invite, aside))

        def make() -> SessionRun:
            from chatter_tui.controller.host import HostSession  # noqa: PLC0415
            from chatter_tui.controller.listening import Listening  # noqa: PLC0415
            from chatter_tui.session.invites import Address  # noqa: PLC0415

            here = (Address("127.0.0.1", 0),)
            listening = Listening(here, aside / "certificate.pem", strict=True)
            return HostSession(new_session(), document, "ana", listening)

        return run_session(make, (document.name, document.read_text()), also=bring_guest)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    made = Path(tempfile.mkdtemp(prefix="chatter-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def _guests() -> Iterator[list[subprocess.Popen[bytes]]]:
    guests: list[subprocess.Popen[bytes]] = []
    try:
        yield guests
    finally:
        for guest in guests:
            assert guest.stdin is not None
            guest.stdin.close()  # which tells the guest to leave
            try:
                guest.wait(5)
            except subprocess.TimeoutExpired:
                guest.kill()
                guest.wait()


def _start_guest(invite: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this program
        [sys.executable, "-m", "chatter_tui.demo.guest", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "CHATTER_INVITE": invite},
    )
