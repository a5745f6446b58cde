"""ChatGPT's whole way at the served weather plugin, with a person at Chromium: from a 401 to a revoked token."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from examples.weather.place_operations import SCOPES
from tests.external.servers import WEATHER
from tests.external.sign_in import chatgpt
from tests.external.sign_in.chatgpt import Identity
from tests.external.sign_in.site import DISPLAY_NAME, PASSWORD, Site, serving
from tests.external.sign_in.walk import CITY, Walk, walking
from tests.postgres import PostgresServer

Walking = Callable[..., AbstractAsyncContextManager[Walk]]
WORDS = [scope if isinstance(scope, str) else scope.description for scope in SCOPES.values()]
LANGUAGES = pytest.mark.parametrize(
    ("locale", "language", "name"), [("en-US", "en", "en"), ("zh-CN", "zh-Hans", "zh")], ids=["en", "zh"]
)


@pytest.fixture
def at_weather(weather_site: Site, documents_port: int, chromium: str, tmp_path: Path) -> Walking:
    """Begin a walk at the weather plugin."""
    return partial(walking, weather_site, documents_port, chromium, tmp_path)


@pytest.mark.parametrize("how", ["registered", "document"])
async def test_a_user_of_chatgpt_signs_in_saves_a_place_and_takes_the_right_back(
    weather_site: Site, at_weather: Walking, how: str
):
    async with at_weather() as walk:
        found = await walk.discover()
        identity = await walk.identify(how, found)
        asked = chatgpt.ask(found, identity)
        await walk.person.open(asked.url)
        await walk.person.sign_in()
        page = await walk.person.reads()
        await walk.person.allow()
        code = await walk.come_back(found, asked)
        first = await chatgpt.exchange(walk.http, found, identity, asked, code)
        saved = await walk.save(first["access_token"], how)
        again = await walk.tool(found, first["access_token"], "save_place", name=how, city=CITY)
        second = await chatgpt.refresh(walk.http, found, identity, first["refresh_token"])
        listed = await walk.tool(found, second["access_token"], "list_places")
        revoked = await chatgpt.revoke(walk.http, found, identity, second["refresh_token"])
        gone = [await walk.save(given["access_token"], how) for given in (first, second)]
        gone_by_mcp = await walk.tool(found, second["access_token"], "list_places")

    assert found.resource == weather_site.mcp
    for text in ("ChatGPT", DISPLAY_NAME, "chatgpt.com", *WORDS):
        assert text in page
    assert set(first["scope"].split()) >= {"places:read", "places:write"}
    assert saved.status == 200, saved.text
    assert saved.json()["city"].startswith(CITY)
    assert again.json()["result"]["structuredContent"] == saved.json()
    assert second["refresh_token"] != first["refresh_token"]
    assert saved.json() in listed.json()["result"]["structuredContent"]["places"]
    assert revoked.status == 200
    assert [reply.status for reply in (*gone, gone_by_mcp)] == [401, 401, 401]
    assert all('error="invalid_token"' in reply.headers["WWW-Authenticate"] for reply in (*gone, gone_by_mcp))
    tokens = [given[kind] for given in (first, second) for kind in ("access_token", "refresh_token")]
    assert [secret for secret in (PASSWORD, code, *tokens) if secret in weather_site.log] == []


async def test_a_tool_that_needs_sign_in_leads_chatgpt_to_the_same_server_as_the_401(at_weather: Walking):
    async with at_weather() as walk:
        found = await walk.discover()
        asking = await walk.tool(found, None, "save_place", name="home", city=CITY)
        (challenge,) = asking.json()["result"]["_meta"]["mcp/www_authenticate"]

        assert await chatgpt.discover(walk.http, challenge) == found
        assert asking.status == 200
        assert (await walk.tool(found, None, "get_weather", city=CITY)).json()["result"]["isError"] is False


async def test_what_the_person_unticks_chatgpt_is_told_to_ask_for(at_weather: Walking):
    async with at_weather() as walk:
        found = await walk.discover()
        identity = await chatgpt.register(walk.http, found)
        asked = chatgpt.ask(found, identity)
        await walk.person.open(asked.url)
        await walk.person.sign_in()
        await walk.person.allow(without=("places:write",))
        tokens = await walk.get_tokens(found, identity, asked)
        kept = await walk.save(tokens["access_token"], "home")
        listed = await walk.tool(found, tokens["access_token"], "list_places")

    assert kept.status == 403
    assert 'error="insufficient_scope"' in kept.headers["WWW-Authenticate"]
    assert 'scope="places:read places:write"' in kept.headers["WWW-Authenticate"]
    assert listed.json()["result"]["isError"] is False


@LANGUAGES
async def test_a_client_that_the_operator_added_asks_in_the_users_language(
    weather_site: Site, at_weather: Walking, locale: str, language: str, name: str
):
    added = weather_site.operator.run("clients", "add", "chatgpt")
    identity = Identity(added["client_id"], secret=added["client_secret"])
    async with at_weather(locale=locale) as walk:
        found = await walk.discover()
        asked = chatgpt.ask(found, identity)
        await walk.person.open(asked.url)
        await walk.person.take_picture(f"weather-sign-in-{name}")
        spoken = [await walk.person.language()]
        await walk.person.sign_in()
        await walk.person.take_picture(f"weather-consent-{name}")
        spoken.append(await walk.person.language())
        await walk.person.allow()
        tokens = await walk.get_tokens(found, identity, asked)
        saved = await walk.save(tokens["access_token"], "home")

    assert spoken == [language, language]
    assert saved.status == 200, saved.text


async def test_a_plugin_on_postgresql_does_the_same(postgresql_server: PostgresServer, chromium: str, tmp_path: Path):
    with postgresql_server.database() as url, serving(WEATHER, database_url=url) as site:
        async with walking(site, 0, chromium, tmp_path) as walk:
            found = await walk.discover()
            identity = await chatgpt.register(walk.http, found)
            asked = chatgpt.ask(found, identity)
            await walk.person.open(asked.url)
            await walk.person.sign_in()
            await walk.person.allow()
            first = await walk.get_tokens(found, identity, asked)
            saved = await walk.save(first["access_token"], "home")
            second = await chatgpt.refresh(walk.http, found, identity, first["refresh_token"])
            listed = await walk.tool(found, second["access_token"], "list_places")
            revoked = await chatgpt.revoke(walk.http, found, identity, second["access_token"])
            gone = await walk.tool(found, second["access_token"], "list_places")

    assert saved.status == 200, saved.text
    assert listed.json()["result"]["structuredContent"]["places"] == [saved.json()]
    assert (revoked.status, gone.status) == (200, 401)
