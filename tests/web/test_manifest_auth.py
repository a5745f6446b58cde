"""The manifest's ``auth`` block: exactly what the first generation of ChatGPT wants, for each kind."""

from typing import Any

import pytest

from plugwright import OAuth, ServiceKey, UserKey
from plugwright.protocols.ai_plugin import ManifestAuth, manifest
from tests.web.plugins import new_plugin

OAUTH = OAuth(scopes={"forecast:read": "See forecasts", "places:write": "Save places"})
TOKENS = {"openai": "abc", "other": "def"}
OAUTH_BLOCK: dict[str, Any] = {
    "type": "oauth",
    "client_url": "https://p.example/oauth/authorize",
    "scope": "forecast:read places:write",
    "authorization_url": "https://p.example/oauth/token",
    "authorization_content_type": "application/x-www-form-urlencoded",
    "verification_tokens": TOKENS,
}


@pytest.mark.parametrize(
    ("given", "block"),
    [
        (ManifestAuth(), {"type": "none"}),
        (
            ManifestAuth(ServiceKey(), TOKENS),
            {"type": "service_http", "authorization_type": "bearer", "verification_tokens": TOKENS},
        ),
        (ManifestAuth(UserKey(), TOKENS), {"type": "user_http", "authorization_type": "bearer"}),
        (ManifestAuth(OAUTH, TOKENS), OAUTH_BLOCK),
        (
            ManifestAuth(OAUTH, TOKENS, "application/json"),
            OAUTH_BLOCK | {"authorization_content_type": "application/json"},
        ),
    ],
    ids=str,
)
def test_each_kind_has_its_exact_block(given: ManifestAuth, block: dict[str, Any]):
    found = manifest(new_plugin().identity, "https://p.example", given)["auth"]

    assert found == block
    assert list(found) == list(block)
