"""What pydantic finds wrong with an input, told to the caller: each field by its path, never the input itself."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from plugwright.errors import Detail, InvalidInput, MalformedJSON
from plugwright.json_types import is_array, is_object

_TEXTS = {
    "missing": "Required",
    "unexpected_keyword_argument": "Unknown field",
    "extra_forbidden": "Unknown field",
    "dataclass_type": "Must be a JSON object",
}
_MOST = 100  # listing more would cost more than everything else in the call
_MOST_NAMED = 3  # as many as fit one sentence

_MISSING = object()

Path = list[str | int]


def input_error(raw: bytes | str, error: ValidationError) -> InvalidInput:
    """One error that names each field."""
    if error.error_count() > _MOST:
        return InvalidInput(f"Invalid input: {error.error_count()} problems, too many to list; look at the first items")
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if found[0]["type"] == "json_invalid":
        return MalformedJSON(f"The body is not valid JSON: {found[0]['msg'].removeprefix('Invalid JSON: ')}")
    data = from_json(raw)
    listed = [Detail(_name(data, item["loc"], item["type"]), _text(item["type"], item["msg"])) for item in found]
    details = list(dict.fromkeys(listed))
    named = "; ".join(f"{detail.field}: {detail.problem}" for detail in details[:_MOST_NAMED])
    more = f" (and {len(details) - _MOST_NAMED} more)" if len(details) > _MOST_NAMED else ""
    return InvalidInput(f"Invalid input: {named}{more}", details=details)


def with_integral_floats(raw: bytes | str, error: ValidationError) -> bytes | None:
    """The input with ``5.0`` written as ``5`` where an integer is wanted: JSON Schema calls both an integer."""
    if error.error_count() > _MOST:
        return None
    wanted = [
        item["loc"]
        for item in error.errors(include_url=False)
        if item["type"] == "int_type" and isinstance(item["input"], float) and item["input"].is_integer()
    ]
    if not wanted:
        return None
    data = from_json(raw)
    for place in wanted:
        path = _path(data, place)
        if path:
            _make_integer(data, path)
    return to_json(data)


def _make_integer(data: Any, path: Path) -> None:
    *steps, last = path
    for step in steps:
        data = data[step]
    if isinstance(data[last], float):
        data[last] = int(data[last])


def _path(data: Any, place: tuple[str | int, ...]) -> Path:
    """The steps of a place that the input has: pydantic also names the members of a union that it tried."""
    path: Path = []
    held: Any = data
    for step in place:
        found = _MISSING
        if is_object(held):
            found = held.get(str(step), _MISSING)
        elif is_array(held) and isinstance(step, int) and step < len(held):
            found = held[step]
        if found is not _MISSING:
            path.append(step)
            held = found
    return path


def _name(data: Any, place: tuple[str | int, ...], kind: str) -> str:
    path = _path(data, place)
    if kind == "missing":
        path.append(place[-1])
    return ".".join(map(str, path)) or "body"


def _text(kind: str, message: str) -> str:
    return _TEXTS.get(kind) or message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
