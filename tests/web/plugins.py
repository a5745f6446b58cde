"""An empty plugin for a test to fill."""

from pathlib import Path
from typing import Any, Final

from plugwright import Plugin

LOGO: Final = Path(__file__).parents[2] / "examples/weather/assets/logo.png"


def new_plugin(**given: Any) -> Plugin:
    """A plugin without operations; what is given replaces the usual texts."""
    usual: dict[str, Any] = {
        "name": "sample",
        "title": "Sample",
        "summary": "A sample.",
        "instructions": "Use this in tests.",
        "version": "1.0.0",
        "contact_email": "support@example.com",
        "legal_url": "https://example.com/legal",
        "logo": LOGO,
    }
    return Plugin(**(usual | given))


def doing(function: Any, **options: Any) -> Plugin:
    """A plugin that serves one function, without a docstring of its own, at ``/do``."""
    plugin = new_plugin()
    usual: dict[str, Any] = {"effect": "read", "open_world": False, "path": "/do"}
    function.__doc__ = "Do it."
    plugin.operation(**(usual | options))(function)
    return plugin
