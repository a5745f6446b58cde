"""Saved places, called as their users call them: over REST and over MCP, signed in or not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from examples.weather.place_operations import READ, WRITE
from examples.weather.plugin import plugin
from plugwright.settings import Settings
from plugwright.testing import Client, Reply
from tests.auth.tokens import SignedIn, settings_in, sign_in

BOTH = (READ, WRITE)
OSLO = {"name": "home", "city": "Oslo, NO", "city_id": 3143244}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a database of this test's own."""
    return settings_in(tmp_path)


async def save(client: Client, user: SignedIn, name: str, city: str, **more: str) -> Reply:
    return await client.post("/places", json={"name": name, "city": city} | more, headers=user.headers)


async def listed(client: Client, user: SignedIn) -> Any:
    reply = await client.get("/places", headers=user.headers)
    assert reply.status == 200
    return reply.json()["places"]


async def test_a_place_is_saved_listed_used_and_removed(settings: Settings):
    async with Client(plugin, settings) as client:
        user = sign_in(settings, BOTH)
        assert (await save(client, user, "home", "奥斯陆")).json() == OSLO
        assert await listed(client, user) == [OSLO]
        weather = await client.get(f"/weather?city={OSLO['city_id']}")
        assert weather.json()["city"] == "Oslo"
        removed = await client.request("DELETE", "/places/HOME", headers=user.headers)
        assert (removed.status, removed.json()) == (200, OSLO)
        assert await listed(client, user) == []


async def test_over_mcp_it_is_the_same_list(settings: Settings):
    async with Client(plugin, settings) as client:
        user = sign_in(settings, BOTH)

        async def tool(name: str, arguments: dict[str, str]) -> Any:
            reply = await client.mcp("tools/call", {"name": name, "arguments": arguments}, headers=user.headers)
            return reply.json()["result"]

        assert (await tool("save_place", {"name": "home", "city": "Oslo"}))["structuredContent"] == OSLO
        assert (await tool("list_places", {}))["structuredContent"] == {"places": [OSLO]}
        assert await listed(client, user) == [OSLO]
        refused = await tool("save_place", {"name": "Home", "city": "Rome"})
        assert refused["isError"] is True
        assert "stands for Oslo, NO" in str(refused["content"])
        assert (await tool("remove_place", {"name": "home"}))["structuredContent"] == OSLO


async def test_nobody_sees_or_changes_what_another_user_saved(settings: Settings):
    async with Client(plugin, settings) as client:
        ann, ben = sign_in(settings, BOTH), sign_in(settings, BOTH)
        await save(client, ann, "home", "Oslo")
        assert await listed(client, ben) == []
        refused = await client.request("DELETE", "/places/home", headers=ben.headers)
        assert (refused.status, refused.json()["code"]) == (404, "not_found")
        assert "Oslo" not in refused.text
        assert (await save(client, ben, "home", "Rome")).status == 200
        for unheard_of in ("subject", "user", "account_id"):
            body = {"name": "x", "city": "Rome", unheard_of: ann.account_id}
            assert (await client.post("/places", json=body, headers=ben.headers)).status == 400
            query = f"/places?{unheard_of}={ann.account_id}"
            assert (await client.get(query, headers=ben.headers)).status == 400
        assert await listed(client, ann) == [OSLO]


@pytest.mark.parametrize(
    ("method", "target", "body", "scope"),
    [
        ("GET", "/places", None, "places:read"),
        ("POST", "/places", {"name": "home", "city": "Oslo"}, "places:read places:write"),
        ("DELETE", "/places/home", None, "places:read places:write"),
    ],
)
async def test_without_sign_in_every_operation_says_how(
    settings: Settings, method: str, target: str, body: Any, scope: str
):
    async with Client(plugin, settings) as client:
        reply = await client.request(method, target, json=body)
    assert (reply.status, reply.json()["code"]) == (401, "not_authenticated")
    assert "resource_metadata=" in reply.headers["www-authenticate"]
    assert f'scope="{scope}"' in reply.headers["www-authenticate"]


