"""The audit record tells of calls, and can only be added to."""

from alembic import op
from sqlalchemy import Column, String

revision = "0004"
down_revision = "0003"

# A record is kept for 30 days at least. A day less, since the clocks of server and database differ.
_SECONDS = 29 * 86_400
_REFUSAL = "the audit record can only be added to"

_SQLITE = (
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    f"""
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    WHEN OLD.at > CAST(strftime('%s', 'now') AS INTEGER) - {_SECONDS}
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """,
)
_POSTGRESQL = (
    f"""
    CREATE FUNCTION plugwright_keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at <= extract(epoch FROM now()) - {_SECONDS} THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION plugwright_keep_audit()
    """,
    """
    CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION plugwright_keep_audit()
    """,
)


def upgrade() -> None:
    """Add the columns of calls, and the triggers that refuse changes."""
    op.add_column("audit", Column("operation", String(64)))
    op.add_column("audit", Column("request_id", String(64)))
    statements = _SQLITE if op.get_context().dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        op.execute(statement)
