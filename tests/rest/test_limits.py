"""Limits over REST: 429 with the second at which there is room again, and header fields on every reply."""

from typing import Any

from plugwright import Call, NotFound, Plugin, ServiceKey
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.clocks import Clock, client_at
from tests.web.plugins import new_plugin

KEY = "k" * 8 + "3f9a1c07be52d846a0e7915b"


def limited(plugin: Plugin | None = None, **options: Any) -> Plugin:
    """A plugin that counts words, twice a minute, and says what ran."""
    plugin = plugin or new_plugin()

    said: dict[str, Any] = {"effect": "read", "open_world": False, "limit": "2/minute"}

    @plugin.operation(**(said | options))
    def count(word: str, times: int = 1) -> int:
        """Count a word."""
        if word == "none":
            raise NotFound("No such word")
        return times

    return plugin


async def test_the_call_after_the_last_is_429_until_the_second_that_the_reply_names():
    clock = Clock()
    async with client_at(limited(), clock) as client:
        assert (await client.get("/count?word=a")).status == 200
        clock.pass_by(45)
        assert (await client.get("/count?word=a")).status == 200
        refused = await client.get("/count?word=a")
        clock.pass_by(14.9)
        assert (await client.get("/count?word=a")).status == 429
        clock.pass_by(0.1)
        assert (await client.get("/count?word=a")).status == 200
    assert refused.status == 429
    assert refused.headers["retry-after"] == "15"
    assert refused.headers["ratelimit"] == '"count.minute";r=0;t=15'
    assert refused.headers["ratelimit-policy"] == '"count.minute";q=2;w=60'
    assert refused.headers["cache-control"] == "no-store"
    body = refused.json()
    assert body.pop("request_id") == refused.headers["x-request-id"]
    assert body == {
        "error": "There may be 2/minute calls here; call again in 15 s",
        "code": "too_many_calls",
        "limit": "2/minute",
        "remaining": 0,
        "reset": 15,
        "retry_after": 15,
    }


async def test_every_reply_of_a_limited_operation_says_what_is_left():
    async with Client(limited()) as client:
        good = await client.get("/count?word=a")
        bad = await client.get("/count?word=none")
    assert (good.status, good.headers["ratelimit"]) == (200, '"count.minute";r=1;t=60')
    assert (bad.status, bad.headers["ratelimit"]) == (404, '"count.minute";r=0;t=60')
    assert good.headers["ratelimit-policy"] == bad.headers["ratelimit-policy"] == '"count.minute";q=2;w=60'


async def test_a_reply_of_an_operation_without_limits_says_nothing_of_them():
    async with Client(limited(limit=None)) as client:
        reply = await client.get("/count?word=a")
    assert not [name for name in reply.headers if "ratelimit" in name]


async def test_a_call_with_wrong_input_counts_as_it_is_counted_before_it_is_read():
    async with Client(limited()) as client:
        replies = [await client.get("/count?word=a&times=x") for _ in range(3)]
    assert [reply.status for reply in replies] == [400, 400, 429]


async def test_limits_of_the_plugin_count_all_operations_together():
    plugin = limited(new_plugin(limit="3/minute"))

    @plugin.operation(effect="read", open_world=False)
    def other() -> str:
        """Give something else."""
        return "other"

    async with Client(plugin) as client:
        replies = [await client.get(path) for path in ("/count?word=a", "/other", "/other", "/count?word=a")]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert replies[0].headers["ratelimit-policy"] == '"count.minute";q=2;w=60, "minute";q=3;w=60'
    assert replies[3].headers["ratelimit"].startswith('"minute";r=0;t=')


async def test_callers_behind_a_trusted_proxy_are_told_apart_and_others_cannot_pose():
    calls = [{"x-forwarded-for": f"6.6.6.6, 198.51.100.{number}"} for number in (1, 1, 2, 1)]
    async with Client(limited(), Settings(trusted_proxy_hops=1)) as client:
        behind = [(await client.get("/count?word=a", headers=headers)).status for headers in calls]
    async with Client(limited()) as client:
        posing = [(await client.get("/count?word=a", headers=headers)).status for headers in calls]
    assert behind == [200, 200, 200, 429]
    assert posing == [200, 200, 429, 429]


async def test_who_is_refused_at_the_gate_uses_up_nothing():
    plugin = limited(new_plugin(auth=ServiceKey()))
    async with Client(plugin, Settings(service_keys=(KEY,))) as client:  # pyright: ignore[reportArgumentType] pydantic makes a secret of it
        strangers = [(await client.get("/count?word=a")).status for _ in range(5)]
        calls = [(await client.get("/count?word=a", headers={"authorization": f"Bearer {KEY}"})).status for _ in "123"]
    assert strangers == [401] * 5
    assert calls == [200, 200, 429]


async def test_a_refused_call_is_observed_and_no_handler_runs():
    plugin = new_plugin()
    ran: list[str] = []

    @plugin.operation(effect="write", open_world=False, limit="1/minute")
    async def save(*, call: Call) -> None:
        """Save."""
        ran.append(call.operation)

    async with Client(plugin) as client:
        statuses = [(await client.post("/save", json={})).status for _ in range(3)]
        counted = client.app.counters.by_key
    assert (statuses, ran) == ([204, 429, 429], ["save"])
    assert sum(counter.calls for key, counter in counted.items() if "too_many_calls" in key) == 2


async def test_the_openapi_document_says_that_an_operation_is_limited():
    async with Client(limited()) as client:
        responses = (await client.get("/openapi.json")).json()["paths"]["/count"]["get"]["responses"]
    async with Client(limited(limit=None)) as client:
        free = (await client.get("/openapi.json")).json()["paths"]["/count"]["get"]["responses"]
    assert "Retry-After" in responses["429"]["headers"]
    assert "429" not in free
