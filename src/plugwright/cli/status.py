"""``plugwright status``: one look at a running plugin, or one every few seconds."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plugwright.authoring.status.report import Report

_UNHEALTHY = 1


def status(
    url: Annotated[str, typer.Argument(help="Where the plugin is, such as https://weather.example.com.")],
    *,
    metrics_url: Annotated[
        list[str] | None,
        typer.Option(help="Where its figures are, if not at /metrics of the plugin. Repeatable: replicas add up."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(min=0.2, max=3600, help="Seconds between two looks.")] = 2.0,
    timeout: Annotated[float, typer.Option(min=0.1, max=60, help="Seconds that a request may take.")] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; with --watch a line each.")] = False,
) -> None:
    """Show how a running plugin is. Exit code 1 when it is not healthy."""
    # An HTTP client is loaded only here.
    from plugwright.authoring.status.watching import reports  # noqa: PLC0415

    found = reports(url, metrics_url or [], timeout=timeout, every=every if watch else None)
    show = (_print_line if watch else _print_object) if as_json else None
    try:
        is_healthy = asyncio.run(_each(found, show)) if show else _shown(found, is_live=watch)
    except KeyboardInterrupt:  # how a watch ends
        return
    if not is_healthy:
        raise typer.Exit(_UNHEALTHY)


async def _each(found: AsyncGenerator["Report"], show: Callable[["Report"], None]) -> bool:
    """Show every report; whether the last was of a healthy plugin."""
    is_healthy = False
    async with aclosing(found):
        async for report in found:
            is_healthy = report.is_healthy
            show(report)
    return is_healthy


def _print_object(report: "Report") -> None:
    sys.stdout.write(json.dumps(report.as_json(), indent=2) + "\n")


def _print_line(report: "Report") -> None:
    sys.stdout.write(json.dumps(report.as_json()) + "\n")
    sys.stdout.flush()


def _shown(found: AsyncGenerator["Report"], *, is_live: bool) -> bool:
    from rich.console import Console  # noqa: PLC0415 only what people look at needs rich
    from rich.live import Live  # noqa: PLC0415 as above

    from plugwright.authoring.status.view import view  # noqa: PLC0415 as above

    console = Console()
    if not is_live:
        return asyncio.run(_each(found, lambda report: console.print(view(report))))
    with Live(console=console, auto_refresh=False) as live:
        return asyncio.run(_each(found, lambda report: live.update(view(report), refresh=True)))
