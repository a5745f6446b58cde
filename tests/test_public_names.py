"""The public names: what `plugwright` exports is what it says it exports."""

import inspect
from types import ModuleType

import plugwright
from plugwright.version import __version__


def test_all_is_sorted_and_lists_every_public_name():
    public = {
        name
        for name, value in vars(plugwright).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert plugwright.__all__ == sorted(public | {"__version__"})


def test_every_public_class_and_its_public_methods_have_docstrings():
    undocumented: list[str] = []
    for name in plugwright.__all__:
        thing = getattr(plugwright, name)
        if not inspect.isclass(thing):
            continue
        members = [(name, thing), *((f"{name}.{key}", value) for key, value in vars(thing).items() if key[0] != "_")]
        undocumented += [
            label
            for label, member in members
            if (inspect.isclass(member) or inspect.isfunction(member) or isinstance(member, property))
            and not inspect.getdoc(member)
        ]
    assert undocumented == []


def test_every_public_class_comes_from_this_package():
    named = [getattr(plugwright, name) for name in plugwright.__all__ if name != "__version__"]
    classes = [thing for thing in named if isinstance(thing, type)]  # others are annotations
    assert {thing.__module__.split(".")[0] for thing in classes} == {"plugwright"}


def test_the_version_is_that_of_the_package():
    assert plugwright.__version__ == __version__
