"""/metrics on the plugin's own port: what it tells, in which form, and to whom."""

import asyncio
import subprocess
import sys

import pytest
from pydantic import SecretStr

from plugwright import Cache, Call, Conflict, NotFound, Upstream, UpstreamError
from plugwright.observe.counters import BUCKETS
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.observe.arrivals import Came
from tests.observe.metrics.scraping import OPENMETRICS, openmetrics_samples, samples, scraped
from tests.web.plugins import doing, new_plugin

PRODUCTION = Settings(
    environment="production",
    public_url="https://plugin.example",
    secret=SecretStr("Zq8wJ4bL5x7Tn2Kd9RfGh4Vm6Jc3Ys1Pa0"),
)


async def test_calls_are_told_by_operation_protocol_and_outcome() -> None:
    async def do(number: int) -> int:
        if number > 1:
            raise Conflict("No")
        return number

    async with Client(doing(do, name="do")) as client:
        for target in ("/do?number=1", "/do?number=1", "/do?number=2", "/do?number=x"):
            await client.get(target)
        await client.mcp("tools/call", {"name": "do", "arguments": {"number": 1}})
        found = await scraped(client)

    calls = {key: value for key, value in found.items() if key.startswith("plugwright_calls_total")}
    assert calls == {
        'plugwright_calls_total{operation="do",outcome="ok",protocol="rest"}': 2,
        'plugwright_calls_total{operation="do",outcome="conflict",protocol="rest"}': 1,
        'plugwright_calls_total{operation="do",outcome="invalid_input",protocol="rest"}': 1,
        'plugwright_calls_total{operation="do",outcome="ok",protocol="mcp"}': 1,
    }


async def test_durations_spread_over_buckets_up_to_the_patience_of_chatgpt() -> None:
    async def do() -> None: ...

    async with Client(doing(do)) as client:
        observe = client.app.counters("do")
        for seconds in (0.001, 0.3, 44.0, 46.0):
            observe(Came("x"), "ok", seconds)
        found = await scraped(client)

    of = 'operation="do",outcome="ok",protocol="rest"'
    buckets = [found[f'plugwright_call_duration_seconds_bucket{{le="{bound}",{of}}}'] for bound in (*BUCKETS, "+Inf")]
    assert BUCKETS[-1] == 45.0
    assert buckets == [1] * 5 + [1, 2, 2, 2, 2, 2, 2, 2, 3, 4]
    assert found[f"plugwright_call_duration_seconds_sum{{{of}}}"] == pytest.approx(90.301)
    assert found[f"plugwright_call_duration_seconds_count{{{of}}}"] == 4


async def test_both_formats_tell_the_same_and_their_parsers_take_them() -> None:
    async def do() -> None: ...

    async with Client(doing(do, limit="100/minute", cache=Cache(ttl="1m"))) as client:
        await client.get("/do")
        text = await client.get("/metrics")
        other = await client.get("/metrics", headers={"accept": OPENMETRICS})

    assert text.headers["content-type"].startswith("text/plain")
    assert other.headers["content-type"].startswith("application/openmetrics-text")
    assert text.headers["cache-control"] == "no-store"
    changing = ("process_", "plugwright_event_loop")
    one, two = (
        {key: value for key, value in found.items() if not key.startswith(changing)}
        for found in (samples(text.text), openmetrics_samples(other.text))
    )
    assert one == two


async def test_calls_in_progress_and_in_the_queue_are_told_while_they_are() -> None:
    plugin = new_plugin()
    gate = asyncio.Event()

    @plugin.operation(effect="read", open_world=False, path="/wait", name="wait", concurrency=1)
    async def wait() -> None:
        """Wait."""
        await gate.wait()

    async with Client(plugin, Settings(queue_time=30)) as client:
        await finish(client, gate)  # from now on the operation is known to wait
        calls = [asyncio.create_task(client.get("/wait")) for _ in range(3)]
        await until(client, 'plugwright_operation_calls_queued{operation="wait"}', 2)
        during = await scraped(client)
        gate.set()
        await asyncio.gather(*calls)
        after = await scraped(client)

    of = '{operation="wait"}'
    assert during[f"plugwright_operation_calls_in_progress{of}"] == 1
    assert during[f"plugwright_operation_calls_in_progress_limit{of}"] == 1
    assert (during["plugwright_calls_in_progress"], during["plugwright_calls_in_progress_limit"]) == (1, 256)
    assert [after[f"plugwright_operation_calls_{each}{of}"] for each in ("in_progress", "queued")] == [0, 0]


