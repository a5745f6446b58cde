"""What an operator sets, read from ``PLUGWRIGHT_*`` environment variables."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from plugwright.errors import SetupError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SECRET_LENGTH = 32
_NAME = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_HOST = re.compile(_NAME)
_ORIGIN = re.compile(rf"https?://{_NAME}")
_URL = re.compile(rf"https?://{_NAME}(?:/[A-Za-z0-9._~%!$&'()*+,;=:/-]*)?")
CHATGPT_ORIGINS = ("https://chatgpt.com", "https://chat.openai.com")

CommaSeparated = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """How a plugin is served. Every field is the environment variable ``PLUGWRIGHT_<FIELD>``."""

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
            description="At least 32 characters, the same for every process: "
            "seals what clients carry between the rounds of a call."
        ),
    ] = None
    previous_secret: Annotated[
        SecretStr | None,
        Field(description="The secret before the last change, so that calls in progress survive it."),
    ] = None
    body_limit: Annotated[int, Field(ge=1024, description="The largest request body, in bytes.")] = 4 * 1024 * 1024
    body_timeout: Annotated[float, Field(gt=0, description="Seconds for a request body to arrive.")] = 10.0
    threads: Annotated[int, Field(ge=1, le=1000, description="Threads for handlers that are not async.")] = 40
    legacy_manifest: Annotated[bool, Field(description="Whether /.well-known/ai-plugin.json is served.")] = True
    call_log: Annotated[bool, Field(description="Whether each call is one line in the log.")] = True
    log_style: Annotated[
        Literal["json", "console"] | None,
        Field(description="Log lines for programs or for people; by environment if not set."),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="The least severe line that is logged."),
    ] = "info"

    @field_validator("allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url")
    @classmethod
    def _usable_url(cls, value: str, info: ValidationInfo) -> str:
        if not _URL.fullmatch(value) or not _has_usable_port(value):
            raise ValueError("must be an absolute http(s) URL without query, fragment or user")
        if info.data.get("environment") == "production" and not value.startswith("https:"):
            raise ValueError("must be an https URL in production")
        return value.rstrip("/")

    @field_validator("cors_origins")
    @classmethod
    def _only_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin) or not _has_usable_port(origin):
                raise ValueError(f"{origin!r} is not an origin such as https://chatgpt.com")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _only_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is not a host such as plugin.example.com or localhost:8000")
        return value

    @field_validator("secret", "previous_secret")
    @classmethod
    def _strong(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        is_production = info.data.get("environment") == "production"
        if value is None:
            if is_production and info.field_name == "secret":
                raise ValueError(f"must be set in production, to at least {_SECRET_LENGTH} characters")
        elif is_production and len(value.get_secret_value().strip()) < _SECRET_LENGTH:
            raise ValueError(f"must have at least {_SECRET_LENGTH} characters in production")
        return value

    @property
    def is_loopback(self) -> bool:
        """Whether the plugin is only reached from this machine."""
        return urlsplit(self.public_url).hostname in _LOOPBACK

    @property
    def public_host(self) -> str:
        """Host, and port if there is one, of the public URL."""
        return urlsplit(self.public_url).netloc


def _has_usable_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def load_settings(**given: object) -> Settings:
    """Settings from the environment, with what is given in place of it.

    Raises:
        SetupError: a value is missing or wrong; all that is wrong is listed.
    """
    try:
        return Settings(**given)  # pyright: ignore[reportArgumentType] validated by the model
    except ValidationError as error:
        found = [_problem(str(item["loc"][0]) if item["loc"] else "", item["msg"]) for item in error.errors()]
        raise SetupError("Settings: " + "; ".join(found)) from None


def _problem(field: str, message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"PLUGWRIGHT_{field.upper()}: {text}" if field else text
