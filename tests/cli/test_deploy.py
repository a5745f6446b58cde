"""``plugwright deploy``."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from plugwright.authoring.deploy.kinds import Kind
from plugwright.cli.deploy import KindName
from tests.cli.commands import Folder

DOMAIN = ("--domain", "Tides.example.com")


def files_in(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in found}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_writes_its_files_and_says_what_to_do_with_them(kind: str, folder: Folder):
    before = files_in(folder.path)

    ended = folder.run("deploy", kind, "sample:plugin", *DOMAIN)

    written = set(files_in(folder.path)) - set(before)
    said = ended.out.splitlines()
    assert (ended.code, ended.err) == (0, "")
    assert {line.removeprefix("Wrote ") for line in said if line.startswith("Wrote ")} == written
    assert len(said) > len(written)
    assert kind in {"docker", "monitoring"} or "tides.example.com" in "".join(
        files_in(folder.path)[path] for path in written
    )


def test_the_command_knows_every_kind():
    assert get_args(KindName) == tuple(Kind)


def test_a_second_run_changes_nothing(folder: Folder):
    folder.run("deploy", "kubernetes", "sample:plugin", *DOMAIN)
    before = files_in(folder.path)

    ended = folder.run("deploy", "kubernetes", "sample:plugin", *DOMAIN)

    assert ended.code == 0
    assert "Wrote" not in ended.out
    assert files_in(folder.path) == before


def test_what_somebody_changed_is_not_overwritten_and_nothing_else_is_written_then(folder: Folder):
    folder.write("compose.yaml", "services: {}\n")
    before = files_in(folder.path)

    ended = folder.run("deploy", "compose", "sample:plugin", *DOMAIN)

    assert ended.is_one_clear_line
    assert "compose.yaml: already there; --force overwrites" in ended.err
    assert files_in(folder.path) == before


def test_force_overwrites(folder: Folder):
    folder.write("compose.yaml", "services: {}\n")

    ended = folder.run("deploy", "compose", "sample:plugin", *DOMAIN, "--force")

    assert ended.code == 0
    assert "postgres" in files_in(folder.path)["compose.yaml"]


def test_an_image_that_the_author_changed_serves_compose_and_kubernetes(folder: Folder):
    folder.write("Dockerfile", "FROM scratch\n")

    for kind in ("compose", "kubernetes"):
        ended = folder.run("deploy", kind, "sample:plugin", *DOMAIN, "--force")

        assert ended.code == 0
        assert files_in(folder.path)["Dockerfile"] == "FROM scratch\n"


def test_files_go_into_another_folder(folder: Folder, tmp_path: Path):
    ended = folder.run("deploy", "nginx", "sample:plugin", *DOMAIN, "--into", str(tmp_path / "site"))

    assert ended.code == 0
    assert (tmp_path / "site/deploy/nginx/sample.conf").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--domain"),
        (("--domain", "tides.example.com;"), "--domain"),
        (("--domain", "https://tides.example.com"), "--domain"),
        ((*DOMAIN, "--upstream", "10.0.0.5"), "--upstream"),
        ((*DOMAIN, "--upstream", "10.0.0.5:8000 down"), "--upstream"),
        ((*DOMAIN, "--image", "weather latest"), "--image"),
        ((*DOMAIN, "--directory", "/opt/a b"), "--directory"),
        ((*DOMAIN, "--directory", "opt"), "--directory"),
        ((*DOMAIN, "--certificate", "/a.pem"), "--certificate-key"),
        ((*DOMAIN, "--certificate", "/a;b.pem", "--certificate-key", "/a.key"), "--certificate"),
    ],
)
def test_what_cannot_stand_in_a_file_is_refused(words: tuple[str, ...], message: str, folder: Folder):
    before = files_in(folder.path)

    ended = folder.run("deploy", "caddy", "sample:plugin", *words)

    assert ended.is_one_clear_line
    assert message in ended.err
    assert files_in(folder.path) == before


def test_the_lock_is_looked_at(folder: Folder):
    without = folder.run("deploy", "docker", "sample:plugin").out
    folder.write("requirements.txt", "pydantic==2.13\n")
    without_it = folder.run("deploy", "docker", "sample:plugin", "--force").out
    folder.write("requirements.txt", "plugwright==1.0\n")
    without_driver = folder.run("deploy", "docker", "sample:plugin", "--force").out
    folder.write("requirements.txt", "plugwright==1.0\npsycopg==3.3\n")
    with_all = folder.run("deploy", "docker", "sample:plugin", "--force").out

    assert "There is no uv.lock" in without
    assert "requirements.txt has no plugwright" in without_it
    assert "requirements.txt has no driver for PostgreSQL" in without_driver
    assert "requirements.txt has" not in with_all
    assert "uv pip install" in files_in(folder.path)["Dockerfile"]


def test_a_server_loads_nothing_of_it():
    script = (
        "import sys, plugwright.cli.main, plugwright.cli.serving; "
        "print([name for name in sys.modules if name.startswith('plugwright.authoring')])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"
