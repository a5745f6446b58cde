"""What is measured of the database."""

from typing import cast

from sqlalchemy import QueuePool

from plugwright.observe.metrics.families import Metric, counter, gauge, histogram, one
from plugwright.store.database import Database


def database_metrics(database: Database) -> list[Metric]:
    """The figures of one database."""
    pool = cast("QueuePool", database.engine.pool)
    tally = database.tally
    return [
        counter(
            "plugwright_database_transactions",
            "Transactions by kind, read or write, and outcome.",
            lambda: {key: float(value) for key, value in tally.transactions.items()},
            ("kind", "outcome"),
        ),
        histogram(
            "plugwright_database_transaction_duration_seconds",
            "How long transactions took, in seconds, the wait for a connection included.",
            lambda: {(kind,): durations for kind, durations in tally.durations.items()},
            ("kind",),
        ),
        gauge(
            "plugwright_database_connections",
            "Connections to the database, by state: in_use or idle.",
            lambda: {("in_use",): pool.checkedout(), ("idle",): pool.checkedin()},
            ("state",),
        ),
        gauge("plugwright_database_connections_limit", "Connections to the database that may be held.", one(pool.size)),
        gauge(
            "plugwright_database_waiting",
            "Transactions that wait for a connection to the database.",
            one(lambda: database.waiting),
        ),
    ]
