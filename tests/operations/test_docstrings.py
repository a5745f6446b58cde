"""What a docstring becomes."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import Field

from tests.operations.plugins import api_of, tool_of


def documented(text: str) -> Callable[..., Any]:
    def search(city: str, days: Annotated[int, Field(alias="n")] = 1) -> str:
        return city

    search.__doc__ = text
    return search


FULL = """Find a city
    by its name.

    Use this when the user
    names a place.

    Args:
        city (str, optional): the name,
            in any language: as written
        days: how many.
        other: not a parameter.

    Returns:
        The city.

    Raises:
        NotFound: there is none.
    """


async def test_the_first_paragraph_is_the_summary_and_the_text_before_the_sections_the_description():
    tool = await tool_of(documented(FULL))
    assert tool["description"] == "Find a city by its name.\n\nUse this when the user names a place."
    entry = await api_of(documented(FULL))
    assert entry["summary"] == "Find a city by its name."
    assert entry["description"] == tool["description"]


async def test_the_args_section_describes_the_parameters():
    properties = (await tool_of(documented(FULL)))["inputSchema"]["properties"]
    assert {name: schema["description"] for name, schema in properties.items()} == {
        "city": "the name, in any language: as written",
        "n": "how many.",
    }


async def test_a_field_describes_better_than_the_docstring():
    def search(city: Annotated[str, Field(description="From the field.")]) -> str:
        """Search.

        Args:
            city: from the docstring.
        """
        return city

    assert (await tool_of(search))["inputSchema"]["properties"]["city"]["description"] == "From the field."


@pytest.mark.parametrize("heading", ["Args", "Arguments", "Parameters"])
async def test_sections_of_parameters_may_have_each_usual_name(heading: str):
    tool = await tool_of(documented(f"Find.\n\n{heading}:\n    city: the name.\n"))
    assert tool["description"] == "Find."
    assert tool["inputSchema"]["properties"]["city"]["description"] == "the name."


@pytest.mark.parametrize("section", ["Returns", "Raises", "Yields", "Example", "Examples", "Note", "Notes"])
async def test_other_sections_are_not_part_of_the_description(section: str):
    assert (await tool_of(documented(f"Find.\n\nMore.\n\n{section}:\n    something\n")))[
        "description"
    ] == "Find.\n\nMore."


async def test_a_colon_inside_a_sentence_starts_no_section():
    text = "Find.\n\nNote: names are ambiguous. Returns: nothing else."
    assert (await tool_of(documented(text)))["description"] == text


async def test_a_one_line_docstring_is_summary_and_description():
    entry = await api_of(documented("Find a city."))
    assert entry["summary"] == "Find a city."
    assert "description" not in entry


async def test_a_description_over_300_characters_is_whole_on_mcp_and_left_out_of_openapi():
    text = "Find.\n\n" + "long " * 100
    assert len((await tool_of(documented(text)))["description"]) > 300
    assert "description" not in await api_of(documented(text))


@pytest.mark.parametrize("length", [1, 299, 300])
async def test_a_summary_of_up_to_300_characters_is_kept(length: int):
    assert (await api_of(documented("x" * length)))["summary"] == "x" * length


async def test_a_title_is_made_from_the_name_unless_one_is_given():
    def find_my_city() -> str:
        """Find."""
        return ""

    assert (await tool_of(find_my_city))["title"] == "Find my city"
    assert (await tool_of(find_my_city, name="find-it"))["title"] == "Find it"
    assert (await tool_of(find_my_city, title="Finder"))["title"] == "Finder"
