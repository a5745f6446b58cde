"""The table of idempotency keys."""

from alembic import op
from sqlalchemy import Column, Double, LargeBinary, PrimaryKeyConstraint, String

revision = "0003"
down_revision = "0002"

_TIME = Double[float]()


def upgrade() -> None:
    """Create it."""
    op.create_table(
        "idempotency_keys",
        Column("digest", LargeBinary(32), nullable=False),
        Column("request_digest", LargeBinary(32), nullable=False),
        Column("holder", String(64), nullable=False),
        Column("lease_until", _TIME, nullable=False),
        Column("sealed_answer", LargeBinary()),
        Column("expires_at", _TIME, nullable=False),
        PrimaryKeyConstraint("digest", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])