@pytest.mark.parametrize("scopes", [[READ], [WRITE]])
async def test_one_right_does_not_stand_for_the_other(settings: Settings, scopes: list[str]):
    async with Client(plugin, settings) as client:
        user = sign_in(settings, scopes)
        assert (await save(client, user, "home", "Oslo")).status == 403
        assert (await client.request("DELETE", "/places/home", headers=user.headers)).status == 403
        reply = await client.get("/places", headers=user.headers)
    assert reply.status == (200 if scopes == [READ] else 403)


async def test_weather_stays_open_to_everybody(settings: Settings):
    async with Client(plugin, settings) as client:
        targets = ("/weather?city=Oslo", "/forecast?city=Oslo", "/find-city?name=Oslo")
        replies = [await client.get(target, headers={"authorization": "Bearer x"}) for target in targets]
    assert [reply.status for reply in replies] == [200, 200, 200]


@pytest.mark.parametrize(
    ("name", "city", "refusal"),
    [
        ("", "Oslo", (400, "invalid_input", "name")),
        ("x" * 41, "Oslo", (400, "invalid_input", "name")),
        ("ho\x00me", "Oslo", (400, "invalid_input", "name")),
        ("---", "Oslo", (400, "invalid_input", "name")),
        ("home", "Lodnon", (404, "not_found", "city")),
        ("home", "Springfield", (409, "ambiguous_city", "city")),
        ("HOME", "Rome", (409, "place_name_taken", "name")),
    ],
)
async def test_what_cannot_be_saved_is_refused_with_a_reason(
    settings: Settings, name: str, city: str, refusal: tuple[int, str, str]
):
    async with Client(plugin, settings) as client:
        user = sign_in(settings, BOTH)
        await save(client, user, "home", "Oslo")
        reply = await save(client, user, name, city)
        told = reply.json()
        assert (reply.status, told["code"], told["details"][0]["field"]) == refusal
        assert await listed(client, user) == [OSLO]


@pytest.mark.parametrize(
    "name", ["Mum/Dad", "50% off", "a?b#c", "日本 の 家", "👩\u200d👧", "..a", "'; DROP TABLE x; --"]
)
async def test_any_name_goes_there_and_back(settings: Settings, name: str):
    async with Client(plugin, settings) as client:
        user = sign_in(settings, BOTH)
        assert (await save(client, user, name, "Oslo")).json()["name"] == name
        reply = await client.request("DELETE", "/places/" + quote(name, safe=""), headers=user.headers)
        assert (reply.status, reply.json()["name"]) == (200, name)


async def test_many_calls_at_once_each_reach_their_own_user_s_list(settings: Settings):
    async with Client(plugin, settings) as client:
        users = [sign_in(settings, BOTH) for _ in range(10)]
        replies = await asyncio.gather(*(save(client, user, "home", "Oslo") for user in users * 3))
        assert [reply.status for reply in replies] == [200] * 30
        assert [await listed(client, user) for user in users] == [[OSLO]] * 10


async def test_a_model_is_told_what_changes_what_and_what_needs_sign_in():
    async with Client(plugin) as client:
        tools = {tool["name"]: tool for tool in (await client.mcp("tools/list")).json()["result"]["tools"]}
    hints = {name: tools[name]["annotations"] for name in ("save_place", "list_places", "remove_place")}
    keys = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    assert [hints["save_place"][key] for key in keys] == [False, False, True, False]
    assert hints["list_places"]["readOnlyHint"] is True
    assert [hints["remove_place"][key] for key in keys] == [False, True, True, False]
    assert tools["list_places"]["securitySchemes"] == [{"type": "oauth2", "scopes": [READ]}]
    assert tools["save_place"]["securitySchemes"] == [{"type": "oauth2", "scopes": [READ, WRITE]}]
    assert tools["get_weather"]["securitySchemes"] == [{"type": "noauth"}]
