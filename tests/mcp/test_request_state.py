"""``requestState``: sealed, short-lived, and of use for the one call it belongs to."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from plugwright import Call, Form, Plugin
from plugwright.protocols.mcp.jsonrpc import RpcError
from plugwright.protocols.mcp.request_state import State, StateSealer
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of, texts_of
from tests.mcp.wire import new_plugin

OLD, NEW, OTHER = "old" * 12, "new" * 12, "other" * 8
CALL: Any = {
    "method": "tools/call",
    "target": "delete",
    "arguments": {"dir": "a", "n": [1, {"b": 2, "a": 1}]},
}
STATE = State({"confirm": {"action": "accept", "content": {"ok": True}}}, {"round": 1, "ü": None})


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def sealer(*secrets: str, clock: Clock | None = None, audience: str = "https://h.example/mcp") -> StateSealer:
    """A sealer of some secrets."""
    return StateSealer(secrets or (NEW,), audience=audience, now=clock or Clock())


def refused(by: StateSealer, text: Any, **call: Any) -> bool:
    """Whether a state is refused, with the one message that there is."""
    bound: Any = {**CALL, **call}
    with pytest.raises(RpcError, match=r"^Invalid or expired requestState$") as caught:
        by.open(text, **bound)
    return caught.value.code == -32602


def test_a_state_comes_back_as_it_was_and_hides_what_it_holds():
    text = sealer().seal(STATE, **CALL)
    assert sealer().open(text, **CALL) == STATE
    assert text.isascii()
    assert text.startswith("v1.")
    payload = text.rsplit(".", 1)[1]
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    assert b"confirm" not in raw
    assert text != sealer().seal(STATE, **CALL)


def test_the_order_of_arguments_does_not_matter():
    text = sealer().seal(STATE, **CALL)
    assert sealer().open(text, **(CALL | {"arguments": {"n": [1, {"a": 1, "b": 2}], "dir": "a"}})) == STATE


@pytest.mark.parametrize(
    "call",
    [
        {"method": "prompts/get"},
        {"method": "resources/read"},
        {"target": "delete_all"},
        {"target": ""},
        {"arguments": {"dir": "b", "n": [1, {"b": 2, "a": 1}]}},
        {"arguments": {"dir": "a", "n": [1, {"b": 2, "a": "1"}]}},
        {"arguments": {}},
        {"arguments": None},
        {"method": "tools/call\ndelete", "target": ""},
    ],
)
def test_a_state_belongs_to_its_method_target_and_arguments(call: dict[str, Any]):
    assert refused(sealer(), sealer().seal(STATE, **CALL), **call)


def test_a_state_of_another_server_or_secret_is_refused():
    text = sealer().seal(STATE, **CALL)
    assert refused(sealer(audience="https://other.example/mcp"), text)
    assert refused(sealer(OTHER), text)
    # Claiming another key does not help either.
    version, _, payload = text.split(".")
    other_key = sealer(OTHER).seal(STATE, **CALL).split(".")[1]
    assert refused(sealer(OTHER), f"{version}.{other_key}.{payload}")


def test_a_state_expires_after_ten_minutes():
    clock = Clock()
    by = sealer(clock=clock)
    text = by.seal(STATE, **CALL)
    clock.now += 600
    assert by.open(text, **CALL) == STATE
    clock.now += 1.5
    assert refused(by, text)


def test_secrets_rotate_without_losing_calls_in_progress():
    clock = Clock()
    old = sealer(OLD, clock=clock).seal(STATE, **CALL)
    both = sealer(NEW, OLD, clock=clock)
    assert both.open(old, **CALL) == STATE
    new = both.seal(STATE, **CALL)
    assert sealer(NEW, clock=clock).open(new, **CALL) == STATE
    assert refused(sealer(OLD, clock=clock), new)
    assert refused(sealer(NEW, clock=clock), old)


@given(position=st.integers(0, 10_000), character=st.sampled_from("ABCxyz019-_.=+/ é\x00"))
def test_a_state_with_one_character_changed_is_refused(position: int, character: str):
    text = sealer().seal(STATE, **CALL)
    position %= len(text)
    if text[position] != character:
        assert refused(sealer(), text[:position] + character + text[position + 1 :])


@given(st.one_of(st.text(max_size=200), st.none(), st.integers(), st.lists(st.integers()), st.just("v1.")))
def test_what_is_no_state_is_refused(text: Any):
    assert refused(sealer(), text)


def test_a_state_cut_or_grown_is_refused():
    text = sealer().seal(STATE, **CALL)
    for wrong in (text[:-2], text[:10], text + "AAAA", text + "-TAMPERED", text[3:], "v2" + text[2:], text * 2, ".."):
        assert refused(sealer(), wrong)
    assert refused(sealer(), "v1." + text.split(".")[1] + "." + "A" * 1_000_000)


class Confirmation(BaseModel):
    """Whether someone agrees."""

    ok: bool


def deleting() -> Plugin:
    """A plugin with two tools and a prompt that ask before they go on."""
    plugin = new_plugin()

    async def delete(folder: str, *, call: Call) -> str:
        """Delete a folder."""
        await call.ask(confirm=Form("Sure?", Confirmation), remember={"folder": folder})
        return f"{folder} {dict(call.remembered)}"

    for name in ("delete", "erase"):
        plugin.operation(effect="destroy", open_world=False, name=name)(delete)
    plugin.prompt(name="delete")(delete)
    return plugin


def settings(secret: str, previous: str | None = None, url: str = "http://127.0.0.1:8000") -> Settings:
    """Settings with secrets."""
    return Settings(
        public_url=url,
        secret=SecretStr(secret),
        previous_secret=None if previous is None else SecretStr(previous),
    )


ANSWERS = {"confirm": {"action": "accept", "content": {"ok": True}}}


async def first_round(client: Client) -> str:
    """The state that the first round ends with."""
    params = {"name": "delete", "arguments": {"folder": "a"}}
    reply = await client.mcp("tools/call", params, capabilities={"elicitation": {}})
    return result_of(reply, "tools/call")["requestState"]


async def second_round(client: Client, state: Any, method: str = "tools/call", **changed: Any) -> Any:
    """The reply to the repeated call, with something changed perhaps."""
    params = {"name": "delete", "arguments": {"folder": "a"}, "inputResponses": ANSWERS, "requestState": state}
    return await client.mcp(method, params | changed, capabilities={"elicitation": {}})


async def test_another_process_with_the_same_secret_goes_on_with_the_call():
    async with Client(deleting(), settings(NEW)) as client:
        state = await first_round(client)
    async with Client(deleting(), settings(NEW)) as client:
        reply = await second_round(client, state)
        assert texts_of(result_of(reply, "tools/call")) == ["a {'folder': 'a'}"]
    async with Client(deleting(), settings(OTHER, NEW)) as client:
        assert texts_of(result_of(await second_round(client, state), "tools/call")) == ["a {'folder': 'a'}"]
    for other in (settings(OTHER), settings(NEW, url="http://localhost:9000")):
        async with Client(deleting(), other) as client:
            error_of(await second_round(client, state), -32602, status=200)


async def test_without_a_secret_each_process_has_its_own():
    async with Client(deleting()) as client:
        state = await first_round(client)
        result_of(await second_round(client, state), "tools/call")
    async with Client(deleting()) as client:
        error_of(await second_round(client, state), -32602, status=200)


@pytest.mark.parametrize(
    ("method", "changed"),
    [
        ("tools/call", {"name": "erase"}),
        ("tools/call", {"arguments": {"folder": "b"}}),
        ("prompts/get", {}),
        ("tools/call", {"requestState": None}),
        ("tools/call", {"requestState": ""}),
        ("tools/call", {"requestState": 7}),
        ("tools/call", {"requestState": {}}),
    ],
)
async def test_a_state_is_refused_for_another_call(method: str, changed: dict[str, Any]):
    async with Client(deleting()) as client:
        error = error_of(await second_round(client, await first_round(client), method, **changed), -32602, status=200)
    assert error["message"] == "Invalid or expired requestState"


async def test_an_expired_state_is_refused_over_http(monkeypatch: pytest.MonkeyPatch):
    clock = Clock(time.time())
    monkeypatch.setattr(time, "time", clock)
    async with Client(deleting()) as client:
        state = await first_round(client)
        clock.now += 601.5
        error_of(await second_round(client, state), -32602, status=200)


async def test_a_state_that_was_issued_is_accepted_however_long():
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False)
    async def asks(*, call: Call) -> str:
        """Ask twice."""
        await call.ask(one=Form("One?", Confirmation))
        await call.ask(two=Form("Two?", Confirmation))
        return "done"

    capabilities: dict[str, Any] = {"elicitation": {}}
    async with Client(plugin) as client:
        answers = {"one": {"action": "accept", "content": {"ok": True, "why": "x" * 100_000}}}
        reply = await client.mcp("tools/call", {"name": "asks", "inputResponses": answers}, capabilities=capabilities)
        state = result_of(reply, "tools/call")["requestState"]
        answers = {"two": {"action": "accept", "content": {"ok": True}}}
        params = {"name": "asks", "inputResponses": answers, "requestState": state}
        assert texts_of(result_of(await client.mcp("tools/call", params, capabilities=capabilities), "tools/call")) == [
            "done"
        ]


async def test_unknown_answers_are_not_carried_on():
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False)
    async def asks(*, call: Call) -> str:
        """Ask twice."""
        await call.ask(one=Form("One?", Confirmation))
        await call.ask(two=Form("Two?", Confirmation))
        return "done"

    async with Client(plugin) as client:
        lengths: list[int] = []
        for more in ({}, {"unknown": "x" * 10_000}):
            answers = {"one": {"action": "accept", "content": {"ok": True}}, **more}
            reply = await client.mcp(
                "tools/call", {"name": "asks", "inputResponses": answers}, capabilities={"elicitation": {}}
            )
            lengths.append(len(result_of(reply, "tools/call")["requestState"]))
    assert lengths[0] == lengths[1]
