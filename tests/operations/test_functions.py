"""The functions themselves: async and plain, the injected Call, annotations and where they are read."""

import asyncio
import functools
import threading
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from plugwright import Call, SetupError
from plugwright.testing import Client
from tests.operations.plugins import input_schema_of, new_plugin, plugin_of

if TYPE_CHECKING:
    from decimal import Decimal


class Place(BaseModel):
    """A type of this module."""

    city: str


def look_at(place: "Place") -> str:
    """Look at a place of this module."""
    return place.city


def test_decorators_return_the_function_unchanged():
    plugin = new_plugin()

    async def look(city: str) -> str:
        """Look."""
        return city

    async def cities() -> str:
        """The cities."""
        return ""

    async def greet() -> str:
        """Greet."""
        return ""

    assert plugin.operation(effect="read", open_world=False)(look) is look
    assert plugin.resource("sample://cities")(cities) is cities
    assert plugin.prompt()(greet) is greet


async def test_an_async_function_runs_in_the_event_loop():
    async def where() -> str:
        """Where it runs."""
        return threading.current_thread().name

    async with Client(plugin_of(where)) as client:
        assert (await client.get("/where")).json() == threading.current_thread().name


async def test_a_plain_function_runs_in_a_worker_thread():
    def where() -> str:
        """Where it runs."""
        return threading.current_thread().name

    async with Client(plugin_of(where)) as client:
        assert (await client.get("/where")).json().startswith("plugwright")


async def test_plain_functions_run_side_by_side():
    meeting = threading.Barrier(2)

    def meet() -> int:
        """Wait for another call."""
        return meeting.wait(timeout=5)

    async with Client(plugin_of(meet)) as client:
        first, second = await asyncio.gather(client.get("/meet"), client.get("/meet"))
    assert {first.json(), second.json()} == {0, 1}


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "plain"])
async def test_a_parameter_annotated_call_is_injected_and_is_no_input(is_async: bool):
    def look(city: str, *, call: Call) -> list[str]:
        """Look."""
        return [city, call.operation, call.state, call.protocol]

    async def look_async(city: str, *, call: Call) -> list[str]:
        """Look."""
        return look(city, call=call)

    plugin = plugin_of(look_async if is_async else look, name="look")

    @plugin.lifespan
    async def lifespan():  # pyright: ignore[reportUnusedFunction] the decorator keeps it
        yield "the state"

    async with Client(plugin) as client:
        tool = (await client.mcp("tools/list")).json()["result"]["tools"][0]
        assert list(tool["inputSchema"]["properties"]) == ["city"]
        assert (await client.get("/look?city=Oslo")).json() == ["Oslo", "look", "the state", "rest"]
        assert (await client.get("/look?city=Oslo&call=x")).status == 400


async def test_an_input_may_be_called_call_when_the_call_is_not():
    def look(call: str, *, context: Call) -> str:
        """Look."""
        return f"{call} {context.operation}"

    async with Client(plugin_of(look)) as client:
        assert (await client.get("/look?call=Oslo")).json() == "Oslo look"


async def test_annotations_may_be_written_as_text():
    def look(place: "Place", names: "list[str] | None" = None) -> "Place":
        """Look."""
        return place

    schema = await input_schema_of(look)
    assert schema["properties"]["place"] == {"$ref": "#/$defs/Place"}


async def test_annotations_may_name_what_is_local_to_the_decorating_function():
    class Local(BaseModel):
        """A type of this function."""

        city: str

    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False)
    def look(place: "Local") -> "Local":  # pyright: ignore[reportUnusedFunction] the decorator keeps it
        """Look."""
        return place

    async with Client(plugin) as client:
        assert (await client.post("/look", json={"place": {"city": "Oslo"}})).json() == {"city": "Oslo"}


def test_an_annotation_that_only_type_checkers_import_is_refused_by_its_name():
    def look(price: "Decimal") -> str:
        """Look."""
        return str(price)

    with pytest.raises(SetupError, match=r"look: .*'Decimal', which is not defined"):
        plugin_of(look)


async def test_annotations_written_as_text_are_read_in_the_functions_own_module_first():
    class Place(BaseModel):  # another one than that of this module
        """A type of this function."""

        other: int

    schema = await input_schema_of(look_at)
    assert schema["$defs"]["Place"]["required"] == ["city"]
    assert Place.model_fields.keys() == {"other"}


async def test_an_async_function_may_have_a_plain_wrapper():
    async def look(city: str) -> str:
        """Look."""
        return city

    @functools.wraps(look)
    def wrapped(*args: Any, **options: Any) -> Any:
        return look(*args, **options)

    assert await plugin_of(wrapped).invoke("look", {"city": "Oslo"}) == "Oslo"


async def test_a_bound_method_is_a_function_too():
    class Desk:
        def look(self, city: str) -> str:
            """Look."""
            return city

    async with Client(plugin_of(Desk().look)) as client:
        assert (await client.get("/look?city=Oslo")).json() == "Oslo"


async def test_invoke_runs_one_call_with_the_lifespan_around_it():
    events: list[str] = []

    def look(city: str, *, call: Call) -> dict[str, Any]:
        """Look."""
        events.append("called")
        return {"city": city, "state": call.state, "protocol": call.protocol}

    plugin = plugin_of(look)

    @plugin.lifespan
    async def lifespan():  # pyright: ignore[reportUnusedFunction] the decorator keeps it
        events.append("opened")
        yield 5
        events.append("closed")

    assert await plugin.invoke("look", {"city": "Oslo"}) == {"city": "Oslo", "state": 5, "protocol": "local"}
    assert events == ["opened", "called", "closed"]


async def test_invoke_refuses_an_unknown_operation_and_names_the_known():
    def look() -> str:
        """Look."""
        return ""

    with pytest.raises(SetupError, match=r"no operation 'find'.*look"):
        await plugin_of(look).invoke("find", {})
