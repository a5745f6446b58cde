"""``plugwright serve``: the plugin in production."""

import os
import sys
from typing import Annotated

import typer

from plugwright.cli.listening import announcement, open_address

Target = Annotated[str, typer.Argument(metavar="MODULE:ATTR", help="Where the plugin is, such as weather:plugin.")]
Host = Annotated[str, typer.Option(help="Address to listen on.", envvar="PLUGWRIGHT_HOST")]
Port = Annotated[
    int,
    typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.", envvar="PLUGWRIGHT_PORT"),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(help="Where it is reached from outside; by default the address. Also PLUGWRIGHT_PUBLIC_URL."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=256,
        help="Worker processes under a supervisor, which SIGHUP makes replace them; by default this process alone.",
        envvar="PLUGWRIGHT_WORKERS",
    ),
]


def serve(
    target: Target,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = None,
    public_url: PublicUrl = None,
) -> None:
    """Serve a plugin over REST, OpenAPI, the legacy manifest and MCP."""
    os.environ["PLUGWRIGHT_WORKERS"] = str(workers or 1)  # what is only safe in one process asks for it
    listening = open_address(target, host, port, public_url)
    if workers is not None:
        from plugwright.cli.supervising import supervise  # noqa: PLC0415 as below

        sys.exit(supervise(listening, workers))
    # uvicorn costs 0.15 s that the other commands need not pay
    from plugwright.cli import serving  # noqa: PLC0415
    from plugwright.cli.shared_metrics import shared_metrics  # noqa: PLC0415

    serving.check()
    with shared_metrics(1):
        sys.stderr.write(announcement())
        serving.serve_here(listening)
