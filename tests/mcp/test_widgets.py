"""Pages that a host shows with a tool's answer: the resource, its metadata, the tool's pointer to it."""

from __future__ import annotations

from typing import Any

from plugwright import Plugin
from plugwright.testing import Client
from tests.mcp.replies import result_of
from tests.mcp.wire import LEGACY, MODERN, call_in, new_plugin

URI = "ui://fixture/card-v1.html"
HTML = "<!doctype html>\n<html lang='en'><title>Karte ü</title></html>"
VERSIONS = [MODERN, *LEGACY]


def with_card(**options: Any) -> Plugin:
    """A plugin with a page, a tool that shows it and one that does not."""
    plugin = new_plugin()
    card = plugin.widget(URI, html=HTML, title="Card", description="Shows a card.", **options)

    @plugin.operation(effect="read", open_world=False, widget=card, invoking="Looking", invoked="Found")
    async def show() -> dict[str, int]:
        """Show a card."""
        return {"size": 3}

    @plugin.operation(effect="read", open_world=False)
    async def tell() -> str:
        """Tell without a card."""
        return "x"

    return plugin


async def test_the_tool_points_to_its_page_under_both_families_of_keys():
    async with Client(with_card()) as client:
        for version in VERSIONS:
            listed = result_of(await call_in(client, version, "tools/list"), "tools/list", version)["tools"]
            show, tell = listed
            assert show["_meta"] == {
                "securitySchemes": [{"type": "noauth"}],
                "ui": {"resourceUri": URI, "visibility": ["model", "app"]},
                "openai/outputTemplate": URI,
                "openai/widgetAccessible": True,
                "openai/toolInvocation/invoking": "Looking",
                "openai/toolInvocation/invoked": "Found",
            }
            assert tell["_meta"] == {"securitySchemes": [{"type": "noauth"}]}


async def test_the_page_is_html_of_the_apps_type_under_its_own_uri():
    async with Client(with_card()) as client:
        for version in VERSIONS:
            reply = await call_in(client, version, "resources/read", {"uri": URI})
            result = result_of(reply, "resources/read", version)
            (content,) = result["contents"]
            assert content["uri"] == URI
            assert content["mimeType"] == "text/html;profile=mcp-app"
            assert content["text"] == HTML
            (entry,) = result_of(await call_in(client, version, "resources/list"), "resources/list", version)[
                "resources"
            ]
            assert (entry["uri"], entry["mimeType"], entry["_meta"]) == (URI, content["mimeType"], content["_meta"])


async def test_a_page_reaches_nothing_unless_it_says_so():
    async with Client(with_card()) as client:
        (content,) = result_of(await client.mcp("resources/read", {"uri": URI}), "resources/read")["contents"]
    assert content["_meta"] == {
        "ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": False},
        "openai/widgetCSP": {"connect_domains": [], "resource_domains": []},
        "openai/widgetPrefersBorder": False,
        "openai/widgetDescription": "Shows a card.",
    }


async def test_what_a_page_may_reach_is_said_under_both_families_of_keys():
    plugin = with_card(
        connect_domains=["https://api.example.com"],
        resource_domains=["https://*.example.com"],
        frame_domains=["https://maps.example.com"],
        domain="https://fixture.example.com",
        prefers_border=True,
    )
    async with Client(plugin) as client:
        (content,) = result_of(await client.mcp("resources/read", {"uri": URI}), "resources/read")["contents"]
    assert content["_meta"] == {
        "ui": {
            "csp": {
                "connectDomains": ["https://api.example.com"],
                "resourceDomains": ["https://*.example.com"],
                "frameDomains": ["https://maps.example.com"],
            },
            "prefersBorder": True,
            "domain": "https://fixture.example.com",
        },
        "openai/widgetCSP": {
            "connect_domains": ["https://api.example.com"],
            "resource_domains": ["https://*.example.com"],
            "frame_domains": ["https://maps.example.com"],
        },
        "openai/widgetPrefersBorder": True,
        "openai/widgetDomain": "https://fixture.example.com",
        "openai/widgetDescription": "Shows a card.",
    }


async def test_a_page_may_be_cached_and_its_extension_is_declared():
    async with Client(with_card()) as client:
        result = result_of(await client.mcp("resources/read", {"uri": URI}), "resources/read")
        assert (result["ttlMs"], result["cacheScope"]) == (3_600_000, "public")
        found = result_of(await client.mcp("server/discover"), "server/discover")
        assert found["capabilities"]["extensions"] == {"io.modelcontextprotocol/ui": {}}


async def test_a_call_answers_content_for_hosts_without_pages_too():
    async with Client(with_card()) as client:
        for version in VERSIONS:
            result = result_of(await call_in(client, version, "tools/call", {"name": "show"}), "tools/call", version)
            assert result["content"] == [{"type": "text", "text": '{"size":3}'}]
