"""How many tokens a second a server issues on one core, and what its database has to do with it."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

from . import answers, seeding
from .cores import LOAD_CORE, pinned
from .environments import Environment
from .errors import BenchError
from .figures import Spread
from .places import BENCHMARKS
from .postgres import Postgres
from .processes import Server, serving, uvicorn
from .protocols import SIGNED_IN_REST, authorized
from .rounds import Plan, Round
from .seeding import Codes
from .token_load import Job, Outcome
from .wire import send
from .wrk import Sample

CONNECTIONS = 8
_CODES_PER_SECOND = 1500  # more than one core redeems
_TARGET = "plugwright_signed_in:app"


@dataclass(frozen=True)
class TokenSubject:
    """One kind of token request, on one kind of database. ``has_budget``: something was promised for it."""

    name: str
    title: str
    kind: str
    is_sqlite: bool = False

    @property
    def has_budget(self) -> bool:
        """Whether something was promised for it."""
        return not self.is_sqlite


TOKEN_SUBJECTS: tuple[TokenSubject, ...] = (
    TokenSubject("token-exchange", "codes into tokens, PostgreSQL", "exchange"),
    TokenSubject("token-refresh", "refresh tokens, PostgreSQL", "refresh"),
    TokenSubject("token-exchange-sqlite", "codes into tokens, SQLite", "exchange", is_sqlite=True),
    TokenSubject("token-refresh-sqlite", "refresh tokens, SQLite", "refresh", is_sqlite=True),
)


@dataclass(frozen=True)
class Issued:
    """A kind of token request with its figures."""

    subject: TokenSubject
    rounds: tuple[Round, ...]
    rss_mb: float

    @property
    def rate(self) -> Spread:
        """Requests per second."""
        return Spread.of([one.sample.requests_per_second for one in self.rounds])

    def typical(self, figure: Callable[[Round], float]) -> float:
        """The median of one figure over the rounds."""
        return Spread.of([figure(one) for one in self.rounds]).median


def measure(subject: TokenSubject, environment: Environment, postgres: Postgres | None, plan: Plan) -> Issued:
    """Load the token endpoint, round after round; its tokens must open the operation."""
    url = _new_database(subject, postgres)
    needed = plan.warm_up + plan.rounds * plan.seconds
    codes = seeding.seed(environment, url, codes=needed * _CODES_PER_SECOND)
    with serving(uvicorn(subject.name, environment.python, _TARGET, seeding.settings(url))) as server:
        answers.check(server.port, SIGNED_IN_REST)
        rounds: list[Round] = []
        left = codes.codes
        for seconds in (plan.warm_up, *[plan.seconds] * plan.rounds):
            outcome = _load(_job(subject, server, codes, left[: seconds * _CODES_PER_SECOND], seconds))
            left = left[outcome.codes_used :]
            rounds.append(round_of(outcome))
            _expect_use(server, outcome.access_token)
        return Issued(subject, tuple(rounds[1:]), server.rss_mb())


def round_of(outcome: Outcome) -> Round:
    """The figures of one round as the other subjects have them."""
    sample = Sample(outcome.requests, outcome.requests / outcome.seconds, outcome.p50_ms, outcome.p99_ms)
    return Round(sample, outcome.cpu_seconds / outcome.seconds, outcome.cpu_seconds / outcome.requests * 1e6)


def _new_database(subject: TokenSubject, postgres: Postgres | None) -> str:
    if subject.is_sqlite:
        return seeding.sqlite(subject.name)
    if postgres is None:
        message = f"{subject.name} needs PostgreSQL"
        raise BenchError(message)
    return postgres.create(subject.name)


def _job(subject: TokenSubject, server: Server, codes: Codes, some: list[str], seconds: int) -> Job:
    return Job(
        subject.kind,
        server.port,
        server.pid,
        seconds,
        CONNECTIONS,
        codes.client_id,
        codes.redirect_uri,
        codes.verifier,
        codes.resource,
        some,
    )


def _load(job: Job) -> Outcome:
    done = subprocess.run(
        pinned(LOAD_CORE, [sys.executable, "-m", "harness.token_load"]),
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        timeout=job.seconds + 60,
        check=False,
        cwd=BENCHMARKS,
    )
    if done.returncode != 0:
        message = f"the load on the token endpoint failed: {done.stderr.strip()[-500:]}"
        raise BenchError(message)
    return Outcome(**json.loads(done.stdout))


def _expect_use(server: Server, access_token: str) -> None:
    call = authorized(SIGNED_IN_REST.ask(answers.MEASURED), f"Bearer {access_token}")
    reply = send(server.port, call)
    if SIGNED_IN_REST.read(reply) != answers.ANSWER:
        message = f"a token that was just issued does not open the operation: status {reply.status}"
        raise BenchError(message)
