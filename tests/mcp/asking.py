"""A plugin that asks, and the ways to answer it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from plugwright import Answer, Call, Plugin
from plugwright.testing import Client
from tests.mcp.replies import result_of
from tests.mcp.wire import new_plugin

ALL: dict[str, Any] = {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}


class Name(BaseModel):
    """Who someone is."""

    name: str


def accept(**content: Any) -> dict[str, Any]:
    """An accepted form."""
    return {"action": "accept", "content": content}


def told(answer: Answer) -> str:
    """What an answer says."""
    content: Any = answer.content
    return f"{answer.action} {content.model_dump() if isinstance(content, BaseModel) else content}"


def asking(**questions: Any) -> Plugin:
    """A plugin that asks these questions in a tool, a prompt and a resource, and tells the answers."""
    plugin = new_plugin()

    async def ask(*, call: Call) -> str:
        """Ask."""
        answers = await call.ask(**questions)
        return "; ".join(f"{name}: {told(answer)}" for name, answer in answers.items())

    plugin.operation(effect="write", open_world=False)(ask)
    plugin.prompt(name="ask")(ask)
    plugin.resource("fixture://ask")(ask)
    return plugin


async def ask(client: Client, capabilities: Any = ALL, **params: Any) -> dict[str, Any]:
    """Call the tool that asks; its result."""
    reply = await client.mcp("tools/call", {"name": "ask", **params}, capabilities=capabilities)
    return result_of(reply, "tools/call")


TARGETS: list[tuple[str, dict[str, Any]]] = [
    ("tools/call", {"name": "ask"}),
    ("prompts/get", {"name": "ask"}),
    ("resources/read", {"uri": "fixture://ask"}),
]
