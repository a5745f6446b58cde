"""Questions in the middle of a call: the call ends with them, and the client repeats it with the answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from plugwright import Call, CannotAsk, Form, LinkToOpen, Message, Roots, Sampling, Text
from plugwright.testing import Client
from tests.mcp.asking import ALL, TARGETS, Name, accept, ask, asking
from tests.mcp.replies import error_of, failure_of, result_of, texts_of
from tests.mcp.wire import legacy, new_plugin


class Everything(BaseModel):
    """A form with every kind of field."""

    name: Annotated[str, Field(title="Your name", description="As in your passport", min_length=1, max_length=50)]
    email: Annotated[str, Field(json_schema_extra={"format": "email"})]
    age: Annotated[int, Field(ge=0, le=150)] = 30
    score: float = 9.5
    sure: bool = True
    colour: Literal["red", "green"] = "red"
    nickname: str | None = None
    tags: list[Literal["a", "b"]] = Field(default_factory=list[Literal["a", "b"]])


async def test_a_form_is_asked_with_a_flat_schema():
    async with Client(asking(form=Form("Who are you?", Everything))) as client:
        result = await ask(client)
    assert result["resultType"] == "input_required"
    assert "requestState" not in result
    request = result["inputRequests"]["form"]
    assert request["method"] == "elicitation/create"
    assert (request["params"]["mode"], request["params"]["message"]) == ("form", "Who are you?")
    schema = request["params"]["requestedSchema"]
    assert set(schema) == {"type", "properties", "required"}
    assert schema["required"] == ["name", "email"]
    properties = schema["properties"]
    assert properties["name"] == {
        "type": "string",
        "title": "Your name",
        "description": "As in your passport",
        "minLength": 1,
        "maxLength": 50,
    }
    assert properties["email"]["format"] == "email"
    assert (properties["age"]["type"], properties["age"]["default"], properties["age"]["maximum"]) == (
        "integer",
        30,
        150,
    )
    assert (properties["score"]["type"], properties["score"]["default"]) == ("number", 9.5)
    assert (properties["sure"]["type"], properties["sure"]["default"]) == ("boolean", True)
    assert (properties["colour"]["type"], properties["colour"]["enum"]) == ("string", ["red", "green"])
    assert properties["nickname"]["type"] == "string"
    assert "default" not in properties["nickname"]
    assert (properties["tags"]["type"], properties["tags"]["items"]["enum"]) == ("array", ["a", "b"])
    assert "$ref" not in str(schema)
    assert "anyOf" not in str(schema)


async def test_every_kind_of_question_is_asked_and_answered():
    plugin = asking(
        who=Form("Who?", Name),
        page=LinkToOpen("Please sign in", "https://example.com/sign-in"),
        model=Sampling([Message("user", "Capital of France?"), {"role": "user", "content": Text("x").block()}], 100),
        folders=Roots(),
    )
    sampled = {"role": "assistant", "content": {"type": "text", "text": "Paris"}, "model": "m", "stopReason": "endTurn"}
    async with Client(plugin) as client:
        requests = (await ask(client))["inputRequests"]
        assert requests["who"]["params"]["mode"] == "form"
        assert requests["page"] == {
            "method": "elicitation/create",
            "params": {"mode": "url", "message": "Please sign in", "url": "https://example.com/sign-in"},
        }
        assert requests["model"]["method"] == "sampling/createMessage"
        assert requests["model"]["params"]["maxTokens"] == 100
        assert [message["content"]["text"] for message in requests["model"]["params"]["messages"]] == [
            "Capital of France?",
            "x",
        ]
        assert requests["folders"] == {"method": "roots/list", "params": {}}
        answers = {
            "who": accept(name="Ada"),
            "page": {"action": "accept"},
            "model": sampled,
            "folders": {"roots": [{"uri": "file:///home", "name": "home"}]},
        }
        (text,) = texts_of(await ask(client, inputResponses=answers))
    assert text == (
        "who: accept {'name': 'Ada'}; page: accept None; "
        f"model: accept {sampled}; folders: accept [{{'uri': 'file:///home', 'name': 'home'}}]"
    )


NEEDS: list[tuple[str, Any, dict[str, Any], list[dict[str, Any]]]] = [
    ("form", Form("Who?", Name), {"elicitation": {"form": {}}}, [{"elicitation": {}}, {"elicitation": {"form": {}}}]),
    (
        "link",
        LinkToOpen("Go", "https://example.com"),
        {"elicitation": {"url": {}}},
        [{"elicitation": {"url": {}}}, {"elicitation": {"form": {}, "url": {}}}],
    ),
    (
        "sampling",
        Sampling([Message("user", "x")], 5),
        {"sampling": {}},
        [{"sampling": {}}, {"sampling": {"tools": {}}}],
    ),
    ("roots", Roots(), {"roots": {}}, [{"roots": {}}, {"roots": {"listChanged": True}}]),
]
LACKING: dict[str, list[dict[str, Any]]] = {
    "form": [{}, {"sampling": {}, "roots": {}}, {"elicitation": {"url": {}}}, {"elicitation": None}],
    "link": [{}, {"elicitation": {}}, {"elicitation": {"form": {}}}],
    "sampling": [{}, {"elicitation": {}, "roots": {}}, {"sampling": True}],
    "roots": [{}, {"elicitation": {}, "sampling": {}}, {"roots": []}],
}


@pytest.mark.parametrize(("kind", "question", "required", "enough"), NEEDS)
@pytest.mark.parametrize("target", TARGETS, ids=[method for method, _ in TARGETS])
async def test_only_what_this_request_declares_is_asked(
    target: tuple[str, dict[str, Any]], kind: str, question: Any, required: Any, enough: Any
):
    method, params = target
    async with Client(asking(q=question)) as client:
        for capabilities in enough:
            result = result_of(await client.mcp(method, params, capabilities=capabilities), method)
            assert [*result["inputRequests"]] == ["q"]
            assert "ttlMs" not in result
        for capabilities in LACKING[kind]:
            error = error_of(await client.mcp(method, params, capabilities=capabilities), -32021, status=400)
            assert error["data"] == {"requiredCapabilities": required}


async def test_all_missing_capabilities_are_named_at_once():
    plugin = asking(
        a=Form("x", Name), b=LinkToOpen("x", "https://example.com"), c=Sampling([Message("user", "x")], 1), d=Roots()
    )
    async with Client(plugin) as client:
        error = error_of(await client.mcp("tools/call", {"name": "ask"}), -32021, status=400)
        assert error["data"] == {
            "requiredCapabilities": {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}
        }
        capabilities: dict[str, Any] = {"elicitation": {}, "roots": {}}
        error = error_of(await client.mcp("tools/call", {"name": "ask"}, capabilities=capabilities), -32021, status=400)
        assert error["data"] == {"requiredCapabilities": {"elicitation": {"url": {}}, "sampling": {}}}


async def test_a_handler_may_ask_something_else_when_the_client_cannot_be_asked():
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False)
    async def ask_either(*, call: Call) -> str:
        """Ask the person or the model."""
        try:
            await call.ask(who=Form("Who?", Name))
        except CannotAsk:
            await call.ask(model=Sampling([Message("user", "Who?")], 10))
        return "answered"

    async with Client(plugin) as client:
        reply = await client.mcp("tools/call", {"name": "ask_either"}, capabilities={"sampling": {}})
        assert [*result_of(reply, "tools/call")["inputRequests"]] == ["model"]


async def test_rounds_follow_each_other_and_earlier_answers_travel_in_the_state():
    plugin = new_plugin()
    rounds: list[dict[str, Any]] = []

    @plugin.operation(effect="write", open_world=False)
    async def interview(subject: str, *, call: Call) -> str:
        """Ask one thing after the other."""
        rounds.append(dict(call.remembered))
        one = await call.ask(one=Form("One?", Name), remember={"round": 1, "subject": subject})
        two = await call.ask(two=Form("Two?", Name), remember={"round": 2, "list": [1, {"ü": None}]})
        three = await call.ask(three=Form("Three?", Name))
        return ", ".join(answer.content.name for answer in (one["one"], two["two"], three["three"]))

    asked: list[str] = []
    params: dict[str, Any] = {"name": "interview", "arguments": {"subject": "x"}}
    async with Client(plugin) as client:
        result: dict[str, Any] = {"inputRequests": {}}
        while "inputRequests" in result and len(asked) < 5:
            result = result_of(await client.mcp("tools/call", params, capabilities=ALL), "tools/call")
            for key in result.get("inputRequests", {}):
                asked.append(key)
                params["inputResponses"] = {key: accept(name=key.upper())}
                params["requestState"] = result["requestState"]
    assert asked == ["one", "two", "three"]
    assert texts_of(result) == ["ONE, TWO, THREE"]
    second = {"round": 2, "list": [1, {"ü": None}]}
    assert rounds == [{}, {"round": 1, "subject": "x"}, second, second]


async def test_prompts_and_resources_are_completed_by_an_answer():
    async with Client(asking(q=Form("Who?", Name))) as client:
        answers = {"inputResponses": {"q": accept(name="Ada")}}
        reply = await client.mcp("prompts/get", {"name": "ask", **answers}, capabilities=ALL)
        (message,) = result_of(reply, "prompts/get")["messages"]
        assert message["content"]["text"] == "q: accept {'name': 'Ada'}"
        reply = await client.mcp("resources/read", {"uri": "fixture://ask", **answers}, capabilities=ALL)
        (content,) = result_of(reply, "resources/read")["contents"]
        assert content["text"] == "q: accept {'name': 'Ada'}"


async def test_a_question_after_progress_ends_the_stream_as_an_event_and_is_never_a_request():
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False)
    async def ask_late(*, call: Call) -> str:
        """Ask after a while."""
        call.progress(1)
        await call.ask(q=Form("Who?", Name))
        return "answered"

    async with Client(plugin) as client:
        reply = await client.mcp("tools/call", {"name": "ask_late"}, capabilities=ALL, meta={"progressToken": 1})
    progress, last = reply.events()
    assert progress["method"] == "notifications/progress"
    assert "method" not in last
    assert last["result"]["resultType"] == "input_required"


async def test_over_rest_and_for_handshake_clients_a_question_is_refused():
    async with Client(asking(q=Form("Who?", Name))) as client:
        result = result_of(await legacy(client, "tools/call", {"name": "ask"}), "tools/call", "2025-11-25")
        assert failure_of(result)["code"] == "cannot_ask"
        reply = await client.post("/ask", json={})
        assert (reply.status, reply.json()["code"]) == (409, "cannot_ask")


async def test_other_methods_cannot_be_given_answers():
    async with Client(asking(q=Form("Who?", Name))) as client:
        params = {"inputResponses": None, "requestState": "nonsense"}
        result_of(await client.mcp("tools/list", params, capabilities=ALL), "tools/list")
        result_of(await client.mcp("server/discover", params, capabilities=ALL), "server/discover")
