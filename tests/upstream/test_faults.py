"""Must show 5 in short: a faulty network in front of a real service. The full runs are in tests/faults/upstream."""

import asyncio
import time
from typing import Any

import pytest

from plugwright import Upstream, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from plugwright.upstream.exchange import CallContext
from tests.upstream.fault_proxy import FAULTS, PASS, Fault, fault_proxy
from tests.upstream.services import FakeTime, echo, service

SLACK_SECONDS = 1.0  # a busy machine; the full runs allow a tenth of it


def counting(upstream: Upstream) -> dict[str, int]:
    return dict(upstream.tally.attempts)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.seconds:g}")
async def test_under_every_fault_a_request_ends_with_its_deadline(fault: Fault) -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda _: fault
        async with Upstream(proxy.url, timeout="300ms") as upstream:
            started = time.monotonic()
            with pytest.raises(UpstreamError):
                await upstream.request("GET", "/")
            took = time.monotonic() - started

    assert took <= 0.3 + SLACK_SECONDS
    assert upstream.tally.requests.total() == 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.seconds:g}")
async def test_under_every_fault_the_breaker_opens_within_ten_failures(fault: Fault) -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda _: fault
        # Its own pauses take no time; those of the network do
        async with Upstream(proxy.url, timeout="60ms", timing=FakeTimeOfPauses().timing()) as upstream:
            for _ in range(10):
                with pytest.raises(UpstreamError):
                    await upstream.request("GET", "/")
            (link,) = upstream.links()

            assert link.breaker.openings == 1
            assert proxy.requests <= 10


@pytest.mark.parametrize(
    "fault", [Fault("reset"), Fault("half_close"), Fault("truncate"), Fault("garbage"), Fault("busy", 0)]
)
async def test_a_fault_that_passes_is_not_noticed(fault: Fault) -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda number: PASS if number else fault
        fake = FakeTime()
        async with Upstream(proxy.url, read_timeout="200ms", timing=fake.timing()) as upstream:
            reply = await upstream.get_json("/", returns=dict[str, Any])

        assert reply["method"] == "GET"
        assert proxy.requests == 2
        assert len(fake.pauses) == 1


@pytest.mark.parametrize("fault", [Fault("black_hole"), Fault("delay", 30), Fault("half_close")])
async def test_a_service_that_hangs_once_is_asked_again_within_the_deadline(fault: Fault) -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda number: PASS if number else fault
        async with Upstream(proxy.url, read_timeout="100ms", timing=FakeTime().timing()) as upstream:
            reply = await upstream.get_json("/", returns=dict[str, Any])

        assert reply["method"] == "GET"
        assert proxy.requests == 2


@pytest.mark.parametrize("kind", ["reset", "half_close", "truncate", "garbage", "black_hole"])
async def test_what_a_service_may_have_done_is_not_done_twice(kind: Any) -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda _: Fault(kind)
        async with Upstream(proxy.url, timeout="200ms", timing=FakeTime().timing()) as upstream:
            with pytest.raises(UpstreamError):
                await upstream.post_json("/", json={}, returns=dict[str, Any])

        assert proxy.requests == 1


@pytest.mark.parametrize("kind", ["reset", "half_close", "garbage"])
async def test_the_client_library_repeats_nothing_on_its_own(kind: Any) -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda number: Fault(kind) if number else PASS
        async with Upstream(proxy.url, attempts=1, read_timeout="200ms") as upstream:
            await upstream.request("GET", "/")  # so that there is a connection to be used again
            with pytest.raises(UpstreamUnavailable):
                await upstream.request("GET", "/")

        assert proxy.requests == 2


async def test_a_deadline_is_a_timeout_and_a_broken_service_is_not() -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        async with Upstream(proxy.url, name="Shop", timeout="100ms") as upstream:
            proxy.plan = lambda _: Fault("drip", 0.02)
            with pytest.raises(UpstreamTimeout, match="Shop did not answer in time") as late:
                await upstream.request("GET", "/")
        async with Upstream(proxy.url, read_timeout="50ms", attempts=1) as upstream:
            proxy.plan = lambda _: Fault("black_hole")
            with pytest.raises(UpstreamTimeout):
                await upstream.request("GET", "/")

    assert (late.value.code, late.value.status) == ("upstream_timeout", 504)


async def test_the_time_of_the_call_counts_when_it_is_shorter() -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda _: Fault("black_hole")
        async with Upstream(proxy.url) as upstream:
            started = time.monotonic()
            with pytest.raises(UpstreamTimeout):
                await upstream.within(CallContext(lambda: 0.3, {})).request("GET", "/")
            took = time.monotonic() - started

    assert 0.2 <= took <= 0.3 + SLACK_SECONDS


async def test_who_leaves_takes_the_request_along_and_says_nothing_against_the_service() -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda _: Fault("black_hole")
        async with Upstream(proxy.url) as upstream:
            for _ in range(10):
                proxy.arrived.clear()
                task = asyncio.create_task(upstream.request("GET", "/"))
                await proxy.arrived.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            (link,) = upstream.links()

            assert (link.breaker.state, link.gate.running) == ("closed", 0)
    assert counting(upstream) == {"given_up": 10}
    assert upstream.tally.requests == {"cancelled": 10}


async def test_half_open_a_failing_service_gets_one_probe_a_second() -> None:
    fake = FakeTime()
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda _: Fault("reset")
        async with Upstream(proxy.url, attempts=1, timing=fake.timing()) as upstream:
            for _ in range(5):
                with pytest.raises(UpstreamUnavailable):
                    await upstream.request("GET", "/")
            for seconds in range(3):
                fake.seconds += 1
                await asyncio.gather(*(upstream.request("GET", "/") for _ in range(50)), return_exceptions=True)

                assert proxy.requests == 5 + seconds + 1
            proxy.plan = lambda _: PASS
            fake.seconds += 1
            assert (await upstream.request("GET", "/")).status == 200


async def test_half_open_nobody_waits_for_the_probe() -> None:
    fake = FakeTime()
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda number: Fault("reset" if number < 5 else "black_hole")
        async with Upstream(
            proxy.url, attempts=1, concurrency=1, queue_timeout="30s", timing=fake.timing()
        ) as upstream:
            for _ in range(5):
                with pytest.raises(UpstreamUnavailable):
                    await upstream.request("GET", "/")
            fake.seconds += 1
            proxy.arrived.clear()
            probe = asyncio.create_task(upstream.request("GET", "/"))
            await proxy.arrived.wait()
            with pytest.raises(UpstreamUnavailable, match="left alone"):
                await asyncio.wait_for(upstream.request("GET", "/"), 1)
            probe.cancel()
            await asyncio.gather(probe, return_exceptions=True)


class FakeTimeOfPauses(FakeTime):
    """Real time, in which pauses take none."""

    def clock(self) -> float:
        return time.monotonic()
