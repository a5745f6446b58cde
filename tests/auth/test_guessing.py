"""Guessing passwords: how much of it is looked at, and that the person whose account it is still gets in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection

from plugwright.auth.guessing import PER_ACCOUNT, PER_ADDRESS, PER_DEVICE
from plugwright.auth.sign_in import SignInRefused
from plugwright.store import audit
from plugwright.store.database import Database, ResultT, Work
from plugwright.web.addresses import network_of
from tests.auth.signing_in import WRONG, Door, a_door

HOUR = 3600
TRIES = 10_000


async def guess(door: Door, username: str, address: str, device: str | None = None) -> bool:
    """Whether a guess was looked at."""
    before = len(door.hasher.verified)
    result = await door.knock(username, "a guess", address=address, device=device)
    assert isinstance(result, SignInRefused)
    assert result.problem in {"wrong", "throttled"}
    return len(door.hasher.verified) > before


def addresses(count: int) -> Sequence[str]:
    return [f"127.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(1, count + 1)]


class OneTransaction(Database):
    """A database of which a test uses one connection and one transaction, for thousands of tries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self, work: Work[ResultT]) -> ResultT:
        return work(self._connection)

    async def write(self, work: Work[ResultT]) -> ResultT:
        return work(self._connection)


@pytest.mark.parametrize("count", [1, 100, 1000])
async def test_of_ten_thousand_guesses_in_an_hour_a_hundred_at_most_are_looked_at(
    database: Database, count: int
) -> None:
    """Reliability 23, attacks L6: however many addresses they come from."""
    tries = TRIES if database.is_sqlite else TRIES // 10  # which takes its time, and is the same code
    with database.engine.begin() as connection, a_door(OneTransaction(connection)) as door:
        await door.add("alice")
        known = await door.enter("alice")
        places = addresses(count)
        for number in range(tries):
            await guess(door, "alice", places[number % count])
            door.clock.time += HOUR / tries
            if number % (tries // 10) == 0:
                # Attacks L7: on a browser that was here before, at any time, even from the same address.
                known = await door.enter("alice", address=places[0], device=known.device)
        looked_at = len(door.hasher.verified) - 11
        assert PER_ACCOUNT.free <= looked_at <= 100


async def test_after_the_attack_a_new_browser_waits_for_the_longest_delay_at_most(database: Database) -> None:
    """Attacks L7: never a lock, and never longer than was said."""
    with a_door(database) as door:
        await door.add("alice")
        for number in range(60):  # each as soon as it may
            while not await guess(door, "alice", addresses(60)[number]):
                refused = await door.knock("alice", "a guess", address="127.9.9.9")
                assert isinstance(refused, SignInRefused)
                assert 0 < refused.wait_seconds <= PER_ACCOUNT.longest_delay
                door.clock.time += refused.wait_seconds
        longest = int(PER_ACCOUNT.longest_delay)
        assert await door.knock("alice", address="198.51.100.7") == SignInRefused("throttled", longest)
        door.clock.time += longest
        await door.enter("alice", address="198.51.100.7")


async def test_a_success_forgives_the_tries_at_the_account_before_it(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        for _ in range(5):
            for _ in range(PER_ACCOUNT.free - 1):
                assert await guess(door, "alice", "192.0.2.1")
            await door.enter("alice")


async def test_an_account_of_ones_own_buys_no_guesses_at_others(database: Database) -> None:
    """Attacks L6: a success does not clear the address."""
    with a_door(database) as door:
        await door.add("mallory")
        looked_at = 0
        for number in range(PER_ADDRESS.free * 2):
            looked_at += await guess(door, f"user {number}", "192.0.2.66")
            await door.knock("mallory", address="192.0.2.66")
        assert looked_at <= PER_ADDRESS.free


async def test_one_address_that_tries_many_accounts_is_slowed_and_others_are_not(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        looked_at = [await guess(door, f"user {number}", "192.0.2.66") for number in range(PER_ADDRESS.free + 20)]
        assert sum(looked_at) == PER_ADDRESS.free
        await door.enter("alice", address="192.0.2.67")
        door.clock.time += PER_ADDRESS.longest_delay
        assert await guess(door, "another", "192.0.2.66")


async def test_an_address_that_has_to_wait_takes_no_try_from_an_account(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        for number in range(PER_ADDRESS.free):
            await guess(door, f"user {number}", "192.0.2.66")
        for _ in range(PER_ACCOUNT.free * 2):
            assert not await guess(door, "alice", "192.0.2.66")
        for _ in range(PER_ACCOUNT.free):
            assert await guess(door, "alice", "192.0.2.67")


async def test_names_that_nobody_has_are_throttled_like_those_that_somebody_has(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        known = [await door.knock("alice", "a guess", address=place) for place in addresses(PER_ACCOUNT.free + 5)]
        unknown = [await door.knock("nobody", "a guess", address=place) for place in addresses(PER_ACCOUNT.free + 5)]
        assert known == unknown
        assert known[-1] == SignInRefused("throttled", int(PER_ACCOUNT.first_delay))


async def test_of_fifty_guesses_at_once_no_more_are_looked_at_than_are_free(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        results = await asyncio.gather(*(door.knock("alice", "a guess", address=place) for place in addresses(50)))
        assert results.count(WRONG) == len(door.hasher.verified) == PER_ACCOUNT.free


async def test_a_try_counts_before_its_password_is_looked_at(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        for place in addresses(PER_ACCOUNT.free):
            held = asyncio.Event()
            loop = asyncio.get_running_loop()
            door.hasher.before = lambda held=held, loop=loop: loop.call_soon_threadsafe(held.set)
            trying = asyncio.create_task(door.knock("alice", "a guess", address=place))
            await asyncio.wait_for(held.wait(), 10)
            trying.cancel()  # before there is an answer
            await asyncio.gather(trying, return_exceptions=True)
        assert not await guess(door, "alice", "192.0.2.1")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        (None, "", True),
        (None, "/run/plugin.sock", True),
        (None, "192.0.2.1", False),
    ],
)
def test_an_ipv6_network_of_one_subscriber_counts_as_one_address(
    one: str | None, other: str | None, is_same: bool
) -> None:
    assert (network_of(one) == network_of(other)) is is_same


async def test_a_known_browser_has_tries_of_its_own_which_grow_slower_too(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        known = await door.enter("alice")
        looked_at = [await guess(door, "alice", "192.0.2.1", known.device) for _ in range(20)]
        assert sum(looked_at) == PER_DEVICE.free
        refused = await door.knock("alice", device=known.device)
        assert isinstance(refused, SignInRefused)
        assert 0 < refused.wait_seconds <= PER_DEVICE.longest_delay
        await door.enter("alice", address="192.0.2.1")  # a new browser is not held up by it
        door.clock.time += refused.wait_seconds
        await door.enter("alice", device=known.device)


async def test_many_collected_cookies_together_stay_within_a_hundred_guesses_an_hour(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        cookies = [(await door.enter("alice", address=place)).device for place in addresses(60)]
        door.hasher.verified.clear()
        for _ in range(10):
            for place, cookie in zip(addresses(60), cookies, strict=True):
                await guess(door, "alice", place, cookie)
                await guess(door, "alice", place)
                door.clock.time += HOUR / 600
        assert len(door.hasher.verified) <= 100


async def test_the_cookie_of_another_account_or_another_plugin_gives_no_tries(database: Database) -> None:
    with a_door(database) as door:
        await door.add("alice")
        await door.add("mallory")
        foreign = (await door.enter("mallory")).device
        for place in addresses(PER_ACCOUNT.free):
            assert await guess(door, "alice", place, foreign)
        assert not await guess(door, "alice", "192.0.2.1", foreign)
        assert not await guess(door, "alice", "192.0.2.1", "v1.9999999999.AAAA.AAAA")


async def test_a_known_browser_stays_the_same_one_from_sign_in_to_sign_in(database: Database) -> None:
    with a_door(database) as door:
        account = await door.add("alice")
        one = await door.enter("alice")
        door.clock.time += HOUR
        other = await door.enter("alice", device=one.device)
        assert one.device != other.device  # it lasts longer
        assert door.devices.recognise(one.device, account.id) == door.devices.recognise(other.device, account.id)


async def test_the_audit_log_tells_which_counter_held_a_try_back(database: Database) -> None:
    with a_door(database) as door:
        account = await door.add("alice")
        for place in addresses(PER_ACCOUNT.free + 1):
            await guess(door, "alice", place)
        last = (await database.read(lambda c: audit.recent(c, 1)))[0]
        assert (last.outcome, last.subject, last.detail["reason"]) == ("throttled", account.id, "account")
