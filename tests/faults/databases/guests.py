"""A served plugin whose database is disturbed, and everything that its users and operators may ask of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, insert, select

from plugwright import Call, Plugin
from tests.auth.server.flows import (
    Browser,
    Client,
    Reply,
    Site,
    Tokens,
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
    serving,
    tokens_of,
)

DEADLINE: Final = 10.0  # seconds: the longest that a transaction is waited for
SLACK: Final = 4.0  # for a busy machine
SOON: Final = 2.0
UNREADY_WITHIN: Final = 4.0  # two looks of a second each, and one that may be half a second old
BACK_WITHIN: Final = 5.0

metadata = MetaData()
numbers = Table("numbers", metadata, Column("number", BigInteger, primary_key=True, autoincrement=False))


def plugin() -> Plugin:
    """Notes, with operations that keep numbers and one that needs no database."""
    made = notes_plugin()
    made.tables = metadata

    @made.operation(effect="write", open_world=False, public=True)
    async def keep(number: int, *, call: Call) -> int:
        """Keep a number."""
        await call.database.write(lambda c: c.execute(insert(numbers), {"number": number}))
        return number

    @made.operation(effect="read", open_world=False, public=True)
    async def kept(number: int, *, call: Call) -> bool:
        """Whether a number was kept."""
        query = select(numbers.c.number).where(numbers.c.number == number)
        return await call.database.read(lambda c: c.execute(query).first() is not None)

    return made


def all_numbers(connection: Connection) -> set[int]:
    """What was kept."""
    return set(connection.execute(select(numbers.c.number)).scalars())


@dataclass(frozen=True)
class Timed:
    """A reply, and how long it took."""

    reply: Reply
    seconds: float


async def timed(asked: Awaitable[Reply]) -> Timed:
    """A reply with its time."""
    began = time.monotonic()
    return Timed(await asked, time.monotonic() - began)


@dataclass
class Guest:
    """A user with a client, who has got as far as each step of sign-in."""

    site: Site
    browser: Browser
    client: Client
    tokens: Tokens
    code: str
    verifier: str
    stranger: Browser
    sign_in_page: Reply
    numbers: set[int] = field(default_factory=set[int])

    async def keep(self, number: int) -> Reply:
        """Keep a number, and know of it if that was answered."""
        reply = await self.browser.request("POST", "/keep", json={"number": number})
        if reply.status == 200:
            self.numbers.add(number)
        return reply

    async def sign_in(self) -> Reply:
        """Send the sign-in page, in the browser that was given it."""
        form = form_to(self.sign_in_page, "/oauth/sign-in")
        return await self.stranger.submit(form, ("username", "ada"), ("password", "correct horse battery"))

    def writes(self, number: int) -> Mapping[str, Awaitable[Reply]]:
        """Everything that writes to the database, by name."""
        return {
            "keep": self.keep(number),
            "authorize": self.browser.get("/oauth/authorize", params=authorization(self.client, pkce().challenge)),
            "sign in": self.sign_in(),
            "redeem": redeem(self.browser, self.client, self.code, self.verifier),
            "refresh": refresh(self.browser, self.client, self.tokens.refresh),
            "register": self.browser.request(
                "POST", "/oauth/register", json={"redirect_uris": [self.client.redirect_uri]}
            ),
        }

    def reads(self) -> Mapping[str, Awaitable[Reply]]:
        """Calls that read from it; the token is one that was verified a second ago."""
        self.site.clock.advance(1)
        return {"kept": self.browser.get("/kept?number=1"), "call": call(self.browser, self.tokens.access)}

    async def until_unready(self) -> None:
        """Probe until readiness names the database."""
        async with asyncio.timeout(UNREADY_WITHIN + SLACK):
            while (found := await self.browser.get("/readyz")).status == 200:  # noqa: ASYNC110 told by polling only
                await asyncio.sleep(0.1)
        assert (found.status, found.json()["failing"]) == (503, ["database"])


@asynccontextmanager
async def guest(database_url: str) -> AsyncGenerator[Guest]:
    """A guest of a plugin that is served from a database."""
    async with serving(database_url, plugin(), environment="development") as site, site.browser() as browser:
        client = await register(browser)
        tokens = await get_tokens(browser, client)
        pair = pkce()
        code = await get_code(browser, client, pair.challenge)
        async with site.browser() as stranger:
            page = await stranger.get("/oauth/authorize", params=authorization(client, pkce().challenge))
            found = Guest(site, browser, client, tokens, code, pair.verifier, stranger, page)
            assert (await found.keep(1)).status == 200
            assert (await call(browser, tokens.access)).status == 200
            yield found


async def all_timed(asked: Mapping[str, Awaitable[Reply]]) -> dict[str, Timed]:
    """Everything at once."""
    return dict(zip(asked, await asyncio.gather(*map(timed, asked.values())), strict=True))


def check_unavailable(answers: Mapping[str, Timed], within: float = DEADLINE) -> None:
    """Check that everything was refused for now, in time, with when to come again."""
    other = {
        name: (it.reply.status, it.reply.text[:200])
        for name, it in answers.items()
        if it.reply.status != 503 or "Retry-After" not in it.reply.headers
    }
    assert not other, other
    late = {name: it.seconds for name, it in answers.items() if it.seconds > within + SLACK}
    assert not late, late


async def check_untouched(found: Guest) -> None:
    """Check that what needs no database goes on as if nothing were."""
    for path in ("/hello", "/livez", "/openapi.json", "/.well-known/oauth-authorization-server"):
        answer = await timed(found.browser.get(path))
        assert answer.reply.status == 200, path
        assert answer.seconds < SOON, path


async def check_remembered(found: Guest) -> None:
    """Check that a caller who was here just now may go on, and later is told to come again, not to sign in."""
    assert (await call(found.browser, found.tokens.access)).status == 200
    found.site.clock.advance(1)
    refused = await timed(call(found.browser, found.tokens.access))
    check_unavailable({"call": refused})


async def check_recovered(found: Guest) -> None:
    """Check that all is well again in time, with everything that was answered before, and the code usable."""
    async with asyncio.timeout(BACK_WITHIN + SLACK):
        while (await found.browser.get("/readyz")).status != 200 or (await found.keep(2)).status != 200:  # noqa: ASYNC110 told by polling only
            await asyncio.sleep(0.1)
    assert (await call(found.browser, found.tokens.access)).status == 200
    tokens = tokens_of(await redeem(found.browser, found.client, found.code, found.verifier))
    tokens_of(await refresh(found.browser, found.client, found.tokens.refresh))
    assert (await call(found.browser, tokens.access)).status == 200
    assert (await found.sign_in()).status == 303
    database = found.site.app.database
    assert database is not None
    assert found.numbers <= await database.read(all_numbers)
