"""``prompts/list`` and ``prompts/get``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from plugwright.calls.plan import Plan
from plugwright.calls.questions import InputRequired
from plugwright.errors import CallError, PlugwrightError
from plugwright.json_types import is_object
from plugwright.operations.content import Message
from plugwright.operations.prompt import Prompt
from plugwright.operations.texts import Encode, text_encoders, texts_to_json
from plugwright.operations.visible_text import clean_data
from plugwright.protocols.mcp.blocks import block_for
from plugwright.protocols.mcp.input_required import exchange_for, input_required_result
from plugwright.protocols.mcp.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, RpcError
from plugwright.protocols.mcp.paging import PagedList
from plugwright.protocols.mcp.request import Request
from plugwright.protocols.mcp.request_state import StateSealer
from plugwright.protocols.mcp.results import Results
from plugwright.protocols.mcp.revisions import Revision
from plugwright.protocols.mcp.tools import protocol_error_of


@dataclass(frozen=True, slots=True)
class _Entry:
    prompt: Prompt
    plan: Plan
    encoders: Mapping[str, Encode]


class Prompts:
    """The prompts of a plugin, by name."""

    def __init__(self, prompts: list[tuple[Prompt, Plan]], results: Results, sealer: StateSealer) -> None:
        self._results = results
        self._sealer = sealer
        self._entries = {
            prompt.name: _Entry(prompt, plan, text_encoders(prompt.handler.input)) for prompt, plan in prompts
        }
        self._lists: dict[bool, PagedList] = {}

    def list(self, request: Request) -> bytes:
        """``prompts/list``."""
        revision = request.revision
        listed = self._lists.get(revision.has_titles)
        if listed is None:
            listed = PagedList([(name, _descriptor(entry.prompt, revision)) for name, entry in self._entries.items()])
            self._lists[revision.has_titles] = listed
        return self._results.listed(revision, "prompts", *listed.page(request.params.get("cursor")))

    async def get(self, request: Request) -> bytes:
        """``prompts/get``."""
        name = request.params.get("name")
        entry = self._entries.get(name) if isinstance(name, str) else None
        if entry is None:
            raise RpcError(INVALID_PARAMS, f"Unknown prompt: {name!r}"[:200])
        arguments: Any = request.params.get("arguments")
        if arguments is None:
            arguments = {}
        if not is_object(arguments) or not all(isinstance(value, str) for value in arguments.values()):
            raise RpcError(INVALID_PARAMS, "params.arguments must be an object of texts")
        exchange = exchange_for(request, entry.prompt.name, self._sealer)
        try:
            value = await entry.plan.run(texts_to_json(arguments, entry.encoders), exchange)
        except InputRequired as asked:
            result = input_required_result(request, entry.prompt.name, asked, self._sealer)
            return self._results.input_required(result)
        except CallError as error:
            raise protocol_error_of(error, request) or RpcError(INVALID_PARAMS, error.message) from None
        except PlugwrightError as error:
            raise protocol_error_of(error, request) or RpcError(INTERNAL_ERROR, error.message) from None
        messages = [message | {"content": block_for(message["content"], request.revision)} for message in value]
        return self._results.complete(request, {"description": entry.prompt.description, "messages": messages})


def prompt_messages(value: Any) -> list[dict[str, Any]]:
    """What a prompt's function returned, as messages: a text alone is one message of the user.

    Raises:
        TypeError: it is neither a text nor a list of `Message`.
    """
    messages = [Message("user", value)] if isinstance(value, str) else list(value)
    for message in messages:
        if not isinstance(message, Message):
            raise TypeError(f"a prompt returns a text or a list of Message, not {type(message).__name__}")
    return clean_data([message.as_json() for message in messages])


def _descriptor(prompt: Prompt, revision: Revision) -> bytes:
    entry: dict[str, Any] = {"name": prompt.name}
    if revision.has_titles and prompt.title is not None:
        entry["title"] = prompt.title
    taken = prompt.handler.input
    entry["description"] = prompt.description
    entry["arguments"] = [
        {"name": name, "description": schema.get("description", ""), "required": name in taken.required}
        for name, schema in taken.properties.items()
    ]
    return to_json(entry)