async def test_calls_that_get_no_turn_are_told_with_the_reason() -> None:
    plugin = new_plugin()
    gate = asyncio.Event()

    @plugin.operation(effect="read", open_world=False, path="/wait", name="wait")
    async def wait() -> None:
        """Wait."""
        await gate.wait()

    async with Client(plugin, Settings(max_concurrent_calls=1, queue_time=0.05)) as client:
        await finish(client, gate)
        first = asyncio.create_task(client.get("/wait"))
        await until(client, "plugwright_calls_in_progress", 1)
        refused = await client.get("/wait")
        gate.set()
        await first
        found = await scraped(client)

    assert refused.status == 503
    assert found['plugwright_calls_refused_total{operation="",reason="timeout"}'] == 1
    assert found["plugwright_call_queue_duration_seconds_count"] == 1
    assert 0.05 <= found["plugwright_call_queue_duration_seconds_sum"] < 5


async def test_limits_tell_whom_they_admitted_and_refused() -> None:
    async def do() -> None: ...

    async with Client(doing(do, name="do", limit=["2/minute", "10/hour"])) as client:
        for _ in range(5):
            await client.get("/do")
        found = await scraped(client)

    of = 'counted_in="process",operation="do"'
    assert found[f'plugwright_limited_calls_total{{{of},outcome="admitted"}}'] == 2
    assert found[f'plugwright_limited_calls_total{{{of},outcome="refused"}}'] == 3


async def test_the_cache_tells_where_replies_came_from() -> None:
    async def do(word: str) -> str:
        if word == "lost":
            raise NotFound("Lost")
        if word == "broken":
            raise ValueError
        return word

    async with Client(doing(do, name="do", cache=Cache(ttl="1m"))) as client:
        for word in ("a", "a", "a", "b", "broken", "lost"):
            await client.get(f"/do?word={word}")
        found = await scraped(client)

    sources = {
        source: found[f'plugwright_cache_replies_total{{operation="do",source="{source}"}}']
        for source in ("memory", "memory_stale", "valkey", "handler")
    }
    assert sources == {"memory": 2, "memory_stale": 0, "valkey": 0, "handler": 4}
    assert found['plugwright_cache_failures_total{operation="do"}'] == 1
    assert found["plugwright_cache_entries"] == 2
    assert 0 < found["plugwright_cache_bytes"] < found["plugwright_cache_bytes_limit"]


async def test_an_upstream_tells_of_its_requests_its_breaker_and_its_connections() -> None:
    nowhere = Upstream("http://127.0.0.1:9", name="nowhere", attempts=2, concurrency=7)

    async def do(*, call: Call) -> str:
        try:
            await call.upstream(nowhere).get_json("/", returns=str)
        except UpstreamError as error:
            return error.code
        return "ok"

    async with Client(doing(do)) as client:
        for _ in range(6):
            await client.get("/do")
        found = await scraped(client)
        await nowhere.aclose()

    of = 'upstream="nowhere"'
    assert found[f'plugwright_upstream_requests_total{{outcome="upstream_unavailable",{of}}}'] == 6
    assert found[f'plugwright_upstream_attempts_total{{outcome="connect",{of}}}'] == 5
    assert found[f'plugwright_upstream_refused_total{{reason="breaker_open",{of}}}'] >= 1
    states = [found[f'plugwright_upstream_breakers{{state="{state}",{of}}}'] for state in ("closed", "open")]
    assert states == [0, 1]
    assert found[f"plugwright_upstream_breaker_openings_total{{{of}}}"] == 1
    assert found[f"plugwright_upstream_connections_limit{{{of}}}"] == 7
    assert found[f"plugwright_upstream_attempt_duration_seconds_count{{{of}}}"] == 5


