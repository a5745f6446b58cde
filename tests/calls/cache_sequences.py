"""Sequences of calls, users, changes and time on replicas that cache: every answer is the caller's own, and true."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from plugwright import Cache, Call, NotFound, Plugin, Principal, UpstreamUnavailable
from plugwright.calls.exchange import LocalExchange
from plugwright.settings import Settings
from tests.calls.caching import CachingClient, Clock, soon
from tests.web.plugins import new_plugin

PLACES: Final = ("here", "there", "nowhere")
USERS: Final = (
    None,
    *(
        Principal(subject, client, frozenset(scopes))
        for subject in ("ann", "ben")
        for client in ("chat", "other")
        for scopes in (["read"], ["read", "write"])
    ),
)
OPERATIONS: Final = ("own", "shared", "by_scopes", "by_client")
PROTOCOLS: Final = ("rest", "mcp")


@dataclass(frozen=True)
class Ask:
    """A call of an operation by a user, or several of them at once."""

    replica: int
    operation: str
    places: tuple[str, ...]
    users: tuple[Principal | None, ...]


@dataclass(frozen=True)
class Change:
    """A place changes, on one replica; or the tag of one user's answers is dropped."""

    replica: int
    place: str


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    seconds: float


@dataclass(frozen=True)
class Fail:
    """The origin begins to fail, or ends."""

    fails: bool


@dataclass(frozen=True)
class Race:
    """A place changes so many steps of the event loop after a call has begun."""

    ask: Ask
    loop_steps: int
    change: Change


