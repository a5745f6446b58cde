"""Definitions that are refused: one line that names the function, the parameter and the mend."""

import sys
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Never, cast

import pytest
from pydantic import Field

from plugwright import SetupError
from tests.operations.plugins import new_plugin, plugin_of, taking


class Opaque:
    """A class that JSON cannot carry."""


class OldTypedDict(typing.TypedDict):
    """A typed dictionary that pydantic cannot read before Python 3.12."""

    city: str


def no_annotation(city) -> str:  # pyright: ignore[reportUnknownParameterType, reportMissingParameterType] it is the fault under test
    """Search."""
    return city  # pyright: ignore[reportUnknownVariableType] as above


def no_return(city: str):
    """Search."""
    return city


def no_docstring(city: str) -> str:
    return city


def only_sections(city: str) -> str:
    """Args:
    city: the name.
    """
    return city


def star_arguments(*cities: str) -> str:
    """Search."""
    return cities[0]


def star_options(**options: str) -> str:
    """Search."""
    return options["city"]


def positional_only(city: str, /) -> str:
    """Search."""
    return city


def two_of_one_name(a: Annotated[str, Field(alias="city")], city: str) -> str:
    """Search."""
    return a + city


def returns_a_class() -> Opaque:
    """Search."""
    return Opaque()


def returns_a_function() -> Callable[[], int]:
    """Search."""
    return lambda: 1


def sound(city: str = "Oslo") -> str:
    """Search."""
    return city


def with_list(cities: list[str]) -> str:
    """Search."""
    return cities[0]


def with_summary(length: int) -> Callable[..., Any]:
    def search() -> str:
        return ""

    search.__doc__ = "x" * length
    return search


@dataclass(frozen=True)
class Refusal:
    """A definition, and what its refusal has to say."""

    fault: str
    function: Callable[..., Any]
    words: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict[str, Any])


