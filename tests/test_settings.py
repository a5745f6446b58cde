"""Settings: what the environment may say, and what is refused, all at once and by name."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from plugwright import SetupError
from plugwright.settings import CHATGPT_ORIGINS, Settings, load_settings
from plugwright.testing import Client
from tests.operations.plugins import new_plugin

SECRET = "3f9a1c07be52d846a0e7915bc3d2f864"  # noqa: S105 of these tests alone
SAFE = {"ENVIRONMENT": "production", "PUBLIC_URL": "https://weather.example.com", "SECRET": SECRET}
Environment = pytest.MonkeyPatch


def set_all(environment: Environment, values: dict[str, str]) -> None:
    for name, value in values.items():
        environment.setenv(f"PLUGWRIGHT_{name}", value)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PLUGWRIGHT_{name.upper()}", raising=False)
        monkeypatch.delenv(f"PLUGWRIGHT_{name.upper()}_FILE", raising=False)
    monkeypatch.delenv("PLUGWRIGHT_ENV", raising=False)


def test_nothing_has_to_be_set_on_a_laptop():
    settings = load_settings()
    assert settings.environment == "development"
    assert settings.is_loopback
    assert settings.cors_origins == CHATGPT_ORIGINS
    assert settings.secret is None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("PUBLIC_URL", "https://a.example/weather/", "https://a.example/weather"),
        ("PUBLIC_URL", "http://[::1]:8000", "http://[::1]:8000"),
        ("ALLOWED_HOSTS", "a.example, b.example:8443,", ("a.example", "b.example:8443")),
        ("CORS_ORIGINS", "https://a.example,https://b.example", ("https://a.example", "https://b.example")),
        ("BODY_LIMIT", "2048", 2048),
        ("BODY_TIMEOUT", "2.5", 2.5),
        ("THREADS", "8", 8),
        ("LEGACY_MANIFEST", "false", False),
        ("CALL_LOG", "0", False),
        ("LOG_STYLE", "json", "json"),
        ("LOG_LEVEL", "warning", "warning"),
        ("DATABASE_CONNECTIONS", "4", 4),
        ("VERIFICATION_TOKENS", "abc", {"openai": "abc"}),
        ("VERIFICATION_TOKENS", "abc==", {"openai": "abc=="}),
        ("VERIFICATION_TOKENS", "openai=a=b, other=c", {"openai": "a=b", "other": "c"}),
        ("MANIFEST_TOKEN_CONTENT_TYPE", "application/json", "application/json"),
        ("FETCH_ALLOWED_ORIGINS", "http://127.0.0.1:9000", ("http://127.0.0.1:9000",)),
        ("REGISTRATION_LIMIT", "0", 0),
        ("TRUSTED_PROXY_HOPS", "2", 2),
        ("MAX_CONCURRENT_CALLS", "8", 8),
        ("QUEUE_TIME", "0.5", 0.5),
        ("PROCESSES", "4", 4),
    ],
)
def test_every_field_is_an_environment_variable(name: str, text: str, value: Any, monkeypatch: Environment):
    set_all(monkeypatch, {name: text})
    assert getattr(load_settings(), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ENVIRONMENT", "prod"),
        ("PUBLIC_URL", "weather.example.com"),
        ("PUBLIC_URL", "ftp://weather.example.com"),
        ("PUBLIC_URL", "https://weather.example.com?a=b"),
        ("PUBLIC_URL", "https://weather.example.com#a"),
        ("PUBLIC_URL", "https://user@weather.example.com"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://weather.example.com?"),
        ("PUBLIC_URL", "https://weather.example.com#"),
        ("PUBLIC_URL", "https://@weather.example.com"),
        ("PUBLIC_URL", "https://weather.example.com:99999"),
        ("PUBLIC_URL", "https://weather.example.com:https"),
        ("PUBLIC_URL", "https://weather example.com"),
        ("CORS_ORIGINS", "chatgpt.com"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://chatgpt.com/path"),
        ("CORS_ORIGINS", "https://chatgpt.com, https://other.example:99999"),
        ("ALLOWED_HOSTS", "https://weather.example.com"),
        ("ALLOWED_HOSTS", "*"),
        ("BODY_LIMIT", "1023"),
        ("BODY_LIMIT", "4MB"),
        ("BODY_TIMEOUT", "0"),
        ("THREADS", "0"),
        ("THREADS", "1001"),
        ("LEGACY_MANIFEST", "perhaps"),
        ("DATABASE_CONNECTIONS", "0"),
        ("TRUSTED_PROXY_HOPS", "-1"),
        ("MAX_CONCURRENT_CALLS", "0"),
        ("QUEUE_TIME", "0"),
        ("VERIFICATION_TOKENS", "openai=a, openai=b"),
        ("VERIFICATION_TOKENS", "a b"),
        ("MANIFEST_TOKEN_CONTENT_TYPE", "text/plain"),
        ("FETCH_ALLOWED_ORIGINS", "localhost"),
        ("REGISTRATION_LIMIT", "-1"),
        ("DEMO_ACCOUNT", "perhaps"),
        ("LOG_STYLE", "xml"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name_in_one_line(name: str, text: str, monkeypatch: Environment):
    set_all(monkeypatch, {name: text})
    with pytest.raises(SetupError) as refused:
        load_settings()
    assert f"PLUGWRIGHT_{name}: " in refused.value.message
    assert "\n" not in refused.value.message


def test_all_that_is_wrong_is_listed_at_once(monkeypatch: Environment):
    wrong = {"PUBLIC_URL": "x", "BODY_LIMIT": "x", "THREADS": "x", "LOG_LEVEL": "x", "ENVIRONMENT": "x"}
    set_all(monkeypatch, wrong)
    with pytest.raises(SetupError) as refused:
        load_settings()
    assert [name for name in wrong if f"PLUGWRIGHT_{name}: " not in refused.value.message] == []


def test_wrong_values_and_unsafe_ones_are_listed_together_in_production(monkeypatch: Environment):
    set_all(monkeypatch, {"ENVIRONMENT": "production", "BODY_LIMIT": "3"})
    with pytest.raises(SetupError) as refused:
        load_settings()
    for name in ("BODY_LIMIT", "PUBLIC_URL", "SECRET"):
        assert f"PLUGWRIGHT_{name}" in refused.value.message


@pytest.mark.parametrize("name", ["SECRET", "PREVIOUS_SECRET", "LOG_STYLE"])
def test_an_empty_variable_is_not_set(name: str, monkeypatch: Environment):
    set_all(monkeypatch, {name: ""})
    assert getattr(load_settings(), name.lower()) is None


def test_a_secret_of_blanks_is_none_in_production(monkeypatch: Environment):
    set_all(monkeypatch, SAFE | {"SECRET": " " * 40})
    with pytest.raises(SetupError, match="PLUGWRIGHT_SECRET"):
        load_settings()


def test_a_value_given_in_code_goes_before_the_environment(monkeypatch: Environment):
    set_all(monkeypatch, {"THREADS": "8"})
    assert load_settings(threads=3).threads == 3


def test_an_unknown_setting_in_code_is_refused():
    with pytest.raises(SetupError, match="PLUGWRIGHT_THREAD: "):
        load_settings(thread=3)


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().threads = 3  # pyright: ignore[reportAttributeAccessIssue] it is the fault under test


def test_safe_settings_are_accepted_in_production(monkeypatch: Environment):
    set_all(monkeypatch, SAFE)
    assert not load_settings().is_loopback


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"PUBLIC_URL": "http://weather.example.com"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": None}, "PUBLIC_URL"),
        ({"SECRET": None}, "SECRET"),
        ({"SECRET": "s" * 31}, "SECRET"),
        ({"PREVIOUS_SECRET": "s" * 31}, "PREVIOUS_SECRET"),
        ({"SECRET": "s" * 64}, "SECRET"),
        ({"SECRET": "abcd1234" * 8}, "SECRET"),
        ({"SECRET": "please-change-me-before-you-deploy-it"}, "SECRET"),
        ({"SERVICE_KEYS": f"{SECRET},short"}, "SERVICE_KEYS"),
        ({"VERIFICATION_TOKENS": "REPLACE_WITH_TOKEN_SHOWN_BY_CHATGPT"}, "VERIFICATION_TOKENS"),
        ({"DEMO_ACCOUNT": "true"}, "DEMO_ACCOUNT"),
        ({"FETCH_ALLOWED_ORIGINS": "http://10.0.0.1"}, "FETCH_ALLOWED_ORIGINS"),
    ],
    ids=str,
)
def test_production_refuses_what_is_only_safe_on_a_laptop(
    changed: dict[str, str | None], named: str, monkeypatch: Environment
):
    set_all(monkeypatch, {name: value for name, value in (SAFE | changed).items() if value is not None})
    with pytest.raises(SetupError, match=f"production.*PLUGWRIGHT_{named}|PLUGWRIGHT_{named}.*production"):
        load_settings()


def test_production_lists_every_unsafe_setting(monkeypatch: Environment):
    set_all(monkeypatch, {"ENVIRONMENT": "production", "PREVIOUS_SECRET": "short"})
    with pytest.raises(SetupError) as refused:
        load_settings()
    assert [
        name
        for name in ("PUBLIC_URL", "SECRET", "PREVIOUS_SECRET")
        if f"PLUGWRIGHT_{name}" not in refused.value.message
    ] == []


@pytest.mark.parametrize("name", ["SECRET", "PREVIOUS_SECRET"])
def test_a_secret_is_never_shown(name: str, monkeypatch: Environment):
    set_all(monkeypatch, SAFE | {name: "hunter2"})
    with pytest.raises(SetupError) as refused:
        load_settings()
    assert "hunter2" not in refused.value.message
    assert "hunter2" not in repr(load_settings(environment="development"))


SECRETS = [
    "SECRET",
    "PREVIOUS_SECRET",
    "DATABASE_URL",
    "SERVICE_KEYS",
    "OPENID_CLIENT_SECRET",
    "INTROSPECTION_CLIENT_SECRET",
]


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_shown_by_the_settings_that_hold_it(name: str, monkeypatch: Environment):
    set_all(monkeypatch, {name: "postgresql://me:hunter2@db/x" if name == "DATABASE_URL" else "hunter2"})
    settings = load_settings()
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_the_short_name_of_the_environment_is_understood_too(monkeypatch: Environment):
    set_all(monkeypatch, {"ENV": "production"})
    with pytest.raises(SetupError, match="PLUGWRIGHT_SECRET"):
        load_settings()


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_come_from_a_file_without_the_newline_at_its_end(
    name: str, tmp_path: Path, monkeypatch: Environment
):
    text = "sqlite:///a.db" if name == "DATABASE_URL" else SECRET
    (tmp_path / "mounted").write_text(text + "\r\n")
    set_all(monkeypatch, {f"{name}_FILE": str(tmp_path / "mounted")})
    value = getattr(load_settings(), name.lower())
    secret = value[0] if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownVariableType] of any field
    assert secret.get_secret_value() == text  # pyright: ignore[reportUnknownMemberType] as above


def test_every_setting_may_come_from_a_file(tmp_path: Path, monkeypatch: Environment):
    (tmp_path / "threads").write_text("7\n")
    set_all(monkeypatch, {"THREADS_FILE": str(tmp_path / "threads")})
    assert load_settings().threads == 7


def test_a_setting_given_twice_by_variable_and_by_file_is_refused(tmp_path: Path, monkeypatch: Environment):
    (tmp_path / "mounted").write_text("hunter2")
    set_all(monkeypatch, {"SECRET": SECRET, "SECRET_FILE": str(tmp_path / "mounted")})
    with pytest.raises(SetupError, match="PLUGWRIGHT_SECRET: PLUGWRIGHT_SECRET_FILE is set as well"):
        load_settings()


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), (b"\n", "is empty"), (b"\xff", "not text")])
def test_a_file_that_gives_no_value_is_refused(
    content: bytes | None, said: str, tmp_path: Path, monkeypatch: Environment
):
    if content is not None:
        (tmp_path / "mounted").write_bytes(content)
    set_all(monkeypatch, {"SECRET_FILE": str(tmp_path / "mounted"), "THREADS": "x"})
    with pytest.raises(SetupError, match=f"PLUGWRIGHT_SECRET: .*{said}") as refused:
        load_settings()
    assert "PLUGWRIGHT_THREADS" in refused.value.message


async def test_the_legacy_manifest_can_be_switched_off():
    settings = Settings(public_url="http://127.0.0.1:8000", legacy_manifest=False)
    async with Client(new_plugin(), settings) as client:
        assert (await client.get("/.well-known/ai-plugin.json")).status == 404
        assert "ai-plugin.json" not in (await client.get("/")).text


def test_every_setting_has_a_description():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_settings_are_read_from_no_file(tmp_path: Path, monkeypatch: Environment):
    (tmp_path / ".env").write_text("PLUGWRIGHT_THREADS=7\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings().threads != 7
