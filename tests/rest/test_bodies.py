"""JSON bodies: which forms are read, how large and how slow they may be, and how each fault is named."""

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from plugwright import Plugin
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.web.plugins import new_plugin
from tests.web.requests import send_raw

JSON_TYPE = [(b"content-type", b"application/json")]


class Stop(BaseModel):
    """One stop of a trip."""

    city: str
    nights: int = 1


@dataclass
class Trip:
    """A trip."""

    stops: list[Stop]


def adding() -> Plugin:
    """A plugin whose operation takes a body with one required and one optional field."""
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/notes")
    async def add_note(text: str, pinned: bool = False) -> dict[str, Any]:
        """Add a note."""
        return {"text": text, "pinned": pinned}

    return plugin


async def test_a_body_is_validated_and_answered() -> None:
    async with Client(adding()) as client:
        reply = await client.post("/notes", json={"text": "东京", "pinned": True})

    assert reply.status == 200
    assert reply.json() == {"text": "东京", "pinned": True}


async def test_nested_input_makes_a_read_a_post_and_its_faults_have_dotted_names() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/plan")
    async def plan(trip: Trip) -> int:
        """Plan a trip."""
        return sum(stop.nights for stop in trip.stops)

    async with Client(plugin) as client:
        good = await client.post("/plan", json={"trip": {"stops": [{"city": "Oslo", "nights": 2}, {"city": "Rome"}]}})
        bad = await client.post("/plan", json={"trip": {"stops": [{"city": "Oslo"}, {"city": 5, "nights": "x"}]}})

    assert good.json() == 3
    assert {item["field"] for item in bad.json()["details"]} == {"trip.stops.1.city", "trip.stops.1.nights"}


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        ({}, "text", "Required"),
        ({"text": None}, "text", "Input should be a valid string"),
        ({"text": 5}, "text", "Input should be a valid string"),
        ({"text": "a", "pinned": "true"}, "pinned", "Input should be a valid boolean"),
        ({"text": "a", "pinned": 1}, "pinned", "Input should be a valid boolean"),
        ({"text": "a", "title": "b"}, "title", "Unknown field"),
        ([], "body", "Must be a JSON object"),
        ("text", "body", "Must be a JSON object"),
        (5, "body", "Must be a JSON object"),
    ],
)
async def test_a_wrong_body_is_refused_by_field(body: Any, field: str, problem: str) -> None:
    async with Client(adding()) as client:
        reply = await client.post("/notes", json=body)

    assert reply.status == 400
    assert reply.json()["code"] == "invalid_input"
    assert reply.json()["details"] == [{"field": field, "problem": problem}]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b" ",
        b"null x",
        b"{'text': 1}",
        b'{"text": "a",}',
        b"text=a",
        b"\xff",
        b'{"text": "\xff"}',
        b'{"text": "\\ud800"}',
        '{"text": "a"}'.encode("utf-16"),
        b"[" * 100_000,
    ],
)
async def test_malformed_json_is_refused_without_a_traceback(body: bytes) -> None:
    async with Client(adding()) as client:
        reply = await client.request("POST", "/notes", body=body, headers={"content-type": "application/json"})

    assert reply.status == 400
    assert reply.json()["code"] == "malformed_json"
    assert "Traceback" not in reply.text


async def test_an_empty_body_is_an_empty_object() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/reset")
    async def reset(hard: bool = False) -> bool:
        """Reset it."""
        return hard

    async with Client(plugin) as client:
        assert (await client.request("POST", "/reset")).json() is False
        assert (await client.request("POST", "/reset", headers={"content-type": "text/plain"})).json() is False


async def test_an_empty_body_lacks_what_is_required() -> None:
    async with Client(adding()) as client:
        reply = await client.request("POST", "/notes")

    assert reply.json()["details"] == [{"field": "text", "problem": "Required"}]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"', "application/json;x=y"],
)
async def test_json_in_utf_8_is_read_however_it_is_announced(content_type: str) -> None:
    async with Client(adding()) as client:
        reply = await client.request("POST", "/notes", body=b'{"text":"a"}', headers={"content-type": content_type})

    assert reply.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/jsonx"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": "application/json", "content-encoding": "br, gzip"},
    ],
)
async def test_another_form_of_body_is_refused(headers: dict[str, str]) -> None:
    async with Client(adding()) as client:
        reply = await client.request("POST", "/notes", body=b'{"text":"a"}', headers=headers)

    assert reply.status == 415
    assert reply.json()["code"] == "unsupported_media_type"


async def test_the_identity_encoding_is_no_encoding() -> None:
    headers = {"content-type": "application/json", "content-encoding": "Identity"}
    async with Client(adding()) as client:
        assert (await client.request("POST", "/notes", body=b'{"text":"a"}', headers=headers)).status == 200


