"""Every kind of type that an operation may take or give, with samples of each."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NotRequired
from uuid import UUID

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}
EMPTY: dict[str, Any] = {}


class Color(Enum):
    """Members by text."""

    RED = "red"
    BLUE = "blue"


class Stars(IntEnum):
    """Members by number."""

    ONE = 1
    TWO = 2


class Stop(BaseModel):
    """A model."""

    city: Annotated[str, Field(min_length=1)]
    nights: int = 1


class Trip(BaseModel):
    """A model that holds models."""

    stops: list[Stop]


class Folder(BaseModel):
    """A model that holds itself."""

    name: str
    inside: "list[Folder]" = []


@dataclass
class Point:
    """A dataclass of the standard library."""

    x: float
    y: float = 0.0
    labels: list[str] = field(default_factory=list[str])


class Route(TypedDict):
    """A typed dictionary with a key that may be absent."""

    start: str
    end: NotRequired[str]


class Cat(BaseModel):
    """One side of a tagged union."""

    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    """The other side of a tagged union."""

    kind: Literal["dog"]
    good: bool


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


@dataclass(frozen=True)
class Sample:
    """A type: its schema without ``$defs``, JSON that fits with the value it becomes, and JSON that does not fit."""

    name: str
    annotation: Any
    schema: dict[str, Any]
    json: Any
    value: Any
    refused: tuple[Any, ...]
    fits_query: bool = True


SAMPLES = (
    Sample("text", str, TEXT, "東京", "東京", (5, None, [], True)),
    Sample("integer", int, INTEGER, 5, 5, ("5", 5.5, True, None)),
    Sample("integer_written_as_float", int, INTEGER, 5.0, 5, ("5.0",), fits_query=False),
    Sample("number", float, {"type": "number"}, 2.5, 2.5, ("2.5", False, None)),
    Sample("boolean", bool, {"type": "boolean"}, True, True, ("true", 1, 0, None)),
    Sample("enum", Color, {"$ref": "#/$defs/Color"}, "red", Color.RED, ("RED", "green", 1)),
    Sample("number_enum", Stars, {"$ref": "#/$defs/Stars"}, 2, Stars.TWO, (3, "2", None)),
    Sample("literal", Literal["low", "high"], TEXT | {"enum": ["low", "high"]}, "low", "low", ("LOW", "", 1)),
    Sample("one_literal", Literal["on"], TEXT | {"const": "on"}, "on", "on", ("off", None)),
    Sample("date", date, TEXT | {"format": "date"}, "2026-02-28", date(2026, 2, 28), ("2026-02-30", "now", 20000)),
    Sample(
        "datetime",
        datetime,
        TEXT | {"format": "date-time"},
        "2026-02-28T10:30:00Z",
        datetime(2026, 2, 28, 10, 30, tzinfo=UTC),
        ("2026-02-28", "28.2.2026", 1772274600),
    ),
    Sample("time", time, TEXT | {"format": "time"}, "10:30:00", time(10, 30), ("25:00", 630)),
    Sample("duration", timedelta, TEXT | {"format": "duration"}, "PT1H30M", timedelta(minutes=90), ("long", 90)),
    Sample(
        "uuid",
        UUID,
        TEXT | {"format": "uuid"},
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        ("6ba7b810", 5),
    ),
    Sample("decimal", Decimal, {"anyOf": [{"type": "number"}, TEXT]}, "1.5", Decimal("1.5"), ("one", "NaN", [], None)),
    Sample("optional", str | None, {"anyOf": [TEXT, {"type": "null"}]}, "Oslo", "Oslo", (5, [])),
    Sample("null", str | None, {"anyOf": [TEXT, {"type": "null"}]}, None, None, (False,), fits_query=False),
    Sample("union", int | str, {"anyOf": [INTEGER, TEXT]}, 7, 7, (None, [], 1.5)),
    Sample("other_side_of_a_union", int | str, {"anyOf": [INTEGER, TEXT]}, "x", "x", (True, {})),
    Sample("list", list[int], {"type": "array", "items": INTEGER}, [1, 2], [1, 2], (1, "1", ["1"], [None])),
    Sample(
        "list_of_enums",
        list[Color],
        {"type": "array", "items": {"$ref": "#/$defs/Color"}},
        ["blue", "red"],
        [Color.BLUE, Color.RED],
        (["green"], "blue"),
    ),
    Sample(
        "optional_list",
        list[str] | None,
        {"anyOf": [{"type": "array", "items": TEXT}, {"type": "null"}]},
        ["a"],
        ["a"],
        ("a", [1]),
    ),
    Sample("set", set[int], {"type": "array", "items": INTEGER, "uniqueItems": True}, [3], {3}, (3, ["3"])),
    Sample(
        "pair",
        tuple[int, str],
        {"type": "array", "prefixItems": [INTEGER, TEXT], "minItems": 2, "maxItems": 2},
        [1, "a"],
        (1, "a"),
        ([1], ["a", 1], [1, "a", 2]),
        fits_query=False,
    ),
    Sample(
        "mapping",
        dict[str, int],
        {"type": "object", "additionalProperties": INTEGER},
        {"a": 1},
        {"a": 1},
        ([], {"a": "1"}, None),
        fits_query=False,
    ),
    Sample(
        "model",
        Stop,
        {"$ref": "#/$defs/Stop"},
        {"city": "Oslo", "nights": 2},
        Stop(city="Oslo", nights=2),
        ({}, {"city": ""}, {"city": "Oslo", "nights": "2"}, "Oslo", []),
        fits_query=False,
    ),
    Sample(
        "nested_models",
        Trip,
        {"$ref": "#/$defs/Trip"},
        {"stops": [{"city": "Oslo", "nights": 3}]},
        Trip(stops=[Stop(city="Oslo", nights=3)]),
        ({"stops": [EMPTY]}, {"stops": {"city": "Oslo"}}, EMPTY),
        fits_query=False,
    ),
    Sample(
        "recursive_model",
        Folder,
        {"$ref": "#/$defs/Folder"},
        {"name": "a", "inside": [{"name": "b", "inside": []}]},
        Folder(name="a", inside=[Folder(name="b")]),
        ({"name": "a", "inside": [EMPTY]}, {"name": 1}),
        fits_query=False,
    ),
    Sample(
        "dataclass",
        Point,
        {"$ref": "#/$defs/Point"},
        {"x": 1.5, "y": 2.0, "labels": ["a"]},
        Point(1.5, 2.0, ["a"]),
        ({}, {"x": "1.5"}, {"x": 1.5, "z": 1.0}, [1.5]),
        fits_query=False,
    ),
    Sample(
        "typed_dictionary",
        Route,
        {"$ref": "#/$defs/Route"},
        {"start": "Oslo"},
        {"start": "Oslo"},
        ({}, {"end": "Rome"}, {"start": 1}, {"start": "Oslo", "via": "Bonn"}),
        fits_query=False,
    ),
    Sample(
        "tagged_union",
        Pet,
        {
            "discriminator": {"mapping": {"cat": "#/$defs/Cat", "dog": "#/$defs/Dog"}, "propertyName": "kind"},
            "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
        },
        {"kind": "dog", "good": True},
        Dog(kind="dog", good=True),
        ({"kind": "cow"}, {"good": True}, {"kind": "dog", "lives": 9}),
        fits_query=False,
    ),
    Sample(
        "list_of_models",
        list[Stop],
        {"type": "array", "items": {"$ref": "#/$defs/Stop"}},
        [{"city": "Oslo", "nights": 1}],
        [Stop(city="Oslo")],
        ([{}], {"city": "Oslo"}),
        fits_query=False,
    ),
    Sample(
        "constrained",
        Annotated[int, Field(ge=1, le=16, multiple_of=2)],
        INTEGER | {"minimum": 1, "maximum": 16, "multipleOf": 2},
        8,
        8,
        (0, 17, 3),
    ),
    Sample(
        "constrained_text",
        Annotated[str, Field(min_length=2, max_length=3, pattern="[a-z]")],
        TEXT | {"minLength": 2, "maxLength": 3, "pattern": "[a-z]"},
        "abc",
        "abc",
        ("a", "abcd", "12"),
    ),
    Sample(
        "constrained_list",
        Annotated[list[Annotated[str, Field(max_length=2)]], Field(min_length=1, max_length=2)],
        {"type": "array", "items": TEXT | {"maxLength": 2}, "minItems": 1, "maxItems": 2},
        ["ab", "c"],
        ["ab", "c"],
        (["abc"], ["a", "b", "c"]),
    ),
)
