"""Arrays of messages, which revision 2025-03-26 demands and every other refuses."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from plugwright.protocols.mcp.jsonrpc import INVALID_REQUEST, RpcError, error_reply, id_of, is_response
from plugwright.protocols.mcp.request import Request, check_shape, is_notification, legacy_request
from plugwright.protocols.mcp.revisions import WITHOUT_HEADER
from plugwright.protocols.mcp.server import McpServer, Reply

_MOST = 20


def answer_batch(
    server: McpServer,
    messages: list[Any],
    headers: Mapping[bytes, bytes],
    next_request_id: Callable[[], str],
    sign: Callable[[Request], None] = lambda request: None,  # noqa: ARG005 nobody signs
) -> Awaitable[Reply]:
    """The replies to a batch as one; without a body when nothing wanted a reply. ``sign`` notes who sent a request.

    Raises:
        RpcError: the batch is empty or too long, or the revision has none.
    """
    version = headers.get(b"mcp-protocol-version", WITHOUT_HEADER.version.encode()).strip(b" \t")
    if version != WITHOUT_HEADER.version.encode() or not messages:
        raise RpcError(INVALID_REQUEST, "A message must be a JSON object", status=400)
    if len(messages) > _MOST:
        raise RpcError(INVALID_REQUEST, f"A batch holds at most {_MOST} messages", status=400)
    return _answer_all(server, messages, next_request_id, sign)


async def _answer_all(
    server: McpServer, messages: list[Any], next_request_id: Callable[[], str], sign: Callable[[Request], None]
) -> Reply:
    replies = await asyncio.gather(*(_answer(server, message, next_request_id, sign) for message in messages))
    bodies = [reply for reply in replies if reply is not None]
    return (200, b"[%b]" % b",".join(bodies)) if bodies else (202, b"")


async def _answer(
    server: McpServer, message: Any, next_request_id: Callable[[], str], sign: Callable[[Request], None]
) -> bytes | None:
    if is_response(message):
        return None
    raw_id = id_of(message)
    try:
        fields = check_shape(message)
        if is_notification(fields):
            return None
        if fields["method"] == "initialize":
            return error_reply(raw_id, INVALID_REQUEST, "initialize may not be part of a batch")
        request = legacy_request(fields, WITHOUT_HEADER, next_request_id, raw_id or b"null")
    except RpcError as error:
        return error_reply(raw_id, error.code, error.message, error.data)
    sign(request)
    return (await server.answer(request))[1]
