"""Functions that are refused for what they are, or for what their parameters are."""

import functools
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from plugwright import Call, Image, SetupError, Text
from tests.operations.plugins import giving, plugin_of, taking
from tests.operations.samples import Color, Stop


def two_calls(first: Call, second: Call) -> str:
    """Search."""
    return first.operation + second.operation


def optional_call(call: Call | None = None) -> str:
    """Search."""
    return str(call)


def annotated_call(call: Annotated[Call, "the call"]) -> str:
    """Search."""
    return call.operation


async def yields_later() -> AsyncGenerator[int]:
    """Search."""
    yield 1


def yields() -> Generator[int]:
    """Search."""
    yield 1


def opaque() -> Any:
    """A value that JSON cannot carry."""
    return object()


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (two_calls, ("two_calls", "'second'")),
        (optional_call, ("optional_call", "'call'", "`call: Call`")),
        (yields_later, ("yields_later", "return")),
        (yields, ("yields", "return")),
        (functools.partial(int), ("partial", "def")),
        (taking(ClassVar[int], []), ("take", "'value'")),
        (taking("asyncio.Missing", []), ("take", "annotations", "Missing")),
        (taking("5 5", []), ("take", "annotations", "5 5")),
        (taking("int[", []), ("take", "annotations")),
        (giving(Text | None, None), ("give", "return type", "content blocks")),
        (giving(list[Image | Stop], []), ("give", "return type", "content blocks")),
    ],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_a_function_that_no_call_could_use_is_refused(function: Callable[..., Any], words: tuple[str, ...]):
    with pytest.raises(SetupError) as refused:
        plugin_of(function)
    assert "\n" not in refused.value.message
    assert [word for word in words if word not in refused.value.message] == []


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (int, "five"),
        (int, None),
        (str, None),
        (str, 5),
        (list[int], ["a"]),
        (Color, "green"),
        (Color, "red"),
        (int, "5"),
        (int, True),
        (int, 1.0),
        (list[int], (1, 2)),
        (Stop, {"city": "Oslo"}),
        (Annotated[int, Field(gt=5)], 1),
        (float, float("nan")),
        (float, float("inf")),
        (Stop, {"town": "Oslo"}),
        pytest.param(Any, opaque(), id="an object"),
    ],
    ids=str,
)
def test_a_default_that_does_not_fit_its_type_is_refused(annotation: Any, default: Any):
    with pytest.raises(SetupError, match=r"take: parameter 'value' has the default .*which does not fit its type"):
        plugin_of(taking(annotation, [], default), effect="write")


@pytest.mark.parametrize("pattern", ["(", "(?=x)y", r"(a)\1", "[z-a]"])
def test_a_pattern_that_cannot_be_checked_is_refused(pattern: str):
    with pytest.raises(SetupError, match="take: parameter 'value' "):
        plugin_of(taking(Annotated[str, Field(pattern=pattern)], []))


def test_an_unusable_class_gets_a_mend_that_an_author_can_follow():
    class Opaque:
        """Nothing JSON knows."""

    for function in (taking(Opaque, []), giving(Opaque, None)):
        with pytest.raises(SetupError, match="pydantic model, a dataclass"):
            plugin_of(function)
