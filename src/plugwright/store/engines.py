"""Engines: how each kind of database is connected to, and how long it may take."""

import json
import sqlite3
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from plugwright.errors import SetupError

_SETTING = "PLUGWRIGHT_DATABASE_URL"
_RECYCLE = 1800  # seconds after which a connection is made anew, so that none outlives a change of address
_PAUSE = 0.01
# Equal values are equal texts.
_TO_JSON = partial(json.dumps, separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the database may take, in seconds.

    ``connect``: for a connection (PostgreSQL's client waits 2 seconds at least). ``checkout``: until one is free.
    ``queue``: until a thread is free. ``statement``: for one statement. ``lock``: for a lock. ``transaction``: for all
    of one, after which the caller learns that the database is unavailable even if the server says nothing at all.
    """

    connect: float = 3.0
    checkout: float = 1.0
    queue: float = 1.0
    statement: float = 5.0
    lock: float = 3.0
    transaction: float = 10.0


def usable_url(text: str) -> URL:
    """The URL of a database, with the driver that is used for its kind.

    Raises:
        SetupError: it is malformed, or names a kind of database that is not supported.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise SetupError(
            f"{_SETTING}: must be a URL such as sqlite:///plugin.db or postgresql://user@host/name"
        ) from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.database in {None, "", ":memory:"} or url.query.get("mode") == "memory":
            raise SetupError(f"{_SETTING}: SQLite needs a file, such as sqlite:///plugin.db")
        return url.set(drivername="sqlite+pysqlite")
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise SetupError(f"{_SETTING}: {backend} is not supported; use SQLite or PostgreSQL")


def make_engine(url: URL, connections: int, patience: Patience) -> Engine:
    """An engine for a URL of `usable_url`, holding so many connections at most.

    Raises:
        SetupError: the driver is missing, or the place of the SQLite file cannot be written.
    """
    make = _sqlite if url.get_backend_name() == "sqlite" else _postgresql
    return make(url, connections, patience)


def _sqlite(url: URL, connections: int, patience: Patience) -> Engine:
    _make_file(Path(url.database or ""))
    engine = create_engine(
        url,
        connect_args={"timeout": patience.lock, "check_same_thread": False},
        json_serializer=_TO_JSON,
        hide_parameters=True,  # errors are logged
        pool_size=connections + 1,  # and the writer
        max_overflow=0,
        pool_timeout=patience.checkout,
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:  # pyright: ignore[reportUnusedFunction] SQLAlchemy calls it
        connection.isolation_level = None  # transactions are begun below, not by the driver
        _write_ahead(connection, patience.lock)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction] SQLAlchemy calls it
        # A writer that begins as a reader may find its snapshot outdated; one that says so at once waits its turn.
        writes = connection.get_execution_options().get("plugwright_writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection, within: float) -> None:
    """Turn the write-ahead log on. Where two processes do so at once, SQLite refuses one of them without waiting."""
    deadline = time.monotonic() + within
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _make_file(path: Path) -> None:
    """Create a database file that only its owner reads; SQLite gives its log the same permissions."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise SetupError(f"{_SETTING}: cannot create {path}: {error.strerror}") from None


def _postgresql(url: URL, connections: int, patience: Patience) -> Engine:
    options = (
        f"-c statement_timeout={int(patience.statement * 1000)} -c lock_timeout={int(patience.lock * 1000)} "
        f"-c idle_in_transaction_session_timeout={int(patience.statement * 2000)}"
    )
    try:
        return create_engine(
            url,
            connect_args={
                "connect_timeout": max(1, int(patience.connect)),
                "options": options,
                # a host that vanished: noticed by the network, where no statement_timeout can reach
                "tcp_user_timeout": int(patience.transaction * 1000),
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
            },
            json_serializer=_TO_JSON,
            hide_parameters=True,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=patience.checkout,
            pool_pre_ping=True,
            pool_recycle=_RECYCLE,
        )
    except ModuleNotFoundError:
        raise SetupError(f"{_SETTING}: PostgreSQL needs its driver; install plugwright[postgres]") from None