REFUSALS = (
    Refusal(
        "missing annotation", cast("Callable[..., Any]", no_annotation), ("no_annotation", "'city'", "`city: str`")
    ),
    Refusal("missing return annotation", no_return, ("no_return", "return type", "-> None")),
    Refusal("no docstring", no_docstring, ("no_docstring", "docstring", "say what it does")),
    Refusal("docstring of sections only", only_sections, ("only_sections", "docstring", "say what it does")),
    Refusal("*arguments", star_arguments, ("star_arguments", "'cities'", "without *")),
    Refusal("**options", star_options, ("star_options", "'options'", "without *")),
    Refusal("positional only", positional_only, ("positional_only", "'city'", "without * or /")),
    Refusal("one name outside for two", two_of_one_name, ("two_of_one_name", "'city'")),
    Refusal("unknown type", taking("Unknown", []), ("take", "'Unknown'", "not defined")),
    Refusal("a callable", taking(Callable[[], int], []), ("take", "'value'", "JSON cannot carry")),
    Refusal("an arbitrary class", taking(Opaque, []), ("take", "'value'", "JSON cannot carry")),
    Refusal("an arbitrary class inside", taking(dict[str, list[Opaque]], []), ("take", "'value'", "JSON cannot carry")),
    Refusal("nothing fits", taking(Never, []), ("take", "'value'", "JSON cannot carry")),
    Refusal("return a class", returns_a_class, ("returns_a_class", "return type", "JSON")),
    Refusal("return a callable", returns_a_function, ("returns_a_function", "return type", "JSON")),
    Refusal(
        "parameter description of 701 characters",
        taking(Annotated[str, Field(description="x" * 701)], []),
        ("take", "'value'", "701", "700", "shorten"),
    ),
    Refusal("summary of 301 characters", with_summary(301), ("search", "301", "300", "shorten", "new paragraph")),
    Refusal("missing effect", sound, ("sound", "effect=", "read", "write", "destroy"), {"effect": None}),
    Refusal("unknown effect", sound, ("sound", "effect=", "read", "write", "destroy"), {"effect": "delete"}),
    Refusal("missing open_world", sound, ("sound", "open_world=True", "open_world=False"), {"open_world": None}),
    Refusal("open_world as a text", sound, ("sound", "open_world=True"), {"open_world": "no"}),
    Refusal("idempotent as a text", sound, ("sound", "idempotent", "True or False"), {"idempotent": "no"}),
    Refusal("name with a blank", sound, ("sound", "'a b'", "64"), {"name": "a b"}),
    Refusal("name with an accent", sound, ("sound", "'météo'", "letters"), {"name": "météo"}),
    Refusal("name of 65 characters", sound, ("sound", "64"), {"name": "x" * 65}),
    Refusal("method in lower case", sound, ("sound", "'get'", "GET"), {"method": "get"}),
    Refusal("method that is not served", sound, ("sound", "'TRACE'", "GET"), {"method": "TRACE"}),
    Refusal("nested input in a query", taking(dict[str, int], []), ("take", "'value'", "POST"), {"method": "GET"}),
    Refusal("GET that writes", sound, ("sound", "GET"), {"method": "GET", "effect": "write"}),
    Refusal("GET that destroys", sound, ("sound", "GET"), {"method": "GET", "effect": "destroy"}),
    Refusal("dots in a path", sound, ("sound", "'/a/../b'"), {"path": "/a/../b"}),
    Refusal("a dot in a path", sound, ("sound", "'/.'"), {"path": "/."}),
    Refusal("path without a slash", sound, ("sound", "'search'", "absolute"), {"path": "search"}),
    Refusal("path that is the root", sound, ("sound", "'/'"), {"path": "/"}),
    Refusal("path with a slash at its end", sound, ("sound", "'/a/'", "trailing slash"), {"path": "/a/"}),
    Refusal("path with an empty segment", sound, ("sound", "'/a//b'"), {"path": "/a//b"}),
    Refusal("path with a query", sound, ("sound", "'/a?b=1'"), {"path": "/a?b=1"}),
    Refusal("path with a blank", sound, ("sound", "'/a b'"), {"path": "/a b"}),
    Refusal("path that is not ASCII", sound, ("sound", "'/é'"), {"path": "/é"}),
    Refusal("text beside a parameter", sound, ("sound", "'/a{city}'", "one {parameter}"), {"path": "/a{city}"}),
    Refusal("path parameter twice", sound, ("sound", "'/{city}/{city}'"), {"path": "/{city}/{city}"}),
    Refusal("open brace", sound, ("sound", "'/{city'"), {"path": "/{city"}),
    Refusal(
        "path parameter that the function lacks", sound, ("sound", "{town}", "add it or mend"), {"path": "/in/{town}"}
    ),
    Refusal("list in the path", with_list, ("with_list", "'cities'", "single value"), {"path": "/in/{cities}"}),
    Refusal("timeout without a unit", sound, ("sound", "timeout", "'5'", '"5s"'), {"timeout": "5"}),
    Refusal("timeout as a number", sound, ("sound", "timeout", "5", '"5s"'), {"timeout": 5}),
    Refusal("timeout of zero", sound, ("sound", "timeout", "'0s'", '"5s"'), {"timeout": "0s"}),
    Refusal("timeout below zero", sound, ("sound", "timeout", "'-1s'", '"5s"'), {"timeout": "-1s"}),
    Refusal("timeout in words", sound, ("sound", "timeout", "'soon'", '"5s"'), {"timeout": "soon"}),
    Refusal("long text while running", sound, ("sound", "invoking", "65", "64"), {"invoking": "x" * 65}),
    Refusal("long text once run", sound, ("sound", "invoked", "65", "64"), {"invoked": "x" * 65}),
    Refusal("tags as one text", sound, ("sound", "tags", "list"), {"tags": "weather"}),
    Refusal("schema of no object", sound, ("sound", "input_schema", "object"), {"input_schema": {"type": "string"}}),
    Refusal("example that does not fit", sound, ("sound", "example", "town"), {"examples": [{"town": "Oslo"}]}),
)

RESERVED = (
    "/mcp", "/openapi.json", "/openapi.yaml", "/livez", "/readyz", "/healthz", "/metrics", "/legal", "/logo.png",
    "/.well-known/ai-plugin.json", "/.well-known/oauth-authorization-server", "/oauth/token", "/jobs/1",
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.fault)
def test_a_faulty_definition_is_refused_in_one_line_that_names_it(refusal: Refusal):
    with pytest.raises(SetupError) as refused:
        plugin_of(refusal.function, **refusal.options)
    message = refused.value.message
    assert "\n" not in message
    assert [word for word in refusal.words if word not in message] == []


