"""Sign-in at an outside OpenID provider, with a person at Chromium who has no password at the plugin."""

from __future__ import annotations

from pathlib import Path

from tests.auth.openid import CLIENT_ID, CLIENT_SECRET
from tests.external.sign_in import chatgpt
from tests.external.sign_in.outside_provider import ISSUER, NAME, outside_provider
from tests.external.sign_in.site import serving
from tests.external.sign_in.walk import walking


async def test_a_person_signs_in_at_the_provider_and_allows_at_the_plugin(chromium: str, tmp_path: Path):
    async with outside_provider() as provider:
        settings = {
            "fetch_allowed_origins": provider.issuer,
            "openid_client_id": CLIENT_ID,
            "openid_client_secret": CLIENT_SECRET,
        }
        with serving("tests.external.sign_in.corporate:plugin", {ISSUER: provider.issuer}, **settings) as site:
            async with walking(site, 0, chromium, tmp_path) as walk:
                refused = await walk.http.get("/read-note")
                found = await chatgpt.discover(walk.http, refused.headers["WWW-Authenticate"])
                identity = await chatgpt.register(walk.http, found)
                asked = chatgpt.ask(found, identity)
                await walk.person.open(asked.url)
                sign_in = await walk.person.reads()
                await walk.person.press(f"Continue with {NAME}")
                await walk.person.press("Continue")
                consent = await walk.person.reads()
                await walk.person.allow()
                tokens = await walk.get_tokens(found, identity, asked)
                note = await walk.http.get("/read-note", headers=chatgpt.bearer(tokens["access_token"]))
            users, log = site.operator.run("users", "list"), site.log

    assert provider.visited == 1
    assert "Password" not in sign_in
    assert "Jane Doe" in consent
    assert note.status == 200, note.text
    (jane,) = [user for user in users if user["display_name"] == "Jane Doe"]
    assert note.json()["subject"] == jane["id"]
    assert "pw_" not in log
