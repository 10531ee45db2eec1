"""`signal`: a signaling server for hosts that clients cannot reach directly."""

from __future__ import annotations

import asyncio
import signal as signals
import sys
from typing import Annotated

import typer

from chatter_tui.cli.exits import Exit
from chatter_tui.cli.failure import Failure


def signal(
    *,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 is any.")
    ] = "127.0.0.1:4444",
    origin: Annotated[
        list[str],
        typer.Option(metavar="URL", help="A web origin that may use it; by default all may."),
    ] = [],  # noqa: B006 - typer copies it
) -> int:
    """Run a signaling server. It connects peers and sees only encrypted offers."""
    from chatter_tui.session.invites import Address, InviteError  # noqa: PLC0415
    from chatter_tui.transport import ListenError  # noqa: PLC0415

    try:
        address = Address.parse(listen)
    except InviteError as error:
        raise Failure(f"--listen: {error}", Exit.USAGE) from error
    try:
        asyncio.run(_serve(address.host, address.port, origin or None))
    except ListenError as error:
        raise Failure(str(error)) from error
    return Exit.DONE


async def _serve(host: str, port: int, origins: list[str] | None) -> None:
    from chatter_tui.session.invites import Address  # noqa: PLC0415
    from chatter_tui.transport import SignalingServer  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signals.SIGINT, signals.SIGTERM):
        loop.add_signal_handler(number, over.set)
    server = SignalingServer(origins=origins)
    try:
        await server.listen(host, port)
        for place in server.addresses:
            sys.stdout.write(f"signaling at ws://{Address(*place)}\n")
        sys.stdout.flush()
        await over.wait()
    finally:
        await server.close()
