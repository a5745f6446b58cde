"""The settings themselves: names, types, forms and defaults."""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from plugwright.settings.values import (
    check_host,
    check_origin,
    check_url,
    check_valkey_url,
    split_commas,
    tokens_by_service,
)

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CHATGPT_ORIGINS = ("https://chatgpt.com", "https://chat.openai.com")

CommaSeparated = Annotated[tuple[str, ...], NoDecode]
SecretsByComma = Annotated[tuple[SecretStr, ...], NoDecode]
TokensByService = Annotated[dict[str, str], NoDecode]


class Settings(BaseSettings):
    """How a plugin is served.

    Every field is the environment variable ``PLUGWRIGHT_<FIELD>``, or the file that ``PLUGWRIGHT_<FIELD>_FILE`` names.
    """

    model_config = SettingsConfigDict(
        env_prefix="PLUGWRIGHT_", env_ignore_empty=True, frozen=True, extra="forbid", validate_default=True
    )

    environment: Annotated[
        Literal["development", "production"],
        Field(description="In production the server refuses to start with settings that are only safe on a laptop."),
    ] = "development"
    public_url: Annotated[
        str,
        Field(description="Where it is reached from outside. Every URL that the plugin publishes starts with this."),
    ] = "http://127.0.0.1:8000"
    allowed_hosts: Annotated[
        CommaSeparated,
        Field(description="Host headers that are answered besides that of the public URL, separated by commas."),
    ] = ()
    cors_origins: Annotated[CommaSeparated, Field(description="Origins whose pages may call, separated by commas.")] = (
        CHATGPT_ORIGINS
    )
    secret: Annotated[
        SecretStr | None,
        Field(
            description="At least 32 random characters, the same for every process: "
            "seals what clients carry between the rounds of a call and through sign-in."
        ),
    ] = None
    previous_secret: Annotated[
        SecretStr | None,
        Field(description="The secret before the last change, so that calls in progress survive it."),
    ] = None
    database_url: Annotated[
        SecretStr,
        Field(
            description="Where accounts, clients, tokens and what is recorded of writing calls are: sqlite:///file, "
            "or postgresql://user@host/name."
        ),
    ] = SecretStr("sqlite:///plugwright.db")
    database_connections: Annotated[
        int, Field(ge=1, le=1000, description="Connections to the database that one process holds at most.")
    ] = 10
    database_timeout: Annotated[
        float, Field(gt=0, le=300, description="Seconds for one transaction in all, once it has a connection.")
    ] = 10.0
    database_connect_timeout: Annotated[
        float, Field(gt=0, le=60, description="Seconds for connecting to the database; PostgreSQL waits 2 at least.")
    ] = 3.0
    database_queue_time: Annotated[
        float, Field(gt=0, le=60, description="Seconds that a transaction may wait for a free connection.")
    ] = 1.0
    database_statement_timeout: Annotated[
        float, Field(gt=0, le=300, description="Seconds for one statement, on PostgreSQL.")
    ] = 5.0
    database_lock_timeout: Annotated[
        float, Field(gt=0, le=60, description="Seconds that a transaction may wait for another's lock.")
    ] = 3.0
    valkey_url: Annotated[
        SecretStr | None,
        Field(description="Where processes share what they may lose: valkey://user:password@host:6379/0, or redis."),
    ] = None
    valkey_connections: Annotated[
        int, Field(ge=1, le=1000, description="Connections to Valkey that one process holds at most.")
    ] = 20
    valkey_timeout: Annotated[
        float, Field(gt=0, le=5, description="Seconds for connecting to Valkey, and for each command.")
    ] = 0.1
    cache_bytes: Annotated[
        int, Field(ge=1024 * 1024, description="What one process keeps of cached answers in its memory, in bytes.")
    ] = 64 * 1024 * 1024
    jobs: Annotated[
        Literal["embedded", "worker"] | None,
        Field(
            description="Where queued calls run: in the processes that serve, or only in those of `plugwright worker`."
        ),
    ] = None
    jobs_concurrency: Annotated[int, Field(ge=1, le=1000, description="Jobs that one process runs at a time.")] = 4
    jobs_queued: Annotated[
        int, Field(ge=1, le=1_000_000, description="Jobs that may wait for their turn, in all; others are refused.")
    ] = 1000
    jobs_attempts: Annotated[
        int,
        Field(ge=1, le=100, description="How often a job is begun at most, if it fails for now or loses its process."),
    ] = 3
    jobs_lease: Annotated[
        float, Field(ge=1, le=3600, description="Seconds after which the job of a process that died is taken over.")
    ] = 15.0
    jobs_kept: Annotated[float, Field(ge=60, description="Seconds that the result of a job is kept.")] = 86_400.0
    idempotency_retention: Annotated[
        int,
        Field(ge=60, le=2_592_000, description="Seconds for which the answer to an idempotency key is kept."),
    ] = 86_400
    service_keys: Annotated[
        SecretsByComma,
        Field(description="With ServiceKey: the keys that are valid, separated by commas, each 32 characters or more."),
    ] = ()
    verification_tokens: Annotated[
        TokensByService,
        Field(description="Tokens that the manifest shows: openai=abc,other=def, or the one that ChatGPT shows."),
    ] = Field(default_factory=dict)
    manifest_token_content_type: Annotated[
        Literal["application/x-www-form-urlencoded", "application/json"],
        Field(description="How the manifest tells the first generation of ChatGPT to send token requests."),
    ] = "application/x-www-form-urlencoded"  # noqa: S105 a media type
    openid_client_id: Annotated[
        str | None, Field(description="With OpenIdProvider: the plugin's client id at the provider.")
    ] = None
    openid_client_secret: Annotated[
        SecretStr | None, Field(description="With OpenIdProvider: the plugin's client secret at the provider.")
    ] = None
    introspection_client_id: Annotated[
        str | None, Field(description="With IntrospectionIssuer: the client id for asking about tokens.")
    ] = None
    introspection_client_secret: Annotated[
        SecretStr | None, Field(description="With IntrospectionIssuer: the client secret for asking about tokens.")
    ] = None
    registration_limit: Annotated[
        int, Field(ge=0, description="Clients that may register themselves in an hour from one address; 0: any number.")
    ] = 20
    registration_total_limit: Annotated[
        int, Field(ge=0, description="Clients that may register themselves in an hour in all; 0: any number.")
    ] = 500
    demo_account: Annotated[
        bool, Field(description="Whether there is an account to try sign-in with. Refused in production.")
    ] = False
    audit_days: Annotated[
        int,
        Field(ge=30, le=36_500, description="Days that audit records are kept; the database removes none before 30."),
    ] = 365
    fetch_allowed_origins: Annotated[
        CommaSeparated,
        Field(description="Origins in private networks that may be fetched all the same. Refused in production."),
    ] = ()
    body_limit: Annotated[int, Field(ge=1024, description="The largest request body, in bytes.")] = 4 * 1024 * 1024
    body_timeout: Annotated[float, Field(gt=0, description="Seconds for a request body to arrive.")] = 10.0
    max_connections: Annotated[
        int, Field(ge=1, le=1_000_000, description="Connections that one process holds at a time; more are refused.")
    ] = 4096
    max_concurrent_calls: Annotated[
        int, Field(ge=1, le=100_000, description="Calls that may wait for something at a time, in one process.")
    ] = 256
    queue_time: Annotated[
        float, Field(gt=0, le=60, description="Seconds that a call may queue for its turn when there are more.")
    ] = 1.0
    processes: Annotated[
        int | None,
        Field(ge=1, description="Processes that serve the plugin on all machines; those of one command if not set."),
    ] = None
    drain_delay: Annotated[
        float | None,
        Field(
            ge=0,
            le=600,
            description="Seconds after SIGTERM that new connections are still taken while /readyz says no; "
            "5 in production and none in development if not set.",
        ),
    ] = None
    drain_timeout: Annotated[
        float,
        Field(gt=0, le=3600, description="Seconds for calls in progress at the end; the rest gets 503."),
    ] = 15.0
    start_timeout: Annotated[
        float, Field(gt=0, le=3600, description="Seconds that a worker process has until it is ready.")
    ] = 60.0
    trusted_proxy_hops: Annotated[
        int,
        Field(
            ge=0, le=10, description="Proxies in front that add to X-Forwarded-For; 0: callers are the socket's peers."
        ),
    ] = 0
    hsts_max_age: Annotated[
        int,
        Field(
            ge=0,
            description="In production: seconds for which browsers are told to use https only; 0: never.",
        ),
    ] = 31_536_000
    compression: Annotated[bool, Field(description="Whether replies over 1 KiB are compressed for who takes that.")] = (
        True
    )
    threads: Annotated[int, Field(ge=1, le=1000, description="Threads for handlers that are not async.")] = 40
    legacy_manifest: Annotated[bool, Field(description="Whether /.well-known/ai-plugin.json is served.")] = True
    call_log: Annotated[bool, Field(description="Whether each call is one line in the log.")] = True
    metrics_port: Annotated[
        int | None, Field(ge=1, le=65535, description="Where /metrics is served apart from the plugin.")
    ] = None
    metrics_host: Annotated[str, Field(description="The address that metrics_port listens on.")] = "127.0.0.1"
    public_metrics: Annotated[
        bool | None,
        Field(description="Whether /metrics is served to everybody who reaches the plugin; in development if not set."),
    ] = None
    metrics_directory: Annotated[
        Path | None,
        Field(description="Where processes on one machine put their figures together; `plugwright serve` makes one."),
    ] = None
    tracing: Annotated[
        bool,
        Field(description="Whether calls have OpenTelemetry spans, sent by OTLP as the OTEL_ variables say."),
    ] = False
    log_style: Annotated[
        Literal["json", "console"] | None,
        Field(description="Log lines for programs or for people; by environment if not set."),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="The least severe line that is logged."),
    ] = "info"
    trusted_loggers: Annotated[
        CommaSeparated,
        Field(
            description="Loggers of Python's logging whose texts are logged in production, separated by commas; "
            "of others it is logged where they spoke."
        ),
    ] = ()

    @field_validator(
        *("allowed_hosts", "cors_origins", "fetch_allowed_origins", "service_keys", "trusted_loggers"), mode="before"
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return split_commas(value)

    @field_validator("verification_tokens", mode="before")
    @classmethod
    def _by_service(cls, value: Any) -> Any:
        return tokens_by_service(value)

    @field_validator("public_url")
    @classmethod
    def _usable_url(cls, value: str) -> str:
        check_url(value)
        return value.rstrip("/")

    @field_validator("valkey_url")
    @classmethod
    def _usable_valkey(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_valkey_url(value.get_secret_value())
        return value

    @field_validator("cors_origins", "fetch_allowed_origins")
    @classmethod
    def _only_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            check_origin(origin)
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _only_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            check_host(host)
        return value

    @property
    def serves_jobs(self) -> bool:
        """Whether the processes that serve also run queued calls: where there is Valkey, workers are expected."""
        return self.jobs == "embedded" or (self.jobs is None and self.valkey_url is None)

    @property
    def is_production(self) -> bool:
        """Whether it serves users rather than its author."""
        return self.environment == "production"

    @property
    def shows_metrics(self) -> bool:
        """Whether /metrics is among what the plugin serves to everybody."""
        return not self.is_production if self.public_metrics is None else self.public_metrics

    @property
    def tells_metrics(self) -> bool:
        """Whether anybody is told figures."""
        return self.shows_metrics or self.metrics_port is not None

    @property
    def secret_texts(self) -> list[str]:
        """The secrets that open what was sealed, the one that seals first; empty where none is set."""
        return [key.get_secret_value() for key in (self.secret, self.previous_secret) if key is not None]

    @property
    def is_loopback(self) -> bool:
        """Whether the plugin is only reached from this machine."""
        return urlsplit(self.public_url).hostname in _LOOPBACK

    @property
    def hsts_seconds(self) -> int:
        """For how long browsers are told to use https only; 0 where that would bind more than this plugin."""
        is_own = self.is_production and self.public_url.startswith("https:") and not self.is_loopback
        return self.hsts_max_age if is_own else 0

    @property
    def public_host(self) -> str:
        """Host, and port if there is one, of the public URL."""
        return urlsplit(self.public_url).netloc
