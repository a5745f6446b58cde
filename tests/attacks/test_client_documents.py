"""Client metadata documents that strangers name: attacks G4 to G6."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from plugwright.application import Application
from plugwright.upstream.resolving import PublicResolver
from tests.attacks.sites import Attacked, attacked, is_page_only, refusal
from tests.auth.outside import Site as Elsewhere
from tests.auth.outside import ec_key, outside, public
from tests.auth.server.flows import Browser, Client, Reply, authorization, get_code, pkce, redeem, sign_in, tokens_of
from tests.upstream.servers import canary, reply, serving

pytestmark = pytest.mark.usefixtures("cheap_hashing")
CALLBACK = "https://client.example/callback"


@dataclass(frozen=True)
class Documents:
    """A site, and somebody who serves a client document that it may fetch."""

    site: Attacked
    browser: Browser
    elsewhere: Elsewhere

    @property
    def url(self) -> str:
        return f"{self.elsewhere.origin}/client.json"

    def put(self, **changes: Any) -> Client:
        """Serve the document with changes."""
        usual = {"client_id": self.url, "client_name": "Documented", "redirect_uris": [CALLBACK]}
        self.elsewhere.put("/client.json", usual | changes)
        return Client(self.url)

    async def ask(self, client_id: str, **changes: str | None) -> Reply:
        """An authorization request."""
        params = authorization(Client(client_id), pkce().challenge, **changes)
        return await self.browser.get("/oauth/authorize", params=params)


@asynccontextmanager
async def documents(database_url: str) -> AsyncGenerator[Documents]:
    """A site that may fetch from somebody on this machine."""
    async with outside() as (elsewhere, _):
        with attacked(database_url, fetch_allowed_origins=(elsewhere.origin,)) as site:
            async with site.browser() as browser:
                yield Documents(site, browser, elsewhere)


@contextmanager
def resolving(database_url: str, answers: list[list[str]]) -> Generator[Attacked]:
    """A site that may fetch nothing on this machine, whose names are resolved to one answer after another."""

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    def prepare(app: Application) -> None:
        assert app.auth is not None
        for fetch in app.auth.fetches:
            fetch._resolver = PublicResolver(resolve, exempt=frozenset())  # pyright: ignore[reportPrivateUsage] no network

    with attacked(database_url, prepare=prepare) as site:
        yield site


@pytest.mark.attack("G4")
async def test_no_packet_leaves_for_an_address_that_is_not_public(database_url: str) -> None:
    with resolving(database_url, [["127.0.0.1"]]) as site:
        async with canary("127.0.0.1") as four, canary("::1", four.port) as six, site.browser() as browser:
            port = four.port
            hosts = [
                *(
                    f"127.0.0.1:{port}",
                    f"[::1]:{port}",
                    f"localhost:{port}",
                    f"2130706433:{port}",
                    f"0x7f000001:{port}",
                ),
                *(f"017700000001:{port}", f"127.1:{port}", f"0:{port}", f"0.0.0.0:{port}", f"[::]:{port}"),
                *(f"[::ffff:127.0.0.1]:{port}", f"[::ffff:7f00:1]:{port}", f"[64:ff9b::7f00:1]:{port}"),
                *(f"[2002:7f00:1::]:{port}", f"[2001:0:7f00:1::]:{port}", f"127.0.0.1.:{port}", f"127.0.0.1%00:{port}"),
                *("10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "[fe80::1]"),
                *("[fd00::1]", "[ff02::1]", "metadata.google.internal", f"a.localhost:{port}", f"①②⑦.0.0.1:{port}"),
                *(f"user@127.0.0.1:{port}", f"client.example@127.0.0.1:{port}", f"127.0.0.1:{port}\\@client.example"),
            ]
            for host in hosts:
                for scheme in ("https", "http"):
                    params = authorization(Client(f"{scheme}://{host}/client.json"), pkce().challenge)
                    shown = await browser.get("/oauth/authorize", params=params)
                    assert is_page_only(shown), host
            for url in (
                *(
                    "https://client.example/../client.json",
                    "https://client.example/a/%2e%2e/b",
                    "ftp://client.example/a",
                ),
                *(
                    "https://client.example/a#b",
                    "https://client.example/a?b",
                    "https://client.example",
                    "file:///etc/passwd",
                ),
                "https://u:p@client.example/a",
            ):
                shown = await browser.get("/oauth/authorize", params=authorization(Client(url), pkce().challenge))
                assert is_page_only(shown), url
            assert (four.requests, six.requests) == ([], [])


@pytest.mark.attack("G4")
async def test_a_name_is_resolved_once_and_refused_if_any_address_is_private(database_url: str) -> None:
    answers = [["93.184.215.14", "127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"], ["::1"], [], ["::ffff:127.0.0.1"]]
    with resolving(database_url, answers) as site:
        async with canary("127.0.0.1") as listening, site.browser() as browser:
            client = Client(f"https://rebinding.example:{listening.port}/client.json")
            for left in range(5, -1, -1):
                shown = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))
                assert is_page_only(shown)
                assert len(answers) == left, "one look-up for one request"
            assert listening.requests == []


@pytest.mark.attack("G4")
async def test_a_redirect_is_not_followed(database_url: str) -> None:
    async with documents(database_url) as run, canary("127.0.0.1") as inside:
        for status in ("301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"):
            location = f"Location: http://127.0.0.1:{inside.port}/\r\n"
            run.elsewhere.put("/client.json", {}, status=status, more=location)
            assert is_page_only(await run.ask(run.url)), status
        assert inside.requests == []


@pytest.mark.attack("G5")
async def test_a_document_against_the_rules_is_refused_and_not_kept(database_url: str) -> None:
    async with documents(database_url) as run:
        private = {"keys": [ec_key().as_dict(private=True)]}
        wrong: list[dict[str, Any]] = [
            *({"client_id": run.url + "/"}, {"client_id": "https://client.example/"}, {"client_id": None}),
            *({"client_secret": "x"}, {"client_secret_expires_at": 0}, {"padding": "a" * 5200}),
            *({"token_endpoint_auth_method": f"client_secret_{kind}"} for kind in ("basic", "post", "jwt")),
            *({"jwks": private}, {"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}),
            *({"redirect_uris": uris} for uris in (None, [], ["javascript:x"], ["http://client.example/"], "x")),
            *({"jwks_uri": "http://10.0.0.1/"}, {"client_name": "a\r\nb"}, {"grant_types": ["password"]}),
        ]
        for change in wrong:
            run.put(**change)
            assert is_page_only(await run.ask(run.url)), change
        for body in (b"", b"x", b"[]", b"null", b'"a"', b"\xff", b"[" * 5000, b'{"client_id": "a"'):
            run.elsewhere.put("/client.json", body)
            assert is_page_only(await run.ask(run.url)), body[:9]
        for status in ("404 Not Found", "500 Broken", "204 No Content", "403 Forbidden"):
            run.elsewhere.put("/client.json", {}, status=status)
            assert (await run.ask(run.url)).status in {400, 503}, status

        run.put()
        assert (await run.ask(run.url)).status == 200


@pytest.mark.attack("G5")
async def test_a_document_that_drips_is_given_up(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugwright.auth.server.client_documents._DEADLINE_SECONDS", 0.2)
    gone = asyncio.Event()

    async def drip(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        finally:  # the connection is reset
            gone.set()

    async with serving(drip) as dripping:
        with attacked(database_url, fetch_allowed_origins=(dripping.origin,)) as site:
            async with site.browser() as browser:
                params = authorization(Client(f"{dripping.origin}/client.json"), pkce().challenge)
                async with asyncio.timeout(10):
                    shown = await browser.get("/oauth/authorize", params=params)
                    await gone.wait()
    assert shown.status == 503


@pytest.mark.attack("G5")
async def test_who_asks_for_one_document_at_a_time_gets_one_fetch(database_url: str) -> None:
    held, asked_for = asyncio.Event(), asyncio.Event()

    async def hold(_: bytes, writer: asyncio.StreamWriter) -> None:
        asked_for.set()
        await held.wait()
        document = {"client_id": f"{server.origin}/client.json", "redirect_uris": [CALLBACK]}
        writer.write(reply(json.dumps(document).encode()))

    async with serving(hold) as server:
        with attacked(database_url, fetch_allowed_origins=(server.origin,)) as site:
            async with site.browser() as browser:
                params = authorization(Client(f"{server.origin}/client.json"), pkce().challenge)
                asked = [asyncio.create_task(browser.get("/oauth/authorize", params=params)) for _ in range(20)]
                await asked_for.wait()
                first_done, _ = await asyncio.wait(asked, timeout=0.2)
                held.set()
                replies = await asyncio.gather(*asked)
    assert not first_done
    assert {shown.status for shown in replies} == {200}
    assert len(server.requests) == 1


@pytest.mark.attack("G6")
async def test_a_document_does_not_take_over_the_id_of_a_registered_client(database_url: str) -> None:
    async with documents(database_url) as run:
        run.site.add_client(id=run.url, name="The operator's", redirect_uris=("https://known.example/callback",))
        run.put(redirect_uris=["https://evil.example/callback"])

        assert is_page_only(await run.ask(run.url, redirect_uri="https://evil.example/callback"))
        assert "The operator&#39;s" in (await run.ask(run.url, redirect_uri="https://known.example/callback")).text
        assert run.elsewhere.asked == []


@pytest.mark.attack("G6")
@pytest.mark.parametrize("change", ["keys", "redirects"])
async def test_a_document_that_changed_is_consented_to_anew(database_url: str, change: str) -> None:
    async with documents(database_url) as run:
        client = run.put()
        pair = pkce()
        code = await get_code(run.browser, client, pair.challenge)
        assert (await redeem(run.browser, client, code, pair.verifier)).status == 200
        assert (await run.ask(run.url)).status == 303

        if change == "keys":
            run.put(jwks=public(ec_key()), token_endpoint_auth_method="private_key_jwt")  # noqa: S106 a method
        else:
            run.put(redirect_uris=[CALLBACK, "https://evil.example/callback"])
        run.site.clock.advance(25 * 3600)  # beyond what is kept of the document, and the session
        signing_in = await run.ask(run.url)
        asked = await sign_in(run.browser, signing_in)

        assert asked.status == 200
        assert "See your notes" in asked.text


@pytest.mark.attack("G6")
async def test_tokens_of_a_document_that_changed_its_proof_are_refused_without_it(database_url: str) -> None:
    async with documents(database_url) as run:
        client = run.put()
        pair = pkce()
        tokens = tokens_of(
            await redeem(run.browser, client, await get_code(run.browser, client, pair.challenge), pair.verifier)
        )

        run.put(jwks=public(ec_key()), token_endpoint_auth_method="private_key_jwt")  # noqa: S106 a method
        run.site.clock.advance(25 * 3600)
        await run.ask(run.url)

        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh, "client_id": client.id}
        assert refusal(await run.browser.post("/oauth/token", form)) == (401, "invalid_client")
