"""Query strings and path parameters as JSON, compiled per operation.

A list is written as a repeated parameter (OpenAPI: form, explode); names of fields are separated by commas as well.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from json.encoder import encode_basestring as quoted
from urllib.parse import unquote_plus

from plugwright.errors import Detail, InvalidInput
from plugwright.operations.operation import Operation
from plugwright.operations.schemas import wire_kinds
from plugwright.operations.texts import Encode, text_encoders

_MAX_PARAMETERS = 200
_MOST_PLAIN = 200  # bytes; as many parameters fit at most

ReadQuery = Callable[[bytes, Sequence[str]], str]


def compile_query(operation: Operation) -> ReadQuery:
    """A function from a raw query string and path values to a JSON object.

    It raises `InvalidInput` for bad percent-encoding and for a single value that is given twice.
    """
    taken = operation.input
    in_path = operation.path_parameters
    encoders = text_encoders(taken)
    keys = {name: f"{quoted(name)}:" for name in encoders}
    path_parts = [(keys[name], encoders[name]) for name in in_path]
    is_list = {name: "array" in wire_kinds(schema, taken.schema) for name, schema in taken.properties.items()}
    singles = {name: encode for name, encode in encoders.items() if name not in in_path and not is_list[name]}
    lists = {
        name: _separated if operation.is_choice(name) else encode
        for name, encode in encoders.items()
        if name not in in_path and is_list[name]
    }

    def read_any(query: bytes, path_values: Sequence[str]) -> str:
        members: dict[str, str] = {}
        many: dict[str, list[str]] = {}
        for part in _parts(query):
            name, _, value = part.partition("=")
            name, value = _unquoted(name), _unquoted(value)
            encode = singles.get(name)
            if encode is not None and name not in members:
                members[name] = keys[name] + encode(value)
            elif name in lists:
                many.setdefault(name, []).append(lists[name](value))
            elif part:
                members[name] = _odd(name, value, singles, in_path)
        own = [key + encode(value) for (key, encode), value in zip(path_parts, path_values, strict=True)]
        arrays = [f"{keys[name]}[{','.join(values)}]" for name, values in many.items()]
        return "{" + ",".join([*own, *members.values(), *arrays]) + "}"

    plain = {name: (keys[name], encode) for name, encode in singles.items()}

    def read(query: bytes, path_values: Sequence[str]) -> str:
        # Most query strings are a few plain single values; whatever is not goes the long way.
        text = query.decode("latin-1")
        if path_parts or len(text) > _MOST_PLAIN or "%" in text or "+" in text or not text.isascii():
            return read_any(query, path_values)
        members: dict[str, str] = {}
        for part in text.split("&"):
            name, _, value = part.partition("=")
            known = plain.get(name)
            if known is None or name in members:
                return read_any(query, path_values)
            key, encode = known
            members[name] = key + encode(value)
        return "{" + ",".join([*members.values()]) + "}"

    return read


def _separated(value: str) -> str:
    return ",".join(map(quoted, value.split(",")))


def _parts(query: bytes) -> list[str]:
    try:
        parts = query.decode().split("&")
    except UnicodeDecodeError:
        raise _not_utf8() from None
    if len(parts) > _MAX_PARAMETERS:
        raise InvalidInput(f"The query string has more than {_MAX_PARAMETERS} parameters")
    return parts


def _unquoted(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> InvalidInput:
    return InvalidInput("The query string is not UTF-8; percent-encode it as UTF-8")


def _odd(name: str, value: str, singles: Mapping[str, Encode], in_path: Collection[str]) -> str:
    """A parameter that should not be there; an unknown one is left for the validator to name."""
    if name in in_path:
        problem = "It belongs in the path, not in the query"
    elif name in singles:
        problem = "Given twice; it takes one value"
    else:
        return f"{quoted(name)}:{quoted(value)}"
    raise InvalidInput(f"Invalid input: {name}: {problem}", details=[Detail(name, problem)])
