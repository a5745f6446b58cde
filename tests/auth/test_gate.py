"""Gates: who passes, who is asked for what, and for how long a caller is remembered."""

import asyncio
from collections.abc import Callable

import pytest

from plugwright import OAuth, ServiceKey
from plugwright.auth.gate import Gate
from plugwright.auth.keys import ServiceKeys
from plugwright.auth.kinds import Auth
from plugwright.auth.resource_server import ResourceServer
from plugwright.auth.verifiers import Verified
from plugwright.errors import InvalidToken, MalformedCredentials, MissingScope, NotAuthenticated, Unavailable
from plugwright.operations.access import Access
from plugwright.principal import Principal

OAUTH = OAuth(scopes={"a": "A", "b": "B", "c": "C"})
ANN = Principal("u_ann", "c_app", frozenset({"a"}))
NEEDS_A = Access("oauth", is_public=False, scopes=("a",))
NEEDS_A_AND_B = Access("oauth", is_public=False, scopes=("a", "b"))
MAY_SIGN_IN = Access("oauth", is_public=True, scopes=("a", "b"))


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Tokens:
    """A verifier that knows the tokens it is given, and counts how often it is asked."""

    def __init__(self, **known: Verified) -> None:
        self.known = known
        self.asked = 0
        self.is_away = False
        self.hold: asyncio.Event | None = None

    async def verify(self, token: str) -> Verified:
        self.asked += 1
        found = self.known.get(token)
        if self.hold is not None:
            await self.hold.wait()
        if self.is_away:
            raise Unavailable("away", retry_after=1)
        if found is None:
            raise InvalidToken("no")
        return found


def server(tokens: Tokens, now: Callable[[], float], auth: Auth = OAUTH) -> ResourceServer:
    return ResourceServer(auth, tokens, name="sample", public_url="https://p.example", now=now)


def gate_of(access: Access, tokens: Tokens, now: Callable[[], float] | None = None) -> Gate:
    gate = server(tokens, now or Clock()).gate(access)
    assert gate is not None
    return gate


async def test_a_caller_with_every_scope_passes_and_is_known_at_once_the_next_time():
    tokens = Tokens(t=Verified(ANN))
    gate = gate_of(NEEDS_A, tokens)

    assert gate.known(b"Bearer t") is None
    assert await gate.admit(b"Bearer t") is ANN
    assert gate.known(b"Bearer t") is ANN
    assert tokens.asked == 1


async def test_one_look_up_serves_every_operation_but_each_checks_its_own_scopes():
    tokens = Tokens(t=Verified(ANN))
    resource_server = server(tokens, Clock())
    narrow, wide = resource_server.gate(NEEDS_A), resource_server.gate(NEEDS_A_AND_B)
    assert narrow is not None
    assert wide is not None
    await narrow.admit(b"Bearer t")

    assert wide.known(b"Bearer t") is None
    with pytest.raises(MissingScope) as refused:
        await wide.admit(b"Bearer t")
    assert tokens.asked == 1
    assert 'scope="a b"' in str(refused.value.challenge)


async def test_a_caller_without_a_token_is_refused_without_asking_anybody():
    tokens = Tokens()
    gate = gate_of(NEEDS_A, tokens)

    with pytest.raises(NotAuthenticated) as refused:
        gate.known(None)
    assert tokens.asked == 0
    assert refused.value.challenge == (
        'Bearer resource_metadata="https://p.example/.well-known/oauth-protected-resource/mcp", scope="a"'
    )


async def test_another_scheme_counts_as_no_token():
    with pytest.raises(NotAuthenticated) as refused:
        await gate_of(NEEDS_A, Tokens()).admit(b"Basic YTpi")
    assert "error=" not in str(refused.value.challenge)


@pytest.mark.parametrize(("header", "kind"), [(b"Bearer x", InvalidToken), (b"Bearer a b", MalformedCredentials)])
async def test_a_bad_token_is_refused_where_sign_in_is_needed_and_where_it_is_optional(header: bytes, kind: type):
    for access in (NEEDS_A, MAY_SIGN_IN):
        with pytest.raises(kind):
            await gate_of(access, Tokens()).admit(header)


async def test_where_sign_in_is_optional_a_caller_without_token_or_scopes_is_nobody_in_particular():
    everything = Principal("u_bob", scopes=frozenset("ab"))
    gate = gate_of(MAY_SIGN_IN, Tokens(t=Verified(ANN), all=Verified(everything)))

    assert gate.known(None) is None
    assert await gate.admit(None) is None
    assert await gate.admit(b"Bearer t") is None
    assert await gate.admit(b"Bearer all") is everything


