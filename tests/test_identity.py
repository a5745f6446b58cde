"""What a plugin says of itself: ChatGPT's limits, and where each text is published."""

from pathlib import Path
from typing import Any

import pytest

from plugwright import SetupError
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.operations.plugins import new_plugin

ACCEPT = "application/json, text/event-stream"
# The manifest's ten fields, contract of the first plugin protocol.
FIELDS = {
    "schema_version", "name_for_human", "name_for_model", "description_for_human", "description_for_model", "auth",
    "api", "logo_url", "contact_email", "legal_info_url",
}  # fmt: skip


async def test_the_manifest_has_its_ten_fields_with_absolute_urls():
    settings = Settings(public_url="https://weather.example.com")
    async with Client(new_plugin(), settings) as client:
        manifest = (await client.get("/.well-known/ai-plugin.json")).json()
    assert set(manifest) == FIELDS
    assert manifest == {
        "schema_version": "v1",
        "name_for_human": "Sample",
        "name_for_model": "sample",
        "description_for_human": "A plugin under test.",
        "description_for_model": "Use this in tests.",
        "auth": {"type": "none"},
        "api": {"type": "openapi", "url": "https://weather.example.com/openapi.yaml"},
        "logo_url": "https://weather.example.com/logo.svg",
        "contact_email": "support@example.com",
        "legal_info_url": "https://example.com/legal",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a"),
        ("name", "Weather_2"),
        ("name", "w" * 50),
        ("title", "t" * 50),
        ("title", "東京の天気"),
        ("summary", "s" * 120),
        ("instructions", "i" * 8000),
        ("instructions", "Two\nlines."),
        ("version", "0.0.1"),
        ("version", "10.20.30-rc.1+build.5"),
        ("contact_email", "a.b+c@mail.example.co.uk"),
        ("legal_url", "http://localhost:8000/legal?lang=en#top"),
    ],
)
async def test_a_text_within_its_limit_is_accepted(field: str, value: str):
    assert getattr(new_plugin(**{field: value}).identity, field) == value


@pytest.mark.parametrize(
    ("field", "value", "mend"),
    [
        ("name", "", "letter"),
        ("name", "2weather", "letter"),
        ("name", "_weather", "letter"),
        ("name", "my weather", "underscores"),
        ("name", "my-weather", "underscores"),
        ("name", "météo", "letters"),
        ("name", "weather\n", "letter"),
        ("name", "w" * 51, "at most 49"),
        ("title", "", "requires"),
        ("title", " \n", "requires"),
        ("title", "t" * 51, "takes 50; shorten"),
        ("summary", "", "requires"),
        ("summary", "s" * 121, "takes 120; shorten"),
        ("instructions", "", "requires"),
        ("instructions", "i" * 8001, "takes 8000; shorten"),
        ("version", "1", "1.0.0"),
        ("version", "1.0", "1.0.0"),
        ("version", "v1.0.0", "1.0.0"),
        ("version", "1.0.0-", "1.0.0"),
        ("version", "latest", "1.0.0"),
        ("version", "01.0.0", "1.0.0"),
        ("version", "1.0.0-+", "1.0.0"),
        ("version", "\u0661.0.0", "1.0.0"),
        ("title", "two\nlines", "one line"),
        ("title", "a\x00b", "control characters"),
        ("summary", "a\x07b", "control characters"),
        ("legal_url", "https://?", "absolute"),
        ("legal_url", "https://:", "absolute"),
        ("name", None, "letter"),
        ("contact_email", "support", "e-mail"),
        ("contact_email", "support@example", "e-mail"),
        ("contact_email", "a b@example.com", "e-mail"),
        ("contact_email", "a@b@example.com", "e-mail"),
        ("legal_url", "example.com/legal", "absolute"),
        ("legal_url", "ftp://example.com", "http(s)"),
        ("legal_url", "https://", "absolute"),
        ("legal_url", "https:///legal", "absolute"),
        ("legal_url", "https://example.com/a b", "absolute"),
    ],
)
def test_a_text_that_breaks_a_limit_is_refused_with_its_name_and_the_mend(field: str, value: str | None, mend: str):
    with pytest.raises(SetupError) as refused:
        new_plugin(**{field: value})
    assert refused.value.message.startswith(f"Plugin: {field} ")
    assert mend in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("a.png", "image/png"),
        ("a.jpg", "image/jpeg"),
        ("a.JPEG", "image/jpeg"),
        ("a.webp", "image/webp"),
        ("a.svg", "image/svg+xml"),
    ],
)
async def test_the_logo_is_served_with_its_type_under_its_suffix(name: str, mime_type: str, tmp_path: Path):
    logo = tmp_path / name
    logo.write_bytes(b"the picture")
    async with Client(new_plugin(logo=str(logo))) as client:
        path = f"/logo{logo.suffix.lower()}"
        reply = await client.get(path)
        manifest = (await client.get("/.well-known/ai-plugin.json")).json()
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, mime_type, b"the picture")
    assert manifest["logo_url"].endswith(path)


@pytest.mark.parametrize(
    ("logo", "mend"),
    [("missing.png", "no logo file 'missing.png'"), ("logo.gif", "must be one of"), ("logo", "must be one of")],
)
def test_a_logo_that_is_missing_or_of_another_kind_is_refused(logo: str, mend: str):
    with pytest.raises(SetupError, match=mend):
        new_plugin(logo=logo)


def test_a_folder_is_no_logo(tmp_path: Path):
    (tmp_path / "logo.png").mkdir()
    with pytest.raises(SetupError, match="no logo file"):
        new_plugin(logo=tmp_path / "logo.png")


async def test_mcp_says_the_same_of_the_server():
    identity = new_plugin().identity
    greeting: dict[str, Any] = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25"},
    }
    greeting["params"] |= {"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    async with Client(new_plugin()) as client:
        modern = (await client.mcp("server/discover")).json()["result"]
        legacy = (await client.post("/mcp", json=greeting, headers={"accept": ACCEPT})).json()["result"]
    assert modern["instructions"] == legacy["instructions"] == identity.instructions
    said = {"name": identity.name, "title": identity.title, "version": identity.version}
    assert legacy["serverInfo"] == legacy["serverInfo"] | said
    assert f"'name': '{identity.name}', 'version': '{identity.version}'" in str(modern)
