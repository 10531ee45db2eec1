"""`host`, `join`, `review`: their arguments. What they do is in `opening`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatter_tui.cli import opening

if TYPE_CHECKING:
    from chatter_tui.transport import Transport


class InviteRole(StrEnum):
    """The roles that an invite can grant."""

    MODERATOR = "moderator"
    REVIEWER = "reviewer"
    VIEWER = "viewer"


class TransportOption(StrEnum):
    """The transport to use."""

    AUTO = "auto"
    WEBRTC = "webrtc"
    WEBSOCKET = "websocket"


Document = Annotated[Path, typer.Argument(metavar="FILE", help="The Markdown document.")]
Name = Annotated[
    str, typer.Option("--name", help="Your display name.", envvar="CHATTER_NAME", show_envvar=True)
]
Listen = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 is any. [every interface]"),
]
Headless = Annotated[
    bool, typer.Option("--headless", help="No screen: JSON lines on stdin and stdout.")
]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain",
        help="Plain text and typed commands, for screen readers.",
        envvar="CHATTER_PLAIN",
        show_envvar=True,
    ),
]
Signaling = Annotated[
    list[str], typer.Option("--signal", metavar="URL", help="A signaling server to use.")
]
IceServers = Annotated[
    list[str],
    typer.Option("--ice", metavar="URL", help="A STUN or TURN server; none is used by default."),
]


def review(file: Document, *, name: Name = "", plain: Plain = False) -> int:
    """Review a document alone."""
    return opening.review(file, name=name, plain=plain)


def host(
    file: Document,
    *,
    name: Name = "",
    listen: Listen = None,
    signal: Signaling = [],  # noqa: B006 - typer copies it
    ice: IceServers = [],  # noqa: B006
    role: Annotated[InviteRole, typer.Option(help="The role of the first invite.")] = (
        InviteRole.REVIEWER
    ),
    headless: Headless = False,
    plain: Plain = False,
) -> int:
    """Review a document with others: they join with the invite that is shown."""
    return opening.host(
        file,
        name=name,
        listen=listen,
        signal=signal,
        ice=ice,
        role=role.value,
        headless=headless,
        plain=plain,
    )


def join(
    invite: Annotated[
        str | None,
        typer.Argument(
            metavar="INVITE",
            help=f"The line the host gave you; - reads it from stdin; default: ${opening.INVITE_VARIABLE}."
            " Without one: a session on this machine, by id or from a list.",
        ),
    ] = None,
    *,
    name: Name = "",
    directory: Annotated[
        Path, typer.Option("--dir", metavar="FOLDER", help="The folder for your copy.")
    ] = Path(),
    transport: Annotated[TransportOption, typer.Option(help="The transport to use.")] = (
        TransportOption.AUTO
    ),
    signal: Signaling = [],  # noqa: B006
    ice: IceServers = [],  # noqa: B006
    headless: Headless = False,
    plain: Plain = False,
) -> int:
    """Join a session with an invite."""
    chosen: Transport = transport.value
    return opening.join(
        invite,
        name=name,
        directory=directory,
        transport=chosen,
        signal=signal,
        ice=ice,
        headless=headless,
        plain=plain,
    )
