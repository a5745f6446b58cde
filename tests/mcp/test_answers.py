"""Answers to questions: declined, missing, unknown, malformed."""

from __future__ import annotations

from typing import Any

import pytest

from plugwright import Form, LinkToOpen, Message, Roots, Sampling
from plugwright.testing import Client
from tests.mcp.asking import ALL, TARGETS, Name, accept, ask, asking
from tests.mcp.replies import error_of, texts_of


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_person_may_decline_or_cancel(action: str):
    async with Client(asking(who=Form("Who?", Name), page=LinkToOpen("Go", "https://example.com"))) as client:
        answers = {"who": {"action": action}, "page": {"action": action, "content": {"ignored": 1}}}
        (text,) = texts_of(await ask(client, inputResponses=answers))
    assert text == f"who: {action} None; page: {action} None"


async def test_unknown_answers_are_ignored_and_missing_ones_asked_again():
    async with Client(asking(first=Form("First?", Name), second=Form("Second?", Name))) as client:
        result = await ask(client, inputResponses={"other": 7, "wrong": accept(name="x")})
        assert [*result["inputRequests"]] == ["first", "second"]
        result = await ask(client, inputResponses={"first": accept(name="Ada"), "other": None})
        assert [*result["inputRequests"]] == ["second"]
        result = await ask(client, inputResponses={"second": accept(name="Bob")}, requestState=result["requestState"])
    assert texts_of(result) == ["first: accept {'name': 'Ada'}; second: accept {'name': 'Bob'}"]


MALFORMED: list[tuple[Any, list[Any]]] = [
    (
        Form("Who?", Name),
        [
            None,
            7,
            "accept",
            [],
            {},
            {"action": "yes"},
            {"action": None},
            {"action": "accept"},
            {"action": "accept", "content": None},
            {"action": "accept", "content": []},
            accept(),
            accept(name=7),
            accept(name=None),
            accept(nmae="x"),
        ],
    ),
    (LinkToOpen("Go", "https://example.com"), [None, {}, {"action": "accepted"}, [{"action": "accept"}]]),
    (
        Sampling([Message("user", "x")], 5),
        [
            None,
            {},
            "Paris",
            {"role": "assistant"},
            {"role": "system", "content": {"type": "text", "text": "x"}},
            {"role": "user", "content": "x"},
            {"role": "user", "content": {}},
            {"role": "user", "content": {"type": "text"}},
            {"role": "user", "content": [7]},
        ],
    ),
    (
        Roots(),
        [
            None,
            {},
            [],
            {"roots": None},
            {"roots": {}},
            {"roots": "file:///"},
            {"roots": ["file:///"]},
            {"roots": [{}]},
            {"roots": [{"uri": 7}]},
        ],
    ),
]


@pytest.mark.parametrize(
    ("question", "answer"), [(question, answer) for question, wrong in MALFORMED for answer in wrong]
)
async def test_a_malformed_answer_is_a_protocol_error(question: Any, answer: Any):
    async with Client(asking(q=question)) as client:
        for method, params in TARGETS:
            reply = await client.mcp(method, {**params, "inputResponses": {"q": answer}}, capabilities=ALL)
            error_of(reply, -32602, status=200)


@pytest.mark.parametrize("responses", [None, [], "x", 7, True])
async def test_answers_that_are_no_object_are_a_protocol_error(responses: Any):
    async with Client(asking(q=Form("Who?", Name))) as client:
        for method, params in TARGETS:
            reply = await client.mcp(method, {**params, "inputResponses": responses}, capabilities=ALL)
            error_of(reply, -32602, status=200)


async def test_a_malformed_answer_does_not_repeat_what_the_person_wrote():
    async with Client(asking(q=Form("Who?", Name))) as client:
        answers = {"q": accept(name={"secret": "hunter2"})}
        reply = await client.mcp("tools/call", {"name": "ask", "inputResponses": answers}, capabilities=ALL)
    assert "hunter2" not in error_of(reply, -32602, status=200)["message"]
