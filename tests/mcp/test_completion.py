"""Suggestions for arguments of prompts and parameters of resource templates."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import pytest

from plugwright import Call, Complete, Plugin
from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of
from tests.mcp.wire import LEGACY, MODERN, call_in, new_plugin

VERSIONS = [MODERN, *LEGACY]
CITIES = ["Oslo", "Osaka", "Odense"]


def starting(value: str) -> list[str]:
    """Cities that start so."""
    return [city for city in CITIES if city.startswith(value)]


async def starting_async(value: str) -> list[str]:
    """The same, asynchronously."""
    return starting(value)


def with_context(value: str, given: dict[str, str]) -> list[str]:
    """What was typed and given."""
    return [value, *(f"{key}={text}" for key, text in sorted(given.items()))]


async def with_state(value: str, given: dict[str, str], call: Call) -> list[str]:
    """What the plugin's state holds."""
    return [f"{value}{call.state}"]


def many(value: str) -> list[str]:
    """Far too many."""
    return [f"{value}{number}" for number in range(250)]


def failing(value: str) -> list[str]:
    """Fail."""
    raise RuntimeError("secret")


def completed(function: Any) -> Plugin:
    """A plugin whose prompt and template are completed by a function."""
    plugin = new_plugin()

    @plugin.lifespan
    async def lifespan() -> AsyncGenerator[str]:  # pyright: ignore[reportUnusedFunction] the decorator keeps it
        yield "-state"

    async def trip(city: Any, plain: str = "") -> str:
        """Plan a trip."""
        return f"{city}{plain}"

    trip.__annotations__["city"] = Annotated[str, Complete(function)]
    plugin.prompt()(trip)

    async def page(city: Any) -> str:
        """A page."""
        return str(city)

    page.__annotations__["city"] = Annotated[str, Complete(function)]
    plugin.resource("fixture://city/{city}")(page)
    return plugin


PROMPT = {"type": "ref/prompt", "name": "trip"}
RESOURCE = {"type": "ref/resource", "uri": "fixture://city/{city}"}


async def complete(client: Client, version: str, ref: Any, value: str = "", **more: Any) -> dict[str, Any]:
    """The completion of the argument ``city``."""
    params = {"ref": ref, "argument": {"name": "city", "value": value}, **more}
    reply = await call_in(client, version, "completion/complete", params)
    return result_of(reply, "completion/complete", version)["completion"]


@pytest.mark.parametrize("function", [starting, starting_async])
@pytest.mark.parametrize("ref", [PROMPT, RESOURCE], ids=["prompt", "resource"])
async def test_a_function_completes_async_or_not(ref: Any, function: Any):
    async with Client(completed(function)) as client:
        for version in VERSIONS:
            assert await complete(client, version, ref, "Os") == {
                "values": ["Oslo", "Osaka"],
                "total": 2,
                "hasMore": False,
            }
            assert (await complete(client, version, ref, "x"))["values"] == []


async def test_the_arguments_already_given_are_its_context():
    async with Client(completed(with_context)) as client:
        assert (await complete(client, MODERN, PROMPT, "O"))["values"] == ["O"]
        context = {"arguments": {"plain": "x", "a": "b"}}
        found = await complete(client, MODERN, PROMPT, "O", context=context)
        assert found["values"] == ["O", "a=b", "plain=x"]
        odd_ones: list[Any] = [{}, {"arguments": None}, None, []]
        for odd in odd_ones:
            assert (await complete(client, MODERN, PROMPT, "O", context=odd))["values"] == ["O"]


async def test_a_third_parameter_gets_the_call():
    async with Client(completed(with_state)) as client:
        assert (await complete(client, MODERN, PROMPT, "O"))["values"] == ["O-state"]


async def test_at_most_a_hundred_values_go_out_and_the_total_is_told():
    async with Client(completed(many)) as client:
        found = await complete(client, MODERN, PROMPT, "v")
    assert found["values"] == [f"v{number}" for number in range(100)]
    assert (found["total"], found["hasMore"]) == (250, True)


async def test_an_argument_without_suggestions_has_none():
    async with Client(completed(starting)) as client:
        for name in ("plain", "unknown"):
            params = {"ref": PROMPT, "argument": {"name": name, "value": "x"}}
            result = result_of(await client.mcp("completion/complete", params), "completion/complete")
            assert result["completion"] == {"values": [], "total": 0, "hasMore": False}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"ref": PROMPT},
        {"argument": {"name": "city", "value": ""}},
        {"ref": {"type": "ref/prompt", "name": "nothing"}, "argument": {"name": "city", "value": ""}},
        {"ref": {"type": "ref/prompt", "uri": "trip"}, "argument": {"name": "city", "value": ""}},
        {"ref": {"type": "ref/resource", "uri": "fixture://city/Oslo"}, "argument": {"name": "city", "value": ""}},
        {"ref": {"type": "ref/tool", "name": "trip"}, "argument": {"name": "city", "value": ""}},
        {"ref": {"type": "ref/prompt", "name": 7}, "argument": {"name": "city", "value": ""}},
        {"ref": "trip", "argument": {"name": "city", "value": ""}},
        {"ref": PROMPT, "argument": {"name": "city"}},
        {"ref": PROMPT, "argument": {"name": "city", "value": 7}},
        {"ref": PROMPT, "argument": {"name": None, "value": ""}},
        {"ref": PROMPT, "argument": "city"},
    ],
)
async def test_what_names_nothing_is_a_protocol_error(params: dict[str, Any]):
    async with Client(completed(starting)) as client:
        for version in VERSIONS:
            error_of(await call_in(client, version, "completion/complete", params), -32602, status=200)


async def test_a_function_that_fails_is_masked():
    async with Client(completed(failing)) as client:
        for version in VERSIONS:
            params = {"ref": PROMPT, "argument": {"name": "city", "value": ""}}
            reply = await call_in(client, version, "completion/complete", params)
            error_of(reply, -32603, status=200)
            assert "secret" not in reply.text
