"""Paths, methods and the Accept header."""

import pytest

from plugwright import Plugin
from plugwright.testing import Client
from tests.web.plugins import new_plugin
from tests.web.requests import send_raw


def reading_and_writing() -> Plugin:
    """A plugin that serves GET, PUT and DELETE on one path, and POST on another."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/place")
    async def read_place() -> str:
        """Read a place."""
        return "Oslo"

    @plugin.operation(effect="write", open_world=False, method="PUT", path="/place")
    async def set_place(name: str) -> str:
        """Set a place."""
        return name

    @plugin.operation(effect="destroy", open_world=False, path="/place")
    async def forget_place() -> None:
        """Forget a place."""

    @plugin.operation(effect="write", open_world=False, path="/visit")
    async def visit() -> None:
        """Visit a place."""

    return plugin


async def test_each_method_of_a_path_reaches_its_own_operation() -> None:
    async with Client(reading_and_writing()) as client:
        assert (await client.get("/place")).json() == "Oslo"
        assert (await client.request("PUT", "/place", json={"name": "Rome"})).json() == "Rome"
        assert (await client.request("DELETE", "/place")).status == 204


async def test_head_answers_the_headers_of_get() -> None:
    async with Client(reading_and_writing()) as client:
        got = await client.get("/place")
        head = await client.request("HEAD", "/place")
        bad = await client.request("HEAD", "/place?x=1")

    assert head.status == 200
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == "application/json"
    assert bad.status == 400


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        ("/place", "POST", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("/place", "PATCH", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("/place", "TRACE", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("/place", "get", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("/visit", "GET", "OPTIONS, POST"),
        ("/visit", "HEAD", "OPTIONS, POST"),
        ("/openapi.json", "POST", "GET, HEAD, OPTIONS"),
        ("/livez", "DELETE", "GET, HEAD, OPTIONS"),
        ("/", "PUT", "GET, HEAD, OPTIONS"),
    ],
)
async def test_another_method_is_refused_with_those_that_are_served(path: str, method: str, allow: str) -> None:
    async with Client(reading_and_writing()) as client:
        reply = await client.request(method, path)

    assert reply.status == 405
    assert reply.headers["allow"] == allow
    assert reply.json()["code"] == "method_not_allowed"


async def test_options_tells_the_methods() -> None:
    async with Client(reading_and_writing()) as client:
        reply = await client.request("OPTIONS", "/place")

    assert reply.status == 204
    assert reply.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize(
    "path", ["/nothing", "/place/", "/Place", "/place/x", "/openapi", "/.well-known/other", "/mcp/"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PROPFIND"])
async def test_an_unknown_path_is_not_found(path: str, method: str) -> None:
    async with Client(reading_and_writing()) as client:
        reply = await client.request(method, path)

    assert reply.status == 404
    assert reply.json()["code"] == "not_found"
    assert reply.json()["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize("path", ["//place", "/./place", "/../place", "", "*", "/place\0", "place"])
async def test_a_strange_path_is_not_found(path: str) -> None:
    async with Client(reading_and_writing()) as client:
        assert (await send_raw(client.app, "GET", path)).status == 404


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "application/*",
        "text/html, */*;q=0.1",
        "APPLICATION/JSON; q=0.5",
        "text/html,application/json;q=0.001",
    ],
)
async def test_a_client_that_takes_json_gets_it(accept: str) -> None:
    async with Client(reading_and_writing()) as client:
        assert (await client.get("/place", headers={"accept": accept})).status == 200


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml, text/*",
        "application/json;q=0, */*",
        "*/*;q=0",
        "application/*;q=0, */*",
        "text/html;q=x",
    ],
)
async def test_a_client_that_excludes_json_is_told_so_in_json(accept: str) -> None:
    async with Client(reading_and_writing()) as client:
        reply = await client.get("/place", headers={"accept": accept})

    assert reply.status == 406
    assert reply.json()["code"] == "not_acceptable"


async def test_repeated_accept_headers_are_one_list() -> None:
    headers = [(b"accept", b"application/json"), (b"accept", b"text/html")]
    async with Client(reading_and_writing()) as client:
        assert (await send_raw(client.app, "GET", "/place", headers=headers)).status == 200


async def test_what_is_not_acceptable_is_not_done() -> None:
    plugin = new_plugin()
    done: list[int] = []

    @plugin.operation(effect="write", open_world=False, path="/do")
    async def do() -> None:
        """Do it."""
        done.append(1)

    async with Client(plugin) as client:
        await client.request("POST", "/do", headers={"accept": "text/html"})

    assert not done


async def test_a_websocket_is_closed() -> None:
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: object) -> None:
        sent.append(message)

    async with Client(reading_and_writing()) as client:
        await client.app({"type": "websocket", "path": "/place", "headers": []}, receive, send)

    assert sent == [{"type": "websocket.close", "code": 1000}]
