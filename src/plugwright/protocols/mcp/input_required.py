"""Questions in the middle of a call: results of type ``input_required``, and the answers that come back.

MCP specification 2026-07-28, "Multi round-trip requests". Only ``tools/call``, ``prompts/get`` and
``resources/read`` may ask.
"""

from collections.abc import Mapping
from typing import Any

from plugwright.calls.questions import Form, InputRequired, LinkToOpen, Question, Roots, Sampling, form_schema
from plugwright.operations.content import Message
from plugwright.protocols.mcp.exchange import McpExchange
from plugwright.protocols.mcp.jsonrpc import INVALID_PARAMS, RpcError
from plugwright.protocols.mcp.request import Request
from plugwright.protocols.mcp.request_state import State, StateSealer


def exchange_for(request: Request, target: str, sealer: StateSealer) -> McpExchange:
    """The exchange of a request, with the answers that it brings back.

    Raises:
        RpcError: ``inputResponses`` is no object, or the state is not one of ours.
    """
    params = request.params
    if not request.revision.is_modern:
        return McpExchange(request)
    if "requestState" not in params and "inputResponses" not in params:
        return McpExchange(request, {})
    given: dict[str, Any] = {}
    remembered: Mapping[str, Any] = {}
    if "requestState" in params:
        state = sealer.open(
            params["requestState"],
            method=request.method,
            target=target,
            arguments=params.get("arguments"),
            principal=request.principal,
        )
        given |= state.answers
        remembered = state.remember
    responses = params.get("inputResponses", {})
    if not isinstance(responses, dict):
        raise RpcError(INVALID_PARAMS, "inputResponses must be an object")
    return McpExchange(request, given | responses, remembered)


def input_required_result(request: Request, target: str, asked: InputRequired, sealer: StateSealer) -> dict[str, Any]:
    """The result that ends this round. There is a state only when there is something to carry."""
    result: dict[str, Any] = {
        "resultType": "input_required",
        "inputRequests": {name: _input_request(question) for name, question in asked.questions.items()},
    }
    if asked.answered or asked.remember:
        state = State(asked.answered, asked.remember)
        result["requestState"] = sealer.seal(
            state,
            method=request.method,
            target=target,
            arguments=request.params.get("arguments"),
            principal=request.principal,
        )
    return result


def _input_request(question: Question) -> dict[str, Any]:
    match question:
        case Form(message=message):
            params = {"mode": "form", "message": message, "requestedSchema": form_schema(question)}
            return {"method": "elicitation/create", "params": params}
        case LinkToOpen(message=message, url=url):
            return {"method": "elicitation/create", "params": {"mode": "url", "message": message, "url": url}}
        case Sampling(messages=messages, max_tokens=max_tokens, options=options):
            texts = [item.as_json() if isinstance(item, Message) else dict(item) for item in messages]
            return {
                "method": "sampling/createMessage",
                "params": {**options, "messages": texts, "maxTokens": max_tokens},
            }
        case Roots():
            return {"method": "roots/list", "params": {}}
