"""What a chat must not show is taken out of every text that leaves, over every protocol and in every kind of answer."""

import asyncio
import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from pydantic_core import from_json, to_json

from plugwright import Call, Conflict, EmbeddedResource, Message, Plugin, Text
from plugwright.operations.visible_text import clean_json, clean_text
from plugwright.testing import Client
from tests.operations.plugins import giving, new_plugin, plugin_of

HIDDEN = "".join(map(chr, range(0xE0041, 0xE0061)))  # letters as Unicode tags
NASTY = f"be\x00fore\x1b[31mred\x1b[0m\u202etxet\u2066{HIDDEN}\ufeff\x9b\x7f\ud800after"
CLEAN = "beforeredtxetafter"
ROWS = [
    pytest.param("a\x00\x08\x0b\x0c\x1f\x7f\x80\x9fb", "ab", id="control characters"),
    pytest.param("a\tb\nc", "a\tb\nc", id="tab and line feed stay"),
    pytest.param("a\r\nb\rc", "a\nb\nc", id="line ends of other systems"),
    pytest.param("\x1b[1;31mred\x1b[0m \x1b]0;title\x07", "red ]0;title", id="terminal sequences"),
    pytest.param("a\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061cb", "ab", id="bidi"),
    pytest.param(f"a{HIDDEN}\U000e0001\U000e007fb", "ab", id="tags"),
    pytest.param("a\ufeff\u2060\u2061\u2064\u180e\u206a\ufff9b", "ab", id="invisible characters"),
    pytest.param("a\ud800b\udfffc", "abc", id="lone surrogates"),
    pytest.param("a\u200b\u200c\u200d\u200bb", "a\u200bb", id="zero widths in a row"),
    pytest.param("❤\ufe0f\ufe01\U000e0101\U000e0102", "❤\ufe0f", id="selectors in a row"),
    pytest.param("👨\u200d👩\u200d👧 ❤\ufe0f \u0645\u06cc\u200c\u062e 葛\U000e0100", None, id="emoji and scripts stay"),
    pytest.param('\\b "\\u0041" \\r \\\\u001b 東京 ℃ \u3000\u00a0', None, id="what only looks like an escape stays"),
]


@pytest.mark.parametrize(("text", "shown"), ROWS)
async def test_a_text_reaches_a_chat_without_what_it_must_not_show(text: str, shown: str | None) -> None:
    expected = text if shown is None else shown
    assert clean_text(text) == expected
    for annotation, value in ((str, text), (list[str], [text]), (dict[str, Any], {text: [text]})):
        async with Client(plugin_of(giving(annotation, value))) as client:
            reply = await client.get("/give")
            result = (await client.mcp("tools/call", {"name": "give"})).json()["result"]
        answer = {expected: [expected]} if annotation == dict[str, Any] else type(value)([expected])  # pyright: ignore[reportCallIssue, reportArgumentType] of str and list
        if annotation is str:
            answer = expected
        assert reply.json() == answer
        structured = result["structuredContent"]
        assert structured == (answer if isinstance(answer, dict) else {"result": answer})
        text_shown = result["content"][0]["text"]
        assert text_shown == expected if annotation is str else json.loads(text_shown) == answer


class Review(BaseModel):
    """A model with text in it."""

    title: str
    tags: dict[str, str] = {}


async def test_models_and_blocks_are_cleaned_even_where_utf8_cannot_carry_their_texts() -> None:
    review = Review.model_construct(title=NASTY, tags={"a\u202e": NASTY})
    async with Client(plugin_of(giving(Review, review))) as client:
        assert (await client.get("/give")).json() == {"title": CLEAN, "tags": {"a": CLEAN}}
    blocks = [Text(NASTY), EmbeddedResource("sample://a", text=NASTY), EmbeddedResource("sample://b", blob=b"\x1b\x00")]
    async with Client(plugin_of(giving(list[Text | EmbeddedResource], blocks))) as client:
        content = (await client.mcp("tools/call", {"name": "give"})).json()["result"]["content"]
    assert [content[0]["text"], content[1]["resource"]["text"], content[2]["resource"]["blob"]] == [
        CLEAN,
        CLEAN,
        "GwA=",
    ]


