"""An answer is never longer than a chat takes: texts are cut and say so, data is refused with the mend."""

from typing import Any

import pytest
from pydantic_core import from_json

from plugwright import Image, SetupError, Text
from plugwright.testing import Client
from tests.operations.plugins import giving, plugin_of


async def answered(annotation: Any, value: Any, **options: Any) -> tuple[int, Any]:
    async with Client(plugin_of(giving(annotation, value), **options)) as client:
        reply = await client.request("GET" if options.get("effect", "read") == "read" else "POST", "/give")
    assert len(reply.text) < 100_000
    return reply.status, reply.json()


@pytest.mark.parametrize("letter", ["a", "京", '"', "\\", "\n"])
@pytest.mark.parametrize("length", [95_000, 200_000])
async def test_a_text_is_cut_at_its_end_and_says_so(letter: str, length: int) -> None:
    status, text = await answered(str, letter * length)
    assert status == 200
    kept, _, notice = text.partition(" … ")
    assert set(kept) == {letter}
    assert notice == f"[cut: {len(kept)} of {length} characters]"


@pytest.mark.parametrize("odd", [0, 1])
async def test_a_text_is_never_cut_inside_an_escape(odd: int) -> None:
    _, text = await answered(str, "a" * odd + "\\" * 300, answer_limit=200)
    assert text.endswith(f" of {300 + odd} characters]")


async def test_what_just_fits_is_left_alone() -> None:
    assert await answered(str, "京" * 94_998) == (200, "京" * 94_998)
    assert (await answered(list[str], ["京" * 94_996]))[0] == 200


async def test_data_that_is_too_long_is_refused_and_the_caller_told_to_ask_for_less() -> None:
    status, body = await answered(list[int], list(range(50_000)))
    assert (status, body["code"]) == (400, "answer_too_long")
    assert "ask for less" in body["error"]
    async with Client(plugin_of(giving(list[int], list(range(50_000))))) as client:
        result = (await client.mcp("tools/call", {"name": "give"})).json()["result"]
    assert result["isError"] is True
    assert from_json(result["content"][0]["text"])["code"] == "answer_too_long"


async def test_a_write_whose_answer_is_too_long_says_that_it_was_done() -> None:
    _, body = await answered(list[int], list(range(50_000)), effect="write")
    assert "was carried out and must not be repeated" in body["error"]


async def test_the_texts_of_content_blocks_share_the_bound_and_pictures_are_not_counted() -> None:
    blocks = [Text("a" * 90_000), Image(b"\0" * 200_000, "image/png"), Text("b" * 9_000), Text("c")]
    async with Client(plugin_of(giving(list[Text | Image], blocks))) as client:
        content = (await client.mcp("tools/call", {"name": "give"})).json()["result"]["content"]
    assert content[0]["text"] == "a" * 90_000
    assert len(content[1]["data"]) > 200_000
    assert content[2]["text"].startswith("bbb")
    assert content[2]["text"].endswith("[cut: 4940 of 9000 characters]")
    assert content[3]["text"] == " … [cut: 0 of 1 characters]"
    assert sum(len(block.get("text", "")) for block in content) < 96_000


async def test_an_author_sets_the_bound_of_an_operation() -> None:
    async with Client(plugin_of(giving(list[int], list(range(50_000))), answer_limit=400_000)) as client:
        assert (await client.get("/give")).status == 200
    status, body = await answered(dict[str, str], {"a": "b" * 300}, answer_limit=300)
    assert (status, body["code"]) == (400, "answer_too_long")


@pytest.mark.parametrize("limit", [0, 199, True, "many"])
def test_a_bound_that_no_notice_fits_into_is_refused(limit: Any) -> None:
    with pytest.raises(SetupError, match="answer_limit must be a number of characters"):
        plugin_of(giving(str, "a"), answer_limit=limit)
