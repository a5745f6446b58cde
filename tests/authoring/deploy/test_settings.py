"""The settings in deployment files are enough for production, and hold no secret."""

import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import uvicorn
import yaml

from plugwright.auth.production import check_production, worker_count
from plugwright.authoring.deploy.kinds import Kind
from plugwright.authoring.deploy.rendering import GRACE, KEEP_ALIVE
from plugwright.serving.ending import ending_of
from plugwright.settings import Settings, load_settings
from tests.authoring.deploy.deploying import DOMAIN, PLUGINS, write

PLAIN = {"secret": secrets.token_hex(32), "service_keys": secrets.token_hex(32), "valkey_url": "valkey://v:6379/0"}
SECRET_SETTINGS = ("SECRET", "PREVIOUS_SECRET", "SERVICE_KEYS", "OPENID_CLIENT_SECRET", "INTROSPECTION_CLIENT_SECRET")


def of_compose(folder: Path) -> Mapping[str, str]:
    return yaml.safe_load((folder / "compose.yaml").read_text())["services"]["plugin"]["environment"]


def of_systemd(folder: Path) -> Mapping[str, str]:
    [env] = folder.glob("deploy/systemd/*.env")
    [unit] = [path for path in folder.glob("deploy/systemd/*.service") if not path.stem.endswith("-worker")]
    lines = [line.removeprefix("Environment=") for line in unit.read_text().splitlines() if "Environment=" in line]
    return variables(line for line in [*env.read_text().splitlines(), *lines] if line.startswith("PLUGWRIGHT_"))


def of_kubernetes(folder: Path) -> Mapping[str, str]:
    return yaml.safe_load((folder / "deploy/kubernetes/settings.yaml").read_text())["data"]


def variables(lines: Iterable[str]) -> Mapping[str, str]:
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


READ = {Kind.compose: of_compose, Kind.systemd: of_systemd, Kind.kubernetes: of_kubernetes}


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("kind", READ)
def test_production_starts_with_them(
    kind: Kind, plugin: str, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write(kind, plugin, tmp_path, workers=workers)
    given = READ[kind](tmp_path)
    for name, value in given.items():
        if name.endswith("_FILE"):
            field = name.removeprefix("PLUGWRIGHT_").removesuffix("_FILE").lower()
            file = tmp_path / field
            file.write_text(PLAIN.get(field, "postgresql://u@h/n" if field == "database_url" else "given"))
            monkeypatch.setenv(name, str(file))
        else:
            monkeypatch.setenv(name, value)

    settings = load_settings()
    check_production(settings, PLUGINS[plugin]().needs, worker_count())

    assert settings.is_production
    assert settings.public_url == f"https://{DOMAIN}"
    assert settings.trusted_proxy_hops == 1
    assert settings.processes == workers * (1 if kind is Kind.systemd else 2)


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("kind", Kind)
def test_no_file_holds_a_secret(kind: Kind, plugin: str, tmp_path: Path):
    for path in write(kind, plugin, tmp_path):
        text = path.read_text(encoding="utf-8")

        assert not re.search(rf"PLUGWRIGHT_(?:{'|'.join(SECRET_SETTINGS)})[=:]", text), path
        assert not re.search(r"://[^/\s@]*:[^/\s@]+@", text), path
        assert not re.search(r"[0-9a-f]{32}", text), path


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("kind", Kind)
def test_every_setting_that_they_name_is_one(kind: Kind, plugin: str, tmp_path: Path):
    of_the_command = {"HOST", "PORT", "WORKERS"}  # options of `plugwright serve`
    known = {field.upper() for field in Settings.model_fields} | of_the_command

    for path in write(kind, plugin, tmp_path):
        for name in re.findall(r"PLUGWRIGHT_([A-Z_]+)", path.read_text(encoding="utf-8")):
            assert name.removesuffix("_FILE") in known, path


def test_nobody_kills_a_process_before_it_has_ended_by_itself():
    production = Settings.model_construct(environment="production")

    assert ending_of(production).total < GRACE


def test_proxies_close_an_idle_connection_before_a_replica_does():
    assert uvicorn.Config("app").timeout_keep_alive > KEEP_ALIVE