def telling() -> Plugin:
    """A plugin that lets nasty text out by every other way."""
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def fail() -> str:
        """Fail."""
        raise Conflict(NASTY, details=[{"field": NASTY, "problem": NASTY}])

    @plugin.operation(effect="read", open_world=False)
    async def tell(*, call: Call) -> str:
        """Tell how it goes."""
        call.progress(1, message=NASTY)
        await asyncio.sleep(0)
        return "done"

    @plugin.resource("sample://text")
    async def text() -> str:
        """Text."""
        return NASTY

    @plugin.resource("sample://data")
    async def data() -> dict[str, str]:
        """Data."""
        return {"a": NASTY}

    @plugin.prompt()
    async def say() -> list[Message]:
        """Say it."""
        return [Message("user", NASTY)]

    _ = (fail, tell, text, data, say)
    return plugin


async def test_errors_resources_prompts_and_progress_are_clean_too() -> None:
    async with Client(telling()) as client:
        refused = (await client.get("/fail")).json()
        failed = (await client.mcp("tools/call", {"name": "fail"})).json()["result"]
        text = (await client.mcp("resources/read", {"uri": "sample://text"})).json()["result"]
        data = (await client.mcp("resources/read", {"uri": "sample://data"})).json()["result"]
        prompt = (await client.mcp("prompts/get", {"name": "say"})).json()["result"]
        told = (await client.mcp("tools/call", {"name": "tell"}, meta={"progressToken": 1})).events()
    assert (refused["error"], refused["details"]) == (CLEAN, [{"field": CLEAN, "problem": CLEAN}])
    assert json.loads(failed["content"][0]["text"])["error"] == CLEAN
    assert text["contents"][0]["text"] == CLEAN
    assert json.loads(data["contents"][0]["text"]) == {"a": CLEAN}
    assert prompt["messages"][0]["content"]["text"] == CLEAN
    assert told[0]["params"]["message"] == CLEAN


async def test_a_widget_is_served_as_its_author_wrote_it() -> None:
    plugin = new_plugin()
    page = "<!doctype html>\r\n<html lang=en><title>\u200f\ufeffP</title>"
    plugin.widget("ui://sample/page-v1.html", html=page, title="Page", description="A page.")
    async with Client(plugin) as client:
        read = (await client.mcp("resources/read", {"uri": "ui://sample/page-v1.html"})).json()["result"]
    assert read["contents"][0]["text"] == page


ALPHABET = '\\"ubrfn0019ab[;m/ !@\x1b\x00\x08\r\n\t\u202e\U000e0041\u200d\u200c\ufe0fé京'


def listed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner) | st.dictionaries(st.text(), inner)


@given(st.text(st.sampled_from(ALPHABET), max_size=12))
def test_json_is_cleaned_as_the_text_in_it_would_be_and_once_is_enough(text: str) -> None:
    shown = clean_text(text)
    assert from_json(clean_json(to_json(text))) == shown
    assert clean_text(shown) == shown


@given(st.recursive(st.none() | st.integers() | st.text(), listed))
def test_what_is_cleaned_is_still_json_and_keeps_its_numbers(data: Any) -> None:
    cleaned = from_json(clean_json(to_json(data)))
    assert type(cleaned) is type(data)
    if isinstance(data, int):
        assert cleaned == data


async def test_a_constrained_text_is_cleaned_like_any_other() -> None:
    give = giving(Annotated[str, Field(max_length=50)], "a\u202eb")
    async with Client(plugin_of(give)) as client:
        assert (await client.get("/give")).json() == "ab"
