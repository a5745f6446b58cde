"""``Mcp-Param-*`` headers of a modern ``tools/call``, compared with the arguments they mirror.

MCP specification 2026-07-28, basic/transports, "Custom headers".
"""

import base64
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from plugwright.json_types import is_object
from plugwright.protocols.mcp.jsonrpc import HEADER_MISMATCH, RpcError

_INTEGER = re.compile(r"(-?[0-9]{1,400})(?:\.0+)?")
_OPEN = "=?base64?"
_CLOSE = "?="
Wanted = Mapping[bytes, tuple[tuple[str, ...], str]]
_PREFIX = "mcp-param-"


def decode_header(name: str, raw: bytes) -> str:
    """A header's value: surrounding blanks removed, the base64 form decoded.

    Raises:
        RpcError: it is not visible ASCII, or claims to be base64 and is not.
    """
    try:
        value = raw.strip(b" \t").decode("ascii")
        is_marked = value.startswith(_OPEN) and value.endswith(_CLOSE) and len(value) >= len(_OPEN + _CLOSE)
        return _decode_base64(value[len(_OPEN) : -len(_CLOSE)]) if is_marked else value
    except ValueError:
        raise RpcError(HEADER_MISMATCH, f"Header {name} is not readable", status=400) from None


def _decode_base64(payload: str) -> str:
    decoded = base64.b64decode(payload, validate=True)
    if base64.b64encode(decoded).decode() != payload:
        raise ValueError("not canonical")
    return decoded.decode()


def wanted_headers(marks: Mapping[str, tuple[tuple[str, ...], str]]) -> Wanted:
    """Marks of a schema by the full name of their header."""
    return {(_PREFIX + name).encode(): place for name, place in marks.items()}


def check_parameter_headers(wanted: Wanted, given: Mapping[bytes, bytes], arguments: Mapping[str, Any]) -> None:
    """Each marked argument has its header, and each header its argument.

    Raises:
        RpcError: a header is missing, superfluous or different.
    """
    for name, (path, kind) in wanted.items():
        argument = _at(arguments, path)
        raw = given.get(name)
        if argument is None and raw is None:
            continue
        label = name.decode()
        if argument is None or raw is None or not _equal(decode_header(label, raw), argument, kind):
            raise RpcError(HEADER_MISMATCH, f"Header {label} and argument {'.'.join(path)!r} differ", status=400)


def _at(arguments: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if not is_object(arguments):
            return None
        arguments = arguments.get(step)
    return arguments


def _equal(header: str, argument: Any, kind: str) -> bool:
    if isinstance(argument, bool):
        return header == ("true" if argument else "false")
    if kind == "integer" and isinstance(argument, (int, float)):
        # As numbers: 42.0 is 42. Not through float, which cannot tell large integers apart.
        found = _INTEGER.fullmatch(header)
        return found is not None and Decimal(found[1]) == Decimal(argument)
    return header == argument
