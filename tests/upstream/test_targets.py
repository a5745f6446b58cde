"""Where requests go, whatever values are put into them. Attack API10."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from plugwright import InvalidInput, SetupError, Upstream
from plugwright.upstream.targets import check_base_url, request_target


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("http://127.0.0.1:9000/v2/", "http://127.0.0.1:9000/v2"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("http://intranet", "http://intranet"),
    ],
)
def test_a_base_url_is_a_host_and_perhaps_a_path(url: str, base: str) -> None:
    assert check_base_url(url) == base


@pytest.mark.parametrize(
    "url",
    [
        *("", "api.example.com", "ftp://example.com", "https://", "https:///v2", "file:///etc/passwd", "//example.com"),
        *(
            "https://a?b",
            "https://a/#b",
            "https://a/?",
            "https://a/../b",
            "https://a:99999",
            "https://a:x",
            "https://a:0",
        ),
        *("https://a/b c", "https://a\\b/", "https://[::1"),
    ],
)
def test_anything_else_is_refused_with_the_mend(url: str) -> None:
    with pytest.raises(SetupError, match=r"https://api\.example\.com"):
        Upstream(url)


def test_credentials_in_a_base_url_are_refused_and_not_repeated() -> None:
    with pytest.raises(SetupError, match="headers=") as refused:
        Upstream("https://user:canary@example.com/")

    assert "canary" not in refused.value.message


@pytest.mark.parametrize(
    ("path", "values", "target"),
    [
        ("/v1/items", {}, "/v1/items"),
        ("/", {}, "/"),
        ("/Köln", {}, "/K%C3%B6ln"),
        ("/a%20b", {}, "/a%20b"),
        ("/items/{id}", {"id": 5}, "/items/5"),
        ("/items/{id}.json", {"id": "a.b"}, "/items/a.b.json"),
        ("/{a}/{b}", {"a": "x", "b": True}, "/x/true"),
        ("/items/{id}", {"id": "../admin"}, "/items/..%2Fadmin"),
        ("/items/{id}", {"id": "a/b?c#d%2f\\"}, "/items/a%2Fb%3Fc%23d%252f%5C"),
        ("/items/{id}", {"id": "//evil.example"}, "/items/%2F%2Fevil.example"),
        ("/items/{id}", {"id": "a\r\nHost: x"}, "/items/a%0D%0AHost%3A%20x"),
    ],
)
def test_a_value_fills_one_segment(path: str, values: dict[str, str | int], target: str) -> None:
    assert request_target(path, values, None) == target


@pytest.mark.parametrize(
    ("path", "value"), [("/items/{id}", "."), ("/items/{id}", ".."), ("/items/{id}", ""), ("/items/.{id}", ".")]
)
def test_a_value_that_would_change_the_path_is_bad_input(path: str, value: str) -> None:
    with pytest.raises(InvalidInput):
        request_target(path, {"id": value}, None)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "items",
            "",
            "//evil.example/",
            "https://evil.example/",
            "/a?b=c",
            "/a#b",
            "/a/../b",
            "/a/%2e%2E/b",
            "/\\evil",
        ),
        *("/a\r\nHost: x", "/a b", "/{", "/}", "/{}", "/{a b}", "/{a-b}"),
    ],
)
def test_what_is_no_path_is_sent_nowhere(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        request_target(path, {}, None)


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="no value for 'id'"):
        request_target("/items/{id}", {}, None)


def test_a_query_leaves_out_none_and_repeats_sequences() -> None:
    params = {"q": "a b&c=d", "n": 5, "x": 1.5, "yes": True, "no": None, "many": ["a", 1, False], "empty": []}

    assert request_target("/", {}, params) == "/?q=a%20b%26c%3Dd&n=5&x=1.5&yes=true&many=a&many=1&many=false"


@given(st.text(), st.text())
def test_no_value_leads_a_request_elsewhere(value: str, other: str) -> None:
    try:
        target = request_target("/items/{id}/x", {"id": value}, {"q": other})
    except (InvalidInput, UnicodeEncodeError):
        return
    url = URL("http://127.0.0.1:9000/base" + target, encoded=True)

    assert (url.host, url.port, url.raw_user) == ("127.0.0.1", 9000, None)
    assert len(url.raw_parts) == 5
    assert url.raw_parts[:3] == ("/", "base", "items")
    assert url.parts[-2] == value
    assert list(url.query.items()) == [("q", other)]
