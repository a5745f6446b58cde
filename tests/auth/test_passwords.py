"""New passwords, and hashes in a bounded pool."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Literal
from unittest.mock import Mock

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import HashingError, VerificationError
from pydantic import SecretStr

from plugwright.auth.passwords import Passwords, check_new_password, default_hasher
from plugwright.errors import InvalidInput, Unavailable


class QuickHasher(PasswordHasher):
    """Argon2id at its least cost."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)


class HeldHasher(QuickHasher):
    """Begins to verify when it may, and tells when it has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = threading.Event()
        self.begun = threading.Semaphore(0)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 argon2's name
        self.begun.release()
        self.may_go_on.wait(10)
        return super().verify(hash, password)


class CountingHasher(QuickHasher):
    """Notes the parameters of each hash that it verifies."""

    def __init__(self) -> None:
        super().__init__()
        self.parameters: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 argon2's name
        self.parameters.append(str(hash).rsplit("$", 2)[0])
        return super().verify(hash, password)


@pytest.fixture
def quick() -> Iterator[Passwords]:
    passwords = Passwords(QuickHasher())
    yield passwords
    passwords.close()


async def test_the_right_password_is_told_from_a_wrong_one(quick: Passwords) -> None:
    stored = await quick.hash(SecretStr("correct horse"))
    assert await quick.verify(stored, SecretStr("correct horse"))
    assert not await quick.verify(stored, SecretStr("correct house"))
    assert not await quick.verify(stored, SecretStr(""))


async def test_equal_passwords_have_different_hashes(quick: Passwords) -> None:
    assert await quick.hash(SecretStr("correct horse")) != await quick.hash(SecretStr("correct horse"))


def test_new_hashes_are_argon2id_with_at_least_the_memory_and_passes_that_owasp_asks_for() -> None:
    stored = default_hasher().hash("correct horse")
    assert stored.startswith("$argon2id$v=19$m=32768,t=2,p=1$")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("caf\u00e9 au lait", "cafe\u0301 au lait"),  # composed and decomposed
        ("\uff50\uff41\uff53\uff53word", "password"),  # full-width letters of a Chinese keyboard
    ],
)
async def test_one_password_typed_on_two_keyboards_is_the_same(quick: Passwords, one: str, other: str) -> None:
    assert await quick.verify(await quick.hash(SecretStr(one)), SecretStr(other))


async def test_letters_that_differ_in_case_differ(quick: Passwords) -> None:
    assert not await quick.verify(await quick.hash(SecretStr("correct horse")), SecretStr("Correct horse"))


async def test_an_unknown_user_costs_one_verification_with_the_same_parameters() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    stored = await passwords.hash(SecretStr("correct horse"))
    for hashed in (stored, None, "damaged"):
        assert not await passwords.verify(hashed, SecretStr("wrong"))
    known, unknown, *damaged = hasher.parameters
    assert known == unknown == damaged[-1] == "$argon2id$v=19$m=8,t=1,p=1"
    passwords.close()


async def test_nothing_opens_the_account_of_an_unknown_user(quick: Passwords) -> None:
    assert not await quick.verify(None, SecretStr(""))
    assert not await quick.verify("", SecretStr(""))


@pytest.mark.parametrize("text", ["x" * 1025, "\u00e9" * 513, "\ufdfa" * 100, "x" * 1_000_000, "lone \ud800 surrogate"])
async def test_what_is_longer_than_1024_bytes_or_no_text_is_never_hashed(text: str) -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    stored = await passwords.hash(SecretStr("correct horse"))
    assert not await passwords.verify(stored, SecretStr(text))
    assert not await passwords.verify(None, SecretStr(text))
    assert hasher.parameters == []
    with pytest.raises(InvalidInput, match="1,024 bytes"):
        await passwords.hash(SecretStr(text))
    passwords.close()


async def test_1024_bytes_are_taken_whole(quick: Passwords) -> None:
    stored = await quick.hash(SecretStr("x" * 1023 + "y"))
    assert await quick.verify(stored, SecretStr("x" * 1023 + "y"))
    assert not await quick.verify(stored, SecretStr("x" * 1023 + "z"))


async def test_a_hash_of_other_parameters_is_verified_and_outdated(quick: Passwords) -> None:
    older = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    stored = await older.hash(SecretStr("correct horse"))
    assert await quick.verify(stored, SecretStr("correct horse"))
    assert quick.is_outdated(stored)
    assert not older.is_outdated(stored)
    older.close()


async def test_a_full_pool_refuses_at_once_and_takes_more_when_it_has_room() -> None:
    hasher = HeldHasher()
    passwords = Passwords(hasher, threads=2, waiting=3)
    running = [asyncio.create_task(passwords.verify(None, SecretStr("x"))) for _ in range(5)]
    await asyncio.to_thread(hasher.begun.acquire, timeout=10)
    passwords_refused = 0
    for _ in range(1000):
        with pytest.raises(Unavailable) as refused:
            await passwords.verify(None, SecretStr("x"))
        assert refused.value.retry_after == 1
        passwords_refused += 1
    with pytest.raises(Unavailable):
        passwords.ensure_place()
    assert passwords_refused == 1000
    hasher.may_go_on.set()
    assert await asyncio.gather(*running) == [False] * 5
    passwords.ensure_place()
    assert not await passwords.verify(None, SecretStr("x"))
    passwords.close()


async def test_no_more_passwords_are_hashed_at_once_than_there_are_threads() -> None:
    hasher = HeldHasher()
    passwords = Passwords(hasher, threads=2, waiting=8)
    running = [asyncio.create_task(passwords.verify(None, SecretStr("x"))) for _ in range(10)]
    for _ in range(2):
        assert await asyncio.to_thread(hasher.begun.acquire, timeout=10)
    assert not hasher.begun.acquire(blocking=False)
    hasher.may_go_on.set()
    await asyncio.gather(*running)
    passwords.close()


async def test_callers_who_went_away_leave_their_places_when_their_work_is_done() -> None:
    hasher = HeldHasher()
    passwords = Passwords(hasher, threads=1, waiting=1)
    running, waiting = (asyncio.create_task(passwords.verify(None, SecretStr("x"))) for _ in range(2))
    assert await asyncio.to_thread(hasher.begun.acquire, timeout=10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    with pytest.raises(Unavailable):  # its thread still works
        passwords.ensure_place()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    passwords.ensure_place()
    hasher.may_go_on.set()
    for _ in range(2):  # both places are whole again
        assert not await passwords.verify(None, SecretStr("x"))
    passwords.close()


@pytest.mark.parametrize("failure", [HashingError("no memory"), VerificationError("no memory")])
async def test_too_little_memory_is_no_wrong_password(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    passwords = Passwords(QuickHasher())
    monkeypatch.setattr(QuickHasher, "verify", Mock(side_effect=failure))
    with pytest.raises(Unavailable):
        await passwords.verify(None, SecretStr("x"))
    passwords.ensure_place()
    passwords.close()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "at least 8"),
        ("1234567", "at least 8"),
        ("cafe\u0301 au", "at least 8"),  # 7 when composed
        ("x" * 1025, "1,024 bytes"),
        ("\ud800" * 8, "1,024 bytes"),
        ("alice@example", "username"),
        ("ALICE@example ", "username"),
        ("password", "common"),
        ("PassWord", "common"),
        ("\uff50\uff41\uff53\uff53word", "common"),
        ("12345678", "common"),
        ("zzzzzzzzzzzz", "common"),
    ],
)
def test_a_bad_new_password_is_refused_and_not_repeated(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as refused:
        check_new_password(SecretStr(text), username="Alice@Example")
    assert refused.value.details[0].field == "password"
    if len(text) > 8 and problem != "common":
        assert text.strip() not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["12345679", "correct horse", "\u5bc6\u7801\u5bc6\u7801\u5f88\u957f\u5f88\u957f", "x" * 1023 + "y"]
)
def test_any_other_new_password_is_taken(text: str) -> None:
    check_new_password(SecretStr(text), username="alice")