async def test_a_caller_is_forgotten_within_a_second():
    clock, tokens = Clock(), Tokens(t=Verified(ANN))
    gate = gate_of(NEEDS_A, tokens, clock)
    await gate.admit(b"Bearer t")
    del tokens.known["t"]

    clock.now += 0.79
    assert gate.known(b"Bearer t") is ANN
    clock.now += 0.02
    assert gate.known(b"Bearer t") is None
    with pytest.raises(InvalidToken):
        await gate.admit(b"Bearer t")


async def test_a_token_is_not_remembered_beyond_its_end_nor_when_the_clock_is_set_back():
    clock = Clock()
    gate = gate_of(NEEDS_A, Tokens(t=Verified(ANN, expires_at=1000.3)), clock)
    await gate.admit(b"Bearer t")

    clock.now = 1000.29
    assert gate.known(b"Bearer t") is ANN
    clock.now = 1000.3
    assert gate.known(b"Bearer t") is None
    clock.now = 900.0
    assert gate.known(b"Bearer t") is None


async def test_a_revocation_in_this_process_counts_at_once_even_during_a_look_up():
    tokens = Tokens(t=Verified(ANN), old=Verified(ANN))
    tokens.hold = asyncio.Event()
    resource_server = server(tokens, Clock())
    gate = resource_server.gate(NEEDS_A)
    assert gate is not None
    asking = asyncio.create_task(gate.admit(b"Bearer t"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    resource_server.forget()
    tokens.hold.set()
    await asking

    assert gate.known(b"Bearer t") is None


async def test_many_callers_with_one_token_are_one_look_up_which_outlives_each_of_them():
    tokens = Tokens(t=Verified(ANN))
    tokens.hold = asyncio.Event()
    gate = gate_of(NEEDS_A, tokens)
    asking = [asyncio.create_task(gate.admit(b"Bearer t")) for _ in range(50)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking[0].cancel()
    tokens.hold.set()
    found = await asyncio.gather(*asking, return_exceptions=True)

    assert tokens.asked == 1
    assert found[1:] == [ANN] * 49


async def test_when_it_cannot_be_told_who_calls_nobody_is_told_that_their_token_is_bad():
    tokens = Tokens(t=Verified(ANN))
    tokens.is_away = True
    gate = gate_of(NEEDS_A, tokens)

    with pytest.raises(Unavailable):
        await gate.admit(b"Bearer t")
    tokens.is_away = False
    assert await gate.admit(b"Bearer t") is ANN


async def test_what_is_remembered_is_bounded():
    names = [f"t{number}" for number in range(10_050)]
    tokens = Tokens(**{name: Verified(ANN) for name in names})
    gate = gate_of(NEEDS_A, tokens)
    for name in names:
        await gate.admit(f"Bearer {name}".encode())

    assert sum(gate.known(f"Bearer {name}".encode()) is not None for name in names) <= 10_000
    assert gate.known(b"Bearer t10049") is ANN


def test_an_open_operation_has_no_gate():
    assert server(Tokens(), Clock()).gate(Access("oauth", is_public=True)) is None


async def test_the_front_gate_stands_only_where_nothing_is_public_and_asks_for_every_scope_in_use():
    resource_server = server(Tokens(t=Verified(Principal("u_eve"))), Clock())

    assert resource_server.front([NEEDS_A, MAY_SIGN_IN]) is None
    assert resource_server.front([]) is not None
    front = resource_server.front([NEEDS_A_AND_B, NEEDS_A])
    assert front is not None
    with pytest.raises(NotAuthenticated) as refused:
        front.known(None)
    assert 'scope="a b"' in str(refused.value.challenge)
    assert (await front.admit(b"Bearer t")) == Principal("u_eve")


@pytest.mark.parametrize("key", ["one", "two"])
async def test_every_service_key_of_a_rotation_stands_for_the_service(key: str):
    resource_server = ResourceServer(
        ServiceKey(), ServiceKeys(["one", "two"]), name="sample", public_url="https://p.example", now=Clock()
    )
    gate = resource_server.gate(Access("key", is_public=False))
    assert gate is not None

    assert await gate.admit(f"Bearer {key}".encode()) == Principal("service")
    with pytest.raises(InvalidToken) as refused:
        await gate.admit(b"Bearer three")
    assert "resource_metadata" not in str(refused.value.challenge)
