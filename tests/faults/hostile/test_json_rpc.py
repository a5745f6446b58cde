"""Random bytes that are nearly JSON-RPC, over a real socket: nothing is a failure of ours, and nothing grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings

from plugwright.json_types import is_array
from tests.external.raw_http import RawReply, exchange
from tests.external.servers import Server, serving
from tests.faults.hostile.nearly_json_rpc import requests

EXAMPLES = 3000
MOST_GROWTH = 64 * 1024 * 1024
STATUSES = {0, 200, 202, 400, 403, 404, 405, 406, 408, 413, 414, 415, 421, 431}


def test_nearly_json_rpc_is_never_a_failure_of_ours(show: Callable[[str, Counter[str]], None]) -> None:
    found: Counter[str] = Counter()
    with serving("tests.external.hostile:plugin", body_timeout="0.2", call_log="false") as server:
        fuzz(server, 300, Counter())
        before = server.resident_bytes
        fuzz(server, EXAMPLES, found)
        grown = server.resident_bytes - before
    show(f"nearly JSON-RPC, by status; {grown // 1024:,} KiB more memory after it", found)
    assert grown < MOST_GROWTH
    assert found["200"] > EXAMPLES // 25
    assert found["400"] > EXAMPLES // 25


def fuzz(server: Server, examples: int, found: Counter[str]) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(requests())
    def run(packets: list[bytes]) -> None:
        reply = exchange(server, *packets, ends=True)
        check(reply)
        found[str(reply.status)] += 1

    run()


def check(reply: RawReply) -> None:
    """A reply is one that the protocol has, and never a failure of ours."""
    assert reply.status in STATUSES, reply
    assert b"internal_error" not in reply.body
    assert b"-32603" not in reply.body
    if reply.status == 200 and b"text/event-stream" not in reply.head:
        messages = reply.json()
        for message in messages if is_array(messages) else [messages]:
            assert message["jsonrpc"] == "2.0"
