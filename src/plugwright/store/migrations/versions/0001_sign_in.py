"""The tables of sign-in."""

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)

revision = "0001"
down_revision = None

_DIGEST = LargeBinary(32)
_TIME = Double[float]()


def upgrade() -> None:
    """Create them, each after those that it refers to."""
    _create_accounts()
    _create_assertions()
    _create_audit()
    _create_clients()
    _create_throttles()
    _create_user_keys()
    _create_consents()
    _create_grants()
    _create_sessions()
    _create_access_tokens()
    _create_codes()
    _create_refresh_tokens()


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        Column("id", String(64), nullable=False),
        Column("provider", String(512), nullable=False),
        Column("name_at_provider", String(512), nullable=False),
        Column("display_name", String(512), nullable=False),
        Column("password_hash", Text()),
        Column("is_demo", Boolean(), nullable=False),
        Column("created_at", _TIME, nullable=False),
        Column("disabled_at", _TIME),
        PrimaryKeyConstraint("id", name="pk_accounts"),
        UniqueConstraint("provider", "name_at_provider", name="uq_accounts_provider_name_at_provider"),
    )


def _create_assertions() -> None:
    op.create_table(
        "assertions",
        Column("digest", _DIGEST, nullable=False),
        Column("expires_at", _TIME, nullable=False),
        PrimaryKeyConstraint("digest", name="pk_assertions"),
    )
    op.create_index("ix_assertions_expires_at", "assertions", ["expires_at"])


