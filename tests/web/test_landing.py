"""The page at the root: complete, and closed against whatever the texts contain."""

from html.parser import HTMLParser
from typing import Any

from plugwright import ServiceKey
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.web.plugins import new_plugin

HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


async def page_of(plugin: Any, settings: Settings | None = None) -> Page:
    """The page of a plugin, read."""
    async with Client(plugin, settings) as client:
        return Page((await client.get("/")).text)


async def test_it_says_what_the_plugin_is_and_how_to_add_it() -> None:
    plugin = new_plugin(title="Skycast", summary="Forecasts.", version="3.2.1")

    @plugin.operation(effect="destroy", open_world=False, path="/clouds/{key}")
    async def remove_cloud(key: str) -> None:
        """Remove a cloud."""

    page = await page_of(plugin, Settings(public_url="https://plugin.example"))

    for text in (
        "Skycast",
        "Forecasts.",
        "3.2.1",
        "https://plugin.example/mcp",
        "Remove cloud",
        "Remove a cloud.",
        "destroy",
    ):
        assert text in page.text
    assert "DELETE /clouds/{key}" in page.text
    links = [attributes.get("href") for tag, attributes in page.tags if tag == "a"]
    assert "https://example.com/legal" in links
    assert "mailto:support@example.com" in links


async def test_hostile_texts_stay_texts() -> None:
    plugin = new_plugin(
        title=HOSTILE[:50], summary=HOSTILE, contact_email='"><script>@x.y', legal_url='https://x.y/"><script>'
    )

    async def hostile() -> None: ...

    hostile.__doc__ = HOSTILE
    plugin.operation(effect="read", open_world=False, path="/hostile", title=HOSTILE)(hostile)
    page = await page_of(plugin)

    assert page.text.count(HOSTILE) >= 2
    assert HOSTILE[:50] in page.text
    assert "49" not in page.text.replace(HOSTILE, "")
    tags = {tag for tag, _ in page.tags}
    assert "script" not in tags
    assert len([tag for tag, _ in page.tags if tag == "img"]) == 1
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


async def test_it_needs_nothing_from_elsewhere_and_cannot_be_framed() -> None:
    async with Client(new_plugin()) as client:
        reply = await client.get("/")
    page = Page(reply.text)

    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    for tag, attributes in page.tags:
        assert tag not in {"script", "iframe", "form", "object"}
        assert tag != "link" or (attributes["rel"] == "icon" and (attributes["href"] or "").startswith("/logo"))
        assert not (attributes.get("src") or "").startswith(("http", "//", "data:"))


async def test_every_link_of_our_own_leads_somewhere() -> None:
    async with Client(new_plugin()) as client:
        page = Page((await client.get("/")).text)
        targets = [attributes.get("href") or attributes.get("src") or "" for _, attributes in page.tags]
        own = {target for target in targets if target.startswith("/")}
        assert {"/openapi.json", "/openapi.yaml", "/.well-known/ai-plugin.json", "/logo.png"} <= own
        for target in own:
            assert (await client.get(target)).status == 200


async def test_its_links_hold_where_the_public_url_has_a_path() -> None:
    page = await page_of(new_plugin(), Settings(public_url="https://plugin.example/weather"))
    targets = [attributes.get("href") or attributes.get("src") or "" for _, attributes in page.tags]
    own = {target for target in targets if "openapi" in target or "logo" in target or "ai-plugin" in target}

    assert len(own) == 4
    assert not [target for target in own if target.startswith("/") and not target.startswith("/weather/")]


async def test_the_page_says_what_needs_sign_in_and_how() -> None:
    plugin = new_plugin(auth=ServiceKey())

    @plugin.operation(effect="read", open_world=False)
    def look() -> int:
        """Look."""
        return 1

    @plugin.operation(effect="read", open_world=False, public=True)
    def peek() -> int:
        """Peek."""
        return 1

    async with Client(plugin) as client:
        page = (await client.get("/")).text

    assert page.count("needs sign-in") == 1
    assert "service&#39;s key" in page
