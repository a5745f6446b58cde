"""A message and its HTTP headers as one request: which era it belongs to, and whether header and body agree.

The name of a method does not decide the era, nor does the header alone; the table stands in
docs/decisions/0003-era-of-a-request.md.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic_core import to_json

from plugwright.json_types import is_object
from plugwright.protocols.mcp.jsonrpc import HEADER_MISMATCH, RpcError, is_response
from plugwright.protocols.mcp.parameter_headers import decode_header
from plugwright.protocols.mcp.request import (
    CAPABILITIES_KEY,
    LOG_LEVEL_KEY,
    VERSION_KEY,
    Request,
    check_shape,
    claimed_version,
    handshake_request,
    legacy_request,
    legacy_revision,
    meta_of,
    modern_request,
    unsupported_version,
)
from plugwright.protocols.mcp.revisions import MODERN, REVISIONS, WITHOUT_HEADER, Revision
from plugwright.web.asgi import Headers

_VERSION = b"mcp-protocol-version"
_METHOD = b"mcp-method"
_NAME = b"mcp-name"
_PARAMETER = b"mcp-param-"
_MODERN = MODERN.version.encode()
_HANDSHAKES = {name.encode(): revision for name, revision in REVISIONS.items() if not revision.is_modern}
_ROUTING = frozenset({_METHOD, _NAME})
_TARGETS = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


def request_of(
    message: Any, headers: Mapping[bytes, bytes], header_list: Headers, next_request_id: Callable[[], str]
) -> Request | None:
    """The request in a message; nothing for what is only to be acknowledged.

    Args:
        message: the decoded body.
        headers: the HTTP headers; of a repeated one the last value.
        header_list: the same with repetitions.
        next_request_id: gives the id for log and refusals.

    Raises:
        RpcError: the message is malformed, or header and body disagree.
    """
    usual = _usual_call if headers.get(_VERSION) == _MODERN else _usual_handshake_call
    request = usual(message, headers, header_list, next_request_id)
    if request is not None:
        return request
    if len(header_list) != len(headers):
        _check_repetition(header_list, {_VERSION})
    meta = meta_of(message)
    raw_version = headers.get(_VERSION)
    version = None if raw_version is None else raw_version.strip(b" \t").decode("latin-1")
    revision = _handshake_revision(version, meta)
    if revision is not None and is_response(message):
        return None
    fields = check_shape(message)
    if "id" not in fields:
        return None
    request_key = fields["id"]
    raw_id = b"%d" % request_key if type(request_key) is int else to_json(request_key)
    if revision is not None:
        return legacy_request(fields, legacy_revision(fields, revision), next_request_id, raw_id)
    _check_envelope(fields, meta, version or "", headers, header_list)
    request = modern_request(fields, meta, next_request_id, raw_id)
    request.headers = headers
    return request


def _usual_call(
    message: Any, headers: Mapping[bytes, bytes], header_list: Headers, next_request_id: Callable[[], str]
) -> Request | None:
    """A modern call in its usual form; nothing for any other message, right or wrong: that is read step by step."""
    if len(header_list) != len(headers):
        return None
    try:
        method, params, raw_id = message["method"], message["params"], message["id"]
        meta = params["_meta"]
        capabilities = meta[CAPABILITIES_KEY]
        target = params[_TARGETS[method]]
        is_usual = (
            message["jsonrpc"] == "2.0"
            and type(raw_id) is int
            and meta[VERSION_KEY] == MODERN.version
            and LOG_LEVEL_KEY not in meta
            and "progressToken" not in meta
            and headers[_METHOD] == method.encode()
            and headers[_NAME] == target.encode()
            and target[0] != "="  # the base64 form
        )
    except (LookupError, TypeError, AttributeError):
        return None
    if not is_usual or not is_object(capabilities):
        return None
    request = Request(b"%d" % raw_id, method, params, MODERN, next_request_id)
    request.capabilities = capabilities
    request.headers = headers
    return request


def _usual_handshake_call(
    message: Any, headers: Mapping[bytes, bytes], header_list: Headers, next_request_id: Callable[[], str]
) -> Request | None:
    """The same for a handshake revision."""
    revision = _HANDSHAKES.get(headers.get(_VERSION, b""))
    if revision is None or len(header_list) != len(headers):
        return None
    try:
        params, raw_id = message["params"], message["id"]
        is_usual = (
            message["jsonrpc"] == "2.0"
            and message["method"] == "tools/call"
            and type(raw_id) is int
            and "_meta" not in params
        )
    except (LookupError, TypeError):
        return None
    if not is_usual or not is_object(params):
        return None
    return handshake_request(b"%d" % raw_id, "tools/call", params, revision, next_request_id)


def _handshake_revision(version: str | None, meta: Mapping[str, Any]) -> Revision | None:
    """The handshake revision that a message is served as; nothing for the modern era."""
    if version == MODERN.version:
        return None
    if version is None:
        if VERSION_KEY in meta:
            raise _mismatch("MCP-Protocol-Version is missing")
        return WITHOUT_HEADER
    known = REVISIONS.get(version)
    if known is not None and VERSION_KEY in meta:
        if meta[VERSION_KEY] != version:
            raise _mismatch("MCP-Protocol-Version differs from params._meta")
        raise unsupported_version(version)
    return known


def _check_envelope(
    message: dict[str, Any],
    meta: Mapping[str, Any],
    version: str,
    headers: Mapping[bytes, bytes],
    header_list: Headers,
) -> None:
    if len(header_list) != len(headers):
        _check_repetition(header_list, {name for name in headers if name in _ROUTING or name.startswith(_PARAMETER)})
    if version != MODERN.version and VERSION_KEY not in meta:
        raise unsupported_version(version)
    claimed = claimed_version(meta)
    if claimed != version:
        raise _mismatch("MCP-Protocol-Version differs from params._meta")
    _check_routing(message, headers)
    if claimed != MODERN.version:
        raise unsupported_version(claimed)


def _check_repetition(header_list: Headers, once: Collection[bytes]) -> None:
    seen: set[bytes] = set()
    for name, _ in header_list:
        if name in seen and name in once:
            raise _mismatch(f"{name.decode('latin-1')} is given twice")
        seen.add(name)


def _check_routing(message: dict[str, Any], headers: Mapping[bytes, bytes]) -> None:
    method: str = message["method"]
    given = headers.get(_METHOD)
    if given is None or (given != method.encode() and given.strip(b" \t") != method.encode()):
        raise _mismatch("Mcp-Method is missing or differs from the method")
    key = _TARGETS.get(method)
    if key is None:
        return
    raw = headers.get(_NAME)
    target = message["params"].get(key)
    if isinstance(target, str) and raw == target.encode() and not target.startswith("="):
        return  # as it is, and not in the base64 form
    if raw is None or decode_header("Mcp-Name", raw) != target:
        raise _mismatch(f"Mcp-Name is missing or differs from params.{key}")


def _mismatch(problem: str) -> RpcError:
    return RpcError(HEADER_MISMATCH, f"Header {problem}", status=400)
