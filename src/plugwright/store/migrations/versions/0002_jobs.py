"""The table of queued work."""

from alembic import op
from sqlalchemy import JSON, Column, Double, Integer, LargeBinary, PrimaryKeyConstraint, String, text

revision = "0002"
down_revision = "0001"

_TIME = Double[float]()
_UNFINISHED = text("due_at IS NOT NULL")


def upgrade() -> None:
    """Create it."""
    op.create_table(
        "jobs",
        Column("id", String(64), nullable=False),
        Column("operation", String(64), nullable=False),
        Column("state", String(16), nullable=False),
        Column("input", LargeBinary()),
        Column("request_id", String(64), nullable=False),
        Column("owner", LargeBinary(32)),
        Column("principal", LargeBinary()),
        Column("attempt", Integer(), nullable=False),
        Column("handed_back", Integer(), nullable=False),
        Column("progress", JSON()),
        Column("result", LargeBinary()),
        Column("error", LargeBinary()),
        Column("created_at", _TIME, nullable=False),
        Column("started_at", _TIME),
        Column("finished_at", _TIME),
        Column("due_at", _TIME),
        Column("expires_at", _TIME),
        PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_expires_at", "jobs", ["expires_at"])
    op.create_index("ix_jobs_due_at", "jobs", ["due_at"], sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED)
