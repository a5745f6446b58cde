"""Must show 5 at full length: a hundred requests a second through every fault of a network."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Final

import pytest

from plugwright import Upstream
from tests.faults.conftest import Show
from tests.faults.upstream.arrivals import Outcomes, arrive
from tests.upstream.fault_proxy import FAULTS, PASS, Fault, FaultProxy, fault_proxy
from tests.upstream.services import echo, service

DEADLINE_SECONDS: Final = 1.0
SLACK_SECONDS: Final = 0.1
SEED: Final = 12
every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.seconds:g}")


def upstream_at(proxy: FaultProxy) -> Upstream:
    return Upstream(proxy.url, timeout="1s", read_timeout="400ms", concurrency=100)


def figures(upstream: Upstream, proxy: FaultProxy, outcomes: Outcomes) -> Counter[str]:
    """What is shown at the end."""
    return Counter(
        {
            **outcomes.counts,
            "requests": outcomes.requests,
            "repeats": upstream.tally.retries,
            "arrived at the proxy": proxy.requests,
            "longest, in milliseconds": round(outcomes.longest_seconds * 1000),
            "failures until the breaker opened": outcomes.failures_until_open or 0,
        }
    )


@pytest.mark.timeout(60)
@every_fault
async def test_a_service_that_always_fails_is_left_alone(fault: Fault, show: Show) -> None:
    seconds = 4
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda _: fault
        async with upstream_at(proxy) as upstream:
            opening = asyncio.create_task(_arrived_until_open(upstream, proxy))
            outcomes = await arrive(upstream, seconds=seconds)
            before = await opening
    show(f"always {fault.kind} {fault.seconds:g}", figures(upstream, proxy, outcomes))

    assert outcomes.counts["ok"] == 0
    assert outcomes.longest_seconds <= DEADLINE_SECONDS + SLACK_SECONDS
    assert upstream.tally.retries <= max(3, 0.1 * outcomes.requests)
    assert outcomes.failures_until_open is not None
    assert outcomes.failures_until_open <= 10
    # One probe a second from then on
    assert proxy.requests - before <= seconds + 1


@pytest.mark.timeout(60)
@every_fault
async def test_a_service_that_fails_now_and_then_costs_a_tenth_more_at_most(fault: Fault, show: Show) -> None:
    chance = random.Random(SEED)  # noqa: S311 a test that can be repeated
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda _: fault if chance.random() < 0.08 else PASS
        async with upstream_at(proxy) as upstream:
            outcomes = await arrive(upstream, seconds=6)
    show(f"8 % {fault.kind} {fault.seconds:g}, seed {SEED}", figures(upstream, proxy, outcomes))

    assert outcomes.longest_seconds <= DEADLINE_SECONDS + SLACK_SECONDS
    assert proxy.requests <= 1.1 * outcomes.requests
    # What takes all of the deadline, or asks for more, cannot be repeated within it
    is_repeated = fault.kind != "drip" and fault != Fault("busy", 30)
    assert outcomes.counts["ok"] >= (0.97 if is_repeated else 0.88) * outcomes.requests


@pytest.mark.timeout(60)
@pytest.mark.parametrize("fault", [Fault("reset"), Fault("black_hole"), Fault("busy", 0)], ids=lambda fault: fault.kind)
async def test_two_seconds_after_a_service_is_back_every_request_succeeds(fault: Fault, show: Show) -> None:
    async with service(echo) as served, fault_proxy(served.address) as proxy:
        proxy.plan = lambda _: fault
        async with upstream_at(proxy) as upstream:
            arriving = asyncio.create_task(arrive(upstream, seconds=6))
            await asyncio.sleep(2)  # the outage itself
            proxy.plan = lambda _: PASS
            outcomes = await arriving
    show(f"{fault.kind} for two seconds", figures(upstream, proxy, outcomes))

    assert {outcome for at, outcome in outcomes.at if at > 4} == {"ok"}


async def _arrived_until_open(upstream: Upstream, proxy: FaultProxy) -> int:
    """How many requests had arrived when the breaker opened, those in progress included."""
    while not any(link.breaker.openings for link in upstream.links()):  # noqa: ASYNC110 a breaker has no event
        await asyncio.sleep(0.001)
    return proxy.requests