@pytest.mark.parametrize("path", RESERVED)
def test_a_path_of_plugwrights_own_is_refused(path: str):
    with pytest.raises(SetupError, match=r"sound: .*give another path"):
        plugin_of(sound, path=path)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from Python 3.12 on, pydantic reads those of typing too")
def test_a_typed_dictionary_of_typing_is_refused_before_python_3_12_with_the_other_one_named():
    with pytest.raises(SetupError, match=r"take: .*'value'.*typing_extensions\.TypedDict"):
        plugin_of(taking(OldTypedDict, []))


@pytest.mark.parametrize("names", [("find", "find"), ("find", "Find")], ids=["same", "other case"])
def test_two_operations_of_one_name_are_refused(names: tuple[str, str]):
    plugin = new_plugin()
    plugin.operation(effect="read", open_world=False, name=names[0], path="/one")(sound)
    with pytest.raises(SetupError, match=rf"{names[1]}: .*test_refusals.*already defines.*another name"):
        plugin.operation(effect="read", open_world=False, name=names[1], path="/two")(sound)


@pytest.mark.parametrize("path", ["/find", "/in/{city}"])
def test_two_operations_on_one_path_and_method_are_refused(path: str):
    def other(city: str = "") -> str:
        """Search."""
        return city

    plugin = new_plugin()
    plugin.operation(effect="read", open_world=False, path=path)(sound)
    with pytest.raises(SetupError, match=r"other: GET .* already served by 'sound'.*another path"):
        plugin.operation(effect="read", open_world=False, path=path)(other)


@pytest.mark.parametrize("effect", ["read", "destroy"])
def test_one_path_with_parameters_of_other_names_is_refused(effect: Any):
    def other(town: str) -> str:
        """Search."""
        return town

    plugin = new_plugin()
    plugin.operation(effect="read", open_world=False, path="/in/{city}")(sound)
    with pytest.raises(SetupError, match=r"other: .*/in/\{town\}.*'sound'"):
        plugin.operation(effect=effect, open_world=False, path="/in/{town}")(other)


def test_names_that_differ_only_in_dashes_share_a_path_and_are_refused():
    plugin = new_plugin()
    plugin.operation(effect="read", open_world=False, name="find_city")(sound)
    with pytest.raises(SetupError, match="find-city: GET /find-city is already served by 'find_city'"):
        plugin.operation(effect="read", open_world=False, name="find-city")(sound)


@pytest.mark.parametrize("path", ["/taken", "/mcp"])
def test_a_refused_definition_leaves_its_name_free(path: str):
    def search() -> str:
        """Search."""
        return ""

    plugin = new_plugin()
    plugin.operation(effect="read", open_world=False, path="/taken")(sound)
    with pytest.raises(SetupError):
        plugin.operation(effect="read", open_world=False, path=path)(search)
    plugin.operation(effect="read", open_world=False, path="/free")(search)


@pytest.mark.parametrize("name", ["a", "x" * 64, "get_weather-2", "_"])
def test_a_name_of_letters_digits_dashes_and_underscores_is_accepted(name: str):
    assert name in plugin_of(sound, name=name, path="/search").registry.operations


@pytest.mark.parametrize(("text", "seconds"), [("250ms", 0.25), ("5s", 5), ("1.5m", 90), ("2h", 7200), ("1d", 86400)])
def test_a_timeout_is_a_number_and_a_unit(text: str, seconds: float):
    plugin = plugin_of(sound, timeout=text)
    assert plugin.registry.operations["sound"].handler.timeout == seconds


def test_a_parameter_description_of_700_characters_is_accepted():
    plugin_of(taking(Annotated[str, Field(description="x" * 700)], []))


def test_a_lifespan_that_does_not_yield_is_refused():
    async def open_all() -> None:
        """Not a generator."""

    with pytest.raises(SetupError, match=r"lifespan open_all: .*yields once"):
        new_plugin().lifespan(open_all)  # pyright: ignore[reportArgumentType] it is the fault under test


def test_a_second_lifespan_is_refused():
    async def open_all():
        yield None

    plugin = new_plugin()
    assert plugin.lifespan(open_all) is open_all
    with pytest.raises(SetupError, match=r"lifespan open_all: .*merge the two"):
        plugin.lifespan(open_all)
