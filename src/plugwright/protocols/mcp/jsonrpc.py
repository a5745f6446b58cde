"""JSON-RPC 2.0 on the wire: decoding a body, and replies spliced around bytes that are JSON already."""

from typing import Any

from pydantic_core import from_json, to_json

from plugwright.json_types import is_object
from plugwright.operations.visible_text import encode_clean

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
RESOURCE_NOT_FOUND = -32002  # handshake revisions only
HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022


class RpcError(Exception):
    """A protocol error: code, message, data, and the HTTP status it has in the modern era."""

    def __init__(self, code: int, message: str, *, data: Any = None, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        self.status = status


def decode(body: bytes) -> Any:
    """A body as data.

    Raises:
        RpcError: it is not UTF-8 JSON, or nested too deeply.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise RpcError(PARSE_ERROR, f"The body is not valid JSON: {error}", status=400) from None


def is_response(message: Any) -> bool:
    """Whether a message answers a request instead of being one."""
    return is_object(message) and "method" not in message and ("result" in message or "error" in message)


def id_of(message: Any) -> bytes | None:
    """The JSON of a message's id, or nothing when it has none that could be repeated."""
    value = message.get("id") if is_object(message) else None
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return to_json(value)
    return None


def result_reply(request_id: bytes, result: bytes) -> bytes:
    """A reply around a result's JSON."""
    return b"".join((b'{"jsonrpc":"2.0","id":', request_id, b',"result":', result, b"}"))


def error_reply(request_id: bytes | None, code: int, message: str, data: Any = None) -> bytes:
    """An error reply. An unreadable id is left out: the schema has no null."""
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    head = b'{"jsonrpc":"2.0",' if request_id is None else b'{"jsonrpc":"2.0","id":%b,' % request_id
    return b'%b"error":%b}' % (head, encode_clean(error))


def notification(method: str, params: dict[str, Any]) -> bytes:
    """A notification's JSON."""
    return encode_clean({"jsonrpc": "2.0", "method": method, "params": params})
