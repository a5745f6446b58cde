"""What effect, open_world, idempotent, method and path say to each protocol."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from plugwright.testing import Client
from tests.operations.plugins import api_of, new_plugin, plugin_of, taking, tool_of
from tests.operations.samples import Stop


@dataclass(frozen=True)
class Stated:
    """What one effect becomes."""

    effect: Literal["read", "write", "destroy"]
    method: str
    read_only: bool
    destructive: bool
    idempotent: bool
    is_consequential: bool


EFFECTS = (
    Stated("read", "GET", read_only=True, destructive=False, idempotent=True, is_consequential=False),
    Stated("write", "POST", read_only=False, destructive=False, idempotent=False, is_consequential=True),
    Stated("destroy", "DELETE", read_only=False, destructive=True, idempotent=True, is_consequential=True),
)
each_effect = pytest.mark.parametrize("stated", EFFECTS, ids=lambda stated: stated.effect)


@each_effect
@pytest.mark.parametrize("open_world", [True, False])
async def test_an_effect_gives_method_annotations_and_consequence(stated: Stated, open_world: bool):
    take = taking(int, [])
    tool = await tool_of(take, effect=stated.effect, open_world=open_world)
    assert tool["annotations"] == {
        "readOnlyHint": stated.read_only,
        "destructiveHint": stated.destructive,
        "idempotentHint": stated.idempotent,
        "openWorldHint": open_world,
    }
    entry = await api_of(take, effect=stated.effect, open_world=open_world)
    assert entry["method"] == stated.method
    assert entry["x-openai-isConsequential"] is stated.is_consequential


@each_effect
@pytest.mark.parametrize("idempotent", [True, False])
async def test_idempotence_may_be_said_otherwise(stated: Stated, idempotent: bool):
    tool = await tool_of(taking(int, []), effect=stated.effect, idempotent=idempotent)
    assert tool["annotations"]["idempotentHint"] is idempotent


@each_effect
async def test_a_nested_input_makes_every_effect_a_post_with_the_same_annotations(stated: Stated):
    take = taking(Stop, [])
    assert (await api_of(take, effect=stated.effect))["method"] == "POST"
    annotations = (await tool_of(take, effect=stated.effect))["annotations"]
    assert annotations["destructiveHint"] is stated.destructive


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_another_method_may_be_asked_for(method: str):
    received: list[Any] = []
    plugin = plugin_of(taking(int, received), effect="write", method=method)
    async with Client(plugin) as client:
        target, body = ("/take?value=5", None) if method == "DELETE" else ("/take", {"value": 5})
        assert (await client.request(method, target, json=body)).status == 200
    assert received == [5]


async def test_the_default_path_is_the_name_with_dashes():
    assert (await api_of(taking(int, []), name="take_a_thing"))["path"] == "/take-a-thing"


@pytest.mark.parametrize("path", ["/things", "/v1/things.json", "/a-b/c_d/~e", "/things/{value}", "/{value}/things"])
async def test_a_path_may_have_segments_and_parameters(path: str):
    received: list[Any] = []
    async with Client(plugin_of(taking(int, received), path=path)) as client:
        reply = await client.get(path.replace("{value}", "5") + ("" if "{" in path else "?value=5"))
    assert reply.status == 200
    assert received == [5]


async def test_path_parameters_are_not_taken_from_the_query():
    async with Client(plugin_of(taking(int, []), path="/things/{value}")) as client:
        reply = await client.get("/things/5?value=6")
    assert (reply.status, reply.json()["details"][0]["field"]) == (400, "value")


async def test_one_path_may_serve_several_methods():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/things/{key}")
    def get_thing(key: str) -> str:  # pyright: ignore[reportUnusedFunction] the decorator keeps it
        """Get a thing."""
        return f"got {key}"

    @plugin.operation(effect="destroy", open_world=False, path="/things/{key}")
    def drop_thing(key: str) -> str:  # pyright: ignore[reportUnusedFunction] the decorator keeps it
        """Drop a thing."""
        return f"dropped {key}"

    async with Client(plugin) as client:
        assert (await client.get("/things/a")).json() == "got a"
        assert (await client.request("DELETE", "/things/a")).json() == "dropped a"
        reply = await client.request("PUT", "/things/a")
        assert (reply.status, reply.headers["allow"]) == (405, "DELETE, GET, HEAD, OPTIONS")


async def test_a_fixed_segment_goes_before_a_parameter():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/things/{key}")
    def get_thing(key: str) -> str:  # pyright: ignore[reportUnusedFunction] the decorator keeps it
        """Get a thing."""
        return key

    @plugin.operation(effect="read", open_world=False, path="/things/newest")
    def newest() -> str:  # pyright: ignore[reportUnusedFunction] the decorator keeps it
        """The newest thing."""
        return "the newest"

    async with Client(plugin) as client:
        assert (await client.get("/things/newest")).json() == "the newest"
        assert (await client.get("/things/oldest")).json() == "oldest"


async def test_tags_and_status_texts_are_published():
    take = taking(int, [])
    assert (await api_of(take, tags=["a", "b"]))["tags"] == ["a", "b"]
    assert (await tool_of(take, invoking="Taking", invoked="x" * 64))["_meta"] == {
        "securitySchemes": [{"type": "noauth"}],
        "openai/toolInvocation/invoking": "Taking",
        "openai/toolInvocation/invoked": "x" * 64,
    }
