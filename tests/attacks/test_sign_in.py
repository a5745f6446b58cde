"""What a person's sign-in and consent must not be tricked into: attacks L1 to L5."""

from __future__ import annotations

import pytest

from tests.attacks.sites import Attacked
from tests.auth.server.flows import (
    CALLBACK,
    PASSWORD,
    Browser,
    Client,
    Form,
    Reply,
    allow,
    authorization,
    form_to,
    get_code,
    get_tokens,
    pkce,
    register,
    sign_in,
)

CONSENT = "/oauth/consent"
SIGN_IN = "/oauth/sign-in"
CREDENTIALS = (("username", "ada"), ("password", PASSWORD))


async def consent_form(browser: Browser, client: Client, **changes: str | None) -> Form:
    """The consent form for a request, after signing in where the browser is not."""
    page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge, **changes))
    return form_to(await sign_in(browser, page) if 'name="password"' in page.text else page, CONSENT)


def is_refused(reply: Reply) -> bool:
    """Whether a form was refused on a page that leads nowhere."""
    return reply.status in {400, 403} and "Location" not in reply.headers


@pytest.mark.attack("L1")
async def test_a_consent_without_its_own_ticket_is_refused(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    form = await consent_form(browser, client)
    ticket = form.value("ticket")
    sign_in_form = form_to(
        await browser.get("/oauth/authorize", params=authorization(client, "a" * 43, prompt="login")), SIGN_IN
    )

    for forged in ("", "x", ticket[:-4], ticket[4:], ticket.swapcase(), "é", sign_in_form.value("ticket")):
        assert is_refused(await browser.submit(form, ("ticket", forged), ("decision", "allow"))), forged
    assert is_refused(await browser.post(CONSENT, {"decision": "allow", "scope": "notes:read"}))
    assert (await browser.get(CONSENT, params={"ticket": ticket, "decision": "allow"})).status == 405
    in_query = await browser.request("POST", f"{CONSENT}?ticket={ticket}&decision=allow", data={})
    assert is_refused(in_query)


@pytest.mark.attack("L1")
async def test_a_consent_of_another_session_is_refused(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    site.add_account(f"mallory-{client.id}")
    async with site.browser() as attacker, site.browser() as stranger:
        page = await attacker.get("/oauth/authorize", params=authorization(client, pkce().challenge))
        theirs = form_to(await sign_in(attacker, page, f"mallory-{client.id}"), CONSENT)
        mine = await consent_form(browser, client)

        assert is_refused(await browser.submit(theirs, ("decision", "allow")))
        assert is_refused(await attacker.submit(mine, ("decision", "allow")))
        assert is_refused(await stranger.submit(mine, ("decision", "allow")))
        await consent_form(stranger, client)
        assert is_refused(await stranger.submit(mine, ("decision", "allow"))), "the same user's other session"


@pytest.mark.attack("L1")
async def test_a_consent_gives_one_code_and_not_forever(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    form = await consent_form(browser, client)
    assert "code" in (await browser.submit(form, ("decision", "allow"))).answer

    assert is_refused(await browser.submit(form, ("decision", "allow")))
    late = await consent_form(browser, client, scope="notes:write")
    site.clock.advance(601)
    assert is_refused(await browser.submit(late, ("decision", "allow")))


@pytest.mark.attack("L1")
async def test_a_consent_that_another_site_sends_is_refused(site: Attacked, browser: Browser) -> None:
    form = await consent_form(browser, await register(browser))

    for origin in ("cross-site", "same-site"):
        reply = await browser.submit(form, ("decision", "allow"), headers={"Sec-Fetch-Site": origin})
        assert is_refused(reply), origin


@pytest.mark.attack("L2")
async def test_nobody_is_signed_in_by_another_site(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    async with site.browser() as victim:
        form = form_to(await browser.get("/oauth/authorize", params=authorization(client, "a" * 43)), SIGN_IN)

        assert is_refused(await victim.submit(form, *CREDENTIALS))
        await victim.get("/oauth/authorize", params=authorization(client, "a" * 43))
        assert is_refused(await victim.submit(form, *CREDENTIALS))
        assert is_refused(await victim.post(SIGN_IN, dict(CREDENTIALS)))
        assert is_refused(await browser.submit(form, *CREDENTIALS, headers={"Sec-Fetch-Site": "cross-site"}))
        assert "plugwright-session" not in victim.cookies
        site.clock.advance(601)
        assert is_refused(await browser.submit(form, *CREDENTIALS))


@pytest.mark.attack("L2")
async def test_signing_in_gives_a_session_that_nobody_knew_before(secure_site: Attacked) -> None:
    browser, attacker = secure_site.secure_browser(), secure_site.secure_browser()
    client = await register(browser)
    await consent_form(attacker, client)
    planted = attacker.cookies["__Host-plugwright-session"]

    page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
    before = browser.cookies["__Host-plugwright-browser"]
    browser.jar["__Host-plugwright-session"] = planted
    consent = await sign_in(browser, page)

    assert consent.status == 200
    assert browser.cookies["__Host-plugwright-session"] != planted
    assert browser.cookies["__Host-plugwright-browser"] != before
    ended = await attacker.get("/oauth/authorize", params=authorization(client, pkce().challenge))
    assert 'name="password"' in ended.text


@pytest.mark.attack("L2")
async def test_the_cookies_are_bound_to_the_host_and_to_https(secure_site: Attacked) -> None:
    browser = secure_site.secure_browser()
    form = await consent_form(browser, await register(browser))
    await browser.submit(form)  # neither allowed nor denied

    names = {line.partition("=")[0] for line in browser.set_cookies}
    assert names == {f"__Host-plugwright-{name}" for name in ("browser", "session", "device")}
    for line in browser.set_cookies:
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes, line
        assert not any(part.startswith("domain") for part in attributes), line


@pytest.mark.attack("L2")
async def test_a_cookie_from_plain_http_or_a_subdomain_is_not_looked_at(secure_site: Attacked) -> None:
    browser = secure_site.secure_browser()
    client = await register(browser)
    page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
    await sign_in(browser, page)

    browser.jar = {name.removeprefix("__Host-"): value for name, value in browser.jar.items()}

    page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
    assert 'name="password"' in page.text


@pytest.mark.attack("L3")
async def test_no_page_can_be_framed(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    signing_in = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
    wrong = await sign_in(browser, signing_in, "nobody")
    consent = await sign_in(browser, signing_in)
    error = await browser.get("/oauth/authorize", params=authorization(client, None))
    unknown = await browser.get("/oauth/authorize", params={"client_id": "nobody"})
    expired = await browser.post(CONSENT, {"ticket": "x"})
    missing = await browser.get("/oauth/missing")
    signed_out = await browser.submit(form_to(consent, "/oauth/sign-out"))

    for page in (signing_in, wrong, consent, error, unknown, expired, missing, signed_out):
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"


async def is_asked(browser: Browser, client: Client, *, headers: dict[str, str] | None = None, **changes: str) -> bool:
    """Whether the person has to agree to a request."""
    params = authorization(client, pkce().challenge, **changes)
    reply = await browser.get("/oauth/authorize", params=params, headers=headers or {})
    assert reply.status in {200, 303}, reply.text
    return reply.status == 200


@pytest.mark.attack("L4")
async def test_consent_is_for_one_client_redirect_scope_and_resource(site: Attacked, browser: Browser) -> None:
    other = "https://other.example/callback"
    client = await register(browser, redirect_uris=[CALLBACK, other])
    clone = await register(browser)
    await get_tokens(browser, client)

    assert not await is_asked(browser, client)
    assert await is_asked(browser, clone)
    assert await is_asked(browser, client, scope="notes:read notes:write")
    assert await is_asked(browser, client, scope="notes:write")
    assert await is_asked(browser, client, redirect_uri=other)
    assert await is_asked(browser, client, resource=site.url)
    assert await is_asked(browser, client, prompt="consent")


@pytest.mark.attack("L4")
async def test_consent_is_not_skipped_for_another_site_or_another_user(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    await get_tokens(browser, client)
    site.add_account(f"bob-{client.id}")

    assert await is_asked(browser, client, headers={"Sec-Fetch-Site": "cross-site"})
    async with site.browser() as another:
        page = await another.get("/oauth/authorize", params=authorization(client, pkce().challenge))
        assert "See your notes" in (await sign_in(another, page, f"bob-{client.id}")).text


@pytest.mark.attack("L4")
async def test_what_was_unselected_is_asked_for_again(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    both = "notes:read notes:write"
    page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge, scope=both))
    await allow(browser, await sign_in(browser, page), ("scope", "notes:read"))

    assert not await is_asked(browser, client)
    assert await is_asked(browser, client, scope=both)


@pytest.mark.attack("L4")
async def test_a_program_that_any_other_could_pose_as_is_asked_for_every_time(site: Attacked, browser: Browser) -> None:
    client = await register(browser, redirect_uris=["http://127.0.0.1:5000/callback"])
    await get_tokens(browser, client)

    assert await is_asked(browser, client)


@pytest.mark.attack("L5")
async def test_a_clone_of_a_known_name_is_shown_as_what_it_is(site: Attacked, browser: Browser) -> None:
    known = site.add_client(name="ChatGPT", is_trusted=True, redirect_uris=("https://chatgpt.com/aip/callback",))
    clone = await register(
        browser,
        client_name="ChatGPT",
        redirect_uris=["https://chatgpt.com.evil.example/callback"],
        logo_uri="https://chatgpt.com/logo.png",
        policy_uri="https://chatgpt.com/policy",
    )
    page = await browser.get("/oauth/authorize", params=authorization(known, pkce().challenge))
    genuine = await sign_in(browser, page)

    posed = await browser.get("/oauth/authorize", params=authorization(clone, pkce().challenge))

    assert "Registered by Notes" in genuine.text
    assert "Not checked by Notes" in posed.text
    assert "Registered by Notes" not in posed.text
    assert "chatgpt.com.evil.example" in posed.text
    assert "logo.png" not in posed.text
    assert "policy" not in posed.text.replace("Content-Security-Policy", "")


@pytest.mark.attack("L5")
async def test_the_person_is_warned_of_programs_on_their_own_computer(site: Attacked, browser: Browser) -> None:
    for uri in ("http://127.0.0.1:5000/callback", "http://localhost/callback", "http://[::1]/callback"):
        client = await register(browser, redirect_uris=[uri])
        page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
        page = await sign_in(browser, page) if 'name="password"' in page.text else page
        assert "This goes to a program on your own computer." in page.text, uri


@pytest.mark.attack("L5")
async def test_names_of_hosts_are_shown_as_they_are_resolved(site: Attacked, browser: Browser) -> None:
    client = await register(browser, redirect_uris=["https://xn--chatgt-xya.com/callback"])
    await get_code(browser, await register(browser), pkce().challenge)

    page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))

    assert "xn--chatgt-xya.com" in page.text
