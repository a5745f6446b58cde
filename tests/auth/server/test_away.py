"""Sign-in while the database is away."""

from tests.auth.server.flows import authorization, call, get_tokens, pkce, refresh, register, serving


async def test_people_and_machines_are_told_when_to_come_again_and_no_token_is_called_invalid(sqlite_url: str):
    async with serving(sqlite_url) as site, site.browser() as browser:
        client = await register(browser)
        tokens = await get_tokens(browser, client)
        assert (await call(browser, tokens.access)).status == 200
        database = site.app.database
        assert database is not None
        database.close()

        assert (await call(browser, tokens.access)).status == 200  # it was verified just now
        site.clock.advance(1)
        refused = [
            await call(browser, tokens.access),
            await refresh(browser, client, tokens.refresh),
            await browser.request("POST", "/oauth/register", json={"redirect_uris": [client.redirect_uri]}),
            await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge)),
        ]

    assert [(reply.status, reply.headers["Retry-After"]) for reply in refused] == [(503, "1")] * 4
    assert [reply.headers["Content-Type"].partition(";")[0] for reply in refused] == [
        *["application/json"] * 3,
        "text/html",
    ]
