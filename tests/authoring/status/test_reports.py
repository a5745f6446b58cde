"""What `plugwright status` finds out about plugins that run."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager

from aiohttp import web
from rich.console import Console

from plugwright import Cache, NotFound, Plugin
from plugwright.authoring.status.report import Pool, Report
from plugwright.authoring.status.view import duration, view
from plugwright.authoring.status.watching import reports
from tests.auth.server.flows import Site, serving
from tests.external.servers import HOST, free_port
from tests.external.sign_in.notes import notes_plugin
from tests.operations.plugins import new_plugin


def weather_plugin() -> Plugin:
    plugin = new_plugin(name="weather", version="2.1.0")

    @plugin.operation(
        effect="read",
        open_world=False,
        cache=Cache(ttl="5m", shared=True),
        limit="2/hour",
    )
    async def temperature(city: str) -> int:
        """The temperature in a city."""
        if city == "Atlantis":
            raise NotFound("No city called Atlantis")
        return 21

    @plugin.operation(effect="read", open_world=False)
    async def broken() -> int:
        """Fails."""
        raise RuntimeError

    return plugin


async def report_on(url: str, metrics_urls: Sequence[str] = ()) -> Report:
    """One look."""
    async with aclosing(reports(url, metrics_urls, timeout=5, every=None)) as found:
        return await anext(found)


async def call(site: Site, path: str, times: int = 1) -> None:
    async with site.browser() as browser:
        for _ in range(times):
            await browser.get(path)


def shown(report: Report) -> str:
    """What a person sees."""
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(view(report))
    return console.export_text()


@asynccontextmanager
async def stub(replies: Mapping[str, tuple[int, str]]) -> AsyncGenerator[str]:
    """A server that is no plugin."""

    async def answer(request: web.Request) -> web.Response:
        status, text = replies.get(request.path, (404, "nothing"))
        if status == 308:
            raise web.HTTPPermanentRedirect(text)
        return web.Response(status=status, text=text)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield f"http://{HOST}:{port}"
    finally:
        await runner.cleanup()


async def test_a_plugin_that_runs_is_told_in_full(sqlite_url: str):
    async with serving(sqlite_url, weather_plugin()) as site:
        await call(site, "/temperature?city=Kyoto", times=2)
        await call(site, "/temperature?city=Kyoto")
        await call(site, "/broken", times=3)

        report = await report_on(f"{site.url}/")

    assert (report.is_healthy, report.status, report.problem) == (True, "ready", "")
    assert report.name == "weather"
    assert report.versions["plugin"] == "2.1.0"
    assert report.versions["openapi"].startswith("3.1")
    assert report.versions["mcp"].startswith("2026-07-28, 2025-11-25")
    assert report.versions["manifest"] == "v1"
    assert report.round_trip_ms
    assert report.calls is not None
    assert (report.calls.total, report.calls.refused, report.calls.failed) == (6, 1, 3)
    assert report.calls.p95_ms is not None
    assert report.cache is not None
    assert (report.cache.replies, report.cache.hit_rate) == (2, 0.5)
    assert report.limits is not None
    assert (report.limits.admitted, report.limits.refused) == (2, 1)
    assert report.pools[0] == Pool("calls in progress", 0, 256, 0)
    assert {(failure.operation, failure.code, failure.count) for failure in report.errors} == {
        ("broken", "internal_error", 3),
        ("temperature", "too_many_calls", 1),
    }
    text = shown(report)
    for words in ("ready", "weather 2.1.0", "50.0% hits", "1 refused, 3 failed", "internal_error", "p95"):
        assert words in text


async def test_a_second_look_tells_of_the_time_between(sqlite_url: str):
    async with serving(sqlite_url, weather_plugin()) as site:
        await call(site, "/broken", times=3)
        async with aclosing(reports(site.url, [], timeout=5, every=0.01)) as found:
            await anext(found)
            await call(site, "/temperature?city=Atlantis", times=2)
            second = await anext(found)
            third = await anext(found)

    assert second.calls is not None
    assert second.calls.total == 2
    assert second.calls.per_second
    newest, older = second.errors
    assert (newest.code, newest.count, newest.last_seen) == ("not_found", 2, second.at)
    assert (older.code, older.count, older.last_seen) == ("internal_error", 3, None)
    assert third.errors == second.errors


async def test_what_only_signed_in_callers_see_is_said_so(sqlite_url: str):
    async with serving(sqlite_url, notes_plugin()) as site:
        report = await report_on(site.url)

    assert report.is_healthy
    assert report.versions["mcp"] == "for who is signed in"


async def test_without_metrics_the_rest_is_told(sqlite_url: str):
    async with serving(sqlite_url, weather_plugin(), public_metrics=False) as site:
        report = await report_on(site.url)
        elsewhere = await report_on(site.url, [f"{site.url}/openapi.json"])

    assert report.is_healthy
    assert (report.has_metrics, report.calls, elsewhere.has_metrics) == (False, None, False)
    assert "--metrics-url" in shown(report)


async def test_figures_of_replicas_add_up(sqlite_url: str):
    async with serving(sqlite_url, weather_plugin()) as site:
        await call(site, "/broken", times=2)
        report = await report_on(site.url, [f"{site.url}/metrics", f"{site.url}/metrics"])

    assert report.calls is not None
    assert report.calls.failed == 4


async def test_a_plugin_that_is_not_ready_is_not_healthy_and_the_reason_is_told():
    ready = '{"status": "unavailable", "failing": ["database"], "parts": {"database": "unavailable", "valkey": "ok"}}'
    async with stub({"/livez": (200, "ok"), "/readyz": (503, ready)}) as url:
        report = await report_on(url)

    assert (report.is_healthy, report.status) == (False, "unavailable")
    assert report.problem == "it is not ready: database"
    assert report.parts == {"database": "unavailable", "valkey": "ok"}
    assert "database unavailable" in shown(report)


async def test_a_redirect_to_the_plugin_is_followed():
    paths = ("/livez", "/readyz")
    plugin = stub({"/livez": (200, "ok"), "/readyz": (200, '{"status": "ready"}')})
    async with plugin as url, stub({path: (308, f"{url}{path}") for path in paths}) as other:
        report = await report_on(other)

    assert (report.is_healthy, report.status) == (True, "ready")


async def test_another_kind_of_server_is_not_healthy():
    async with stub({"/livez": (200, "<html>"), "/readyz": (200, "[1]")}) as url:
        report = await report_on(url)

    assert (report.is_healthy, report.status) == (False, "unknown")
    assert "no plugin of Plugwright" in report.problem


async def test_a_host_that_cannot_be_reached_is_told_in_a_sentence():
    url = f"http://{HOST}:{free_port()}"

    report = await report_on(url)

    assert (report.is_healthy, report.status) == (False, "unreachable")
    assert report.problem.startswith(f"{url} cannot be reached: ")
    assert report.problem in " ".join(shown(report).split())


async def test_a_host_that_says_nothing_is_given_up():
    has_left = asyncio.Event()

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        has_left.set()

    server = await asyncio.start_server(silence, HOST, 0)
    url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    async with server, aclosing(reports(url, [], timeout=0.2, every=None)) as found:
        report = await anext(found)
        await has_left.wait()

    assert report.problem == f"{url} did not answer within 0.2 s"


async def test_what_a_server_says_never_steers_the_terminal():
    health = '{"name": "evil\\u001b[2J\\u0007", "version": "1"}'
    ready = '{"status": "ready\\u001b[31m", "parts": {"data\\u0009base": "\\u202eok"}}'
    async with stub({"/livez": (200, "ok"), "/readyz": (200, ready), "/healthz": (200, health)}) as url:
        report = await report_on(url)

    text = shown(report)
    assert not [letter for letter in text if not letter.isprintable() and letter != "\n"]
    assert "\N{REPLACEMENT CHARACTER}[2J" in text


def test_durations_are_told_in_two_units():
    assert [duration(seconds) for seconds in (0, 59, 61, 3600, 90_061)] == [
        "0 s",
        "59 s",
        "1 min 1 s",
        "1 h",
        "1 d 1 h",
    ]
