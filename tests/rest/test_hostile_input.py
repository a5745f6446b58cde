"""Input that is made to be costly, or to mean something else than it says."""

import time
from typing import Any

import pytest

from plugwright.testing import Client
from tests.web.plugins import doing


async def test_braces_in_a_path_are_a_value() -> None:
    async def do(key: str) -> str:
        return key

    async with Client(doing(do, path="/items/{key}")) as client:
        assert (await client.get("/items/%7B%7D")).json() == "{}"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_path_parameter_beside_a_body_is_typed(method: str) -> None:
    async def do(key: int, flag: bool, text: str = "none") -> list[Any]:
        return [key, flag, text]

    async with Client(doing(do, effect="write", method=method, path="/items/{key}/{flag}")) as client:
        assert (await client.request(method, "/items/5/true", json={"text": "x"})).json() == [5, True, "x"]
        assert (await client.request(method, "/items/5/true")).json() == [5, True, "none"]
        reply = await client.request(method, "/items/x/true", json={"text": "x"})
        assert [item["field"] for item in reply.json()["details"]] == ["key"]


async def test_many_faults_cost_little() -> None:
    async def do(items: list[str]) -> None:
        del items

    async with Client(doing(do, effect="write")) as client:
        started = time.process_time()
        reply = await client.post("/do", json={"items": [1] * 200_000})
        took = time.process_time() - started
    assert reply.status == 400
    assert len(reply.body) < 100_000
    assert took < 1.5


@pytest.mark.parametrize("value", ["1%D9%A3", "%D9%A3", "9" * 5000])
async def test_a_strange_integer_is_refused_by_field(value: str) -> None:
    async def do(number: int) -> int:
        return number

    async with Client(doing(do)) as client:
        reply = await client.get(f"/do?number={value}")
    assert (reply.status, reply.json()["code"]) == (400, "invalid_input")
    assert [item["field"] for item in reply.json()["details"]] == ["number"]


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity"])
async def test_nan_is_no_json(word: bytes) -> None:
    async def do(data: dict[str, Any]) -> Any:
        return data

    async with Client(doing(do, effect="write")) as client:
        reply = await client.request(
            "POST", "/do", body=b'{"data":{"x":%s}}' % word, headers={"content-type": "application/json"}
        )
    assert reply.status == 400


async def test_every_wrong_input_names_its_field() -> None:
    async def do(key: str, text: str = "") -> None:
        del key, text

    async with Client(doing(do, effect="write", path="/do/{key}")) as client:
        for reply in (
            await client.post("/do/a", json=[]),
            await client.post("/do/a", json={"key": "b"}),
        ):
            assert reply.status == 400
            assert len(reply.json()["details"]) == 1


async def test_a_text_may_say_nan() -> None:
    async def do(data: dict[str, str]) -> dict[str, str]:
        return data

    async with Client(doing(do, effect="write")) as client:
        assert (await client.post("/do", json={"data": {"x": "NaN, -Infinity"}})).json() == {"x": "NaN, -Infinity"}