Step = Ask | Change | Wait | Fail | Race


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Sequences of steps on two replicas, with few of everything, so that they meet."""
    replica = st.integers(0, 1)
    operation = st.sampled_from(draw(st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=2)))
    place = st.sampled_from(draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=2)))
    user = st.sampled_from(draw(st.lists(st.sampled_from(USERS), min_size=1, max_size=3)))
    ask = st.builds(
        Ask,
        replica,
        operation,
        st.lists(place, min_size=1, max_size=2).map(tuple),
        st.lists(user, min_size=1, max_size=3).map(tuple),
    )
    change = st.builds(Change, replica, place)
    race = st.builds(Race, ask, st.integers(0, 8), change)
    wait = st.builds(Wait, st.sampled_from([1.0, 5.0, 95.0, 120.0, 400.0, 2000.0, -50.0]))
    return draw(st.lists(ask | ask | change | race | wait | st.builds(Fail, st.booleans()), min_size=5, max_size=30))


@dataclass
class World:
    """What is true."""

    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PLACES, 1))
    fails: bool = False
    told: Counter[str] = field(default_factory=Counter[str])


def plugin_of(world: World) -> Plugin:
    """Operations that say who asked, as far as they may know it."""
    plugin = new_plugin()

    async def tell(place: str, call: Call) -> dict[str, Any]:
        version = world.versions[place]
        for _ in range(3):
            await asyncio.sleep(0)  # what is read may be old when it is answered
        if world.fails:
            raise UpstreamUnavailable("The sea is closed")
        principal = call.principal
        who = None if principal is None else [principal.subject, principal.client, sorted(principal.scopes)]
        if place == "nowhere":
            raise NotFound(to_json([who, place, version]).decode())
        return {"who": who, "place": place, "version": version}

    def serve(name: str, cache: Cache) -> None:
        async def operation(place: str, *, call: Call) -> dict[str, Any]:
            """Tell of a place."""
            return await tell(place, call)

        plugin.operation(effect="read", open_world=False, name=name, cache=cache)(operation)

    usual: dict[str, Any] = {"ttl": "100s", "stale": "300s", "negative": "60s", "tags": ["place:{place}"]}
    serve("own", Cache(**usual))
    serve("shared", Cache(**usual, shared=True))
    serve("by_scopes", Cache(**usual, shared=True, vary=["scopes"]))
    serve("by_client", Cache(**usual, shared=True, vary=["client", "protocol"]))
    return plugin


async def play(sequence: Sequence[Step], valkey_url: str | None) -> Counter[str]:
    """Play a sequence and check every answer; how often what happened.

    Raises:
        AssertionError: an answer was another's, or older than a change that its replica knows of.
    """
    world, clock = World(), Clock()
    plugin = plugin_of(world)
    settings = Settings(public_url="http://127.0.0.1:8000", valkey_url=valkey_url, call_log=False)  # pyright: ignore[reportArgumentType] the model makes a secret of it
    async with contextlib.AsyncExitStack() as running:
        clients = [await running.enter_async_context(CachingClient(plugin, clock, settings)) for _ in range(2)]
        if valkey_url is not None:
            for client in clients:
                await soon(partial(_listens, client))
        for step in sequence:
            match step:
                case Ask():
                    await _ask(world, clients[step.replica], step, dict(world.versions))
                case Race():
                    asking = asyncio.create_task(_ask(world, clients[step.ask.replica], step.ask, dict(world.versions)))
                    for _ in range(step.loop_steps):
                        await asyncio.sleep(0)
                    await _change(world, clients, step.change, is_shared=valkey_url is not None)
                    await asking
                case Change():
                    await _change(world, clients, step, is_shared=valkey_url is not None)
                case Wait():
                    clock.advance(step.seconds)
                case Fail():
                    world.fails = step.fails
    return world.told


async def _listens(client: CachingClient) -> bool:
    return client.invalidations.is_listening


async def _has_sent(client: CachingClient) -> bool:
    return client.invalidations.has_sent


async def _change(world: World, clients: list[CachingClient], step: Change, *, is_shared: bool) -> None:
    world.versions[step.place] += 1
    clients[step.replica].cache.invalidate((f"place:{step.place}",))
    if not is_shared:
        clients[1 - step.replica].cache.invalidate((f"place:{step.place}",))
        return
    await soon(partial(_has_sent, clients[step.replica]))
    # What was published has reached the other replica when something that was published after it has.
    heard = asyncio.Event()
    other = clients[1 - step.replica].cache
    other_flights = other.flights.invalidate
    marker = f"marker:{world.versions}"

    def hear(tags: Any) -> None:
        other_flights(tags)
        if marker in tags:
            heard.set()

    clients[1 - step.replica].invalidations.on_tags = hear
    clients[step.replica].cache.invalidate((marker,))
    await asyncio.wait_for(heard.wait(), 5)


async def _ask(world: World, client: CachingClient, step: Ask, before: dict[str, int]) -> None:
    """Call, and check the answers; ``before`` are the versions that every replica has been told of."""
    _, plan = client.app.operations[step.operation]

    async def one(user: Principal | None, place: str, protocol: str) -> None:
        exchange = _Exchange(protocol, user)
        try:
            answer = from_json(await plan.run(to_json({"place": place}), exchange))
            who, told, version = answer["who"], answer["place"], answer["version"]
        except NotFound as error:
            who, told, version = from_json(error.message)
        except UpstreamUnavailable:
            assert world.fails
            world.told["failure"] += 1
            return
        assert who == _expected(step.operation, user), f"{user} got the answer of {who}"
        assert told == place
        assert version >= before[place], "older than a change that was told of"
        world.told["answer"] += 1

    calls = [(user, place) for user in step.users for place in step.places]
    await asyncio.gather(*(one(*call, PROTOCOLS[number % 2]) for number, call in enumerate(calls)))


class _Exchange(LocalExchange):
    __slots__ = ("protocol",)

    def __init__(self, protocol: str, principal: Principal | None) -> None:
        super().__init__(lambda: "of-a-test")
        self.protocol = protocol
        self.principal = principal


def _expected(operation: str, user: Principal | None) -> list[Any] | None:
    """Who a handler may believe that is calling."""
    if user is None or operation == "shared":
        return None
    if operation == "own":
        return [user.subject, user.client, sorted(user.scopes)]
    return [
        "",
        user.client if operation == "by_client" else None,
        sorted(user.scopes) if operation == "by_scopes" else [],
    ]
