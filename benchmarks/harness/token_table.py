"""What many tokens in the table cost a call: the same plugin on two PostgreSQL databases, one small and one large."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product

from . import answers, seeding
from .environments import Environment
from .places import RUN
from .postgres import Postgres
from .processes import Server, serving, uvicorn
from .protocols import SIGNED_IN_REST, TOKEN_FORM
from .rounds import Plan, Target, interleave, target
from .speed import Grown

FEW = 1_000
MANY = 1_000_000
_STRIDE = 7919  # prime, so that the tokens are taken from all over the table


@dataclass(frozen=True)
class TokenGrowth:
    """Who calls: the same user each time, or another one (``rotates``), so that every call looks a token up."""

    name: str
    title: str
    rotates: bool


TOKEN_GROWTHS: tuple[TokenGrowth, ...] = (
    TokenGrowth("tokens", "REST, another token each call", rotates=True),
    TokenGrowth("tokens-hot", "REST, one token", rotates=False),
)


def grow(growths: Sequence[TokenGrowth], environment: Environment, postgres: Postgres, plan: Plan) -> list[Grown]:
    """Load the plugin with few and with many tokens in turn, in each of the ways."""
    with ExitStack() as stack:
        servers: dict[int, Server] = {}
        for tokens in (FEW, MANY):
            url = postgres.create(f"tokens-{tokens}")
            seeding.seed(environment, url, tokens=tokens)
            program = uvicorn(f"tokens-{tokens}", environment.python, "plugwright_signed_in:app", seeding.settings(url))
            servers[tokens] = stack.enter_context(serving(program))
            answers.check(servers[tokens].port, SIGNED_IN_REST)
        # The cost is the inverse of the speed, so the server with few tokens is the one on top.
        return [
            Grown(
                f"{MANY:,} tokens instead of {FEW:,}: {growth.title}",
                interleave(_target(servers[MANY], growth, MANY), _target(servers[FEW], growth, FEW), plan),
                has_database=True,
            )
            for growth in growths
        ]


def _target(server: Server, growth: TokenGrowth, tokens: int) -> Target:
    call = SIGNED_IN_REST.ask(answers.MEASURED)
    script = RUN / f"{growth.name}-{tokens}.lua"
    if not growth.rotates:
        return target(server, call, script)
    headers = script.with_suffix(".txt")
    headers.write_text("\n".join(authorizations(tokens)), encoding="ascii")
    return target(server, call, script, headers)


def authorizations(tokens: int) -> list[str]:
    """Authorization headers, all different, that bear the tokens of a table in turn.

    A server remembers a header for less than a second. With few tokens one comes back sooner, but then its scheme,
    whose letters may be large or small (RFC 9110 §11.1), is written in another way: a header that was never seen.
    """
    schemes = ["".join(letters) for letters in product(*((letter, letter.upper()) for letter in "bearer"))]
    return [
        f"{schemes[number // FEW]} {TOKEN_FORM.format(number * _STRIDE % tokens)}"
        for number in range(len(schemes) * FEW)
    ]
