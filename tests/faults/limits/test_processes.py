"""Limits of real processes, counted in a real Valkey, under more load than they let through."""

from __future__ import annotations

import http.client
import threading
import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.external.servers import HOST, Server, serving
from tests.faults.conftest import Show
from tests.faults.limits.plugin import LIMIT, WINDOW
from tests.valkey import ValkeyServer

TARGET = "tests.faults.limits.plugin:plugin"
SECONDS = 3 * WINDOW
CALLERS = 4


@dataclass
class Load:
    """Calls without a pause from several threads, alternating between servers; when which were let through."""

    servers: list[Server]
    until: float
    passed: list[float] = field(default_factory=list[float])
    refused: int = 0
    other: list[str] = field(default_factory=list[str])
    slowest: float = 0.0

    def run(self) -> None:
        """Call until the end."""
        threads = [threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS + 30)
        self.passed.sort()

    def most(self, seconds: float) -> int:
        """The most calls that were let through within any so many seconds."""
        return max(bisect_left(self.passed, start + seconds) - at for at, start in enumerate(self.passed))

    def figures(self) -> Counter[str]:
        """What happened."""
        return Counter(
            {
                f"let through in {SECONDS} s": len(self.passed),
                f"most within {WINDOW} s, of {LIMIT}": self.most(WINDOW - 0.1),
                "refused": self.refused,
                "milliseconds of the slowest call": int(1000 * self.slowest),
            }
        )

    def _call(self, number: int) -> None:
        connection = http.client.HTTPConnection(HOST, self.servers[number % len(self.servers)].port, timeout=10)
        while time.monotonic() < self.until:
            began = time.monotonic()
            connection.request("GET", "/get")
            reply = connection.getresponse()
            reply.read()
            self.slowest = max(self.slowest, time.monotonic() - began)
            if reply.status == 200:
                self.passed.append(began)
            elif reply.status == 429:
                self.refused += 1
            else:
                self.other.append(f"{reply.status} {reply.reason}")
        connection.close()


@pytest.mark.timeout(120)
def test_two_processes_let_a_limit_and_a_twentieth_through_within_any_window(valkey: ValkeyServer, show: Show):
    settings = {"valkey_url": valkey.url, "processes": "2", "call_log": "false"}
    with serving(TARGET, **settings) as one, serving(TARGET, **settings) as other:
        load = Load([one, other], time.monotonic() + SECONDS)
        load.run()
    assert load.other == []
    assert load.refused > 0
    # A call is noted when it was sent, and counted a little later; so windows a little shorter are looked at.
    assert load.most(WINDOW - 0.1) <= LIMIT * 1.05
    assert len(load.passed) >= 3 * LIMIT * 0.95
    show("limits, two processes", load.figures())


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", ["killed and started", "frozen"])
def test_a_valkey_that_fails_under_load_fails_no_call_and_limits_hold_within_twice(
    fault: str, mortal_valkey: ValkeyServer, show: Show
):
    settings = {"valkey_url": mortal_valkey.url, "processes": "2", "call_log": "false"}
    with serving(TARGET, **settings) as one, serving(TARGET, **settings) as other:
        load = Load([one, other], time.monotonic() + SECONDS)
        loading = threading.Thread(target=load.run)
        loading.start()
        loading.join(SECONDS / 3)
        if fault == "frozen":
            with mortal_valkey.frozen():
                loading.join(SECONDS / 3)
        else:
            mortal_valkey.kill()
            loading.join(SECONDS / 3)
            mortal_valkey.start()
        loading.join(SECONDS + 30)
    assert load.other == []
    assert load.most(WINDOW - 0.1) <= 2 * LIMIT
    assert len(load.passed) >= 2 * LIMIT
    assert load.slowest < 1.0
    show(f"limits, two processes, Valkey {fault}", load.figures())
