"""Finding the plugin that a command works on: ``MODULE:ATTR``."""

import importlib
import sys
from pathlib import Path

from plugwright.errors import SetupError
from plugwright.plugin import Plugin


def load_plugin(target: str) -> Plugin:
    """The plugin at ``MODULE:ATTR``; modules of the working directory are found too.

    Raises:
        SetupError: the module, the attribute or the plugin does not exist; the message says which.
    """
    module_name, colon, attribute = target.partition(":")
    if not colon or not attribute or not all(part.isidentifier() for part in module_name.split(".")):
        raise SetupError(f"{target!r} is not of the form MODULE:ATTR, such as weather:plugin")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(error.name + ".")):
            raise SetupError(f"there is no module {module_name!r} here or on the Python path") from None
        raise SetupError(f"module {module_name!r} needs {error.name!r}, which is not installed") from None
    found = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise SetupError(f"module {module_name!r} has no {attribute!r}")
        found = getattr(found, part)
    if not isinstance(found, Plugin):
        raise SetupError(f"{target} is a {type(found).__name__}, not a Plugin")
    return found
