"""What an answer to an authorization request must not give away, nor lead to: attacks A10 to A15."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.attacks.sites import Attacked, is_page_only, told
from tests.auth.server.flows import (
    CALLBACK,
    Browser,
    Client,
    Reply,
    allow,
    authorization,
    form_to,
    get_code,
    get_tokens,
    pkce,
    redeem,
    refresh,
    register,
    sign_in,
)

CONSENT = "/oauth/consent"
WRONG = "wrong wrong wrong"
EVIL = "https://evil.example"


async def consent_page(browser: Browser, client: Client, **changes: str | None) -> Reply:
    """The consent page for a request, after signing in where the browser is not."""
    params = authorization(client, pkce().challenge, prompt="consent", **changes)
    page = await browser.get("/oauth/authorize", params=params)
    return await sign_in(browser, page) if 'name="password"' in page.text else page


@pytest.mark.attack("A10")
async def test_every_response_names_the_issuer_exactly_once(site: Attacked, browser: Browser) -> None:
    issuer = (await browser.get("/.well-known/oauth-authorization-server")).json()["issuer"]
    assert issuer == site.url
    uri = f"{CALLBACK}?iss=https%3A%2F%2Fevil.example&code=theirs&state=theirs&kept=1&flag&a%20b"
    client = await register(browser, redirect_uris=[uri])

    denied = await browser.submit(form_to(await consent_page(browser, client), CONSENT), ("decision", "deny"))
    allowed = await browser.submit(form_to(await consent_page(browser, client), CONSENT), ("decision", "allow"))
    refused = await browser.get("/oauth/authorize", params=authorization(client, None))

    assert denied.location.startswith(f"{CALLBACK}?kept=1&flag&a%20b&error=access_denied")
    for answer in (denied.answer, allowed.answer, told(refused)):
        assert (answer["iss"], answer["state"], answer["kept"]) == (issuer, "xyz", "1")
        assert answer.get("code") != "theirs"


@pytest.mark.attack("A10")
async def test_a_trusted_client_is_told_an_error_with_the_issuer(site: Attacked, browser: Browser) -> None:
    client = site.add_client(is_trusted=True)

    reply = await browser.get("/oauth/authorize", params=authorization(client, None))

    assert reply.status == 303
    assert (reply.answer["error"], reply.answer["iss"]) == ("invalid_request", site.url)


@pytest.mark.attack("A11")
async def test_no_error_leads_to_a_client_that_nobody_trusts(site: Attacked, browser: Browser) -> None:
    client = await register(browser, redirect_uris=[f"{EVIL}/phish"])
    challenge = pkce().challenge
    wrong: tuple[dict[str, str | None], ...] = (
        {"scope": "unknown"},
        {"response_type": "token"},
        {"response_type": None},
        {"prompt": "none"},
        {"prompt": "none login"},
        {"code_challenge_method": "plain"},
        {"resource": EVIL},
        {"request": "x.y.z"},
        {"request_uri": "urn:x"},
    )

    for changes in wrong:
        reply = await browser.get("/oauth/authorize", params=authorization(client, challenge, **changes))
        assert reply.status == 400, changes
        assert "Location" not in reply.headers
        assert "error" in told(reply)
    await consent_page(browser, client)
    silent = await browser.get("/oauth/authorize", params=authorization(client, challenge, prompt="none"))
    assert silent.status == 400
    assert told(silent)["error"] == "consent_required"


@pytest.mark.attack("A11")
async def test_signing_in_and_out_leads_nowhere_else(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
    names = ("next", "return_to", "redirect_uri", "post_logout_redirect_uri", "continue", "url")
    more = [(name, EVIL) for name in names]

    signed_in = await browser.submit(
        form_to(page, "/oauth/sign-in"), ("username", "ada"), ("password", "correct horse battery"), *more
    )
    assert signed_in.location.startswith("/oauth/authorize?response_type=code&client_id=")
    assert "evil" not in signed_in.location
    consent = await browser.get(signed_in.location)
    signed_out = await browser.submit(form_to(consent, "/oauth/sign-out"), *more)
    assert signed_out.status == 200
    assert "Location" not in signed_out.headers
    assert "evil" not in signed_out.text
    for path in ("/oauth/sign-out", "/oauth/sign-in", "/oauth//evil.example", "/oauth/authorize//evil.example"):
        reply = await browser.get(path, params=dict(more))
        assert reply.status in {404, 405}
        assert "Location" not in reply.headers


@pytest.mark.attack("A12")
async def test_what_was_posted_here_is_not_posted_there(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))

    filled = (("username", "ada"), ("password", "correct horse battery"))
    signed_in = await browser.submit(form_to(page, "/oauth/sign-in"), *filled)
    consent = await browser.get(signed_in.location)
    back = await allow(browser, consent)

    assert (signed_in.status, back.status) == (303, 303)


@pytest.mark.attack("A13")
@pytest.mark.parametrize(
    "state",
    [
        "a\r\nSet-Cookie: evil=1",
        "a\r\n\r\n<script>alert(1)</script>",
        "a\x00b",
        "\u2028\u202e",
        "é&code=theirs#",
        "%0d%0a",
    ],
)
async def test_a_state_comes_back_as_it_is_and_splits_nothing(site: Attacked, browser: Browser, state: str) -> None:
    client = await register(browser)

    reply = await browser.submit(
        form_to(await consent_page(browser, client, state=state), CONSENT), ("decision", "allow")
    )

    assert reply.answer["state"] == state
    assert "evil" not in browser.cookies
    assert reply.location.isascii()
    assert reply.location.isprintable()


@pytest.mark.attack("A13")
async def test_huge_and_binary_parameters_are_refused(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    client_id, binary = client.id, "%ff%fe%00"

    for size in (5_000, 20_000):
        reply = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge, state="a" * size))
        assert is_page_only(reply)
    target = f"/oauth/authorize?client_id={client_id}&state={'a' * 1_000_000}"
    with_limit = await refused_by_any(browser, target)
    assert with_limit
    assert is_page_only(await browser.get(f"/oauth/authorize?client_id={client_id}&state={binary}"))
    for name in ("code", "code_verifier", "redirect_uri", "resource", "client_id", "client_secret", "grant_type"):
        form = {"grant_type": "authorization_code", "code": "a", "client_id": client_id, name: "a\x00\r\n" * 200}
        reply = await browser.post("/oauth/token", form)
        assert reply.status in {400, 401}, name
        assert "\r" not in reply.json()["error_description"]
    basic = "Basic eAB5OnoAeg=="  # x NUL y : z NUL z
    reply = await browser.post("/oauth/token", {"grant_type": "refresh_token"}, headers={"Authorization": basic})
    assert reply.status == 401


async def refused_by_any(browser: Browser, target: str) -> bool:
    """Whether a request is refused, if need be by the server under the application, which may just hang up."""
    try:
        reply = await browser.get(target)
    except aiohttp.ClientError:
        return True
    return reply.status in {400, 414, 431} and "Location" not in reply.headers


@pytest.mark.attack("A13")
async def test_a_name_is_shown_as_text_or_refused(site: Attacked, browser: Browser) -> None:
    for name in ("a\r\nb", "a\x00b", "\u202eTPGtahC", "a" * 201, "\u200b", 5):
        reply = await browser.post("/oauth/register", None, json={"redirect_uris": [CALLBACK], "client_name": name})
        assert (reply.status, reply.json()["error"]) == (400, "invalid_client_metadata"), name
    client = await register(browser, client_name="<script>alert(1)</script>\"'><img src=x onerror=alert(1)>")

    page = await consent_page(browser, client)

    assert "<script" not in page.text
    assert "<img src=x" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.attack("A14")
async def test_no_page_leaks_what_its_address_holds(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    params = authorization(client, pkce().challenge)
    signing_in = await browser.get("/oauth/authorize", params=params)
    wrong = await sign_in(browser, signing_in, password=WRONG)
    moved = await browser.submit(
        form_to(signing_in, "/oauth/sign-in"), ("username", "ada"), ("password", "correct horse battery")
    )
    consent = await browser.get(moved.location)
    back = await allow(browser, consent)
    again = await allow(browser, consent)
    error = await browser.get("/oauth/authorize", params=authorization(client, None))
    missing = await browser.get("/oauth/nothing")

    for reply in (signing_in, wrong, moved, consent, back, again, error, missing):
        assert reply.headers["Cache-Control"] == "no-store", reply.text
        assert reply.headers["Referrer-Policy"] == "no-referrer", reply.text
    for page in (signing_in, wrong, consent, again, error, missing):
        assets: list[tuple[str, ...]] = re.findall(
            r"""(?:src|srcset|poster)="([^"]*)"|url\(([^)]*)\)|<link[^>]*href="([^"]*)\"""", page.text
        )
        assert all(not urlsplit(url).netloc for found in assets for url in found), assets
        assert "img-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.attack("A14")
async def test_a_code_that_leaked_is_dead_once_it_was_used(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    pair = pkce()
    code = await get_code(browser, client, pair.challenge)
    await redeem(browser, client, code, pair.verifier)

    stolen = await redeem(browser, client, code, pkce().verifier)

    assert stolen.json()["error"] == "invalid_grant"


@pytest.mark.attack("A15")
async def test_scripts_of_other_origins_cannot_read_the_pages(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    params = authorization(client, pkce().challenge)
    foreign = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}

    page = await browser.get("/oauth/authorize", params=params, headers=foreign)
    assert "Access-Control-Allow-Origin" not in page.headers
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for path in ("/oauth/authorize", "/oauth/sign-in", "/oauth/consent", "/oauth/sign-out"):
        asked = await browser.request("OPTIONS", path, headers={**foreign, "Access-Control-Request-Method": "GET"})
        posted = await browser.post(path, {"ticket": "x"}, headers=foreign)
        for reply in (asked, posted):
            assert reply.status in {403, 405}, path
            assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.attack("A15")
async def test_clients_in_a_page_reach_the_token_endpoint_without_cookies(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    tokens = await get_tokens(browser, client)

    replies = [
        await browser.get("/.well-known/oauth-authorization-server", headers={"Origin": EVIL}),
        await browser.get("/.well-known/oauth-protected-resource/mcp", headers={"Origin": EVIL}),
        await browser.request("OPTIONS", "/oauth/token", headers={"Origin": EVIL}),
        await browser.post("/oauth/token", {"grant_type": "x"}, headers={"Origin": EVIL}),
        await refresh(browser, client, tokens.refresh),
    ]

    for reply in replies:
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in reply.headers
