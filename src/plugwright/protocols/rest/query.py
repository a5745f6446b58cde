"""Query strings and path parameters as JSON, compiled per operation.

A list is written as a repeated parameter (OpenAPI: form, explode).
"""

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring as quoted
from urllib.parse import unquote_to_bytes

from plugwright.errors import Detail, InvalidInput
from plugwright.operations.operation import Operation
from plugwright.operations.schemas import wire_kinds
from plugwright.operations.texts import text_encoders

_MAX_PARAMETERS = 200

ReadQuery = Callable[[bytes, Sequence[str]], str]


def compile_query(operation: Operation) -> ReadQuery:
    """A function from a raw query string and path values to a JSON object.

    It raises `InvalidInput` for bad percent-encoding and for a single value that is given twice.
    """
    root = operation.input.schema
    properties = operation.input.properties
    in_path = operation.path_parameters
    encoders = text_encoders(operation.input)
    lists = frozenset(name for name, schema in properties.items() if "array" in wire_kinds(schema, root))
    keys = {name: f"{quoted(name)}:" for name in properties}
    path_parts = [(keys[name], encoders[name]) for name in in_path]
    forbidden = frozenset(in_path)

    def read(query: bytes, path_values: Sequence[str]) -> str:
        members = [key + encode(value) for (key, encode), value in zip(path_parts, path_values, strict=True)]
        if query:
            many: dict[str, list[str]] = {}
            seen: set[str] = set()
            for name, value in pairs(query):
                encode = encoders.get(name)
                if encode is None or name in forbidden:
                    members.append(f"{quoted(name)}:{quoted(value)}" if encode is None else _misplaced(name))
                elif name in lists:
                    many.setdefault(name, []).append(encode(value))
                elif name in seen:
                    raise _given_twice(name)
                else:
                    seen.add(name)
                    members.append(keys[name] + encode(value))
            members += [f"{keys[name]}[{','.join(values)}]" for name, values in many.items()]
        return "{" + ",".join(members) + "}"

    return read


def pairs(query: bytes) -> list[tuple[str, str]]:
    """Names and values of a query string, percent-decoded as UTF-8.

    Raises:
        InvalidInput: the bytes are not UTF-8, or there are too many parameters.
    """
    parts = query.split(b"&")
    if len(parts) > _MAX_PARAMETERS:
        raise InvalidInput(f"The query string has more than {_MAX_PARAMETERS} parameters")
    found: list[tuple[str, str]] = []
    try:
        for part in parts:
            if part:
                name, _, value = part.partition(b"=")
                found.append((_text(name), _text(value)))
    except UnicodeDecodeError:
        raise InvalidInput("The query string is not UTF-8; percent-encode it as UTF-8") from None
    return found


def _text(raw: bytes) -> str:
    if b"%" in raw or b"+" in raw:
        raw = unquote_to_bytes(raw.replace(b"+", b" "))
    return raw.decode()


def _given_twice(name: str) -> InvalidInput:
    return InvalidInput(
        f"Invalid input: {name}: Given twice", details=[Detail(name, "Given twice; it takes one value")]
    )


def _misplaced(name: str) -> str:
    raise InvalidInput(
        f"Invalid input: {name}: It belongs in the path",
        details=[Detail(name, "It belongs in the path, not in the query")],
    )
