"""Races for one credential: many token requests at one moment, at two servers on one database (attacks C2, R2)."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Final, Self

import aiohttp

from plugwright.store.database import Database
from tests.external.servers import Server
from tests.faults.families import (
    OTHER_CALLBACK,
    OTHER_CLIENT,
    OTHER_VERIFIER,
    Holdings,
    count_grants,
    holdings,
    new_code,
    redemption,
    rotation,
)
from tests.faults.notes import RESOURCE

PARALLEL: Final = 50
_WAVES: Final = 10  # of requests that a server was too busy for
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)

Request = dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A request, and what it got."""

    request: Request
    status: int
    body: bytes


@dataclass
class Racers(AbstractAsyncContextManager["Racers"]):
    """Clients of two servers; ``outcomes`` counts how rounds ended, by name."""

    servers: Sequence[Server]
    database: Database
    rng: random.Random
    outcomes: Counter[str] = field(default_factory=Counter[str])

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        self._session = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def race(self, requests: Sequence[Request]) -> list[Answer]:
        """Send all at one moment, to both servers in turn. Who is told that a server is busy asks again."""
        waiting = list(requests)
        self.rng.shuffle(waiting)
        answers: list[Answer] = []
        for _ in range(_WAVES):
            sent = [self._ask(request, self.servers[number % 2]) for number, request in enumerate(waiting)]
            wave = await asyncio.gather(*sent)
            self.outcomes["requests"] += len(wave)
            answers += [answer for answer in wave if answer.status != 503]
            waiting = [answer.request for answer in wave if answer.status == 503]
            self.outcomes["requests a server was too busy for, sent again"] += len(waiting)
            if not waiting:
                return answers
        raise AssertionError(f"{len(waiting)} requests found the servers busy {_WAVES} times")

    async def statuses(self, access_token: str) -> set[int]:
        """What the servers answer to a call with a token."""
        headers = {"Authorization": f"Bearer {access_token}"}
        found: set[int] = set()
        for server in self.servers:
            async with self._session.get(f"{server.url}/list-notes", headers=headers) as reply:
                found.add(reply.status)
        return found

    def new_code(self) -> str:
        """A code that was just issued."""
        return self.database.run(partial(new_code, now=time.time()), writes=True)

    def holdings(self, code: str) -> Holdings:
        """What the database holds of the code's grant."""
        return self.database.run(partial(holdings, code=code), writes=False)

    def count_grants(self) -> int:
        """How many grants there are in all."""
        return self.database.run(count_grants, writes=False)

    async def _ask(self, request: Request, server: Server) -> Answer:
        async with self._session.post(f"{server.url}/oauth/token", data=request) as reply:
            return Answer(request, reply.status, await reply.read())


async def race_identical(racers: Racers) -> None:
    """One code redeemed by all, then its refresh token used by all: the same answer for everybody, one token set."""
    code = racers.new_code()
    tokens = _same_for_all(await racers.race([redemption(code)] * PARALLEL))
    assert racers.holdings(code) == Holdings(1, 1, 1, 1)
    refreshed = _same_for_all(await racers.race([rotation(tokens["refresh_token"])] * PARALLEL))
    assert racers.holdings(code) == Holdings(1, 2, 2, 1)
    assert refreshed["access_token"] != tokens["access_token"]
    for held in (tokens, refreshed):
        assert await racers.statuses(held["access_token"]) == {200}
    racers.outcomes["identical codes: all 50 answers the same"] += 1
    racers.outcomes["identical refreshes: all 50 answers the same"] += 1


async def race_different_redemptions(racers: Racers) -> None:
    """One code, with wrong verifiers, redirect URIs and clients among the right requests."""
    code = racers.new_code()
    right = redemption(code)
    wrong = [
        redemption(code, code_verifier=OTHER_VERIFIER),
        redemption(code, redirect_uri=OTHER_CALLBACK),
        redemption(code, client_id=OTHER_CLIENT),
    ]
    answers = await racers.race([right] * 20 + wrong * 10)
    winner, tokens = _one_token_set(answers)
    assert winner == right
    assert racers.holdings(code) == Holdings(1, 1, 1, 1)
    await _count(racers, "codes", answers, tokens)
    await _end(racers, racers.rng.choice(wrong), tokens)


async def race_different_refreshes(racers: Racers) -> None:
    """One refresh token, in requests that differ, of which each but the other client's might be the first."""
    code = racers.new_code()
    tokens = _same_for_all(await racers.race([redemption(code)]))
    token = tokens["refresh_token"]
    kinds = [
        rotation(token),
        rotation(token, scope="notes:read"),
        rotation(token, resource=RESOURCE),
        rotation(token, client_id=OTHER_CLIENT),
    ]
    answers = await racers.race([kinds[0]] * 20 + kinds[1:] * 10)
    winner, refreshed = _one_token_set(answers)
    assert winner != kinds[-1]
    racers.outcomes[
        f"differing refreshes: won by {sorted(winner.keys() - kinds[0].keys()) or 'the plain request'}"
    ] += 1
    assert racers.holdings(code) == Holdings(1, 2, 2, 1)
    await _count(racers, "refreshes", answers, refreshed)
    await _end(racers, kinds[-1], refreshed)
    assert await racers.statuses(tokens["access_token"]) == {401}


def _same_for_all(answers: Sequence[Answer]) -> dict[str, str]:
    assert {answer.status for answer in answers} == {200}, Counter(answer.body for answer in answers)
    assert len({answer.body for answer in answers}) == 1
    return json.loads(answers[0].body)


def _one_token_set(answers: Sequence[Answer]) -> tuple[Request, dict[str, str]]:
    """The one kind of request that won, and what it got; all others are refused."""
    won = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status != 200]
    assert won, "nobody won"
    assert len({answer.body for answer in won}) == 1
    assert all(answer.request == won[0].request for answer in won)
    assert {(answer.status, json.loads(answer.body)["error"]) for answer in refused} == {(400, "invalid_grant")}
    return won[0].request, json.loads(won[0].body)


async def _count(racers: Racers, what: str, answers: Sequence[Answer], tokens: dict[str, str]) -> None:
    served = sum(answer.status == 200 for answer in answers)
    statuses = await racers.statuses(tokens["access_token"])
    assert statuses in ({200}, {401})
    racers.outcomes[f"differing {what}: family {'dead' if statuses == {401} else 'alive'} after the race"] += 1
    racers.outcomes[f"differing {what}: answers that held the one token set"] += served


async def _end(racers: Racers, other: Request, tokens: dict[str, str]) -> None:
    """One more use that differs from the first: the family is dead, at both servers within a second."""
    assert [answer.status for answer in await racers.race([other])] == [400]
    until = time.monotonic() + 1.0
    while True:
        is_late = time.monotonic() > until
        if await racers.statuses(tokens["access_token"]) == {401}:
            break
        assert not is_late, "a token is still accepted a second after it was revoked"
        await asyncio.sleep(0.02)
    answers = await racers.race([rotation(tokens["refresh_token"])])
    assert [answer.status for answer in answers] == [400]


async def run_races(servers: Sequence[Server], database: Database, *, rounds: int, seed: int) -> Counter[str]:
    """So many rounds of every race; how they ended."""
    rng = random.Random(seed)  # noqa: S311 an order that can be had again
    async with Racers(servers, database, rng) as racers:
        for _ in range(rounds):
            await race_identical(racers)
            await race_different_redemptions(racers)
            await race_different_refreshes(racers)
        assert racers.count_grants() == 3 * rounds, "a race made a second family"
        return racers.outcomes
