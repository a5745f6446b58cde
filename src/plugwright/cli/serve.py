"""``plugwright serve``: the plugin in production."""

import os
import sys
from typing import Annotated

import typer

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


def serve(
    target: Target,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Worker processes.", envvar="PLUGWRIGHT_WORKERS")] = 1,
    public_url: PublicUrl = None,
) -> None:
    """Serve a plugin over REST, OpenAPI, the legacy manifest and MCP."""
    # uvicorn costs 0.15 s that the other commands need not pay
    from plugwright.cli import serving  # noqa: PLC0415
    from plugwright.cli.shared_metrics import shared_metrics  # noqa: PLC0415

    os.environ["PLUGWRIGHT_WORKERS"] = str(workers)  # what is only safe in one process asks for it
    listening = serving.prepare(target, host, port, public_url)
    sys.stderr.write(serving.announce(os.environ["PLUGWRIGHT_PUBLIC_URL"]))
    with shared_metrics(workers):
        serving.run(serving.config(workers=workers), listening)
