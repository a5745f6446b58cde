"""``x-mcp-header``: an argument that is mirrored in an ``Mcp-Param-<Name>`` request header.

MCP specification 2026-07-28, basic/transports, "Custom headers": legal on string, integer and boolean
properties that are reached by ``properties`` alone, as an RFC 9110 token, unique ignoring case.
"""

import re
from typing import Any

from plugwright.errors import SetupError
from plugwright.json_types import is_array, is_object

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_KEY = "x-mcp-header"
_TYPES = ("string", "integer", "boolean")


def parameter_headers(schema: dict[str, Any], path: tuple[str, ...] = ()) -> dict[str, tuple[tuple[str, ...], str]]:
    """Header names (lower case, without the prefix) to the argument's path and JSON type."""
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for name, property_schema in schema.get("properties", {}).items():
        if not is_object(property_schema):
            continue
        if _KEY in property_schema:
            found[str(property_schema[_KEY]).lower()] = ((*path, name), str(property_schema.get("type")))
        found |= parameter_headers(property_schema, (*path, name))
    return found


def check_parameter_headers(operation: str, schema: dict[str, Any]) -> None:
    """Refuse a schema whose header marks clients would drop the tool for.

    Raises:
        SetupError: a mark is in an illegal place, not a token, of another type, or used twice.
    """
    legal: list[str] = []
    _collect(operation, schema, legal)
    if _count(schema) != len(legal):
        raise SetupError(f"{operation}: {_KEY} is only legal on plain properties, not inside items, $ref or anyOf")
    if len({name.lower() for name in legal}) != len(legal):
        raise SetupError(f"{operation}: two parameters use the same {_KEY}")


def _collect(operation: str, schema: dict[str, Any], legal: list[str]) -> None:
    for name, property_schema in schema.get("properties", {}).items():
        if not is_object(property_schema):
            continue
        mark = property_schema.get(_KEY)
        if mark is not None:
            if property_schema.get("type") not in _TYPES:
                raise SetupError(
                    f"{operation}: {_KEY} on {name!r} needs a plain string, integer or boolean, not an optional one"
                )
            if not isinstance(mark, str) or not _TOKEN.fullmatch(mark):
                raise SetupError(f'{operation}: {_KEY} of {name!r} must be a header name, such as "Region"')
            legal.append(mark)
        _collect(operation, property_schema, legal)


def _count(value: Any) -> int:
    if is_object(value):
        return (_KEY in value) + sum(_count(item) for item in value.values())
    if is_array(value):
        return sum(_count(item) for item in value)
    return 0
