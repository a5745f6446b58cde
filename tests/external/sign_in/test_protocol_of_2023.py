"""ChatGPT of 2023 at the served weather plugin: manifest, `client_url`, code, a token request in JSON, a call."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from tests.auth.server.flows import Browser, Reply
from tests.external.sign_in.chatgpt import bearer
from tests.external.sign_in.site import PASSWORD, Site
from tests.external.sign_in.walk import CITY, Walk, walking

REDIRECT_URI = "https://chat.openai.com/aip/plugin-3f2b1c9e-0d4a-4b7e-9a51-6c0f8d2e7a10/oauth/callback"


async def read_manifest(http: Browser) -> tuple[dict[str, Any], str]:
    """What the manifest says of sign-in, and where a place is saved by the OpenAPI document that it names."""
    manifest = (await http.get("/.well-known/ai-plugin.json")).json()
    document = yaml.safe_load((await http.get(manifest["api"]["url"])).text)
    (path,) = [
        path
        for path, methods in document["paths"].items()
        if methods.get("post", {}).get("operationId") == "save_place"
    ]
    return manifest["auth"], document["servers"][0]["url"] + path


async def ask(walk: Walk, auth: dict[str, Any], client_id: str) -> str:
    """The code with which the person comes back: there is neither PKCE nor a resource in this protocol."""
    state = secrets.token_urlsafe(16)
    query = {
        "response_type": "code",
        "client_id": client_id,
        "scope": auth["scope"],
        "state": state,
        "redirect_uri": REDIRECT_URI,
    }
    await walk.person.open(f"{auth['client_url']}?{urlencode(query)}")
    await walk.person.sign_in()
    await walk.person.allow()
    answer = await walk.back.answer()
    assert answer["state"] == state
    return answer["code"]


async def post(http: Browser, auth: dict[str, Any], added: dict[str, Any], **more: str) -> Reply:
    """A token request in the content type that the manifest announces, with the secret in its body."""
    assert auth["authorization_content_type"] == "application/json"
    body = {"client_id": added["client_id"], "client_secret": added["client_secret"], **more}
    return await http.request("POST", auth["authorization_url"], json=body)


async def test_a_plugin_of_2023_signs_a_user_in_and_is_called(
    weather_site: Site, documents_port: int, chromium: str, tmp_path: Path
):
    added = weather_site.operator.run("clients", "add", "chatgpt-legacy")
    async with walking(weather_site, documents_port, chromium, tmp_path) as walk:
        auth, save_url = await read_manifest(walk.http)
        code = await ask(walk, auth, added["client_id"])
        exchange = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        tokens = (await post(walk.http, auth, added, **exchange)).json()
        place = {"name": "work", "city": CITY}
        saved = await walk.http.request("POST", save_url, json=place, headers=bearer(tokens["access_token"]))
        later = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        renewed = (await post(walk.http, auth, added, **later)).json()
        listed = await walk.http.get("/places", headers=bearer(renewed["access_token"]))

    assert auth["type"] == "oauth"
    assert auth["verification_tokens"] == {"openai": "verify-me"}
    assert tokens["token_type"] == "bearer"  # noqa: S105 not a secret, but a type in the case of the contract
    assert saved.status == 200, saved.text
    assert saved.json() in listed.json()["places"]
    secret_texts = (PASSWORD, code, added["client_secret"], tokens["access_token"], renewed["refresh_token"])
    assert [secret for secret in secret_texts if secret in weather_site.log] == []
