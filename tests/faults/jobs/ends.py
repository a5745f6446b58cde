"""A witness in the database: it notes every time a job ends, or is touched after it has ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import Connection, select, text

from plugwright.store.database import Database
from plugwright.store.tables import jobs

TABLE: Final = "CREATE TABLE job_ends (job text, state text)"
WITNESS: Final[dict[str, Sequence[str]]] = {
    "sqlite": (
        """CREATE TRIGGER witness AFTER UPDATE ON jobs WHEN NEW.finished_at IS NOT NULL
           BEGIN INSERT INTO job_ends VALUES (NEW.id, NEW.state); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN INSERT INTO job_ends VALUES (NEW.id, NEW.state); RETURN NEW; END $$""",
        """CREATE TRIGGER witness AFTER UPDATE ON jobs FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL)
           EXECUTE FUNCTION note_end()""",
    ),
}


@dataclass(frozen=True)
class Row:
    """What a job's record says at the end."""

    state: str
    attempts: int
    result: Any
    code: str | None


def watch(database: Database) -> None:
    """Set the witness up."""

    def create(c: Connection) -> None:
        for statement in (TABLE, *WITNESS[c.dialect.name]):
            c.execute(text(statement))

    database.run(create, writes=True)


def unfinished(database: Database) -> int:
    """How many jobs have not ended."""
    return database.run(
        lambda c: len(c.execute(select(jobs.c.id).where(jobs.c.finished_at.is_(None))).all()), writes=False
    )


def check_ends(database: Database, accepted: Mapping[str, int]) -> Counter[str]:
    """Every accepted job has ended once, with what it was to give; figures about them."""
    records = database.run(_records, writes=False)
    ends = Counter(database.run(lambda c: list(c.execute(text("SELECT job FROM job_ends")).scalars()), writes=False))
    assert set(accepted) <= records.keys(), "accepted jobs are lost"
    assert ends == dict.fromkeys(records, 1), "a job ended more than once, or never"
    for job, given in accepted.items():
        if records[job].state == "succeeded":
            assert records[job].result == given
    assert {(row.state, row.code) for row in records.values()} <= {("succeeded", None), ("failed", "job_abandoned")}
    figures = Counter({"accepted": len(accepted), "in the record": len(records)})
    figures.update(f"ended as {row.state}" for row in records.values())
    figures["begun again after a kill"] = sum(row.attempts - 1 for row in records.values())
    return figures


def _records(c: Connection) -> dict[str, Row]:
    rows = c.execute(select(jobs.c.id, jobs.c.state, jobs.c.attempt, jobs.c.result, jobs.c.error))
    return {
        name: Row(state, attempts, result and from_json(result), error and from_json(error)["code"])
        for name, state, attempts, result, error in rows
    }
