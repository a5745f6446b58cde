"""Which endpoint a path reaches."""

import pytest

from plugwright import SetupError
from plugwright.testing import Client
from plugwright.web.router import Router
from tests.web.plugins import new_plugin
from tests.web.requests import send_raw


def routed(*paths: str) -> Router[str]:
    """A router whose endpoints are the paths themselves."""
    router: Router[str] = Router()
    for path in paths:
        router.add(path, path)
    return router


FOUND: list[tuple[str, tuple[str, list[str]] | None]] = [
    ("/items", ("/items", [])),
    ("/items/new", ("/items/new", [])),
    ("/items/5", ("/items/{key}", ["5"])),
    ("/items/5/parts", ("/items/{key}/parts", ["5"])),
    ("/items/new/parts", ("/items/{key}/parts", ["new"])),
    ("/items/5/parts/6", ("/items/{key}/parts/{part}", ["5", "6"])),
    ("/items/5/other", ("/items/{key}/{word}", ["5", "other"])),
    ("/items/a b/東京", ("/items/{key}/{word}", ["a b", "東京"])),
    ("/items/../x", ("/items/{key}/{word}", ["..", "x"])),
    ("/", None),
    ("", None),
    ("items", None),
    ("/items/", None),
    ("//items", None),
    ("/items//parts", None),
    ("/items/5/", None),
    ("/items/5/parts/", None),
    ("/items/5/parts/6/7", None),
    ("/items/5/parts//", None),
    ("/Items/5", None),
    ("/other", None),
]


@pytest.mark.parametrize(("path", "found"), FOUND)
def test_text_wins_over_a_parameter_and_a_parameter_is_one_whole_segment(
    path: str, found: tuple[str, list[str]] | None
) -> None:
    router = routed(
        "/items", "/items/new", "/items/{key}", "/items/{key}/parts", "/items/{key}/parts/{part}", "/items/{key}/{word}"
    )
    assert router.find(path) == found


def test_text_that_leads_nowhere_gives_way_to_a_parameter() -> None:
    router = routed("/a/b/c", "/a/{x}/d", "/{y}/b/e")

    assert router.find("/a/b/c") == ("/a/b/c", [])
    assert router.find("/a/b/d") == ("/a/{x}/d", ["b"])
    assert router.find("/a/b/e") == ("/{y}/b/e", ["a"])
    assert router.find("/a/b/f") is None


def test_the_order_of_definition_does_not_matter() -> None:
    paths = ["/a/{x}", "/a/b", "/{y}/b"]
    for router in (routed(*paths), routed(*reversed(paths))):
        assert router.find("/a/b") == ("/a/b", [])
        assert router.find("/a/c") == ("/a/{x}", ["c"])
        assert router.find("/c/b") == ("/{y}/b", ["c"])


def test_very_long_paths_are_decided_quickly() -> None:
    router = routed("/{a}/{b}/{c}/{d}/{e}/end", "/x/{b}/x/{d}/x/stop")

    assert router.find("/" + "x/" * 50_000) is None
    assert router.find("/x/x/x/x/x/end") == ("/{a}/{b}/{c}/{d}/{e}/end", ["x"] * 5)


async def test_an_operation_cannot_hide_what_plugwright_serves() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/{word}")
    async def catch_all(word: str) -> str:
        """Catch everything."""
        return word

    async with Client(plugin) as client:
        assert (await client.get("/livez")).text.strip() == "ok"
        assert (await client.get("/openapi.json")).json()["openapi"] == "3.1.0"
        assert (await client.get("/mcp")).status == 405
        assert (await client.get("/anything")).json() == "anything"


async def test_a_path_is_decoded_once() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/say/{word}")
    async def say(word: str) -> str:
        """Say a word."""
        return word

    async with Client(plugin) as client:
        assert (await client.get("/s%61y/%2541")).json() == "%41"
        assert (await client.get("/say/a%3Fb")).json() == "a?b"
        assert (await send_raw(client.app, "GET", "/say/\u6771")).status == 200


async def test_the_same_path_serves_other_operations_by_method() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/items/{key}")
    async def read_item(key: str) -> str:
        """Read an item."""
        return f"read {key}"

    @plugin.operation(effect="destroy", open_world=False, path="/items/{key}")
    async def remove_item(key: str) -> str:
        """Remove an item."""
        return f"removed {key}"

    async with Client(plugin) as client:
        assert (await client.get("/items/a")).json() == "read a"
        assert (await client.request("DELETE", "/items/a")).json() == "removed a"
        assert (await client.request("PUT", "/items/a")).headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


async def test_the_parameters_of_one_place_have_one_name() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/items/{one}")
    async def read_item(one: str) -> str:
        """Read an item."""
        return one

    async def remove_item(two: str) -> None:
        """Remove an item."""

    with pytest.raises(SetupError, match="remove_item"):
        plugin.operation(effect="destroy", open_world=False, path="/items/{two}")(remove_item)
