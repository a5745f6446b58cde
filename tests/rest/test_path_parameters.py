"""Path parameters, and names beside the usual ones."""

from typing import Annotated, Any

from pydantic import Field

from plugwright.testing import Client
from tests.rest.replies import only_detail
from tests.web.plugins import new_plugin


async def test_a_parameter_is_known_by_its_alias() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/trip")
    async def trip(origin: Annotated[str, Field(alias="from")]) -> str:
        """Plan a trip."""
        return origin

    async with Client(plugin) as client:
        assert (await client.get("/trip?from=Oslo")).json() == "Oslo"
        assert (await client.get("/trip?origin=Oslo")).status == 400


async def test_an_alias_may_have_a_default() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/sorted")
    async def in_order(order: Annotated[str | None, Field(alias="sort-by")] = None) -> str | None:
        """Sort."""
        return order

    async with Client(plugin) as client:
        assert (await client.get("/sorted?sort-by=name")).json() == "name"
        assert (await client.get("/sorted")).json() is None


async def test_path_parameters_are_typed_and_decoded() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/shelves/{shelf}/books/{title}")
    async def book(shelf: int, title: str, page: int = 1) -> list[Any]:
        """Find a book."""
        return [shelf, title, page]

    async with Client(plugin) as client:
        assert (await client.get("/shelves/7/books/%E4%B8%9C%20%C3%A9?page=3")).json() == [7, "东 é", 3]
        assert (await client.get("/shelves/7/books/7")).json() == [7, "7", 1]
        assert only_detail(await client.get("/shelves/x/books/y")) == ("shelf", "Input should be a valid integer")


async def test_a_path_parameter_is_refused_in_the_query() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/items/{key}")
    async def item(key: str) -> str:
        """Find an item."""
        return key

    async with Client(plugin) as client:
        for query in ("key=b", "key=b&key=c", "%6Bey=b"):
            assert only_detail(await client.get(f"/items/a?{query}"))[0] == "key"


async def test_delete_takes_query_and_path_parameters_too() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="destroy", open_world=False, path="/items/{key}")
    async def remove(key: int, force: bool = False) -> list[Any]:
        """Remove an item."""
        return [key, force]

    async with Client(plugin) as client:
        assert (await client.request("DELETE", "/items/5?force=true")).json() == [5, True]
        assert only_detail(await client.request("DELETE", "/items/5?forse=true"))[0] == "forse"


async def test_a_default_list_is_not_shared_between_calls() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/grow")
    async def grow(items: list[str] = []) -> int:  # noqa: B006 what an author may well write
        """Grow a list."""
        items.append("x")
        return len(items)

    async with Client(plugin) as client:
        assert [(await client.get("/grow")).json() for _ in range(3)] == [1, 1, 1]
