"""Guessing passwords, and what a guesser could do to others: attacks L6 to L8."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher

from plugwright.store import accounts
from tests.attacks.sites import Attacked, attacked
from tests.auth.server.flows import PASSWORD, Browser, Reply, authorization, form_to, pkce, register

SIGN_IN = "/oauth/sign-in"
WRONG = "wrong wrong wrong"


class Guesser:
    """Somebody who tries passwords, each time in a new browser and from any address."""

    def __init__(self, site: Attacked, client: Any) -> None:
        self.site = site
        self.client = client

    async def guess(self, browser: Browser, name: str, password: str, address: str = "198.51.100.1") -> Reply:
        page = await browser.get("/oauth/authorize", params=authorization(self.client, pkce().challenge))
        headers = {"X-Forwarded-For": address}
        return await browser.submit(form_to(page, SIGN_IN), ("username", name), ("password", password), headers=headers)


def is_throttled(reply: Reply) -> bool:
    """Whether a try was not even looked at."""
    return "too many tries" in reply.text


def wait_of(reply: Reply) -> int:
    """The seconds after which the next try makes sense."""
    return int(reply.headers["Retry-After"])


@pytest.mark.attack("L6")
async def test_guesses_at_one_account_are_slowed_ever_more(site: Attacked, browser: Browser) -> None:
    guesser = Guesser(site, await register(browser))
    name = f"victim-{guesser.client.id}"
    account = site.add_account(name)

    for number in range(10):
        reply = await guesser.guess(browser, name, WRONG, f"198.51.100.{number}")
        assert not is_throttled(reply), number
    waits: list[int] = []
    for number in range(8):
        reply = await guesser.guess(browser, name, PASSWORD, f"203.0.113.{number}")
        assert is_throttled(reply)
        assert (reply.status, "plugwright-session" in browser.cookies) == (429, False)
        waits.append(wait_of(reply))
        site.clock.advance(waits[-1])
        assert not is_throttled(await guesser.guess(browser, name, WRONG, f"192.0.2.{number}"))

    assert waits[:6] == [30, 60, 120, 240, 480, 900]
    assert max(waits) == 900
    outcomes = [entry.outcome for entry in site.audited("sign_in", subject=account)]
    assert outcomes.count("throttled") == 8
    assert outcomes.count("refused") == 18


@pytest.mark.attack("L6")
async def test_guesses_from_one_address_are_slowed(site: Attacked, browser: Browser) -> None:
    guesser = Guesser(site, await register(browser))
    page = await browser.get("/oauth/authorize", params=authorization(guesser.client, pkce().challenge))
    headers = {"X-Forwarded-For": "198.51.100.77"}

    async def guess(name: str) -> Reply:
        fields = (("username", name), ("password", WRONG))
        return await browser.submit(form_to(page, SIGN_IN), *fields, headers=headers)

    replies = [await guess(f"user-{number}") for number in range(103)]

    throttled = [is_throttled(reply) for reply in replies]
    assert (any(throttled[:100]), all(throttled[100:])) == (False, True)
    elsewhere = await guesser.guess(browser, "user-1", WRONG, "198.51.100.78")
    assert not is_throttled(elsewhere)


@pytest.mark.attack("L6")
async def test_an_unknown_user_is_answered_like_a_known_one(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Hasher(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 its parent's name
            verified.append(str(password))
            return super().verify(hash, password)

    monkeypatch.setattr("plugwright.auth.passwords.default_hasher", lambda: Hasher(1, 8, 1))
    with attacked(database_url) as site:
        async with site.browser() as browser:
            guesser = Guesser(site, await register(browser))
            site.add_account("grace")
            disabled = site.add_account("disabled")
            site.run(lambda c: accounts.disable(c, disabled, site.clock()))

            replies = [await guesser.guess(browser, name, WRONG) for name in ("grace", "nobody", "\x00", "disabled")]
            replies.append(await guesser.guess(browser, "disabled", PASSWORD))

    assert len(verified) == len(replies)
    assert len({shape(reply) for reply in replies}) == 1


def shape(reply: Reply) -> tuple[int, str]:
    """What a person, or a program, can tell from a sign-in page."""
    text = re.sub(r'name="ticket" value="[^"]*"', "", reply.text)
    return reply.status, re.sub(r'name="username"[^>]*>', "", text)


@pytest.mark.attack("L7")
async def test_a_known_browser_signs_in_while_strangers_guess(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    name = f"victim-{client.id}"
    site.add_account(name)
    guesser = Guesser(site, client)
    assert (await guesser.guess(browser, name, PASSWORD, "192.0.2.1")).status == 303
    async with site.browser() as attacker:
        tries = [await guesser.guess(attacker, name, WRONG, f"198.51.100.{number}") for number in range(11)]
        assert is_throttled(tries[-1])

    page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge, prompt="login"))
    reply = await browser.submit(form_to(page, SIGN_IN), ("username", name), ("password", PASSWORD))

    assert reply.status == 303


@pytest.mark.attack("L7")
async def test_nobody_is_locked_out_for_good(site: Attacked, browser: Browser) -> None:
    client = await register(browser)
    name = f"victim-{client.id}"
    site.add_account(name)
    guesser = Guesser(site, client)
    async with site.browser() as attacker:
        for number in range(30):
            reply = await guesser.guess(attacker, name, WRONG, f"198.51.100.{number}")
            site.clock.advance(wait_of(reply) if is_throttled(reply) else 0)
        reply = await guesser.guess(browser, name, PASSWORD)
        assert is_throttled(reply)
        assert wait_of(reply) <= 900

    site.clock.advance(wait_of(reply))

    assert (await guesser.guess(browser, name, PASSWORD)).status == 303


@pytest.mark.attack("L8")
async def test_a_long_password_is_refused_before_it_is_hashed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[int] = []

    class Hasher(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 its parent's name
            hashed.append(len(password))
            return super().verify(hash, password)

    monkeypatch.setattr("plugwright.auth.passwords.default_hasher", lambda: Hasher(1, 8, 1))
    with attacked(database_url) as site:
        async with site.browser() as browser:
            guesser = Guesser(site, await register(browser))
            replies = [await guesser.guess(browser, "ada", "a" * size) for size in (1025, 60_000, 1_000_000)]
            name = await guesser.guess(browser, "a" * 50_000, WRONG)

    assert [reply.status for reply in replies] == [400, 400, 413]
    assert name.status == 400
    assert max(hashed) <= len(WRONG)


@pytest.mark.attack("L8")
async def test_a_flood_of_sign_ins_is_turned_away_early(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    class Hasher(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 its parent's name
            assert release.wait(30)
            return super().verify(hash, password)

    monkeypatch.setattr("plugwright.auth.passwords.default_hasher", lambda: Hasher(1, 8, 1))
    with attacked(database_url) as site:
        async with site.browser() as browser:
            client = await register(browser)
            page = await browser.get("/oauth/authorize", params=authorization(client, pkce().challenge))

            async def guess(number: int) -> Reply:
                fields = (("username", f"user-{number}"), ("password", WRONG))
                return await browser.submit(form_to(page, SIGN_IN), *fields)

            flood = [asyncio.create_task(guess(number)) for number in range(80)]
            try:
                done, waiting = await first_done(flood, 46)
                turned_away = [task.result() for task in done]
            finally:
                release.set()
            answered = await asyncio.gather(*waiting)

    assert {reply.status for reply in turned_away} == {503}
    assert all("Retry-After" in reply.headers for reply in turned_away)
    assert {reply.status for reply in answered} <= {400, 503}
    assert sum(reply.status == 400 for reply in answered) == 34


async def first_done(
    tasks: list[asyncio.Task[Reply]], count: int
) -> tuple[set[asyncio.Task[Reply]], set[asyncio.Task[Reply]]]:
    """So many tasks that are done, and the others."""
    done: set[asyncio.Task[Reply]] = set()
    waiting = set(tasks)
    while len(done) < count:
        finished, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        assert finished, f"only {len(done)} of {count} were answered"
        done |= finished
    return done, waiting
