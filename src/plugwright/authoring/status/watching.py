"""Looks as reports: one, or one every few seconds with figures of the time between."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from plugwright.authoring.status.figures import Figures, parse_figures
from plugwright.authoring.status.looking import Look, Looker
from plugwright.authoring.status.report import Report, understand


async def reports(
    url: str,
    metrics_urls: Sequence[str],
    *,
    timeout: float,  # noqa: ASYNC109 of each request
    every: float | None,
) -> AsyncGenerator[Report]:
    """Reports on the plugin at a URL: one, or without end.

    Raises:
        SetupError: a URL is none.
    """
    before: tuple[Report, Figures | None] | None = None
    async with Looker(url, metrics_urls, timeout=timeout) as looker:
        while True:
            look = await looker.look()
            figures = _figures(look)
            report = understand(looker.url, look, figures, before)
            yield report
            if every is None:
                return
            before = (report, figures)
            await asyncio.sleep(every)


def _figures(look: Look) -> Figures | None:
    pages = [answer.text for answer in look.metrics if answer.is_ok]
    try:
        return parse_figures(pages) if pages else None
    except ValueError:
        return None
