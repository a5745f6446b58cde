"""What a copy of the database, the logs or the error pages gives away: attacks D1 and D2."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, inspect, text

from plugwright import Call, Identity, Plugin, UserKey
from plugwright.store import audit, user_keys
from plugwright.store.sealed import unseal
from tests.attacks.sites import Attacked, attacked
from tests.attacks.test_client_authentication import JWT, POST, claims_of, present
from tests.auth.outside import ec_key, public, signed
from tests.auth.server.flows import (
    CALLBACK,
    PASSWORD,
    Browser,
    Client,
    authorization,
    call,
    form_to,
    get_code,
    get_tokens,
    notes_plugin,
    pkce,
    redeem,
    refresh,
    register,
    sign_in,
)
from tests.operations.plugins import LOGO

PREFIXES = ("pw_at", "pw_rt", "pw_code", "pw_sess", "pw_cs", "pw_rat", "pw_key")
TABLES = {"accounts", "sessions", "clients", "consents", "grants", "codes", "refresh_tokens", "access_tokens"} | {
    *("assertions", "throttles", "user_keys", "audit")
}


def keys_plugin() -> Plugin:
    """A plugin whose users have keys."""
    plugin = Plugin(
        name="keys",
        title="Keys",
        summary="Keys.",
        instructions="Use it.",
        version="1.0.0",
        contact_email="a@example.com",
        legal_url="https://example.com/legal",
        logo=LOGO,
        auth=UserKey(),
    )

    @plugin.operation(effect="read", open_world=False)
    async def who(*, call: Call) -> str:
        """Who is calling."""
        return call.subject

    return plugin


async def fill(site: Attacked, browser: Browser) -> Client:
    """Put something into every table; the client that proves itself by a secret."""
    client = await register(browser, token_endpoint_auth_method=POST)
    used = await get_tokens(browser, client)
    await refresh(browser, client, used.refresh)
    await get_code(browser, client, pkce().challenge, prompt="consent")
    signing = await register(browser, token_endpoint_auth_method=JWT, jwks=public(ec_key()))
    await present(browser, signing, signed(claims_of(site, signing), ec_key(), typ="JWT"))
    site.run(lambda c: user_keys.issue(c, subject="ada", label="a key", scopes=[], now=site.clock()))
    return client


def stolen(c: Connection) -> dict[str, list[Any]]:
    """Every value of every table."""
    names = inspect(c).get_table_names()
    return {name: [value for row in c.execute(text(f'SELECT * FROM "{name}"')) for value in row] for name in names}  # noqa: S608 names of tables


def candidates(value: Any) -> Iterable[str]:
    """The ways in which a stored value could be presented."""
    if isinstance(value, bytes):
        short = urlsafe_b64encode(value).rstrip(b"=").decode()
        yield from (value.hex(), b64encode(value).decode(), short, value.decode("latin-1"))
        yield from (f"{prefix}_{short}" for prefix in PREFIXES if len(value) == 32)
    elif isinstance(value, dict | list):
        yield json.dumps(value)
        for item in value.values() if isinstance(value, dict) else value:  # pyright: ignore[reportUnknownVariableType] JSON
            yield from candidates(item)
    elif value is not None:
        yield str(value)


@pytest.mark.attack("D1")
async def test_no_value_of_a_stolen_database_is_a_credential(database_url: str, cheap_hashing: None) -> None:
    with attacked(database_url) as site, attacked(database_url, keys_plugin(), clock=site.clock) as keyed:
        async with site.browser() as browser, site.browser() as thief, keyed.browser() as caller:
            client = await fill(site, browser)
            tables = site.run(stolen)
            assert {name for name, values in tables.items() if values} >= TABLES
            values = [value for column in tables.values() for value in column]
            tried = sorted({text for value in values for text in candidates(value)})
            sealed = [value for value in values if isinstance(value, bytes) and len(value) > 32]
            assert len(sealed) == 2, "the answers that may be repeated"
            for answer in sealed:
                for credential in tried:
                    with pytest.raises(InvalidTag):
                        unseal(answer, credential)

            gate = asyncio.Semaphore(16)

            async def attempt(credential: str) -> list[str]:
                async with gate:
                    return await accepted(thief, caller, client, credential)

            accepted_as = await asyncio.gather(*map(attempt, tried))
            assert {kind for kinds in accepted_as for kind in kinds} == set()
            assert len(tried) > 150


async def accepted(thief: Browser, caller: Browser, client: Client, credential: str) -> list[str]:
    """What a stolen value is accepted as."""
    found = [
        kind
        for kind, fields in {
            "refresh token": {"grant_type": "refresh_token", "refresh_token": credential, **client.proof},
            "client secret": {**client.proof, "client_secret": credential, "grant_type": "x"},
            "code": {
                "grant_type": "authorization_code",
                "redirect_uri": CALLBACK,
                "code": credential,
                "code_verifier": credential[:128].ljust(43, "A"),
                **client.proof,
            },
        }.items()
        if (await thief.post("/oauth/token", fields)).json()["error"]
        not in ({"invalid_client"} if kind == "client secret" else {"invalid_grant", "invalid_request"})
    ]
    if not re.fullmatch("[!-~ ]+", credential):
        return found  # no header can hold it
    bearer = {"Authorization": f"Bearer {credential}"}
    session = {"Cookie": f'plugwright-session="{credential}"; plugwright-session={credential}'}
    page = await thief.get("/oauth/authorize", params=authorization(client, "a" * 43), headers=session)
    statuses = {
        "access token": (await call(thief, credential)).status,
        "user key": (await caller.get("/who", headers=bearer)).status,
        "registration token": (await thief.get(f"/oauth/register/{client.id}", headers=bearer)).status,
        "session": 401 if 'name="password"' in page.text else page.status,
    }
    return found + [kind for kind, status in statuses.items() if status not in {400, 401}]


def credentials_in(place: str) -> list[str]:
    """Whatever has the form of one of our secrets."""
    return re.findall(r"pw_[a-z]+_[A-Za-z0-9_-]{43}", place)


@pytest.mark.attack("D2")
@pytest.mark.parametrize("style", ["json", "console"])
async def test_no_secret_is_in_logs_and_error_pages(
    database_url: str,
    cheap_hashing: None,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    style: str,
) -> None:
    caplog.set_level("DEBUG")
    settings: dict[str, Any] = {"call_log": True, "log_style": style, "log_level": "debug"}
    with attacked(database_url, **settings) as site:
        async with site.browser() as browser:
            client = await register(browser, token_endpoint_auth_method=POST)
            pair = pkce()
            typed = "a wrong password that somebody typed"
            page = await browser.get("/oauth/authorize", params=authorization(client, pair.challenge))
            errors = [await browser.submit(form_to(page, "/oauth/sign-in"), ("username", typed), ("password", typed))]
            code = await get_code(browser, client, pair.challenge)
            tokens_reply = await redeem(browser, client, code, pair.verifier)
            tokens = tokens_reply.json()
            access = tokens["access_token"]
            secrets = [
                *(PASSWORD, typed, code, pair.verifier, access, tokens["refresh_token"], client.secret),
                *(browser.cookies["plugwright-session"], browser.cookies["plugwright-device"]),
                *(browser.cookies["plugwright-browser"], "a secret of this test, long enough to be one"),
            ]
            errors[0] = type(errors[0])(
                errors[0].status, errors[0].headers, errors[0].text.replace(f'value="{typed}"', "")
            )
            errors += [
                await redeem(browser, client, code, pkce().verifier),
                await refresh(browser, client, tokens["refresh_token"]),
                await browser.get("/list-notes", params={"access_token": access}),
                await browser.get("/oauth/authorize", params={"client_id": client.id, "state": "x", "scope": access}),
                await browser.post("/oauth/token", {"grant_type": access, **client.proof}),
                await browser.get(f"/nothing/{access}"),
                await browser.get(f"/oauth/{access}"),
                await browser.get(f"/oauth/register/{client.id}", headers={"Authorization": f"Bearer {access}"}),
            ]
            site.run(lambda c: c.execute(text("ALTER TABLE access_tokens RENAME TO broken")))
            site.run(lambda c: c.execute(text("ALTER TABLE sessions RENAME TO ended")))
            site.clock.advance(2)
            broken = [
                await call(browser, access),
                await redeem(browser, client, code, pair.verifier),
                await refresh(browser, client, tokens["refresh_token"]),
                await browser.get("/oauth/authorize", params=authorization(client, pair.challenge)),
                await browser.post("/oauth/introspect", {"token": access, **client.proof}),
                await browser.post("/oauth/revoke", {"token": access, **client.proof}),
            ]
            audited = site.run(lambda c: audit.recent(c, 1000))
            tally = repr(site.service.server.tally.__dict__) if site.service.server else ""
    logs = capsys.readouterr()
    assert "list_notes" in logs.err
    assert [reply.status for reply in broken].count(500) >= 2
    assert "access_tokens" in logs.err, "what failed is in the log"
    shown = [reply.text + str(dict(reply.headers)) for reply in (*errors, *broken)]
    for secret in secrets:
        assert secret
        for place in (logs.err, logs.out, caplog.text, repr(audited), tally, *shown):
            assert secret not in place
    assert not credentials_in(logs.err + logs.out + caplog.text + repr(audited))


@pytest.mark.attack("D2")
async def test_the_password_is_not_in_the_log_when_the_authors_function_fails(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def authenticate(username: str, password: str) -> Identity | None:
        copy_of_the_password = password
        raise RuntimeError(f"the directory of {len(copy_of_the_password)} letters does not answer")

    for style in ("json", "console"):
        with attacked(database_url, notes_plugin(authenticate=authenticate), log_style=style) as site:
            async with site.browser() as browser:
                client = await register(browser)
                page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
                reply = await sign_in(browser, page)
        logs = capsys.readouterr().err
        assert reply.status == 503
        assert "does not answer" not in reply.text
        assert "does not answer" in logs
        assert PASSWORD not in logs
        assert PASSWORD not in reply.text
