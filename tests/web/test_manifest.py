"""The legacy manifest, field by field, and the limits that are checked before anything is served."""

from pathlib import Path
from typing import Any

import pytest

from plugwright import SetupError
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.web.plugins import new_plugin

PATH = "/.well-known/ai-plugin.json"


async def test_the_manifest_has_its_ten_fields_and_no_other() -> None:
    plugin = new_plugin(
        name="skycast",
        title="Skycast",
        summary="Forecasts.",
        instructions="Use it for weather.",
        contact_email="help@skycast.example",
        legal_url="https://skycast.example/legal",
    )
    async with Client(plugin, Settings(public_url="https://skycast.example/")) as client:
        reply = await client.get(PATH)

    assert reply.json() == {
        "schema_version": "v1",
        "name_for_human": "Skycast",
        "name_for_model": "skycast",
        "description_for_human": "Forecasts.",
        "description_for_model": "Use it for weather.",
        "auth": {"type": "none"},
        "api": {"type": "openapi", "url": "https://skycast.example/openapi.yaml"},
        "logo_url": "https://skycast.example/logo.png",
        "contact_email": "help@skycast.example",
        "legal_info_url": "https://skycast.example/legal",
    }
    assert not reply.body.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    "public_url", ["https://plugin.example", "https://plugin.example:8443/weather", "http://127.0.0.1:8080"]
)
async def test_every_url_of_our_own_is_absolute_and_starts_with_the_public_one(public_url: str) -> None:
    async with Client(new_plugin(), Settings(public_url=public_url)) as client:
        manifest = (await client.get(PATH, headers={"x-forwarded-host": "evil.example"})).json()

    assert manifest["api"]["url"] == f"{public_url}/openapi.yaml"
    assert manifest["logo_url"] == f"{public_url}/logo.png"


async def test_what_the_manifest_names_is_served() -> None:
    async with Client(new_plugin(), Settings(public_url="https://plugin.example")) as client:
        manifest = (await client.get(PATH)).json()
        for url in (manifest["api"]["url"], manifest["logo_url"]):
            assert (await client.get(url.removeprefix("https://plugin.example"))).status == 200


async def test_the_manifest_can_be_switched_off() -> None:
    async with Client(new_plugin(), Settings(legacy_manifest=False)) as client:
        assert (await client.get(PATH)).status == 404
        assert "ai-plugin" not in (await client.get("/")).text


async def test_texts_in_any_script_survive() -> None:
    plugin = new_plugin(title='天气 "W"', summary="<b>&amp;\\", instructions="第一行\n第二行 \u2028 😀")
    async with Client(plugin) as client:
        manifest = (await client.get(PATH)).json()

    assert manifest["name_for_human"] == '天气 "W"'
    assert manifest["description_for_human"] == "<b>&amp;\\"
    assert manifest["description_for_model"] == "第一行\n第二行 \u2028 😀"


@pytest.mark.parametrize(("field", "longest"), [("title", 50), ("summary", 120), ("instructions", 8000), ("name", 50)])
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(field: str, longest: int) -> None:
    assert new_plugin(**{field: "x" * longest})
    with pytest.raises(SetupError, match=field):
        new_plugin(**{field: "x" * (longest + 1)})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "1x"),
        ("name", "_x"),
        ("name", "a b"),
        ("name", "a-b"),
        ("name", "a.b"),
        ("name", "ä"),
        ("name", "a\n"),
        ("title", ""),
        ("title", "  "),
        ("summary", ""),
        ("instructions", "\n"),
        ("contact_email", "x"),
        ("contact_email", "a b@c.d"),
        ("contact_email", "a@b"),
        ("legal_url", "/legal"),
        ("legal_url", "javascript:alert(1)"),
        ("legal_url", ""),
        ("version", "1"),
        ("version", "v1.0.0"),
        ("logo", "nothing.png"),
        ("logo", "logo.gif"),
    ],
)
def test_a_broken_field_is_refused_at_start_up_by_name(field: str, value: Any) -> None:
    with pytest.raises(SetupError, match=field):
        new_plugin(**{field: value})


@pytest.mark.parametrize(("suffix", "kind"), [("jpg", "image/jpeg"), ("svg", "image/svg+xml"), ("WEBP", "image/webp")])
async def test_the_logo_keeps_its_kind(tmp_path: Path, suffix: str, kind: str) -> None:
    logo = tmp_path / f"mark.{suffix}"
    logo.write_bytes(b"picture")
    async with Client(new_plugin(logo=logo), Settings(public_url="https://plugin.example")) as client:
        url = (await client.get(PATH)).json()["logo_url"]
        reply = await client.get(url.removeprefix("https://plugin.example"))

    assert url == f"https://plugin.example/logo.{suffix.lower()}"
    assert reply.headers["content-type"] == kind
