"""For how long a document is kept."""

import pytest

from plugwright.upstream.freshness import Lifetime


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 600),
        ({"cache-control": "max-age=120"}, 120),
        ({"cache-control": 'public, MAX-AGE="300", must-revalidate'}, 300),
        ({"cache-control": "max-age=300, max-age=200"}, 200),
        ({"cache-control": "max-age=300", "age": "100"}, 200),
        ({"cache-control": "max-age=300", "age": "x"}, 300),
        ({"cache-control": "max-age=1"}, 60),
        ({"cache-control": "max-age=0"}, 60),
        ({"cache-control": "no-store, max-age=5000"}, 60),
        ({"cache-control": "No-Cache"}, 60),
        ({"cache-control": "max-age=9999999999"}, 86_400),
        ({"cache-control": "max-age=99999999999999999999"}, 600),
        ({"cache-control": "max-age=-5"}, 600),
        ({"cache-control": "s-maxage=5"}, 600),
    ],
)
def test_a_document_is_kept_as_long_as_its_sender_says_within_our_bounds(headers: dict[str, str], seconds: float):
    assert Lifetime().of(headers) == seconds
