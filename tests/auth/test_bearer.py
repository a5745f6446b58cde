"""Reading the Authorization header (RFC 6750 §2.1)."""

import pytest

from plugwright.auth.bearer import bearer_token
from plugwright.errors import MalformedCredentials


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (b"Bearer abc", "abc"),
        (b"bearer abc", "abc"),
        (b"BEARER  a.b-c_d~e+f/g==", "a.b-c_d~e+f/g=="),
        (None, None),
        (b"Basic YTpi", None),
        (b"Bearerx abc", None),
        (b"DPoP abc", None),
    ],
)
def test_a_bearer_token_is_read_and_other_schemes_are_none(header: bytes | None, token: str | None):
    assert bearer_token(header) == token


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b" ",
        b"Bearer",
        b"Bearer ",
        b"Bearer a b",
        b"Bearer a\tb",
        b"Bearer \xc3\xa4",
        b'Bearer "a"',
        b"Bearer a=b",
        b"Bearer a, Bearer b",
        b"Basic YTpi, Bearer b",
        b"Bearer " + b"a" * 20_000,
    ],
)
def test_what_is_no_token_or_two_of_them_is_refused(header: bytes):
    with pytest.raises(MalformedCredentials):
        bearer_token(header)
