"""Secrets stay where they are: in no document, no reply, no log line, no error."""

from pathlib import Path

import pytest

from plugwright import IntrospectionIssuer, OAuth, ServiceKey
from plugwright.auth.kinds import Auth
from plugwright.testing import Client
from tests.auth.places import OAUTH
from tests.auth.tokens import settings_in
from tests.web.plugins import new_plugin

CANARY = "canary7f3a9b21"
SECRETS = {
    "secret": f"{CANARY}-secret-3f9a1c07be52d846",
    "previous_secret": f"{CANARY}-previous-3f9a1c07be52",
    "service_keys": f"{CANARY}-key-one,{CANARY}-key-two",
    "openid_client_secret": f"{CANARY}-openid",
    "introspection_client_id": "me",
    "introspection_client_secret": f"{CANARY}-introspection",
}
DOCUMENTS = [
    "/",
    "/openapi.json",
    "/openapi.yaml",
    "/.well-known/ai-plugin.json",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-authorization-server",
    "/nothing",
    "/count",
]
ASKING = OAuth(
    scopes={"places:read": "See"}, issuer=IntrospectionIssuer("https://as.example", "a", "https://as.example/i")
)


@pytest.mark.parametrize("auth", [OAUTH, ServiceKey(), ASKING], ids=["own", "key", "outside"])
async def test_no_secret_is_in_any_document_reply_or_log_line(
    auth: Auth, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    plugin = new_plugin(auth=auth)

    @plugin.operation(effect="read", open_world=False, scopes=[] if isinstance(auth, ServiceKey) else ["places:read"])
    async def count() -> int:
        """Count."""
        return 1

    settings = settings_in(tmp_path, log_level="debug", **SECRETS)
    token = {"authorization": f"Bearer {CANARY}-presented"}
    async with Client(plugin, settings) as client:
        told = [(await client.get(path, headers=headers)).body for path in DOCUMENTS for headers in ({}, token)]
        told += [(await client.mcp("tools/list", headers=headers)).body for headers in ({}, token)]
    out, err = capfd.readouterr()

    assert CANARY not in b"".join(told).decode(errors="replace")
    assert CANARY not in out + err
    assert CANARY not in repr(settings)


async def test_the_verification_token_is_shown_because_it_is_meant_to_be(tmp_path: Path):
    settings = settings_in(tmp_path, verification_tokens="openai=shown-token")
    plugin = new_plugin(auth=ServiceKey())
    async with Client(plugin, settings) as client:
        manifest = (await client.get("/.well-known/ai-plugin.json")).json()

    assert manifest["auth"] == {
        "type": "service_http",
        "authorization_type": "bearer",
        "verification_tokens": {"openai": "shown-token"},
    }


async def test_a_plugin_of_another_authorization_server_has_no_manifest_of_the_first_generation(tmp_path: Path):
    async with Client(new_plugin(auth=ASKING), settings_in(tmp_path)) as client:
        assert (await client.get("/.well-known/ai-plugin.json")).status == 404
        assert "ai-plugin" not in (await client.get("/")).text
