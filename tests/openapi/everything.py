"""A plugin that has every type an operation may take or give."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AnyUrl, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic reads this one on every Python

from plugwright import Image, Plugin, Text
from tests.web.plugins import new_plugin

ItemT = TypeVar("ItemT")


class Colour(StrEnum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    """A level."""

    LOW = 1
    HIGH = 2


class Mixed(Enum):
    """Values of several types."""

    TEXT = "a"
    NUMBER = 1


class Cat(BaseModel):
    """A cat."""

    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    """A dog."""

    kind: Literal["dog"]
    tricks: list[str] = []


class Node(BaseModel):
    """A tree."""

    model_config = ConfigDict(extra="forbid")
    value: int | None = None
    children: list["Node"] = []
    parent: "Node | None" = None


class Page(BaseModel, Generic[ItemT]):
    """A page of items."""

    items: list[ItemT]
    following: Annotated[str | None, Field(description="The next page", examples=["p2"])] = None


@dataclass
class Point:
    """A point."""

    x: Annotated[float, Field(gt=0, le=10)]
    y: Annotated[float, Field(ge=0, lt=10, multiple_of=0.5)] = 1.0


class Labels(TypedDict):
    """Labels."""

    text: str
    colours: list[Colour]


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]

BODY_TYPES: dict[str, Any] = {
    "recursive model": Node,
    "discriminated union": Pet,
    "plain union": Cat | Dog | None,
    "generic model": Page[Node],
    "two generic models": tuple[Page[int], Page[Page[str]]],
    "dataclass": Point,
    "typed dict": Labels,
    "tuple": tuple[int, str, Point],
    "open tuple": tuple[int, ...],
    "empty tuple": tuple[()],
    "set": set[int],
    "dict of models": dict[str, Point],
    "dict of anything": dict[str, Any],
    "dict by pattern": dict[Annotated[str, Field(pattern="^x-")], int],
    "dict by enum": dict[Colour, int],
    "list of nullable": list[int | None],
    "anything": Any,
    "nothing": None,
    "constant": Literal["only"],
    "constants of several types": Literal["a", 1, True] | None,
    "mixed enum": Mixed,
    "int enum": Level,
    "nullable enum": Colour | None,
    "nullable model": Point | None,
    "decimal": Decimal,
    "times": tuple[date, datetime, time, timedelta],
    "identifiers": tuple[UUID, AnyUrl],
    "bounded": Annotated[int, Field(gt=1, lt=9)] | Annotated[str, Field(pattern="^a", max_length=3)],
    "bounded list": Annotated[list[int], Field(min_length=1, max_length=3)],
    "bytes": bytes,
}


NOTHING_PATH = f"/echo/{list(BODY_TYPES).index('nothing')}"


def with_everything() -> Plugin:
    """A plugin that has every supported type, in and out, and every place of an input."""
    plugin = new_plugin()
    for number, annotation in enumerate(BODY_TYPES.values()):

        async def echo(value: Any, other: Any = None) -> Any:
            """Answer the value.

            More of it.

            Args:
                value: The value.
            """
            return value

        echo.__annotations__ = {
            "value": annotation,
            "other": annotation | None if annotation else Any,
            "return": annotation,
        }
        plugin.operation(
            effect="write",
            open_world=False,
            name=f"echo_{number}",
            path=f"/echo/{number}",
            method="POST",
            tags=["echo"],
        )(echo)

    @plugin.operation(
        effect="read",
        open_world=True,
        path="/shelves/{shelf}/books",
        tags=["books", "echo"],
        examples=[{"shelf": 5, "colours": ["red"], "sort-by": "title"}],
    )
    async def find_books(
        *,
        shelf: Annotated[int, Field(ge=1, description="The shelf")],
        colours: list[Colour],
        levels: set[Level] | None = None,
        maybe: int | None = None,
        day: date | None = None,
        either: int | str = "x",
        only: Literal["a"] = "a",
        ratio: Annotated[float, Field(gt=0, lt=1)] = 0.5,
        sort: Annotated[str, Field(alias="sort-by", examples=["title"])],
    ) -> list[Page[Point]]:
        """Find books."""
        return []

    @plugin.operation(
        effect="write",
        open_world=False,
        method="PUT",
        path="/shelves/{shelf}/label",
        examples=[{"shelf": 1, "label": None}],
    )
    async def label_shelf(shelf: int, label: Labels | None = None) -> None:
        """Label a shelf."""

    @plugin.operation(effect="destroy", open_world=False, path="/shelves/{shelf}")
    async def remove_shelf(shelf: int) -> Text | Image:
        """Remove a shelf."""
        return Text("gone")

    return plugin
