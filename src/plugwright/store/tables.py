"""The tables. Times are seconds since the epoch; what proves something by being known is there as a digest only."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_JSON = JSON(none_as_null=True)  # absent is NULL, not the JSON value null
_DIGEST = LargeBinary(32)
_ID = String(64)
_CLIENT_ID = String(2048)  # may be the URL of a client metadata document


def _index_where(column: str, condition: str) -> Index:
    """An index of the few rows that the sweeper looks for."""
    return Index(None, column, sqlite_where=text(condition), postgresql_where=text(condition))


accounts = Table(
    "accounts",
    metadata,
    Column("id", _ID, primary_key=True),
    # "password" for built-in accounts, "author" for those of the author's function, else an OpenID issuer
    Column("provider", String(512), nullable=False),
    Column("name_at_provider", String(512), nullable=False),  # casefolded username, or the provider's subject
    Column("display_name", String(512), nullable=False),
    Column("password_hash", Text),
    Column("is_demo", Boolean, nullable=False, default=False),
    Column("created_at", Double, nullable=False),
    Column("disabled_at", Double),
    UniqueConstraint("provider", "name_at_provider"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
)

clients = Table(
    "clients",
    metadata,
    Column("id", _CLIENT_ID, primary_key=True),
    Column("source", String(16), nullable=False),  # "operator", "registration" or "document"
    Column("name", String(200), nullable=False),
    Column("uri", String(2048)),
    Column("auth_method", String(32), nullable=False),
    Column("secret_digest", _DIGEST),
    Column("jwks", _JSON),
    Column("jwks_uri", String(2048)),
    Column("signing_alg", String(16)),
    Column("redirect_uris", _JSON, nullable=False),
    Column("redirect_templates", _JSON, nullable=False),
    Column("onward_origins", _JSON, nullable=False),  # where the redirect URI itself sends a browser on to
    Column("grant_types", _JSON, nullable=False),
    Column("scopes", _JSON),  # absent: every scope of the plugin
    Column("requires_pkce", Boolean, nullable=False),
    Column("takes_json", Boolean, nullable=False),  # token requests as JSON
    Column("is_trusted", Boolean, nullable=False),  # errors may redirect to it without a person's decision
    Column("registration_digest", _DIGEST),  # of the RFC 7592 registration access token
    Column("document_digest", String(64)),  # of a client metadata document, as last seen
    Column("created_at", Double, nullable=False),
    Column("used_at", Double, index=True),  # first completed sign-in; a used client is never swept
)

consents = Table(
    "consents",
    metadata,
    Column("account_id", _ID, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("key", _DIGEST, primary_key=True),  # client, its document's digest, redirect URI and resource
    Column("client_id", _CLIENT_ID, nullable=False, index=True),
    Column("scopes", _JSON, nullable=False),
    Column("granted_at", Double, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("client_id", _CLIENT_ID, nullable=False, index=True),
    Column("scopes", _JSON, nullable=False),
    Column("resource", String(2048), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False, index=True),
    Column("revoked_at", Double),
    Column("revoked_because", String(64)),
    _index_where("revoked_at", "revoked_at IS NOT NULL"),
)

codes = Table(
    "codes",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("grant_id", _ID, ForeignKey("grants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("ticket", _DIGEST, nullable=False, unique=True),  # the consent that it came from, which gives one code
    Column("redirect_uri", Text, nullable=False),
    Column("challenge", String(128)),
    Column("expires_at", Double, nullable=False, index=True),
    Column("used_at", Double),
    Column("request_digest", _DIGEST),  # the request that used it
    Column("sealed_answer", LargeBinary),  # what it got, sealed under the code itself
    _index_where("used_at", "sealed_answer IS NOT NULL"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("grant_id", _ID, ForeignKey("grants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
    Column("used_at", Double),
    Column("request_digest", _DIGEST),
    Column("sealed_answer", LargeBinary),
    _index_where("used_at", "sealed_answer IS NOT NULL"),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("grant_id", _ID, ForeignKey("grants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("scopes", _JSON, nullable=False),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
    Column("revoked_at", Double),
)

assertions = Table(
    "assertions",
    metadata,
    Column("digest", _DIGEST, primary_key=True),  # client and jti: an assertion is used once (RFC 7523 §3)
    Column("expires_at", Double, nullable=False, index=True),
)

throttles = Table(
    "throttles",
    metadata,
    Column("key", _DIGEST, primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("blocked_until", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
)

user_keys = Table(
    "user_keys",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("digest", _DIGEST, nullable=False, unique=True),
    Column("subject", String(512), nullable=False, index=True),
    Column("label", String(200), nullable=False),
    Column("scopes", _JSON, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", _ID, primary_key=True),  # the key to the job where it has no owner
    Column("operation", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # "queued", "running", "succeeded", "failed" or "cancelled"
    Column("input", LargeBinary),  # its JSON, until the job has ended
    Column("request_id", String(64), nullable=False),
    Column("owner", _DIGEST),  # of the subject; absent: whoever knows the id
    Column("principal", LargeBinary),  # subject, client and scopes as JSON, until the job has ended
    Column("attempt", Integer, nullable=False),  # how often it was begun; only the last may write
    Column("handed_back", Integer, nullable=False),  # how many of these ended because their process did, in order
    Column("progress", _JSON),  # done, total and message, until the job has ended
    Column("result", LargeBinary),  # JSON, as the error is
    Column("error", LargeBinary),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("due_at", Double),  # when it may be begun: of a running one, when its lease ends; absent once it has ended
    Column("expires_at", Double, index=True),
    _index_where("due_at", "due_at IS NOT NULL"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("digest", _DIGEST, primary_key=True),  # of the plugin, the operation, who calls, and the key
    Column("request_digest", _DIGEST, nullable=False),
    Column("holder", _ID, nullable=False),  # the run that may tell how it ended
    Column("lease_until", Double, nullable=False),  # while it runs; what has not ended by then never will
    Column("sealed_answer", LargeBinary),  # how it ended, sealed under the key itself
    Column("expires_at", Double, nullable=False, index=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False, index=True),
    Column("event", String(64), nullable=False),
    Column("subject", String(512)),
    Column("client_id", _CLIENT_ID),
    Column("outcome", String(64), nullable=False),
    Column("detail", _JSON, nullable=False),
    Column("operation", String(64)),
    Column("request_id", String(64)),
)
