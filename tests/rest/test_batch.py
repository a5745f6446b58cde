"""The endpoint of a batch: in everything but its answer an endpoint like any other that takes a body."""

from typing import Any

import pytest
from pydantic import BaseModel

from plugwright import Cache, OAuth, Plugin
from plugwright.testing import Client
from tests.operations.json_schema import fits, is_schema
from tests.web.decoding import decoded
from tests.web.plugins import new_plugin

ORIGIN = "https://chatgpt.com"


class Place(BaseModel):
    """A place."""

    name: str
    within: "Place | None" = None


def finding(**options: Any) -> Plugin:
    """A plugin that finds places."""
    plugin = new_plugin()
    said: dict[str, Any] = {"effect": "read", "open_world": False, "path": "/places", "batch": 3, **options}

    @plugin.operation(**said)
    async def find_place(name: str, near: Place | None = None) -> Place:
        """Find a place."""
        return Place(name=name, within=near)

    return plugin


ONE = {"items": [{"name": "a"}]}


@pytest.mark.parametrize("given", [{"items": []}, {"items": [{"name": "a"}] * 4}, {}, {"items": {}}, [], {"item": []}])
async def test_a_batch_of_no_items_of_too_many_or_of_another_form_is_400(given: Any):
    async with Client(finding()) as client:
        reply = await client.post("/places/batch", json=given)
    assert (reply.status, reply.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(("count", "bound"), [(0, "at least 1 item"), (4, "at most 3 items")])
async def test_the_refusal_names_the_bound(count: int, bound: str):
    async with Client(finding()) as client:
        reply = await client.post("/places/batch", json={"items": [{"name": "a"}] * count})
    assert bound in reply.json()["error"]
    assert reply.json()["details"][0]["field"] == "items"


async def test_what_is_no_json_is_malformed():
    async with Client(finding()) as client:
        reply = await client.request(
            "POST", "/places/batch", body=b'{"items": [', headers={"content-type": "application/json"}
        )
    assert (reply.status, reply.json()["code"]) == (400, "malformed_json")


async def test_it_takes_post_alone_and_says_so():
    async with Client(finding()) as client:
        refused = [await client.request(method, "/places/batch") for method in ("GET", "HEAD", "PUT", "DELETE")]
        options = await client.request("OPTIONS", "/places/batch")
    assert [reply.status for reply in refused] == [405] * 4
    assert {reply.headers["allow"] for reply in [*refused, options]} == {"OPTIONS, POST"}


async def test_pages_may_call_it_like_the_operation():
    async with Client(finding()) as client:
        headers = {"origin": ORIGIN, "access-control-request-method": "POST"}
        preflight = await client.request("OPTIONS", "/places/batch", headers=headers)
        reply = await client.post("/places/batch", json=ONE, headers={"origin": ORIGIN})
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert reply.headers["access-control-allow-origin"] == ORIGIN


async def test_a_foreign_page_cannot_trigger_a_batch_of_writes():
    async with Client(finding(effect="write")) as client:
        reply = await client.post("/places/batch", json=ONE, headers={"origin": "https://elsewhere.example"})
    assert (reply.status, reply.json()["code"]) == (403, "origin_refused")


@pytest.mark.parametrize(("effect", "kept"), [("read", None), ("write", "no-store")])
async def test_no_cache_on_the_way_keeps_a_batch(effect: str, kept: str | None):
    cache = Cache(ttl="5m", shared=True) if effect == "read" else None
    async with Client(finding(effect=effect, cache=cache)) as client:
        reply = await client.post("/places/batch", json=ONE, headers={"if-none-match": "*"})
    assert reply.status == 200
    assert reply.headers.get("cache-control") == kept
    assert "etag" not in reply.headers


async def test_a_long_batch_is_compressed():
    async with Client(finding()) as client:
        batch = {"items": [{"name": "x" * 1000}] * 3}
        reply = await client.post("/places/batch", json=batch, headers={"accept-encoding": "gzip"})
        plain = await client.post("/places/batch", json=batch)
    assert reply.headers["content-encoding"] == "gzip"
    assert decoded(reply) == plain.body


async def test_an_item_without_an_answer_is_answered_with_null():
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, batch=2)
    async def note(text: str) -> None:
        """Note a text."""

    async with Client(plugin) as client:
        reply = await client.post("/note/batch", json={"items": [{"text": "a"}, {"text": "b"}]})
    assert (reply.status, reply.json()) == (200, {"results": [{"result": None}, {"result": None}]})


@pytest.mark.parametrize("version", ["", "?version=3.0"])
async def test_the_openapi_document_describes_what_goes_in_and_what_comes_out(version: str):
    async with Client(finding(tags=["places"], examples=[{"name": "Oslo"}], limit="5/minute")) as client:
        document = (await client.get(f"/openapi.json{version}")).json()
    entry = document["paths"]["/places/batch"]["post"]
    assert (entry["operationId"], entry["tags"]) == ("find_place_batch", ["places"])
    assert entry["x-openai-isConsequential"] is False
    assert "find_place" in entry["summary"]
    media = entry["requestBody"]["content"]["application/json"]
    items = media["schema"]["properties"]["items"]
    assert (items["minItems"], items["maxItems"], items["items"]["required"]) == (1, 3, ["name"])
    assert media["examples"]["example1"]["value"] == {"items": [{"name": "Oslo"}]}
    answer, error = entry["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["results"][
        "items"
    ]["anyOf"]
    assert "#/components/schemas/Place" in str(answer["properties"]["result"])
    assert error["required"] == ["error", "code", "request_id"]
    # The batch itself is never one call too many.
    assert "429" not in entry["responses"]


async def test_the_published_schemas_fit_what_is_sent_and_answered():
    async with Client(finding()) as client:
        tools = (await client.mcp("tools/list")).json()["result"]["tools"]
        (tool,) = [tool for tool in tools if tool["name"] == "find_place_batch"]
        sent = {"items": [{"name": "a", "near": {"name": "b"}}, {"name": "c"}]}
        reply = await client.post("/places/batch", json={"items": [*sent["items"], {}]})
    assert is_schema(tool["inputSchema"])
    assert is_schema(tool["outputSchema"])
    assert fits(tool["inputSchema"], sent)
    assert not fits(tool["inputSchema"], {"items": []})
    assert fits(tool["outputSchema"], reply.json())
    assert not fits(tool["outputSchema"], {"results": [{"result": 5}]})


async def test_the_batch_is_under_the_same_sign_in_as_its_operation():
    plugin = new_plugin(auth=OAuth(scopes={"read": "Read"}))

    @plugin.operation(effect="read", open_world=False, scopes=["read"], batch=2)
    async def read() -> str:
        """Read."""
        return "read"

    guarded = plugin.registry.operations["read_batch"]
    assert guarded.access == plugin.registry.operations["read"].access
