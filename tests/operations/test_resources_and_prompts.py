"""Definitions of resources, prompts and widgets: what is published, and what is refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plugwright import SetupError, Widget
from plugwright.testing import Client
from tests.operations.plugins import new_plugin, tool_of

PAGE = "<!doctype html><html><body>hi</body></html>"


async def cities() -> str:
    """All cities.

    One a line.
    """
    return "Oslo"


async def city(number: int) -> dict[str, int]:
    """One city."""
    return {"number": number}


async def undocumented(number: int = 1) -> str:
    return str(number)


async def of_list(numbers: list[int]) -> str:
    """Take a list."""
    return str(numbers)


def widget_of(**parts: Any) -> Widget:
    usual: dict[str, Any] = {"uri": "ui://sample/page-v1.html", "html": PAGE, "title": "Page", "description": "A page."}
    return new_plugin().widget(**(usual | parts))


async def test_a_resource_is_listed_with_its_name_title_type_and_description():
    plugin = new_plugin()
    plugin.resource("sample://cities", title="Cities", mime_type="text/csv")(cities)
    plugin.resource("sample://city/{number}", name="a_city")(city)
    async with Client(plugin) as client:
        [resource] = (await client.mcp("resources/list")).json()["result"]["resources"]
        [template] = (await client.mcp("resources/templates/list")).json()["result"]["resourceTemplates"]
    assert resource == {
        "uri": "sample://cities",
        "name": "cities",
        "title": "Cities",
        "description": "All cities.\n\nOne a line.",
        "mimeType": "text/csv",
    }
    assert (template["uriTemplate"], template["name"]) == ("sample://city/{number}", "a_city")


async def test_parameters_of_a_template_arrive_in_the_type_of_the_function():
    plugin = new_plugin()
    plugin.resource("sample://city/{number}", mime_type="application/json")(city)
    async with Client(plugin) as client:
        found = (await client.mcp("resources/read", {"uri": "sample://city/7"})).json()
        wrong = (await client.mcp("resources/read", {"uri": "sample://city/seven"})).json()
    assert found["result"]["contents"][0]["text"] == '{"number":7}'
    assert wrong["error"]["message"] == "Resource not found"


async def test_a_prompt_is_listed_with_its_arguments():
    async def trip(city: str, days: int = 3) -> str:
        """Plan a trip.

        Args:
            city: where to.
        """
        return city

    plugin = new_plugin()
    plugin.prompt(title="Trip")(trip)
    async with Client(plugin) as client:
        [prompt] = (await client.mcp("prompts/list")).json()["result"]["prompts"]
    assert (prompt["name"], prompt["title"], prompt["description"]) == ("trip", "Trip", "Plan a trip.")
    assert [(argument["name"], argument["required"]) for argument in prompt["arguments"]] == [
        ("city", True),
        ("days", False),
    ]
    assert prompt["arguments"][0]["description"] == "where to."


@dataclass(frozen=True)
class Refusal:
    """A faulty definition, and what its refusal has to say."""

    fault: str
    define: Callable[[], Any]
    words: tuple[str, ...] = field(default=())


def resource(uri: str, function: Callable[..., Any], **options: Any) -> Callable[[], Any]:
    return lambda: new_plugin().resource(uri, **options)(function)


def prompt(function: Callable[..., Any], **options: Any) -> Callable[[], Any]:
    return lambda: new_plugin().prompt(**options)(function)


REFUSALS = (
    Refusal("relative URI", resource("cities", cities), ("'cities'", "(cities)", "absolute")),
    Refusal("URI with a blank", resource("sample://a b", cities), ("'sample://a b'", "absolute")),
    Refusal("undocumented resource", resource("sample://{number}", undocumented), ("undocumented", "docstring")),
    Refusal("parameter that the URI lacks", resource("sample://city", city), ("number", "make them the same")),
    Refusal("parameter that the function lacks", resource("sample://{a}", cities), ("['a']", "make them the same")),
    Refusal("timeout of a resource", resource("sample://a", cities, timeout="5"), ("sample://a", "'5'", '"5s"')),
    Refusal("undocumented prompt", prompt(undocumented), ("undocumented", "docstring")),
    Refusal("list as an argument", prompt(of_list), ("of_list", "'numbers'", "single value")),
    Refusal("timeout of a prompt", prompt(city, timeout="no"), ("city", "'no'", '"5s"')),
    Refusal("URI of another scheme", lambda: widget_of(uri="https://a.example/b"), ("https://a.example/b", "ui://")),
    Refusal("page that is no HTML", lambda: widget_of(html="hi"), ("ui://sample/page-v1.html", "HTML")),
    Refusal("missing page", lambda: widget_of(html=Path("/nowhere/page.html")), ("'page.html'", "cannot be read")),
    Refusal("domain with a path", lambda: widget_of(connect_domains=["https://a.example/b"]), ("origin",)),
    Refusal("domain over http", lambda: widget_of(resource_domains=["http://a.example"]), ("http://a.example",)),
    Refusal("domain without a scheme", lambda: widget_of(frame_domains=["a.example"]), ("a.example", "https://")),
)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.fault)
def test_a_faulty_definition_is_refused_in_one_line_that_names_it(refusal: Refusal):
    with pytest.raises(SetupError) as refused:
        refusal.define()
    assert "\n" not in refused.value.message
    assert [word for word in refusal.words if word not in refused.value.message] == []


def test_two_resources_of_one_uri_are_refused_however_their_parameters_are_called():
    async def other(key: int) -> str:
        """Another city."""
        return str(key)

    plugin = new_plugin()
    plugin.resource("sample://city/{number}")(city)
    for uri, function in {"sample://city/{number}": city, "sample://city/{key}": other}.items():
        with pytest.raises(SetupError, match=r"sample://city/.* defined twice.*another URI"):
            plugin.resource(uri)(function)


def test_two_prompts_of_one_name_are_refused():
    plugin = new_plugin()
    plugin.prompt()(city)
    with pytest.raises(SetupError, match="prompt 'city' is defined twice; give one another name"):
        plugin.prompt(name="city")(cities)


async def test_a_widget_is_named_in_the_tool_that_shows_it():
    widget = widget_of()
    meta = (await tool_of(city, widget=widget))["_meta"]
    assert meta["ui"]["resourceUri"] == meta["openai/outputTemplate"] == widget.uri