async def test_a_body_takes_the_limit_and_not_a_byte_more() -> None:
    settings = Settings(body_limit=1024)
    room = 1024 - len(b'{"text":""}')
    async with Client(adding(), settings) as client:
        fits = await client.request(
            "POST", "/notes", body=b'{"text":"%s"}' % (b"x" * room), headers={"content-type": "application/json"}
        )
        over = await client.request(
            "POST", "/notes", body=b'{"text":"%s"}' % (b"x" * (room + 1)), headers={"content-type": "application/json"}
        )

    assert fits.status == 200
    assert over.status == 413
    assert over.json()["code"] == "payload_too_large"


async def test_an_endless_body_is_refused_as_soon_as_it_is_too_large() -> None:
    async with Client(adding(), Settings(body_limit=1024)) as client:
        reply = await send_raw(client.app, "POST", "/notes", headers=JSON_TYPE, body=[b"x" * 600] * 2, ends=False)

    assert reply.status == 413


async def test_a_body_that_is_announced_too_large_is_not_waited_for() -> None:
    headers = [*JSON_TYPE, (b"content-length", b"1025")]
    async with Client(adding(), Settings(body_limit=1024)) as client:
        reply = await send_raw(client.app, "POST", "/notes", headers=headers, body=[b""], ends=False)

    assert reply.status == 413


@pytest.mark.parametrize("length", [b"", b"x", b"-1", b"1e9", b"\xd9\xa3"])
async def test_a_strange_length_is_no_unforeseen_failure(length: bytes) -> None:
    async with Client(adding()) as client:
        reply = await send_raw(
            client.app, "POST", "/notes", headers=[*JSON_TYPE, (b"content-length", length)], body=[b'{"text":"a"}']
        )

    assert reply.status in {200, 400, 413}


async def test_a_body_in_pieces_is_put_together() -> None:
    async with Client(adding()) as client:
        reply = await send_raw(
            client.app, "POST", "/notes", headers=JSON_TYPE, body=[b'{"te', b"", b'xt":"\xe4', b'\xb8\x9c"}']
        )

    assert reply.status == 200
    assert "东".encode() in reply.body


async def test_a_body_that_does_not_arrive_in_time_is_refused() -> None:
    async with Client(adding(), Settings(body_timeout=0.01)) as client:
        reply = await send_raw(client.app, "POST", "/notes", headers=JSON_TYPE, body=[b"{"], ends=False)

    assert reply.status == 408
    assert b'"code":"request_timeout"' in reply.body


async def test_a_client_that_leaves_while_it_sends_gets_nothing() -> None:
    async with Client(adding()) as client:
        reply = await send_raw(client.app, "POST", "/notes", headers=JSON_TYPE, body=[b"{"], ends=False, leaves=True)

    assert reply.status == 0


async def test_input_in_the_query_string_of_a_body_operation_is_refused() -> None:
    async with Client(adding()) as client:
        reply = await client.post("/notes?text=a", json={"text": "a"})

    assert reply.status == 400
    assert reply.json()["code"] == "invalid_input"


async def test_the_body_of_a_get_does_not_count() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/say")
    async def say(text: str) -> str:
        """Answer a text."""
        return text

    async with Client(plugin) as client:
        assert (await client.request("GET", "/say?text=a", json={"text": "b"})).json() == "a"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_every_method_with_a_body_takes_path_parameters_beside_it(method: str) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, method=method, path="/notes/{key}")
    async def change(key: str, text: str = "none") -> list[str]:
        """Change a note."""
        return [key, text]

    async with Client(plugin) as client:
        both = await client.request(method, "/notes/a%20b", json={"text": "x"})
        bare = await client.request(method, "/notes/5")
        wrong = await client.request(method, "/notes/5", json={"txt": "x"})

    assert both.json() == ["a b", "x"]
    assert bare.json() == ["5", "none"]
    assert wrong.json()["details"] == [{"field": "txt", "problem": "Unknown field"}]


async def test_a_path_parameter_is_refused_in_the_body() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/notes/{key}")
    async def change(key: str) -> str:
        """Change a note."""
        return key

    async with Client(plugin) as client:
        for body in ({"key": "b"}, {"key": "a"}, {"key": None}):
            reply = await client.post("/notes/a", json=body)
            assert reply.status == 400
            assert "key" in reply.json()["error"]


async def test_whole_numbers_may_be_written_with_a_point() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/add")
    async def add(numbers: list[int], one: int) -> list[int]:
        """Add numbers."""
        return [*numbers, one]

    async with Client(plugin) as client:
        assert (await client.post("/add", json={"numbers": [1.0, 2], "one": 3.0})).json() == [1, 2, 3]
        reply = await client.post("/add", json={"numbers": [1.5], "one": 3.0})
        assert [item["field"] for item in reply.json()["details"]] == ["numbers.0"]
