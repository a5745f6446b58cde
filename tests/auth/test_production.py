"""What production refuses to start with, told all at once."""

from typing import Any

import pytest
from pydantic import SecretStr

from plugwright import IntrospectionIssuer, JwtIssuer, OAuth, OpenIdProvider, ServiceKey, SetupError, UserKey
from plugwright.auth.kinds import Auth
from plugwright.auth.needs import Needs
from plugwright.auth.production import check_production, worker_count
from plugwright.settings import Settings

RANDOM = "3f9a1c07be52d846a0e7915bc3d2f864"
SAFE: dict[str, Any] = {
    "environment": "production",
    "public_url": "https://plugin.example",
    "secret": RANDOM,
    "database_url": "postgresql://db/plugin",
    "verification_tokens": "token",
    "service_keys": RANDOM,
}
OAUTH = OAuth(scopes={"places:read": "See your places"})
OPENID = OAuth(scopes={"a": "A"}, openid=OpenIdProvider("https://accounts.example", "Example"))
ASKING = OAuth(scopes={"a": "A"}, issuer=IntrospectionIssuer("https://as.example", "aud", "https://as.example/ask"))


def refused(auth: Auth | Needs, workers: int = 1, **changed: Any) -> str:
    """What is told of settings that are safe but for some."""
    settings = Settings(**{key: value for key, value in (SAFE | changed).items() if value is not None})
    try:
        check_production(settings, auth if isinstance(auth, Needs) else Needs(auth), workers)
    except SetupError as error:
        return error.message
    return ""


@pytest.mark.parametrize("auth", [None, OAUTH, ServiceKey(), UserKey()], ids=lambda auth: type(auth).__name__)
def test_safe_settings_pass(auth: Auth):
    assert not refused(auth, workers=8)


def test_nothing_is_refused_in_development():
    check_production(Settings(environment="development", demo_account=True), Needs(OAUTH, writes=True), 8)


@pytest.mark.parametrize(
    ("auth", "workers", "changed", "named"),
    [
        (OAUTH, 1, {"database_url": None}, "DATABASE_URL"),
        (UserKey(), 1, {"database_url": None}, "DATABASE_URL"),
        (OAUTH, 2, {"database_url": "sqlite:///a.db"}, "DATABASE_URL"),
        (OAUTH, 1, {"registration_limit": 0}, "REGISTRATION_LIMIT"),
        (OAUTH, 1, {"registration_total_limit": 0}, "REGISTRATION_TOTAL_LIMIT"),
        (OAUTH, 1, {"verification_tokens": "other=x"}, "VERIFICATION_TOKENS"),
        (ServiceKey(), 1, {"verification_tokens": None}, "VERIFICATION_TOKENS"),
        (ServiceKey(), 1, {"service_keys": None}, "SERVICE_KEYS"),
        (OPENID, 1, {}, "OPENID_CLIENT_SECRET"),
        (ASKING, 1, {}, "INTROSPECTION_CLIENT_ID"),
        (OAUTH, 1, {"demo_account": True}, "DEMO_ACCOUNT"),
        (None, 1, {"public_url": "http://plugin.example"}, "PUBLIC_URL"),
    ],
    ids=str,
)
def test_what_is_unsafe_is_refused_by_name(auth: Auth, workers: int, changed: dict[str, Any], named: str):
    assert f"PLUGWRIGHT_{named}: " in refused(auth, workers, **changed)


@pytest.mark.parametrize(
    ("auth", "workers", "changed"),
    [
        (OAUTH, 1, {"database_url": "sqlite:///a.db"}),
        (OAUTH, 1, {"verification_tokens": None, "legacy_manifest": False}),
        (OAuth(scopes={"a": "A"}, registration=False), 1, {"registration_limit": 0}),
        (OAuth(scopes={"a": "A"}, issuer=JwtIssuer("https://as.example", "aud")), 1, {"verification_tokens": None}),
        (None, 8, {"database_url": None, "verification_tokens": None, "service_keys": None}),
    ],
    ids=str,
)
def test_what_a_plugin_does_not_use_need_not_be_set(auth: Auth, workers: int, changed: dict[str, Any]):
    assert not refused(auth, workers, **changed)


@pytest.mark.parametrize("needs", [Needs(writes=True), Needs(stores=True), Needs(ServiceKey(), writes=True)], ids=str)
def test_a_plugin_that_records_something_names_its_database_in_production(needs: Needs):
    assert "PLUGWRIGHT_DATABASE_URL: must be set in production" in refused(needs, database_url=None)
    assert not refused(needs)


def test_a_plugin_that_only_writes_is_told_what_it_needs_a_database_for():
    assert "change something" in refused(Needs(writes=True), database_url=None)


def test_a_database_is_opened_at_the_start_where_it_is_named_or_needed():
    development, named, production = Settings(), Settings(database_url=SecretStr("sqlite:///a.db")), Settings(**SAFE)
    writes, reads = Needs(writes=True), Needs()

    assert [writes.opens_database(settings) for settings in (development, named, production)] == [False, True, True]
    assert not any(reads.opens_database(settings) for settings in (development, named, production))
    assert Needs(stores=True).opens_database(development)
    assert Needs(OAUTH).opens_database(development)


def test_everything_wrong_is_told_at_once():
    message = refused(
        OAUTH,
        workers=4,
        public_url="http://plugin.example",
        secret="s" * 40,
        database_url="sqlite:///a.db",
        demo_account=True,
        registration_limit=0,
        verification_tokens="REPLACE_WITH_TOKEN",
    )
    names = ("PUBLIC_URL", "SECRET", "DATABASE_URL", "DEMO_ACCOUNT", "REGISTRATION_LIMIT")
    assert [name for name in (*names, "VERIFICATION_TOKENS") if f"PLUGWRIGHT_{name}: " not in message] == []


@pytest.mark.parametrize(
    ("environment", "count"),
    [({}, 1), ({"PLUGWRIGHT_WORKERS": "4"}, 4), ({"WEB_CONCURRENCY": "3"}, 3), ({"WEB_CONCURRENCY": "auto"}, 1)],
    ids=str,
)
def test_the_number_of_processes_is_read_from_the_environment(environment: dict[str, str], count: int):
    assert worker_count(environment) == count
