"""What the page about sign-in says is what there is: its code runs, its commands work, its settings suffice."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from plugwright import Identity, OAuth, Plugin, ServiceKey, SetupError, UserKey
from plugwright.auth.needs import Needs
from plugwright.auth.production import load_checked_settings
from plugwright.cli.main import app
from plugwright.cli.presets import PRESETS
from plugwright.testing import Client
from tests.auth.tokens import settings_in, sign_in
from tests.web.plugins import new_plugin

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "sign-in.md").read_text(encoding="utf-8")
PASSWORD = "a password of this test"  # noqa: S105 of this test only


def blocks(language: str) -> list[str]:
    """The code blocks in a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def run(code: str) -> dict[str, Any]:
    """The names that a block of Python makes."""
    names: dict[str, Any] = {}
    exec(compile(code, "sign-in.md", "exec"), names)  # noqa: S102 our own page
    return names


def test_every_block_is_of_a_kind_that_is_tried():
    assert set(re.findall(r"^```(\w+)", PAGE, re.MULTILINE)) == {"python", "sh", "ini"}


async def test_the_first_example_lets_in_whom_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "logo.png").write_bytes(b"a picture")
    monkeypatch.chdir(tmp_path)
    plugin = run(blocks("python")[0])["plugin"]
    assert isinstance(plugin, Plugin)
    settings = settings_in(tmp_path)

    async with Client(plugin, settings) as client:
        user = sign_in(settings, ["notes:read"])
        assert (await client.get("/list-notes")).status == 401
        assert (await client.get("/list-notes", headers=user.headers)).json() == [f"a note of {user.account_id}"]
        assert (await client.get("/writing-tip")).json() == "Short sentences."
        assert (await client.get("/greeting")).json() == "Welcome."
        assert (await client.get("/greeting", headers=user.headers)).json() == f"Welcome back, {user.account_id}."


async def test_the_author_s_own_check_recognises_its_user():
    authenticate = run(blocks("python")[1])["authenticate"]

    assert await authenticate("mina", "a long password") == Identity("1042", "Mina")
    assert await authenticate("mina", "another") is None


@pytest.mark.parametrize("number", range(1, len(blocks("python"))))
async def test_every_kind_of_sign_in_serves_a_plugin(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUGWRIGHT_OPENID_CLIENT_ID", "notes")
    monkeypatch.setenv("PLUGWRIGHT_OPENID_CLIENT_SECRET", "a secret of the provider")
    kinds = [
        value for value in run(blocks("python")[number]).values() if isinstance(value, OAuth | ServiceKey | UserKey)
    ]
    assert kinds
    for kind in kinds:
        async with Client(new_plugin(auth=kind), settings_in(tmp_path)) as client:
            assert (await client.get("/livez")).status == 200


def test_every_command_works_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", f"sqlite:///{tmp_path / 'plugwright.db'}")
    lines = "".join(blocks("sh")).splitlines()
    assert lines
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "plugwright"
        done = CliRunner().invoke(app, arguments, input=f"{PASSWORD}\n")
        assert (done.exit_code, done.exception) == (0, None), f"{line}\n{done.output}"
        assert PASSWORD not in done.output


@pytest.fixture
def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The settings that the page lists for production, set."""
    (secret := tmp_path / "secret").write_text("4f1c0d86b7e29a355dd3a0c16e8f72b94f1c0d86b7e29a35\n")
    settings = dict(line.split("=", 1) for line in blocks("ini")[0].splitlines())
    settings["PLUGWRIGHT_SECRET_FILE"] = str(secret)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return list(settings)


def test_the_settings_for_production_suffice(production: list[str]):
    assert load_checked_settings(Needs(OAuth(scopes={"notes:read": "Read your notes"}))).is_production


def test_each_of_the_settings_for_production_is_needed(production: list[str], monkeypatch: pytest.MonkeyPatch):
    for name in set(production) - {"PLUGWRIGHT_ENV"}:
        monkeypatch.delenv(name)
    with pytest.raises(SetupError) as refused:
        load_checked_settings(Needs(OAuth(scopes={"notes:read": "Read your notes"})))

    told = set(re.findall(r"(PLUGWRIGHT_[A-Z_]+): ", str(refused.value)))
    assert told == {name.removesuffix("_FILE") for name in production if name != "PLUGWRIGHT_ENV"}


def test_every_preset_is_named():
    assert set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)) == set(PRESETS)


def test_what_it_links_to_is_there():
    targets = [*re.findall(r"\]\(([^)#]+)", PAGE), *re.findall(r'src="([^"]+)"', PAGE)]
    assert targets
    for target in targets:
        assert (DOCS / target).exists(), target
