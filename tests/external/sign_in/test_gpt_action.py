"""A GPT Action at the served weather plugin: sign-in by what the OpenAPI document says, without PKCE, then a call."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from tests.auth.server.flows import Browser, Reply
from tests.external.sign_in.chatgpt import bearer
from tests.external.sign_in.site import Site
from tests.external.sign_in.walk import CITY, Walk, walking

REDIRECT_URI = "https://chatgpt.com/aip/g-4f1c0e9ab27d4c53a8e6/oauth/callback"


async def read_flow(http: Browser) -> dict[str, Any]:
    """Where the OpenAPI document sends users and token requests, and what may be asked for."""
    document = yaml.safe_load((await http.get("/openapi.yaml")).text)
    return document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]


async def get_code(walk: Walk, flow: dict[str, Any], client_id: str) -> str:
    """The code with which the person comes back."""
    state = secrets.token_urlsafe(16)
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": " ".join(flow["scopes"]),
        "state": state,
    }
    await walk.person.open(f"{flow['authorizationUrl']}?{urlencode(query)}")
    await walk.person.sign_in()
    await walk.person.allow()
    answer = await walk.back.answer()
    assert answer["state"] == state
    return answer["code"]


async def redeem(http: Browser, flow: dict[str, Any], added: dict[str, Any], code: str, *, is_basic: bool) -> Reply:
    """A token request by form, with the secret in a header or in the body: the builder of the GPT chooses."""
    client_id, secret = added["client_id"], added["client_secret"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    if is_basic:
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        return await http.post(flow["tokenUrl"], form, headers={"Authorization": f"Basic {basic}"})
    return await http.post(flow["tokenUrl"], {**form, "client_id": client_id, "client_secret": secret})


@pytest.mark.parametrize("is_basic", [True, False], ids=["basic", "post"])
async def test_a_gpt_signs_a_user_in_and_saves_a_place(
    weather_site: Site, documents_port: int, chromium: str, tmp_path: Path, is_basic: bool
):
    method = "client_secret_basic" if is_basic else "client_secret_post"
    added = weather_site.operator.run("clients", "add", "gpt-action", "--auth-method", method)
    async with walking(weather_site, documents_port, chromium, tmp_path) as walk:
        flow = await read_flow(walk.http)
        code = await get_code(walk, flow, added["client_id"])
        tokens = await redeem(walk.http, flow, added, code, is_basic=is_basic)
        assert tokens.status == 200, tokens.text
        place = {"name": "beach", "city": CITY}
        headers = bearer(tokens.json()["access_token"])
        saved = await walk.http.request("POST", "/places", json=place, headers=headers)

    assert saved.status == 200, saved.text
    assert tokens.json()["refresh_token"]
