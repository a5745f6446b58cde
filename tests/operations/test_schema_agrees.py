"""Schema and validator agree: what the published schema admits is accepted, anything else is refused.

Formats (dates, UUIDs) are left out: a JSON Schema reader need not check them, the validator does. So are sets: the
validator takes a doubled item once.
"""

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from tests.operations.json_schema import fits
from tests.operations.plugins import plugin_of, served, taking
from tests.operations.samples import Color, Folder, Pet, Point, Route, Stop, Trip

QUICK = settings(deadline=None, max_examples=60)  # a busy machine may be slow: the number of tries is the bound

WORDS = st.sampled_from(["", "a", "ab", "red", "cat", "dog", "Oslo", "1"]) | st.text(max_size=5)
NUMBERS = st.integers(-3, 20) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just(4.0)
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS
KEYS = st.sampled_from(
    ["city", "nights", "stops", "name", "inside", "x", "y", "labels", "start", "end", "kind", "lives", "good", "other"]
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8
)


def members(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects that have some of the members, nearly right ones and wrong ones."""
    near = {name: st.one_of(part, part, part, JSON) for name, part in parts.items()}
    return st.fixed_dictionaries({}, optional=near | {"other": SCALARS})


class Limits(BaseModel, extra="forbid"):
    """Every usual constraint."""

    count: Annotated[int, Field(gt=0, lt=10)] = 1
    step: Annotated[int, Field(multiple_of=4)] | None = None
    word: Annotated[str, Field(min_length=2, max_length=3)] | None = None
    shape: Annotated[str, Field(pattern="[a-c]{2}")] = "ab"
    share: Annotated[float, Field(ge=0, le=1)] = 0.5


STOP = members(city=WORDS, nights=NUMBERS)
NEAR: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "text": (str, WORDS),
    "integer": (int, NUMBERS),
    "number": (float, NUMBERS),
    "boolean": (bool, st.booleans()),
    "optional": (int | None, NUMBERS),
    "union": (bool | str | None, SCALARS),
    "enum": (Color, WORDS),
    "literal": (Literal["cat", "dog"], WORDS),
    "list": (list[int], st.lists(NUMBERS, max_size=4)),
    "bounded list": (Annotated[list[str], Field(min_length=1, max_length=2)], st.lists(WORDS, max_size=4)),
    "pair": (tuple[bool, str], st.tuples(st.booleans(), WORDS).map(list)),
    "mapping": (dict[str, float], st.dictionaries(KEYS, NUMBERS, max_size=3)),
    "anything": (Any, JSON),
    "model": (Stop, STOP),
    "models": (Trip, members(stops=st.lists(STOP, max_size=3))),
    "recursive": (Folder, members(name=WORDS, inside=st.lists(members(name=WORDS), max_size=2))),
    "dataclass": (Point, members(x=NUMBERS, y=NUMBERS, labels=st.lists(WORDS, max_size=2))),
    "typed dictionary": (Route, members(start=WORDS, end=WORDS)),
    "tagged union": (Pet, members(kind=st.sampled_from(["cat", "dog"]), lives=st.just(9), good=st.booleans())),
    "constraints": (
        Limits,
        st.fixed_dictionaries(
            {}, optional={"count": NUMBERS, "step": NUMBERS, "word": WORDS, "shape": WORDS, "share": NUMBERS}
        ),
    ),
}


@pytest.mark.parametrize("name", NEAR)
def test_what_the_schema_admits_is_accepted_and_nothing_else(name: str):
    annotation, near = NEAR[name]
    plugin = plugin_of(taking(annotation, []), method="POST")
    schema = plugin.registry.operations["take"].input_schema
    with served(plugin) as request:

        @QUICK
        @given(st.one_of(near, near, JSON).map(lambda value: {"value": value}) | members(value=near))
        def agrees(body: dict[str, Any]) -> None:
            reply = request("POST", "/take", json=body)
            assert reply.status in {200, 400}
            assert (reply.status == 200) == fits(schema, body), reply.text

        agrees()
