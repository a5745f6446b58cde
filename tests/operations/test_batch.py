"""Batches as authors ask for them: what is refused when a plugin is defined."""

from typing import Any

import pytest

from plugwright import Image, SetupError
from tests.operations.plugins import new_plugin, plugin_of

READ: dict[str, Any] = {"effect": "read", "open_world": False}


def find(name: str = "a") -> str:
    """Find."""
    return name


def picture() -> Image:
    """Draw."""
    raise NotImplementedError


@pytest.mark.parametrize("most", [0, 1, -2, True, 2.0, "20"])
def test_the_number_of_calls_is_a_whole_one_from_two(most: Any):
    with pytest.raises(SetupError, match=r"find: batch must be how many calls.*2 at least"):
        plugin_of(find, batch=most)


def test_a_name_that_leaves_no_room_for_the_suffix_is_refused():
    plugin_of(find, name="x" * 58, batch=2)
    with pytest.raises(SetupError, match=r"65 characters.*64; shorten"):
        plugin_of(find, name="x" * 59, batch=2)


def test_a_path_with_parameters_is_refused_as_items_bring_all_their_inputs():
    with pytest.raises(SetupError, match=r"find: .*/in/\{name\}/batch.*path without any"):
        plugin_of(find, path="/in/{name}", batch=2)


def test_content_blocks_are_refused():
    with pytest.raises(SetupError, match="picture: content blocks"):
        plugin_of(picture, batch=2)


@pytest.mark.parametrize("batch_first", [True, False])
def test_an_operation_with_the_name_of_a_batch_is_refused(batch_first: bool):
    plugin = new_plugin()
    options: list[dict[str, Any]] = [{"name": "find", "batch": 2}, {"name": "Find_Batch", "path": "/other"}]
    first, second = options if batch_first else reversed(options)
    plugin.operation(**(READ | first))(find)
    with pytest.raises(SetupError, match=r"(?i)find_batch: .*already defines"):
        plugin.operation(**(READ | second))(find)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("path", ["/find/batch", "/find/{name}", "/{name}/batch"])
def test_an_operation_whose_path_a_batch_would_take_is_refused(batch_first: bool, path: str):
    plugin = new_plugin()
    options: list[dict[str, Any]] = [
        {"name": "find", "batch": 2},
        {"name": "other", "path": path, "effect": "write"},
    ]
    first, second = options if batch_first else reversed(options)
    plugin.operation(**(READ | first))(find)
    with pytest.raises(SetupError, match="another path"):
        plugin.operation(**(READ | second))(find)


def test_an_operation_whose_batch_is_refused_is_not_there_either():
    plugin = new_plugin()
    plugin.operation(effect="write", open_world=False, name="find_batch", path="/x")(find)
    with pytest.raises(SetupError):
        plugin.operation(effect="read", open_world=False, batch=2)(find)
    assert set(plugin.registry.operations) == {"find_batch"}


def test_without_it_there_is_no_batch():
    assert set(plugin_of(find).registry.operations) == {"find"}
