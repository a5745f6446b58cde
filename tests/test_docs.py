"""What the documentation says is what there is."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer.main
from pydantic import SecretStr

from plugwright import errors
from plugwright.cli.main import app
from plugwright.plugin import Plugin
from plugwright.settings import Settings
from plugwright.testing import Client

ROOT = Path(__file__).parent.parent
REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_reference(field: str):
    assert f"| `PLUGWRIGHT_{field.upper()}` |" in REFERENCE


@pytest.mark.parametrize("field", Settings.model_fields)
def test_the_reference_says_what_a_setting_is_by_default(field: str):
    default = Settings.model_fields[field].get_default(call_default_factory=True)
    row = next(line for line in REFERENCE.splitlines() if line.startswith(f"| `PLUGWRIGHT_{field.upper()}` |"))
    told = row.split("|")[2].strip()

    if default in (None, (), {}) or field == "public_url":  # nothing, or what another part makes of nothing
        assert not re.fullmatch("`[^`]+`", told)
    else:
        assert told == f"`{as_written(default)}`"


def as_written(value: object) -> str:
    """The value of a setting as it stands in the environment."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.10g}"
        case tuple():
            return ",".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] of texts
        case SecretStr():
            return value.get_secret_value()
        case _:
            return str(value)


def test_the_reference_names_no_setting_that_is_gone():
    named = set(re.findall(r"^\| `PLUGWRIGHT_([A-Z_]+)` \|", REFERENCE, re.MULTILINE))

    assert named == {field.upper() for field in Settings.model_fields}


def test_every_command_and_option_is_in_the_reference():
    group = typer.main.get_command(app)
    context = click.Context(group)  # pyright: ignore[reportArgumentType] typer's own copy of click
    for name in group.list_commands(context):  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType] a group
        row = next(line for line in REFERENCE.splitlines() if line.startswith(f"| `plugwright {name} "))
        command = group.get_command(context, name)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType] a group
        for parameter in command.params:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] as above
            if parameter.param_type_name == "option":  # pyright: ignore[reportUnknownMemberType] as above
                assert f"`{parameter.opts[0]}`" in row  # pyright: ignore[reportUnknownMemberType] as above


def test_every_error_code_is_in_the_reference():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]

    for kind in kinds:
        if issubclass(kind, errors.PlugwrightError) and kind not in {errors.PlugwrightError, errors.SetupError}:
            assert re.search(rf"^\| `{kind.code}` \| {kind.status} \|", REFERENCE, re.MULTILINE), kind


async def test_the_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = readme.split("```python\n")[1].split("```")[0]
    (tmp_path / "logo.png").write_bytes(b"a picture")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102 our own page
    plugin = names["plugin"]
    assert isinstance(plugin, Plugin)

    async with Client(plugin) as client:
        reply = await client.get("/next-tide?harbour=Dover")

    assert reply.json() == {"harbour": "Dover", "high_water": "14:20"}


def test_importing_the_package_loads_nothing_slow():
    slow = ("uvicorn", "structlog", "typer", "rich", "yaml", "jinja2", "cryptography", "pydantic_settings", "starlette")
    script = f"import sys, plugwright; print([name for name in {slow!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"
