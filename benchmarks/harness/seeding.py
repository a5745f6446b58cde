"""Accounts, tokens and codes for a plugin with sign-in, put into its database before it is served."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .environments import Environment
from .errors import BenchError
from .places import APPS, RUN
from .processes import clean_environment

DATABASE = "PLUGWRIGHT_DATABASE_URL"
# A token is for one resource, so that this cannot follow the port; loopback hosts are answered with any port.
PUBLIC_URL = "http://127.0.0.1:8000"
RESOURCE = f"{PUBLIC_URL}/mcp"
LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Codes:
    """What a client needs to redeem codes."""

    client_id: str
    redirect_uri: str
    verifier: str
    resource: str
    codes: list[str]


def settings(url: str) -> Mapping[str, str]:
    """The settings of a served plugin with sign-in."""
    return {"PLUGWRIGHT_PUBLIC_URL": PUBLIC_URL, DATABASE: url}


def sqlite(name: str) -> str:
    """The URL of a new SQLite file among those of the run."""
    RUN.mkdir(parents=True, exist_ok=True)
    for ending in ("", "-wal", "-shm"):
        Path(RUN / f"{name}.db{ending}").unlink(missing_ok=True)
    return f"sqlite:///{RUN / name}.db"


def seed(environment: Environment, url: str, *, tokens: int = 1, codes: int = 0) -> Codes:
    """Fill a new database; the codes that may be redeemed."""
    command = [str(environment.python), str(APPS / "seed_sign_in.py"), RESOURCE]
    command += ["--tokens", str(tokens), "--codes", str(codes)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
        env={**clean_environment(), DATABASE: url},
    )
    if done.returncode != 0:
        message = f"the database could not be filled: {done.stderr.strip()[-500:]}"
        raise BenchError(message)
    return Codes(**json.loads(done.stdout))