async def test_a_process_tells_of_itself() -> None:
    async with Client(new_plugin()) as client:
        found = await scraped(client)

    (built,) = [key for key in found if key.startswith("plugwright_build_info")]
    assert 'plugin="sample"' in built
    assert 'plugin_version="1.0.0"' in built
    assert found["process_cpu_seconds_total"] > 0
    assert found["process_resident_memory_bytes"] > 10_000_000
    assert 3 <= found["process_open_fds"] < found["process_max_fds"]
    assert found["plugwright_processes"] == 1


async def test_how_late_the_event_loop_is_is_told() -> None:
    async with Client(new_plugin()) as client:
        await until(client, "plugwright_event_loop_lag_seconds_count", 1)


async def test_nothing_of_what_callers_send_is_told() -> None:
    async def do(word: str) -> str:
        if word.startswith("c"):
            raise NotFound(word)
        return word

    async with Client(doing(do, limit="100/minute", cache=Cache(ttl="1m"))) as client:
        for target in ("/do?word=canary", "/do?word=Canary", "/canary", "/do?canary=1"):
            await client.get(target, headers={"authorization": "Bearer canary", "x-forwarded-for": "canary"})
        await client.mcp("tools/call", {"name": "canary", "arguments": {"canary": "canary"}})
        page = await client.get("/metrics")

    assert "canary" not in page.text.lower()


async def test_codes_that_are_made_up_at_run_time_do_not_grow_without_end() -> None:
    async with Client(doing(nothing)) as client:
        observe = client.app.counters("do")
        for number in range(1000):
            observe(Came("x"), f"code_{number}", 0.0)
        found = await scraped(client)

    outcomes = [key for key in found if key.startswith("plugwright_calls_total")]
    assert len(outcomes) <= 51
    assert found['plugwright_calls_total{operation="do",outcome="other",protocol="rest"}'] >= 950


async def test_in_production_nobody_is_told_unless_the_operator_says_so() -> None:
    shown = PRODUCTION.model_copy(update={"public_metrics": True})
    async with Client(new_plugin(), PRODUCTION) as closed, Client(new_plugin(), shown) as opened:
        refused, told = [
            await client.get("/metrics", headers={"host": "plugin.example"}) for client in (closed, opened)
        ]

    assert refused.status == 404
    assert told.status == 200


async def test_in_development_it_can_be_turned_off() -> None:
    async with Client(new_plugin(), Settings(public_metrics=False)) as client:
        assert (await client.get("/metrics")).status == 404


async def test_a_page_of_another_origin_cannot_read_it() -> None:
    async with Client(new_plugin()) as client:
        rebound = await client.get("/metrics", headers={"host": "evil.example"})
        foreign = await client.get("/metrics", headers={"origin": "https://evil.example"})

    assert rebound.status == 421
    assert "access-control-allow-origin" not in foreign.headers


async def test_only_reading_is_served() -> None:
    async with Client(new_plugin()) as client:
        posted = await client.request("POST", "/metrics")
        head = await client.request("HEAD", "/metrics")

    assert (posted.status, posted.headers["allow"]) == (405, "GET, HEAD")
    assert head.status == 200


def test_what_is_not_scraped_does_not_load_the_client_library() -> None:
    code = (
        "import sys; import examples.weather.plugin as weather; weather.plugin.asgi(); "
        "print([name for name in sys.modules if name.startswith('prometheus_client')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert shown.stdout.strip() == "[]"


async def nothing() -> None:
    """What an operation does that nobody calls."""


async def finish(client: Client, gate: asyncio.Event) -> None:
    """Call an operation once that waits for a gate, and close the gate again."""
    gate.set()
    await client.get("/wait")
    gate.clear()
    waiting = asyncio.create_task(client.get("/wait"))
    await until(client, "plugwright_calls_in_progress", 1)
    gate.set()
    await waiting
    gate.clear()


async def until(client: Client, name: str, least: float) -> None:
    """Return when a figure has grown so far."""
    for _ in range(1000):
        if (await scraped(client)).get(name, 0) >= least:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{name} did not become {least}")
