"""The load generator for the token endpoint: ``python -m harness.token_load``, told by JSON on standard input.

As many connections as the job says, each kept alive and each sending one request after the other. Every answer is
looked at. It runs in a process of its own, so that it has its own core.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from .errors import BenchError
from .processes import Server

PATH = "/oauth/token"


@dataclass(frozen=True)
class Job:
    """What to do.

    ``exchange`` redeems code after code. ``refresh`` redeems one for each connection, and then refreshes in a chain.
    """

    kind: str
    port: int
    pid: int
    seconds: float
    connections: int
    client_id: str
    redirect_uri: str
    verifier: str
    resource: str
    codes: list[str]


@dataclass(frozen=True)
class Outcome:
    """What came of it. ``access_token`` is the last one that was issued, ``codes_used`` how many codes are gone."""

    requests: int
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float
    codes_used: int
    access_token: str


class TokenEndpoint:
    """One connection to the token endpoint."""

    def __init__(self, job: Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._job = job
        self._reader = reader
        self._writer = writer

    async def redeem(self, code: str) -> dict[str, Any]:
        """Tokens for a code, as a public client asks for them."""
        job = self._job
        form = {"code": code, "redirect_uri": job.redirect_uri, "code_verifier": job.verifier}
        return await self._ask({"grant_type": "authorization_code", **form, "resource": job.resource})

    async def refresh(self, token: str) -> dict[str, Any]:
        """Tokens for a refresh token."""
        return await self._ask({"grant_type": "refresh_token", "refresh_token": token, "resource": self._job.resource})

    def close(self) -> None:
        """End the connection."""
        self._writer.close()

    async def _ask(self, form: Mapping[str, str]) -> dict[str, Any]:
        body = urlencode({**form, "client_id": self._job.client_id}).encode()
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{self._job.port}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        return read_answer(*await self._receive())

    async def _receive(self) -> tuple[str, bytes]:
        try:
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *lines = head.rstrip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            return status, await self._reader.readexactly(int(headers["content-length"]))
        except (asyncio.IncompleteReadError, KeyError, ValueError) as error:
            message = f"no whole answer came: {error!r}"
            raise BenchError(message) from None


def read_answer(status: str, body: bytes) -> dict[str, Any]:
    """The tokens of an answer; any other answer ends the run."""
    answer: dict[str, Any] = {}
    try:
        answer = json.loads(body)
        is_right = answer["access_token"].startswith("pw_at_") and answer["refresh_token"].startswith("pw_rt_")
    except (ValueError, KeyError, TypeError, AttributeError):
        is_right = False
    if status.split(" ")[1:2] != ["200"] or not is_right:
        message = f"wrong answer of the token endpoint: {status}: {body[:300]!r}"
        raise BenchError(message)
    return answer


@dataclass
class Tally:
    """What was issued, and how long each answer took."""

    issued: set[str] = field(default_factory=set[str])
    milliseconds: list[float] = field(default_factory=list[float])
    last: str = ""

    async def timed(self, ask: Awaitable[dict[str, Any]]) -> dict[str, Any]:
        """Wait for an answer, whose tokens must be new."""
        start = time.perf_counter()
        answer = await ask
        self.milliseconds.append((time.perf_counter() - start) * 1e3)
        self.last = answer["access_token"]
        for token in (self.last, answer["refresh_token"]):
            if token in self.issued:
                message = "the token endpoint issued the same token twice"
                raise BenchError(message)
            self.issued.add(token)
        return answer

    def percentile(self, percent: int) -> float:
        """The time within which so many percent of the answers came."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


Work = Callable[[], Awaitable[object]]
"""One request of one connection."""


def exchanging(endpoint: TokenEndpoint, codes: Iterator[str], tally: Tally) -> Work:
    """Redeem the next code each time."""

    async def once() -> None:
        code = next(codes, None)
        if code is None:
            message = "the codes ran out before the time did; make more of them"
            raise BenchError(message)
        await tally.timed(endpoint.redeem(code))

    return once


def refreshing(endpoint: TokenEndpoint, token: str, tally: Tally) -> Work:
    """Use the refresh token of the answer before each time."""
    held = token

    async def once() -> None:
        nonlocal held
        held = (await tally.timed(endpoint.refresh(held)))["refresh_token"]

    return once


async def run(job: Job) -> Outcome:
    """Do the job."""
    opened = [await asyncio.open_connection("127.0.0.1", job.port) for _ in range(job.connections)]
    endpoints = [TokenEndpoint(job, *pair) for pair in opened]
    codes, tally = iter(job.codes), Tally()
    if job.kind == "refresh":
        works = [refreshing(one, (await one.redeem(next(codes)))["refresh_token"], tally) for one in endpoints]
    else:
        works = [exchanging(one, codes, tally) for one in endpoints]
    server = Server(job.port, job.pid)
    cpu_before, start = server.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(_repeat(work, start + job.seconds) for work in works))
    seconds, cpu = time.perf_counter() - start, server.cpu_seconds() - cpu_before
    for endpoint in endpoints:
        endpoint.close()
    used = len(job.codes) - sum(1 for _ in codes)
    return Outcome(len(tally.milliseconds), seconds, cpu, tally.percentile(50), tally.percentile(99), used, tally.last)


async def _repeat(work: Work, until: float) -> None:
    while time.perf_counter() < until:
        await work()


def main() -> int:
    """Read the job, do it, and write what came of it."""
    job = Job(**json.load(sys.stdin))
    try:
        print(json.dumps(asdict(asyncio.run(run(job)))))
    except (BenchError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
