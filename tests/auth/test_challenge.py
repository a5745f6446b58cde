"""The WWW-Authenticate values, to the letter."""

import pytest

from plugwright.auth.challenge import Challenger
from plugwright.errors import AccessRefused, InvalidToken, MalformedCredentials, MissingScope, NotAuthenticated

OAUTH = Challenger(metadata_url="https://h.example/.well-known/oauth-protected-resource/mcp")
KEYS = Challenger(realm="weather")
METADATA = 'resource_metadata="https://h.example/.well-known/oauth-protected-resource/mcp"'
UNKNOWN = 'error_description="The token is unknown, expired or revoked, or meant for another service"'
MALFORMED = 'error_description="Send one Authorization header of the form: Bearer token"'
TOO_LITTLE = 'error_description="The token was not given every scope that this needs"'


@pytest.mark.parametrize(
    ("challenger", "error", "value"),
    [
        (OAUTH, NotAuthenticated(""), f'Bearer {METADATA}, scope="a b"'),
        (OAUTH, InvalidToken(""), f'Bearer error="invalid_token", {UNKNOWN}, {METADATA}, scope="a b"'),
        (OAUTH, MalformedCredentials(""), f'Bearer error="invalid_request", {MALFORMED}, {METADATA}'),
        (
            OAUTH,
            MissingScope("", scopes=["c", "a"]),
            f'Bearer error="insufficient_scope", scope="a b c", {METADATA}, {TOO_LITTLE}',
        ),
        (KEYS, NotAuthenticated(""), 'Bearer realm="weather", scope="a b"'),
        (KEYS, InvalidToken(""), f'Bearer error="invalid_token", {UNKNOWN}, realm="weather", scope="a b"'),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_challenge_names_the_metadata_and_every_scope(challenger: Challenger, error: AccessRefused, value: str):
    assert challenger.of(error, ("a", "b")) == value


@pytest.mark.parametrize(
    ("error", "text"),
    [(NotAuthenticated(""), "Sign in to use this"), (MissingScope(""), "The token was not given every scope")],
)
def test_a_challenge_inside_a_result_always_has_an_error_and_a_description(error: AccessRefused, text: str):
    value = OAUTH.in_result(error, ("a",))

    assert value.startswith(f'Bearer {METADATA}, error="insufficient_scope", error_description="{text}')
    assert value.endswith(', scope="a"')
