"""What a plugin needs in production, beyond safe settings."""

import os
from collections.abc import Iterator, Mapping
from functools import partial

from plugwright.auth.kinds import Auth, IntrospectionIssuer, OAuth, ServiceKey
from plugwright.auth.needs import Needs
from plugwright.settings import Settings, load_settings
from plugwright.settings.loading import raise_problems
from plugwright.settings.safety import Problem, unsafe_settings


def has_manifest(auth: Auth) -> bool:
    """Whether the manifest of the first generation can say how to sign in: not at another authorization server."""
    return not isinstance(auth, OAuth) or auth.issuer is None


def worker_count(environment: Mapping[str, str] | None = None) -> int:
    """How many processes serve the plugin, as far as the environment says."""
    values = os.environ if environment is None else environment
    counts = [values.get(name, "") for name in ("PLUGWRIGHT_WORKERS", "WEB_CONCURRENCY")]
    return max([1, *(int(count) for count in counts if count.isascii() and count.isdigit())])


def load_checked_settings(needs: Needs) -> Settings:
    """The settings of a plugin with these needs, from the environment.

    Raises:
        SetupError: it lists everything that is wrong.
    """
    return load_settings(check=partial(production_problems, needs=needs, workers=worker_count()))


def check_production(settings: Settings, needs: Needs, workers: int) -> None:
    """Check that a plugin may be served in production; in development everything may.

    Raises:
        SetupError: it lists everything that is wrong.
    """
    raise_problems([*unsafe_settings(settings), *production_problems(settings, needs, workers)])


def production_problems(settings: Settings, needs: Needs, workers: int) -> list[Problem]:
    """What is wrong in production with settings for a plugin with these needs."""
    if not settings.is_production:
        return []
    auth = needs.auth
    return [*_storage(settings, needs, workers), *_registration(settings, auth), *_credentials(settings, auth)]


def _storage(settings: Settings, needs: Needs, workers: int) -> Iterator[Problem]:
    is_set = "database_url" in settings.model_fields_set
    if needs.database and not is_set:
        yield "database_url", "must be set in production; PostgreSQL, or SQLite for one process"
    elif needs.writes and not is_set:
        why = "as operations of the plugin change something, and their calls are recorded there"
        yield "database_url", f"must be set in production, {why}; PostgreSQL, or SQLite for one process"
    elif is_set and workers > 1 and settings.database_url.get_secret_value().startswith("sqlite"):
        yield "database_url", f"is SQLite, which serves one process in production, not {workers}; use PostgreSQL"


def _registration(settings: Settings, auth: Auth) -> Iterator[Problem]:
    if not isinstance(auth, OAuth) or auth.issuer is not None or not auth.registration:
        return
    for field in ("registration_limit", "registration_total_limit"):
        if getattr(settings, field) == 0:
            yield field, "must be above 0 in production while clients may register themselves"


def _credentials(settings: Settings, auth: Auth) -> Iterator[Problem]:
    if isinstance(auth, ServiceKey) and not settings.service_keys:
        yield "service_keys", "must be set in production: without a key nobody can call"
    shows_token = isinstance(auth, (OAuth, ServiceKey)) and settings.legacy_manifest and has_manifest(auth)
    if shows_token and "openai" not in settings.verification_tokens:
        yield (
            "verification_tokens",
            "must be set in production, to the token that ChatGPT shows; or set PLUGWRIGHT_LEGACY_MANIFEST=false",
        )
    if isinstance(auth, OAuth):
        yield from _outside(settings, auth)


def _outside(settings: Settings, auth: OAuth) -> Iterator[Problem]:
    needed: list[str] = []
    if auth.openid is not None and auth.issuer is None:
        needed += ["openid_client_id", "openid_client_secret"]
    if isinstance(auth.issuer, IntrospectionIssuer):
        needed += ["introspection_client_id", "introspection_client_secret"]
    for field in needed:
        if getattr(settings, field) is None:
            yield field, "must be set in production: the plugin's auth needs it"
