"""Every deployment file is valid for the tool that it is for."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml
from compose_spec import PyCompose

from plugwright.authoring.deploy.kinds import Kind
from tests.authoring.deploy.deploying import write
from tests.external.certificates import issue_certificate
from tests.external.programs import python_tool, system_tool
from tests.external.proxies import caddy_environment, nginx_command
from tests.external.servers import environment, free_port

EXPOSURE = 15  # in tenths: below 2.0 the tool calls a service "OK"; what is left is that it uses the network
NOTHING: Mapping[str, str] = MappingProxyType({})

every_plugin = pytest.mark.parametrize("plugin", ["open", "queued", "users"])


def run(*command: str | Path, more: Mapping[str, str] = NOTHING) -> str:
    """What a tool says that finds nothing wrong."""
    done = subprocess.run(
        command, env={**environment(), **more}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("lock", ["uv.lock", "requirements.txt"])
def test_hadolint_finds_nothing_in_the_image(lock: str, tmp_path: Path):
    (tmp_path / lock).write_text("plugwright\n")
    write(Kind.docker, "users", tmp_path)

    said = run(python_tool("hadolint"), "--failure-threshold", "style", tmp_path / "Dockerfile")

    assert said == ""
    assert lock in (tmp_path / "Dockerfile").read_text(encoding="utf-8")


@every_plugin
def test_the_compose_file_follows_the_specification(plugin: str, tmp_path: Path):
    write(Kind.compose, plugin, tmp_path, replicas=3)
    merged = yaml.safe_load((tmp_path / "compose.yaml").read_text(encoding="utf-8"))

    compose = PyCompose.from_json(json.dumps(merged))
    compose.validate()
    services = merged["services"]

    assert services["plugin"]["deploy"]["replicas"] == 3
    assert ("worker" in services) == (plugin == "queued")
    for service in services.values():
        assert set(service.get("secrets", [])) <= set(merged["secrets"])
        assert set(service.get("depends_on", [])) <= set(services)


@every_plugin
@pytest.mark.parametrize("workers", [1, 4])
def test_systemd_accepts_the_units_and_finds_them_confined(workers: int, plugin: str, tmp_path: Path):
    program = tmp_path / ".venv/bin/plugwright"
    program.parent.mkdir(parents=True)
    program.symlink_to("/bin/true")
    written = write(Kind.systemd, plugin, tmp_path, workers=workers, directory=str(tmp_path))
    units = [path for path in written if path.suffix == ".service"]
    analyze = system_tool("systemd-analyze")

    said = run(analyze, "verify", *units)
    for unit in units:
        run(analyze, "security", "--offline=yes", f"--threshold={EXPOSURE}", "--no-pager", unit)

    assert units
    assert not [line for line in said.splitlines() if str(tmp_path) in line]


@every_plugin
def test_kubernetes_objects_follow_its_schemas(plugin: str, tmp_path: Path):
    objects = [path for path in write(Kind.kubernetes, plugin, tmp_path) if path.suffix == ".yaml"]

    said = run(python_tool("kubernetes-validate"), "--strict", *objects)

    assert len(objects) >= 7
    assert said.count(" passed for resource ") == sum(text.count("\nkind:") for text in map(Path.read_text, objects))


@every_plugin
def test_caddy_accepts_its_site_as_it_is_written(plugin: str, tmp_path: Path):
    caddy = python_tool("caddy")
    files = [tmp_path / "deploy/caddy/Caddyfile", tmp_path / "deploy/compose/Caddyfile"]
    write(Kind.caddy, plugin, tmp_path, upstreams=("10.0.0.5:8000", "[fd00::5]:8000"))
    write(Kind.compose, plugin, tmp_path)

    for file in files:
        run(caddy, "validate", "--adapter", "caddyfile", "--config", file, more=caddy_environment(tmp_path))

        assert run(caddy, "fmt", file) == file.read_text(encoding="utf-8")


@every_plugin
def test_nginx_accepts_its_site(plugin: str, tmp_path: Path):
    files = issue_certificate(tmp_path, "weather.example.com")
    [site] = write(
        Kind.nginx,
        plugin,
        tmp_path,
        upstreams=("10.0.0.5:8000", "[fd00::5]:8000"),
        certificate=(str(files.certificate), str(files.key)),
        https_port=free_port(),
        http_port=free_port(),
    )

    said = run(*nginx_command(site, tmp_path), "-t")

    assert "test is successful" in said
