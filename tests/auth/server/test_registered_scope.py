"""The scope that a client registers with: checked, and no limit to what it asks its users for later."""

from __future__ import annotations

from tests.auth.server.flows import CALLBACK, get_tokens, register, serving


async def test_a_client_that_registered_for_one_scope_steps_up_to_another(database_url: str) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        client = await register(browser, scope="notes:read offline_access")

        first = await get_tokens(browser, client, scope="notes:read")
        second = await get_tokens(browser, client, scope="notes:read notes:write")

    assert first.scope == "notes:read"
    assert set(second.scope.split()) == {"notes:read", "notes:write"}


async def test_a_client_cannot_register_for_a_scope_that_does_not_exist(database_url: str) -> None:
    async with serving(database_url) as site, site.browser() as browser:
        metadata = {"redirect_uris": [CALLBACK], "scope": "notes:read notes:everything"}
        reply = await browser.request("POST", "/oauth/register", json=metadata)

    assert (reply.status, reply.json()["error"]) == (400, "invalid_client_metadata")
    assert "notes:read notes:write" in reply.json()["error_description"]
