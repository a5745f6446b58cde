"""Kills a server at random moments while clients redeem codes and refresh, and looks at what is left."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from sqlalchemy import Connection

from plugwright.store.database import Database
from tests.faults.consistency import are_stored, check, count_tokens, is_used, opened, wait_for_leftovers
from tests.faults.crashing import NOW, Victim, victim
from tests.faults.families import add_clients, new_code, redemption, rotation

CLIENTS: Final = 8
REFRESHES: Final = 3  # of each family, so that a quarter of the requests is for codes
MOST_SECONDS: Final = 0.12  # from the first answer to the kill
_CODES: Final = 200  # that are kept ready
_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)

Request = dict[str, str]
Tokens = dict[str, str]


@dataclass
class Crash:
    """What clients knew when their server was killed."""

    answered: list[list[Tokens]] = field(default_factory=list[list[Tokens]])
    unanswered: list[Request] = field(default_factory=list[Request])


@dataclass
class Crashes:
    """One run: many crashes of servers on one database."""

    database_url: str
    rng: random.Random
    figures: Counter[str] = field(default_factory=Counter[str])
    codes: deque[str] = field(default_factory=deque[str])

    async def run(self, kills: int) -> None:
        """Start, kill and look, so many times."""
        with opened(self.database_url) as database:
            database.run(lambda c: add_clients(c, now=NOW), writes=True)
        crash = Crash()
        for _ in range(kills):
            self._issue_codes()
            with victim(self.database_url) as server:
                await self._look(server, crash)
                crash = await self._crash(server)
            wait_for_leftovers(self.database_url)
        with victim(self.database_url) as server:
            await self._look(server, crash)

    def _issue_codes(self) -> None:
        def work(c: Connection) -> list[str]:
            return [new_code(c, now=NOW) for _ in range(_CODES - len(self.codes))]

        with opened(self.database_url) as database:
            self.codes.extend(database.run(work, writes=True))

    async def _crash(self, server: Victim) -> Crash:
        crash = Crash()
        has_answered = asyncio.Event()
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            work = [asyncio.create_task(self._use(server, session, crash, has_answered)) for _ in range(CLIENTS)]
            await has_answered.wait()
            await asyncio.sleep(self.rng.uniform(0, MOST_SECONDS))
            server.kill()
            await asyncio.gather(*work)
        server.wait()
        self.figures["kills"] += 1
        self.figures["requests in flight at a kill"] += len(crash.unanswered)
        return crash

    async def _use(
        self, server: Victim, session: aiohttp.ClientSession, crash: Crash, has_answered: asyncio.Event
    ) -> None:
        """Redeem codes and refresh, until the server is gone."""
        answered: list[Tokens] = []
        crash.answered.append(answered)
        while True:
            request = redemption(self.codes.popleft())
            for _ in range(1 + REFRESHES):
                try:
                    tokens = await _ask(server, session, request)
                except aiohttp.ClientError:
                    crash.unanswered.append(request)
                    return
                has_answered.set()
                answered.append(tokens)
                request = rotation(tokens["refresh_token"])

    async def _look(self, server: Victim, crash: Crash) -> None:
        """Check, after a restart, what a crash has left."""
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            async with session.get(f"{server.url}/livez") as reply:
                assert reply.status == 200
            with opened(self.database_url) as database:
                database.run(check, writes=False)
                for answered in crash.answered:
                    self._look_at_answered(database, answered)
                    if answered:
                        assert await _may_call(server, session, answered[-1])
                for request in crash.unanswered:
                    await self._repeat(server, session, database, request)
                checked = database.run(check, writes=False)
        self.figures["families looked at, after the last crash"] = checked.families
        self.figures["tokens looked at, after the last crash"] = checked.tokens

    def _look_at_answered(self, database: Database, answered: list[Tokens]) -> None:
        held = [tokens[name] for tokens in answered for name in ("access_token", "refresh_token")]
        assert database.run(lambda c: are_stored(c, held), writes=False), "an answer was given and is not stored"
        self.figures["answers given before a kill, all found"] += len(answered)

    async def _repeat(
        self, server: Victim, session: aiohttp.ClientSession, database: Database, request: Request
    ) -> None:
        """A client that got no answer repeats its request: it gets tokens, those of the first if that was done."""
        credential = request.get("code") or request["refresh_token"]
        was_done = database.run(lambda c: is_used(c, credential), writes=False)
        before = database.run(count_tokens, writes=False)
        tokens = await _ask(server, session, request)
        assert database.run(count_tokens, writes=False) == before + (0 if was_done else 2)
        assert database.run(lambda c: are_stored(c, [tokens["access_token"], tokens["refresh_token"]]), writes=False)
        assert await _ask(server, session, request) == tokens
        assert await _may_call(server, session, tokens)
        self.figures[f"in flight {request['grant_type']}: {'committed' if was_done else 'not done'}, repeated"] += 1


async def _ask(server: Victim, session: aiohttp.ClientSession, request: Request) -> Tokens:
    async with session.post(f"{server.url}/oauth/token", data=request) as reply:
        body = await reply.read()
        assert reply.status == 200, body
        return json.loads(body)


async def _may_call(server: Victim, session: aiohttp.ClientSession, tokens: Tokens) -> bool:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with session.get(f"{server.url}/list-notes", headers=headers) as reply:
        return reply.status == 200


async def run_crashes(database_url: str, *, kills: int, seed: int) -> Counter[str]:
    """Kill servers so many times; what was seen."""
    rng = random.Random(seed)  # noqa: S311 moments that can be had again
    crashes = Crashes(database_url, rng)
    await crashes.run(kills)
    return crashes.figures