def _create_audit() -> None:
    op.create_table(
        "audit",
        Column("id", BigInteger().with_variant(Integer(), "sqlite"), autoincrement=True, nullable=False),
        Column("at", _TIME, nullable=False),
        Column("event", String(64), nullable=False),
        Column("subject", String(512)),
        Column("client_id", String(2048)),
        Column("outcome", String(64), nullable=False),
        Column("detail", JSON(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def _create_clients() -> None:
    op.create_table(
        "clients",
        Column("id", String(2048), nullable=False),
        Column("source", String(16), nullable=False),
        Column("name", String(200), nullable=False),
        Column("uri", String(2048)),
        Column("auth_method", String(32), nullable=False),
        Column("secret_digest", _DIGEST),
        Column("jwks", JSON()),
        Column("jwks_uri", String(2048)),
        Column("signing_alg", String(16)),
        Column("redirect_uris", JSON(), nullable=False),
        Column("redirect_templates", JSON(), nullable=False),
        Column("onward_origins", JSON(), nullable=False),
        Column("grant_types", JSON(), nullable=False),
        Column("scopes", JSON()),
        Column("requires_pkce", Boolean(), nullable=False),
        Column("takes_json", Boolean(), nullable=False),
        Column("is_trusted", Boolean(), nullable=False),
        Column("registration_digest", _DIGEST),
        Column("document_digest", String(64)),
        Column("created_at", _TIME, nullable=False),
        Column("used_at", _TIME),
        PrimaryKeyConstraint("id", name="pk_clients"),
    )
    op.create_index("ix_clients_used_at", "clients", ["used_at"])


def _create_throttles() -> None:
    op.create_table(
        "throttles",
        Column("key", _DIGEST, nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("blocked_until", _TIME, nullable=False),
        Column("expires_at", _TIME, nullable=False),
        PrimaryKeyConstraint("key", name="pk_throttles"),
    )
    op.create_index("ix_throttles_expires_at", "throttles", ["expires_at"])


def _create_user_keys() -> None:
    op.create_table(
        "user_keys",
        Column("id", String(64), nullable=False),
        Column("digest", _DIGEST, nullable=False),
        Column("subject", String(512), nullable=False),
        Column("label", String(200), nullable=False),
        Column("scopes", JSON(), nullable=False),
        Column("created_at", _TIME, nullable=False),
        Column("expires_at", _TIME),
        Column("revoked_at", _TIME),
        PrimaryKeyConstraint("id", name="pk_user_keys"),
        UniqueConstraint("digest", name="uq_user_keys_digest"),
    )
    op.create_index("ix_user_keys_subject", "user_keys", ["subject"])


def _create_consents() -> None:
    op.create_table(
        "consents",
        Column("account_id", String(64), nullable=False),
        Column("key", _DIGEST, nullable=False),
        Column("client_id", String(2048), nullable=False),
        Column("scopes", JSON(), nullable=False),
        Column("granted_at", _TIME, nullable=False),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_consents_account_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("account_id", "key", name="pk_consents"),
    )
    op.create_index("ix_consents_client_id", "consents", ["client_id"])


def _create_grants() -> None:
    op.create_table(
        "grants",
        Column("id", String(64), nullable=False),
        Column("account_id", String(64), nullable=False),
        Column("client_id", String(2048), nullable=False),
        Column("scopes", JSON(), nullable=False),
        Column("resource", String(2048), nullable=False),
        Column("created_at", _TIME, nullable=False),
        Column("ends_at", _TIME, nullable=False),
        Column("revoked_at", _TIME),
        Column("revoked_because", String(64)),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_grants_account_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_account_id", "grants", ["account_id"])
    op.create_index("ix_grants_client_id", "grants", ["client_id"])
    op.create_index("ix_grants_ends_at", "grants", ["ends_at"])
    op.create_index(
        "ix_grants_revoked_at",
        "grants",
        ["revoked_at"],
        sqlite_where=text("revoked_at IS NOT NULL"),
        postgresql_where=text("revoked_at IS NOT NULL"),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        Column("digest", _DIGEST, nullable=False),
        Column("account_id", String(64), nullable=False),
        Column("created_at", _TIME, nullable=False),
        Column("expires_at", _TIME, nullable=False),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sessions_account_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("digest", name="pk_sessions"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _create_access_tokens() -> None:
    op.create_table(
        "access_tokens",
        Column("digest", _DIGEST, nullable=False),
        Column("grant_id", String(64), nullable=False),
        Column("scopes", JSON(), nullable=False),
        Column("issued_at", _TIME, nullable=False),
        Column("expires_at", _TIME, nullable=False),
        Column("revoked_at", _TIME),
        ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_access_tokens_grant_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("digest", name="pk_access_tokens"),
    )
    op.create_index("ix_access_tokens_expires_at", "access_tokens", ["expires_at"])
    op.create_index("ix_access_tokens_grant_id", "access_tokens", ["grant_id"])


def _create_codes() -> None:
    op.create_table(
        "codes",
        Column("digest", _DIGEST, nullable=False),
        Column("grant_id", String(64), nullable=False),
        Column("ticket", _DIGEST, nullable=False),
        Column("redirect_uri", Text(), nullable=False),
        Column("challenge", String(128)),
        Column("expires_at", _TIME, nullable=False),
        Column("used_at", _TIME),
        Column("request_digest", _DIGEST),
        Column("sealed_answer", LargeBinary()),
        ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_codes_grant_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("digest", name="pk_codes"),
        UniqueConstraint("ticket", name="uq_codes_ticket"),
    )
    op.create_index("ix_codes_expires_at", "codes", ["expires_at"])
    op.create_index("ix_codes_grant_id", "codes", ["grant_id"])
    op.create_index(
        "ix_codes_used_at",
        "codes",
        ["used_at"],
        sqlite_where=text("sealed_answer IS NOT NULL"),
        postgresql_where=text("sealed_answer IS NOT NULL"),
    )


def _create_refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        Column("digest", _DIGEST, nullable=False),
        Column("grant_id", String(64), nullable=False),
        Column("issued_at", _TIME, nullable=False),
        Column("expires_at", _TIME, nullable=False),
        Column("used_at", _TIME),
        Column("request_digest", _DIGEST),
        Column("sealed_answer", LargeBinary()),
        ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_refresh_tokens_grant_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("digest", name="pk_refresh_tokens"),
    )
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"])
    op.create_index("ix_refresh_tokens_grant_id", "refresh_tokens", ["grant_id"])
    op.create_index(
        "ix_refresh_tokens_used_at",
        "refresh_tokens",
        ["used_at"],
        sqlite_where=text("sealed_answer IS NOT NULL"),
        postgresql_where=text("sealed_answer IS NOT NULL"),
    )
